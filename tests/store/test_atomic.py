"""Writing that survives a crash, a full disk and a second writer."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kit.filesystems import refusing, without_flush, without_modes
from wanflow.errors import StoreFault
from wanflow.store import atomic


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content takes the place of the old one, and nothing else is left in the folder."""
    path = tmp_path / "deep" / "file"
    atomic.write_whole(path, b"old")
    atomic.write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [item.name for item in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace"])
def test_a_full_disk_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Whatever the disk refuses, the old content stays, no draft is left, and the message says what to do."""
    path = tmp_path / "file"
    atomic.write_whole(path, b"old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(StoreFault, match="`file` cannot be used: no space left on device") as fault:
        atomic.write_whole(path, b"new")
    assert "make room" in (fault.value.hint or "")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_two_writers_at_once_never_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second writer in the middle of the first one's write costs neither of them its bytes."""
    path = tmp_path / "file"
    real, seen = os.fsync, list[bytes]()

    def second_writer(handle: int) -> None:
        real(handle)
        monkeypatch.setattr(os, "fsync", real)
        atomic.write_whole(path, b"second")
        seen.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", second_writer)
    atomic.write_whole(path, b"first")
    assert seen == [b"second"]
    assert path.read_bytes() == b"first"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_records_are_read_in_the_order_they_were_written(tmp_path: Path) -> None:
    """One record a line, whatever its text holds."""
    path = tmp_path / "records.jsonl"
    records = [{"n": 1, "text": 'a "quoted"\nline'}, {"n": 2, "text": "灯塔 \u2028 \x85"}]
    for record in records:
        atomic.append(path, record)
    assert list(atomic.read_records(path)) == records


def test_a_torn_last_line_counts_as_never_written(tmp_path: Path) -> None:
    """Cut at any byte, the whole lines before the cut are read, and the next record follows them."""
    path = tmp_path / "records.jsonl"
    for number in range(3):
        atomic.append(path, {"n": number})
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = [{"n": number} for number in range(whole[:length].count(b"\n"))]
        assert list(atomic.read_records(path)) == kept
        atomic.append(path, {"n": "next"})
        assert list(atomic.read_records(path)) == [*kept, {"n": "next"}]


def test_a_long_torn_line_is_cut_too(tmp_path: Path) -> None:
    """A torn line longer than one look at the file's end is cut back to the last whole line."""
    path = tmp_path / "records.jsonl"
    atomic.append(path, {"n": 1})
    with path.open("ab") as file:
        file.write(b'{"text": "' + b"x" * 20_000)
    atomic.append(path, {"n": 2})
    assert path.read_bytes() == b'{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("damage", [b"no json\n", b"[1]\n", b"\n", b"\xff\xfe\n"])
def test_damage_before_the_last_line_is_an_error_with_its_line(tmp_path: Path, damage: bytes) -> None:
    """Only the last line may be torn: anything else says which file and which line."""
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"n":1}\n' + damage + b'{"n":3}\n')
    with pytest.raises(StoreFault, match=r"`records.jsonl` is damaged at line 2"):
        list(atomic.read_records(path))


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The mode that was asked for is the mode of the new file."""
    path = tmp_path / "records.jsonl"
    atomic.append(path, {"n": 1}, mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_where_a_folder_has_to_be_is_a_fault(tmp_path: Path) -> None:
    """The obstacle is named, without a traceback."""
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(StoreFault, match="cannot be used"):
        atomic.write_whole(tmp_path / "store" / "file", b"x")


@pytest.mark.parametrize("error", [None, errno.EXDEV], ids=["one file system", "two file systems"])
def test_a_finished_file_replaces_a_name_and_never_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int | None
) -> None:
    """Also where it has to be copied: another name of the old bytes keeps them, and the block sees the new ones."""
    made, path, other = tmp_path / "made", tmp_path / "deep" / "film", tmp_path / "take"
    other.write_bytes(b"old")
    path.parent.mkdir()
    path.hardlink_to(other)
    made.write_bytes(b"new")
    os.utime(made, ns=(0, 1_234_567_891))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(error, "no such thing here")

    if error is not None:
        monkeypatch.setattr(os, "rename", refuse)
    with atomic.replacing(path, made) as draft:
        assert (draft.read_bytes(), draft.stat().st_mtime_ns) == (b"new", 1_234_567_891)
        assert path.read_bytes() == b"old"
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")
    assert path.stat().st_mtime_ns == 1_234_567_891
    assert [item.name for item in path.parent.iterdir()] == ["film"]
    assert not made.exists()


@pytest.mark.parametrize("code", sorted(atomic.NO_MODES))
def test_a_file_system_without_modes_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The content is what counts; `doctor` says that there are no modes."""
    assert atomic.has_modes(tmp_path)
    without_modes(monkeypatch, code)
    atomic.write_whole(tmp_path / "file", b"new", mode=0o600)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not atomic.has_modes(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_modes_that_change_nothing_are_no_modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems accept every mode and keep their own."""
    monkeypatch.setattr(os, "chmod", lambda *_, **__: None)
    assert not atomic.has_modes(tmp_path)


@pytest.mark.parametrize("code", sorted(atomic.NO_FLUSH))
def test_a_file_system_that_flushes_no_folder_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The files themselves are flushed all the same."""
    assert atomic.sync_folder(tmp_path)
    without_flush(monkeypatch, code)
    atomic.write_whole(tmp_path / "deep" / "file", b"new")
    atomic.append(tmp_path / "records.jsonl", {"n": 1})
    assert not atomic.sync_folder(tmp_path)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_folder_that_is_not_flushed_for_want_of_anything_else_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A disk that fails, or is full, is never passed over."""
    without_flush(monkeypatch, code)
    with pytest.raises(StoreFault):
        atomic.write_whole(tmp_path / "file", b"new")


def test_a_folder_that_can_not_be_opened_is_ignoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows no folder can; one that is gone is a fault."""
    with pytest.raises(FileNotFoundError):
        atomic.sync_folder(tmp_path / "gone")
    monkeypatch.setattr(os, "open", refusing(errno.EACCES))
    assert not atomic.sync_folder(tmp_path)


@pytest.mark.parametrize("first", ["store.json", "cache/facts.json", "takes/ab/film.mp4"])
def test_the_store_is_kept_out_of_git_before_anything_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Whatever is written first: a machine that stops right before has a store that git ignores."""
    ignore, seen = tmp_path / ".wanflow" / ".gitignore", list[bool]()
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        seen.append(ignore.exists() or Path(target) == ignore)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    atomic.write_whole(tmp_path / ".wanflow" / first, b"x")
    assert seen == [True, True]
    assert ignore.read_bytes() == b"*\n"
    assert {path.parent for path in tmp_path.rglob(".gitignore")} == {tmp_path / ".wanflow"}


def test_a_store_of_an_older_version_is_kept_out_of_git_too(tmp_path: Path) -> None:
    """By whatever is written there next."""
    (tmp_path / ".wanflow").mkdir()
    atomic.append(tmp_path / ".wanflow" / "traces.jsonl", {"n": 1})
    assert (tmp_path / ".wanflow" / ".gitignore").read_bytes() == b"*\n"


@pytest.mark.parametrize("text", ["", "*\n!takes/\n"])
def test_what_a_person_tells_git_of_the_store_stays(tmp_path: Path, text: str) -> None:
    """An empty file opens the store to git, for those who want that."""
    ignore = tmp_path / ".wanflow" / ".gitignore"
    ignore.parent.mkdir()
    ignore.write_text(text, encoding="utf-8")
    atomic.write_whole(tmp_path / ".wanflow" / "tmp" / "file", b"x")
    assert ignore.read_text(encoding="utf-8") == text
