"""Commands whose readers leave: `wanflow run --json | head -1`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kit.clips import numbered_clip
from kit.project import call, clean, rewrite, write_production
from kit.run_processes import PAID, QUICK, WANFLOW, environ, running, until
from kit.served import playing
from wanflow import api

SENTENCE = "warning: stdout was closed; the work continues to its end"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film."""
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 60)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A production on the paid backend."""
    return write_production(tmp_path, PAID)


def takes(film: Path) -> list[str]:
    """The shots that have a take."""
    return sorted(api.inventory_of(api.load(film)).lock.shots)


@pytest.mark.parametrize(("prompt", "code", "kept"), [("a gull", 0, ["coast", "gull"]), ("forbidden", 1, ["coast"])])
def test_a_run_goes_on_without_its_reader(film: Path, clip: Path, prompt: str, code: int, kept: list[str]) -> None:
    """To its end, with its own exit code, one sentence about it, and nothing from Python."""
    rewrite(film, "prompt: a gull", f"prompt: {prompt}")
    with playing(clip) as service, running(film, service) as process:
        until(process, "step.started")
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read().splitlines()
        assert process.wait(timeout=60) == code
    assert takes(film) == kept
    assert said[0] == SENTENCE
    assert [line.partition(":")[0] for line in said] == [
        "warning",
        *(["done"] if code == 0 else ["not done", "failed"]),
    ]


def test_a_run_goes_on_where_nobody_reads_anything(film: Path, clip: Path) -> None:
    """`2>&1 | head -1`: nothing can be written then."""
    with (
        playing(clip) as service,
        subprocess.Popen(
            [*WANFLOW, "run", *QUICK],
            cwd=film.parent,
            env=clean(environ(service)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        until(process, "step.started")
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    assert takes(film) == ["coast", "gull"]


def unread(film: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that writes into a pipe without a reader."""
    end, pipe = os.pipe()
    os.close(end)
    try:
        return subprocess.run(
            [*WANFLOW, *words],
            cwd=film.parent,
            env=clean({}),
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(pipe)


@pytest.mark.parametrize("words", [("plan",), ("plan", "--json"), ("list",), ("show", "coast")])
def test_what_only_shows_something_ends_without_a_word(film: Path, words: tuple[str, ...]) -> None:
    """`wanflow plan | head -1`: whoever left does not want to hear more, and Python says nothing at exit."""
    said = unread(film, *words)
    assert (said.returncode, said.stderr) == (1, "")


def test_a_collect_without_a_reader_has_its_own_exit_code(film: Path) -> None:
    """Nothing is in flight: 0, though its last event can't be told."""
    said = unread(film, "collect", "--json")
    assert (said.returncode, SENTENCE in said.stderr) == (0, True)
    assert json.loads(call(film.parent, "collect", "--json").stdout)["exit_code"] == 0
