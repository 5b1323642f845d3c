"""What pages are told by the server: to whom it goes, and to whom it goes no more."""

from __future__ import annotations

import anyio
import pytest

from wanflow.review.events import Events

pytestmark = pytest.mark.anyio


async def test_what_happens_while_pages_are_told_to_leave_reaches_nobody() -> None:
    """Files may change between the end of a connection and its page's leave: that stops no server."""
    events = Events(lambda again: ())
    page = events.listen()
    assert (await anext(page)).startswith("retry: ")
    events.changed(1)
    events.end()
    events.changed(2)
    events.ran({"event": "run.started"})
    assert [told async for told in page] == []
    assert [told async for told in events.listen()] == ["retry: 1000\n\n"]


async def test_a_slow_page_delays_no_other_and_is_told_to_come_again() -> None:
    """Its connection ends behind what its queue held."""
    events = Events(lambda again: ())
    slow, quick = events.listen(), events.listen()
    for page in (slow, quick):
        await anext(page)
    heard = []
    for version in range(600):
        events.changed(version)
        with anyio.fail_after(1):
            heard.append(await anext(quick))
    assert len(heard) == 600
    assert len([told async for told in slow]) == 500
    events.end()
    assert [told async for told in quick] == []
