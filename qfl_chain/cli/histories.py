"""A federation's history for a command that looks at it: an index file, a run directory, or the chain itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qfl_chain.cli.connection import connect, open_store
from qfl_chain.cli.deployment_checks import check_deployment
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.cli.progress import reading, reading_evidence
from qfl_chain.config import Settings
from qfl_chain.errors import InputError
from qfl_chain.types import Address

if TYPE_CHECKING:
    from qfl_chain.analysis.index.database import Index

CHAIN = ("rpc_url", "store")
"""The settings that a history takes where it is a deployment file."""


@contextmanager
def open_history(path: Path, settings: Settings) -> Iterator[Index]:
    """The history at a path, closed at the end.

    A deployment file's is read from the chain into memory, and its evidence from the stores.

    Raises:
        InputError: a deployment file without an endpoint, or not of this version.
        RunError: neither an index nor a run directory, or a damaged one.
        LedgerError: as :func:`read_chain`.
    """
    from qfl_chain.analysis.index import opening

    if is_deployment(path):
        with read_chain(replace(settings, deployment=path), None) as index:
            yield index
    else:
        with opening.open_history(path) as index:
            yield index


@contextmanager
def read_chain(settings: Settings, file: Path | None) -> Iterator[Index]:
    """The index of the deployment file's federation, brought up to the chain's latest block; in memory without a file.

    Evidence is read where the settings name a store.

    Raises:
        InputError: no endpoint, or not a deployment file.
        RunError: the file is something else, or the index of another federation.
        WrongContract: the chain or the contract is another one.
        LedgerError: as :func:`connect`, or the node is pruned, lags behind the index or contradicts itself.
    """
    from qfl_chain.analysis.index.database import Meta, create_index, resume_index
    from qfl_chain.analysis.index.evidence import read_evidence
    from qfl_chain.analysis.index.indexing import index_chain
    from qfl_chain.chain.endpoint import public_name

    path = settings.deployment or Path()
    deployment = read_deployment(path)
    if settings.rpc_url is None:
        raise InputError(f"{path} is a deployment file, and its history is on the chain: name an endpoint by --rpc-url")
    with connect(settings) as web3:
        terms = check_deployment(web3, deployment, path)
        meta = Meta(
            chain_id=deployment.chain_id,
            federation=Address(deployment.federation),
            from_block=deployment.block,
            source=public_name(settings.rpc_url),
            name=deployment.scenario,
        )
        with create_index(None, meta) if file is None else resume_index(file, meta) as index:
            with reading() as on_progress:
                index_chain(index, web3, on_progress)
            if settings.store:
                with reading_evidence() as on_report:
                    read_evidence(index, open_store(settings, terms), on_report)
            yield index


def is_deployment(path: Path) -> bool:
    """Whether it looks like one: a file that begins as a JSON object does."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False
