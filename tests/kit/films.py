"""Productions, facts and plans made by hand, for tests of pure code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from kit.providers import ANIMATIC
from wanflow.catalog.model import ParameterValue
from wanflow.catalog.provider import Provider
from wanflow.catalog.read import load_catalog
from wanflow.graph.build import build
from wanflow.language.production import Cut, CutItem, Media, Production, Shot
from wanflow.language.source import Facts, FileSource, Kind, ShotSource, Source, Tail
from wanflow.planner.plan import Plan, Step
from wanflow.planner.planning import make_plan
from wanflow.store.inventory import Inventory
from wanflow.yamldoc.nodes import Place

MODEL = "wan2.7-i2v"

PARAMETERS: Mapping[str, ParameterValue] = {
    "duration": 5,
    "prompt_extend": False,
    "resolution": "720P",
    "watermark": False,
}


def place(line: int = 1) -> Place:
    """Some place in the production file."""
    return Place("wanflow.yaml", line, 3)


def shot(name: str, media: Mapping[str, Source], *, line: int = 1, prompt: str | None = None) -> Shot:
    """An i2v shot of five seconds whose media slots hold these sources."""
    inputs = tuple(Media(slot, slot, source, place(line)) for slot, source in media.items())
    words = prompt or f"{name} at dawn"
    return Shot(
        name, MODEL, load_catalog()[MODEL], place(line), words, media=inputs, parameters=PARAMETERS, written=words
    )


def still(
    name: str, media: tuple[Media, ...] = (), *, prompt: str | None = None, size: str = "1280*720", takes: int = 1
) -> Shot:
    """A shot that makes a picture of this size, from words and references."""
    words = prompt or f"{name} at dusk"
    parameters: Mapping[str, ParameterValue] = {"size": size, "thinking_mode": True, "watermark": False}
    rules = load_catalog()["wan2.7-image"]
    return Shot(name, rules.name, rules, place(), words, media=media, parameters=parameters, written=words, takes=takes)


def cut(name: str, *sources: ShotSource | FileSource) -> Cut:
    """A cut of whole clips in this order."""
    return Cut(name, place(), tuple(CutItem(source, place()) for source in sources), f"out/{name}.mp4")


def production(*shots: Shot, cuts: tuple[Cut, ...] = (), provider: Provider = ANIMATIC) -> Production:
    """A production of these shots and cuts, in this order."""
    shots_by_name = {item.name: item for item in shots}
    cuts_by_name = {item.name: item for item in cuts}
    return Production(Path("film"), "wanflow.yaml", provider, "beijing", shots_by_name, cuts_by_name, "A film")


COAST = shot("coast", {"first_frame": FileSource("sets/coast.png")}, line=3)
APPROACH = shot("approach", {"first_clip": ShotSource("coast", Tail(Decimal(2)))}, line=6)
MAIN = cut("main", ShotSource("coast"), ShotSource("approach"))
LIGHTHOUSE = production(COAST, APPROACH, cuts=(MAIN,))
"""A shot, its continuation by a tail of two seconds, and a cut of both."""


def edited(film: Production, name: str, **words: object) -> Production:
    """The production with one shot rewritten."""
    changed = replace(film.shots[name], **words)  # type: ignore[arg-type]
    return replace(film, shots={**film.shots, name: changed})


def renamed(film: Production, old: str, new: str) -> Production:
    """The production with a shot under another name; nothing else refers to it."""
    shots = {new if name == old else name: item for name, item in film.shots.items()}
    return replace(film, shots={**shots, new: replace(film.shots[old], name=new)})


def picture(digest: str = "a" * 64) -> Facts:
    """A picture's facts."""
    return Facts(Kind.IMAGE, "png", digest, 1000, 1280, 720)


FACTS: Mapping[str, Facts] = {"sets/coast.png": picture()}


def plan(film: Production, inventory: Inventory | None = None, facts: Mapping[str, Facts] = FACTS) -> Plan:
    """The plan of a production; on an empty machine by default."""
    return make_plan(build(film), facts, inventory or Inventory())


def step(of: Plan, node: str) -> Step:
    """The step of a node."""
    return next(item for item in of.steps if item.node == node)


def actions(of: Plan) -> dict[str, str]:
    """Each node's action."""
    return {item.node: item.action.value for item in of.steps}


def codes(of: Plan, node: str) -> list[str]:
    """The codes of a node's reasons."""
    return [reason.code.value for reason in step(of, node).reasons]
