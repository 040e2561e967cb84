"""Plots of names nobody expected, and of more participants than fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qfl_chain.lab.drawing import TALLEST, draw_replay
from qfl_chain.lab.replaying import ParticipantDifference, Replayed, replay_run
from qfl_chain.protocol.scheme import Scheme


@pytest.fixture(scope="module")
def replayed(attacked_run: Path) -> Replayed:
    return replay_run(attacked_run, Scheme("median"))


def texts(path: Path) -> list[str]:
    return [element.text or "" for element in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", ["病院", "\N{FOX FACE}", "$x_1", "<script>alert(1)</script>", "[red]&amp;"])
def test_any_name_is_drawn_as_it_is(replayed: Replayed, tmp_path: Path, name: str) -> None:
    odd = replace(replayed.participants[0], name=name)
    for ending in ("svg", "png"):
        draw_replay(replace(replayed, participants=(odd,)), tmp_path / f"x.{ending}")
    assert name in texts(tmp_path / "x.svg")


def test_of_many_those_paid_most_are_drawn_and_the_rest_counted(replayed: Replayed, tmp_path: Path) -> None:
    many = tuple(ParticipantDifference(f"p{at}", "honest", at, at, at) for at in range(TALLEST + 5))
    draw_replay(replace(replayed, participants=many), tmp_path / "x.svg")
    drawn = texts(tmp_path / "x.svg")
    assert [text for text in drawn if text.startswith("p") and text[1:].isdigit()] == [one.name for one in many[5:]]
    assert "paid over the run, in millions of gwei; 5 paid less left out" in drawn
