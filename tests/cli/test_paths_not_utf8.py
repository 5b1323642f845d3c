"""Folders and files whose names are not UTF-8: every command works there, or says what is wrong."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from kit.project import write_production
from wanflow.cli.main import main

BAD = os.fsdecode(b"b\xff\xfe")
FILE = os.fsdecode(b"f\xff.yaml")
PLAN = os.fsdecode(b"p\xff.json")
TEXT = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
include: ["part*.yaml"]
vars: {light: dawn}
shots:
  a: {first_frame: sets/coast.png, duration: 3, prompt: "x ${light}"}
  c: {first_clip: {shot: a, tail: 2}, duration: 4, prompt: z}
cuts:
  main: {items: [a, {title: t, duration: 1}, b, c], subtitles: more.srt}
"""
PART = "shots: {b: {first_frame: sets/coast.png, prompt: y}}\n"
CUES = "1\n00:00:00,000 --> 00:00:01,000\nhello\n"


@pytest.fixture(scope="module")
def premiere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with such a name whose production was run: a chain, a title, subtitles and an include by a pattern."""
    folder = tmp_path_factory.mktemp("films") / BAD
    folder.mkdir()
    file = write_production(folder, TEXT)
    (folder / os.fsdecode(b"part\xff.yaml")).write_text(PART, encoding="utf-8")
    (folder / "more.srt").write_text(CUES, encoding="utf-8")
    shutil.copyfile(file, folder / FILE)
    assert main(["run", "-q", "-f", str(file)]) == 0
    return folder


@pytest.fixture
def films(alone: None, premiere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in the current folder."""
    shutil.copytree(premiere, tmp_path / BAD)
    monkeypatch.chdir(tmp_path / BAD)
    monkeypatch.setenv("WANFLOW_REMOTE", str(tmp_path / f"remote{BAD}"))
    return tmp_path / BAD


COMMANDS = [
    *("validate", "validate --format json", "validate --format github", "plan", "plan --json", f"plan -o {PLAN}"),
    *(
        f"run --plan {PLAN}",
        "run --json",
        "status",
        "status --json",
        "takes",
        "takes a --json",
        "show a --json",
        "check --json",
    ),
    *("show cut:main", "why a", "list", "graph", "graph --format dot", "costs --json", "doctor", "gc", "gc --yes"),
    *("pick a t1", "hold a", "release a", "doctor --repair", "collect", "push", "pull", "cancel a", "retake b"),
    *("run", f"-f {FILE} validate", f"plan -f {FILE} --json", f"run -f {FILE}", f"init {BAD}"),
    *("export main", "export main --format edl", "export main --format fcp7", f"export main -o ../{BAD}.otio"),
]


def test_every_command_works_there(wanflow, films: Path) -> None:  # type: ignore[no-untyped-def]
    """With names of plans, productions, remotes and exports as well; its JSON can be read."""
    failed = []
    for command in COMMANDS:
        said = wanflow(*command.split())
        failed += [f"{command}: {said.code} {said.err}"] if said.code else []
        if "json" in command and "-o" not in command and "run" not in command:
            json.loads(said.out)
    assert failed == []


@pytest.mark.parametrize("kind", ["otio", "fcp7"])
def test_an_exported_address_has_the_bytes_of_the_path(wanflow, films: Path, kind: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Percent-encoded, so that the editing suite finds the file."""
    said = wanflow("export", "main", "--format", kind, "-o", str(tmp_path / "cut"))
    assert said.code == 0, said.err
    assert os.fsencode(BAD) in unquote_to_bytes((tmp_path / "cut").read_text(encoding="utf-8"))


WRONG = [
    *(f"plan --set light={BAD}", f"run --set light={BAD}", f"show {BAD}", f"pick {BAD} 1", BAD, f"models {BAD}"),
    *(f"-f {BAD}/x.yaml plan", f"plan --root ../no{BAD}", f"plan --prices {BAD}", f"run --plan no{BAD}"),
    *(f"emulator --faults {BAD}", f"emulator --host {BAD}"),
]


def test_what_is_wrong_with_such_a_word_is_said(wanflow, films: Path) -> None:  # type: ignore[no-untyped-def]
    """With 2 and words that can be printed."""
    for command in WRONG:
        said = wanflow(*command.split())
        assert (command, said.code) == (command, 2)
        (said.out + said.err).encode()
        assert said.err


def test_a_folder_for_temporary_files_may_have_such_a_name(  # type: ignore[no-untyped-def]
    wanflow, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Titles and films are drawn there."""
    (place := tmp_path / f"tmp{BAD}").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    shutil.rmtree(films / ".wanflow")
    assert wanflow("run", "-q", "a").code == 0
