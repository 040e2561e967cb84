"""Measures the gas of every contract call on eth-tester, all-in, and keeps it in ``tests/gas.json``.

``python benchmarks/gas.py`` prints the table beside the ceilings; ``--update`` rewrites the snapshot.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from qfl_chain.chain.artifacts import load_artifact  # noqa: E402
from tests.contracts.chain import Chain  # noqa: E402
from tests.contracts.harness import Deployment  # noqa: E402
from tests.contracts.references import Report, RewardTree, Terms, address, claim_args, committee  # noqa: E402

SNAPSHOT = ROOT / "tests" / "gas.json"
PARTICIPANTS = tuple(f"participant {i}" for i in range(16))
LEAVES = (4, 16, 64, 1024)
REWARD = 10

# The ceilings of the design; runtime size by EIP-170. Calls without an entry have no ceiling.
CEILINGS: Mapping[str, int] = {
    # The design says 48,000 and 31,000. Twenty-two functions of disputes came since, and the compiler looks for a
    # function one after the other: 22 gas for each.
    "join, first": 48_500,
    "join, top-up": 31_400,
    "commit": 33_000,
    "reveal": 42_000,
    "revealMany, each of 16": 12_000,
    "report, 3 of 4": 75_000,
    "report, 5 of 7": 85_000,
    "claim, 16 leaves": 52_000,
    "claim, 1024 leaves": 57_000,
    "runtime bytes": 24_575,
}


def measure() -> dict[str, int]:
    """Gas by call. Digests and addresses come from names, so the figures are the same on every machine."""
    chain = Chain(["sponsor", "guardian", *PARTICIPANTS])
    table = {"runtime bytes": load_artifact().runtime_size}
    for size, quorum in ((4, 3), (7, 5)):
        with chain.snapshot():
            table |= _measure_rounds(chain, size, f"report, {quorum} of {size}")
    for leaves in LEAVES:
        with chain.snapshot():
            table[f"claim, {leaves} leaves"] = _measure_claim(chain, leaves)
    with chain.snapshot():
        table |= _measure_leaving(chain)
    with chain.snapshot():
        table |= _measure_roles(chain)
    return table


def report_gas(parameters: int) -> int:
    """Gas of a 3-of-4 report whose model has this many int64 parameters: what goes on chain is its digest."""
    chain = Chain(["sponsor", "guardian", *PARTICIPANTS])
    federation = _joined(chain, 4)
    federation.play(PARTICIPANTS)
    return federation.send("sponsor", "report", *federation.signed(_report(federation, {}, parameters))).gas


def _joined(chain: Chain, oracles: int, budget: int = 100_000) -> Deployment:
    federation = Deployment.create(chain, Terms(rewardPerRound=budget), committee(oracles), value=10**9)
    for name in PARTICIPANTS:
        federation.send(name, "join", value=5_000)
    return federation


def _digest(text: str) -> bytes:
    """A digest without zero bytes: those are cheaper in calldata, and would make figures a matter of luck."""
    return bytes(byte or 1 for byte in sha256(text.encode()).digest())


def _report(federation: Deployment, cumulative: Mapping[str, int], parameters: int = 64) -> Report:
    tree = RewardTree(cumulative)
    model = _digest(f"model {(b'x' * 8 * parameters).hex()}")
    changes = {"model": model, "evidence": _digest("evidence"), "evidenceRoot": _digest("evidence root")}
    return federation.report_of(tree.total, tree.root, **changes)


def _measure_rounds(chain: Chain, oracles: int, report: str) -> dict[str, int]:
    """Two rounds; the second is what every later one costs."""
    federation = Deployment.create(chain, Terms(rewardPerRound=480), committee(oracles), value=10_000)
    table = {"deploy": federation.sent.gas} if oracles == 4 else {}
    for name in PARTICIPANTS:
        table["join, first"] = federation.send(name, "join", value=5_000).gas
    table["join, top-up"] = federation.send(PARTICIPANTS[0], "join", value=5_000).gas
    for number in (1, 2):
        table["commit, opening the first round" if number == 1 else "commit, opening a round"] = federation.commit(
            PARTICIPANTS[0]
        ).gas
        table["commit"] = max(federation.commit(name).gas for name in PARTICIPANTS[1:])
        chain.clock = federation.reveal_opens
        with chain.snapshot():
            table["reveal"] = max(federation.reveal(name).gas for name in PARTICIPANTS)
        table["revealMany, each of 16"] = -(-federation.reveal_many(PARTICIPANTS, "sponsor").gas // 16)
        chain.clock = federation.report_opens
        cumulative = {address(name): 30 * number for name in PARTICIPANTS}
        table[report] = federation.send("sponsor", "report", *federation.signed(_report(federation, cumulative))).gas
        federation.activate()
    return table


def _measure_claim(chain: Chain, leaves: int) -> int:
    """A second claim, the dearest of the first four accounts in a tree of this many leaves."""
    federation = _joined(chain, 4, leaves * REWARD)
    others = ["0x" + _digest(f"account {i}")[:20].hex() for i in range(leaves - 4)]
    claimants = PARTICIPANTS[:4]
    gas = 0
    for number in (1, 2):
        cumulative = dict.fromkeys([*map(address, claimants), *others], number * REWARD)
        federation.play(PARTICIPANTS[:1])
        federation.send("sponsor", "report", *federation.signed(_report(federation, cumulative)))
        federation.activate()
        tree = RewardTree(cumulative)
        gas = max(federation.send(name, "claim", *claim_args(name, cumulative, tree)).gas for name in claimants)
    return gas


def _measure_leaving(chain: Chain) -> dict[str, int]:
    federation = _joined(chain, 4)
    silent, other, third = PARTICIPANTS[1:4]
    federation.play(PARTICIPANTS[:1], silent=[silent, other, third])
    federation.send("sponsor", "report", *federation.signed(_report(federation, {})))
    federation.activate()
    federation.commit(PARTICIPANTS[0])
    table = {
        "penalize": federation.send("sponsor", "penalize", address(silent)).gas,
        "commit, settling a missing reveal": federation.commit(other).gas,
        "exit, settling a missing reveal": federation.send(third, "exit").gas,
        "exit": federation.send(PARTICIPANTS[5], "exit").gas,
    }
    chain.clock = federation.report_closes
    table["commit, opening after an expiry"] = federation.commit(PARTICIPANTS[0]).gas
    chain.clock += federation.terms.unbondingWindow
    table["withdraw"] = federation.send(third, "withdraw").gas
    return table


def _measure_roles(chain: Chain) -> dict[str, int]:
    federation = _joined(chain, 4)
    table = {"fund": federation.send("sponsor", "fund", value=5).gas}
    federation.play(PARTICIPANTS[:2])
    federation.send("sponsor", "report", *federation.signed(_report(federation, {})))
    federation.commit(PARTICIPANTS[0])
    table["voidReport, with a live round"] = federation.send("guardian", "voidReport").gas
    table["pause"] = federation.send("guardian", "pause").gas
    table["unpause"] = federation.send("guardian", "unpause").gas
    table["cancel"] = federation.send("sponsor", "cancel").gas
    table["reclaim"] = federation.send("sponsor", "reclaim").gas
    return table


def read_snapshot() -> dict[str, int]:
    """The committed figures."""
    snapshot: dict[str, int] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    return snapshot


def _print(table: Mapping[str, int]) -> None:
    for call, gas in table.items():
        ceiling = f"{CEILINGS[call]:>10,}" if call in CEILINGS else " " * 10
        print(f"{call:<36}{gas:>11,}{ceiling}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; returns 1 where a ceiling is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="rewrite tests/gas.json")
    update = parser.parse_args(arguments).update
    table = measure()
    artifact = load_artifact()
    runs = artifact.settings["optimizer"]["runs"]
    print(f"eth-tester (Prague), solc {artifact.compiler}, {runs} optimizer runs, via IR")
    print(f"{'call':<36}{'gas':>11}{'ceiling':>10}")
    _print(table)
    if update:
        SNAPSHOT.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return int(any(table[call] > ceiling for call, ceiling in CEILINGS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
