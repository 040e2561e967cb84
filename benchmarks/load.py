"""One round with many participants on a real node: transactions per second, times, memory, and how they grow.

    python benchmarks/load.py [--node anvil|devnet] [--batch N] [--json] [PARTICIPANTS ...]

Every participant joins and commits with a transaction of its own, signed here. One relayer reveals for all of them.
Three of four oracles, each a process of its own, recompute and sign; the report goes on chain, some participants
claim, and everything is checked: money, and the report against a recomputation. The rules are the smallest there are:
two qubits, four samples, two permutations.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from growth import SIZE, Measures, table
from load_nodes import BACKENDS, ROOT, Node, node
from machine import machine_line
from memory import held_kib, peak_kib
from web3 import Web3

from qfl_chain.actors.oracle import Oracle
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.court import Web3Court
from qfl_chain.chain.fees import GWEI
from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.chain.sending import GAS_MARGIN_PERCENT
from qfl_chain.chain.transport import open_web3
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.circuit.trace import trace
from qfl_chain.circuit.units import features_to_units, parameters_to_units
from qfl_chain.errors import ChecksumError, LedgerError, QflError
from qfl_chain.protocol.codec import Model, Rules, Update, Validation, encode_model, encode_update, encode_validation
from qfl_chain.protocol.commitment import commitment
from qfl_chain.protocol.contribution import most_coalitions
from qfl_chain.protocol.evidence import largest_evidence
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.report import Outcome
from qfl_chain.protocol.validation import validation_root
from qfl_chain.storage.blocks import MAX_BLOCK_BYTES, BlockStore
from qfl_chain.types import Address, Gwei, Opening, Signature, Terms

SIZES, FEWEST = (100, 300, 1000), 2
ROUND = 1
WINDOW = 3_600
STAKE, MIN_STAKE, REWARD, FUNDING = Gwei(2 * 10**9), Gwei(10**9), Gwei(10**9), Gwei(10 * 10**9)
BALANCE_WEI = 100 * 10**18
GAS, MAX_FEE, TIP = 150_000, 10 * GWEI, GWEI
BATCH, OPENINGS, CLAIMS = 100, 100, 10
SPONSOR, GUARDIAN, ORACLES, PARTICIPANTS = 0, 1, slice(2, 6), 6
QUORUM = 3
RULES = Rules(subset=4, permutations=2)
SAMPLES, MAX_NORM_RADIANS = 16, 1.0
SEED = 4
CONTRACT = Web3().eth.contract(abi=load_artifact().abi)
TRANSACTION_GAS_CAP = 1 << 24
"""EIP-7825, 16,777,216: what one transaction may use from Osaka on."""


@dataclass(frozen=True, slots=True)
class Site:
    """A federation on a node: who plays, and where its content lies."""

    node: Node
    ledger: Web3Ledger
    store: BlockStore
    folder: Path
    oracles: tuple[LocalAccount, ...]
    participants: tuple[LocalAccount, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Many accounts' transactions of one kind: seconds to sign, until the node took all, until all were mined."""

    count: int
    signing: float
    taking: float
    mining: float
    gas: tuple[int, ...]
    blocks: int


def measure(backend: str, count: int, batch: int) -> Measures:
    """One round with so many participants on a fresh node."""
    started = perf_counter()
    with node(backend) as running, TemporaryDirectory() as folder:
        idle = held_kib(running.pid)
        site = found(running, Path(folder), count)
        joined = send(site, [call("join")] * count, nonce=0, value=STAKE * GWEI, batch=batch)
        openings, publishing = publish(site)
        commits = [call("commit", ROUND, commitment(site.ledger.federation, ROUND, one)) for one in openings]
        committed = send(site, commits, nonce=1, value=0, batch=batch)
        travel(site, WINDOW)
        revealed = reveal(site, openings)
        travel(site, 2 * WINDOW)
        reports = report(site)
        verified = verify(site)
        travel(site, 4 * WINDOW)
        claimed = claim(site, verified)
        check_money(site)
        return {
            SIZE: count,
            **_rates("join", joined),
            **_rates("commit", committed),
            "publish, s": publishing,
            **revealed,
            **reports,
            "accounts paid": len(verified.cumulative),
            **claimed,
            "node idle, MiB": idle / 1024,
            "node peak, MiB": peak_kib(running.pid) / 1024,
            "node peak above idle, MiB": (peak_kib(running.pid) - idle) / 1024,
            "wall, s": perf_counter() - started,
        }


