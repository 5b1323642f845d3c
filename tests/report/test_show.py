"""A node as it will be requested."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from kit import films
from wanflow.language.source import FileSource, Frame, Head, ShotSource, Sound, Source, Span, Tail, UrlSource
from wanflow.providers.dashscope.wire import request_json
from wanflow.report.show import NodeDetails, request_of, rows_of, source_text
from wanflow.report.text.node import show_text
from wanflow.yamldoc.nodes import Place, TextNode

PLAN = films.plan(films.LIGHTHOUSE)


def test_every_value_has_its_origin() -> None:
    """Values that are written name their file and line; values that nobody wrote are the model's defaults."""
    coast = replace(films.COAST, origins={"prompt": TextNode("", "", Place("wanflow.yaml", 9, 5))})
    plan = films.plan(films.production(coast))
    rows = {row.key: row.to_json() for row in rows_of(plan.graph.vertex("coast"), plan.graph.production)}
    assert rows["prompt"] == {"key": "prompt", "value": "coast at dawn", "origin": "wanflow.yaml:9:5"}
    assert rows["resolution"]["origin"] is None
    assert rows["first_frame"]["value"] == "sets/coast.png"


def test_pieces_and_cuts_can_be_shown() -> None:
    """An extract says what it is cut from, a cut its items in order."""
    piece = {row.key: row.value for row in rows_of(PLAN.graph.vertex("approach.first_clip"), films.LIGHTHOUSE)}
    assert piece == {"from": "coast", "piece": "tail 2 s", "for": "approach"}
    cut = [row.value for row in rows_of(PLAN.graph.vertex("cut:main"), films.LIGHTHOUSE)]
    assert cut == ["out/main.mp4", "shot coast", "shot approach", "bars", "draft", "metadata"]


def test_seed_is_part_of_a_take() -> None:
    """A take's seed is shown as far as it is known."""
    rows = rows_of(PLAN.graph.vertex("coast"), films.LIGHTHOUSE)
    step = films.step(PLAN, "coast.t1")
    details = NodeDetails("coast", rows, (step,), model=films.COAST.rules)
    assert show_text(details).splitlines()[-1].split() == ["seed", "of", "take", "1", str(step.seed)]
    assert details.to_json()["takes"] == [{"take": 1, "seed": step.seed}]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (FileSource("a.mp4", Head(Decimal("1.5"))), "a.mp4, head 1.5 s"),
        (ShotSource("coast", Tail(Decimal(2))), "shot coast, tail 2 s"),
        (ShotSource("coast", Span(Decimal(1), None)), "shot coast, from 1 s"),
        (ShotSource("coast", Span(Decimal(1), Decimal("3.5"))), "shot coast, from 1 s to 3.5 s"),
        (ShotSource("coast", Frame("last")), "shot coast, last frame"),
        (ShotSource("coast", Frame(Decimal("2.5"))), "shot coast, frame at 2.5 s"),
        (ShotSource("coast", Sound()), "shot coast, sound"),
        (UrlSource("https://me:word@host/a.png?Signature=abc"), "https://host/a.png?…"),
    ],
)
def test_sources_in_words(source: Source, text: str) -> None:
    """Every form of a source reads like the YAML; a signature or a password in an address is never printed."""
    assert source_text(source) == text


def test_the_request_is_shown_as_it_is_sent() -> None:
    """The vendor's own keys, identifiers in the prompt, the first take's seed; nothing that a terminal would act on."""
    shot = replace(films.COAST, prompt="coast\x9b2J at dawn")
    plan = films.plan(films.production(shot))
    steps = [films.step(plan, "coast.t1")]
    asked = request_of(plan.graph.vertex("coast"), steps)
    assert asked is not None
    body = request_json(asked)
    assert body["model"] == shot.model
    assert body["input"] == {"prompt": shot.prompt, "media": [{"type": "first_frame", "url": "sets/coast.png"}]}
    assert body["parameters"] == {**shot.parameters, "seed": steps[0].seed}
    shown = show_text(NodeDetails("coast", (), tuple(steps), body))
    assert json.loads(shown.partition("the request, with names instead of addresses:\n")[2]) == body
    assert "\x9b" not in shown


def test_what_is_no_shot_has_no_request() -> None:
    """A piece and a cut are made here."""
    assert [request_of(PLAN.graph.vertex(node), ()) for node in ("approach.first_clip", "cut:main")] == [None, None]
