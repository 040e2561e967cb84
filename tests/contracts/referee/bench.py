"""The referee on eth-tester: cases, proofs, and what it says to them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import eth_abi
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.protocol.codec import decode_validation, digest_of_bytes
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.protocol.proofs import AnyProof, encode_proof
from qfl_chain.protocol.trial import Trial
from qfl_chain.protocol.validation import validation_root
from tests.contracts.chain import Chain
from tests.contracts.references import RewardTree, address

GAS_CAP = 16_777_216
REPORTED_AT = 1_000
EMPTY = Excerpt(0, 0, (), ())

_ABI = load_artifact("Referee").abi


def _signature(item: Any) -> str:
    return f"{item['name']}({','.join(collapse_if_tuple(one) for one in item['inputs'])})"


_FUNCTIONS = {item["name"]: item for item in _ABI if item["type"] == "function"}
_ERRORS = {keccak(text=_signature(item))[:4]: item for item in _ABI if item["type"] == "error"}
REFEREE_ERRORS = frozenset(str(item["name"]) for item in _ERRORS.values())

# silentAt(round, participant, digest, time): whether the word at slot keccak(round, participant, digest) is a time
# that is not zero and not after `time`.
_SILENT_AT = bytes.fromhex("6060600460003760606000205480151590606435101516" + "60005260206000f3")


@dataclass(frozen=True)
class Bench:
    """A referee, and an account that answers `silentAt` as a federation does."""

    chain: Chain
    referee: str
    federation: str

    @classmethod
    def create(cls, chain: Chain) -> Bench:
        referee, federation = _deploy(chain, load_artifact("Referee").bytecode), _deploy(chain, _returning(_SILENT_AT))
        return cls(chain, referee, federation)

    def silence(self, round_number: int, participant: str, digest: bytes, deadline: int) -> None:
        """A demand for this update that nobody answers by ``deadline``."""
        key = eth_abi.encode(["uint16", "address", "bytes32"], [round_number, participant, digest])
        self.chain.poke(self.federation, int.from_bytes(keccak(key), "big"), deadline)

    def ask(self, function: str, *args: Any) -> tuple[Any, ...]:
        """What a function returns, or its error and the error's arguments."""
        item = _FUNCTIONS[function]
        types = [collapse_if_tuple(one) for one in item["inputs"]]
        data = keccak(text=_signature(item))[:4] + eth_abi.encode(types, args)
        try:
            answer = self.call(data)
        except TransactionFailed as failure:
            return _reason(failure)
        return tuple(eth_abi.decode([collapse_if_tuple(one) for one in item["outputs"]], answer))

    def judge(self, case: Sequence[Any], proof: AnyProof) -> tuple[Any, ...]:
        """Nothing where the proof convicts, otherwise the error and its arguments."""
        fault, data = encode_proof(proof)
        return self.ask("judge", fault, case, data)

    def call(self, data: bytes) -> bytes:
        fields = {"from": address("outsider"), "to": self.referee, "data": "0x" + data.hex(), "gas": GAS_CAP}
        return bytes.fromhex(self.chain.tester.call(fields, block_number="pending")[2:])


def case_of(trial: Trial, **changed: Any) -> tuple[Any, ...]:
    """What a federation would vouch for about this report."""
    facts, seen, report = trial.facts, trial.seen, trial.report
    fields = {
        "federation": facts.federation,
        "circuit": seen.circuit,
        "validation": digest_of_bytes(seen.validation),
        "validation_root": validation_root(decode_validation(seen.validation)),
        "max_norm": seen.max_norm,
        "report": (
            report.round,
            report.inputs,
            report.rewards,
            report.model,
            report.evidence,
            report.evidence_root,
            report.total,
        ),
        "reported_at": REPORTED_AT,
        "budget": facts.budget,
        "revealed": len(facts.reveals),
        "base_model": facts.base_model,
        "base_rewards": RewardTree(facts.cumulative).root if facts.cumulative else bytes(32),
        "base_total": facts.total,
    }
    assert changed.keys() <= fields.keys()
    return tuple((fields | changed).values())


def shown(excerpt: Excerpt) -> tuple[Any, ...]:
    """An excerpt as the ABI takes it."""
    return excerpt.count, excerpt.first, list(excerpt.leaves), list(excerpt.siblings)


def silences(bench: Bench, trial: Trial) -> None:
    """Puts the demands that ran out in a trial on the chain."""
    for participant, digest in trial.seen.silent:
        bench.silence(trial.facts.number, participant, digest, REPORTED_AT)


def _reason(failure: TransactionFailed) -> tuple[Any, ...]:
    # eth-tester gives the revert data as the text of a bytes literal.
    data = ast.literal_eval(failure.args[0])
    item = _ERRORS.get(bytes(data[:4]))
    if item is None:
        raise AssertionError(f"the referee gave no reason of its own: 0x{data.hex()}")
    return (item["name"], *eth_abi.decode([collapse_if_tuple(one) for one in item["inputs"]], data[4:]))


def _deploy(chain: Chain, code: bytes) -> str:
    receipt = chain.transact(address("sponsor"), "", code, 0)
    assert receipt["status"] == 1
    return str(receipt["contract_address"])


def _returning(runtime: bytes) -> bytes:
    """Creation code of a contract with this code."""
    size = len(runtime)
    return bytes.fromhex(f"60{size:02x}600c60003960{size:02x}6000f3") + runtime
