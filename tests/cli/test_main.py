"""What holds for every command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from qfl_chain.cli import main as main_module
from qfl_chain.cli.main import COMMANDS
from qfl_chain.cli.main import command as root

from .conftest import qfl


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


EVERY = list(commands(root, ()))


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) or "qfl" for path, _ in EVERY])
def test_every_command_and_every_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    said = qfl(*path, "--help")
    assert said.code == 0
    assert said.out.startswith("Usage: qfl")
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
        else:
            assert parameter.make_metavar(click.Context(command)).strip("[]") in (command.help or "")


def test_every_module_that_holds_a_command_is_listed() -> None:
    folder = Path(main_module.__file__).parent
    holders = {path.stem for path in folder.glob("*.py") if "\ndef command(" in path.read_text()}
    assert holders - {"main"} == COMMANDS.keys()


def test_no_command_takes_a_key() -> None:
    options = {option for _, command in EVERY for parameter in command.params for option in parameter.opts}
    secret = [option for option in options if "private" in option or "mnemonic" in option or "password" in option]
    assert sorted(secret) == ["--password-file", "--private-key-file"], "files, which no process list shows"


def test_help_loads_no_chain_and_no_circuit() -> None:
    heavy = ("web3", "jax", "pennylane", "numpy", "scipy", "eth_tester", "eth_account", "requests", "rich")
    program = (
        "import sys; sys.argv = ['qfl', '--help']\n"
        "from qfl_chain.cli.main import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Usage: qfl" in ended.stdout
    assert ended.stderr == "[]\n"


def test_an_unknown_command_names_the_nearest() -> None:
    said = qfl("statsu")
    assert said.code == 2
    assert "no command 'statsu'; did you mean 'status'?" in said.err


def test_data_goes_to_standard_output_and_errors_to_standard_error() -> None:
    said = qfl("circuit", "show", "hart")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")


def test_an_interruption_ends_as_shells_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qfl_chain.learning.datasets.load", interrupted)
    said = qfl("data", "list")
    assert (said.code, said.out, said.err) == (130, "", "\ninterrupted\n")


def _broken(*arguments: object) -> None:
    raise RuntimeError("cogs")


def test_a_defect_ends_with_a_message_and_how_to_report_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qfl_chain.learning.datasets.load", _broken)
    said = qfl("data", "list")
    assert said.code == 1
    assert said.err.startswith("error: RuntimeError: cogs\nThis is a defect of qfl-chain.")


def test_the_traceback_of_a_defect_is_shown_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qfl_chain.learning.datasets.load", _broken)
    with pytest.raises(RuntimeError, match="cogs"):
        qfl("data", "list", env={"QFL_TRACEBACK": "1"})


def test_a_reader_that_goes_away_ends_it_without_a_word(small_run: Path) -> None:
    program = Path(sys.executable).with_name("qfl")
    with subprocess.Popen(
        [program, "analyze", "summary", small_run], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as it:
        assert it.stdout is not None
        assert it.stderr is not None
        it.stdout.close()
        assert (it.wait(), it.stderr.read()) == (1, b"")
