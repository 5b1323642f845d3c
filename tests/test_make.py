"""`make` sets up what it needs once, with a Python that is fit, and says so where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

OF_OUTER_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}
"""What `make test` itself leaves in the environment."""

PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> calls.txt
echo "$0" >> places.txt
"""
FIT = """#!/bin/sh
case "$2" in
  venv)
    mkdir -p "$4/bin"
    for name in python wanflow ruff mypy complexipy lint-imports uv; do cp "$(dirname "$0")/program" "$4/bin/$name"; done;;
esac
"""
TOO_OLD = """#!/bin/sh
exit 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile, and Pythons that write down what they are asked instead of doing it."""
    folder = tmp_path / "a project"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    for name, text in {"program": PROGRAM, "fit": FIT, "old": TOO_OLD}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    return folder


def make(project: Path, target: str, *pythons: str) -> subprocess.CompletedProcess[str]:
    """Make a target with these Pythons as the only ones on the machine."""
    outer = {name: value for name, value in os.environ.items() if name not in OF_OUTER_MAKE}
    environ = {**outer, "PATH": f"{project.parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", target, f"PYTHON={' '.join(pythons)}"]
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)


def calls(project: Path) -> list[str]:
    """What was asked of the programs that make set up since the last look."""
    (project / "places.txt").unlink(missing_ok=True)
    told = project / "calls.txt"
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    told.unlink(missing_ok=True)
    return lines


def places(project: Path) -> set[str]:
    """The folders of the programs that were asked since the last look at the calls."""
    lines = (project / "places.txt").read_text(encoding="utf-8").splitlines()
    return {Path(line).parts[0] for line in lines}


def installs(lines: list[str]) -> int:
    """How many of the calls install something."""
    return sum("pip install" in line for line in lines)


def test_demo_sets_up_once(project):
    """The first `make demo` makes `.venv` with the first fit Python and installs into it; the second only runs."""
    first = make(project, "demo", "no-such-python", "old", "fit")
    assert first.returncode == 0, first.stderr
    assert first.stdout == ""
    asked = calls(project)
    assert installs(asked) == 1
    assert asked[-1] == "wanflow run --file examples/02-lighthouse/wanflow.yaml"
    second = make(project, "demo", "no-such-python")
    assert (second.returncode, second.stderr) == (0, "")
    assert calls(project) == asked[-1:]


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_new_requirements_are_installed(project, file):
    """A changed pyproject.toml or constraints.txt installs again, into the existing `.venv`."""
    make(project, "test", "fit")
    calls(project)
    later = (project / ".venv" / "development.stamp").stat().st_mtime + 10
    os.utime(project / file, (later, later))
    make(project, "test", "no-such-python")
    assert installs(calls(project)) == 2


@pytest.mark.parametrize("target", ["demo", "test", "test-slow", "check"])
def test_what_is_installed_is_constrained(project, target):
    """Every install for a person's own use takes the versions that were tested."""
    assert make(project, target, "fit").returncode == 0
    asked = [line for line in calls(project) if "pip install" in line]
    assert asked
    assert all(" --constraint constraints.txt " in line for line in asked)


def test_the_newest_versions_are_tested_apart(project):
    """`make test-newest` installs the newest versions each time, in a folder of its own, without the constraints."""
    make(project, "test", "fit")
    before = sorted((project / ".venv").rglob("*"))
    calls(project)
    for _ in range(2):
        done = make(project, "test-newest", "fit")
        assert done.returncode == 0, done.stderr
        assert places(project) == {".venv-newest"}
        asked = calls(project)
        assert installs(asked) == 2
        assert all("--upgrade " in line and "--constraint" not in line for line in asked if "pip install" in line)
        assert asked[-1].startswith("python -m pytest -m not slow and not constrained ")
    assert sorted((project / ".venv").rglob("*")) == before


def test_lock_gets_its_tool_itself(project):
    """`make lock` writes constraints.txt with uv, from a folder of its own, for all that pyproject.toml asks for."""
    assert make(project, "lock", "fit").returncode == 0
    assert places(project) == {".venv-lock"}
    *_, install, compiled = calls(project)
    assert install.endswith(" --upgrade uv")
    assert compiled.startswith("uv pip compile pyproject.toml ")
    for option in ("--all-extras", "--group dev", "--universal", "--python-version 3.11", "--upgrade"):
        assert option in compiled
    assert compiled.endswith(" --output-file constraints.txt")
    assert not (project / ".venv").exists()


def test_tests_need_more_than_the_demo(project):
    """`make test` after `make demo` adds what the tests need, once, and runs pytest."""
    make(project, "demo", "fit")
    calls(project)
    make(project, "test", "fit")
    asked = calls(project)
    assert installs(asked) == 1
    assert asked[-1].startswith("python -m pytest")
    make(project, "test", "fit")
    assert calls(project) == asked[-1:]


def test_a_machine_without_python_is_told(project):
    """Without a fit Python the message names the version that is needed, and nothing half made stays behind."""
    done = make(project, "demo", "no-such-python", "old")
    assert done.returncode != 0
    assert "wanflow needs Python 3.11 or newer" in done.stderr
    assert "hint: " in done.stderr
    assert not (project / ".venv").exists()


def test_clean_keeps_films(project):
    """`make clean` takes away what make set up, never what was rendered."""
    for target in ("demo", "test-newest", "lock"):
        make(project, target, "fit")
    film = project / "examples" / "02-lighthouse" / ".wanflow" / "takes" / "film.mp4"
    film.parent.mkdir(parents=True)
    film.touch()
    make(project, "clean")
    assert film.exists()
    assert not list(project.glob(".venv*"))
