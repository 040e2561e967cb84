"""``qfl new``: a federation to edit and run."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import click

from qfl_chain.cli.output import json_option
from qfl_chain.errors import InputError

PLANTS = {"north": (-4.0, 0.3, 0.0), "south": (3.0, -0.2, 4.0), "west": (0.0, 0.0, -6.0)}
"""The plants of the made-up rows, and how far each one's centres lie from the agreed ones."""
PRIVATE_ROWS, PUBLIC_ROWS = 60, 12
COLUMNS = "temperature,vibration,load,failed"
SEED = 4


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--name", help="The federation's name.  [default: the directory's]")
@json_option
def command(directory: Path, name: str | None, as_json: bool) -> None:
    """Write a federation to edit and run into DIRECTORY.

    A scenario, a PennyLane circuit, a data loader, made-up rows, and a README with the commands that each organisation
    types. Nothing that exists is overwritten.
    """
    from qfl_chain.cli.output import print_json

    written = write_files(directory, project_files(_checked(name or directory.resolve().name)))
    if as_json:
        print_json({"directory": str(directory), "files": written})
        return
    for path in written:
        click.echo(directory / path)
    click.echo(f"Next: cd {directory}, read README.md, and try: qfl run federation.toml", err=True)


def project_files(name: str) -> dict[str, str]:
    """The text of every file by its path; equal on every call."""
    folder = files("qfl_chain.cli.template")
    texts = {
        path: folder.joinpath(path.removeprefix(".")).read_text("utf-8")
        for path in ("README.md", "federation.toml", "circuit.py", "data.py", ".gitignore")
    }
    texts["federation.toml"] = texts["federation.toml"].replace('name = "federation"', f'name = "{name}"', 1)
    return texts | made_up_rows(SEED)


def made_up_rows(seed: int) -> dict[str, str]:
    """Rows of pumps by file: hot, shaking and loaded ones fail more often, and each plant's differ a little."""
    import numpy as np

    rng = np.random.default_rng(seed)
    texts, public = {}, [f"plant,{COLUMNS}"]
    for plant, shift in PLANTS.items():
        values = rng.normal((60, 4, 70), (10, 1.5, 15), (PRIVATE_ROWS + PUBLIC_ROWS, 3)) + shift
        strain = (values - (60, 4, 70)) / (10, 1.5, 15) @ (1.5, 2.0, 0.8)
        failed = strain + rng.normal(0, 0.8, len(strain)) > 0
        lines = [f"{t:.1f},{v:.2f},{w:.0f},{'yes' if f else 'no'}" for (t, v, w), f in zip(values, failed, strict=True)]
        texts[f"data/{plant}.csv"] = "\n".join([COLUMNS, *lines[:PRIVATE_ROWS]]) + "\n"
        public += [f"{plant},{line}" for line in lines[PRIVATE_ROWS:]]
    return {"public.csv": "\n".join(public) + "\n", **texts}


def write_files(directory: Path, texts: dict[str, str]) -> list[str]:
    """Write all files or, where one exists, none; gives their paths.

    Raises:
        InputError: a file that exists, or a directory that cannot be written.
    """
    for path in texts:
        if (directory / path).exists():
            raise InputError(f"{directory / path} exists already: choose another directory; nothing was written")
    try:
        for path, text in texts.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{directory} cannot be written: {error.strerror}; choose another directory") from error
    return list(texts)


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise InputError(f"{name!r} must be letters, digits, - and _, at most 64: choose another --name")
    return name
