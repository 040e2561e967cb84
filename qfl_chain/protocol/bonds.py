"""The money of bonds and demands, folded from the logs: what oracles put down and lose, and what silence costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from qfl_chain.errors import ChecksumError
from qfl_chain.protocol.money import ZERO, Disputes
from qfl_chain.types import Address, Event, Gwei


def agree(what: str, said: int, folded: int, event: Event) -> None:
    """Whether a log says what those before it give.

    Raises:
        ChecksumError: something else.
    """
    if said != folded:
        raise ChecksumError(
            f"log {event.name} at {(event.block, event.index)}: {what} {said}, the logs before give {folded}"
        )


@dataclass(slots=True)
class DisputeLedger:
    """The running sums. ``slashed`` is what was taken and not yet said to be burned or paid out."""

    bonds: dict[Address, Gwei] = field(default_factory=dict)
    credits: dict[Address, Gwei] = field(default_factory=dict)
    bonded: int = 0
    demanded: int = 0
    demands: int = 0
    unbonded: int = 0
    answered: int = 0
    collected: int = 0
    slashed: int = 0
    burned: int = 0
    bounties: int = 0

    def money(self) -> Disputes:
        """The statement of it."""
        return Disputes(
            bonded=Gwei(self.bonded),
            demanded=Gwei(self.demanded),
            bonds=Gwei(sum(self.bonds.values()) + self.slashed),
            demands=Gwei(self.demands),
            credits=Gwei(sum(self.credits.values())),
            unbonded=Gwei(self.unbonded),
            answered=Gwei(self.answered),
            collected=Gwei(self.collected),
            burned=Gwei(self.burned),
            bounties=Gwei(self.bounties),
        )

    def apply(self, event: Event) -> None:
        """Take a log into account."""
        match event.name:
            case "Bonded":
                self._bond(event, event.args["amount"])
                self.bonded += event.args["amount"]
            case "Slashed":
                self._bond(event, -event.args["amount"])
                self.slashed += event.args["amount"]
            case "BondWithdrawn":
                oracle = Address(str(event.args["oracle"]))
                agree(f"bond of {oracle}", event.args["amount"], self.bonds.pop(oracle, ZERO), event)
                self.unbonded += event.args["amount"]
            case "Refuted" | "Equivocated":
                agree("what was slashed", event.args["bounty"] + event.args["burned"], self.slashed, event)
                self.slashed = 0
                self.burned += event.args["burned"]
                self.bounties += event.args["bounty"]
            case "LeafDemanded":
                self.demand(event.args["bond"])
            case "LeafAnswered":
                self.answer(event.args["bond"])
            case "Credited":
                account, amount = Address(str(event.args["account"])), event.args["amount"]
                self.credits[account] = Gwei(self.credits.get(account, ZERO) + amount)
                self.demands -= amount
            case "Collected":
                account = Address(str(event.args["account"]))
                agree(f"credit of {account}", event.args["amount"], self.credits.pop(account, ZERO), event)
                self.collected += event.args["amount"]

    def demand(self, bond: int) -> None:
        """A bond was put down for a demand."""
        self.demanded += bond
        self.demands += bond

    def answer(self, bond: int) -> None:
        """A demand was answered, and its bond paid out."""
        self.demands -= bond
        self.answered += bond

    def _bond(self, event: Event, amount: int) -> None:
        oracle = Address(str(event.args["oracle"]))
        self.bonds[oracle] = Gwei(self.bonds.get(oracle, ZERO) + amount)
        agree(f"bond of {oracle}", event.args["bond"], self.bonds[oracle], event)
