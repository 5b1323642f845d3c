"""Fixtures that every test may use."""

from __future__ import annotations

import pytest
import trio.testing


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Virtual time: an hour of polling passes in no time (law 9). Nothing real may be waited for under it."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}
