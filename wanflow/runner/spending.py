"""What a run may spend and has spent: every submission reserves its price, the reply replaces it by the charge."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from wanflow import money
from wanflow.errors import ExitCode, WanflowError
from wanflow.messages import tr
from wanflow.money import Bound, Cost
from wanflow.records import immutable, mutable
from wanflow.store.attempt import Attempt
from wanflow.store.take import Price


class OverBudget(WanflowError):
    """A submission was not made, because it could have passed what may be spent."""

    exit_code = ExitCode.STOPPED
    step_exit_code = ExitCode.STOPPED


@immutable
class SpendingLimits:
    """What may be spent: `run` by this run alone, `budget` by the production in all, of which `spent` is gone.

    None means unlimited.
    """

    run: Decimal | None = None
    budget: Decimal | None = None
    spent: Decimal = Decimal(0)

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.run is not None or self.budget is not None


UNLIMITED = SpendingLimits()


@mutable
class Spending:
    """The money of one run, in one currency; nothing on the animatic.

    What tasks of earlier runs will be charged counts for the production, not for this run: `outstanding` is at most how
    much, by attempt. `charged` is what replies billed in this run, None for one without an amount. `overrun` is why
    nothing more is submitted after a reply that billed too much, None where none did.
    """

    currency: str
    limits: SpendingLimits = UNLIMITED
    outstanding: dict[str, Decimal] = field(default_factory=dict)
    charged: list[Decimal | None] = field(default_factory=list)
    overrun: str | None = None
    _reserved: dict[str, Decimal] = field(default_factory=dict)
    _spent: Decimal = Decimal(0)
    _inherited: Decimal = Decimal(0)

    @property
    def spent(self) -> Cost:
        """What this run is known to have spent; unknown as soon as one reply had no amount."""
        parts = [
            money.unknown(self.currency) if amount is None else Cost(amount, self.currency, Bound.EXACT)
            for amount in self.charged
        ]
        return money.total(parts, self.currency)

    def reserve(self, attempt: str, price: Price | None, what: str) -> None:
        """Set the price of a submission aside before it is made; raises OverBudget where it could be too much."""
        if self.overrun is not None:
            raise OverBudget(self.overrun, hint=tr("look at `wanflow costs`, then run again"))
        if price is None and self.limits.limited:
            hint = tr("give a price file with `--prices FILE`, or remove the budget")
            raise OverBudget(
                tr("the price of {what} is unknown, so the budget cannot be enforced", what=what), hint=hint
            )
        amount = Decimal(0) if price is None else price.amount
        by_run = self._spent + sum(self._reserved.values())
        by_all = self.limits.spent + self._inherited + sum(self.outstanding.values()) + by_run
        for key, limit, taken in (("--budget", self.limits.run, by_run), ("budget:", self.limits.budget, by_all)):
            if limit is not None and taken + amount > limit:
                cost, gone, allowed = (f"{money.amount_text(each)} {self.currency}" for each in (amount, taken, limit))
                words = tr(
                    "{what} may cost {cost}; {gone} of the {allowed} `{key}` are spent or reserved",
                    what=what,
                    cost=cost,
                    gone=gone,
                    allowed=allowed,
                    key=key,
                )
                raise OverBudget(words, hint=tr("raise the budget, or render less"))
        self._reserved[attempt] = amount

    def release(self, attempt: str) -> None:
        """Nothing will be charged for a submission."""
        self._reserved.pop(attempt, None)
        self.outstanding.pop(attempt, None)

    def charge(self, attempt: Attempt, billed: Decimal | None) -> Cost | None:
        """What a take was charged by its reply, in the place of what was reserved; None where the reply has no amount.

        `billed` are seconds of a film, or pictures.

        A reply without a bill, or with one of more than any film costs, counts as what was reserved. One that bills
        more than what was reserved stops further submissions.
        """
        price = attempt.price
        if price is None:
            return None
        amount = None if billed is None or billed * price.rate > money.MOST else billed * price.rate
        self.charged.append(amount)
        if amount is not None and amount > price.amount:
            charged, expected = (f"{money.amount_text(each)} {price.currency}" for each in (amount, price.amount))
            words = tr(
                "the service billed {billed} for a take of `{shot}` that could cost at most {expected}",
                billed=charged,
                shot=attempt.shot,
                expected=expected,
            )
            self.overrun = tr("{words}: nothing more is submitted", words=words)
        if attempt.id in self._reserved:
            reserved = self._reserved.pop(attempt.id)
            self._spent += reserved if amount is None else amount
        elif attempt.id in self.outstanding:
            outstanding = self.outstanding.pop(attempt.id)
            self._inherited += outstanding if amount is None else amount
        return None if amount is None else Cost(amount, price.currency, Bound.EXACT)
