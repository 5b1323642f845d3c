"""constraints.txt against pyproject.toml and against what is installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent

Environment = dict[str, str]
"""Values of the environment markers, such as `python_version`."""


def environments(pythons: Iterable[str]) -> list[Environment]:
    """Marker values of each of these Pythons (`3.12`) on Linux and on macOS."""
    here = {name: str(value) for name, value in default_environment().items()}
    return [
        here
        | {"python_version": python, "python_full_version": f"{python}.0"}
        | {"sys_platform": platform, "platform_system": system}
        for python in pythons
        for platform, system in (("linux", "Linux"), ("darwin", "Darwin"))
    ]


def asked_for(pyproject: str) -> list[Requirement]:
    """All that a pyproject.toml asks for: dependencies, extras and dependency groups."""
    read = tomllib.loads(pyproject)
    project = read["project"]
    lists = (
        project["dependencies"],
        *project.get("optional-dependencies", {}).values(),
        *read.get("dependency-groups", {}).values(),
    )
    return [Requirement(line) for lines in lists for line in lines]


def constraints(text: str) -> list[Requirement]:
    """The lines of a constraints.txt without its comments."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def applicable(lines: Iterable[Requirement], environment: Environment | None = None) -> dict[str, list[Requirement]]:
    """The lines whose marker is true in an environment, otherwise in this Python, by the package's canonical name."""
    found: dict[str, list[Requirement]] = {}
    for line in lines:
        if line.marker is None or line.marker.evaluate(environment):
            found.setdefault(canonicalize_name(line.name), []).append(line)
    return found


def behind(wanted: Iterable[Requirement], written: Iterable[Requirement], environment: Environment) -> list[str]:
    """What an environment's constraints lack of what is wanted: a sentence for each package."""
    here = f"on Python {environment['python_version']} ({environment['sys_platform']})"
    chosen = applicable(written, environment)
    told = []
    for name, requirements in applicable(wanted, environment).items():
        exact = [pin.version for line in chosen.get(name, []) for pin in line.specifier if pin.operator == "=="]
        asked = ", ".join(sorted({f"`{line.name}{line.specifier}`" for line in requirements}))
        if len(exact) != 1:
            told.append(f"constraints.txt has {len(exact)} versions of {asked} {here}; run `make lock`")
        elif not all(line.specifier.contains(exact[0], prereleases=True) for line in requirements):
            told.append(f"constraints.txt has `{name}` {exact[0]}, not {asked}, {here}; run `make lock`")
    return told


def differing(written: Iterable[Requirement]) -> list[str]:
    """Where this Python has another version installed than the constraint: a sentence for each package."""
    told = []
    for name, (line, *_) in applicable(written).items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            told.append(f"`{name}`: constraints.txt has {line.specifier}, none is installed")
            continue
        if not line.specifier.contains(installed, prereleases=True):
            told.append(f"`{name}`: constraints.txt has {line.specifier}, {installed} is installed")
    return told
