"""docs/metrics.md: one section for every metric, in the catalogue's words, and examples that come out."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from qfl_chain.analysis.metrics.catalogue import GROUPS, METRICS, Metric

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text()
SECTIONS = {part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^### ", DOCUMENT, flags=re.M)[1:]}
ITEM = re.compile(r"^- `(\w+)`(?: \(per (\w+)\))?: (.*)$", re.MULTILINE)
PARTS = ("Formula", "Unit", "Range", "Source", "Example")


def part(section: str, name: str) -> str:
    """What stands behind a name such as ``Unit:``, up to the next empty line."""
    found = re.search(rf"^{name}:(.*?)\n\n", section, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no {name}"
    return " ".join(found[1].split())


def bounds(metric: Metric) -> str:
    if metric.low is None:
        return "any number."
    return f"{metric.low} or more." if metric.high is None else f"{metric.low} to {metric.high}."


def test_every_metric_is_defined_once_and_nothing_else_is() -> None:
    defined = [name for section in SECTIONS.values() for name, _, _ in ITEM.findall(section)]
    assert sorted(defined) == sorted(METRICS)


def test_every_section_defines_a_metric_and_stands_in_its_group() -> None:
    groups = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]
    for group, text in zip(GROUPS, groups, strict=True):
        assert text.lower().startswith(group)
        for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
            assert {METRICS[name].group for name, _, _ in ITEM.findall(section)} == {group}


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_has_every_part(title: str) -> None:
    assert [name for name in PARTS if f"\n{name}:" not in SECTIONS[title]] == []
    assert all(part(SECTIONS[title], name) for name in PARTS[:-1])


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_says_what_the_catalogue_says(title: str) -> None:
    section = SECTIONS[title]
    for name, per, words in ITEM.findall(section):
        metric = METRICS[name]
        assert (metric.per, metric.title) == (per, words)
        assert part(section, "Unit") == f"{metric.unit or 'none'}."
        assert part(section, "Range") == bounds(metric)


@pytest.mark.parametrize("title", SECTIONS)
def test_an_example_comes_out(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"^```python\n(.*?)^```$", SECTIONS[title], re.MULTILINE | re.DOTALL)
    assert example is not None
    test = doctest.DocTestParser().get_doctest(example[1], {}, title, "docs/metrics.md", 0)
    assert test.examples
    result = doctest.DocTestRunner().run(test)
    assert (result.failed, capsys.readouterr().out) == (0, "")
