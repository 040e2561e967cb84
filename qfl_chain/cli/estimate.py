"""What a deployment would do and cost, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from qfl_chain.chain.amounts import format_gwei, parse_gwei
from qfl_chain.errors import LedgerError, Reverted
from qfl_chain.types import Address, Gwei, Terms

if TYPE_CHECKING:
    from web3 import Web3

    from qfl_chain.simulation.scenario import Scenario

EXECUTION = 300_000
"""Gas for running the constructor: seven new slots, two logs, and copying the code."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A deployment that was not sent. ``fee_wei`` is at the current price, ``most_fee_wei`` what may be offered."""

    scenario: str
    chain_id: int
    account: Address
    balance_wei: int
    terms: Terms
    funding: Gwei
    runtime_bytes: int
    gas: int
    fee_wei: int
    most_fee_wei: int

    @property
    def needed_wei(self) -> int:
        """What the account must hold: the funding, and the most the fee can be."""
        return self.funding * 10**9 + self.most_fee_wei


def estimate(web3: Web3, account: Address, scenario: Scenario, terms: Terms) -> Plan:
    """Simulate a deployment of a referee, and of a federation that names it.

    Raises:
        Reverted: the constructor refuses the terms.
    """
    from qfl_chain.chain.artifacts import load_artifact
    from qfl_chain.chain.fees import GWEI
    from qfl_chain.chain.sending import GAS_MARGIN_PERCENT

    funding, balance = parse_gwei(scenario.terms.funding), int(web3.eth.get_balance(cast(Any, account)))
    base_fee, gas = int(web3.eth.get_block("latest").get("baseFeePerGas", 0)), gas_bound(terms)
    # A node does not simulate what the account cannot pay.
    if balance >= funding * GWEI + gas * (base_fee + GWEI):
        try_terms(web3, account, terms, funding)
    return Plan(
        scenario=scenario.name,
        chain_id=int(web3.eth.chain_id),
        account=account,
        balance_wei=balance,
        terms=terms,
        funding=funding,
        runtime_bytes=load_artifact().runtime_size,
        gas=gas,
        fee_wei=gas * (base_fee + GWEI),
        most_fee_wei=gas * (100 + GAS_MARGIN_PERCENT) // 100 * (2 * base_fee + GWEI),
    )


def gas_bound(terms: Terms) -> int:
    """Somewhat more gas than both deployments take, without asking a node.

    EIP-2028 and EIP-3860 for what is sent, the Yellow Paper's 200 a byte of code, and EXECUTION for the constructor.
    """
    from qfl_chain.chain.artifacts import load_artifact
    from qfl_chain.chain.deployment_code import creation_code

    federation, referee = load_artifact(), load_artifact("Referee")
    # The referee makes its simulator.
    judging = referee.runtime_size + load_artifact("Simulator").runtime_size
    both = ((len(creation_code(terms)), federation.runtime_size), (len(referee.bytecode), judging))
    return EXECUTION + sum(53_000 + 16 * sent + 2 * (sent // 32 + 1) + 200 * size for sent, size in both)


def try_terms(web3: Web3, account: Address, terms: Terms, funding: Gwei) -> None:
    """Have a node run the federation's constructor, whose referee is not there yet: it looks for it last.

    Raises:
        Reverted: the constructor refuses the terms.
    """
    from qfl_chain.chain.artifacts import load_artifact
    from qfl_chain.chain.decoding import readable_reverts
    from qfl_chain.chain.deployment_code import creation_code

    creation = {"from": account, "value": funding * 10**9, "data": "0x" + creation_code(terms).hex()}
    try:
        with readable_reverts(web3, load_artifact().abi, "deploy"):
            web3.eth.estimate_gas(cast(Any, creation))
    except Reverted as error:
        if error.error != "InvalidTerms" or error.args_by_name != {"field": "referee"}:
            raise


def require_funds(plan: Plan) -> None:
    """Refuse a deployment the account cannot pay.

    Raises:
        LedgerError: how much is missing.
    """
    missing = plan.needed_wei - plan.balance_wei
    if missing > 0:
        raise LedgerError(
            f"{plan.account} holds {plan.balance_wei:,} wei on chain {plan.chain_id} and needs {plan.needed_wei:,} for "
            f"funding and fee, nothing was sent: fund the account first with at least {missing:,} wei more"
        )


def sentence(plan: Plan) -> str:
    """What is about to happen, in a line."""
    return (
        f"deploying {plan.scenario} on chain {plan.chain_id} as {plan.account}: funding {format_gwei(plan.funding)}, "
        f"{plan.gas:,} gas, fee {plan.fee_wei:,} wei now and {plan.most_fee_wei:,} at most; "
        f"the account holds {plan.balance_wei:,} wei"
    )


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print a plan: its terms as a deployment file would write them, and its cost."""
    from dataclasses import asdict

    from qfl_chain.cli.deployment_file import write_terms
    from qfl_chain.cli.output import print_json, print_table

    terms = asdict(write_terms(plan.terms))
    cost = {
        "chain_id": plan.chain_id,
        "account": plan.account,
        "balance_wei": plan.balance_wei,
        "funding_gwei": plan.funding,
        "runtime_bytes": plan.runtime_bytes,
        "gas": plan.gas,
        "fee_wei": plan.fee_wei,
        "most_fee_wei": plan.most_fee_wei,
        "needed_wei": plan.needed_wei,
    }
    if as_json:
        print_json({"scenario": plan.scenario, "terms": terms, **cost})
        return
    oracles = [("oracle", one) for one in terms.pop("oracles")]
    print_table(f"Terms of {plan.scenario}", ("term", "value"), [*((k, str(v)) for k, v in terms.items()), *oracles])
    print_table("Cost", ("what", "value"), [(k, f"{v:,}" if isinstance(v, int) else str(v)) for k, v in cost.items()])
