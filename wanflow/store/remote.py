"""The remote with a production's paid takes for others: a folder, or what fsspec reaches (format.md, `remote`)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import fsspec

from wanflow import digest as digests
from wanflow.errors import StoreFault, UnknownTarget
from wanflow.masking import without_password
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store import atomic, blobs, layout, rebuild
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Recipe, Take
from wanflow.store.take_names import take_node

Tell = Callable[[str], None]

CHUNK_BYTES = 1 << 20
MOST_MOVING = 6
"""Maximum number of takes that are sent or fetched at the same time."""
HINT = tr("check its name, and the credentials in the environment")


@immutable
class RemoteTake:
    """A take of the lock that the remote has: its bytes and its record, by digest; `name` is its node."""

    name: str
    take: Take
    recipe: Recipe


class Remote:
    """Takes by digest at an address; raises StoreFault where it is unreachable or has wrong bytes."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        with _named_faults(self._address):
            self._files, self._root = fsspec.core.url_to_fs(self._address)
        protocols = (self._files.protocol,) if isinstance(self._files.protocol, str) else self._files.protocol
        self._is_folder = "file" in protocols
        self._listed: dict[str, int] | None = None

    def list_once(self) -> None:
        """List the remote once instead of asking for each file, where it is not a folder, which is asked at once.

        Where it cannot be listed, each file is asked for as it comes, and says what is wrong.
        """
        if self._is_folder:
            return
        with suppress(StoreFault), _named_faults(self._address):
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
            self._listed = {name.lstrip("/"): int(facts["size"]) for name, facts in found.items()}

    def push(self, kept: RemoteTake, store: Store) -> bool:
        """Send a take that the remote does not have whole, then its record; whether a file was sent.

        The bytes are compared with the digest before, so that no damaged file is sent.
        """
        source = blobs.take_path(store, kept.take.digest, kept.take.suffix)
        with _named_faults(self._address):
            sent = self._size(self._file(kept.take)) != source.stat().st_size
            if sent:
                self._send(source, kept)
            place = f"{self._root}/records/{kept.take.digest[:2]}/{kept.take.digest}.json"
            if sent or self._size(place) is None:
                facts = {"digest": kept.take.digest, "name": kept.name, "recipe": kept.recipe}
                text = json.dumps({**kept.take.to_json(), **facts}, ensure_ascii=False, indent=1, sort_keys=True)
                self._files.makedirs(self._parent(place), exist_ok=True)
                self._files.pipe_file(place, f"{text}\n".encode())
        return sent

    def pull(self, kept: RemoteTake, store: Store) -> bool:
        """Fetch a take, continuing an earlier download; whether the remote has it.

        Raises StoreFault where the bytes do not match the digest; then none of them are kept.
        """
        draft = store.incoming / kept.take.digest
        atomic.make_folder(draft.parent)
        atomic.require_usable(draft)
        with _named_faults(self._address):
            place = self._file(kept.take)
            if self._size(place) is None:
                return False
            with draft.open("ab") as target, self._files.open(place, "rb") as source:
                source.seek(target.tell())
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)
        if digests.of_file(draft) != kept.take.digest:
            draft.unlink()
            shown = without_password(self._address, self._address)
            words = tr(
                "`{shown}` has a damaged file for {name}: its bytes do not match its digest",
                shown=shown,
                name=kept.name,
            )
            raise StoreFault(words, hint=tr("ask who pushed it to push it again"))
        blobs.adopt_take(store, draft, kept.take.digest, kept.take.result.kind)
        return True

    def _send(self, source: Path, kept: RemoteTake) -> None:
        if not blobs.is_whole(source, kept.take.digest):
            words = tr("the file of {name} is damaged and was not pushed", name=kept.name)
            raise StoreFault(words, hint=tr("`wanflow doctor --repair` sets it aside"))
        place = self._file(kept.take)
        self._files.makedirs(self._parent(place), exist_ok=True)
        if not self._is_folder:
            self._files.put_file(str(source), place)  # an object appears whole or not at all
            return
        self._files.put_file(str(source), f"{place}.part")
        self._files.mv(f"{place}.part", place)

    def _size(self, place: str) -> int | None:
        """The size of a file, None where it does not exist; git may carry a folder, and links in it."""
        if self._is_folder:
            atomic.require_usable(Path(place))
        if self._listed is not None:
            return self._listed.get(place.lstrip("/"))
        self._files.invalidate_cache()
        try:
            return int(self._files.info(place)["size"])
        except FileNotFoundError:
            return None

    def _file(self, take: Take) -> str:
        return f"{self._root}/takes/{take.digest[:2]}/{take.digest}{take.suffix}"

    def _parent(self, place: str) -> str:
        return place.rpartition("/")[0]


