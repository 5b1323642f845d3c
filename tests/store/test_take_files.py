"""Takes by name under `out/shots`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kit.locks import stored, with_take
from kit.providers import ANIMATIC
from wanflow.errors import LockUnreadable, StoreFault
from wanflow.store import blobs, take_names
from wanflow.store.layout import Store
from wanflow.store.lock import Lock


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, ANIMATIC)


@pytest.fixture
def name(store: Store) -> Path:
    """The name of a take of a shot in a scene."""
    return store.folder / "out" / "shots" / "harbour" / "arrival.t1.mp4"


def test_a_take_is_linked_not_copied(store: Store, name: Path) -> None:
    """The name costs no room, and it is read-only."""
    digest = stored(store, "film")
    take_names.put(store, digest, name)
    assert name.stat().st_ino == blobs.take_path(store, digest, ".mp4").stat().st_ino
    assert name.stat().st_mode & 0o222 == 0


def test_where_links_do_not_work_it_is_a_copy(store: Store, name: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another file system the take is copied once; a second look leaves the copy."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    digest = stored(store, "film")
    take_names.put(store, digest, name)
    copy = name.stat()
    assert name.read_bytes() == b"film"
    assert copy.st_ino != blobs.take_path(store, digest, ".mp4").stat().st_ino
    take_names.put(store, digest, name)
    assert name.stat().st_ino == copy.st_ino
    assert [path.name for path in name.parent.iterdir()] == [name.name]


def test_another_file_under_the_name_is_replaced_and_its_own_bytes_stay(store: Store, name: Path) -> None:
    """Take 1 of another backend or run gives way; what the name stood for before is still in the store."""
    first, second = stored(store, "first film"), stored(store, "second one")
    take_names.put(store, first, name)
    take_names.put(store, second, name)
    assert name.read_bytes() == b"second one"
    assert blobs.take_path(store, first, ".mp4").read_bytes() == b"first film"


def test_a_take_whose_bytes_are_elsewhere_gets_no_name(store: Store, name: Path) -> None:
    """A lock from another machine names takes that are not here; that is not an error."""
    take_names.put(store, "f" * 64, name)
    assert not name.exists()


def test_a_disk_that_refuses_is_a_fault_without_leftovers(
    store: Store, name: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is what it was before."""
    digest = stored(store, "film")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StoreFault, match="read-only file system"):
        take_names.put(store, digest, name)
    assert list(name.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["../../evil", "a/../b", "/etc", "a//b", ".hidden", "a\\b", "a/.", "\u202eb", ""])
def test_the_name_of_a_shot_never_leads_out_of_its_folder(store: Store, name: str) -> None:
    """A lock may come with a pull request: its names become files below `out/shots`, or nothing is written at all."""
    stored(store, "film")
    lock = with_take(Lock(), name, "film")
    before = sorted(store.folder.parent.rglob("*"))
    with pytest.raises(LockUnreadable, match="cannot be the name of a shot"):
        take_names.arrange(store, lock, store.folder / "out")
    assert sorted(store.folder.parent.rglob("*")) == before
