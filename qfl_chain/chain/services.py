"""Programs that are no Python packages: anvil, cast, geth and ipfs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from qfl_chain.errors import Unavailable

CHECKOUT = Path(__file__).parents[2]


def find_service(name: str) -> Path | None:
    """The program, from ``QFL_SERVICES``, ``.services/bin`` of this checkout, or the path; None where absent."""
    for folder in (os.environ.get("QFL_SERVICES"), CHECKOUT / ".services" / "bin"):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    found = shutil.which(name)
    return Path(found) if found else None


def need_service(name: str) -> Path:
    """The program.

    Raises:
        Unavailable: it is not here; says what installs it.
    """
    found = find_service(name)
    if found is None:
        raise Unavailable(
            f"{name} is not installed here: run scripts/install-services in a checkout, "
            f"or name the folder that holds it in QFL_SERVICES"
        )
    return found
