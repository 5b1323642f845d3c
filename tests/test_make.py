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
"""
FIT = """#!/bin/sh
case "$2" in
  venv) mkdir -p .venv/bin; for name in python wanflow; do cp "$(dirname "$0")/program" .venv/bin/$name; done;;
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
    for name in ("Makefile", "pyproject.toml"):
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
    """What was asked of the programs in `.venv` since the last look."""
    told = project / "calls.txt"
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    told.unlink(missing_ok=True)
    return lines


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


def test_new_requirements_are_installed(project):
    """A changed pyproject.toml installs again, into the `.venv` that is there."""
    make(project, "demo", "fit")
    calls(project)
    later = (project / ".venv" / "run-time.stamp").stat().st_mtime + 10
    os.utime(project / "pyproject.toml", (later, later))
    make(project, "demo", "no-such-python")
    assert installs(calls(project)) == 1


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
    make(project, "demo", "fit")
    film = project / "examples" / "02-lighthouse" / ".wanflow" / "takes" / "film.mp4"
    film.parent.mkdir(parents=True)
    film.touch()
    make(project, "clean")
    assert film.exists()
    assert not (project / ".venv").exists()
