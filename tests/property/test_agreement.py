"""The checker on the author's desk and the emulator on the other side of the wire say the same of a request.

They share the catalog's data and no code: what one of them gets wrong, the other one shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kit.sample_files import GOOD, SPECIMENS, facts_of, place_of
from kit.wire_schemas import SNAPSHOT, complaints
from wanflow.catalog.read import load_catalog
from wanflow.emulator.api import media_checks, validate
from wanflow.emulator.api.order import Rejected
from wanflow.emulator.api.rules import in_region, read_catalog
from wanflow.language.load import read
from wanflow.language.media_checks import check_media
from wanflow.language.problem import has_errors
from wanflow.language.production import Shot
from wanflow.providers.dashscope.wire import request_json
from wanflow.providers.protocol import request_with

RULES = {name: rules for name, rules in read_catalog().items() if rules.form != "messages"}
"""The models of films; bodies of messages are held against the service in tests of their own."""
SLOTS = load_catalog().media_keys
REFERENCES = {"reference_image": "image", "reference_video": "video", "reference_audio": "audio"}
REGIONS = ("beijing", "singapore", "virginia", "tokyo", "frankfurt")
HOST = "https://host.example/"
PARAMETERS: Mapping[str, st.SearchStrategy[object]] = {
    "resolution": st.sampled_from(["720P", "1080P", "480P", 720]),
    "ratio": st.sampled_from(["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"]),
    "size": st.sampled_from(["1280*720", "1088*832", "1104*832", "720P", "1280x720"]),
    "duration": st.sampled_from([-1, 0, 1, 2, 3, 5, 7, 10, 11, 15, 16, "5", True]),
    "prompt_extend": st.sampled_from([True, False, "yes", 1]),
    "watermark": st.sampled_from([True, False, "no"]),
    "audio": st.sampled_from([True, False, 0]),
    "shot_type": st.sampled_from(["single", "multi", "double"]),
    "seed": st.sampled_from([-1, 0, 7, 2**31 - 1, 2**31, "7"]),
    "audio_setting": st.sampled_from(["auto", "origin", "none"]),
}
"""Values within and beyond what any model takes."""


@dataclass(frozen=True)
class Wish:
    """A request as somebody might ask for it: media by type and specimen, a voice for each reference or none."""

    model: str
    media: tuple[tuple[str, str, str | None], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prompt: str = "a sea"
    region: str = "beijing"


def ordinary(model: str) -> Wish:
    """The smallest request that a model takes."""
    rules = RULES[model]
    kinds = min(rules.sets, key=len) if rules.sets else {next(iter(group)) for group, least, _ in rules.groups if least}
    return Wish(model, tuple((kind, GOOD[rules.files[kind].kind], None) for kind in sorted(kinds)))


@st.composite
def mutated(draw: st.DrawFn) -> Wish:
    """A request that would be taken, with up to four changes, right and wrong."""
    wish = ordinary(draw(st.sampled_from(sorted(RULES))))
    for _ in range(draw(st.integers(0, 4))):
        wish = draw(CHANGES)(draw, wish)
    return wish


def _another_parameter(draw: st.DrawFn, wish: Wish) -> Wish:
    name = draw(st.sampled_from(sorted(set(PARAMETERS) & set(RULES[wish.model].settings))))
    return replace(wish, parameters={**wish.parameters, name: draw(PARAMETERS[name])})


def _another_medium(draw: st.DrawFn, wish: Wish) -> Wish:
    types = (*RULES[wish.model].media, *draw(st.sampled_from([(), SLOTS]))) or SLOTS
    kind = draw(st.sampled_from(types))
    if kind in SLOTS and kind in {known for known, _, _ in wish.media}:
        return wish
    wanted = {"first_clip": "video", "video": "video", "reference_video": "video", "driving_audio": "audio"}
    files = st.sampled_from([GOOD[wanted.get(kind, "image")]] * len(SPECIMENS) + sorted(SPECIMENS))
    spoken = st.sampled_from([None, None, "short.wav", "voice.wav", "long.wav", "good.png"])
    voice = draw(spoken) if kind in RULES[wish.model].voices else None
    return replace(wish, media=(*wish.media, (kind, draw(files), voice)))


def _one_medium_less(draw: st.DrawFn, wish: Wish) -> Wish:
    kept = draw(st.integers(0, max(len(wish.media) - 1, 0)))
    return replace(wish, media=tuple(item for number, item in enumerate(wish.media) if number != kept))


def _another_file(draw: st.DrawFn, wish: Wish) -> Wish:
    if not wish.media:
        return wish
    (kind, _, voice), *rest = wish.media
    return replace(wish, media=((kind, draw(st.sampled_from(sorted(SPECIMENS))), voice), *rest))


def _other_words(draw: st.DrawFn, wish: Wish) -> Wish:
    return replace(wish, prompt=draw(st.sampled_from(["", "   ", "x" * 1501, "海" * 5001, "oss://a", "data:a"])))


def _elsewhere(draw: st.DrawFn, wish: Wish) -> Wish:
    return replace(wish, region=draw(st.sampled_from(REGIONS)))


CHANGES = st.sampled_from(
    [
        _another_parameter,
        _another_parameter,
        _another_medium,
        _another_medium,
        _one_medium_less,
        _another_file,
        _other_words,
        _elsewhere,
    ]
)


def production(wish: Wish) -> str:
    """The wish as an author writes it."""
    lines = ["wanflow: 1", "shots:", "  one:", f"    model: {wish.model}"]
    lines += [f"    {kind}: {file}" for kind, file, _ in wish.media if kind in SLOTS]
    listed = [_reference(*item) for item in wish.media if item[0] in REFERENCES]
    lines += [f"    references: [{', '.join(listed)}]"] if listed else []
    lines += [f"    {name}: {json.dumps(value)}" for name, value in wish.parameters.items()]
    lines += [f"    prompt: {json.dumps(wish.prompt)}"] if wish.prompt else []
    return "\n".join(lines) + "\n"


def _reference(kind: str, file: str, voice: str | None) -> str:
    spoken = f", voice: {voice}" if voice else ""
    return f"{{{REFERENCES[kind]}: {file}{spoken}}}"


def body(wish: Wish) -> dict[str, object]:
    """The wish as a client sends it that checks nothing."""
    rules = load_catalog()[wish.model].media
    given: dict[str, Any] = {"prompt": wish.prompt} if wish.prompt else {}
    for kind, file, voice in sorted(wish.media, key=lambda item: item[0] in REFERENCES):
        rule = rules.get(kind)
        if rule is None or rule.field is None:
            spoken = {"reference_voice": HOST + voice} if voice else {}
            given.setdefault("media", []).append({"type": kind, "url": HOST + file, **spoken})
        elif rule.listed:
            given.setdefault(rule.field, []).append(HOST + file)
        else:
            given[rule.field] = HOST + file
    return {"model": wish.model, "input": given, "parameters": dict(wish.parameters)}


def checked_shot(wish: Wish) -> Shot | None:
    """The shot that the checker lets through, None where it finds an error."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "wanflow.yaml"
        file.write_text(production(wish), encoding="utf-8")
        found, problems = read(file, region=wish.region)
        if found is None or has_errors(problems) or has_errors(check_media(found, facts_of(found))):
            return None
        return found.shots["one"]


