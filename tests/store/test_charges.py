"""What a ledger sums up, and under which day."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from wanflow.store.charges import Charge, Ledger


def charge(date: str, amount: str) -> Charge:
    """A charge of a moment."""
    return Charge("coast", 1, "wan2.7-i2v", date, "charged", Decimal(amount), Decimal(amount))


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Shanghai", "Pacific/Kiritimati"])
def test_a_day_is_one_of_the_vendors_calendar(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends at 16:00 UTC, on a machine of any time zone, whatever zone a record has."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    charges = (
        charge("2026-11-20T15:59:59Z", "1"),
        charge("2026-11-20T16:00:00Z", "2"),
        charge("2026-11-20T23:30:00-05:00", "4"),
        charge("2026-12-31T23:00:00Z", "8"),
    )
    days = {day: part.charged for day, part in Ledger("CNY", charges).by("day").items()}
    assert days == {"2026-11-20": 1, "2026-11-21": 6, "2027-01-01": 8}
    monkeypatch.undo()
    time.tzset()
