"""Making renditions beside everything else: each once, what a page waits for first, one at a time during a run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import anyio

from wanflow.errors import MediaFault, ToolFailed
from wanflow.media.jobs import Jobs
from wanflow.media.posters import MakeRendition
from wanflow.messages import tr
from wanflow.store import renditions, run_lock
from wanflow.store.layout import Store
from wanflow.store.media_files import MediaFile
from wanflow.store.renditions import Rendition

MOST_PREPARED = 10_000
"""Maximum renditions that wait while no page waits for them; more are left out until a page asks for them."""

Key = tuple[str, Rendition]


def rendition_job(store: Store, file: MediaFile, kind: Rendition) -> MakeRendition:
    """The job that makes a rendition of a file."""
    target = renditions.place(store, file.digest, kind).relative_to(store.folder)
    inside = file.path.is_relative_to(store.folder)
    source = file.path.relative_to(store.folder) if inside else file.path
    return MakeRendition(kind, file.kind, PurePath(source), target)


@dataclass(slots=True, eq=False)
class _Wanted:
    """A rendition that is waited for, or is being made: how many wait, and what went wrong once it is done."""

    file: MediaFile
    kind: Rendition
    waiting: int = 0
    fault: Exception | None = None
    done: anyio.Event = field(default_factory=anyio.Event)


class RenditionMaker:
    """Makes the renditions of one store in the background; see `open_renditions`."""

    def __init__(self, store: Store, jobs: Jobs, at_once: Callable[[], int]) -> None:
        self._store, self._jobs, self._at_once = store, jobs, at_once
        self._asked, self._prepared, self._running = dict[Key, _Wanted](), dict[Key, _Wanted](), dict[Key, _Wanted]()
        self._faults = dict[Key, MediaFault]()
        self._change = anyio.Event()

    async def path(self, file: MediaFile, kind: Rendition) -> Path:
        """A rendition of a file; where it is not here it is made before all that was only prepared.

        Several who ask wait for the same work; where all of them are cancelled before it began, it is not done. Raises
        MediaFault where the file has no such rendition or it cannot be made, StoreFault.
        """
        found = renditions.find(self._store, file.digest, kind)
        if found is not None:
            return found
        key = (file.digest, kind)
        if key in self._faults:
            raise self._faults[key]
        if kind not in file.renditions:
            raise MediaFault(tr("nothing of this kind can be made of `{name}`", name=file.path.name))
        wanted = self._running.get(key) or self._asked.get(key) or self._prepared.pop(key, None) or _Wanted(file, kind)
        if key not in self._running:
            self._asked[key] = wanted
            self._wake()
        wanted.waiting += 1
        try:
            await wanted.done.wait()
        finally:
            wanted.waiting -= 1
            if not wanted.waiting and self._asked.get(key) is wanted:
                del self._asked[key]
        if wanted.fault is not None:
            raise wanted.fault
        return renditions.place(self._store, file.digest, kind)

    def prepare(self, wanted: Iterable[tuple[MediaFile, Rendition]]) -> None:
        """Make these when nothing else is to be done, in their order; those that are here, or impossible, are not."""
        for file, kind in wanted:
            key = (file.digest, kind)
            known = key in self._faults or key in self._running or key in self._asked or key in self._prepared
            if len(self._prepared) >= MOST_PREPARED or known or kind not in file.renditions:
                continue
            if renditions.find(self._store, *key) is None:
                self._prepared[key] = _Wanted(file, kind)
        self._wake()

    async def work(self) -> None:
        """Make what is wanted, as much of it at a time as is allowed, until it is cancelled."""
        async with anyio.create_task_group() as group:
            while True:
                key = self._next()
                if key is None:
                    await self._change.wait()
                    continue
                self._running[key] = (self._asked if key in self._asked else self._prepared).pop(key)
                group.start_soon(self._make, key)

    async def _make(self, key: Key) -> None:
        wanted = self._running[key]
        try:
            await self._jobs(rendition_job(self._store, wanted.file, wanted.kind))
        except anyio.get_cancelled_exc_class():
            wanted.fault = ToolFailed(tr("the work was stopped"))
            raise
        except Exception as fault:  # noqa: BLE001 - raised for those who ask: one bad file must end no server
            wanted.fault = fault
            if isinstance(fault, MediaFault) and not isinstance(fault, ToolFailed):
                self._faults[key] = fault
        finally:
            del self._running[key]
            wanted.done.set()
            self._wake()

    def _next(self) -> Key | None:
        """What is made next; nothing while as many are made as may be: one where a run needs the machine."""
        if self._running and (len(self._running) >= self._at_once() or run_lock.is_active(self._store)):
            return None
        return next(iter(self._asked), None) or next(iter(self._prepared), None)

    def _wake(self) -> None:
        self._change.set()
        self._change = anyio.Event()


@asynccontextmanager
async def open_renditions(store: Store, jobs: Jobs, at_once: Callable[[], int]) -> AsyncIterator[RenditionMaker]:
    """A maker of renditions, up to `at_once` of them at a time; its end leaves no process and no partial file."""
    async with anyio.create_task_group() as group:
        maker = RenditionMaker(store, jobs, at_once)
        group.start_soon(maker.work)
        yield maker
        group.cancel_scope.cancel()
