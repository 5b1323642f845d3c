"""The habits of the house that no linter knows: one home per library, imports at the top, small files, plain names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wanflow"
FILES = tuple(sorted(PACKAGE.rglob("*.py")))
HOMES = {
    "networkx": {"graph/shotgraph.py"},
    "jsonschema": {"schemas.py"},
    "yaml": {"yamltext.py"},
    "rich": {"report/console.py"},
    "ffmpeg": {"media/cut.py", "media/extract.py"},
    "imageio_ffmpeg": {"media/tool.py"},
}
"""Where each library may be imported."""
IMPORT_LATE = {"cli/main.py", "studio.py", "__init__.py"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler"}
FILE_LINES = 340
FUNCTION_LINES = 30


def place(file: Path) -> str:
    """A file by its path in the package."""
    return file.relative_to(PACKAGE).as_posix()


def tree(file: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imported(inside: ast.AST) -> Iterator[str]:
    """The full names of the modules that code imports, at its top or inside of it."""
    for node in ast.walk(inside):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def functions(inside: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods included."""
    return (node for node in ast.walk(inside) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    """Nothing but its home imports a library, so that replacing it means changing that file."""
    users = {place(file) for file in FILES if library in {name.partition(".")[0] for name in imported(tree(file))}}
    assert users <= HOMES[library]


def test_imports_are_at_the_top() -> None:
    """Only the table of commands and the studio import late."""
    late = {
        f"{place(file)}:{function.lineno}"
        for file in FILES
        for function in functions(tree(file))
        if place(file) not in IMPORT_LATE and next(imported(function), None) is not None
    }
    assert late == set()


def test_names_are_summoned_only_where_imports_may_be_late() -> None:
    """`import_module` is a late import by another name."""
    users = {place(file) for file in FILES if "importlib" in set(imported(tree(file)))}
    assert users <= IMPORT_LATE


def test_packages_are_empty_at_their_door() -> None:
    """A package's `__init__` holds nothing; only wanflow's own passes names on."""
    doors = [file for file in FILES if file.name == "__init__.py" and file.parent != PACKAGE]
    assert [place(file) for file in doors if file.read_text(encoding="utf-8").strip()] == []


def test_nothing_hides_an_import_from_the_contracts() -> None:
    """Only wanflow's own `__init__` imports for the type checker alone."""
    hiding = {
        place(file)
        for file in FILES
        if any(isinstance(node, ast.Name) and node.id == "TYPE_CHECKING" for node in ast.walk(tree(file)))
    }
    assert hiding == {"__init__.py"}


def test_names_say_something() -> None:
    """No module and no class is called after the fact that it holds code."""
    modules = {place(file) for file in FILES if file.stem in VAGUE or file.parent.name in VAGUE}
    classes = {
        f"{place(file)}: {node.name}"
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef) and node.name.lower().endswith(tuple(VAGUE))
    }
    assert modules | classes == set()


def test_functions_are_verbs_of_the_domain() -> None:
    """No function is named after getting, doing, processing or handling."""
    vague = [
        f"{place(file)}: {function.name}"
        for file in FILES
        for function in functions(tree(file))
        if function.name.lstrip("_").startswith(("get_", "do_", "process_", "handle_"))
        and function.name != "get_command"  # click's own name
    ]
    assert vague == []


def test_files_and_functions_stay_small() -> None:
    """A file that outgrows a few screens is two concepts; a function that outgrows one is two functions."""
    long_files = [place(file) for file in FILES if len(file.read_text(encoding="utf-8").splitlines()) > FILE_LINES]
    long_functions = [
        f"{place(file)}: {function.name}"
        for file in FILES
        for function in functions(tree(file))
        if body_length(function) > FUNCTION_LINES
    ]
    assert (long_files, long_functions) == ([], [])


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body without its docstring."""
    first = function.body[1:] if ast.get_docstring(function) else function.body
    return (first[-1].end_lineno or 0) - first[0].lineno + 1 if first else 0


def test_nothing_names_a_machine() -> None:
    """No file of the package, the examples or the pages holds a path of the machine it was written on."""
    pages = [*FILES, *ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("examples/**/*.yaml"), ROOT / "Makefile"]
    machine = tuple(str(path) for path in (ROOT, Path.home()) if len(path.parts) > 2)
    assert [str(page) for page in pages if any(path in page.read_text(encoding="utf-8") for path in machine)] == []
