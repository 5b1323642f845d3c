"""On Windows, as far as Linux can pretend: every module is imported, and the commands do what they do here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest
from PIL import Image

from kit import windows
from wanflow import boundary
from wanflow.language import scope
from wanflow.language.scope import BasePath

ROOT = Path(__file__).resolve().parents[2]

FILM = """
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2, prompt_extend: false}
shots:
  sea: {first_frame: sets/sea.png, prompt: Waves roll in.}
  fog:
    first_frame: {shot: sea, frame: last}
    prompt: Fog comes up.
    lines: [{at: 0, to: 1, text: {en: Fog.}}]
cuts:
  main: {items: [sea, fog], subtitles: lines}
"""

WORK = (
    "init new",
    "validate",
    "run --yes",
    "retake fog",
    "run --yes",
    "check",
    "export",
    "report",
    "doctor",
    "doctor --repair",
    "gc --apply",
    "collect",
    "cancel",
    "play main",
    "completion bash",
    "review --port 0",
    "emulator --port 0 --state served",
    "validate --untrusted",
)
SHOWN = (
    "validate --format json",
    "plan --json",
    "status --json",
    "takes --json",
    "show fog --json",
    "show cut:main --json",
    "costs --json",
    "hold fog",
    "release fog",
    "pick sea 1",
)
"""Commands in which no text may have a `\\` for a `/`, and which write the lock."""
FOR_PEOPLE = ("report -o out/again.html",)
"""A command that prints a path as the system writes it."""
HELD = ("pick fog 2", "<out/main.mp4 run --yes", "run --yes")
"""A film is to be replaced while a player has it open, and afterwards."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production with two shots and a cut."""
    folder = tmp_path_factory.mktemp("windows")
    (folder / "sets").mkdir()
    Image.new("RGB", (1280, 720), "navy").save(folder / "sets" / "sea.png")
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told(film: Path) -> dict[str, object]:
    """What happened in a process that is on Windows: `failed` imports, and each command by its words."""
    commands = [each.split() for each in WORK] + [["\\", *each.split()] for each in SHOWN + FOR_PEOPLE]
    return told_on_windows(film, commands + [each.split() for each in HELD])


