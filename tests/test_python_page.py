"""`docs/python.md`: its code runs, and it names all that `import wanflow` promises."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import wanflow
from kit.project import write_production
from wanflow import api

PAGE = Path(__file__).resolve().parent.parent / "docs" / "python.md"
TYPES = {"ExitCode", "Outcome", "Plan", "Production", "WanflowError"}


def test_the_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks, one after the other in an empty folder, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 4
    exec(compile("\n".join(blocks), str(PAGE), "exec"), {"__name__": "page"})  # noqa: S102 - the page is ours


def test_every_promised_name_is_explained() -> None:
    """One row each, and no row for a name that is not promised."""
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == set(wanflow.__all__) - {"__version__"}


def test_wanflow_promises_what_the_api_has() -> None:
    """The functions are the same ones; only types are beside them."""
    assert set(wanflow.__all__) - {"__version__"} == set(api.__all__) | TYPES
    for name in api.__all__:
        assert getattr(wanflow, name) is getattr(api, name)


@pytest.mark.parametrize("name", api.__all__)
def test_every_function_is_typed_and_documented(name: str) -> None:
    """Each parameter and the result have a type, and the docstring says what it does."""
    function = getattr(api, name)
    signature = inspect.signature(function)
    assert inspect.getdoc(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


PAGE_OF_DATA = """
import sys
import wanflow

production = wanflow.load(sys.argv[1])
plan = wanflow.plan(production)
status, takes, notes = wanflow.status(plan), wanflow.takes(plan, removed=True), wanflow.notes(plan)
shown = [(wanflow.show(plan, row.shot).request, wanflow.why(plan, row.shot)) for row in status.shots]
costs = wanflow.costs(production).by("model")
print(len(shown), *sorted(name for name in sys.modules if name.startswith(("wanflow.report.text", "wanflow.cli"))))
"""


def test_a_page_needs_no_module_of_text(tmp_path: Path) -> None:
    """What it shows is data of the API: nothing that composes sentences or reads options is even imported."""
    done = subprocess.run(
        [sys.executable, "-c", PAGE_OF_DATA, write_production(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"
