"""Productions for the tests of the command line; what was rendered once is copied, never rendered again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from kit.clips import numbered_clip
from kit.project import write_production
from kit.served import OPEN_TERMS, Served, playing
from kit.split_production import write_split_production
from wanflow.cli.main import main
from wanflow.emulator.api.endpoint import AccountTerms
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE


class Done(NamedTuple):
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


Wanflow = Callable[..., Done]


@pytest.fixture
def wanflow(capsys: pytest.CaptureFixture[str]) -> Wanflow:
    """The command line in this process, in the current folder."""

    def call(*words: str) -> Done:
        capsys.readouterr()
        code = main(words)
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside overrides a production."""
    for name in ("WANFLOW_REGION", "WANFLOW_FFMPEG", "WANFLOW_DEBUG", "DASHSCOPE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def film(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a production that was never run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return write_production(tmp_path)


@pytest.fixture(scope="session")
def premiere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production that was run once to its end; not to be changed."""
    folder = tmp_path_factory.mktemp("premiere")
    assert main(["run", "-q", "-f", str(write_production(folder))]) == 0
    return folder


@pytest.fixture
def rendered(alone: None, premiere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a production that was run to its end, in the current folder, to do with as one likes."""
    folder = tmp_path / "film"
    shutil.copytree(premiere, folder)
    monkeypatch.chdir(folder)
    return folder / "wanflow.yaml"


RUN = ("run", "--yes", "--poll-interval", "0.05")
"""A run that pays without asking, and looks often."""


@contextmanager
def paid_production(
    film: Path,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    frames: int = 60,
    held: bool = False,
    terms: AccountTerms = OPEN_TERMS,
) -> Iterator[Served]:
    """A quick service whose films have this many frames, perhaps `held`, and a production that is paid for there."""
    film.write_text(text, encoding="utf-8")
    monkeypatch.setenv(KEY_VARIABLE, "sk-animatic")
    with playing(numbered_clip(film.parent / "made.mp4", frames, (320, 240)), terms, held=held) as running:
        monkeypatch.setenv(BASE_VARIABLE, running.base_url)
        yield running


def bought(service: Served) -> int:
    """How many takes were submitted so far."""
    return len(service.calls("POST", "video-synthesis"))


def rewrite(old: str, new: str) -> None:
    """Edit the production in the current folder."""
    file = Path("wanflow.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def opening_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production in several files, run once to its end; not to be changed."""
    folder = tmp_path_factory.mktemp("opening")
    assert main(["run", "-q", "-f", str(write_split_production(folder))]) == 0
    return folder


@pytest.fixture
def harbour(alone: None, opening_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to do with as one likes, in the current folder."""
    shutil.copytree(opening_night, tmp_path / "film")
    monkeypatch.chdir(tmp_path / "film")
    return tmp_path / "film"


@pytest.fixture
def unrun(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same production before its first run, in the current folder."""
    write_split_production(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(wanflow: Wanflow, node: str, *words: str) -> dict[str, object]:
    """The values of a node, by key."""
    said = wanflow("show", node, "--json", *words)
    assert said.code == 0, said.err
    return {row["key"]: row["value"] for row in json.loads(said.out)["request"]}


def listed(wanflow: Wanflow, *words: str) -> list[str]:
    """The takes that a selector means."""
    said = wanflow("list", *words)
    assert said.code == 0, said.err
    return [line for line in said.out.split() if ".t" in line]
