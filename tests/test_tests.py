"""The habits of the tests themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FILES = tuple(sorted(TESTS.rglob("*.py")))
LOOSE = re.compile(r"pytest\.(mark\.)?(skip|xfail)|unittest\.mock|mock\.patch|\btime\.sleep")


def named(file: Path) -> str:
    """A file's path among the tests."""
    return file.relative_to(TESTS).as_posix()


def cases(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return (function for function in found if function.name.startswith("test_"))


def test_tests_say_what_they_test():
    """Each test has a line in plain words."""
    silent = [f"{named(file)}: {test.name}" for file in FILES for test in cases(file) if not ast.get_docstring(test)]
    assert silent == []


def test_tests_are_never_loose():
    """None is skipped or expected to fail, none sleeps, none puts a mock in the place of our own classes."""
    others = [file for file in FILES if file != Path(__file__).resolve()]
    assert [named(file) for file in others if LOOSE.search(file.read_text(encoding="utf-8"))] == []


def test_files_of_tests_have_names_of_their_own():
    """No two test files share a name, so that a failure's name says where it is."""
    names = [file.name for file in FILES if file.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
