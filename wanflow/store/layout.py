"""The files of a store on disk; none of them names its machine, so that a store can be copied."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from wanflow import decode
from wanflow.catalog.provider import Provider
from wanflow.errors import StoreFault
from wanflow.language.production import RESULTS_FOLDER
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store import atomic
from wanflow.store.atomic import STORE_FOLDER

LOCK_NAME = "wanflow.lock"
WRITTEN = (STORE_FOLDER, RESULTS_FOLDER, LOCK_NAME, ".gitattributes")
"""All that wanflow writes beside a production file, but for cuts with an `output` of their own."""
FORMAT = 1
"""Version of the store's layout; a store of a newer one is refused."""


@immutable
class Store:
    """The store of one production and one provider.

    `folder` is the production's folder; `provider` decides which lock and which journal count, since an animatic
    never numbers, replaces or satisfies a paid take (format.md, Takes).
    """

    folder: Path
    provider: Provider

    @property
    def root(self) -> Path:
        """The store's own folder."""
        return self.folder / STORE_FOLDER

    @property
    def takes(self) -> Path:
        """Delivered results by digest. Paid files are here and nowhere else; nothing deletes them (law 4)."""
        return self.root / "takes"

    @property
    def derived(self) -> Path:
        """Files that ffmpeg made and can make again."""
        return self.root / "derived"

    @property
    def renditions(self) -> Path:
        """What pages show instead of takes, assets and cuts; it can be made again."""
        return self.root / "renditions"

    @property
    def aside(self) -> Path:
        """Deliveries that are not usable and damaged files, kept for a person to look at."""
        return self.root / "aside"

    @property
    def traces(self) -> Path:
        """One line per take: this recipe gave these bytes."""
        return self.root / "traces.jsonl"

    @property
    def derivations(self) -> Path:
        """One line per derived file: this identity was made into these bytes."""
        return self.root / "derived.jsonl"

    @property
    def checks(self) -> Path:
        """One line per measured take: what local checks found in it."""
        return self.root / "checks.jsonl"

    @property
    def cuts(self) -> Path:
        """What the cuts in `out/` were made from."""
        return self.root / "cuts.json"

    @property
    def journal(self) -> Path:
        """The journal of this provider's submissions."""
        return self.root / f"journal.{self.provider.name}.jsonl"

    @property
    def uploads(self) -> Path:
        """One line per uploaded file."""
        return self.root / "uploads.jsonl"

    @property
    def format(self) -> Path:
        """The version of the layout that this store has."""
        return self.root / "store.json"

    @property
    def facts(self) -> Path:
        """The cached facts of files."""
        return self.root / "cache" / "facts.json"

    @property
    def run_lock(self) -> Path:
        """Held by the run that is active in this production."""
        return self.root / "run.lock"

    @property
    def run_record(self) -> Path:
        """The events of the run that is active, or was last."""
        return self.root / "run.jsonl"

    @property
    def lock(self) -> Path:
        """The lock: in git for paid takes, in the store for a free provider's."""
        return self.paid_lock if self.provider.paid else self.root / f"{self.provider.name}.lock"

    @property
    def paid_lock(self) -> Path:
        """The lock of paid takes, which is in git whatever provider renders."""
        return self.folder / LOCK_NAME

    @property
    def incoming(self) -> Path:
        """Takes that are being downloaded or copied; no run empties it."""
        return self.root / "incoming"

    def temporary(self, suffix: str) -> Path:
        """A new name in the store's own folder for unfinished work, on the same file system as its final place."""
        folder = self.root / "tmp"
        atomic.make_folder(folder)
        return folder / f"{uuid4().hex}{suffix}"


def establish(store: Store) -> None:
    """Record the version of the store's layout if it is missing; raises StoreFault for a newer one."""
    recognise(store)
    if not store.format.exists():
        atomic.write_whole(store.format, json.dumps({"wanflow.store": FORMAT}).encode() + b"\n")


def recognise(store: Store) -> None:
    """Raise StoreFault for the store of a newer wanflow; a store without a version is accepted.

    Raises StoreFileRefused where anything directly in the store leads into a folder of the system.
    """
    atomic.require_usable(store.root)
    with atomic.faults_of(store.root):
        try:
            with os.scandir(store.root) as entries:
                links = sorted(entry.name for entry in entries if entry.is_symlink())
        except FileNotFoundError:
            return
        for name in links:
            atomic.require_usable(store.root / name)
        try:
            data = atomic.bytes_of(store.format)
        except FileNotFoundError:
            return
    version = version_in(data)
    if version is None:
        raise StoreFault(
            tr("`{name}` is damaged", name=store.format.name), hint=tr("remove that one file: it has only the version")
        )
    if version > FORMAT:
        words = tr("the store has version {version}, this wanflow reads {format}", version=version, format=FORMAT)
        raise StoreFault(words, hint=tr("update wanflow"))


def version_in(data: bytes) -> int | None:
    """The version in the file of a store; None where it has none."""
    try:
        return decode.Fields(decode.parse_json(data)).read("wanflow.store", decode.whole_number) or None
    except ValueError:
        return None


def remove_temporary_files(store: Store) -> None:
    """Remove the unfinished files of a killed run; only for the run that holds the store.

    A result that was being downloaded is not a take yet: its task is still open in the journal, and is polled again.
    """
    import shutil

    with atomic.faults_of(store.root):
        shutil.rmtree(store.root / "tmp", ignore_errors=True)


def links_outside(folder: Path) -> Iterator[str]:
    """The links in and at what wanflow writes whose targets are outside the production's folder, by their paths.

    A link to a folder inside is followed, since a link in that folder counts as well.
    """
    root, seen = Path(os.path.realpath(folder)), set[str]()
    waiting = [root / name for name in WRITTEN]
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if not Path(real).is_relative_to(root):
            yield place.relative_to(root).as_posix()
        elif os.path.isdir(real) and real not in seen:  # noqa: PTH112 - no error where the disk refuses
            seen.add(real)
            with os.scandir(real) as entries:
                waiting += [Path(entry.path) for entry in entries if entry.is_symlink() or entry.is_dir()]
