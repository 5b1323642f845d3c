"""Where a production keeps its paid takes for others: a folder, or what fsspec reaches (format.md, `remote`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from wanflow import digest as digests
from wanflow.errors import StoreFault
from wanflow.store import atomic, blobs
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Recipe, Take
from wanflow.store.take_names import take_node

CHUNK_BYTES = 1 << 20
HINT = "check its name, and the credentials in the environment"


@dataclass(frozen=True, slots=True)
class RemoteTake:
    """A take of the lock as it is kept: its bytes and its record by digest; `name` is its node."""

    name: str
    take: Take
    recipe: Recipe


Tell = Callable[[str], None]


class Remote:
    """Takes by digest at an address; raises StoreFault where it can't be reached or has other bytes than it should."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        with _named_faults(self._address):
            self._files, self._root = fsspec.core.url_to_fs(self._address)

    def push(self, kept: RemoteTake, store: Store) -> bool:
        """Send a take that isn't there whole, then its record; whether anything was sent. What is there stays.

        The bytes are looked at before, so that nobody's remote gets a file that its digest doesn't name.
        """
        source = blobs.take_path(store, kept.take.digest, kept.take.suffix)
        with _named_faults(self._address):
            sent = self._size(self._file(kept.take)) != source.stat().st_size
            if sent:
                self._send(source, kept)
            if sent or self._size(self._record(kept.take)) is None:
                self._write(self._record(kept.take), _record_of(kept))
        return sent

    def pull(self, kept: RemoteTake, store: Store) -> bool:
        """Fetch a take that is there, going on where an earlier try broke off; whether it was there.

        Raises StoreFault where what comes is not what its digest names; nothing of it is kept then.
        """
        draft = store.incoming / kept.take.digest
        atomic.make_folder(draft.parent)
        with _named_faults(self._address):
            if self._size(self._file(kept.take)) is None:
                return False
            self._fetch(self._file(kept.take), draft)
        if digests.of_file(draft) != kept.take.digest:
            draft.unlink()
            words = f"`{self._address}` has other bytes for {kept.name} than its digest names"
            raise StoreFault(words, hint="ask who pushed it to push it again")
        blobs.adopt_take(store, draft, kept.take.digest, kept.take.result.kind)
        return True

    def _send(self, source: Path, kept: RemoteTake) -> None:
        if not blobs.is_whole(source, kept.take.digest):
            words = f"the file of {kept.name} is damaged here: it is not pushed"
            raise StoreFault(words, hint="`wanflow doctor --repair` sets it aside")
        place = self._file(kept.take)
        self._files.makedirs(self._parent(place), exist_ok=True)
        if "file" not in _protocols(self._files):
            self._files.put_file(str(source), place)  # an object is there whole or not at all
            return
        self._files.put_file(str(source), f"{place}.part")
        self._files.mv(f"{place}.part", place)

    def _fetch(self, place: str, draft: Path) -> None:
        with draft.open("ab") as target, self._files.open(place, "rb") as source:
            source.seek(target.tell())
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)

    def _write(self, place: str, text: str) -> None:
        self._files.makedirs(self._parent(place), exist_ok=True)
        self._files.pipe_file(place, text.encode())

    def _size(self, place: str) -> int | None:
        self._files.invalidate_cache()
        try:
            return int(self._files.info(place)["size"])
        except FileNotFoundError:
            return None

    def _file(self, take: Take) -> str:
        return f"{self._root}/takes/{take.digest[:2]}/{take.digest}{take.suffix}"

    def _record(self, take: Take) -> str:
        return f"{self._root}/records/{take.digest[:2]}/{take.digest}.json"

    def _parent(self, place: str) -> str:
        return place.rpartition("/")[0]


def kept_takes(lock: Lock) -> Iterator[RemoteTake]:
    """The takes of a lock, each digest once, with what they answer."""
    seen: set[str] = set()
    for shot, entry in lock.shots.items():
        for digest, take in entry.takes.items():
            if digest not in seen and not take.gone:
                seen.add(digest)
                yield RemoteTake(take_node(shot, entry.numbers[digest]), take, entry.recipes.get(take.fingerprint))


def _record_of(kept: RemoteTake) -> str:
    record = {**kept.take.to_json(), "digest": kept.take.digest, "name": kept.name, "recipe": kept.recipe}
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


@contextmanager
def _named_faults(address: str) -> Iterator[None]:
    """Turn whatever a filesystem says into a fault that names the remote; each has exceptions of its own."""
    try:
        yield
    except StoreFault:
        raise
    except ImportError as fault:
        words = f"`remote: {address}` needs a library that is not installed ({fault.name or fault})"
        raise StoreFault(words, hint="for S3: install the extra `s3`") from fault
    except Exception as fault:
        said = " ".join(str(fault).split()) or type(fault).__name__
        raise StoreFault(f"the remote `{address}` can't be used: {said}", hint=HINT) from fault
