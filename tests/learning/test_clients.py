"""Rows of a loader: each organisation's data from its own and the public rows alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qfl_chain.circuit.units import features_to_units
from qfl_chain.errors import DataError
from qfl_chain.learning.clients import prepare, prepare_client, prepare_public
from qfl_chain.learning.preprocess import Samples
from qfl_chain.learning.settings import DataSettings, Statistic

NAMES = ("north", "south")
LOADER = """
import csv
from pathlib import Path

def load(organisation):
    with (Path(__file__).parent / f"{organisation}.csv").open() as file:
        return list(csv.DictReader(file))

nothing = 3
"""
ROWS = "id,pulse,age,sick\n" + "".join(f"{n},{60 + n},{30 + n},{'yes' if n % 2 else 'no'}\n" for n in range(12))
PUBLIC = "site,age,pulse,sick\nnorth,35,60,no\nsouth,40,70,yes\nsouth,45,80,no\n"


@pytest.fixture
def settings(tmp_path: Path) -> DataSettings:
    (tmp_path / "data.py").write_text(LOADER)
    (tmp_path / "public.csv").write_text(PUBLIC)
    (tmp_path / "north.csv").write_text(ROWS)
    (tmp_path / "south.csv").write_text(ROWS.replace(",30,", ",50,"))
    return DataSettings(
        source=f"python:{tmp_path / 'data.py'}:load",
        organisations=NAMES,
        label="sick",
        classes=("no", "yes"),
        features=("age", "pulse"),
        public=str(tmp_path / "public.csv"),
        group="site",
        normalise="public",
        statistics=(Statistic("age", 40.0, 10.0), Statistic("pulse", 70.0, 10.0)),
    )


def with_loader(settings: DataSettings, body: str) -> DataSettings:
    path = Path(settings.public).parent / "other.py"
    path.write_text(f"def load(organisation):\n    {body}\n")
    return replace(settings, source=f"python:{path}:load")


def same(one: Samples, other: Samples) -> bool:
    return np.array_equal(one.features, other.features) and np.array_equal(one.labels, other.labels)


def test_columns_are_picked_by_name_and_scaled_by_the_agreed_constants(settings: DataSettings) -> None:
    public = prepare_public(settings, seed=0)
    assert (public.features, public.classes, public.outputs) == (("age", "pulse"), ("no", "yes"), 1)
    assert public.validation.labels.tolist() == [0, 1, 0]
    expected = features_to_units(np.array([[-0.5, -1.0], [0.0, 0.0], [0.5, 1.0]]))
    np.testing.assert_array_equal(public.validation.features, expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changed", [{}, {"normalise": "donated"}, {"components": 1}, {"train_on_public": "all"}])
def test_an_organisation_prepares_alone_what_it_gets_among_all(
    settings: DataSettings, name: str, changed: dict[str, Any]
) -> None:
    settings = replace(settings, **changed)
    everything = prepare(settings, seed=5)
    for other in set(NAMES) - {name}:
        (Path(settings.public).parent / f"{other}.csv").unlink()
    held = prepare_client(settings, name, seed=5)
    among = everything.clients[NAMES.index(name)]
    assert (held.client.name, held.index) == (name, NAMES.index(name))
    for part in ("own", "train", "test", "donated"):
        assert same(getattr(held.client, part), getattr(among, part)), part
    assert same(held.public.validation, everything.public.validation)
    assert held.alone.clients == (held.client,)


def test_the_public_rows_need_nobodys_private_rows(settings: DataSettings) -> None:
    for name in NAMES:
        (Path(settings.public).parent / f"{name}.csv").unlink()
    assert len(prepare_public(replace(settings, normalise="donated", components=1), seed=0).validation) == 3


@pytest.mark.parametrize(("choice", "more"), [("none", 0), ("own", 2), ("all", 3)])
def test_which_public_rows_an_organisation_trains_on(settings: DataSettings, choice: str, more: int) -> None:
    client = prepare_client(replace(settings, train_on_public=choice), "south", seed=0).client
    assert (len(client.test), len(client.donated)) == (4, 2)
    assert len(client.own) == 8 + 2
    assert len(client.train) == 8 + more


def test_without_a_group_column_the_public_rows_are_nobodys_own(settings: DataSettings) -> None:
    client = prepare_client(replace(settings, group=""), "south", seed=0).client
    assert (len(client.donated), len(client.train)) == (0, 8)


def test_rows_with_a_missing_cell_are_left_out_and_counted(settings: DataSettings) -> None:
    path = Path(settings.public).parent / "north.csv"
    path.write_text(path.read_text().replace("5,65,35,yes", "5,,35,yes"))
    assert prepare(settings, seed=0).notes[0].endswith("1 rows with a missing value were dropped")


def test_the_notes_say_what_was_done(settings: DataSettings) -> None:
    notes = " / ".join(prepare(replace(settings, components=1), seed=0).notes)
    for part in ("24 rows of python:", "constants agreed in public", "3 rows of ", "1 principal components"):
        assert part in notes


def test_rows_may_be_numbers_and_come_from_a_generator(settings: DataSettings) -> None:
    body = "yield from ({'age': 40 + n, 'pulse': 70.0, 'sick': 'yes' if n % 2 else 'no'} for n in range(12))"
    assert len(prepare_client(with_loader(settings, body), "north", seed=0).client.own) == 8 + 1


ROW = "dict(age=1, pulse=2, sick='no')"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return []", r"load\('north'\) has no rows: give it some"),
        ("raise KeyError('no table')", r"load\('north'\) failed: KeyError: 'no table'; correct the loader"),
        ("return None", r"load\('north'\) failed: TypeError"),
        (f"return [{ROW}, (1, 2)]", r"load\('north'\), row 2 is a tuple: the loader must return rows as mappings"),
        ("return [dict(ages=1, pulse=2, sick='no')]", r"row 1: no column 'age'; did you mean 'ages'\?"),
        (f"return [{ROW}, dict(age='old', pulse=2, sick='no')]", "row 2, column 'age': 'old' is not a number; correct"),
        ("return [dict(age=[], pulse=2, sick='no')]", r"row 1, column 'age': \[\] is not a number"),
        (
            "return [dict(age=1, pulse=2, sick='ye')]",
            r"row 1, column 'sick': no class 'ye' among \[data\] classes; did",
        ),
        ("return [dict(age=None, pulse=float('nan'), sick='no')]", "all 1 rows have a missing cell; fill them in"),
        (f"return [{ROW}] * 9", "client 'north' has training rows of one class only, 'no'"),
        (f"return [{ROW}]", "client 'north' has no test rows"),
    ],
)
def test_rows_that_cannot_be_used_are_named(settings: DataSettings, body: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare_client(with_loader(settings, body), "north", seed=0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("data.py:load", "none.py:load", r"data\.source: no file '.*none\.py'; write 'FILE\.py:FUNCTION'"),
        ("data.py:load", "data.py:missing", r"data\.source: .*data\.py defines no function 'missing'"),
        ("data.py:load", "data.py:nothing", r"data\.source: .*data\.py defines no function 'nothing'"),
        ("data.py:load", "public.csv:load", r"data\.source: .*public\.csv is not a Python file"),
    ],
)
def test_a_loader_that_is_not_there_is_named(settings: DataSettings, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare_client(replace(settings, source=settings.source.replace(old, new)), "north", seed=0)


def test_a_loader_that_does_not_import_is_named(settings: DataSettings) -> None:
    Path(settings.public).with_name("data.py").write_text("import nowhere_at_all")
    with pytest.raises(DataError, match=r"data\.py cannot be imported: ModuleNotFoundError"):
        prepare_client(settings, "north", seed=0)


def test_an_unknown_organisation_names_the_nearest(settings: DataSettings) -> None:
    with pytest.raises(DataError, match=r"no organisation 'nort' among \[data\] organisations; did you mean 'north'"):
        prepare_client(settings, "nort", seed=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "public.csv cannot be read: No such file"),
        ("", "public.csv is empty: it needs a header and rows"),
        ("site,age,pulse\nnorth,1,2\n", "public.csv, line 2: no column 'sick'"),
        ("site,age,pulse,sick\nnorth,1\n", "public.csv, line 2: 2 cells, the header has 4"),
        (PUBLIC.replace("south,40,", "south,old,"), "public.csv, line 3, column 'age': 'old' is not a number"),
        (PUBLIC.replace("south,40,", "east,40,"), "public.csv: column 'site': no organisation 'east'"),
    ],
)
def test_public_rows_that_cannot_be_used_are_named(settings: DataSettings, text: str | None, message: str) -> None:
    path = Path(settings.public)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(DataError, match=message):
        prepare_public(settings, seed=0)


def test_a_table_is_prepared_for_one_client_as_for_all() -> None:
    chosen = DataSettings(source="iris", partition="iid", clients=3, normalise="donated")
    everything = prepare(chosen, seed=1)
    for index, among in enumerate(everything.clients):
        held = prepare_client(chosen, among.name, seed=1)
        assert held.index == index
        assert same(held.client.train, among.train)
    assert same(prepare_public(chosen, seed=1).validation, everything.public.validation)
    with pytest.raises(DataError, match="no client 'client-9'; did you mean 'client-"):
        prepare_client(chosen, "client-9", seed=1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        *(({name: ""}, f"{name} is missing: with source") for name in ("label", "public")),
        *(({name: ()}, f"{name} is missing: with source") for name in ("features", "organisations", "classes")),
        ({"organisations": ("a", "b", "a")}, "organisations: one is listed twice in a, b, a"),
        ({"classes": ("no",)}, "classes: 'no' alone leaves nothing to learn"),
        ({"features": ("age", "sick")}, "features: 'sick' is the label; leave it out"),
        ({"categorical": ("age",)}, "categorical does not go with a loader"),
        ({"partition": "iid"}, "partition is 'iid': with a loader everybody has rows of its own"),
        ({"normalise": "client"}, "normalise is 'client': with a loader write 'public'"),
        ({"features": ("age",)}, "statistics must name the features, each of them: see to pulse"),
        ({"statistics": ()}, "see to age, pulse"),
        ({"source": "iris"}, "organisations goes with a loader"),
    ],
)
def test_settings_that_do_not_go_with_a_loader_are_refused(
    settings: DataSettings, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(settings, **changed)


@pytest.mark.parametrize("changed", [{"classes": ("no", "yes")}, {"public": "public.csv"}])
def test_what_only_a_loader_needs_is_refused_without_one(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="goes with a loader"):
        DataSettings(**changed)
