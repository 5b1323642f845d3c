"""Identifiers of media that people write into prompts themselves, checked against the media of the shot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from wanflow.catalog.model import Model
from wanflow.language.problem import Problem, Severity
from wanflow.language.references import TOGETHER, Counted, counted_media, without_names_and_quotes
from wanflow.language.shot import CastMember, WrittenShot
from wanflow.messages import tr
from wanflow.patterns import letters, pattern
from wanflow.suggest import listed

_LATIN = pattern(
    r"(?<![A-Za-z0-9_])(?P<word>image|video|audio|character)(?P<gap>[ \u00a0\u3000_#-]{0,2})(?P<number>[0-9]{1,2})"
    r"(?![A-Za-z0-9_%]|[.:/×][0-9])",
    re.IGNORECASE,
)
_CHINESE = letters(
    r"(?<![地拼构插截草蓝试企意版])(?P<word>图片|图像|图|视频|音频|角色)(?P<gap>[ \u00a0\u3000]{0,2})"
    r"(?P<number>[0-9０-９]{1,2}|[一二三四五六七八九十])(?![0-9０-９.:：]|\s?[年月日号秒分点倍个张段幅直些时乐起下样])"
)
"""A word with a number, without maps, dates, lengths and idioms."""
_KINDS = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "character": TOGETHER,
    "图": "image",
    "图片": "image",
    "图像": "image",
    "视频": "video",
    "音频": "audio",
    "角色": TOGETHER,
}
_NUMERALS = "零一二三四五六七八九十"
_EXACT = pattern(r"(?:Image|Video|Audio) [0-9]+|(?i:image|video|audio|character)[0-9]+|(?:图|视频|音频)[0-9０-９]+")
"""Forms that mean nothing but an identifier; `image 3` may be words of a sentence."""


def check_identifiers(
    shot: WrittenShot, prompt: str, references: Sequence[CastMember], model: Model
) -> Iterator[Problem]:
    """Warnings of identifiers in a prompt that the model does not know, or whose media the shot lacks.

    `prompt` has markers around its cast names. Text in quotation marks does not count, nor what the model cuts off.
    """
    prompt = prompt[: model.text["prompt"].most] if "prompt" in model.text else ""
    have = _media_of(shot, references, model)
    text = without_names_and_quotes(prompt)
    for form, asked, language in _own_forms(text, model):
        text = text.replace(form, " " * len(form))
        if asked not in have:
            place = shot.values["prompt"].place_of_words(form, prompt.find(form))
            yield Problem(place, *_absent(form, have, model.identifiers[language]), Severity.WARNING)
    found = {match.group(): (match, "en") for match in _LATIN.finditer(text)}
    found |= {match.group(): (match, "zh") for match in _CHINESE.finditer(text)}
    for form, (match, language) in found.items():
        number = match["number"]
        asked = (_KINDS[match["word"].lower()], _NUMERALS.find(number) if number in _NUMERALS else int(number))
        told = _what_is_wrong(form, asked, have, model, language, references)
        if told is not None:
            place = shot.values["prompt"].place_of_words(form, prompt.find(form))
            yield Problem(place, *told, Severity.WARNING)


def _own_forms(text: str, model: Model) -> Iterator[tuple[str, Counted, str]]:
    """The identifiers of a model in a text that are no word with a number, such as `<<<image_3>>>`; each form once."""
    found: dict[str, tuple[Counted, str]] = {}
    for language, patterns in model.identifiers.items():
        for kind, words in patterns.items():
            begin, mark, end = words.partition("{n}")
            if mark and not any(rule.fullmatch(f"{begin}1{end}") for rule in (_LATIN, _CHINESE)):
                for match in re.finditer(f"{re.escape(begin)}([0-9]{{1,3}}){re.escape(end)}", text):
                    found.setdefault(match.group(), ((kind, int(match[1])), language))
    yield from ((form, *asked) for form, asked in found.items())


def _absent(form: str, have: Sequence[Counted], patterns: Mapping[str, str]) -> tuple[str, str | None]:
    """The message and hint of an identifier whose media the shot lacks."""
    names = [f"`{name}`" for name in (_identifier(each, patterns) for each in have) if name is not None]
    hint = tr("its media are {names}", names=listed(names)) if names else None
    return tr("`{form}` names no media of this shot", form=form), hint


def _media_of(shot: WrittenShot, references: Sequence[CastMember], model: Model) -> list[Counted]:
    """The media of a shot that its prompt can name: its references, and other media of kinds that no reference has."""
    patterns = model.identifiers.get("en", {})
    slots = (model.media[slot].file.kind for slot in model.slots if slot in shot.slots)
    others = [(kind, 1) for kind in slots if kind in patterns and kind not in model.references]
    return [*chain.from_iterable(counted_media(references, patterns)), *others]


def _what_is_wrong(
    form: str, asked: Counted, have: Sequence[Counted], model: Model, language: str, references: Sequence[CastMember]
) -> tuple[str, str | None] | None:
    """The message and hint of a written identifier; None for a right one, and for what may be words of a sentence."""
    patterns = model.identifiers.get(language, {})
    right = _identifier(asked, patterns)
    if right is not None and asked in have:
        hint = tr("write `{right}`", right=right)
        return (
            None
            if form == right
            else (tr("`{form}` is not how `{name}` names its media", form=form, name=model.name), hint)
        )
    if not _EXACT.fullmatch(form):
        return None
    if not patterns:
        return tr("`{form}` names nothing: `{name}` takes no references", form=form, name=model.name), tr(
            "describe it in words"
        )
    if right is None:
        meant = _meant(asked, have, references)
        instead = None if meant is None else tr("write `{identifier}`", identifier=_identifier(meant, patterns))
        return tr("`{form}` is not how `{name}` names its media", form=form, name=model.name), instead
    return _absent(form, have, patterns)


def _meant(asked: Counted, have: Sequence[Counted], references: Sequence[CastMember]) -> Counted | None:
    """The reference that an identifier of another model would name; None where it would name none."""
    kind, number = asked
    kinds = [member.kind for member in references for _ in member.pictures]
    of_kind = [each for each, own in zip(have, kinds, strict=False) if kind in {TOGETHER, own}]
    return of_kind[number - 1] if 0 < number <= len(of_kind) else None


def _identifier(counted: Counted, patterns: Mapping[str, str]) -> str | None:
    kind, number = counted
    return patterns[kind].replace("{n}", str(number)) if kind in patterns else None