def refusal(asked: Mapping[str, object], region: str) -> str | None:
    """What the emulator says against a request, None where it takes it."""
    catalog = in_region(RULES, region)
    try:
        validate.check_envelope(
            {"x-dashscope-async": "enable", "x-dashscope-ossresourceresolve": "enable"},
            asked,
            catalog,
            RULES[str(asked["model"])].path,
        )
        media_checks.inspect(
            validate.check_request(asked, catalog, region), lambda url: place_of(url.removeprefix(HOST))
        )
    except Rejected as no:
        return no.message
    return None


def bent(wish: Wish) -> bool:
    """Whether the service would bend it in silence, or nobody knows what it does: the checker refuses that aloud.

    It cuts off what is too long, and ignores media that a model has no list for (service.md 2, 2.5); what it does with a clip
    that is not shorter than the result is not documented (service.md 8, 22).
    """
    model, rules = load_catalog()[wish.model], RULES[wish.model]
    strange = any(kind not in rules.media for kind, _, _ in wish.media) and (
        bool(rules.lists) or len(rules.fields) == len(rules.media)
    )
    unlike = any(
        RULES[wish.model].files[kind].kind != _kind(file) for kind, file, _ in wish.media if kind in rules.media
    )
    continued = any(kind == "first_clip" and wish.parameters.get("duration", 5) in {2, 3} for kind, _, _ in wish.media)
    return strange or len(wish.prompt) > model.text["prompt"].most or continued or (bool(rules.lists) and unlike)


