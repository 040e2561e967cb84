from __future__ import annotations

import hashlib
import re
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import train_test_split

from qfl_chain.errors import DataError
from qfl_chain.learning.datasets import SHIPPED, load
from tests.learning.examples import two_hospitals, write_csv

ROOT = Path(__file__).resolve().parents[2]
CENTRES = ("Cleveland", "Hungary", "Switzerland", "Long Beach")


def test_heart_has_the_rows_and_the_split_of_flamby() -> None:
    table = load("heart")
    counts = Counter(zip(table.groups, table.splits, strict=True))
    assert [(counts[centre, "train"], counts[centre, "test"]) for centre in CENTRES] == [
        (199, 104),
        (172, 89),
        (30, 16),
        (85, 45),
    ]
    assert len(table.labels) == 740
    assert table.dropped == 180


def test_heart_has_the_thirteen_features_of_flamby() -> None:
    assert load("heart").columns == (
        *("age", "sex", "cp_2", "cp_3", "cp_4", "trestbps", "chol", "fbs"),
        *("restecg_1", "restecg_2", "thalach", "exang", "oldpeak"),
    )


def test_hearts_split_is_the_one_scikit_learn_draws() -> None:
    table = load("heart")
    for centre in CENTRES:
        rows = np.flatnonzero(np.array(table.groups) == centre)
        labels = table.labels[rows]
        train, _ = train_test_split(
            np.arange(len(rows)),
            test_size=1 - 0.66,
            train_size=0.66,
            random_state=43,
            shuffle=True,
            stratify=labels if np.bincount(labels).min() > 2 else None,
        )
        drawn = {index for index, row in enumerate(rows) if table.splits[row] == "train"}
        assert drawn == set(train.tolist())


def test_hearts_first_row_is_ucis() -> None:
    table = load("heart")
    assert dict(zip(table.columns, table.values[0], strict=True)) == {
        "age": 63,
        "sex": 1,
        "cp_2": 0,
        "cp_3": 0,
        "cp_4": 0,
        "trestbps": 145,
        "chol": 233,
        "fbs": 1,
        "restecg_1": 0,
        "restecg_2": 1,
        "thalach": 150,
        "exang": 0,
        "oldpeak": 2.3,
    }
    assert table.labels[0] == 0


@pytest.mark.parametrize(("name", "original"), [("iris", load_iris), ("breast-cancer", load_breast_cancer)])
def test_scikit_learns_sets_are_unchanged(name: str, original: object) -> None:
    bunch = original()  # type: ignore[operator]
    table = load(name)
    np.testing.assert_array_equal(table.values, bunch.data)
    named = [str(bunch.target_names[label]) for label in bunch.target]
    assert [table.classes[label] for label in table.labels] == named


def test_shipped_files_are_small_and_the_ones_datasets_md_describes() -> None:
    described = (ROOT / "DATASETS.md").read_text("utf-8")
    total = 0
    for name in SHIPPED:
        data = resources.files("qfl_chain.learning").joinpath(f"data/{name}.csv").read_bytes()
        total += len(data)
        assert re.search(rf"`{name}\.csv`.*{hashlib.sha256(data).hexdigest()}", described)
    assert total < 1_000_000


def test_every_heart_feature_has_an_agreed_centre_and_spread() -> None:
    assert {entry.column for entry in SHIPPED["heart"].statistics} == set(load("heart").columns)


def test_a_csv_is_read_with_its_label_and_group(tmp_path: Path) -> None:
    table = load(write_csv(tmp_path, two_hospitals(2)), "sick", "hospital")
    assert table.columns == ("age", "pulse")
    assert table.values.tolist() == [[30, 60], [31, 70], [35, 60], [36, 70]]
    assert table.classes == ("no", "yes")
    assert table.labels.tolist() == [0, 1, 0, 1]
    assert table.groups == ("north", "north", "south", "south")
    assert table.splits == ()


def test_numeric_classes_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    assert load(write_csv(tmp_path, "x,y\n1,10\n2,9\n"), "y").classes == ("9", "10")


def test_categorical_columns_become_one_column_per_level_but_the_first(tmp_path: Path) -> None:
    source = write_csv(tmp_path, "pain,x,y\nnone,1,0\nsharp,2,1\ndull,3,1\n")
    table = load(source, "y", categorical=("pain",))
    assert table.columns == ("pain_none", "pain_sharp", "x")
    assert table.values.tolist() == [[1, 0, 1], [0, 1, 2], [0, 0, 3]]


