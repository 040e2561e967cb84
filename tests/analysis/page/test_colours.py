"""Colours: contrast in both themes, and series that differ for colour-blind readers."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

CSS = (files("qfl_chain.analysis.page") / "assets/page.css").read_text("utf-8")
SERIES = [f"series-{i}" for i in range(6)]

BLIND = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB."""


def _theme(name: str) -> dict[str, str]:
    found = {"light": CSS.index(":root {"), "dark": CSS.index(":root:not(.printing)")}[name]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", CSS[found : CSS.index("}", found)]))


def _linear(colour: str) -> NDArray[np.float64]:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _contrast(one: str, other: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    light, dark = sorted((float(weights @ _linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    scaled = xyz @ np.clip(linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme: str) -> None:
    colours = _theme(theme)
    grounds = {"ink": ("ground", "panel", "marked", "gap-ground", "warning-ground"), "muted": ("ground", "panel")}
    grounds |= {"accent": ("ground", "panel"), "gap": ("gap-ground",), "warning": ("warning-ground",)}
    for text, below in grounds.items():
        for ground in below:
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_have_the_contrast_of_graphics(theme: str) -> None:
    colours = _theme(theme)
    for mark in (*SERIES, "neutral"):
        assert _contrast(colours[mark], colours["panel"]) >= 3, mark


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", sorted(BLIND))
def test_colours_of_series_differ_for_every_sight(theme: str, sight: str) -> None:
    colours = _theme(theme)
    seen = {name: _lab(BLIND[sight] @ _linear(colours[name])) for name in SERIES}
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(SERIES, 2)}
    assert min(distances.values()) >= 20, sorted(distances.items(), key=lambda item: item[1])[:4]


def test_twelve_series_differ_in_colour_dash_or_shape() -> None:
    marks = (files("qfl_chain.analysis.page") / "assets/marks.js").read_text("utf-8")
    assert "const COLOURS = 6;" in marks
    dashes = len(re.findall(r"\[[\d, ]*\]", re.search(r"const DASHES = \[(.*)\];", marks)[1]))  # type: ignore[index]
    assert len({(i % 6, i % dashes) for i in range(12)}) == 12
