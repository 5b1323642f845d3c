"""A store whose files are links into folders of the system, devices or pipes: git carries links, and none is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kit.locks import attempt, recipe, stored, take, with_take
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow import digest
from wanflow.boundary import SHARED_MEMORY
from wanflow.catalog.provider import Provider
from wanflow.errors import StoreFault, StoreFileRefused
from wanflow.store import (
    atomic,
    blobs,
    cut_records,
    fact_cache,
    findings,
    layout,
    lockfile,
    remote,
    repair,
    run_lock,
    take_names,
    traces,
)
from wanflow.store.findings import Measured
from wanflow.store.journal import Journal, read
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Trace

SYSTEM_FILES = ("/dev/zero", "/proc/self/environ", "/sys/kernel/uevent_seqnum", "/dev/full")

READERS: dict[str, Callable[[Store], object]] = {
    "traces.jsonl": traces.read,
    "derived.jsonl": traces.read_derived,
    "journal.dashscope.jsonl": read,
    "checks.jsonl": findings.read,
    "cuts.json": lambda store: list(cut_records.segments(store)),
    "cache/facts.json": lambda store: fact_cache.look(store, ("a.png",)),
    "store.json": layout.recognise,
}
"""What reads each file of a store."""

WRITERS: dict[str, Callable[[Store], object]] = {
    "traces.jsonl": lambda store: traces.append(store, Trace(take("coast", "film"), recipe("coast"))),
    "journal.dashscope.jsonl": lambda store: Journal(store).intended(attempt("a1")),
    "checks.jsonl": lambda store: findings.append(store, Measured("a" * 64, "b" * 64)),
    "aside": lambda store: atomic.make_folder(store.aside),
    "takes": lambda store: stored(store, "film"),
}
"""What writes each file or folder of a store."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A new store."""
    store = Store(tmp_path, DASHSCOPE)
    layout.establish(store)
    return store


def link(path: Path, target: str) -> None:
    """Put a link at a path, and remove what has its name."""
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("target", SYSTEM_FILES)
@pytest.mark.parametrize("name", READERS)
def test_a_file_of_the_store_that_leads_into_the_system_is_not_read(store: Store, name: str, target: str) -> None:
    """It is an error that names the link, whichever file it is."""
    link(store.root / name, target)
    with pytest.raises(StoreFileRefused, match=rf"^`\.wanflow/{name}` is in `/(dev|proc|sys)`, a folder of the system"):
        READERS[name](store)


@pytest.mark.parametrize(
    ("name", "target"), [(name, each) for name in WRITERS for each in (SHARED_MEMORY, "/dev/zero")]
)
def test_nothing_is_written_behind_a_link_into_the_system(store: Store, name: str, target: str) -> None:
    """Neither a record nor a folder."""
    link(store.root / name, target)
    with pytest.raises(StoreFileRefused, match=rf"^`\.wanflow/{name}.*` is in `/dev`"):
        WRITERS[name](store)


def test_a_folder_inside_the_store_that_leads_there_is_found_at_once(store: Store) -> None:
    """Before anything is read: every command recognises the store first."""
    link(store.aside, "/proc/self")
    with pytest.raises(StoreFileRefused, match=r"`\.wanflow/aside` is in `/proc`"):
        layout.recognise(store)


def test_a_store_that_is_a_link_into_the_system_is_refused(tmp_path: Path) -> None:
    """Also into shared memory, where only a whole production may be."""
    (tmp_path / ".wanflow").symlink_to(SHARED_MEMORY)
    with pytest.raises(StoreFileRefused, match=r"`\.wanflow` is in `/dev`"):
        layout.recognise(Store(tmp_path, DASHSCOPE))


@pytest.mark.parametrize("target", SYSTEM_FILES)
@pytest.mark.parametrize("provider", [DASHSCOPE, ANIMATIC], ids=["paid", "free"])
def test_a_lock_that_leads_into_the_system_is_neither_read_nor_written(
    tmp_path: Path, provider: Provider, target: str
) -> None:
    """That of paid takes, which git carries, and that of free ones."""
    lock = Store(tmp_path, provider).lock
    link(lock, target)
    for use in (lockfile.read, lambda path: lockfile.update(path, lambda before: with_take(before, "coast", "film"))):
        with pytest.raises(StoreFault, match="a folder of the system") as raised:
            use(lock)
        assert (raised.value.exit_code, raised.value.hint) == (2, "remove that link, and look who made it")


