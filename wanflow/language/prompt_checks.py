"""What prompts ask for in words, checked against what the shot is: its length, and who appears in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from wanflow.catalog.model import Model, ParameterValue
from wanflow.language.problem import Problem, Severity
from wanflow.language.references import counted_media, without_names_and_quotes
from wanflow.language.shot import CastMember, WrittenShot
from wanflow.messages import tr
from wanflow.patterns import pattern

_NUMBER = r"[0-9０-９]{1,3}(?:[.．][0-9０-９]{1,3})?"
_UNIT = r"\s{0,3}(?:s|secs?|seconds?|秒钟|秒鐘|秒)(?![A-Za-z0-9])"
_CLOCK = r"(?:0{1,2}[:：])?[0-9]{1,2}[:：][0-9]{2}(?:\.[0-9]{1,3})?"
_TO = r"\s{0,3}(?:[-‐‑‒–—−－~～〜]|到|至|\bto\b)\s{0,3}"
_RANGE = pattern(
    r"(?P<before>(?:(?:shot|scene|镜头|鏡頭|分镜|分鏡)\s{0,3}[0-9一二三四五六七八九十]{0,3}\s{0,3}[:：]?\s{0,3})?[\[(（【［〔]\s{0,3})?"
    r"(?<![A-Za-z0-9０-９.:：/])(?<![0-9]-)"
    rf"(?P<range>(?:(?P<first>{_CLOCK}){_TO}(?P<last>{_CLOCK})(?![0-9:：])"
    rf"|(?P<from>{_NUMBER})(?:{_UNIT})?{_TO}第?(?P<to>{_NUMBER})(?:(?P<unit>{_UNIT})|(?![0-9A-Za-z.:：]))))"
    r"(?P<after>\s{0,3}(?:[\])）】］〕]|[:：]))?",
    re.IGNORECASE,
)
_BEGINS = pattern(r"[0-9０-９][^0-9０-９]{0,13}?(?:[-‐‑‒–—−－~～〜到至]|to)", re.IGNORECASE)
"""The middle of any range, which is found in a tenth of the time: the first number's end, its unit, the sign."""
_DECADES = pattern(r"[2-9]0s?\D{1,5}[2-9]0s")


def check_time_ranges(
    shot: WrittenShot, prompt: str, parameters: Mapping[str, ParameterValue], model: Model
) -> Iterator[Problem]:
    """Warnings of ranges of seconds in a prompt that end after the shot, such as `[3-8s]` in a shot of 5 seconds.

    Ranges of the film are in brackets, before a colon, or in a text with one that begins at 0; clock times, decades and
    text in quotation marks are none. `parameters` are those that are sent.
    """
    seconds = parameters.get("duration")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return  # a picture, or as long as its input
    text = without_names_and_quotes(prompt)
    if _BEGINS.search(text) is None:
        return
    found = [span for match in _RANGE.finditer(text) if (span := _span(match)) is not None]
    from_start = any(begin == 0 for _, begin, _, _ in found)
    rule = model.parameters["duration"]
    for form, _, end, marked in dict.fromkeys(found):
        if end > seconds and (marked or from_start):
            message = tr("`{form}` ends after the {seconds} s of the shot", form=form, seconds=seconds)
            hint = tr("end it at {seconds} s, or set a longer `duration`", seconds=seconds)
            if rule.high is not None and seconds >= rule.high:
                hint = tr("end it at {seconds} s: no shot of `{name}` is longer", seconds=seconds, name=model.name)
            place = shot.values["prompt"].place_of_words(form, prompt.find(form))
            yield Problem(place, message, hint, Severity.WARNING)


def _span(match: re.Match[str]) -> tuple[str, float, float, bool] | None:
    """A range as it is written, where it begins and ends in seconds, and whether its place makes it one of the film.

    None for other numbers.
    """
    before, after, form = match["before"] or "", (match["after"] or "").strip(), match["range"]
    enclosed = bool(before) and after not in {"", ":", "："}
    if match["first"] is not None:
        begin, end = _seconds(match["first"]), _seconds(match["last"])
        other = begin >= 60 or end >= (300 if enclosed else 60)  # a time of day
    else:
        begin, end = (float(match[name].replace("．", ".")) for name in ("from", "to"))
        counted = match["unit"] is not None or (enclosed and before.strip("[(（【［〔 \t") != "")
        other = not counted or (not enclosed and _DECADES.fullmatch(form) is not None)
    return None if other or begin >= end else (form, begin, end, enclosed or after in {":", "："})


def _seconds(clock: str) -> float:
    """The seconds of minutes and seconds, `00:03.5`."""
    total = 0.0
    for part in re.split("[:：]", clock):
        total = total * 60 + float(part)
    return total


def recommended_values(
    shot: WrittenShot, sent: str, references: Sequence[CastMember], model: Model
) -> Iterator[Problem]:
    """Warnings of parameters for which the vendor recommends a value where the prompt names several references.

    A shot or defaults that have the parameter, with whatever value, decided it. `sent` is the prompt as it is sent.
    """
    for key, rule in model.parameters.items():
        advice = rule.recommended
        if advice is None or key in shot.values:
            continue
        named = max((_named_in(sent, references, patterns) for patterns in model.identifiers.values()), default=0)
        if named >= advice.references:
            message = tr(
                "the prompt of `{name}` names {number} references: the vendor recommends `{key}: {value}`",
                name=shot.name,
                number=named,
                key=key,
                value=advice.value,
            )
            hint = tr(
                "write `{key}: {value}`, or `{key}: {default}`", key=key, value=advice.value, default=rule.default
            )
            yield Problem(shot.prompt_place, message, hint, Severity.WARNING)


def _named_in(sent: str, references: Sequence[CastMember], patterns: Mapping[str, str]) -> int:
    """How many references a prompt names by these identifiers."""
    counted = counted_media(references, patterns)
    words = [
        [patterns[kind].replace("{n}", str(number)) for kind, number in each if kind in patterns] for each in counted
    ]
    return sum(any(word in sent for word in each) for each in words)