def keys(count: int) -> tuple[LocalAccount, ...]:
    """Throw-away accounts, the same every time."""
    return tuple(Account.from_key(keccak(f"qfl-chain load {SEED} {index}".encode())) for index in range(count))


def found(running: Node, folder: Path, count: int) -> Site:
    """Give everybody money, publish circuit, model and validation set, and deploy the contract."""
    accounts, store = keys(PARTICIPANTS + count), BlockStore(folder / "blocks")
    endow(running, [account.address for account in accounts])
    web3 = open_web3(running.url)
    referee, _ = deploy_referee(web3, accounts[SPONSOR])
    address, _ = deploy(web3, accounts[SPONSOR], publish_terms(store, accounts, referee), funding=FUNDING)
    court = Web3Court(web3, address, accounts[SPONSOR])
    for account in accounts[ORACLES]:
        court.signed_by(account).bond(MIN_STAKE)
    court.seat(court.terms().oracles)
    ledger = Web3Ledger(web3, address, accounts[SPONSOR])
    return Site(running, ledger, store, folder, accounts[ORACLES], accounts[PARTICIPANTS:])


def endow(running: Node, addresses: Sequence[str]) -> None:
    """Money for everybody: by decree on anvil, from the node's own accounts elsewhere."""
    if running.backend == "anvil":
        running.ask_all("anvil_setBalance", [(address, hex(BALANCE_WEI)) for address in addresses])
        return
    unlocked = running.ask("eth_accounts")
    # No account of the devnet has enough for a thousand.
    gifts = [
        {"from": unlocked[index % len(unlocked)], "to": address, "value": hex(BALANCE_WEI)}
        for index, address in enumerate(addresses)
    ]
    for first in range(0, len(gifts), BATCH):
        running.ask_all("eth_sendTransaction", [(gift,) for gift in gifts[first : first + BATCH]])


def publish_terms(store: BlockStore, accounts: Sequence[LocalAccount], referee: Address) -> Terms:
    """The smallest federation worth the name: two qubits, and samples that are all of class 1."""
    circuit = trace(*ANSATZES["basic-entangler"](qubits=2, layers=1, features=2))
    draws = np.random.default_rng(SEED)
    features = features_to_units(draws.uniform(-0.5, 0.5, (SAMPLES, 2)))
    # A random update is as often good as bad here: far from both extremes of the loss.
    model = Model(circuit.digest, 0, parameters_to_units(np.full(circuit.parameters, np.pi / 3)))
    validation = Validation(RULES, features, np.ones(SAMPLES, dtype=np.int64), 2)
    return Terms(
        circuit=store.put(circuit.to_bytes()),
        model=store.put(encode_model(model)),
        validation=store.put(encode_validation(validation)),
        validation_root=validation_root(validation),
        commit_window=WINDOW,
        reveal_window=WINDOW,
        report_window=WINDOW,
        challenge_window=WINDOW,
        unbonding_window=5 * WINDOW,
        min_stake=MIN_STAKE,
        reward_per_round=REWARD,
        max_norm=int(parameters_to_units([MAX_NORM_RADIANS])[0]),
        oracle_bond=MIN_STAKE,
        min_reveals=2,
        sponsor=Address(accounts[SPONSOR].address),
        guardian=Address(accounts[GUARDIAN].address),
        guardian_expiry=1 << 32,
        referee=referee,
        oracles=tuple(Address(account.address) for account in accounts[ORACLES]),
    )


def call(function: str, *arguments: Any) -> str:
    """The input of a transaction that calls the federation."""
    return str(CONTRACT.encode_abi(function, args=arguments))


