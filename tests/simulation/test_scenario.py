"""Scenario files: what is read, what is refused, and how the refusal reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.errors import CircuitError, ScenarioError
from qfl_chain.simulation.federation import check_answers_fit
from qfl_chain.simulation.scenario import (
    CircuitSettings,
    build_circuit,
    find_scenario,
    load_scenario,
    parse_scenario,
    shipped_scenarios,
)
from tests.conftest import SMALL

PENNYLANE_FILE = """
import pennylane as qml

def circuit(x, theta):
    qml.RY(x[0], wires=0)
    qml.RY(theta[0], wires=0)
    return qml.expval(qml.Z(0))

nothing = 3
"""


def test_every_shipped_scenario_reads() -> None:
    names = set(shipped_scenarios())
    assert {"heart", "heart-adversaries", "breast-cancer", "iris"} <= names
    for name in names:
        assert load_scenario(name).name == name


def test_the_default_scenario_is_the_one_the_product_promises() -> None:
    heart = load_scenario("heart")
    assert (heart.data.source, heart.data.partition, heart.committee.oracles) == ("heart", "natural", 4)
    assert heart.rounds >= 10


def test_a_path_is_read_as_well_as_a_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    assert load_scenario(str(path)).name == "small"


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'name = "\xe9"')
    with pytest.raises(ScenarioError, match="cannot be read as UTF-8 text"):
        load_scenario(str(path))


def test_seed_and_rounds_can_be_changed() -> None:
    scenario = parse_scenario(SMALL, "s").with_seed(3).with_rounds(9)
    assert (scenario.seed, scenario.rounds) == (3, 9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rounds = 3", "round = 3", r"s\.toml: unknown key 'round'; did you mean 'rounds'\?"),
        ("rounds = 3", "", "missing key 'rounds'"),
        ("rounds = 3", "rounds = 0", "rounds: must be 1 to 65535, got 0"),
        ("seed = 7", "seed = -1", "seed: must not be negative"),
        ("seed = 7", "seed = [", "not valid TOML"),
        ("donated = 8", "donate = 8", r"s\.toml\.data: unknown key 'donate'; did you mean 'donated'\?"),
        ('"sizes"', '"size"', r"s\.toml\.data: partition is 'size'"),
        ("subset = 12", "subset = 0", r"s\.toml.*subset of 0"),
        ("subset = 12", 'rule = "mean"', r"s\.toml.*unknown aggregation rule 'mean'"),
        ("subset = 12", "subset = 12\n[terms]\ncommit_window = -5", "commit_window is -5, it must be 1 to"),
        ("subset = 12", "subset = 12\n[terms]\nchallenge_window = 9999", "challenge_window must be shorter"),
        ("subset = 12", "subset = 12\n[terms]\nchallenge_window = 1200", "challenge_window must be shorter"),
        ("subset = 12", "subset = 12\n[terms]\nchallenge_window = 3", "challenge_window is 3, it must be 4 seconds"),
        ("subset = 12", "subset = 12\n[terms]\nreport_window = 3", "report_window is 3, it must be 4 seconds"),
        ("subset = 12", 'subset = 12\n[terms]\noracle_bond = "much"', "much"),
        ("subset = 12", "subset = 12\n[terms]\nunbonding_window = 60", "unbonding_window must be longer"),
        ("subset = 12", "subset = 12\n[terms]\nmax_norm = nan", "max_norm is nan, it must be above 0"),
        ("subset = 12", "subset = 12\n[terms]\nmin_reveals = 70000", "min_reveals is 70000, it must be 1 to"),
        ('name = "small"', 'name = "../evil"', "name: '../evil' must be letters, digits"),
        ("subset = 12", 'subset = 12\n[[participants]]\nname = "a\\u001b"', "is no name: it must be printable text"),
        ("learning_rate = 0.2", "learning_rate = inf", "learning_rate is inf, it must be above 0"),
        ("subset = 12", "subset = 12\n[committee]\noracles = 0", "committee.oracles: must be 1 to 256, got 0"),
        ('ansatz = "strongly-entangling"\n', "", "give either an ansatz or a function"),
        ("subset = 12", 'subset = 12\n[terms]\nmin_stake = "1.5"', "not a whole number of gwei"),
        ("subset = 12", 'subset = 12\n[terms]\nfunding = "lots"', "'lots' is not an amount"),
        (
            "subset = 12",
            'subset = 12\n[[participants]]\nname = "a"\nstake = "0.5 eth"',
            r"participants\.a\.stake: 0\.5 eth is under the minimum of 1 eth",
        ),
        (
            "subset = 12",
            'subset = 12\n[[participants]]\nname = "a"\nbehaviour = "honnest"',
            r"participants\.a: unknown behaviour 'honnest'; did you mean 'honest'\?",
        ),
        (
            "subset = 12",
            'subset = 12\n[[participants]]\nname = "a"\n[[participants]]\nname = "a"',
            "'a' appears 2 times",
        ),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(ScenarioError, match=message):
        parse_scenario(SMALL.replace(old, new), "s.toml")


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario file 'hart'; did you mean 'heart'\?"):
        find_scenario("hart")


def test_an_unknown_ansatz_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"unknown ansatz 'basic-entangle'; did you mean 'basic-entangler'"):
        build_circuit(CircuitSettings(ansatz="basic-entangle", qubits=2, layers=1), 2, 2)


def test_more_qubits_than_the_engine_holds_are_refused() -> None:
    with pytest.raises(CircuitError, match="qubits"):
        build_circuit(CircuitSettings(ansatz="strongly-entangling", qubits=40, layers=1), 2, 2)


def test_three_classes_get_three_outputs() -> None:
    circuit = build_circuit(CircuitSettings(ansatz="data-reuploading", qubits=3, layers=1), 4, 3)
    assert len(circuit.observables) == 3


def test_a_users_own_pennylane_file_becomes_the_circuit(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PENNYLANE_FILE)
    circuit = build_circuit(CircuitSettings(function=f"{path}:circuit", parameters=1), 1, 2)
    assert (circuit.qubits, circuit.features, circuit.parameters) == (1, 1, 1)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("none.py:circuit", "no file 'none.py'"),
        ("{path}:missing", "defines no function"),
        ("{path}:nothing", "defines no"),
    ],
)
def test_a_circuit_file_that_cannot_be_used_is_named(tmp_path: Path, reference: str, message: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PENNYLANE_FILE)
    with pytest.raises(ScenarioError, match=message):
        build_circuit(CircuitSettings(function=reference.format(path=path), parameters=1), 1, 2)


@pytest.mark.parametrize(
    ("text", "message"), [("def f(", "SyntaxError"), ("import nowhere_at_all", "ModuleNotFoundError")]
)
def test_a_circuit_file_that_does_not_import_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=rf"mine\.py cannot be imported: {message}"):
        build_circuit(CircuitSettings(function=f"{path}:f", parameters=1), 1, 2)


def test_an_honest_participant_without_data_is_refused_before_anything_is_deployed(tmp_path: Path) -> None:
    from qfl_chain.simulation.runner import run

    text = SMALL + '\n[[participants]]\nname = "a"\n'
    with pytest.raises(ScenarioError, match=r"participants\.a: an honest participant needs data"):
        run(parse_scenario(text, "s"), tmp_path / "run")


@pytest.mark.parametrize(
    ("parameters", "samples", "reason"),
    [(29_990, 1, "circuit: 29990 parameters make updates of 120,003"), (1, 15_001, "rules.subset: 15001 samples make")],
)
def test_what_no_answer_to_a_demand_could_show_is_refused(parameters: int, samples: int, reason: str) -> None:
    check_answers_fit(29_989, 15_000)
    with pytest.raises(ScenarioError, match=reason):
        check_answers_fit(parameters, samples)
