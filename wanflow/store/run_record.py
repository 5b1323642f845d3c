"""The record of the run that works in a production, or worked last: its events, for whoever watches it from outside.

Nothing is read from it but what a page shows, and a run goes on without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from wanflow import decode
from wanflow.errors import StoreFault
from wanflow.store import atomic
from wanflow.store.layout import Store

MOST_LINE_BYTES = 100_000
"""Maximum bytes of an event."""
MOST_NEW_BYTES = 10_000_000
"""Maximum bytes that are read at once."""


class RunRecord:
    """The record while its run writes it; what the disk refuses is left out."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file

    def write(self, line: str) -> None:
        """Add an event, one line of JSON."""
        with suppress(OSError):
            if self._file is not None:
                self._file.write(f"{line}\n")
                self._file.flush()


@contextmanager
def recording(store: Store) -> Iterator[RunRecord]:
    """Begin the record of a run, which replaces that of the last one."""
    file: IO[str] | None = None
    with suppress(OSError, StoreFault):
        atomic.write_whole(store.run_record, b"")
        file = store.run_record.open("a", encoding="utf-8")
    try:
        yield RunRecord(file)
    finally:
        with suppress(OSError):
            if file is not None:
                file.close()


class RunReader:
    """Reads a record while it grows; `read` gives the events that are new since the last call."""

    def __init__(self, store: Store) -> None:
        self._store, self._file, self._at = store, 0, 0

    def read(self) -> tuple[bool, list[dict[str, Any]]]:
        """Whether another run began since the last call, and the new events; lines without one are left out."""
        path = self._store.run_record
        try:
            atomic.require_usable(path)
            facts = path.stat()
            begun = (facts.st_ino, facts.st_size < self._at) != (self._file, False)
            if begun:
                self._file, self._at = facts.st_ino, 0
            with path.open("rb") as file:
                file.seek(self._at)
                data = file.read(MOST_NEW_BYTES)
        except (OSError, StoreFault):
            return False, []
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        return begun, list(filter(None, map(_event, whole.split(b"\n"))))


def _event(line: bytes) -> dict[str, Any] | None:
    """An event from its line; None for any other line: the file may come with a production of others."""
    if not line or len(line) > MOST_LINE_BYTES:
        return None
    try:
        event = decode.parse_json(line)
    except ValueError:
        return None
    return dict(event) if isinstance(event, dict) and isinstance(event.get("event"), str) else None