def send(site: Site, inputs: Sequence[str], *, nonce: int, value: int, batch: int) -> Sent:
    """One transaction from every participant: signed first, then sent in batches, then awaited.

    Raises:
        LedgerError: one was mined and failed.
    """
    began = perf_counter()
    fields = {"type": 2, "chainId": site.ledger.chain_id, "nonce": nonce, "to": site.ledger.federation, "gas": GAS}
    fees = {"maxFeePerGas": MAX_FEE, "maxPriorityFeePerGas": TIP}
    raw = [
        "0x" + bytes(account.sign_transaction({**fields, **fees, "value": value, "data": data}).raw_transaction).hex()
        for account, data in zip(site.participants, inputs, strict=True)
    ]
    signed = perf_counter()
    hashes: list[str] = []
    for first in range(0, len(raw), batch):
        hashes += site.node.ask_all("eth_sendRawTransaction", [(one,) for one in raw[first : first + batch]])
    taken = perf_counter()
    receipts = site.node.receipts(hashes)
    mined = perf_counter()
    if any(int(receipt["status"], 16) != 1 for receipt in receipts):
        raise LedgerError("a transaction of the load was mined and failed: its limit of gas is too low")
    gas = tuple(int(receipt["gasUsed"], 16) for receipt in receipts)
    blocks = len({receipt["blockNumber"] for receipt in receipts})
    return Sent(len(raw), signed - began, taken - signed, mined - signed, gas, blocks)


def publish(site: Site) -> tuple[list[Opening], float]:
    """Everybody's update, random and within the norm, in the store; and what opens their commitments."""
    began = perf_counter()
    circuit = site.ledger.terms().circuit
    count = Circuit.from_bytes(site.store.get(circuit)).parameters
    draws, openings = np.random.default_rng(SEED), []
    for account in site.participants:
        deltas = parameters_to_units(draws.uniform(-0.5, 0.5, count))
        digest = site.store.put(encode_update(Update(circuit, ROUND, deltas)))
        openings.append(Opening(Address(account.address), digest, draws.bytes(16)))
    return openings, perf_counter() - began


def travel(site: Site, after: int) -> None:
    """Let the chain's clock reach so many seconds after the round's start; the report's time stands for it later."""
    events = site.ledger.events()
    start = next(event.timestamp for event in events if event.name == "RoundOpened")
    site.node.ask("evm_increaseTime", max(start + after - site.ledger.now(), 0) + 1)
    site.node.ask("evm_mine")


def reveal(site: Site, openings: Sequence[Opening]) -> Measures:
    """One relayer opens all commitments, a hundred a transaction, each simulated first as ``qfl`` does."""
    began = perf_counter()
    receipts = [
        site.ledger.reveal_many(openings[first : first + OPENINGS]) for first in range(0, len(openings), OPENINGS)
    ]
    seconds = perf_counter() - began
    gas = sum(receipt.gas_used for receipt in receipts)
    return {
        "reveals/s": len(openings) / seconds,
        "gas per reveal": gas / len(openings),
        "largest reveal transaction, gas": max(receipt.gas_used for receipt in receipts),
        "reveals under the cap": TRANSACTION_GAS_CAP * 100 * len(openings) // ((100 + GAS_MARGIN_PERCENT) * gas),
    }


def report(site: Site) -> Measures:
    """A quorum of oracles recompute and sign, one after the other, and the report goes on chain."""
    answers = [_ask_oracle(site, account) for account in site.oracles[:QUORUM]]
    signatures = [
        Signature(Address(account.address), bytes.fromhex(answer["signature"]))
        for account, answer in zip(site.oracles, answers, strict=False)
    ]
    outcome = recompute(site)
    receipt = site.ledger.report(outcome.report, signatures)
    seconds = {
        f"oracle {part}, s": float(np.mean([answer["seconds"][part] for answer in answers]))
        for part in ("logs", "replay", "fetch", "scoring", "build", "sign")
    }
    return {
        **seconds,
        "oracle peak, MiB": max(answer["peak_kib"] for answer in answers) / 1024,
        "oracle peak above imports, MiB": max(answer["peak_kib"] - answer["start_kib"] for answer in answers) / 1024,
        "evidence, bytes": answers[0]["evidence"],
        "report, gas": receipt.gas_used,
    }


