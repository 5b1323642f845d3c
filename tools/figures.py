"""Measure the shape of Python code: `python tools/figures.py FOLDER...` prints a table with one row for each folder.

A folder is a package or a folder of packages, of this or of any other checkout; `--list` names the small helpers.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import networkx as nx

SMALL = 6
"""Maximum lines of a small helper."""

HEADINGS = ("folder", "files", "lines", "functions", "median", "p90", "helpers", "per 1,000 lines", "import tower")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one folder; `helpers` are the private functions of a few lines that are named once."""

    files: int
    lines: int
    lengths: tuple[int, ...]
    helpers: tuple[str, ...]
    tower: tuple[str, ...]

    @property
    def helpers_per_thousand(self) -> float:
        """Small helpers for each 1,000 lines."""
        return 1000 * len(self.helpers) / max(self.lines, 1)

    def row(self, name: str) -> tuple[str, ...]:
        """The figures as texts, in the order of the headings."""
        lengths = sorted(self.lengths) or [0]
        return (
            name,
            f"{self.files:,}",
            f"{self.lines:,}",
            f"{len(self.lengths):,}",
            f"{median(lengths):g}",
            str(lengths[int(len(lengths) * 0.9)]),
            str(len(self.helpers)),
            f"{self.helpers_per_thousand:.1f}",
            str(len(self.tower)),
        )


def measure(folder: Path) -> Figures:
    """The figures of all Python files below a folder; empty files do not count."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.py"))}
    trees = {file: ast.parse(text) for file, text in texts.items() if text.strip()}
    lengths, helpers = list[int](), list[str]()
    for file, tree in trees.items():
        named = Counter(_names(tree))
        for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
            length = _length(function)
            lengths.append(length)
            private = function.name.startswith("_") and not function.name.startswith("__")
            if private and length <= SMALL and named[function.name] == 1:
                helpers.append(f"{file}:{function.lineno} {function.name}")
    lines = sum(len(texts[file].splitlines()) for file in trees)
    return Figures(len(trees), lines, tuple(lengths), tuple(helpers), longest_tower(folder, trees))


def longest_tower(folder: Path, trees: dict[Path, ast.Module]) -> tuple[str, ...]:
    """The longest chain of modules in which each imports the next when it is loaded; a circle counts as one."""
    base = folder.parent if (folder / "__init__.py").exists() else folder
    modules = {".".join(file.relative_to(base).with_suffix("").parts).removesuffix(".__init__"): file for file in trees}
    graph = nx.DiGraph()
    graph.add_nodes_from(modules)
    for module, file in modules.items():
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        for name in _imported(trees[file].body, package):
            target = name if name in modules else name.rpartition(".")[0]
            if target in modules and target != module:
                graph.add_edge(module, target)
    circles = nx.condensation(graph)
    return tuple(min(circles.nodes[circle]["members"]) for circle in nx.dag_longest_path(circles))


def _length(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _imported(statements: list[ast.stmt], package: str) -> Iterator[str]:
    """The full names that statements import when a module is loaded."""
    for node in statements:
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                home = ".".join((*above, *([module] if module else [])))
                yield from (f"{home}.{alias.name}" for alias in names)
            case ast.If(ast.Name("TYPE_CHECKING")):
                continue
            case ast.If() | ast.Try() | ast.With():
                yield from _imported(node.body, package)


def main(arguments: list[str]) -> None:
    """Print the table for the folders that the arguments name."""
    folders = [Path(argument) for argument in arguments if not argument.startswith("--")] or [Path("wanflow")]
    print("|", " | ".join(HEADINGS), "|")
    print("|---" * len(HEADINGS) + "|")
    for folder in folders:
        figures = measure(folder)
        print("|", " | ".join(figures.row(folder.name)), "|")
        if "--list" in arguments:
            print(*(f"  {line}" for line in (*figures.helpers, "", *figures.tower)), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
