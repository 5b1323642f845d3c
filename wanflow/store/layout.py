"""Where things lie on disk; nothing inside the store names the machine it is on, so that it can be copied."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from wanflow import decode
from wanflow.catalog.provider import Provider
from wanflow.errors import StoreFault
from wanflow.store import atomic
from wanflow.store.atomic import STORE_FOLDER

LOCK_NAME = "wanflow.lock"
FORMAT = 1
"""The version of the store's own layout; a store of a newer one is refused, never guessed at."""


@dataclass(frozen=True, slots=True)
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
        """Delivered films by digest. Paid files live here and nowhere else; nothing deletes from it (law 4)."""
        return self.root / "takes"

    @property
    def derived(self) -> Path:
        """What ffmpeg made and can make again."""
        return self.root / "derived"

    @property
    def aside(self) -> Path:
        """What was delivered and is no take, or was damaged: kept for a person to look at."""
        return self.root / "aside"

    @property
    def traces(self) -> Path:
        """One line for each take: this recipe gave these bytes."""
        return self.root / "traces.jsonl"

    @property
    def derivations(self) -> Path:
        """One line for each derived file: this identity was made into these bytes."""
        return self.root / "derived.jsonl"

    @property
    def cuts(self) -> Path:
        """What the cuts in `out/` were made from."""
        return self.root / "cuts.json"

    @property
    def journal(self) -> Path:
        """The diary of runs."""
        return self.root / f"journal.{self.provider.name}.jsonl"

    @property
    def uploads(self) -> Path:
        """One line for each file that was uploaded."""
        return self.root / "uploads.jsonl"

    @property
    def format(self) -> Path:
        """The version of the layout that this store has."""
        return self.root / "store.json"

    @property
    def facts(self) -> Path:
        """What is known of files, by their stat."""
        return self.root / "cache" / "facts.json"

    @property
    def run_lock(self) -> Path:
        """Held by the one run that works in this production."""
        return self.root / "run.lock"

    @property
    def lock(self) -> Path:
        """The lock: in git for paid takes, in the store for a free provider's."""
        return self.paid_lock if self.provider.paid else self.root / f"{self.provider.name}.lock"

    @property
    def paid_lock(self) -> Path:
        """The lock of paid takes, which stands in git whatever backend renders today."""
        return self.folder / LOCK_NAME

    @property
    def incoming(self) -> Path:
        """Takes on their way here from elsewhere; no run sweeps it."""
        return self.root / "incoming"

    def temporary(self, suffix: str) -> Path:
        """A fresh name in the store's own folder for work under way, on the same file system as its final place."""
        folder = self.root / "tmp"
        atomic.make_folder(folder)
        return folder / f"{uuid4().hex}{suffix}"


def establish(store: Store) -> None:
    """Write down which layout the store has, where nothing says so yet; raises StoreFault for a newer one."""
    recognise(store)
    if not store.format.exists():
        atomic.write_whole(store.format, json.dumps({"wanflow.store": FORMAT}).encode() + b"\n")


def recognise(store: Store) -> None:
    """Refuse a store that a newer wanflow made; raises StoreFault. A store that says nothing is one of ours."""
    with atomic.faults_of(store.root):
        try:
            data = store.format.read_bytes()
        except FileNotFoundError:
            return
    version = version_in(data)
    if version is None:
        raise StoreFault(f"`{store.format.name}` is damaged", hint="remove that one file: it only says the version")
    if version > FORMAT:
        words = f"the store has version {version}, this wanflow reads {FORMAT}"
        raise StoreFault(words, hint="update wanflow")


def version_in(data: bytes) -> int | None:
    """The version that a store's file says; None where it says none."""
    try:
        document = decode.parse_json(data)
    except ValueError:
        return None
    version = document.get("wanflow.store") if isinstance(document, dict) else None
    return version if isinstance(version, int) and version >= 1 and version is not True else None


def sweep_temporary(store: Store) -> None:
    """Remove what a killed run left unfinished; only for the one run that holds the store.

    A film that was being downloaded is no take yet: its task is still open in the journal and is asked again.
    """
    with atomic.faults_of(store.root):
        shutil.rmtree(store.root / "tmp", ignore_errors=True)
