"""Functions in the user's own Python files: a circuit, a data loader."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from qfl_chain.errors import InputError


def load_function(reference: str, where: str, error: type[InputError]) -> Callable[..., Any]:
    """The function ``FILE.py:FUNCTION`` refers to. This runs the file.

    Args:
        reference: the file's path and the function's name.
        where: the key it was written under, for errors.
        error: raised when it cannot be had.

    Raises:
        error: no such file, one that cannot be imported, or no such function in it.
    """
    file, _, name = reference.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise error(f"{where}: no file {file!r}; write 'FILE.py:FUNCTION'")
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise error(f"{where}: {file} is not a Python file")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as mistake:  # whatever the user's file does wrong, it is named as theirs
        raise error(f"{where}: {file} cannot be imported: {type(mistake).__name__}: {mistake}") from mistake
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise error(f"{where}: {file} defines no function {name!r}")
    return function