def _kind(file: str) -> str:
    return SPECIMENS[file].kind


def compare(wish: Wish) -> None:
    """Hold the verdicts of the checker and of the emulator on a wish against each other."""
    shot = checked_shot(wish)
    if not bent(wish):
        said = refusal(body(wish), wish.region)
        assert (shot is None) is (said is not None), (said, production(wish))
    elif not any(kind == "first_clip" for kind, _, _ in wish.media):
        assert shot is None
    if shot is not None:
        assert refusal(sent(shot), wish.region) is None
        assert complaints(f"request-{re.sub(SNAPSHOT, '', shot.model)}", sent(shot)) == []


@given(mutated())
@settings(deadline=None, max_examples=600)
@example(Wish("wan2.7-r2v", (("first_frame", "good.png", None),)))
@example(
    Wish(
        "wan2.7-r2v",
        (("first_frame", "good.png", None), ("reference_image", "good.jpg", None)),
        parameters={"ratio": "21:9"},
    )
)
@example(Wish("wan2.7-videoedit", (("video", "good.mp4", None),), {"duration": 0}, prompt=""))
@example(Wish("wan2.6-r2v", (("reference_video", "good.mp4", None),) * 4))
@example(Wish("wan2.6-r2v", (("reference_video", "good.mp4", None),), {"duration": 10}, region="virginia"))
def test_what_the_checker_says_the_emulator_says(wish: Wish) -> None:
    """Taken by both, or refused by both; and what the checker lets through is taken as it will be sent."""
    compare(wish)


@pytest.mark.slow
@given(mutated())
@settings(deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
def test_twenty_thousand_wishes_are_judged_alike_by_both(wish: Wish) -> None:
    """The campaign."""
    compare(wish)


def sent(shot: Shot) -> Mapping[str, object]:
    """What goes over the wire for a shot."""
    addresses = {item.slot: HOST + item.source.path for item in shot.media}
    addresses |= {f"{item.slot}.voice": HOST + item.voice.path for item in shot.media if item.voice is not None}
    return request_json(request_with(shot, shot.seed, addresses))


@pytest.mark.parametrize("model", sorted(RULES))
def test_the_wishes_reach_both_answers(model: str) -> None:
    """A property that never meets a request that is taken, or never a refused one, shows nothing."""
    wish = ordinary(model)
    assert checked_shot(wish) is not None
    assert refusal(body(wish), "beijing") is None
    assert checked_shot(replace(wish, parameters={"duration": 31})) is None


@pytest.mark.parametrize("file", sorted(SPECIMENS))
@pytest.mark.parametrize("model", sorted({rules.name.partition("-20")[0] for rules in RULES.values()}))
def test_every_file_in_every_place(model: str, file: str) -> None:
    """Each specimen, in the place of each type of media that a model takes beside what it needs."""
    rules = RULES[model]
    for kind in rules.media:
        beside = next((set(chosen) for chosen in rules.sets if kind in chosen), {kind, *_needed(model, kind)})
        media = tuple((known, GOOD[rules.files[known].kind], None) for known in sorted(beside - {kind}))
        wish = Wish(model, (*media, (kind, file, None)), {"duration": 10})
        if not bent(wish):
            said = refusal(body(wish), wish.region)
            assert (checked_shot(wish) is None) is (said is not None), (kind, file, said)


def _needed(model: str, kind: str) -> set[str]:
    """What a model needs beside a type of media."""
    groups = [group for group, least, _ in RULES[model].groups if least and kind not in group]
    return {min(group) for group in groups}
