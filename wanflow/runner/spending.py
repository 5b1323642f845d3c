"""What a run may spend and has spent: every submission reserves its price before it is made, the reply settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wanflow import money
from wanflow.digest import Canonical
from wanflow.errors import WanflowError
from wanflow.money import Bound, Cost
from wanflow.providers.dashscope.wire import billed_seconds
from wanflow.store.attempt import Attempt
from wanflow.store.take import Price


class OverBudget(WanflowError):
    """A submission was not made, because it could have passed what may be spent."""


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """What may be spent: `run` by this run alone, `budget` by the production in all, of which `spent` is gone.

    None is no limit.
    """

    run: Decimal | None = None
    budget: Decimal | None = None
    spent: Decimal = Decimal(0)

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.run is not None or self.budget is not None


UNLIMITED = SpendingLimits()


@dataclass(slots=True)
class Spending:
    """The money of one run, in one currency; on the animatic there is none in it.

    What tasks of earlier runs will be charged counts for the production, not for this run: `owed` is at most how much,
    by attempt. `charged` is what replies billed in this run, None for one that did not say how much.
    """

    currency: str
    allowance: SpendingLimits = UNLIMITED
    owed: dict[str, Decimal] = field(default_factory=dict)
    charged: list[Decimal | None] = field(default_factory=list)
    _reserved: dict[str, Decimal] = field(default_factory=dict)
    _spent: Decimal = Decimal(0)
    _inherited: Decimal = Decimal(0)
    _overrun: str | None = None

    @property
    def spent(self) -> Cost:
        """What this run is known to have spent; unknown as soon as one reply did not say."""
        parts = [
            money.unknown(self.currency) if amount is None else Cost(amount, self.currency, Bound.EXACT)
            for amount in self.charged
        ]
        return money.total(parts, self.currency)

    def reserve(self, attempt: str, price: Price | None, what: str) -> None:
        """Set the price of a submission aside before it is made; raises OverBudget where it could be too much."""
        if self._overrun is not None:
            raise OverBudget(self._overrun, hint="look at `wanflow costs`, then run again")
        if price is None and self.allowance.limited:
            hint = "give a price file with `--prices FILE`, or remove the budget"
            raise OverBudget(f"the price of {what} is unknown, so the budget cannot be enforced", hint=hint)
        amount = Decimal(0) if price is None else price.amount
        self._refuse_beyond(self.allowance.run, self._spent + sum(self._reserved.values()), amount, what, "--budget")
        bound = self.allowance.spent + self._inherited + sum(self.owed.values())
        bound += self._spent + sum(self._reserved.values())
        self._refuse_beyond(self.allowance.budget, bound, amount, what, "budget:")
        self._reserved[attempt] = amount

    def release(self, attempt: str) -> None:
        """Nothing will be charged for a submission."""
        self._reserved.pop(attempt, None)
        self.owed.pop(attempt, None)

    def settle(self, attempt: Attempt, usage: Mapping[str, Canonical] | None) -> Cost | None:
        """What a film was charged by its reply, in the place of what was reserved; None where that can't be told.

        A reply that does not say how long the bill is, or bills more than any film costs, counts as what was reserved.
        One that bills more than that stops
        further submissions.
        """
        price = attempt.price
        if price is None:
            return None
        seconds = billed_seconds(usage)
        amount = None if seconds is None or seconds * price.rate > money.MOST else seconds * price.rate
        self.charged.append(amount)
        if amount is not None and amount > price.amount:
            self._overrun = _too_much(attempt, amount, price)
        if attempt.id in self._reserved:
            self._spent += self._reserved.pop(attempt.id) if amount is None else amount
            self._reserved.pop(attempt.id, None)
        elif attempt.id in self.owed:
            owed = self.owed.pop(attempt.id)
            self._inherited += owed if amount is None else amount
        return None if amount is None else Cost(amount, price.currency, Bound.EXACT)

    @property
    def overrun(self) -> str | None:
        """Why nothing more is submitted after a reply that billed too much; None as long as none did."""
        return self._overrun

    def _refuse_beyond(self, limit: Decimal | None, taken: Decimal, amount: Decimal, what: str, key: str) -> None:
        if limit is not None and taken + amount > limit:
            price, bound, gone = (f"{money.amount_text(part)} {self.currency}" for part in (amount, limit, taken))
            words = f"{what} may cost {price}; {gone} of the {bound} `{key}` are spent or reserved"
            raise OverBudget(words, hint="raise the budget, or render less")


def _too_much(attempt: Attempt, amount: Decimal, price: Price) -> str:
    billed, expected = money.amount_text(amount), money.amount_text(price.amount)
    return (
        f"the service billed {billed} {price.currency} for a take of `{attempt.shot}` that could cost {expected} "
        f"{price.currency}: nothing more is submitted"
    )
