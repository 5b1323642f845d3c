"""Who appears in a shot: the references that it lists, or those that its prompt names (format.md, A shot)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from wanflow.catalog.model import HAN, Model
from wanflow.language.names import CAST_CLOSE, CAST_OPEN, strip_cast_markers
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Shot
from wanflow.language.shot import Cast, CastMember, WrittenShot
from wanflow.messages import tr
from wanflow.patterns import letters, pattern
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import Place, TextNode


def choose_references(
    shot: WrittenShot, model: Model, prompt: str, cast: Cast, problems: list[Problem]
) -> tuple[CastMember, ...] | None:
    """The references of a shot: those that it lists, else the cast members that its prompt names, in that order.

    None where one of them has a reported problem.
    """
    listed_names = [name.string for name, _ in shot.references or () if name is not None]
    if any(name in cast and cast[name] is None for name in (*named_cast(prompt), *listed_names)):
        return None
    return _chosen(shot, model, prompt, cast, problems)


def _chosen(
    shot: WrittenShot, model: Model, prompt: str, cast: Cast, problems: list[Problem]
) -> tuple[CastMember, ...]:
    named = [name for name in named_cast(prompt) if name in cast]
    if not model.references:
        if named:
            message = tr(
                "`{name}` takes no references, but the prompt names `{named}`", name=model.name, named=named[0]
            )
            problems.append(
                Problem(shot.prompt_place, message, tr("describe it in words, or use a model with references"))
            )
        if shot.references:
            problems.append(Problem(shot.given["references"], tr("`{name}` takes no `references`", name=model.name)))
        return ()
    if shot.references is None:
        return tuple(member for name in named if (member := cast[name]) is not None)
    listed = _listed(shot, cast, problems)
    references = {member.name for member in listed}
    for name in named:
        if name not in references:
            message = tr("the prompt names `{name}`, which is not among `references`", name=name)
            problems.append(Problem(shot.prompt_place, message, tr("add it, or leave `references` out")))
    return listed


def named_places(shot: WrittenShot) -> dict[str, Place]:
    """Where a shot lists each cast member; empty where its prompt decides."""
    return {name.string: name.place for name, _ in shot.references or () if name is not None}


def _listed(shot: WrittenShot, cast: Cast, problems: list[Problem]) -> tuple[CastMember, ...]:
    members: list[CastMember] = []
    seen: set[str] = set()
    for name, in_place in shot.references or ():
        member = cast.get(name.string) if name is not None else in_place
        if name is not None and member is None:
            message = tr("no cast member `{name}`", name=name.string)
            problems.append(Problem(name.place, message, did_you_mean(name.string, cast)))
        elif name is not None and name.string in seen:
            problems.append(
                Problem(name.place, tr("`{name}` is listed twice", name=name.string), tr("list each reference once"))
            )
        elif member is not None:
            members.append(member)
            seen.add(member.name)
    return tuple(members)


def silent_references(
    shot: WrittenShot, references: tuple[CastMember, ...], prompt: str, model: Model
) -> Iterator[Problem]:
    """Warnings for listed references that the prompt never names: the model cannot tell who they are.

    `prompt` is as it is sent. A single reference needs no name (service.md 2.1), and an author may write an identifier.
    """
    names = [identify(references, patterns) for patterns in model.identifiers.values()]
    for name, _ in shot.references or () if len(references) > 1 else ():
        words = [word for each in names for word in each.get(name.string, (prompt,))] if name is not None else []
        if name is not None and not any(word in prompt for word in words):
            message = tr("the prompt of `{shot}` never names the reference `{name}`", shot=shot.name, name=name.string)
            hint = tr("write `${{{text}}}` where it appears", text=name.text)
            yield Problem(name.place, message, hint, Severity.WARNING)


def unused_members(cast: Iterable[TextNode], shots: Iterable[Shot]) -> Iterator[Problem]:
    """Warnings for cast members that no shot uses, not even as the speaker of a line."""
    used = {
        name for shot in shots for name in (*(each.cast for each in shot.media), *(each.who for each in shot.lines))
    }
    for name in cast:
        if name.string not in used:
            hint = tr("write `${{{name}}}` in a prompt, or list it under `references`", name=name.string)
            yield Problem(
                name.place, tr("the cast member `{name}` is never used", name=name.string), hint, Severity.WARNING
            )


Counted = tuple[str, int]
"""A kind of media and a number among those of its kind."""

TOGETHER = "any"
"""The kind under which a model's identifiers count all media together."""

