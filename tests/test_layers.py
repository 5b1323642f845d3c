"""Each import contract in pyproject.toml notices an import that it forbids; `make check` holds the contracts themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent

TRESPASSES = (
    ("Layers", "language/source.py", "wanflow.graph.node"),
    ("Planning is pure", "planner/price.py", "anyio"),
    ("The emulator is the other side", "emulator/api/tasks.py", "wanflow.store.take"),
    ("Of media the emulator has", "emulator/api/tasks.py", "wanflow.media.probe"),
    ("networkx", "cli/options.py", "networkx"),
    ("jsonschema", "cli/options.py", "jsonschema"),
    ("PyYAML", "cli/options.py", "yaml"),
    ("ffmpeg-python", "cli/options.py", "ffmpeg"),
    ("imageio-ffmpeg", "cli/options.py", "imageio_ffmpeg"),
    ("filelock", "cli/options.py", "filelock"),
    ("httpx", "cli/options.py", "httpx"),
    ("fsspec", "cli/options.py", "fsspec"),
    ("distributed", "cli/options.py", "distributed"),
    ("opentimelineio", "cli/options.py", "opentimelineio"),
    ("pysubs2", "cli/options.py", "pysubs2"),
    ("uniseg", "cli/options.py", "uniseg"),
    ("budoux", "cli/options.py", "budoux"),
    ("python-bidi", "cli/options.py", "bidi"),
    ("rapidfuzz", "cli/options.py", "rapidfuzz"),
    ("rich", "cli/options.py", "rich"),
    ("textual-image", "cli/options.py", "textual_image"),
    ("starlette", "cli/options.py", "starlette"),
    ("mcp", "cli/options.py", "mcp"),
    ("Jinja2", "cli/options.py", "jinja2"),
    ("The page knows of no run", "report/page/snapshot.py", "wanflow.runner.events"),
    ("Segments, captions and titles are pure", "media/picture/segment.py", "anyio"),
    ("Exports need no run", "report/export/otio.py", "wanflow.runner.events"),
    ("Law 9", "runner/scheduler.py", "time"),
)
"""The beginning of a contract's name, and an import that it forbids."""


def outcomes(folder: Path) -> dict[str, str]:
    """What import-linter says of each contract about the package in a folder: KEPT or BROKEN, by its name."""
    linter = Path(sys.executable).with_name("lint-imports")
    environ = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run([linter, "--no-cache"], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    ends = (line.partition(" (")[0].rpartition(" ") for line in done.stdout.splitlines())
    return {name: outcome for name, _, outcome in ends if outcome in {"KEPT", "BROKEN"}}


def contracts() -> list[str]:
    """The names of the contracts in pyproject.toml."""
    house = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in house["tool"]["importlinter"]["contracts"]]


@pytest.fixture(scope="module")
def trespassed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcomes for a copy of the package that breaks every contract once."""
    copy = tmp_path_factory.mktemp("trespass")
    shutil.copytree(ROOT / "wanflow", copy / "wanflow", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for _, file, module in TRESPASSES:
        with (copy / "wanflow" / file).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {module}\n")
    return outcomes(copy)


@pytest.mark.parametrize(("begin", "file", "module"), TRESPASSES, ids=lambda value: value.split()[0])
def test_a_forbidden_import_breaks_its_contract(trespassed, begin, file, module):
    """Each contract notices an import that it forbids."""
    broken = [name for name, outcome in trespassed.items() if outcome == "BROKEN"]
    assert any(name.startswith(begin) for name in broken), f"{file} may import {module}"


def test_the_page_has_the_layers_of_the_contract():
    """docs/architecture.md lists the layers as import-linter has them, from the top to the bottom."""
    house = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = [layer.split(" | ") for layer in house["tool"]["importlinter"]["contracts"][0]["layers"]]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("| layer | content |\n|---|---|\n")[2].partition("\n\n")[0]
    assert [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines()] == layers


def test_every_contract_is_tried():
    """A new contract gets an import that breaks it."""
    untried = [name for name in contracts() if not any(name.startswith(begin) for begin, _, _ in TRESPASSES)]
    assert untried == []


def test_no_modules_import_each_other_in_a_circle():
    """In a circle the first import decides which module is half loaded, so that some orders fail."""
    graph = grimp.build_graph("wanflow", exclude_type_checking_imports=True)
    edges = ((module, other) for module in graph.modules for other in graph.find_modules_directly_imported_by(module))
    circles = [sorted(circle) for circle in nx.strongly_connected_components(nx.DiGraph(edges)) if len(circle) > 1]
    assert circles == []
