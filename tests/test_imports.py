"""What is imported for a command, and what is not: the time of a start is the time of its imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kit.clips import numbered_clip
from wanflow import start
from wanflow.cli.main import COMMANDS
from wanflow.cli.main import main as run_command

PROBE = """
import sys
bare = set(sys.modules)
from wanflow.start import main
code = main()
sys.stderr.write(" ".join(sorted(set(sys.modules) - bare)))
sys.exit(code)
"""
STARTS = {"__future__", "wanflow", "wanflow.display_language", "wanflow.help_pages", "wanflow.start"}

FILM = """\
wanflow: 1
vars: {boat: the boat}
shots:
  boat: {model: wan2.7-t2v, prompt: A little boat rocks on the swell., duration: 4}
  again: {model: wan2.7-t2v, prompt: "The sail of ${boat} fills.", duration: 4}
cuts:
  main: [boat, again]
"""
NOT_FOR_A_PLAN = {
    *(
        "anyio",
        "av",
        "bz2",
        "difflib",
        "ffmpeg",
        "filelock",
        "httpx",
        "jinja2",
        "jsonschema",
        "lzma",
        "networkx",
        "PIL",
    ),
    *("rapidfuzz", "rich", "shutil", "starlette", "subprocess", "tempfile"),
    *(
        "wanflow.cli.commands.run",
        "wanflow.cli.supervision",
        "wanflow.planner.consequence",
        "wanflow.planner.removable",
    ),
    *("wanflow.providers", "wanflow.report.show", "wanflow.store.gc", "wanflow.store.media_files"),
}
"""Modules that a plan without media to measure does not need."""

CUT = """\
wanflow: 1
cuts:
  main: [{file: one.mp4}, {file: two.mp4}]
"""
NOT_FOR_A_CUT = {
    *("fsspec", "httpx", "jinja2", "networkx", "pysubs2", "rich", "starlette", "uniseg"),
    *("wanflow.emulator", "wanflow.providers.dashscope", "wanflow.report.show", "wanflow.wiring"),
}
"""Modules that a run does not need which only writes cuts, without texts."""


def imported(*words: str, folder: Path, environ: dict[str, str]) -> tuple[set[str], str]:
    """The modules that a command imports, beside those of a bare Python, and what it prints."""
    argv = [sys.executable, "-c", PROBE, *words]
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, encoding="utf-8", check=True)
    return set(done.stderr.split()), done.stdout


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["-h"], ["run", "--help"], ["plan", "-h"]], ids=" ".join)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_version_and_help_import_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], language: str
) -> None:
    """Two modules of wanflow print them, and they are what click would have printed."""
    monkeypatch.setenv("WANFLOW_LANG", language)
    monkeypatch.setenv("COLUMNS", "100")
    environ = {"WANFLOW_LANG": language, "COLUMNS": "100", "PYTHONUTF8": "1"}
    modules, printed = imported(*words, folder=tmp_path, environ=environ)
    assert modules == STARTS
    assert run_command(words) == 0
    assert printed == capsys.readouterr().out


def test_a_plan_imports_nothing_that_only_other_commands_need(tmp_path: Path) -> None:
    """Of a film without media, which would have to be measured."""
    (tmp_path / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    environ = {"WANFLOW_STAMP": "off", "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONUTF8": "1"}
    modules, printed = imported("plan", folder=tmp_path, environ=environ)
    assert "boat" in printed
    assert "yaml" in modules
    assert modules & NOT_FOR_A_PLAN == set()


@pytest.mark.parametrize(("backend", "film"), [("animatic", "out/main.mp4"), ("dashscope", "out/dashscope/main.mp4")])
def test_a_run_that_only_writes_a_cut_imports_no_client(tmp_path: Path, backend: str, film: str) -> None:
    """It asks no service, and neither does it draw a text."""
    numbered_clip(tmp_path / "one.mp4", 4)
    numbered_clip(tmp_path / "two.mp4", 4, first=4)
    (tmp_path / "wanflow.yaml").write_text(CUT, encoding="utf-8")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONUTF8": "1"}
    modules, printed = imported("run", "--backend", backend, "-q", folder=tmp_path, environ=environ)
    assert printed == f"{film}\n"
    assert modules & NOT_FOR_A_CUT == set()


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (["--help"], {"COLUMNS": "60"}),
        (["--help"], {"COLUMNS": "wide"}),
        (["--help"], {"_WANFLOW_COMPLETE": "bash_source"}),
        (["plan", "film/*", "--help"], {}),
        (["nothing", "--help"], {}),
        (["--help", "run"], {}),
        (["# en wanflow", "-h"], {}),
        ([], {}),
    ],
    ids=str,
)
def test_click_answers_all_else(monkeypatch: pytest.MonkeyPatch, words: list[str], environ: dict[str, str]) -> None:
    """A narrow terminal, completion, and any other argument."""
    monkeypatch.setenv("COLUMNS", "80")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert start.known_text(words) is None


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_has_a_page_of_help(monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """In both languages."""
    monkeypatch.setenv("COLUMNS", "80")
    for language in ("en", "zh_CN"):
        monkeypatch.setenv("WANFLOW_LANG", language)
        text = start.known_text([verb, "--help"])
        assert text is not None
        assert f"wanflow {verb}" in text
