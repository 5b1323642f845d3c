"""What was tested is what is installed: constraints.txt, pyproject.toml and the installed packages agree."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

import pytest
from packaging.specifiers import SpecifierSet

from kit.constraints import ROOT, asked_for, behind, constraints, differing, environments

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
WRITTEN = (ROOT / "constraints.txt").read_text(encoding="utf-8")
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
HERE = environments(["3.12"])[0]

ASKS = """
[project]
dependencies = ["PyYAML>=6.0.2", "old-only>=1; python_version < '3.12'"]
[project.optional-dependencies]
s3 = ["s3fs>=2024.6"]
[dependency-groups]
dev = ["moto[server]>=5"]
"""
FITS = "pyyaml==6.0.4\n    # via wanflow (pyproject.toml)\ns3fs==2026.9.0\nmoto==5.2.5\n"


@pytest.mark.parametrize(
    "environment", environments(SUPPORTED), ids=lambda here: f"{here['python_version']}-{here['sys_platform']}"
)
def test_every_requirement_has_one_constraint_that_fits(environment):
    """On each supported Python and platform, for run time, extras and development."""
    assert behind(asked_for(PYPROJECT), constraints(WRITTEN), environment) == []


def test_the_supported_pythons_are_those_of_pyproject():
    """The oldest one here is the oldest that pyproject.toml admits."""
    admitted = SpecifierSet(tomllib.loads(PYPROJECT)["project"]["requires-python"])
    assert all(python in admitted for python in SUPPORTED)
    assert "3.10" not in admitted


@pytest.mark.constrained
def test_what_is_installed_is_what_the_constraints_say():
    """A test's verdict is about the versions that `make demo` installs."""
    told = differing(constraints(WRITTEN))
    way_out = "`make test` installs what constraints.txt says; `make lock` writes the newest versions to it"
    assert told == [], "\n".join((*told, way_out))


def test_the_constraints_name_neither_an_address_nor_a_machine():
    """They install from whichever package index a person uses."""
    assert re.findall(r".*(?:://|--|@| /|[A-Za-z]:\\).*", WRITTEN) == []


def test_a_constraint_has_no_extras():
    """Pip refuses a constraints file with extras."""
    assert [str(line) for line in constraints(WRITTEN) if line.extras] == []


def test_constraints_that_fit_are_not_told():
    """Names are compared as package indexes do; markers and extras are heeded."""
    assert behind(asked_for(ASKS), constraints(FITS), HERE) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            FITS.replace("6.0.4", "6.0.1"),
            "constraints.txt has `pyyaml` 6.0.1, not `PyYAML>=6.0.2`, on Python 3.12 (linux); run `make lock`",
        ),
        (
            FITS.replace("moto==5.2.5\n", ""),
            "constraints.txt has 0 versions of `moto>=5` on Python 3.12 (linux); run `make lock`",
        ),
        (
            FITS.replace("s3fs==2026.9.0", "s3fs==2026.9.0 ; python_version < '3.12'"),
            "constraints.txt has 0 versions of `s3fs>=2024.6` on Python 3.12 (linux); run `make lock`",
        ),
        (
            FITS + "moto==5.2.4 ; python_version >= '3.12'\n",
            "constraints.txt has 2 versions of `moto>=5` on Python 3.12 (linux); run `make lock`",
        ),
        (
            FITS.replace("s3fs==", "s3fs>="),
            "constraints.txt has 0 versions of `s3fs>=2024.6` on Python 3.12 (linux); run `make lock`",
        ),
    ],
    ids=["too old", "missing", "for another Python", "two at once", "not exact"],
)
def test_a_constraint_that_is_behind_is_told_by_name(written, told):
    """With what pyproject.toml asks for, where, and the way out."""
    assert behind(asked_for(ASKS), constraints(written), HERE) == [told]


def test_another_version_than_the_constraint_is_told_by_name():
    """Also a package that is not installed; one for another Python is not missed."""
    here = version("packaging")
    written = "packaging==1.0\nno-such-package==2\nfor-others==3 ; python_version < '3'\n"
    assert differing(constraints(written)) == [
        f"`packaging`: constraints.txt has ==1.0, {here} is installed",
        "`no-such-package`: constraints.txt has ==2, none is installed",
    ]
    assert differing(constraints(f"packaging=={here}\n")) == []
