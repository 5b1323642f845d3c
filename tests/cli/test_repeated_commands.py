"""Which commands leave a stamp, what is in it, and when it is not believed."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.stamped import Said, by_stamp, in_full, write_idle_film
from wanflow.catalog.provider import load_providers
from wanflow.cli.stamping import MOST_STAMPS
from wanflow.looked_at import recorded, unaccounted
from wanflow.stamp import BEGINNINGS, UNTRUSTED, CommandStamp

LATER = 10_000_000_000
KEY = "sk-0123456789abcdef"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production with nothing left to do; a picture is a link."""
    folder = tmp_path_factory.mktemp("ready") / "film"
    write_idle_film(folder)
    for name in ("north.png", "south.png"):
        shutil.copy(folder / "cast" / "keeper.png", folder / name)
    (folder / "cast" / "keeper.png").unlink()
    (folder / "cast" / "keeper.png").symlink_to("../north.png")
    for _ in range(2):
        assert in_full(folder, "run").code == 0
    return folder


@pytest.fixture
def film(ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, whose commands leave stamps."""
    monkeypatch.delenv("WANFLOW_STAMP")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(ready, tmp_path / "film", symlinks=True)
    assert in_full(tmp_path / "film", "run").code == 0
    return tmp_path / "film"


def leave(film: Path, *words: str) -> Said:
    """Run a command as if all files were old."""
    return in_full(film, *words, begun_ns=time.time_ns() + LATER, stamps=True)


def files(film: Path) -> list[Path]:
    """The stamps."""
    return sorted((film.parent / "cache" / "wanflow" / "stamps").glob("*"))


@pytest.mark.parametrize("words", [["run"], ["plan"], ["status"], ["validate"], ["plan", "--json"]], ids=" ".join)
def test_an_idle_command_is_answered_by_its_stamp(film: Path, words: list[str]) -> None:
    """The same bytes and the same code."""
    said = leave(film, *words)
    assert (said.code, by_stamp(film, *words)) == (0, said)
    assert by_stamp(film, *words, "-f", "wanflow.yaml").code is None


def test_nothing_is_imported_for_the_answer(film: Path, tmp_path: Path) -> None:
    """The second of two processes has neither click nor any other library."""
    probe = "import sys; from wanflow.start import main; code = main(); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", probe, "plan"], cwd=film, env=environ, capture_output=True, text=True, check=True
        )
    modules = set(done.stderr.splitlines()[-1].split())
    heavy = {"click", "yaml", "networkx", "json", "dataclasses", "hashlib", "pathlib", "re", "contextlib", "typing"}
    assert (modules & heavy, "wanflow.stamp" in modules) == (set(), True)


def appear(film: Path) -> None:
    """A file where the command looked for one in vain."""
    (film / ".gitattributes").unlink(missing_ok=True)
    (film / "wanflow.lock").unlink(missing_ok=True)


def retarget(film: Path) -> None:
    """A link to another file of the same content."""
    (film / "cast" / "keeper.png").unlink()
    (film / "cast" / "keeper.png").symlink_to("../south.png")


def copy_named(film: Path) -> None:
    """The second name of a take, given to a copy of it."""
    name = next(film.glob("out/shots/**/*.mp4"))
    shutil.copy2(name, film / "copy")
    (film / "copy").replace(name)


def shorten(film: Path) -> None:
    """A take that lost its end."""
    take = next(film.glob(".wanflow/takes/*/*"))
    take.chmod(0o644)
    os.truncate(take, 1)


@pytest.mark.parametrize("change", [retarget, copy_named, shorten, appear], ids=lambda change: change.__name__)
def test_a_change_that_no_word_tells_is_seen(film: Path, change: Callable[[Path], None]) -> None:
    """A run has work to do, or a later command would have."""
    leave(film, "run")
    assert by_stamp(film, "run").code == 0
    change(film)
    assert by_stamp(film, "run").code is None


def test_contents_decide_where_times_do_not(film: Path) -> None:
    """A touched text is unchanged, and its new time is kept; another text of the same length and time is not."""
    leave(film, "plan")
    scene = film / "scenes" / "one.yaml"
    before, text = scene.stat(), scene.read_text(encoding="utf-8")
    os.utime(scene, (1_000_000_000, 1_000_000_000))
    assert by_stamp(film, "plan").code == 0
    scene.write_text(text.replace("dawn", "dusk"), encoding="utf-8")
    os.utime(scene, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert by_stamp(film, "plan").code is None


@pytest.mark.parametrize(("begun", "racy"), [(LATER, False), (0, True)])
def test_the_time_of_a_file_that_was_just_written_is_not_trusted(film: Path, begun: int, *, racy: bool) -> None:
    """It may change within the same moment. Its content is compared."""
    (film / "wanflow.yaml").touch()
    in_full(film, "plan", begun_ns=time.time_ns() + begun, stamps=True)
    (file,) = files(film)
    stamp = CommandStamp.unpacked(file.read_bytes())
    at = stamp.files.index(b"wanflow.yaml")
    assert (tuple(stamp.numbers[4 * at : 4 * at + 4]) == UNTRUSTED) is racy
    assert at in stamp.digests
    assert by_stamp(film, "plan").code == 0


def test_values_of_variables_are_not_written(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is in no stamp; another value of a variable that the command asked for is another command."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    leave(film, "plan")
    (file,) = files(film)
    assert KEY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    for name in ("DASHSCOPE_API_KEY", "WANFLOW_REGION", "LC_ALL", "NETWORKX_NEW", "NO_COLOR", "GITHUB_WORKSPACE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "other")
            assert (by_stamp(film, "plan").code is None) is (name != "GITHUB_WORKSPACE"), name
    assert by_stamp(film, "plan").code == 0


def test_each_variable_of_wanflow_is_looked_at() -> None:
    """Those of the service and of wanflow itself by their beginnings."""
    keys = {provider.key_variable for provider in load_providers().values() if provider.key_variable}
    assert all(key.encode().startswith(BEGINNINGS) for key in keys)


@pytest.mark.parametrize("at", [0, 20, 200, -1])
def test_a_damaged_stamp_is_none(film: Path, at: int) -> None:
    """A changed byte, and a file that ends early."""
    leave(film, "plan")
    (file,) = files(film)
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    assert by_stamp(film, "plan").code is None
    file.write_bytes(data[:at])
    assert by_stamp(film, "plan").code is None


def test_a_stamp_that_others_may_write_is_none(film: Path) -> None:
    """A stamp is for its user alone, and no link."""
    leave(film, "plan")
    (file,) = files(film)
    file.chmod(0o660)
    assert by_stamp(film, "plan").code is None
    file.chmod(0o600)
    file.rename(film / "elsewhere")
    file.symlink_to(film / "elsewhere")
    assert by_stamp(film, "plan").code is None


@pytest.mark.parametrize(
    "words",
    [["plan", "-o", "saved.json"], ["run", "--json"], ["takes"], ["plan", "--untrusted"], ["plan", "nothing/*"]],
    ids=" ".join,
)
def test_a_command_that_writes_or_tells_the_time_leaves_none(film: Path, words: list[str]) -> None:
    """Nor does one that fails, one that is limited, and one that has no stamps."""
    leave(film, *words)
    assert files(film) == []


def test_stamps_are_turned_off(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is left, and none is believed."""
    leave(film, "plan")
    monkeypatch.setenv("WANFLOW_STAMP", "off")
    assert by_stamp(film, "plan").code is None
    leave(film, "status")
    assert len(files(film)) == 1


def test_another_wanflow_leaves_stamps_of_its_own(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words may be others."""
    leave(film, "plan")
    monkeypatch.setattr("wanflow.__version__", "9.9.9")
    assert by_stamp(film, "plan").code is None


def test_the_oldest_stamps_go(film: Path) -> None:
    """Their number is bounded."""
    leave(film, "plan")
    place = files(film)[0].parent
    for number in range(MOST_STAMPS + 5):
        (place / str(number)).touch()
        os.utime(place / str(number), (number, number))
    leave(film, "status")
    assert len(files(film)) == MOST_STAMPS
    assert by_stamp(film, "plan").code == 0


def test_no_cache_folder_is_no_stamp(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that cannot be written changes nothing else."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(film / "wanflow.yaml"))
    assert leave(film, "plan").code == 0
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert leave(film, "plan").code == 0
    assert by_stamp(film, "plan").code is None


def test_every_look_is_recorded(tmp_path: Path) -> None:
    """Whichever function looks: at a file, a folder, a link, and what is missing."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to("nowhere")
    (tmp_path / "file").write_text("text", encoding="utf-8")
    looks: list[Callable[[], object]] = [
        lambda: (tmp_path / "file").read_text(encoding="utf-8"),
        lambda: list((tmp_path / "folder").iterdir()),
        lambda: os.path.realpath(tmp_path / "folder" / "link"),
        (tmp_path / "missing").exists,
        lambda: shutil.which("program", path=str(tmp_path / "programs")),
    ]
    with recorded() as record:
        for look in looks:
            look()
        os.environ.get("SOME_VARIABLE")
    names = {
        Path(name).relative_to(tmp_path).as_posix() for name in record.paths if name.startswith(f"{tmp_path}{os.sep}")
    }
    assert names == {"file", "folder", "folder/link", "folder/nowhere", "missing", "programs/program"}
    assert (record.unaccounted, b"SOME_VARIABLE" in record.variables) == (None, True)


def test_modules_are_no_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are the files that Python makes of them: the first command after an update leaves a stamp too."""
    (tmp_path / "imported_once.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with recorded() as record:
        importlib.import_module("imported_once")
    assert not any(name.startswith(f"{tmp_path}{os.sep}") for name in (*record.paths, *record.folders))
    assert list(tmp_path.glob("__pycache__/*"))


@pytest.mark.parametrize(
    "act",
    [lambda: subprocess.run([sys.executable, "-c", ""], check=True), lambda: unaccounted("the time")],
    ids=["process", "time"],
)
def test_what_cannot_be_recorded_is_noted(act: Callable[[], object]) -> None:
    """Another process looks at what it likes."""
    with recorded() as record:
        act()
    assert record.unaccounted
    assert os.stat.__module__ == "posix"


def test_a_command_that_leaves_no_stamp_keeps_no_content(tmp_path: Path) -> None:
    """A run reads each segment that it just wrote: their bytes took a megabyte of memory each."""
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(b"1")
    after.write_bytes(b"2")
    with recorded() as record:
        before.read_bytes()
        unaccounted("a process")
        after.read_bytes()
    assert record.read == {str(before): b"1"}
