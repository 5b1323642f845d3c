"""A production that is followed on disk: read again after a change, once, when a page asks for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import anyio
import watchfiles

from wanflow import viewing
from wanflow.errors import WanflowError, words_of_system
from wanflow.language.media_checks import file_readings
from wanflow.language.problem import Problem, has_errors
from wanflow.language.production import Production
from wanflow.loading import SoundPart
from wanflow.report.page.snapshot import Snapshot
from wanflow.store.atomic import STORE_FOLDER
from wanflow.store.layout import LOCK_NAME, Store
from wanflow.yamldoc.nodes import Place

STEP_MS = 50
"""Milliseconds without a change after which the changes before count."""
LONGEST_MS = 300
"""Maximum milliseconds in which changes are taken together."""
LOOK_MS = 2000
"""Milliseconds between two looks at the disk, for the changes that no system tells."""
MOST_FOLDERS = 2000
"""Maximum folders that are watched for a file that is missing."""
RECORDS = frozenset({".json", ".jsonl", ".lock"})
"""Suffixes of the store's records."""
NO_RECORDS = frozenset({"store.json", "uploads.jsonl", "run.lock", "run.jsonl"})
"""Files of the store with these suffixes that no view is made from."""
NOT_SOURCES = frozenset({STORE_FOLDER, ".git", ".venv", "node_modules", "__pycache__"})
"""Folders that have no files of a production."""

FileStamp = tuple[object, ...]
"""What changes when a file does, or the names in a folder."""


class LiveProduction:
    """One production, as it is on disk whenever it is asked for.

    `load` reads it. While it has errors, the last state without them is shown below them, else the errors alone: what
    was read of a broken file is not what somebody wrote. `version` grows with each change.
    """

    def __init__(self, file: Path, load: Callable[[], SoundPart]) -> None:
        self._file, self._load = file.absolute(), load
        self._reading = anyio.Lock()
        self._looked = float("-inf")
        self._stamps: Mapping[Path, FileStamp] | None = None
        self._part: SoundPart | None = None
        self._snapshot: Snapshot | None = None
        self._sound = Snapshot("", None)
        self._ended = anyio.Event()
        self._old = False
        self.version = 0

    @property
    def folder(self) -> Path:
        """The folder of the production file."""
        return self._file.parent

    async def snapshot(self) -> Snapshot:
        """The production as it is now; everybody who asks at the same time gets one and the same."""
        asked = time.monotonic()
        async with self._reading:
            if self._looked < asked:
                began = time.monotonic()
                await anyio.to_thread.run_sync(self._look)
                self._looked = began
            if self._snapshot is None:
                self._snapshot = await anyio.to_thread.run_sync(self._read)
            return self._snapshot

    async def follow(self, changed: Callable[[int], None], woken: Callable[[], None]) -> None:
        """Call `changed` with the new version after each change on disk, until it is cancelled.

        `woken` is called whenever something happened near the production, and every now and then.
        """
        told = self.version
        while not self._ended.is_set():
            woken()
            folders = await anyio.to_thread.run_sync(self._folders)
            try:
                async for _ in watchfiles.awatch(
                    *folders,
                    watch_filter=None,
                    debounce=LONGEST_MS,
                    step=STEP_MS,
                    rust_timeout=LOOK_MS,
                    yield_on_timeout=True,
                    recursive=False,
                    stop_event=self._ended,
                ):
                    woken()
                    async with self._reading:
                        await anyio.to_thread.run_sync(self._look)
                    if told != self.version:
                        told = self.version
                        changed(told)
                    if folders != await anyio.to_thread.run_sync(self._folders):
                        break
            except (OSError, RuntimeError):  # a folder vanished, or the system watches no more
                await anyio.sleep(LOOK_MS / 1000)

    def end(self) -> None:
        """Let `follow` end at once: a thread that waits for changes cannot be cancelled."""
        self._ended.set()

    def _look(self) -> None:
        """Note whether anything changed on disk."""
        stamps = self._stamps_now()
        if stamps != self._stamps:
            before = self._stamps or {}
            self.version += self._stamps is not None
            self._stamps, self._snapshot = stamps, None
            changed = {path for path in {*before, *stamps} if before.get(path) != stamps.get(path)}
            records = self.folder / STORE_FOLDER
            # where only takes and decisions changed, the production stays as it was read
            self._old |= any(path.name != LOCK_NAME and not path.is_relative_to(records) for path in changed)

    def _read(self) -> Snapshot:
        """Read the production; what cannot be read is a problem that the page shows."""
        before, place = self._stamps_now(), Place(self._file.name, 1, 1)
        try:
            if self._old or self._part is None or not self._part.whole:
                self._part = self._load()
                self._old = False
            problems = self._part.problems
            if self._part.whole:
                self._sound = viewing.snapshot(self._part)
        except WanflowError as fault:
            problems = (Problem(place, str(fault), fault.hint),)
        except OSError as fault:
            problems = (Problem(place, words_of_system(fault)),)
        # what this reading named for the first time is looked at now, all else as it was before
        self._stamps = {path: before.get(path, stamp) for path, stamp in self._stamps_now().items()}
        return replace(self._sound, problems=problems, outdated=has_errors(problems))

    def _stamps_now(self) -> Mapping[Path, FileStamp]:
        found = {path: _stamp(path) for path in (self._file, *_records(self._file.parent))}
        productions = self._productions()
        found |= {path: _stamp(path) for production in productions for path in _sources(production)}
        texts = {self._file.parent, *(path.parent for production in productions for path in production.read_from)}
        found |= {folder / "*.yaml": _texts_in(folder) for folder in texts}
        if self._part is None or not self._part.whole:
            # a text that cannot be read is none of those that the production was read from
            wrong = {self.folder / problem.place.file for problem in (self._part.problems if self._part else ())}
            found |= {path: _stamp(path) for path in (*_below(self._file.parent), *wrong)}
        return found

    def _productions(self) -> list[Production]:
        """The production as it was read last, and that which is shown, where it is another."""
        shown = None if self._sound.plan is None else self._sound.plan.graph.production
        last = None if self._part is None else self._part.production
        return list(filter(None, (last, None if shown is last else shown)))

    def _folders(self) -> frozenset[Path]:
        """The folders in which something may change that counts."""
        known = {self._file.parent, *(path.parent for path in self._stamps_now())}
        return frozenset(folder for folder in known if folder.is_dir())


