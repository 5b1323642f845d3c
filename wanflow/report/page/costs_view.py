"""The costs as a page shows them: the ledger by shot, day and model, and one chart."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.report.text.status import charge_cells, charge_text
from wanflow.store.charges import Charge, ChargeSum, Ledger

MOST_BARS = 40
"""Maximum bars of the chart: the largest sums."""
CHARTED = "shot"
"""The key of the chart, where none is asked for."""


@immutable
class ChargeBar:
    """A bar of the chart: `charged` and `estimate` are thousandths of the largest amount."""

    name: str
    words: str
    charged: int
    estimate: int


@immutable
class ChargeTable:
    """The sums by one key: its title, and a row of name, takes, charged, estimated, failed for each."""

    key: str
    title: str
    rows: tuple[tuple[str, ...], ...]


@immutable
class CostsView:
    """What was charged; `free`: the backend costs nothing, so that no row has an amount.

    `to_come` is what is in flight: the number of takes and the maximum that they cost. `left_out` are the groups that
    the chart has no room for.
    """

    free: bool
    charted: str
    bars: tuple[ChargeBar, ...]
    left_out: int
    tables: tuple[ChargeTable, ...]
    total: tuple[str, ...]
    charges: tuple[Charge, ...]
    to_come: tuple[int, str] | None
    currency: str


def costs_of(ledger: Ledger, *, paid: bool, by: str = "") -> CostsView:
    """The values of the costs view; `by` is the key of the chart."""
    titles = {"shot": tr("by shot"), "day": tr("by day (Beijing)"), "model": tr("by model")}
    charted = by if by in titles else CHARTED
    sums = ledger.by(charted)
    coming = ledger.to_come
    return CostsView(
        free=not paid,
        charted=charted,
        bars=tuple(_bars(sums, ledger.currency)) if paid else (),
        left_out=max(0, len(sums) - MOST_BARS),
        tables=tuple(
            ChargeTable(
                key, title, tuple(charge_cells(name, part, ledger.currency) for name, part in ledger.by(key).items())
            )
            for key, title in titles.items()
        ),
        total=charge_cells(tr("total"), ledger.total, ledger.currency),
        charges=tuple(reversed(ledger.charges)),
        to_come=(coming.takes, charge_text(coming.estimate, ledger.currency)) if coming.takes else None,
        currency=ledger.currency,
    )


def _bars(sums: Mapping[str, ChargeSum], currency: str) -> list[ChargeBar]:
    """The largest sums in the order of their names; where what was charged is unknown, the estimate is the bar."""
    known = {name: (part.charged or Decimal(0), part.estimate or Decimal(0)) for name, part in sums.items()}
    largest = sorted(known, key=lambda name: max(known[name]), reverse=True)[:MOST_BARS]
    most = max((max(known[name]) for name in largest), default=Decimal(0)) or Decimal(1)
    return [
        ChargeBar(
            name, charge_text(sums[name].charged, currency), *(round(amount / most * 1000) for amount in known[name])
        )
        for name in sums
        if name in largest
    ]
