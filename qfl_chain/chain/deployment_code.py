"""What the chain must hold where a federation of this version was deployed: its code, and how it came there.

The deployed code is the artifact's with the terms written in as immutables, so equality with it says that the code is
ours and that its terms are the ones we think. It does not say what the storage held at the start: a constructor of
somebody else's can leave our code behind over balances it made up. So the transaction that created the contract is
compared too, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from eth_utils.crypto import keccak

from qfl_chain.chain.artifacts import Artifact, load_artifact
from qfl_chain.errors import WrongContract
from qfl_chain.protocol.eip712 import committee_bytes, domain_separator
from qfl_chain.protocol.packing import pack_address
from qfl_chain.types import Address, Terms

if TYPE_CHECKING:
    from web3 import Web3

WORD = 32
DEMAND_DIVISOR = 200
"""A demand brings one part in this many of the smallest stake, rounded up."""


@dataclass(frozen=True, slots=True)
class Creation:
    """The transaction that created a contract."""

    transaction: str
    block: int
    sender: Address
    nonce: int
    data: bytes


def deployed_code(web3: Web3, federation: Address) -> bytes:
    """The code at an address, which is a federation of this version whatever its terms.

    Raises:
        WrongContract: no code there, or other code.
    """
    code = bytes(web3.eth.get_code(web3.to_checksum_address(federation)))
    chain = int(web3.eth.chain_id)
    if not code:
        raise WrongContract(
            f"no contract at {federation} on chain {chain}: check the address, and that the endpoint has every block"
        )
    artifact = load_artifact()
    if _masked(artifact, code) != artifact.runtime:
        raise WrongContract(
            f"the code at {federation} on chain {chain} is not a federation of this version: check the address, "
            "or use the version it was deployed with; send it nothing"
        )
    return code


def check_referee(web3: Web3, referee: Address) -> None:
    """Compare the code at a referee's address, and at its simulator's, with this version's.

    A federation believes its referee, and the referee its simulator.

    Raises:
        WrongContract: other code, or none.
    """
    artifact = load_artifact("Referee")
    code = bytes(web3.eth.get_code(web3.to_checksum_address(referee)))
    simulator = contract_address(referee, 1)
    named = {code[start : start + WORD] for starts in artifact.immutables.values() for start in starts}
    is_ours = _masked(artifact, code) == artifact.runtime and named == {pack_address(simulator).rjust(WORD, b"\0")}
    simulated = bytes(web3.eth.get_code(web3.to_checksum_address(simulator)))
    if not is_ours or simulated != load_artifact("Simulator").runtime:
        raise WrongContract(
            f"the code at {referee} is not a referee of this version, and the federation believes whatever it says: "
            "send it nothing and ask the sponsor"
        )


def check_immutables(federation: Address, code: bytes, terms: Terms, chain_id: int) -> None:
    """Compare the terms written into the code with those in its log.

    Raises:
        WrongContract: one differs.
    """
    artifact = load_artifact()
    for name, word in immutables_of(terms, chain_id, federation).items():
        found = {code[start : start + WORD] for start in artifact.immutables[name]}
        if found != {word}:
            raise WrongContract(
                f"the code at {federation} has another {name} than its Deployed log: it is forged, send it nothing"
            )


def find_creation(web3: Web3, transaction: str) -> Creation:
    """A transaction that created a contract.

    Raises:
        WrongContract: the chain has no such transaction in a block, or it created nothing.
    """
    from web3.exceptions import TransactionNotFound

    try:
        sent = web3.eth.get_transaction(cast(Any, transaction))
    except TransactionNotFound:
        raise WrongContract(
            f"the endpoint knows no transaction {transaction}: wait until the deployment is mined, or use an endpoint "
            "that keeps old transactions"
        ) from None
    if sent.get("blockNumber") is None or sent.get("to"):
        raise WrongContract(f"transaction {transaction} created no contract: get the deployment file again")
    data = sent["input"]
    return Creation(
        transaction=transaction,
        block=int(sent["blockNumber"]),
        sender=Address(web3.to_checksum_address(sent["from"])),
        nonce=int(sent["nonce"]),
        data=bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data),
    )


def check_creation(creation: Creation, federation: Address, terms: Terms) -> None:
    """Compare a creation with the one that puts a federation of these terms at this address.

    Raises:
        WrongContract: it created another contract, or ran another constructor.
    """
    made = contract_address(creation.sender, creation.nonce)
    if made != federation:
        raise WrongContract(
            f"transaction {creation.transaction} created {made} and not {federation}: get the deployment file again"
        )
    if creation.data != creation_code(terms):
        raise WrongContract(
            f"{federation} was not created by this version's constructor, its balances may be made up: "
            "send it nothing and ask the sponsor"
        )


def creation_code(terms: Terms) -> bytes:
    """What a deployment's transaction carries: the artifact's creation code and the constructor's arguments."""
    from eth_abi.abi import encode

    artifact = load_artifact()
    inputs = next(entry["inputs"] for entry in artifact.abi if entry["type"] == "constructor")
    values = tuple(getattr(terms, name) for name in Terms.__dataclass_fields__ if name != "oracles")
    arguments = encode([_abi_type(one) for one in inputs], [values, sorted(terms.oracles, key=pack_address)])
    return artifact.bytecode + arguments


