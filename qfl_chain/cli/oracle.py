"""``qfl oracle``: an oracle recomputes a round's report, signs it, and posts it with a quorum's signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.bonds import bond, seat, unbond, withdraw_bond
from qfl_chain.cli.options import signs, uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.cli.running import listen_option, state_option, until_option
from qfl_chain.config import Settings
from qfl_chain.errors import InputError, VerificationFailed
from qfl_chain.types import Phase

if TYPE_CHECKING:
    from qfl_chain.actors.oracle import Sign
    from qfl_chain.cli.recomputation import Recomputation
    from qfl_chain.ports import Ledger


@click.group()
def command() -> None:
    """Recompute, sign and post reports; keep the bond that stands behind them."""


for one in (bond, unbond, withdraw_bond, seat):
    command.add_command(one)


@command.command()
@click.option("--round", "number", type=click.IntRange(min=1), help="Which round.  [default: the live one]")
@click.option("--sign", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Sign it into this directory.")
@uses("rpc_url", "deployment", "store", optional=("keystore", "password_file"))
@json_option
def report(number: int | None, folder: Path | None, settings: Settings, as_json: bool) -> None:
    """Recompute a round's report from the chain and the store, and print it.

    With --sign, in the report phase, also publish model and evidence and write this oracle's signature into a
    directory the committee shares. Ends with exit code 7 when another report stands on chain.
    """
    from qfl_chain.actors.signatures import write_signature
    from qfl_chain.cli.connection import open_federation, open_store
    from qfl_chain.cli.recomputation import print_recomputation, recompute, sign

    with open_federation(settings) as ledger:
        found = recompute(ledger, open_store(settings), number, _signer(ledger, settings))
        if folder is not None:
            _require_live(ledger, found)
            path = write_signature(sign(found, ledger), folder)
            click.echo(f"signed into {path}", err=True)
    if as_json:
        print_json(found.public())
    else:
        print_recomputation(found)
    if found.on_chain == "different":
        raise VerificationFailed(f"the report of round {found.outcome.report.round} on chain is not the one recomputed")


@command.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--peer", "peers", multiple=True, metavar="URL", help="Where an oracle listens; repeat it.")
@signs("rpc_url", "deployment")
@json_option
def post(folder: Path | None, peers: tuple[str, ...], settings: Settings, as_json: bool) -> None:
    """Post the live round's report with a quorum's signatures, from DIR or from oracles that run. Anybody may."""
    from qfl_chain.actors.peers import HttpPeers
    from qfl_chain.actors.phases import require_phase
    from qfl_chain.actors.signatures import count, gather, require_quorum
    from qfl_chain.cli.connection import open_account, open_federation
    from qfl_chain.cli.receipts import print_receipt
    from qfl_chain.protocol.filing import committee_at

    if (folder is None) == (not peers):
        raise InputError("give either a directory of signed reports or the oracles' addresses with --peer")
    account = open_account(settings)
    with open_federation(settings, account) as ledger:
        number = require_phase(ledger, Phase.REPORT, "report").number
        oracles = committee_at(ledger.events(), None)
        if folder is not None:
            signed, refused = gather(folder, ledger.chain_id, ledger.federation, oracles, number)
        else:
            found, silent = HttpPeers(peers).collect(number)
            signed, refused = count(found, ledger.chain_id, ledger.federation, oracles, number)
            refused = [*silent, *refused]
        for reason in refused:
            click.echo(f"left out: {reason}", err=True)
        signed_report, signatures = require_quorum(signed, len(oracles), number)
        receipt = ledger.report(signed_report, signatures)
        sentence = f"posted the report of round {number} with {len(signatures)} signatures"
        print_receipt(receipt, sentence, as_json=as_json, round=number, signatures=len(signatures))


@command.command()
@click.option("--peer", "peers", multiple=True, metavar="URL", help="Where another oracle listens; repeat it.")
@state_option
@listen_option
@until_option
@click.option("--solo", is_flag=True, help="Report alone from half of the report phase on, where no quorum came.")
@signs("rpc_url", "deployment", "store")
def run(
    peers: tuple[str, ...],
    state: Path,
    listen: str | None,
    until_round: int | None,
    solo: bool,
    settings: Settings,
) -> None:
    """Recompute, sign and post the report of every round, until stopped by SIGTERM or Ctrl-C.

    Oracles fetch one another's signatures over HTTP: each serves /signatures/ROUND where it listens, beside /health and
    /metrics. Fewer than a third of them may be silent or lie. An update that nobody gives it demands on chain, which
    takes a bond, and it answers others' demands. It may be killed at any instant and started again: what
    it signed is in its state directory before anybody sees it, so that it never signs two reports for one round.
    """
    import time
    from functools import partial

    from qfl_chain.actors.peers import encode_answer
    from qfl_chain.actors.serving import Answer, round_of
    from qfl_chain.chain.outbox import FileOutbox
    from qfl_chain.cli.connection import open_account, open_federation, open_store
    from qfl_chain.cli.reporting import reporting_oracle, require_member
    from qfl_chain.cli.running import Pause, live, patiently
    from qfl_chain.cli.watching import Log
    from qfl_chain.storage.state import held
    from qfl_chain.types import Address

    account = open_account(settings)
    log = Log("oracle", time.time)
    with held(state) as folder:
        outbox = partial(FileOutbox, folder, account=Address(account.address))

        def work(pause: Pause) -> None:
            with open_federation(settings, account, outbox) as ledger:
                store = open_store(settings, ledger.terms())
                ledger.resolve()
                require_member(account.address, ledger)
                actor, ballots = reporting_oracle(
                    ledger, store, account, folder, peers, until_round or 0, settings.confirmations or 1, log, solo=solo
                )

                def signatures(rest: str) -> Answer:
                    number = round_of(rest)
                    return Answer(encode_answer(ballots.held(number) if number is not None else ()))

                log.write(
                    "info", "started", account=account.address, federation=ledger.federation, chain_id=ledger.chain_id
                )
                live("oracle", actor, ledger, log, listen, {"signatures": signatures}, pause)

        patiently(work, log)


def _signer(ledger: Ledger, settings: Settings) -> Sign:
    """This oracle's signature; the keystore is opened when it is needed."""
    from qfl_chain.chain.accounts import sign_digest
    from qfl_chain.cli.connection import open_account
    from qfl_chain.cli.reporting import require_member
    from qfl_chain.types import Signature

    def sign(digest: bytes) -> Signature:
        account = open_account(settings)
        require_member(account.address, ledger)
        return sign_digest(account, digest)

    return sign


def _require_live(ledger: Ledger, found: Recomputation) -> None:
    from qfl_chain.actors.phases import require_phase

    live, number = require_phase(ledger, Phase.REPORT, "report").number, found.outcome.report.round
    if number != live:
        raise InputError(f"--round: round {number} is over, the live one is {live}: sign that one")
