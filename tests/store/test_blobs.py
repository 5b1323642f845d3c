"""Takes and derived files by digest; law 4."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kit.locks import DATE, attempt, delivered, recipe, stored, take
from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.store import blobs, cut_records, fact_cache, inventory, lock, lockfile, run_lock, take_names, traces
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.take import Trace

CONTENT = "a film"
NAME = digest.of_bytes(CONTENT.encode())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


def test_a_take_moves_into_the_store_read_only(store: Store) -> None:
    """Its bytes are under its digest, they are read-only, and the download is gone."""
    download = delivered(store, CONTENT)
    place = blobs.adopt_take(store, download, NAME, ResultKind.FILM)
    assert place == blobs.take_path(store, NAME, ".mp4") == store.takes / NAME[:2] / f"{NAME}.mp4"
    assert place.read_bytes() == CONTENT.encode()
    assert place.stat().st_mode & 0o222 == 0
    assert not download.exists()


def test_the_same_bytes_delivered_twice_are_one_file(store: Store) -> None:
    """The existing file stays the same file; the second copy is deleted."""
    stored(store, CONTENT)
    before = blobs.take_path(store, NAME, ".mp4").stat().st_ino
    second = delivered(store, CONTENT)
    blobs.adopt_take(store, second, NAME, ResultKind.FILM)
    assert blobs.take_path(store, NAME, ".mp4").stat().st_ino == before
    assert not second.exists()


def test_a_damaged_file_is_mended_by_a_second_delivery(store: Store) -> None:
    """Where the stored bytes aren't those of their name, the delivered ones take their place."""
    stored(store, CONTENT)
    place = blobs.take_path(store, NAME, ".mp4")
    place.chmod(0o644)
    place.write_bytes(b"rotten")
    assert not blobs.is_whole(place, NAME)
    stored(store, CONTENT)
    assert blobs.is_whole(place, NAME)


def test_takes_and_derived_files_are_kept_apart(store: Store) -> None:
    """What can be made again never lies where the paid files are."""
    stored(store, CONTENT)
    made = store.temporary(".png")
    made.write_bytes(b"frame")
    name = digest.of_bytes(b"frame")
    blobs.adopt_derived(store, made, name, ".png")
    assert blobs.list_takes(store) == {NAME}
    assert blobs.list_derived(store) == {f"{name}.png"}
    shutil.rmtree(store.derived)
    assert blobs.list_takes(store) == {NAME}


def test_an_empty_store_has_nothing(store: Store) -> None:
    """Looking makes no folder."""
    assert blobs.list_takes(store) == blobs.list_derived(store) == frozenset()
    assert not store.root.exists()


def test_law_4_a_paid_file_is_never_deleted_by_the_program(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the store can do is done, twice: no call removes or replaces a file of a take."""
    stored(store, CONTENT)
    lost: list[str] = []
    for name in ("unlink", "remove", "rmdir", "replace", "rename", "truncate"):
        monkeypatch.setattr(os, name, _watched(getattr(os, name), store.takes, lost))
    monkeypatch.setattr(shutil, "rmtree", lambda path, *_, **__: lost.append(str(path)))
    before = blobs.take_path(store, NAME, ".mp4").stat()
    for content in ("first", "second"):
        _use_everything(store, content)
    after = blobs.take_path(store, NAME, ".mp4").stat()
    assert lost == []
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


def test_law_4_only_these_places_of_the_store_remove_any_file() -> None:
    """A new removal in the store's code has to be judged against law 4 here."""
    removals = ("unlink(", "rmtree(", "rmdir(", "os.remove(")
    folder = Path(blobs.__file__).parent
    found = {
        (path.name, line.strip())
        for path in folder.glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(word in line for word in removals)
    }
    assert found == {
        ("blobs.py", "made.unlink()"),
        ("atomic.py", "draft.unlink(missing_ok=True)"),
        ("atomic.py", "finished.unlink()"),  # the copy of a finished cut, once it lies on the other file system
        ("run_lock.py", "path.unlink(missing_ok=True)"),  # what was locked to see whether it can be
        ("run_lock.py", "place.unlink(missing_ok=True)"),  # the name of a process, in the folder that it held
        ("run_lock.py", "(folder / name).unlink(missing_ok=True)"),
        ("run_lock.py", "folder.rmdir()  # fails while a process holds it"),
        ("run_lock.py", "folder.rmdir()  # another process may have moved in"),
        ("layout.py", 'shutil.rmtree(store.root / "tmp", ignore_errors=True)'),
        ("remote.py", "draft.unlink()"),  # bytes that came and are not what their digest names
        ("take_names.py", "path.unlink(missing_ok=True)"),  # a name in `out/` of a take that has another name now
        ("take_names.py", "path.parent.rmdir()"),
        ("gc.py", "path.unlink(missing_ok=True)"),  # stand-ins, and paid takes that a person named
        ("gc.py", "item.path.unlink(missing_ok=True)"),  # derived files and renditions, which are made again
        ("run_lock.py", "name.unlink()"),
        ("outputs.py", "shutil.rmtree(entry)"),  # a folder of pictures of an earlier delivery, as it was written
        ("outputs.py", "shutil.rmtree(made)"),  # the copy below `.wanflow/tmp` of a folder on another disk
        ("outputs.py", "shutil.rmtree(aside, ignore_errors=True)"),  # the former folder of a delivery
        ("outputs.py", "entry.unlink()"),  # subtitles that an earlier film of a cut had, as they were written
        ("repair.py", "store.format.unlink()"),
        ("repair.py", "path.unlink()"),  # a derived file, or a take without a byte
    }


def _use_everything(store: Store, content: str) -> None:
    film = take("coast", CONTENT)
    out = store.folder / "out"
    with run_lock.hold(store):
        stored(store, CONTENT)
        stored(store, content)
        made = store.temporary(".mov")
        made.write_bytes(content.encode())
        blobs.adopt_derived(store, made, digest.of_bytes(content.encode()), ".mov")
        traces.append(store, Trace(film, recipe("coast")))
        traces.append_derived(store, "a" * 64, digest.of_bytes(content.encode()), ".mov")
        Journal(store).intended(attempt(content))
        Journal(store).accepted(content, f"task-{content}", "request", DATE)
        Journal(store).stored(f"task-{content}", NAME, DATE)
        lockfile.update(store.lock, lambda old: lock.add_take(old, "coast", film, recipe("coast"), 1))
        lockfile.update(store.lock, lambda old: lock.release(lock.keep(old, "coast", NAME), "coast"))
        take_names.put(store, NAME, out / "shots" / "coast.t1.mp4")
        take_names.put(store, digest.of_bytes(content.encode()), out / "shots" / "coast.t1.mp4")
        (out / "main.mp4").write_bytes(content.encode())
        cut_records.remember(store, "main", "out/main.mp4", content)
        fact_cache.remember(store, {})
        inventory.survey(store, {"main": "out/main.mp4"})


def _watched(real, takes: Path, lost: list[str]):
    def call(*places, **options):
        paths = [Path(place) for place in places if isinstance(place, str | os.PathLike)]
        removed = paths[:1] if len(paths) == 1 else [path for path in paths if path.exists()]
        lost.extend(f"{real.__name__} {path}" for path in removed if path.is_relative_to(takes))
        return real(*places, **options)

    return call
