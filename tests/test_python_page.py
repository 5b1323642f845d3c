"""`docs/python.md`: its code runs, and it names all that `import wanflow` promises."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import wanflow
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
