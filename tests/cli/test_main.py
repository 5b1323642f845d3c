"""The table of commands: names, help, version, completion, and what is not imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wanflow as package
from wanflow.cli.main import COMMANDS
from wanflow.store import fact_cache

LIGHT = ("httpx", "rich", "starlette", "ffmpeg", "av", "PIL", "networkx")
LIGHTER = (*LIGHT, "jsonschema", "anyio", "yaml", "filelock")
WORKING = (
    *("init", "validate", "plan", "run", "status", "why", "show", "list", "graph", "takes", "diff", "check", "play"),
    *("pick", "retake", "hold", "release", "review", "costs", "collect", "cancel", "resolve", "export", "report"),
    *("push", "pull", "gc", "models", "emulator", "mcp", "schema", "completion", "doctor"),
)
PROBE = """
import sys
from wanflow.cli.main import main
try:
    code = main(sys.argv[2:])
except SystemExit as end:
    code = end.code
print("imported:", *(name for name in sys.argv[1].split(",") if name in sys.modules))
print("code:", code)
"""


def probe(heavy: tuple[str, ...], *words: str, folder: Path | None = None) -> list[str]:
    """The last two lines of a fresh process: which of the heavy modules a command imported, and its exit code."""
    argv = [sys.executable, "-c", PROBE, ",".join(heavy), *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-2:]


def test_help_lists_the_commands_that_work_now_and_no_others(wanflow) -> None:
    """What later versions will have is not promised."""
    assert tuple(COMMANDS) == WORKING
    done = wanflow("--help")
    assert done.code == 0
    assert all(f"  {name} " in done.out for name in COMMANDS)
    assert wanflow("pick").code == 2


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_has_help_with_an_example(wanflow, verb: str) -> None:
    """`COMMAND --help` ends with a call that can be copied."""
    done = wanflow(verb, "--help")
    assert done.code == 0
    assert f"Example:\n    wanflow {verb}" in done.out


def test_version_is_the_package_s(wanflow) -> None:
    """`--version` says which wanflow answers."""
    assert wanflow("--version") == (0, f"wanflow {package.__version__}\n", "")


def test_a_mistyped_command_is_met_with_the_nearest(wanflow) -> None:
    """It is wrong usage, and the way out is named."""
    done = wanflow("valdate")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "validate" in done.err
    assert done.out == ""


def test_no_command_at_all_shows_the_help_and_is_wrong_usage(wanflow) -> None:
    """A script that forgot the verb must not go on."""
    done = wanflow()
    assert (done.code, done.out) == (2, "")
    assert "Commands:" in done.err


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_are_light(word: str) -> None:
    """They import no library of media, service, display, graph or schema."""
    assert probe(LIGHTER, word) == ["imported:", "code: 0"]


@pytest.mark.parametrize("verb", ["run", "plan", "status"])
def test_nothing_to_do_is_light(wanflow, rendered: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """What is up to date is said without any heavy library, once the picture was there for a while."""
    monkeypatch.setattr(fact_cache, "RACY_NS", 0)  # this copy's picture is too fresh to be kept in mind otherwise
    wanflow("plan")
    assert probe(LIGHT, verb, folder=rendered.parent) == ["imported:", "code: 0"]


def test_the_shell_completes_commands() -> None:
    """Completion offers the names that begin as what was typed, with what they do."""
    words = {"_WANFLOW_COMPLETE": "bash_complete", "COMP_WORDS": "wanflow va", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "wanflow"], env={**os.environ, **words}, capture_output=True, text=True, check=True
    )
    assert "validate" in done.stdout
    assert "status" not in done.stdout


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("plan", "--set", "light"), "`light` is not NAME=VALUE"),
        (("plan", "--set", "light＝x"), "`＝` is a full-width equals sign, write `=`"),
        (("run", "--jobs", "0"), "jobs"),
        (("plan", "--backend", "moon"), "moon"),
        (("plan", "--nope"), "--nope"),
        (("why",), "NODE"),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(wanflow, film: Path, words: tuple[str, ...], complaint: str) -> None:
    """The command and the way to its help, no usage dump."""
    done = wanflow(*words)
    assert (done.code, done.out) == (2, "")
    first, second = done.err.splitlines()
    assert first.startswith("error: ")
    assert complaint.lower() in first.lower()
    assert second == f"hint: `wanflow {words[0]} --help` shows what it takes"
