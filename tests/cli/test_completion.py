from __future__ import annotations

import pytest

from .conftest import qfl


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "_QFL_COMPLETE=bash_complete"),
        ("zsh", "#compdef qfl"),
        ("fish", "complete --no-files --command qfl"),
    ],
)
def test_the_script_is_for_qfl_in_the_shell(shell: str, line: str) -> None:
    said = qfl("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert line in said.out


def test_an_unknown_shell_is_refused() -> None:
    said = qfl("completion", "csh")
    assert said.code == 2
    assert "'bash', 'zsh', 'fish'" in said.err


def test_a_shell_that_asks_gets_the_commands() -> None:
    asking = {"_QFL_COMPLETE": "bash_complete", "COMP_WORDS": "qfl co", "COMP_CWORD": "1"}
    said = qfl(env=asking)
    assert said.out.split() == ["plain,contracts", "plain,completion"]
