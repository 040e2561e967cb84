"""The table of attacks: a row for every behaviour, and rows played again that come to what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qfl_chain.lab.attacks import ATTACKER, Attack, Result, attacks, play, scenario_of, table
from qfl_chain.simulation.behaviours import BEHAVIOURS
from qfl_chain.simulation.liars import COMMITTEE_BEHAVIOURS
from qfl_chain.simulation.scenario import Scenario, parse_scenario

DOCUMENT = Path(__file__).parents[2] / "docs" / "attacks.md"
PROVED, OUTCOME = 2, 3
"""The columns of a row that no machine's floating point can change."""


def rows() -> dict[str, list[str]]:
    """The document's rows, cut into cells, by the name of the attack."""
    cut = [line.split("|") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    return {cells[1].strip(): [cell.strip() for cell in cells] for cells in cut if cells[1].strip() != "attack"}


def test_every_behaviour_has_its_row_in_order() -> None:
    names = [attack.name for attack in attacks()]
    assert list(rows()) == names
    assert set(names) == {*COMMITTEE_BEHAVIOURS, *BEHAVIOURS}


def test_no_attack_on_a_report_pays_and_every_one_is_proved() -> None:
    for name, cells in rows().items():
        if name.startswith("lying-oracle:"):
            assert cells[PROVED] != "nothing", name
            assert int(cells[4].replace(",", "")) < 0, name
            assert int(cells[6].replace(",", "")) > 0, name


@pytest.mark.parametrize(
    "attack",
    [
        Attack(committee="lying-oracle:loss"),
        Attack(committee="lying-oracle:unavailable"),
        Attack(committee="lying-oracle:equivocation"),
        Attack(participant="withholder"),
        Attack(participant="malformer"),
    ],
    ids=lambda attack: attack.name,
)
def test_an_attack_comes_to_what_is_written(attack: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds in place of three: the second shows that the federation goes on."""
    short = scenario_of(attack).with_rounds(2)
    monkeypatch.setattr("qfl_chain.lab.attacks.scenario_of", lambda attack: short)
    result = play(attack, tmp_path / "run")
    written = rows()[attack.name]
    kinds = {one.strip() for one in written[PROVED].split(",")}
    assert set(result.convictions) == kinds
    void, standing = (int(number) for number in written[OUTCOME].split("/"))
    assert (result.void, result.standing) == (void, standing - 1)
    assert result.attacker < 0 < result.watchers
    assert result.honest > 0


def test_an_attack_changes_one_party_alone() -> None:
    honest = scenario_of(Attack())
    assert {one.behaviour for one in honest.participants} == {"honest"}
    poisoned = scenario_of(Attack(participant="copycat"))
    assert [one.name for one in poisoned.participants if one.behaviour != "honest"] == [ATTACKER]
    lying = scenario_of(Attack(committee="lying-oracle:sum"))
    assert (lying.committee.liars, lying.participants) == (3, honest.participants)


def test_a_result_is_one_row() -> None:
    result = Result(Attack(), (), 0, 3, 12_345, -6, 0, 0.5)
    assert table([result]).splitlines()[-1] == "| honest | nothing | 0 / 3 | 12,345 | -6 | 0 | 0.500 |"


def written(more: str) -> Scenario:
    base = (
        'name = "x"\nrounds = 1\n[data]\nsource = "iris"\n[circuit]\nansatz = "strongly-entangling"\nqubits = 2\n'
        "layers = 1\n"
    )
    return parse_scenario(base + more, "x")


def test_a_committee_colludes_as_a_quorum_unless_told_otherwise() -> None:
    assert written("").committee.liars == 0
    assert written('[committee]\nbehaviour = "lying-oracle:loss"\n').committee.liars == 3
    assert written('[committee]\nbehaviour = "lying-oracle:loss"\ncolluding = 4\n').committee.liars == 4
    assert replace(written(""), watchers=2).watchers == 2
