"""One test a rule of the catalog: the smallest wrong production, the place and the words; and that the limit itself is taken.

The cases are made from the files in `schemas/models`, so that a new model's rules are tested as soon as its file exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest

from wanflow.catalog.provider import known_regions
from wanflow.catalog.read import load_catalog
from wanflow.language.media_checks import check_media
from wanflow.language.problem import Problem, Severity
from wanflow.language.source import Facts, Kind
from wanflow.schemas import data_folder

Json = Mapping[str, Any]
MODELS: list[Json] = [
    json.loads(path.read_text(encoding="utf-8")) for path in sorted((data_folder("schemas") / "models").glob("*.json"))
]
ENDINGS = {"image": "png", "video": "mp4", "audio": "wav", "document": "md"}
PAGE = "https://example.com/story"
GOOD = {
    "image": Facts(Kind.IMAGE, "png", "a" * 64, 1000, 1280, 720),
    "video": Facts(
        Kind.VIDEO, "mp4", "b" * 64, 1000, 1280, 720, 90, Fraction(30), 144_000, 48_000, seconds=Fraction(3)
    ),
    "audio": Facts(Kind.AUDIO, "wav", "c" * 64, 1000, samples=144_000, sample_rate=48_000, seconds=Fraction(3)),
    "document": Facts(Kind.DOCUMENT, "md", "d" * 64, 1000),
}
COLORS = [{"hex": "#C2D1E6", "ratio": f"{share}.00%"} for share in (50, 30, 20)]
PIXEL = "data:image/png;base64,iVBORw0KGgo="


@dataclass(frozen=True)
class Case:
    """A production of one shot, what its file is like, and what is said of it: `at` is the text before and, behind a
    bar, from the place that it points at.
    """

    name: str
    raw: Json
    media: tuple[tuple[str, str], ...] = ()
    keys: Mapping[str, object] = field(default_factory=dict)
    region: str = ""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    at: str = ""
    says: str = ""
    severity: Severity = Severity.ERROR

    @property
    def text(self) -> str:
        """The production as its author writes it."""
        slots = [f"    {kind}: {written}" for kind, written in self.media if not kind.startswith("reference_")]
        listed = [
            f"      - {{{kind.removeprefix('reference_')}: {written}}}"
            for kind, written in self.media
            if kind.startswith("reference_")
        ]
        prompt = {"prompt": "x"} if "prompt" not in self.keys else {}
        keys = [
            f"    {key}: {json.dumps(value)}" for key, value in {**prompt, **self.keys}.items() if value is not None
        ]
        head = ["wanflow: 1", "shots:", "  one:", f"    model: {self.raw['model']}"]
        return "\n".join([*head, *keys, *slots, *(["    references:"] if listed else []), *listed]) + "\n"

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of what it points at."""
        before, pointed = self.at.split("|")
        before = self.text[: self.text.index(before + pointed) + len(before)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def needed(raw: Json, *also: str) -> tuple[tuple[str, str], ...]:
    """The media that a request needs, with others beside them: a good file each."""
    sets = [set(chosen) for chosen in raw.get("sets", ()) if set(also) <= set(chosen)]
    least = {kind for kind, rule in raw["media"].items() if rule.get("min")}
    least |= {total["of"][0] for total in raw.get("totals", ()) if total["min"] and not set(total["of"]) & set(also)}
    kinds = min(sets, key=len) if sets else least | set(also)
    return tuple((kind, file_of(raw, kind)) for kind in raw["media"] if kind in kinds)


def file_of(raw: Json, kind: str) -> str:
    """The sample file of a type of media."""
    ending = ENDINGS.get(raw["media"][kind]["file"]["kind"])
    return PAGE if ending is None else f"{kind}.{ending}"


def ordinary(raw: Json, name: str = "taken", **changes: Any) -> Case:
    """A production that the model takes, as a case to be changed."""
    case = Case(f"{raw['model']}-{name}", raw, needed(raw), region=raw["regions"][0])
    return replace(case, **changes)


def texts(raw: Json) -> Iterator[Case]:
    """Texts that are required, and how long they may be."""
    for key, rule in raw["text"].items():
        if rule["required"]:
            for what, words in (("missing", None), ("blank", "  ")):
                says = f"`one` has no `{key}`, and `{raw['model']}` needs one"
                yield ordinary(raw, f"{key}-{what}", keys={key: words}, at="  |one:", says=says)
        long = "x" * (rule["max"] + 1)
        says = f"`{key}` has {rule['max'] + 1} characters; `{raw['model']}` takes {rule['max']} and would cut it off"
        yield ordinary(raw, f"{key}-long", keys={key: long}, at=f'{key}: |"x', says=says)
        yield ordinary(raw, f"{key}-full", keys={key: long[1:]})


def parameters(raw: Json) -> Iterator[Case]:
    """Values and types, ranges, tighter ranges, and parameters of other models."""
    for key, rule in raw["parameters"].items():
        low, high = (rule.get(name, 0) for name in ("min", "max"))
        if rule["type"] == "string":
            yield parameter(raw, key, "odd", "one of `" if "pixels" not in rule else "width*height of ")
            yield parameter(raw, key, 720, "not `720`")
            for size in sizes_at_the_limits(rule) if "pixels" in rule else ():
                yield ordinary(raw, f"{key}-{size}", keys={key: size})
        elif rule["type"] == "boolean":
            yield parameter(raw, key, 1, "must be `true` or `false`")
        elif rule["type"] == "colors":  # tests/language/test_colors.py
            yield parameter(raw, key, "soon", "must be a list")
            continue
        else:
            yield parameter(raw, key, "soon", "must be a whole number")
            yield from (
                parameter(raw, key, value, str(limit))
                for value, limit in ((low - 1, low), (high + 1, high))
                if value not in rule.get("also", ())
            )
        for value in (*rule.get("values", ()), *rule.get("also", ()), *([low, high] if high else [])):
            yield ordinary(raw, f"{key}-{value}", keys={key: value}, media=neither_ignored_nor_tightened(raw, key))
        for condition in rule.get("when", ()):
            yield from tightened(raw, key, condition)
    for key in sorted(load_catalog().parameter_keys - raw["parameters"].keys()):
        rule = next(other["parameters"][key] for other in MODELS if key in other["parameters"])
        value = COLORS if rule["type"] == "colors" else rule.get("default")
        says = f"`{raw['model']}` has no parameter `{key}`"
        yield ordinary(raw, f"no-{key}", keys={key: value}, at=f"|{key}", says=says)


def sizes_at_the_limits(rule: Json) -> Iterator[str]:
    """The smallest and the largest square, and the longest strip."""
    (least, most), (_, times) = rule["pixels"], rule["aspect"]
    yield from (f"{isqrt(pixels)}*{isqrt(pixels)}" for pixels in (least, most) if isqrt(pixels) ** 2 == pixels)
    yield f"{isqrt(most // times) * times}*{isqrt(most // times)}"


def parameter(raw: Json, key: str, value: object, says: str) -> Case:
    """A wrong value of a parameter: it is pointed at."""
    media = neither_ignored_nor_tightened(raw, key)
    return ordinary(raw, f"{key}-not-{value}", keys={key: value}, says=says, media=media, at=f"{key}: |")


def neither_ignored_nor_tightened(raw: Json, key: str) -> tuple[tuple[str, str], ...]:
    """The media of the smallest request in which nothing else concerns a parameter."""
    spoiled = {item["with"] for item in raw.get("ignored", ()) if item["parameter"] == key}
    spoiled |= {item.get("media") for item in raw["parameters"].get(key, {}).get("when", ())}
    assert not spoiled & {kind for kind, _ in needed(raw)}
    return needed(raw)


def tightened(raw: Json, key: str, condition: Json) -> Iterator[Case]:
    """A value that only a medium or a region forbids."""
    media, region = condition.get("media"), condition.get("region", raw["regions"][0])
    values = condition.get("values", [condition.get("max")])
    if "pixels" in raw["parameters"][key]:
        yield from bounded(raw, key, condition)
        return
    where = f" beside a `{media}`" if media else f" in the region `{region}`"
    beside = needed(raw, media) if media else in_region(raw, region)
    for value in values:
        yield ordinary(raw, f"{key}-{value}{where}", keys={key: value}, media=beside, region=region)
    wrong = values[-1] - 1 if "values" in condition else values[-1] + 1
    name = f"{key}-above{where}"
    yield ordinary(raw, name, keys={key: wrong}, media=beside, region=region, at=f"{key}: |{wrong}", says=where)


def bounded(raw: Json, key: str, condition: Json) -> Iterator[Case]:
    """A size beside media: its words, and the most pixels that it may have."""
    beside, where = needed(raw, condition["media"]), f" beside a `{condition['media']}`"
    low, side = raw["parameters"][key]["pixels"][0], isqrt(condition["max"])
    assert low < side * side == condition["max"]
    for value in (*condition["values"], f"{side}*{side}"):
        yield ordinary(raw, f"{key}-{value}{where}", keys={key: value}, media=beside)
    for value in (*sorted(set(raw["parameters"][key]["values"]) - set(condition["values"])), f"{side}*{side + 1}"):
        case = ordinary(raw, f"{key}-not-{value}{where}", keys={key: value}, media=beside)
        yield replace(case, at=f'{key}: |"{value}', says=where)


def in_region(raw: Json, region: str) -> tuple[tuple[str, str], ...]:
    """The smallest media that a model takes in a region."""
    for kinds in [(), *((kind,) for kind in raw["media"])]:
        media = needed(raw, *kinds)
        if all(region in raw["media"][kind].get("regions", [region]) for kind, _ in media):
            return media
    raise AssertionError(region)


def media_sets(raw: Json) -> Iterator[Case]:
    """Media that a model does not know, that it needs, too many of them; regions; forms of addresses."""
    model, most = raw["model"], raw["media"]
    for kind in ("first_frame", "last_frame", "first_clip", "driving_audio", "video"):
        if kind not in most:
            says = f"`{model}` takes no `{kind}`"
            yield ordinary(raw, f"no-{kind}", media=(*needed(raw), (kind, "b.png")), at=f"|{kind}: b.png", says=says)
    for kind, rule in most.items():
        if rule.get("min"):
            media = tuple(item for item in needed(raw) if item[0] != kind)
            says = f"`one` has no `{kind}`; `{model}` needs {rule['min']}"
            yield ordinary(raw, f"without-{kind}", media=media, at="  |one:", says=says)
        if kind.startswith("reference_"):
            listed = ((kind, file_of(raw, kind)),)
            rest = tuple(item for item in needed(raw, kind) if item[0] != kind)
            yield ordinary(raw, f"{kind}-full", media=(*rest, *listed * rule["max"]))
            says = f"`one` has {rule['max'] + 1} `{kind}`; `{model}` takes at most {rule['max']}"
            yield ordinary(raw, f"{kind}-many", media=(*rest, *listed * (rule["max"] + 1)), at="  |one:", says=says)
        if "data" not in rule["file"]["forms"]:
            media = tuple((known, f"'{PIXEL}'" if known == kind else file) for known, file in needed(raw, kind))
            yield ordinary(
                raw, f"{kind}-inline", media=media, at="|'data", says=f"`{model}` takes no data URI as `{kind}`"
            )
        for region in sorted(set(raw["regions"]) - set(rule.get("regions", raw["regions"]))):
            says = f"`{model}` takes no `{kind}` in the region `{region}`"
            yield ordinary(
                raw, f"{kind}-{region}", media=needed(raw, kind), region=region, at=f"|{file_of(raw, kind)}", says=says
            )
    for region in sorted(set(known_regions()) - set(raw["regions"])):
        says = f"`{model}` is not available in the region `{region}`"
        yield ordinary(raw, f"nowhere-{region}", region=region, at=f"|{model}", says=says)


def totals(raw: Json) -> Iterator[Case]:
    """How many media of several types there may be together."""
    for total in raw.get("totals", ()):
        named = " and ".join(f"`{kind}`" for kind in total["of"])
        files = [(kind, file_of(raw, kind)) for kind in total["of"]]
        mixed = tuple((files * total["max"])[: total["max"] + 1])
        says = f"`one` has {total['max'] + 1} {named}; `{raw['model']}` takes at most {total['max']}"
        yield ordinary(raw, "together-many", media=mixed, at="  |one:", says=says)
        yield ordinary(raw, "together-full", media=mixed[1:])
        if total["min"]:
            says = f"`one` has no {named.replace(' and ', ' or ')}; `{raw['model']}` needs {total['min']}"
            yield ordinary(raw, "together-none", media=(), at="  |one:", says=says)


def bent(raw: Json) -> Iterator[Case]:
    """What the vendor would ignore, or advises against: a warning at the place."""
    told = Severity.WARNING
    for item in raw.get("ignored", ()):
        key, beside = item["parameter"], item["with"]
        value = raw["parameters"][key]["default"]
        media = needed(raw, beside, "reference_image")
        says = f"`{raw['model']}` ignores `{key}` beside a `{beside}`: it is not sent"
        yield ordinary(
            raw,
            f"{key}-ignored",
            keys={key: value},
            media=media,
            at=f"{key}: |{json.dumps(value)}",
            says=says,
            severity=told,
        )
    for item in raw.get("discouraged", ()):
        media = tuple(
            (kind, f"{file}, voice: v.wav" if kind == "reference_image" else file)
            for kind, file in needed(raw, item["with"], "reference_image")
        )
        says = "the vendor advises against a voice beside a `first_frame`"
        yield ordinary(raw, "voice-discouraged", media=media, at="|v.wav", says=says, severity=told)


def files(raw: Json) -> Iterator[Case]:
    """What a file has to be, in every place of the model; a voice too."""
    for kind, rule in raw["media"].items():
        file, longest = rule["file"], raw["parameters"].get("duration", {}).get("max")
        keys = {"duration": longest} if rule["role"] == "continued" else {}
        for what, facts, says in wrong_files(file) if file["kind"] != "page" else ():
            media = needed(raw, kind)
            case = ordinary(raw, f"{kind}-{what}", keys=keys, media=media, says=says, facts={file_of(raw, kind): facts})
            yield replace(case, at=f"|{file_of(raw, kind)}")
        for what, facts, says in wrong_files(rule["voice"]) if "voice" in rule else ():
            media = tuple(
                (known, f"{name}, voice: v.wav" if known == kind else name) for known, name in needed(raw, kind)
            )
            case = ordinary(raw, f"{kind}-voice-{what}", media=media, facts={"v.wav": facts}, says=says)
            yield replace(case, at="|v.wav")


def wrong_files(file: Json) -> Iterator[tuple[str, Facts, str]]:
    """Facts that break one rule of a file each, with what is said; and those at the limit, of which nothing is."""
    good = GOOD[file["kind"]]
    other = GOOD["audio" if file["kind"] != "audio" else "video"]
    yield "kind", other, "is a"
    yield "format", replace(good, format="odd"), f"is odd inside, not {' or '.join(file['formats'])}"
    yield from ((f"is-{name}", replace(good, format=name), "") for name in file["formats"])
    yield "heavy", replace(good, size_bytes=file["bytes"] + 1), f"at most {file['bytes'] // 10**6} MB are taken"
    yield "full", replace(good, size_bytes=file["bytes"]), ""
    if file.get("alpha") is False:
        yield "alpha", replace(good, alpha=True), "has an alpha channel"
    if "pixels" in file:
        low, high = file["pixels"]
        for width, height in ((low - 1, low), (low, low - 1), (high + 1, high), (high, high + 1)):
            says = f"has {width}x{height} pixels; each side takes {low} to {high}"
            yield f"{width}x{height}", replace(good, width=width, height=height), says
        yield from ((f"{side}x{side}", replace(good, width=side, height=side), "") for side in (low, high))
    if "aspect" in file:
        short, long = file["aspect"]
        side, longest = 300 * short, 300 * long
        says = f"is more than {long / short:g} times as long as it is wide"
        yield "wide", replace(good, width=longest + 1, height=side), says
        yield "tall", replace(good, width=side, height=longest + 1), says
        yield "long", replace(good, width=longest, height=side), ""
    if "seconds" in file:
        low, high = file["seconds"]
        for seconds in (Fraction(low) - Fraction(1, 30), Fraction(high) + Fraction(1, 30)):
            yield f"{float(seconds):.2f}-s", replace(good, seconds=seconds), f"takes {low} to {high} s"


def together(raw: Json) -> Iterator[Case]:
    """Media that exclude each other; lengths that several media, or media and the result, have together."""
    for pair in raw.get("excludes", ()):
        for one, other in ((one, other) for one in pair["groups"][0] for other in pair["groups"][1]):
            media = tuple((kind, file_of(raw, kind)) for kind in (one, other))
            says = "takes no two of these together"
            yield ordinary(raw, f"{one}-beside-{other}", media=media, at="  |one:", says=says)
    for kind, rule in raw["media"].items():
        if "total_seconds" in rule:
            most, good, file = rule["total_seconds"], GOOD[rule["file"]["kind"]], file_of(raw, kind)
            for seconds, says in ((Fraction(most, 2), ""), (Fraction(most, 2) + Fraction(1, 30), f"at most {most} s")):
                case = ordinary(raw, f"{kind}-{float(seconds):.2f}-s-each", media=((kind, file), (kind, file)))
                keys = {"duration": raw["parameters"]["duration"]["min"]}
                yield replace(case, says=says, facts={file: replace(good, seconds=seconds)}, keys=keys, at="  |one:")
    for key, rule in raw["parameters"].items():
        if "with_inputs" in rule:
            kind, most = rule["with_inputs"]["media"], rule["with_inputs"]["max"]
            file = file_of(raw, kind)
            facts = {file: replace(GOOD[raw["media"][kind]["file"]["kind"]], seconds=Fraction(5))}
            for value, says in ((most - 5, ""), (most - 4, f"are more than the {most} s")):
                case = ordinary(raw, f"{key}-{value}-with-5", keys={key: value}, media=((kind, file),), facts=facts)
                yield replace(case, says=says, at="  |one:")


CASES = [
    case
    for raw in MODELS
    for maker in (texts, parameters, media_sets, totals, bent, together, files)
    for case in maker(raw)
]


def said(reading: Any, case: Case) -> list[Problem]:
    """What is found in a case's production; warnings only where it is about one."""
    production, problems = reading(case.text, head="", region=case.region)
    if production is not None:
        kinds = {kind: rule["file"]["kind"] for kind, rule in case.raw["media"].items()}
        good = {file_of(case.raw, kind): GOOD[name] for kind, name in kinds.items() if name in GOOD}
        problems = (*problems, *check_media(production, {**good, "v.wav": GOOD["audio"], **case.facts}))
    return [item for item in problems if item.severity in {Severity.ERROR, case.severity}]


@pytest.mark.parametrize("case", [case for case in CASES if case.says], ids=lambda case: case.name)
def test_what_breaks_a_rule_is_said_at_its_place(reading, case):
    """One problem, where the author has to look, in words that name the limit."""
    found = said(reading, case)
    assert [item.severity for item in found] == [case.severity], [item.message for item in found]
    assert case.says in found[0].message
    assert (found[0].place.line, found[0].place.column) == case.place, case.text[:400]


@pytest.mark.parametrize("case", [case for case in CASES if not case.says], ids=lambda case: case.name)
def test_the_limit_itself_is_taken(reading, case):
    """No error."""
    assert [item.message for item in said(reading, case) if item.severity is Severity.ERROR] == []


def test_there_are_cases_of_both_kinds_for_every_model():
    """An enumeration that finds nothing shows nothing."""
    for raw in MODELS:
        mine = [case for case in CASES if case.raw is raw]
        assert len([case for case in mine if case.says]) > 20
        assert len([case for case in mine if not case.says]) > 5
