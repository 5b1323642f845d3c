"""The habits of the house that lint, types and import contracts can't see."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = sorted((ROOT / "wanflow").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FOLDERS = ("wanflow", "tests", "examples", "docs", "schemas", "pipelines", "benchmarks", ".ci")
MADE_HERE = {"__pycache__", "out", ".wanflow"}
TEXT = {".py", ".md", ".toml", ".yaml", ".json", ".txt", ""}

LATE = {"wanflow/cli/main.py", "wanflow/api/load.py", "wanflow/schemas.py", "wanflow/api/run.py"}
"""The files that may import where a thing is used instead of at their top."""

DRAWERS = re.compile(r"(utils?|helpers?|common|misc|shared|managers?|handlers?)$", re.IGNORECASE)
EMPTY_VERBS = re.compile(r"_*(get|do|process|handle)_")
OF_LIBRARIES = {"get_command", "handle_async_request"}

BEHIND_OTHERS = {"otio-cmx3600-adapter", "python-multipart"}
"""What a library asks for when it does what we use it for: starlette reads forms with it."""

NEEDS_NODE = ROOT / "tests" / "test_editor.py"
"""Says why it is skipped where there is no Node.js, which nothing else here needs."""


def named(file: Path) -> str:
    """A file's path in the checkout."""
    return file.relative_to(ROOT).as_posix()


def parsed(file: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def texts() -> Iterator[Path]:
    """Every text file that people wrote here."""
    inner = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*"))
    for file in (*ROOT.iterdir(), *inner):
        if file.is_file() and file.suffix in TEXT and not MADE_HERE & set(file.parts):
            yield file


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a syntax tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(tree: ast.AST) -> set[str]:
    """The top names of everything that a syntax tree imports."""
    plain = (alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    taken = (node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    return {name.split(".")[0] for name in (*plain, *taken)}


def declared() -> list[str]:
    """The names of the packages that wanflow says it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split(r"[<>=!~\[; ]", requirement)[0].lower() for requirement in project["dependencies"]]


def test_no_file_names_a_machine():
    """No file holds a path of somebody's machine or the address of a package registry."""
    homes = "work|root|home/[a-z]+|Users/[A-Za-z]+|opt|mnt"
    machine = re.compile(rf"(?<![\w.}}])/({homes})/[a-z]|/{'simple'}(/|\b)|index[-_]{'url'}")
    hits = [
        f"{named(file)}:{number}: {line.strip()}"
        for file in texts()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if machine.search(line)
    ]
    assert hits == []


def test_packages_have_empty_inits():
    """A package's `__init__` is empty; only wanflow's own re-exports."""
    inits = [file for file in (*PACKAGE, *TESTS) if file.name == "__init__.py"]
    assert [named(file) for file in inits if file.read_text(encoding="utf-8").strip()] == ["wanflow/__init__.py"]


def test_imports_stand_at_the_top():
    """Only the table of commands, the studio, the intake and the schemas import late."""
    punctual = [file for file in PACKAGE if named(file) not in LATE]
    late = [
        f"{named(file)}: {ast.unparse(node)}"
        for file in punctual
        for function in functions(parsed(file))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []
    assert [named(file) for file in punctual if "importlib" in imported(parsed(file))] == ["wanflow/__init__.py"]


def test_imports_are_not_hidden_from_the_contracts():
    """Imports for types alone, which the contracts don't see, are only in wanflow's `__init__` and the studio."""
    hidden = {named(file) for file in PACKAGE if "TYPE_CHECKING" in file.read_text(encoding="utf-8")}
    assert hidden <= {"wanflow/__init__.py", "wanflow/api/run.py"}


def test_names_say_what_things_are():
    """No module or class is a drawer, and no function has an empty verb."""
    modules = [named(file) for file in PACKAGE if DRAWERS.search(file.stem)]
    trees = [parsed(file) for file in PACKAGE]
    classes = [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    verbs = [function.name for tree in trees for function in functions(tree)]
    assert modules == []
    assert [name for name in classes if DRAWERS.search(name)] == []
    assert [name for name in verbs if EMPTY_VERBS.match(name) and name not in OF_LIBRARIES] == []


def test_time_passes_only_through_anyio():
    """Law 9: nothing sleeps on the machine's clock, and runner and providers know no other clock than anyio's."""
    sleepers = [
        named(file) for file in (*PACKAGE, *TESTS) if re.search(r"\btime\.sleep\(", file.read_text(encoding="utf-8"))
    ]
    timed = [file for file in PACKAGE if file.parent.name in {"runner", "providers", "dashscope", "animatic"}]
    assert [name for name in sleepers if name != named(Path(__file__))] == []
    assert [named(file) for file in timed if imported(parsed(file)) & {"time", "asyncio", "threading", "trio"}] == []


def test_what_is_needed_is_declared_and_used():
    """Each package that the code imports is declared, and each declared one is imported."""
    used = set().union(*(imported(parsed(file)) for file in PACKAGE)) - set(sys.stdlib_module_names) - {"wanflow"}
    distributions = packages_distributions()
    assert {distributions[name][0].lower().replace("_", "-") for name in used} == set(declared()) - BEHIND_OTHERS


def test_each_dependency_says_why():
    """Every requirement in pyproject.toml has its reason on its line."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert len(lists) == 2
    assert [line for block in lists for line in block.splitlines() if not re.search(r",\s+# \w.{10,}", line)] == []


def test_tests_say_what_they_test():
    """Each test has one line in plain words, and none is skipped, expected to fail or built on mocks."""
    tests = [(named(file), function) for file in TESTS for function in functions(parsed(file))]
    silent = [
        f"{name}: {test.name}" for name, test in tests if test.name.startswith("test_") and not ast.get_docstring(test)
    ]
    assert silent == []
    loose = re.compile(r"pytest\.(mark\.)?(skip|xfail)|unittest\.mock|mock\.patch")
    others = [file for file in TESTS if file not in {Path(__file__), NEEDS_NODE}]
    assert [named(file) for file in others if loose.search(file.read_text(encoding="utf-8"))] == []


def test_files_of_tests_have_names_of_their_own():
    """No two test files share a name, so that a failure's name says where it is."""
    names = sorted(file.name for file in TESTS if file.name.startswith("test_"))
    assert names == sorted(set(names))


def test_python_has_no_upper_bound():
    """What pyproject.toml asks for is every Python from 3.11 on."""
    house = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert house["project"]["requires-python"] == ">=3.11"
