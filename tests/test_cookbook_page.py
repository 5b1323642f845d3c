"""The recipes of the cookbook are productions, and what they type does what they say."""

from __future__ import annotations

import re
import shutil
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image
from test_docs import CHECKOUT, execute

import wanflow
from kit.clips import click_sound, numbered_clip
from wanflow.errors import ExitCode

COOKBOOK = CHECKOUT / "docs" / "cookbook.md"
_RECIPE = re.compile(r"^## (.*?)\n.*?^```yaml\n(.*?)^```\n(?:\n```sh\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


class Recipe(NamedTuple):
    """A section of the page: its heading, its production, and the lines to type."""

    heading: str
    production: str
    typed: tuple[str, ...]


RECIPES = [
    Recipe(found[1], found[2], tuple(line.partition("  #")[0] for line in (found[3] or "").splitlines()))
    for found in _RECIPE.finditer(COOKBOOK.read_text(encoding="utf-8"))
]
RENDERED = [
    pytest.param(each, id=each.heading, marks=[pytest.mark.slow] if "wanflow run" in each.typed else [])
    for each in RECIPES
    if each.typed
]


def laid_out(recipe: Recipe, folder: Path) -> Path:
    """The production file in a folder, with pictures, clips and sounds of the names that it has."""
    for name in re.findall(r"\b(?:sets|cast|clips|music)/[\w.]+", recipe.production):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        match path.suffix:
            case ".png":
                Image.new("RGB", (1280, 720), "teal").save(path)
            case ".mp4":
                numbered_clip(path, 75, rate=25)
            case ".wav":
                click_sound(path, 48_000 * 4)
    file = folder / "wanflow.yaml"
    file.write_text(recipe.production, encoding="utf-8")
    return file


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.heading)
def test_each_recipe_is_a_production_that_can_be_planned(recipe: Recipe, tmp_path: Path) -> None:
    """Without a problem, and with a price of each paid step where there are any."""
    file = laid_out(recipe, tmp_path)
    assert wanflow.validate(file) == ()
    assert wanflow.plan(wanflow.load(file, backend="dashscope")).certain_cost > 0


def test_there_are_ten_and_the_page_has_no_other_block() -> None:
    """Each block of the page belongs to a recipe."""
    assert len(RECIPES) == 10
    assert COOKBOOK.read_text(encoding="utf-8").count("\n```\n") == sum(1 + bool(each.typed) for each in RECIPES)


@pytest.mark.parametrize("recipe", RENDERED)
def test_what_a_recipe_types_works(recipe: Recipe, tmp_path: Path) -> None:
    """Line by line; a run that waits for a pick ends with 3, and the page that people look at is not opened."""
    laid_out(recipe, tmp_path)
    scripts, ended = sysconfig.get_path("scripts"), []
    for line in recipe.typed:
        if line.strip() != "wanflow review":
            done = execute(["bash", "-c", line], tmp_path, path=scripts)
            ended.append(done.returncode)
            assert done.returncode in {ExitCode.DONE, ExitCode.STOPPED}, f"{line}: {done.stderr}"
    waits = "pick: wait" in recipe.production
    assert ended == [ExitCode.STOPPED if waits and not place else ExitCode.DONE for place in range(len(ended))]
    shutil.rmtree(tmp_path)
