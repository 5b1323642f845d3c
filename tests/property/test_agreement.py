"""The checker on the author's desk and the emulator on the other side of the wire say the same of a request.

They share the catalog's data and no code: what one of them gets wrong, the other one shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wanflow.emulator import judge
from wanflow.emulator.order import Rejected
from wanflow.emulator.rules import read_catalog
from wanflow.service.wire import MediaItem, request_body
from wanflow.spec.load import read
from wanflow.spec.problem import has_errors
from wanflow.spec.production import Shot

RULES = read_catalog()
FILES = {
    "first_frame": "a.png",
    "last_frame": "b.png",
    "first_clip": "c.mp4",
    "driving_audio": "d.wav",
    "video": "e.mp4",
}
REFERENCES = {"reference_image": "{image: f.png}", "reference_video": "{video: g.mp4}"}

Wish = Mapping[str, Any]
"""A request as somebody might ask for it: its model, how many media of each type, its parameters, its prompt."""

COUNTS = {"first_frame": 1, "last_frame": 1, "first_clip": 1, "driving_audio": 1, "video": 1}
PARAMETERS = {
    "resolution": st.sampled_from(["720P", "1080P", "480P", "4K"]),
    "ratio": st.sampled_from(["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"]),
    "duration": st.integers(-1, 17),
    "prompt_extend": st.booleans(),
    "watermark": st.booleans(),
    "seed": st.sampled_from([-1, 0, 7, 2**31 - 1, 2**31]),
    "audio_setting": st.sampled_from(["auto", "origin", "none"]),
}
"""Values within and beyond what any model takes."""


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    """Requests of one of the models, right and wrong, with parameters that it has."""
    model = draw(st.sampled_from(sorted(RULES)))
    kinds = [kind for kind in (*FILES, *REFERENCES) if kind in RULES[model].media or draw(st.integers(0, 9)) == 0]
    media = {kind: draw(st.integers(0, COUNTS.get(kind, 6))) for kind in kinds}
    known = [name for name in PARAMETERS if name in RULES[model].settings]
    chosen = draw(st.lists(st.sampled_from(known), unique=True, max_size=4))
    parameters = {name: draw(PARAMETERS[name]) for name in chosen}
    return {"model": model, "media": media, "parameters": parameters, "prompt": draw(st.sampled_from(["a sea", ""]))}


def production(wish: Wish) -> str:
    """The wish as an author writes it."""
    lines = ["wanflow: 1", "shots:", "  one:", f"    model: {wish['model']}"]
    lines += [f"    {kind}: {FILES[kind]}" for kind, count in wish["media"].items() if kind in FILES and count]
    listed = [REFERENCES[kind] for kind, count in wish["media"].items() if kind in REFERENCES for _ in range(count)]
    lines += [f"    references: [{', '.join(listed)}]"] if listed else []
    lines += [f"    {name}: {json.dumps(value)}" for name, value in wish["parameters"].items()]
    lines += [f"    prompt: {wish['prompt']}"] if wish["prompt"] else []
    return "\n".join(lines) + "\n"


def body(wish: Wish) -> dict[str, object]:
    """The wish as a client sends it that checks nothing."""
    alone = {kind: key for key, kind in RULES[wish["model"]].fields.items()}
    kinds = [kind for kind, count in wish["media"].items() for _ in range(count)]
    media = [{"type": kind, "url": f"https://host.example/{kind}"} for kind in kinds if kind not in alone]
    given = {"prompt": wish["prompt"]} if wish["prompt"] else {}
    given |= {alone[kind]: "https://host.example/x" for kind in kinds if kind in alone}
    return {"model": wish["model"], "input": {**given, "media": media}, "parameters": dict(wish["parameters"])}


def on_the_desk(wish: Wish) -> Shot | None:
    """The shot that the checker lets through, None where it finds an error."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "wanflow.yaml"
        file.write_text(production(wish), encoding="utf-8")
        found, problems = read(file)
    return None if found is None or has_errors(problems) else found.shots["one"]


def refusal(asked: Mapping[str, object]) -> str | None:
    """What the emulator says against a request, None where it takes it."""
    try:
        judge.judge(asked, RULES)
    except Rejected as no:
        return no.message
    return None


def stray(wish: Wish) -> bool:
    """Whether it has media that the service ignores in silence, which the checker refuses aloud (api.md 2.5)."""
    rules = RULES[wish["model"]]
    strange = [kind for kind, count in wish["media"].items() if count and kind not in rules.media]
    return len(rules.fields) == len(rules.media) and bool(strange)


@given(wishes())
@settings(deadline=None, max_examples=1500)
@example({"model": "wan2.7-r2v", "media": {"first_frame": 1}, "parameters": {}, "prompt": "a sea"})
@example(
    {
        "model": "wan2.7-r2v",
        "media": {"first_frame": 1, "reference_image": 1},
        "parameters": {"ratio": "21:9"},
        "prompt": "a sea",
    }
)
@example({"model": "wan2.7-videoedit", "media": {"video": 1}, "parameters": {"duration": 0}, "prompt": ""})
def test_what_the_checker_says_the_emulator_says(wish: Wish) -> None:
    """Accepted by both, or refused by both; and what the checker lets through is accepted as it will be sent."""
    if stray(wish):
        assert on_the_desk(wish) is None
        return
    shot, said = on_the_desk(wish), refusal(body(wish))
    assert (shot is None) is (said is not None), (said, production(wish))
    if shot is not None:
        alone = {kind: key for key, kind in RULES[wish["model"]].fields.items()}
        media = [MediaItem(item.type, "https://host.example/x", field=alone.get(item.type)) for item in shot.media]
        sent = request_body(
            shot.model,
            prompt=shot.prompt,
            negative_prompt=shot.negative_prompt,
            media=media,
            parameters=shot.parameters,
            seed=shot.seed,
        )
        assert refusal(sent.body) is None


@pytest.mark.parametrize("model", sorted(RULES))
def test_the_wishes_reach_both_answers(model: str) -> None:
    """A property that never meets an accepted request, or never a refused one, shows nothing."""
    good = {"i2v": {"first_frame": 1}, "r2v": {"reference_image": 2}, "videoedit": {"video": 1}, "t2v": {}}
    family = next(name for name in good if name in model)
    wish = {"model": model, "media": good[family], "parameters": {}, "prompt": "a sea"}
    assert on_the_desk(wish) is not None
    assert on_the_desk({**wish, "parameters": {"duration": 17}}) is None
