"""Every package that wanflow needs is declared, used, and there for a reason."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def imported(tree: ast.AST) -> set[str]:
    """The top names of everything that a syntax tree imports."""
    plain = (alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    taken = (node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    return {name.partition(".")[0] for name in (*plain, *taken)}


def test_what_the_code_imports_is_what_is_declared():
    """Each package that the code imports is a dependency, and each dependency is imported."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "wanflow").rglob("*.py"))
    used = set().union(*map(imported, trees)) - set(sys.stdlib_module_names) - {"wanflow"}
    distributions = packages_distributions()
    declared = {re.split(r"[<>=]", line)[0].lower() for line in tomllib.loads(PYPROJECT)["project"]["dependencies"]}
    assert {distributions[name][0].lower() for name in used} == declared


def test_each_dependency_says_why():
    """Every requirement in pyproject.toml has its reason on its line."""
    lists = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", PYPROJECT, re.MULTILINE | re.DOTALL)
    assert len(lists) == 2
    assert [line for block in lists for line in block.splitlines() if not re.search(r",\s+# \w.{10,}", line)] == []


def test_python_has_no_upper_bound():
    """Wanflow installs on every Python from 3.11 on."""
    assert tomllib.loads(PYPROJECT)["project"]["requires-python"] == ">=3.11"