_NAMED = pattern(f"{CAST_OPEN}([^{CAST_CLOSE}]*){CAST_CLOSE}")
_HAN_BEFORE = letters("[\u3400-\u9fff\uf900-\ufaff]")
"""What decided the language in earlier versions: a prompt with one such character had Chinese identifiers."""
_LATIN_WORD = pattern("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['\u2019-][A-Za-z\u00c0-\u024f\u1e00-\u1eff]+)*")
_QUOTED = pattern('"[^"]*"|\u201c[^\u201c\u201d]*\u201d|「[^「」]*」|『[^『』]*』|《[^《》]*》')


def named_cast(prompt: str) -> tuple[str, ...]:
    """The cast members that a prompt names, in order of first mention."""
    return tuple(dict.fromkeys(_NAMED.findall(prompt)))


@lru_cache(maxsize=4)  # each check of a shot asks for the same one
def without_names_and_quotes(prompt: str) -> str:
    """The words of a prompt around its cast names and its text in quotation marks, each at its own index."""
    return _QUOTED.sub(_blank, _NAMED.sub(_blank, prompt))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def language_of(prompt: str) -> str:
    """The language of a prompt's identifiers, `zh` or `en` (format.md, Interpolation).

    Chinese are more Han characters than Latin words, without cast names and quoted text; with them where no letter is
    left.
    """
    left = without_names_and_quotes(prompt)
    if not any(map(str.isalpha, left)):
        left = strip_cast_markers(prompt)
    if left.isascii():
        return "en"
    return "zh" if len(HAN.findall(left)) > len(_LATIN_WORD.findall(left)) else "en"


def with_identifiers(prompt: str, references: Sequence[CastMember], model: Model, language: str) -> str:
    """The prompt as it is sent: each cast name as the model's identifier, counted in the order of the media.

    A digit behind an identifier is separated from its number. A name without an identifier stays as it is.
    """
    names = identify(references, model.identifiers.get(language, {}))

    def sent(match: re.Match[str]) -> str:
        words = names.get(match[1])
        name = match[1] if words is None else _together(words, language)
        follows = prompt[match.end() : match.end() + 1]
        return f"{name} " if words is not None and follows.isdigit() else name

    return _NAMED.sub(sent, prompt)


def with_former_identifiers(prompt: str, references: Sequence[CastMember], model: Model, language: str | None) -> str:
    """The prompt as earlier versions sent it; `language` is the one that the author gave, None where none is."""
    language = language or ("zh" if _HAN_BEFORE.search(strip_cast_markers(prompt)) else "en")
    names = identify(references, model.identifiers.get(language, {}))
    return _NAMED.sub(lambda match: _together(names.get(match[1], (match[1],)), language), prompt)


def identify(references: Sequence[CastMember], patterns: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The identifiers of each named reference, one for each of its media; left out where the model has none."""
    counted = zip(references, counted_media(references, patterns), strict=True)
    return {
        member.name: tuple(patterns[kind].replace("{n}", str(number)) for kind, number in media)
        for member, media in counted
        if media[0][0] in patterns
    }


def _together(words: Sequence[str], language: str) -> str:
    """`Image 1`, `Image 1 and Image 2`, `Image 1, Image 2 and Image 3`; in Chinese `图1和图2`, `图1、图2和图3`."""
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return last.join(filter(None, (comma.join(words[:-1]), words[-1])))


def counted_media(references: Sequence[CastMember], patterns: Mapping[str, str]) -> list[tuple[Counted, ...]]:
    """The kind and the number of all media of each reference; `any` counts all kinds together, as the 2.6 models do."""
    counts: dict[str, int] = {}
    counted: list[tuple[Counted, ...]] = []
    for member in references:
        kind = member.kind if member.kind in patterns else TOGETHER
        before = counts.get(kind, 0)
        counts[kind] = before + len(member.pictures)
        counted.append(tuple((kind, number) for number in range(before + 1, counts[kind] + 1)))
    return counted
