"""How takes and nodes are called is spelled in one place each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import wanflow
from wanflow.graph.node import asset_id, asset_name, cut_id, cut_name, is_cut
from wanflow.language.output_paths import results_folder
from wanflow.language.source import FileSource
from wanflow.store.take_names import parse_take_node, take_file, take_node

PACKAGE = Path(wanflow.__file__).parent
HOMES = {"graph/node.py", "store/take_names.py", "language/production.py"}


def test_a_take_has_a_node_and_a_file() -> None:
    """Both say shot and number; the file also says what it is."""
    assert take_node("harbour/talk", 2) == "harbour/talk.t2"
    assert parse_take_node("harbour/talk.t2") == ("harbour/talk", 2)
    assert [parse_take_node(text) for text in ("talk", "talk.t0", "talk.t٢", ".t1")] == [None] * 4
    assert take_file("out", "harbour/talk", 2, ".png") == "out/shots/harbour/talk.t2.png"


def test_vertex_ids_give_their_names_back() -> None:
    """Of a cut and of an asset; a shot is its own id."""
    assert (cut_name(cut_id("main")), asset_name(asset_id(FileSource("sets/a.png")))) == ("main", "sets/a.png")
    assert (cut_name("talk"), asset_name("talk"), is_cut("talk"), is_cut("cut:main")) == ("talk", "talk", False, True)


def test_another_backend_has_a_folder_in_the_folder_of_results() -> None:
    """The production's own backend has the folder itself."""
    assert [results_folder(None, "a"), results_folder("a", "a"), results_folder("b", "a")] == ["out", "out", "out/b"]


def test_no_other_module_spells_a_path_of_takes_or_a_node_id() -> None:
    """Elsewhere no text is built, cut or compared by the parts of such a name."""
    found = [
        f"{file.relative_to(PACKAGE).as_posix()}:{line}: {text!r}"
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).as_posix() not in HOMES
        for line, text in _spelled(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert found == []


def _spelled(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                for part, following in zip(values, [*values[1:], None], strict=True):
                    if isinstance(part, ast.Constant) and following is not None and _is_part(str(part.value)):
                        yield node.lineno, str(part.value)
            case ast.Call(
                func=ast.Attribute(attr="removeprefix" | "startswith" | "partition"), args=[ast.Constant(value)]
            ):
                if value in {"cut:", "asset:", "out/"}:
                    yield node.lineno, str(value)
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value="out" | "shots" as value)):
                yield node.lineno, value


def _is_part(text: str) -> bool:
    """Whether a text that a value follows begins the id of a vertex, the number of a take, or the path of either."""
    return text.endswith((".t", "out/", "shots/")) or text in {"cut:", "asset:"}
