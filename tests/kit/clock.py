"""A wall clock for virtual time: the fixture `anyio_backend` makes time pass as soon as every task sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def wall_clock() -> datetime:
    """Noon of a fixed day when a test begins, and from there on as virtual time goes."""
    return START + timedelta(seconds=anyio.current_time())
