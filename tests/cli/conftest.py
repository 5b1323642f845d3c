"""Productions for the tests of the command line; what was rendered once is copied, never rendered again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kit.project import write_production
from wanflow.cli.main import main


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
