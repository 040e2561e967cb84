"""TOML into dataclasses: every complaint names the place, what was found and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from qfl_chain.errors import InputError, ScenarioError
from qfl_chain.schema import nearest, parse_json, parse_toml, read_table


@dataclass(frozen=True)
class Wheel:
    size: float
    name: str = "front"

    def __post_init__(self) -> None:
        if self.size <= 0:
            raise ValueError(f"size is {self.size}, it must be above 0")


@dataclass(frozen=True)
class Car:
    doors: int
    wheels: tuple[Wheel, ...] = ()
    tags: tuple[str, ...] = ()
    spare: Wheel | None = None
    fast: bool = False


def _read(text: str) -> Car:
    return read_table(Car, parse_toml(text, "car.toml", ScenarioError), "car.toml", ScenarioError)


def test_nested_tables_and_lists_become_dataclasses() -> None:
    car = _read('doors = 2\ntags = ["a", "b"]\nspare = { size = 1 }\n[[wheels]]\nsize = 2.5\nname = "x"\n')
    assert car == Car(2, (Wheel(2.5, "x"),), ("a", "b"), Wheel(1.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("doors = 2\nweels = []", r"car\.toml: unknown key 'weels'; did you mean 'wheels'\?"),
        ("doors = 2\nzzz = 1", r"unknown key 'zzz'; known: doors, fast, spare, tags, wheels"),
        ("fast = true", r"car\.toml: missing key 'doors'"),
        ("doors = 2.5", r"car\.toml\.doors: expected a whole number, got 2\.5"),
        ("doors = true", r"car\.toml\.doors: expected a whole number, got True"),
        ("doors = 2\nfast = 1", r"car\.toml\.fast: expected true or false, got 1"),
        ("doors = 2\ntags = 'a'", r"car\.toml\.tags: expected a list, got 'a'"),
        ("doors = 2\ntags = [1]", r"car\.toml\.tags\[0\]: expected text, got 1"),
        ("doors = 2\nspare = 3", r"car\.toml\.spare: expected a table, got 3"),
        ("doors = 2\n[[wheels]]\nsize = 'x'", r"car\.toml\.wheels\[0\]\.size: expected a number, got 'x'"),
        ("doors = 2\n[[wheels]]\nsize = 0", r"car\.toml\.wheels\[0\]: size is 0\.0, it must be above 0"),
        ("doors = @", r"car\.toml is not valid TOML: .*line 1"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        _read(text)


def test_the_error_class_is_the_callers() -> None:
    with pytest.raises(InputError) as caught:
        parse_toml("=", "x", InputError)
    assert type(caught.value) is InputError


def test_nearest_lists_everything_when_nothing_is_near() -> None:
    assert nearest("qqq", ["alpha", "beta"]) == "; known: alpha, beta"
    assert nearest("alfa", ["alpha", "beta"]) == "; did you mean 'alpha'?"


def test_json_that_nests_deeper_than_the_stack_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="more than 1,000 brackets"):
        parse_json("[" * 100_000)


def test_json_is_read() -> None:
    assert parse_json('{"a": [1]}') == {"a": [1]}
