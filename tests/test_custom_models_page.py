"""The page that builds a model file: its file loads, its production renders, its bodies are those of the vendor."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from test_docs import CHECKOUT, CHINESE, blocks, in_checkout

import wanflow
from wanflow.media import probe
from wanflow.providers.dashscope import wire
from wanflow.providers.protocol import request_with

PAGE = CHECKOUT / "docs" / "custom-models.md"
PAGES = [pytest.param(page, id=in_checkout(page)) for page in (PAGE, CHINESE[PAGE])]
OMNI = "kling/kling-v3-omni-video-generation"


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Path:
    """A version of the page."""
    found: Path = request.param
    return found


def written(page: Path, folder: Path) -> Path:
    """The files of the page and its pictures in a folder; gives the production file."""
    model, film, _ = (block.text for block in blocks(page))
    (folder / "models").mkdir()
    (folder / "models" / "kling.json").write_text(model, encoding="utf-8")
    (folder / "wanflow.yaml").write_text(film, encoding="utf-8")
    for name in ("door", "night", "keeper"):
        Image.new("RGB", (640, 360), (40, 90, 160)).save(folder / f"{name}.png")
    return folder / "wanflow.yaml"


def test_the_file_of_the_page_is_a_model(page: Path, tmp_path: Path) -> None:
    """Without a problem; each shot has the price of its mode."""
    film = wanflow.load(written(page, tmp_path), backend="dashscope")
    assert film.warnings == ()
    costs = {step.node: step.cost.amount for step in wanflow.plan(film).steps if step.take}
    assert costs == {"storm.t1": Decimal("3.0"), "door.t1": Decimal("3.0"), "talk.t1": Decimal("4.8")}


def test_the_body_of_the_page_is_the_one_that_is_shown(page: Path, tmp_path: Path) -> None:
    """`wanflow show door` prints it; nothing beside a first frame says the ratio."""
    film = wanflow.load(written(page, tmp_path), backend="dashscope")
    shown = wanflow.show(wanflow.plan(film), "door").to_json()
    assert shown["body"] == json.loads([block.text for block in blocks(page)][2])


VENDOR: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "storm": (
        {},
        {
            "model": OMNI,
            "input": {"prompt": "A storm over the lighthouse."},
            "parameters": {"mode": "std", "aspect_ratio": "16:9", "duration": 5, "audio": False, "watermark": True},
        },
    ),
    "door": (
        {"first_frame": "https://h/a.png", "last_frame": "https://h/b.png"},
        {
            "model": OMNI,
            "input": {
                "prompt": "The door opens, and it is night.",
                "media": [
                    {"type": "first_frame", "url": "https://h/a.png"},
                    {"type": "last_frame", "url": "https://h/b.png"},
                ],
            },
            "parameters": {"mode": "std", "duration": 5, "audio": False, "watermark": True},
        },
    ),
}
"""The examples of the vendor's page, words from text and from first and last frame, with our words and addresses."""


@pytest.mark.parametrize("shot", VENDOR)
def test_a_body_has_the_keys_of_the_vendors_example(shot: str, tmp_path: Path) -> None:
    """Key by key, and nothing else."""
    film, (addresses, expected) = wanflow.load(written(PAGE, tmp_path)), VENDOR[shot]
    assert wire.request_json(request_with(film.shots[shot], None, addresses)) == expected


def test_the_animatic_draws_the_models_films(tmp_path: Path) -> None:
    """By the emulator, from the same file: a ratio and a tier under names of the vendor."""
    film = written(PAGE, tmp_path)
    text = film.read_text(encoding="utf-8").replace(
        "lighthouse.", "lighthouse.\n    aspect_ratio: '9:16'\n    duration: 3"
    )
    film.write_text(text.replace("duration: 8", "duration: 3"), encoding="utf-8")
    production = wanflow.load(film)
    assert anyio.run(wanflow.run, wanflow.plan(production)).exit_code == 0
    takes = {shot: probe.probe(film.parent / "out" / "shots" / f"{shot}.t1.mp4") for shot in production.shots}
    assert {shot: facts.frames for shot, facts in takes.items()} == {"storm": 90, "door": 150, "talk": 90}
    assert takes["storm"].height > takes["storm"].width == 720 // 16 * 16