def told_on_windows(film: Path, commands: list[list[str]]) -> dict[str, object]:
    """What a process tells that is on Windows, where it imports every module and runs commands in a folder."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(film / "home"), "WANFLOW_LANG": "en"}
    command = [sys.executable, "-X", "warn_default_encoding", "-P", windows.__file__, str(film)]
    done = subprocess.run(
        command, input=json.dumps(commands), env=environ, capture_output=True, text=True, check=False, cwd=film
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_module_is_imported_without_what_windows_lacks(told):
    """Neither modules of POSIX nor names that `os`, `signal`, `socket` and `time` lack there."""
    assert told["failed"] == []
    assert {"fcntl", "pwd", "grp", "resource", "termios"} <= windows.ABSENT_MODULES


@pytest.mark.parametrize("at", range(len(WORK + SHOWN + FOR_PEOPLE)), ids=WORK + SHOWN + FOR_PEOPLE)
def test_a_command_works(told, at):
    """Without a handler of signals in asyncio, and with the file system of Windows."""
    done = told["told"][at]
    assert (done["code"], done["crash"]) == (0, ""), done
    assert "bug in wanflow" not in done["err"], done


def test_what_programs_read_has_no_backslash(told, film):
    """JSON, the lock, the journal and the records of cuts have `/` in each path."""
    *shown, for_people = told["told"][len(WORK) : -len(HELD)]
    assert "out\\again.html" in for_people["out"]
    for done in shown:
        assert "\\" not in done["out"].replace('\\"', "").replace("\\u", ""), done
    kept = [film / "wanflow.animatic.lock", *film.glob("*.lock"), *(film / ".wanflow").glob("*.json*")]
    read = {file.name: file.read_text(encoding="utf-8") for file in kept if file.is_file()}
    assert {"cuts.json", "traces.jsonl"} <= set(read)
    assert [name for name, text in read.items() if "\\\\" in text] == []


def test_a_film_that_a_player_has_open_is_replaced_once_it_is_closed(told):
    """The run says what to do, and the next one makes the film."""
    picked, refused, made = told["told"][-len(HELD) :]
    assert (picked["code"], refused["code"], made["code"]) == (0, 1, 0)
    assert "`main.mp4` cannot be used: permission denied" in refused["err"]
    assert "close the program that has the file open" in refused["err"]
    assert "1 cut written" in made["err"]


def test_all_that_was_written_has_a_name_that_windows_takes(told, film):
    """The names in the folder differ by more than case, and none is a device or ends with a dot."""
    assert told["told"]
    files = [path for path in film.rglob("*") if "home" not in path.parts]
    assert {"main.mp4", "main.eng.srt", "fog.t2.mp4"} <= {path.name for path in files}
    assert [path for path in files if windows.fault_of_name(str(path), str(film))] == []
    assert len({str(path).casefold() for path in files}) == len(files)


def test_no_file_that_is_written_has_the_line_ends_of_a_system(film, told):
    """A text file is written in the same bytes everywhere."""
    assert told["told"]
    texts = (path for path in film.rglob("*") if path.suffix in {".srt", ".json", ".jsonl", ".lock", ".yaml"})
    assert [path for path in texts if b"\r" in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("shot", "cut", "output", "refused"),
    [
        ("nul", "main", "", ["nul"]),
        ("sea", "COM1", "", ["out/COM1.mp4"]),
        ("sea", "main", "out/aux.mp4", ["out/aux.mp4"]),
        ("sea", "main", "out/a:b.mp4", ["out/a:b.mp4"]),
        ("sea", "main", "'out\\film.mp4'", ["out\\film.mp4"]),
        ("sea", "main", "films./sea.mp4", ["films./sea.mp4"]),
        ("sea", "main", "out/com¹.mp4", ["out/com¹.mp4"]),
        ("sea", "main", "out/CONOUT$.mp4", ["out/CONOUT$.mp4"]),
        ("sea", "main", "nul .d/sea.mp4", ["nul .d/sea.mp4"]),
        ("con_1", "console", "out/v1.nul/../x.mp4", []),
    ],
)
def test_a_name_that_windows_does_not_take_is_a_warning(tmp_path, wanflow, shot, cut, output, refused):
    """With its place: a production is shared in git, and a checkout elsewhere could not have the file."""
    text = (
        f"wanflow: 1\nshots:\n  {shot}: {{model: wan2.7-t2v, prompt: Waves.}}\ncuts:\n  {cut}:\n    items: [{shot}]\n"
    )
    (tmp_path / "wanflow.yaml").write_text(text + (f"    output: {output}\n" if output else ""), encoding="utf-8")
    done = wanflow("validate", "-f", str(tmp_path / "wanflow.yaml"))
    assert done.code == 0
    assert [name for name in refused if f"warning: Windows takes no file called `{name}`" not in done.out] == []
    assert done.out.count("Windows") == len(refused)


def test_a_lock_may_have_takes_of_a_shot_that_windows_refuses(tmp_path, wanflow):
    """They were made elsewhere, and their shot is removed: they have no file by name, and all else goes on."""
    (tmp_path / "sets").mkdir()
    Image.new("RGB", (1280, 720), "navy").save(tmp_path / "sets" / "sea.png")
    film = tmp_path / "wanflow.yaml"
    film.write_text(FILM.replace("  fog:", "  aux: {model: wan2.7-t2v, prompt: Rain.}\n  fog:"), encoding="utf-8")
    assert wanflow("run", "-q", "-f", str(film)).code == 0
    assert (tmp_path / "out" / "shots" / "aux.t1.mp4").is_file()
    shutil.rmtree(tmp_path / "out")
    for path in (each for each in (tmp_path / ".wanflow").rglob("*") if each.is_file()):
        path.chmod(0o644)  # as a copy there is
    film.write_text(FILM.replace("Fog comes up", "Fog rolls in"), encoding="utf-8")
    told = told_on_windows(tmp_path, [["run", "--yes"], ["gc", "--apply"]])["told"]
    assert [(done["code"], done["crash"]) for done in told] == [(0, ""), (0, "")], told
    assert {path.name for path in (tmp_path / "out" / "shots").iterdir()} == {"sea.t1.mp4", "fog.t2.mp4"}
    assert "aux" not in wanflow("takes", "--all", "-f", str(film)).out


def test_a_path_with_backslashes_is_kept_with_slashes(monkeypatch, tmp_path):
    """On Windows both are separators; elsewhere the first is an error whose hint is the second."""
    monkeypatch.setattr(scope, "Path", PureWindowsPath)
    base = BasePath(boundary.Boundary(tmp_path), "scenes")
    assert base._joined("..\\sets\\sea.png") == "sets/sea.png"
    assert base._joined("C:\\films\\sea.png") == "C:/films/sea.png"


def test_a_path_to_another_drive_is_whole(monkeypatch, tmp_path):
    """Windows has no way from one drive to another."""

    def no_way(*_: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    assert boundary.path_from(tmp_path / "a", tmp_path / "b" / "c") == "../b/c"
    monkeypatch.setattr(os.path, "relpath", no_way)
    assert boundary.path_from(tmp_path / "a", tmp_path / "b") == (tmp_path / "b").as_posix()


@pytest.mark.slow
def test_types_on_windows_have_every_name(tmp_path):
    """Mypy knows which names of the standard library Windows lacks, on every path of the code."""
    command = [sys.executable, "-m", "mypy", "--platform", "win32", "--no-warn-unused-ignores", "--cache-dir"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
