"""The documents: every name, path, link and command in them exists."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHECK = runpy.run_path(str(ROOT / "scripts" / "check-protocol"))
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)")
TREE_LINE = re.compile(r"^( *)([\w./\-*]+)(?:  +.*)?$")

RULE = """
**P1.** Amounts.

- function: `Gwei.fromWei`, `qfl_chain.protocol.rewards.split`
- test: `tests/test_docs.py::test_the_protocol_names_what_exists`
"""


def faults(text: str) -> list[str]:
    return list(CHECK["faults"](text))


def test_the_protocol_names_what_exists() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check-protocol"], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_sound_rule_has_no_fault() -> None:
    assert faults(RULE) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Gwei.fromWei", "Gwei.toWei", "P1: no function Gwei.toWei"),
        ("Gwei.fromWei", "Kwei.fromWei", "P1: no function Kwei.fromWei"),
        ("rewards.split", "rewards.merge", "P1: no function qfl_chain.protocol.rewards.merge"),
        ("rewards.split", "rewards.split.more", "P1: no function qfl_chain.protocol.rewards.split.more"),
        ("qfl_chain.protocol.rewards.split", "qfl_chain.nowhere.x", "P1: no function qfl_chain.nowhere.x"),
        ("::test_the", "::test_not_the", "P1: no test tests/test_docs.py::test_not_the_protocol_names_what_exists"),
        ("/test_docs.py", "/none.py", "P1: no test tests/none.py::test_the_protocol_names_what_exists"),
        ("- test:", "- tested:", "P1: names no test"),
        ("- function:", "- code:", "P1: names no function"),
        ("P1", "P2", "P2 stands where P1 should: number the rules 1, 2, 3"),
        ("**P1.** ", "", "no rule at all: a rule starts with **P1.**"),
    ],
)
def test_a_rule_that_is_not_true_is_named(old: str, new: str, fault: str) -> None:
    assert old in RULE
    assert faults(RULE.replace(old, new)) == [fault]


def test_a_rule_may_say_that_it_is_not_tested() -> None:
    untested = RULE.replace("`tests/test_docs.py::test_the_protocol_names_what_exists`", "not yet tested")
    assert faults(untested) == []


def test_every_invariant_is_listed() -> None:
    assert len(re.findall(r"^\*\*I\d+\.\*\*", PROTOCOL, re.MULTILINE)) == 12


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    local = [link for link in LINK.findall(path.read_text()) if "://" not in link]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_the_readmes_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make ([\w-]+)", README, re.MULTILINE)
    assert {"run", "test"} <= set(commands)
    assert [one for one in commands if not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []


def test_ci_ends_in_the_readmes_test_command() -> None:
    last = (ROOT / ".ci" / "run").read_text().split()[-2:]
    check = re.search(r"^check: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert last == ["make", "check"]
    assert check is not None
    assert check[1].split()[-1] == "test"


def test_every_path_of_the_readmes_tree_exists() -> None:
    """The tree is the fenced block that starts with the checkout's name; two spaces a level."""
    tree = re.search(r"```\nqfl-chain/\n(.*?)```", README, re.DOTALL)
    assert tree is not None
    parents: list[str] = []
    missing = []
    for line in tree[1].splitlines():
        entry = TREE_LINE.match(line)
        assert entry is not None, line
        level = len(entry[1]) // 2 - 1
        parents = [*parents[:level], entry[2]]
        if not list(ROOT.glob("".join(parents))):
            missing.append("".join(parents))
    assert missing == []


def test_every_command_is_in_the_readme() -> None:
    from qfl_chain.cli.main import COMMANDS

    assert [name for name in COMMANDS if f"`qfl {name}" not in README] == []


def test_decisions_are_numbered_and_have_the_three_parts() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name


def test_every_decision_is_listed() -> None:
    listed = LINK.findall((ROOT / "docs" / "adr" / "README.md").read_text())
    assert listed == [path.name for path in DECISIONS]


def block_after(mark: str, language: str) -> str:
    found = re.search(rf"^{mark}.*?```{language}\n(.*?)```", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("name", "language"), [("scenario.toml", "toml"), ("circuit.py", "python")])
def test_what_the_readme_shows_of_an_example_is_in_it(name: str, language: str) -> None:
    assert (ROOT / "examples" / "own" / name).read_text().endswith(block_after(f"`{name}`:", language))


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(block_after("## From Python", "python"), "README.md", "exec"), {})
    assert (tmp_path / "runs" / "mine" / "run.json").exists()
