"""A model that nobody sells: a file beside the production, and everything knows it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Wanflow
from PIL import Image

import wanflow as api
from kit.clips import numbered_clip
from kit.film_checks import frames
from wanflow.emulator.api import rules
from wanflow.graph.recipe import fingerprint
from wanflow.media import probe
from wanflow.schemas import PRODUCTION, data_folder, load_schema

FILM = """\
wanflow: 1
models: [models/*.json]
region: virginia
cast:
  keeper: {image: sets/coast.png}
shots:
  talk: {model: dream-1, prompt: "${keeper} waves", size: 320*240, duration: 3}
cuts: {main: [talk]}
"""


def model_file(film: Path, raw: dict[str, Any]) -> None:
    """Write a model file beside a production."""
    folder = film.parent / "models"
    folder.mkdir()
    (folder / f"{raw['model']}.json").write_text(json.dumps(raw, indent="\t"), encoding="utf-8")


def shipped(model: str) -> dict[str, Any]:
    """The file of a model that ships, to change it."""
    raw: dict[str, Any] = json.loads((data_folder("schemas") / "models" / f"{model}.json").read_text(encoding="utf-8"))
    return raw


@pytest.fixture
def dream(film: Path) -> Path:
    """A production with one model more: its own names, places, pixels, lengths and prices."""
    raw = shipped("wan2.6-r2v-flash")
    raw |= {
        "model": "dream-1",
        "does": "dreams",
        "regions": ["virginia"],
        "identifiers": {"en": {"any": "hero {n}"}, "zh": {"any": "英雄{n}"}, "source": "service.md 2"},
        "sizes": {"240P": {"4:3": "320*240"}, "source": "service.md 2"},
        "parameters": {
            "size": {
                "type": "string",
                "values": ["320*240"],
                "default": "320*240",
                "since": 1,
                "about": "Pixels.",
                "source": "service.md 2",
            },
            "duration": {
                "about": "Seconds.",
                "type": "integer",
                "min": 3,
                "max": 4,
                "default": 3,
                "since": 1,
                "source": "service.md 2",
            },
        },
    }
    for rule in raw["media"].values():
        rule["field"] = "heroes"
    raw["prices"]["a_second"] = [{"region": "virginia", "tier": "240P", "amount": "0.01"}]
    model_file(film, raw)
    film.write_text(FILM, encoding="utf-8")
    return film


def test_it_is_listed_with_all_that_it_takes(wanflow: Wanflow, dream: Path) -> None:
    """`wanflow models` reads its file in the production's folder."""
    assert "dreams" in wanflow("models").out
    shown = wanflow("models", "dream-1").out
    assert all(words in shown for words in ("320*240", "3 to 4", "0.01", "virginia", "reference_image"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("duration: 5", "`duration` of `dream-1` is 3 to 4, not 5"),
        ("size: 1280*720", "`size` of `dream-1` is one of `320*240`, not `1280*720`"),
        ("audio: false", "`dream-1` has no parameter `audio`"),
        ("first_frame: sets/coast.png", "`dream-1` takes no `first_frame`"),
    ],
)
def test_its_rules_are_checked(wrong: str, message: str, wanflow: Wanflow, dream: Path) -> None:
    """By the one checker, on the author's desk."""
    key = wrong.partition(":")[0]
    kept = [part for part in ('prompt: "${keeper} waves"', "size: 320*240", "duration: 3") if not part.startswith(key)]
    shot = f"  talk: {{{', '.join(['model: dream-1', *kept, wrong])}}}\n"
    dream.write_text("".join(FILM.splitlines(keepends=True)[:6]) + shot, encoding="utf-8")
    said = wanflow("validate")
    assert (said.code, message in said.out) == (2, True), said.out


def test_it_is_rendered(wanflow: Wanflow, dream: Path) -> None:
    """Asked for in its own words, and answered by the emulator with its own pixels and length."""
    body = json.loads(wanflow("show", "talk", "--json").out)["body"]
    assert body["input"] == {"prompt": "hero 1 waves", "heroes": ["sets/coast.png"]}
    assert wanflow("run", "-q").code == 0
    facts = probe.probe(dream.parent / "out" / "shots" / "talk.t1.mp4")
    assert (facts.width, facts.height, facts.frames) == (320, 240, 90)
    text = FILM.replace("models: [models/*.json]\nregion: virginia\n", "").replace("dream-1", "wan2.7-r2v")
    dream.write_text(text.replace("size: 320*240, ", ""), encoding="utf-8")
    left = wanflow("takes")
    assert (left.code, "dream-1" in left.out) == (0, True), "the take outlives its model"


def test_it_is_refused_by_the_emulator_where_the_checker_would(dream: Path) -> None:
    """The other side of the wire reads the same file."""
    known = rules.read_catalog(api.load(dream).catalog.files)["dream-1"]
    assert known.settings["duration"].bounds(()) == (3, 4)
    assert set(known.lists) == {"heroes"}


SKETCH = """\
wanflow: 1
models: [models/sketch-1.json]
backend: {backend}
shots:
  boats:
    model: sketch-1
    first_frame: sets/coast.png
    style_image: sets/style.png
    prompt: Boats come in.
    resolution: 720P
    duration: 2
    mood: tense
cuts: {{main: [boats]}}
"""


@pytest.fixture
def sketched(film: Path) -> Path:
    """A production with a model whose file alone brings a media key and two parameters that no other model has."""
    raw = shipped("wan2.7-i2v")
    said = {"source": "service.md 2", "about": "How the picture feels."}
    style = {"role": "guide", "about": "A picture in the style that the film takes.", "max": 1}
    raw |= {"model": "sketch-1", "does": "draws in a style", "snapshots": []}
    raw["media"] = {**raw["media"], "style_image": {**style, "file": raw["media"]["first_frame"]["file"]}}
    raw["sets"] = [*raw["sets"], ["first_frame", "style_image"]]
    raw["parameters"] |= {
        "mood": {"type": "string", "values": ["calm", "tense"], "default": "calm", "since": 1, **said},
        "grain": {"type": "boolean", "default": False, "since": 2, **said},
    }
    raw["prices"]["a_second"] = [
        {"region": "beijing", "tier": "720P", "amount": amount, "mood": mood}
        for mood, amount in (("calm", "0.25"), ("tense", "0.5"))
    ]
    model_file(film, raw)
    Image.new("RGB", (400, 400), (250, 20, 20)).save(film.parent / "sets" / "style.png")
    film.write_text(SKETCH.format(backend="animatic"), encoding="utf-8")
    return film


def test_a_new_media_key_is_a_key_of_a_shot(wanflow: Wanflow, sketched: Path) -> None:
    """Editors, the list of models and `validate` know it from its file alone."""
    assert wanflow("validate").code == 0
    assert "style_image" in wanflow("models", "sketch-1").out
    schema = load_schema(PRODUCTION, api.load(sketched).catalog.files)
    assert schema["$defs"]["shot"]["properties"]["style_image"]["description"].startswith("A picture")


@pytest.mark.parametrize(
    ("written", "wrong", "words"),
    [
        ("style_image: sets", "style_imge: sets", "did you mean `style_image`?"),
        ("style_image: sets/style.png", "style_image: 5", "`style_image`"),
        ("style_image: sets/style.png", "style_image: sets/talk.mp4", "is a video, and `style_image` takes a picture"),
        ("model: sketch-1", "model: wan2.7-i2v", "`wan2.7-i2v` takes no `style_image`"),
        ("model: sketch-1", "model: wan2.7-i2v", "`wan2.7-i2v` has no parameter `mood`"),
        ("mood: tense", "mood: tens", "did you mean `tense`?"),
        ("mood: tense", "moood: tense", "did you mean `mood`?"),
        ("mood: tense", "grain: 1", "`grain`"),
    ],
)
def test_a_new_key_is_checked(written: str, wrong: str, words: str, wanflow: Wanflow, sketched: Path) -> None:
    """Its name, its file, its values, and that other models do not have it."""
    numbered_clip(sketched.parent / "sets" / "talk.mp4")
    sketched.write_text(sketched.read_text(encoding="utf-8").replace(written, wrong), encoding="utf-8")
    said = wanflow("validate")
    assert (said.code, words in said.out) == (2, True), said.out


def test_new_keys_are_priced_and_fingerprinted(sketched: Path) -> None:
    """A rate may depend on a new parameter; another value and another picture are another request, a default is not."""

    def fingerprint_and_price() -> tuple[str, Decimal | None]:
        plan = api.plan(api.load(sketched))
        (step,) = [step for step in plan.steps if step.node == "boats.t1"]
        return fingerprint(plan.recipes["boats"]), step.cost.amount

    text, found = SKETCH.format(backend="dashscope"), []
    for change in ("mood: tense", "mood: calm", "grain: false", "grain: true"):
        sketched.write_text(text.replace("mood: tense", change), encoding="utf-8")
        found.append(fingerprint_and_price())
    Image.new("RGB", (400, 400), (20, 20, 250)).save(sketched.parent / "sets" / "style.png")
    found.append(fingerprint_and_price())
    (tense, calm, default, grained, another_style), prices = zip(*found, strict=True)
    assert calm == default
    assert len({tense, calm, grained, another_style}) == 4
    assert prices == (Decimal("1.00"), *[Decimal("0.50")] * 4)


def test_new_keys_are_sent_and_drawn(wanflow: Wanflow, sketched: Path) -> None:
    """The emulator takes the picture and the parameter, and shows the picture in a corner of the film."""
    body = json.loads(wanflow("show", "boats", "--json").out)["body"]
    assert body["input"]["media"][1] == {"type": "style_image", "url": "sets/style.png"}
    assert body["parameters"]["mood"] == "tense"
    assert "grain" not in body["parameters"]
    assert wanflow("run", "-q").code == 0
    shown = frames(sketched.parent / "out" / "shots" / "boats.t1.mp4")[30]
    red, green, blue = shown.convert("RGB").getpixel((shown.width - 60, 60))  # type: ignore[misc]
    assert red > 150 > 2 * max(green, blue), "the style is at the upper right"