def kept_takes(lock: Lock) -> Iterator[RemoteTake]:
    """The takes of a lock, each digest once, with their requests."""
    seen: set[str] = set()
    for shot, entry in lock.shots.items():
        for digest, take in entry.takes.items():
            if digest not in seen and not take.gone:
                seen.add(digest)
                yield RemoteTake(take_node(shot, entry.numbers[digest]), take, entry.recipes.get(take.fingerprint))


REMOTE_VARIABLE = "WANFLOW_REMOTE"
"""Variable of the environment whose address is used instead of the production's."""


@immutable
class Transfer:
    """What came of a push or a pull: the takes that moved, how many were there, which have no file, and the faults."""

    moved: tuple[str, ...] = ()
    there: int = 0
    missing: tuple[str, ...] = ()
    faults: tuple[StoreFault, ...] = ()


def open_remote(address: str | None, folder: Path, *, untrusted: bool = False) -> Remote:
    """The remote of a production in a folder; raises UnknownTarget where none is named.

    That of an untrusted production may only be a folder inside its own: takes would go to strangers, with the user's
    credentials. The address in the environment is the user's.
    """
    own = os.environ.get(REMOTE_VARIABLE)
    if untrusted and not own and address and not _is_inside(folder, address):
        place = tr("is an address") if "://" in address or "::" in address else tr("is outside the production's folder")
        shown = without_password(address, address)
        words = tr("`remote: {shown}` {place}, and the production is untrusted", shown=shown, place=place)
        raise UnknownTarget(
            words, hint=tr("set {remote_variable} to the remote that you trust", remote_variable=REMOTE_VARIABLE)
        )
    address = own or address
    if not address:
        ways = tr(
            "write `remote: s3://bucket/prefix` (or a folder) at the top of the production, or set {remote_variable}",
            remote_variable=REMOTE_VARIABLE,
        )
        raise UnknownTarget(tr("the production has no remote"), hint=ways)
    return Remote(address if "://" in address else (folder / address).absolute().as_posix())


def _is_inside(folder: Path, address: str) -> bool:
    """Whether an address is a folder inside another, whatever links lead to."""
    whole = os.path.realpath(folder / address)
    return "::" not in address and "://" not in address and Path(whole).is_relative_to(os.path.realpath(folder))


def push_takes(remote: Remote, store: Store, on_take: Tell | None = None) -> Transfer:
    """Send every paid take whose file is in the store; `on_take` gets the name of each that was sent."""
    here = blobs.list_takes(store)
    remote.list_once()
    return _transfer(store, on_take, lambda kept: remote.push(kept, store) if kept.take.digest in here else None)


def pull_takes(remote: Remote, store: Store, on_take: Tell | None = None) -> Transfer:
    """Fetch every paid take whose file is not in the store; `on_take` gets the name of each that was fetched."""
    layout.establish(store)
    here = blobs.list_takes(store)
    remote.list_once()

    def fetch(kept: RemoteTake) -> bool | None:
        if kept.take.digest in here:
            return False
        return True if remote.pull(kept, store) else None

    return _transfer(store, on_take, fetch)


def _transfer(store: Store, on_take: Tell | None, move: Callable[[RemoteTake], bool | None]) -> Transfer:
    """Move the takes, a few at a time; they are told in their order, and a fault of one stops no other.

    `move` gives None for a take without a file.
    """
    moved, missing, faults, there = list[str](), list[str](), list[StoreFault](), 0
    kept_here = list(kept_takes(rebuild.present_lock(store)))
    pool = ThreadPoolExecutor(MOST_MOVING)
    try:
        for kept, moving in [(kept, pool.submit(move, kept)) for kept in kept_here]:
            try:
                done = moving.result()
            except StoreFault as fault:
                faults.append(fault)
                continue
            if done is None:
                missing.append(kept.name)
            elif done:
                moved.append(kept.name)
                if on_take is not None:
                    on_take(kept.name)
            else:
                there += 1
    finally:
        pool.shutdown(cancel_futures=True)
    return Transfer(tuple(moved), there, tuple(missing), tuple(faults))


@contextmanager
def _named_faults(address: str) -> Iterator[None]:
    """Turn every error of a file system into a fault that names the remote; each has its own exceptions.

    A login in the address is not shown.
    """
    shown = without_password(address, address)
    try:
        yield
    except StoreFault:
        raise
    except ImportError as fault:
        words = tr(
            "`remote: {shown}` needs a library that is not installed ({name})", shown=shown, name=fault.name or fault
        )
        raise StoreFault(words, hint=tr("for S3: install the extra `s3`")) from fault
    except Exception as fault:
        said = without_password(" ".join(str(fault).split()), address) or type(fault).__name__
        raise StoreFault(
            tr("the remote `{shown}` cannot be used: {said}", shown=shown, said=said), hint=HINT
        ) from fault