def _stamp(path: Path) -> FileStamp:
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return ()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _texts_in(folder: Path) -> FileStamp:
    """The names of texts in a folder: an include may be a pattern that a new file matches."""
    with suppress(OSError), os.scandir(folder) as entries:
        return tuple(sorted(entry.name for entry in entries if entry.name.endswith((".yaml", ".yml"))))
    return ()


def _records(folder: Path) -> Iterator[Path]:
    """The lock, the records of the store, and the folders of its takes."""
    yield folder / LOCK_NAME
    root = folder / STORE_FOLDER
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if Path(entry.name).suffix in RECORDS and entry.name not in NO_RECORDS:
                yield root / entry.name
    takes = root / "takes"
    with suppress(OSError), os.scandir(takes) as entries:
        yield takes
        for entry in entries:
            yield takes / entry.name


def _sources(production: Production) -> Iterable[Path]:
    """The texts that a production was read from, its media, and the films of its cuts."""
    store = Store(production.folder, production.provider)
    media = (production.folder / source.path for source in file_readings(production))
    written = ((cut.output, *(each.output for each in cut.deliveries)) for cut in production.cuts.values())
    cuts = (production.folder / file for files in written for file in files)
    return {*production.read_from, *media, *cuts, store.lock, store.journal}


def _below(folder: Path) -> Iterator[Path]:
    """A folder and those in it, where a missing file may appear."""
    for place, names, _ in islice(os.walk(folder), MOST_FOLDERS):
        names[:] = sorted(name for name in names if name not in NOT_SOURCES)
        yield Path(place)
