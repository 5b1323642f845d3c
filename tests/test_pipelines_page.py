"""The page of the shipped pipelines, and the words at the top of each, say what they are and cost now."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from wanflow.language.load import read
from wanflow.language.pipeline import shipped
from wanflow.templates import starting_files, templates

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def writer() -> SimpleNamespace:
    """The script that writes the page."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "write_pipelines.py")))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_example_at_the_top_is_the_shot_of_the_template(name: str) -> None:
    """So it is tried wherever the template is."""
    comment = [
        line.removeprefix("#") for line in shipped()[name].read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    ]
    start, end = (
        comment.index(" Example:") + 1,
        next(n for n, line in enumerate(comment) if line.startswith(" List price")),
    )
    shown = yaml.safe_load("\n".join(comment[start:end]))
    shots = yaml.safe_load(templates()[name].read_text(encoding="utf-8"))["shots"]
    assert shown == {shot: written for shot, written in shots.items() if written.get("use") == name}


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_comment_at_the_top_names_the_pipeline_its_graph_and_its_price(writer: SimpleNamespace, name: str) -> None:
    """The price is that of the production that shows it, by the catalog of today."""
    text = shipped()[name].read_text(encoding="utf-8")
    paragraphs = writer.paragraphs(name)
    assert paragraphs[0].startswith(f"{name}: ")
    assert paragraphs[-1] == writer.show(name).price
    assert "──▶" in text
    assert "# Example:" in text


def test_the_list_of_looks_on_the_page_is_a_production(writer: SimpleNamespace, tmp_path: Path) -> None:
    """A matrix beside `use`, as it is shown."""
    for path, content in starting_files().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "wanflow.yaml").write_text(writer.HEAD.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    production, problems = read(tmp_path / "wanflow.yaml")
    assert problems == ()
    assert production is not None
    assert [item.name for item in production.cuts["looks"].items] == [
        f"painted/{look}/restyled" for look in ("watercolour", "ink-on-rice-paper", "oil-on-canvas")
    ]