@pytest.mark.parametrize("cell", ["", "?", "NA", "nan", " "])
def test_rows_with_a_missing_cell_are_dropped_and_counted(tmp_path: Path, cell: str) -> None:
    table = load(write_csv(tmp_path, f"x,y\n1,0\n{cell},1\n3,1\n"), "y")
    assert table.values.tolist() == [[1], [3]]
    assert table.dropped == 1


def test_blank_lines_and_a_byte_order_mark_are_ignored(tmp_path: Path) -> None:
    assert load(write_csv(tmp_path, "\ufeffx,y\n\n1,0\n2,1\n\n"), "y").columns == ("x",)


@pytest.mark.parametrize(
    ("text", "label", "group", "message"),
    [
        ("x,sick\n1,0\n2,1\n", "", "", r"say which column holds the class \(label = \.\.\.\)"),
        ("x,sick\n1,0\n2,1\n", "sik", "", r"no label column 'sik'; did you mean 'sick'\?"),
        ("x,sick\n1,0\n2,1\n", "diagnosis", "", "no label column 'diagnosis'; there are x, sick"),
        ("x,sick,site\n1,0,a\n2,1,a\n", "sick", "sit", r"no group column 'sit'; did you mean 'site'\?"),
        ("x,y\n1,0\ntwo,1\n", "y", "", r"line 3, column 'x': 'two' is not a number; correct it"),
        ("x,y\n1,0\ninf,1\n", "y", "", "line 3, column 'x': 'inf' is not a number"),
        ("x,y\n1,0\n2\n", "y", "", "line 3: 1 cells, the header has 2"),
        ("x,x,y\n1,1,0\n2,2,1\n", "y", "", "column 'x' appears twice in the header"),
        ("x,y\n1,0\n2,0\n", "y", "", "column 'y' has one class only, '0'; give rows of another"),
        ("y\n0\n1\n", "y", "", "no feature column beside 'y'"),
        ("x,y\n?,0\n,1\n", "y", "", "all 2 rows have a missing cell"),
        ("x,y\n", "y", "", "is empty: it needs a header and rows"),
        ("", "y", "", "is empty: it needs a header and rows"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(tmp_path: Path, text: str, label: str, group: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write_csv(tmp_path, text), label, group)


def test_a_missing_categorical_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no categorical column 'pan'; did you mean 'pain'\?"):
        load(write_csv(tmp_path, "pain,y\n1,0\n2,1\n"), "y", categorical=("pan",))


def test_an_oversized_cell_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: field larger than field limit"):
        load(write_csv(tmp_path, f"x,y\n{'1' * 140_000},0\n"), "y")


def test_columns_no_feature_needs_are_not_read(tmp_path: Path) -> None:
    source = write_csv(tmp_path, "name,pain,x,y\nAda,low,1,0\nBo,?,2,1\nCy,high,,1\nDi,high,4,1\n")
    assert load(source, "y", features=("x",)).values.tolist() == [[1], [2], [4]]
    table = load(source, "y", categorical=("pain",), features=("x", "pain_low"))
    assert table.columns == ("pain_low", "x")
    assert table.values.tolist() == [[1, 1], [0, 4]]
    assert table.dropped == 2


def test_a_feature_that_is_no_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no feature 'agee'; did you mean 'age'\?"):
        load(write_csv(tmp_path, "age,y\n1,0\n2,1\n"), "y", features=("agee",))


def test_a_quoted_cell_may_hold_a_line_break(tmp_path: Path) -> None:
    source = write_csv(tmp_path, 'x,y\n1,"a\nb"\n2,c\n')
    assert load(source, "y").classes == ("a\nb", "c")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read: No such file"):
        load("csv:nowhere.csv", "y")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"x,y\n\xff,0\n")
    with pytest.raises(DataError, match=r"is not UTF-8 text \(byte 4\)"):
        load(f"csv:{path}", "y")


def test_an_unknown_dataset_names_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no dataset 'hart'; did you mean 'heart'\?; or csv:FILE"):
        load("hart")


def test_a_shipped_dataset_keeps_its_own_label() -> None:
    with pytest.raises(DataError, match="iris: label, group and categorical columns are fixed"):
        load("iris", label="sepal_width")
