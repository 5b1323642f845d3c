"""The ledger for people and programs: charged against estimated, by shot, day or model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from wanflow.money import amount_text
from wanflow.report.text.words import columns, count, printable
from wanflow.store.charges import Charge
from wanflow.store.take_names import take_node

BY: Mapping[str, Callable[[Charge], str]] = {
    "take": lambda entry: take_node(entry.shot, entry.take),
    "shot": lambda entry: entry.shot,
    "day": lambda entry: entry.day,
    "model": lambda entry: entry.model,
}
"""What the ledger can be summed up by."""

TO_COME = frozenset({"in flight", "unknown fate"})


def costs_text(entries: Sequence[Charge], currency: str, by: str) -> str:
    """A line for each group, then all of it; what is still to come stands apart, since it is not charged yet."""
    over = [entry for entry in entries if entry.state not in TO_COME]
    rows = [_row(name, group, currency) for name, group in _grouped(over, by).items()]
    head = (by, "takes", "charged", "estimated", "failed")
    lines = columns([head, *rows, _row("in all", over, currency)], right=frozenset({1, 2, 3, 4})) if rows else []
    coming = [entry for entry in entries if entry.state in TO_COME]
    if coming:
        lines.append(f"{count(len(coming), 'take')} still to come, at most {_sum(coming, 'estimate')} {currency}")
    return "\n".join(lines) or "nothing was charged yet"


def costs_json(entries: Sequence[Charge], currency: str) -> dict[str, object]:
    """Every line of the ledger, and the sums; amounts are exact decimals, null where one of their parts is unknown."""
    over = [entry for entry in entries if entry.state not in TO_COME]
    return {
        "currency": currency,
        "takes": [_entry_json(entry) for entry in entries],
        **{f"by_{by}": {name: _sums(group) for name, group in _grouped(over, by).items()} for by in list(BY)[1:]},
        "total": _sums(over),
        "to_come": _sums([entry for entry in entries if entry.state in TO_COME]),
    }


def _grouped(entries: Iterable[Charge], by: str) -> dict[str, list[Charge]]:
    groups: dict[str, list[Charge]] = {}
    for entry in entries:
        groups.setdefault(BY[by](entry), []).append(entry)
    return dict(sorted(groups.items()))


def _row(name: str, entries: Sequence[Charge], currency: str) -> tuple[str, ...]:
    paid = [entry for entry in entries if entry.state != "failed"]
    failed = len(entries) - len(paid)
    charged, estimate = (f"{_sum(paid, key)} {currency}" for key in ("charged", "estimate"))
    return printable(name), str(len(paid)), charged, estimate, str(failed) if failed else ""


def _sums(entries: Sequence[Charge]) -> dict[str, object]:
    paid = [entry for entry in entries if entry.state != "failed"]
    return {
        "takes": len(paid),
        "failed": len(entries) - len(paid),
        "charged": _known(paid, "charged"),
        "estimate": _known(paid, "estimate"),
    }


def _known(entries: Sequence[Charge], key: str) -> str | None:
    text = _sum(entries, key)
    return None if text == "?" else text


def _sum(entries: Sequence[Charge], key: str) -> str:
    amounts = [getattr(entry, key) for entry in entries]
    return "?" if None in amounts else amount_text(sum(amounts, Decimal(0)))


def _entry_json(entry: Charge) -> dict[str, object]:
    return {
        "shot": entry.shot,
        "take": entry.take,
        "model": entry.model,
        "date": entry.date,
        "state": entry.state,
        "charged": None if entry.charged is None else amount_text(entry.charged),
        "estimate": None if entry.estimate is None else amount_text(entry.estimate),
        "task_id": entry.task_id,
    }
