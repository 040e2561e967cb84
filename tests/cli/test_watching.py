"""What a running actor tells: its log, its metrics and its health."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from qfl_chain.actors.running import WAIT, Step
from qfl_chain.cli.watching import Log, Watched
from qfl_chain.errors import ContentMissing, Unreachable

COMMIT = Step("commit", 3, {"transaction": "0x1", "gas": 50_000, "block": 9})
REVEAL = Step(WAIT, 3, {"phase": "reveal", "until": 400})
REPORT = Step(WAIT, 3, {"phase": "report", "until": 500})


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(clock: Clock) -> Watched:
    return Watched("oracle", Log("oracle", clock), clock, stale_after=60.0)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_log_line_is_one_json_object_with_time_and_actor(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    Log("oracle", clock).write("info", "started", account="0xa")
    assert lines(capsys) == [
        {
            "time": "1970-01-01T00:16:40.000+00:00",
            "level": "info",
            "actor": "oracle",
            "event": "started",
            "account": "0xa",
        }
    ]


def test_on_a_terminal_a_log_line_is_words(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    Log("oracle", clock).write("info", "report", round=3, gas=None)
    assert capsys.readouterr().err == "00:16:40 info    report round=3\n"


def test_work_is_logged_each_time_and_waiting_when_it_begins(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    for step in (COMMIT, COMMIT, REVEAL, REVEAL, REPORT, COMMIT, REPORT):
        watched.took(step)
    assert [(line["event"], line.get("phase")) for line in lines(capsys)] == [
        ("commit", None),
        ("commit", None),
        (WAIT, "reveal"),
        (WAIT, "report"),
        ("commit", None),
        (WAIT, "report"),
    ]


def test_a_failure_is_logged_when_it_is_another_than_the_last(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        watched.failed(Unreachable("no answer"))
    watched.failed(ContentMissing("no block"))
    watched.took(COMMIT)
    watched.failed(ContentMissing("no block"))
    assert [(line["level"], line.get("error"), line.get("reason")) for line in lines(capsys)] == [
        ("warning", "Unreachable", "no answer"),
        ("warning", "ContentMissing", "no block"),
        ("info", None, None),
        ("warning", "ContentMissing", "no block"),
    ]


def test_metrics_count_steps_errors_and_gas(watched: Watched, clock: Clock) -> None:
    clock.time = 2_000.0
    watched.took(COMMIT)
    watched.took(COMMIT)
    watched.took(REVEAL)
    watched.failed(Unreachable("no answer"))
    answer = watched.metrics("")
    text = answer.content.decode()
    assert answer.kind.startswith("text/plain")
    for line in (
        'qfl_steps_total{action="commit",actor="oracle"} 2.0',
        'qfl_steps_total{action="wait",actor="oracle"} 1.0',
        'qfl_errors_total{actor="oracle",error="Unreachable"} 1.0',
        'qfl_round{actor="oracle"} 3.0',
        'qfl_last_step_seconds{actor="oracle"} 2000.0',
        'qfl_gas_total{actor="oracle"} 100000.0',
    ):
        assert line in text.splitlines()


def test_health_is_bad_once_no_step_succeeded_for_too_long_and_good_again_after_one(
    watched: Watched, clock: Clock
) -> None:
    assert watched.health("").status == 200
    clock.time += 60.0
    watched.failed(Unreachable("no answer"))
    assert watched.health("").status == 200
    clock.time += 1.0
    answer = watched.health("")
    assert answer.status == 503
    assert json.loads(answer.content) == {
        "healthy": False,
        "seconds_since_step": 61.0,
        "error": "Unreachable: no answer",
    }
    watched.took(REVEAL)
    assert json.loads(watched.health("").content) == {"healthy": True, "seconds_since_step": 0.0, "error": None}