def test_a_repair_copies_nothing_of_a_file_of_the_system(store: Store) -> None:
    """Its copy would hold the keys of the environment."""
    for name in ("journal.dashscope.jsonl", "journal.animatic.jsonl", "traces.jsonl", "uploads.jsonl"):
        link(store.root / name, "/proc/self/environ")
        for check in (repair.examine, repair.repair_store):
            with pytest.raises(StoreFileRefused, match=name):
                check(store)
        (store.root / name).unlink()
    assert not store.aside.exists()


@pytest.mark.parametrize("name", [*READERS, "../wanflow.lock"])
def test_a_pipe_in_the_place_of_a_file_blocks_no_command(store: Store, name: str) -> None:
    """Reading it would wait for a writer."""
    pipe = store.root / name
    pipe.parent.mkdir(exist_ok=True)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    reader = READERS.get(name, lambda store: lockfile.read(store.lock))
    with pytest.raises(StoreFault, match="is not a file"):
        reader(store)


def test_a_file_of_records_has_at_most_a_gigabyte(store: Store) -> None:
    """A larger one would take the memory of the machine."""
    with store.traces.open("wb") as file:
        file.truncate(atomic.MOST_BYTES + 1)
    with pytest.raises(StoreFileRefused, match=r"`traces\.jsonl` has more than 1000 MB"):
        traces.read(store)


def test_a_take_that_leads_into_the_system_is_not_here(store: Store) -> None:
    """It is not hashed, not copied to the results, and a pull replaces it."""
    film = digest.of_bytes(b"film")
    place = blobs.take_path(store, film, ".mp4")
    for target in ("/dev/zero", "/proc/self/environ"):
        place.parent.mkdir(parents=True, exist_ok=True)
        link(place, target)
        assert blobs.find_take(store, film) is None
        assert not blobs.list_takes(store)
        assert not blobs.is_whole(place, film)
        take_names.arrange(store, with_take(Lock(), "coast", "film"), store.folder / "out")
        assert not (store.folder / "out").exists()
    stored(store, "film")
    assert blobs.find_take(store, film) == place
    assert not place.is_symlink()
    folder = place.parent.rename(store.folder / "elsewhere")
    place.parent.symlink_to(f"/proc/self/root{folder}")
    assert blobs.find_take(store, film) is None
    assert not blobs.list_takes(store)


def test_a_take_of_a_remote_that_leads_into_the_system_is_not_fetched(store: Store) -> None:
    """A remote may be a folder of the production, with links in it; nothing is kept of the file without an end."""
    film = digest.of_bytes(b"film")
    lockfile.update(store.lock, lambda lock: with_take(lock, "coast", "film"))
    there, draft = store.folder / "remote" / "takes" / film[:2] / f"{film}.mp4", store.incoming / film
    there.parent.mkdir(parents=True)
    for place, name in ((there, there.name), (draft, f".wanflow/incoming/{film}")):
        link(place, "/dev/zero")
        pulled = remote.pull_takes(remote.Remote(str(store.folder / "remote")), store)
        assert [str(fault) for fault in pulled.faults] == [f"`{name}` is in `/dev`, a folder of the system"]
        place.unlink()
    there.write_bytes(b"film")
    assert remote.pull_takes(remote.Remote(str(store.folder / "remote")), store).moved == ("coast.t1",)


def test_links_to_other_drives_and_productions_in_shared_memory_work(store: Store, tmp_path: Path) -> None:
    """Takes on a drive, and a production that has its own files in `/dev/shm`."""
    drive = tmp_path / "drive"
    drive.mkdir()
    (store.root / "takes").symlink_to(drive)
    stored(store, "film")
    assert blobs.list_takes(store) == {digest.of_bytes(b"film")}
    with TemporaryDirectory(dir=SHARED_MEMORY) as name:
        there = Store(Path(name), DASHSCOPE)
        layout.establish(there)
        stored(there, "film")
        Journal(there).intended(attempt("a1"))
        lockfile.update(there.lock, lambda lock: with_take(lock, "coast", "film"))
        assert "coast" in lockfile.read(there.lock).shots
        assert blobs.list_takes(there) == {digest.of_bytes(b"film")}
        assert read(there).unknown_fate


def test_the_holder_of_a_run_is_not_read_from_the_system(store: Store) -> None:
    """Its text is printed."""
    with run_lock.hold(store):
        link(store.root / "run.holder", "/proc/self/environ")
        with pytest.raises(StoreFault) as raised, run_lock.hold(store, damaged=True):
            pass
    assert "PATH=" not in str(raised.value)