def runtime_code(terms: Terms, chain_id: int, federation: Address) -> bytes:
    """The code a federation of these terms has at its address."""
    artifact = load_artifact()
    code = bytearray(artifact.runtime)
    for name, word in immutables_of(terms, chain_id, federation).items():
        for start in artifact.immutables[name]:
            code[start : start + WORD] = word
    return bytes(code)


def code_hash(code: bytes) -> str:
    """keccak256 of a contract's code, as ``eth_getProof`` and block explorers show it."""
    return "0x" + keccak(code).hex()


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a transaction of this sender and nonce creates its contract."""
    from web3.utils.address import get_create_address

    return Address(str(get_create_address(cast(Any, sender), cast(Any, nonce))))


def immutables_of(terms: Terms, chain_id: int, federation: Address) -> Mapping[str, bytes]:
    """The word behind every immutable of ``contracts/Federation.sol``."""
    reveal_end = terms.commit_window + terms.reveal_window
    numbers = {
        "COMMIT_END": terms.commit_window,
        "REVEAL_END": reveal_end,
        "REPORT_END": reveal_end + terms.report_window,
        "REPORT_HALF": reveal_end + terms.report_window // 2,
        "ANSWER_WINDOW": min(terms.report_window, terms.challenge_window) // 4,
        "DEMAND_BOND": -(-terms.min_stake // DEMAND_DIVISOR),
        "CHALLENGE_WINDOW": terms.challenge_window,
        "UNBONDING_WINDOW": terms.unbonding_window,
        "MIN_STAKE": terms.min_stake,
        "REWARD_PER_ROUND": terms.reward_per_round,
        "MAX_NORM": terms.max_norm,
        "ORACLE_BOND": terms.oracle_bond,
        "MIN_REVEALS": terms.min_reveals,
        "SPONSOR": int.from_bytes(pack_address(terms.sponsor), "big"),
        "GUARDIAN": int.from_bytes(pack_address(terms.guardian), "big"),
        "GUARDIAN_EXPIRY": terms.guardian_expiry,
        "REFEREE": int.from_bytes(pack_address(terms.referee), "big"),
        "CHAIN_ID": chain_id,
    }
    return {
        "CIRCUIT": terms.circuit,
        "MODEL": terms.model,
        "VALIDATION": terms.validation,
        "VALIDATION_ROOT": terms.validation_root,
        "DOMAIN": domain_separator(chain_id, federation),
        "FOUNDERS": keccak(committee_bytes(terms.oracles)),
        **{name: int(value).to_bytes(WORD, "big") for name, value in numbers.items()},
    }


def _masked(artifact: Artifact, code: bytes) -> bytes:
    masked = bytearray(code)
    for start in (start for starts in artifact.immutables.values() for start in starts):
        masked[start : start + WORD] = bytes(len(masked[start : start + WORD]))
    return bytes(masked)


def _abi_type(item: Mapping[str, Any]) -> str:
    if item["type"] != "tuple":
        return str(item["type"])
    return f"({','.join(str(part['type']) for part in item['components'])})"