def _ask_oracle(site: Site, account: LocalAccount) -> dict[str, Any]:
    task = {
        "url": site.node.url,
        "federation": site.ledger.federation,
        "store": str(site.folder / "blocks"),
        "key": "0x" + bytes(account.key).hex(),
    }
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "load_oracle.py"],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def recompute(site: Site) -> Outcome:
    """The round's outcome, computed here from the chain and the store."""
    program = ScoringProgram(Circuit.from_bytes(site.store.get(site.ledger.terms().circuit)))
    oracle = Oracle(site.ledger, site.store, program, lambda digest: sign_digest(site.oracles[0], digest))
    return oracle.observe(ROUND)


def verify(site: Site) -> Outcome:
    """The outcome, recomputed after the report.

    Raises:
        ChecksumError: the report on chain is another.
    """
    outcome = recompute(site)
    history = replay(site.ledger.events(), site.ledger.federation, site.ledger.terms().model)
    if history.rounds[ROUND].report != outcome.report:
        raise ChecksumError("the report on chain is not what the round recomputes to")
    return outcome


def claim(site: Site, outcome: Outcome) -> Measures:
    """Some of those who earned something collect it, spread evenly over the participants."""
    earners = [account for account in site.participants if account.address in outcome.cumulative]
    chosen = earners[:: max(len(earners) // CLAIMS, 1)][:CLAIMS]
    began, gas = perf_counter(), 0
    for account in chosen:
        due = outcome.tree.claim(Address(account.address))
        receipt = site.ledger.signed_by(account).claim(due.cumulative, due.index, due.proof)
        gas = max(gas, receipt.gas_used)
    return {"claims/s": len(chosen) / (perf_counter() - began), "dearest claim, gas": gas}


def check_money(site: Site) -> None:
    """Every gwei that came in is where the logs say.

    Raises:
        ChecksumError: the contract holds another sum, or somebody's stake is missing.
    """
    money = replay(site.ledger.events(), site.ledger.federation, site.ledger.terms().model).money
    held = site.ledger.balance(site.ledger.federation)
    if held != money.balance * GWEI or money.deposits != STAKE * len(site.participants):
        raise ChecksumError(f"the contract holds {held} wei, its logs say {money.balance} gwei: {money}")


def _rates(name: str, sent: Sent) -> Measures:
    return {
        f"{name}s signed/s": sent.count / sent.signing,
        f"{name}s taken/s": sent.count / sent.taking,
        f"{name}s mined/s": sent.count / sent.mining,
        f"{name}s, blocks": sent.blocks,
        f"{name}, gas": max(sent.gas[1:]),
    }


def _fitting(text: str) -> int:
    """A number of participants whose evidence one block holds."""
    count = int(text)
    needed = largest_evidence(count, most_coalitions(count, RULES.permutations), RULES.subset)
    if count < FEWEST or needed > MAX_BLOCK_BYTES:
        raise argparse.ArgumentTypeError(
            f"{count} is not from {FEWEST} on, or its evidence of up to {needed:,} bytes is over {MAX_BLOCK_BYTES:,}"
        )
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("participants", type=_fitting, nargs="*", default=SIZES)
    parser.add_argument("--node", choices=BACKENDS, default="anvil", help="what runs the chain (default: anvil)")
    parser.add_argument("--batch", type=int, default=BATCH, help="transactions in one request (default: 100)")
    parser.add_argument("--json", action="store_true", help="print the measures as JSON, and nothing else")
    chosen = parser.parse_args()
    try:
        rows = [measure(chosen.node, count, chosen.batch) for count in chosen.participants]
    except QflError as error:
        raise SystemExit(f"load.py: {error}") from error
    if chosen.json:
        print(json.dumps(rows))
        return
    print(machine_line())
    print(f"{chosen.node}, {chosen.batch} transactions a request; on the right, growth exponents from size to size")
    print(table(rows))


if __name__ == "__main__":
    main()
