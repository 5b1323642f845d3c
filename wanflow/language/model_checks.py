"""The one checker of models: it reads the catalog's rules and knows no model by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wanflow.catalog.model import (
    Model,
    Role,
)
from wanflow.language.parameter_checks import IN_WORDS, accepted_by
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media, Production, Shot
from wanflow.language.references import named_places
from wanflow.language.shot import CastMember, WrittenShot
from wanflow.language.source import DataSource, ShotSource
from wanflow.messages import joined, tr


def check_text(shot: WrittenShot, model: Model, texts: Mapping[str, str | None]) -> Iterator[Problem]:
    """Texts that are missing or longer than the model takes: the service would cut them off silently (service.md 2)."""
    for key, text in texts.items():
        rule = model.text.get(key)
        written = shot.values.get(key)
        place = written.place if written else shot.place
        if rule is None and text:
            message = tr("`{name}` takes no `{key}`", name=model.name, key=key)
            yield Problem(shot.given.get(key, place), message, IN_WORDS.get(key))
        elif rule is not None and not (text or "").strip() and rule.required:
            if written is not None or key not in shot.given:  # else it is reported already
                yield Problem(
                    shot.place,
                    tr(
                        "`{name}` has no `{key}`, and `{model_name}` needs one",
                        name=shot.name,
                        key=key,
                        model_name=model.name,
                    ),
                )
        elif rule is not None and text and (number := rule.length(text)) > rule.most:
            message = tr(
                "`{key}` has {number} characters; `{name}` takes {most} and would cut it off",
                key=key,
                number=number,
                name=model.name,
                most=rule.most,
            )
            yield Problem(place, message, tr("shorten it"))


AS_REFERENCE = {
    kind: ("reference_video", tr("give the film as one of the `references`, and say in the prompt {what}", what=what))
    for kind, what in (("first_clip", tr("that it goes on")), ("video", tr("what changes")))
}
"""What replaces a medium of earlier models where a model has the reference (docs/wan3.md)."""


def check_media(shot: WrittenShot, model: Model, media: tuple[Media, ...], region: str) -> Iterator[Problem]:
    """Media that the model does not take, too many or too few of them, or a combination that it does not take."""
    types = [item.type for item in media]
    for item in media:
        if item.type not in model.media:
            instead, words = AS_REFERENCE.get(item.type, ("", None))
            others = (other.name for other in shot.catalog.entries if item.type in other.media)
            hint = words if instead in model.media else accepted_by(others)
            yield Problem(
                shot.given.get(item.slot, item.used_at),
                tr("`{name}` takes no `{type}`", name=model.name, type=item.type),
                hint,
            )
    if not set(types) <= set(model.media):
        return
    for item in media:
        yield from _check_form(item, model, region)
    yield from _check_counts(shot, model, types)
    yield from _check_exclusions(shot, model, types)
    if model.sets and frozenset(types) not in model.sets:
        yield _combination(shot, model, types)


def check_anything(shot: WrittenShot, model: Model, prompt: str | None, media: tuple[Media, ...]) -> Iterator[Problem]:
    """A request without words and media, where the model needs one of them and says nothing else (service.md 2.6)."""
    needed = any(rule.least for rule in model.media.values()) or any(total.least for total in model.totals)
    required = any(rule.required for rule in model.text.values())
    if not media and not (prompt or "").strip() and not (needed or required or model.sets):
        message = tr("`{name}` has neither a `prompt` nor media", name=shot.name)
        yield Problem(shot.place, message, tr("`{name}` needs one of them", name=model.name))


def _check_exclusions(shot: WrittenShot, model: Model, types: Sequence[str]) -> Iterator[Problem]:
    """Media of two groups that the model never takes together (service.md 2.6)."""
    for group, other in model.excludes:
        one, two = (next((key for key in types if key in keys), None) for keys in (group, other))
        if one is not None and two is not None:
            message = tr(
                "`{name}` has a `{one}` and a `{two}`; `{model_name}` takes no two of these together",
                name=shot.name,
                one=one,
                two=two,
                model_name=model.name,
            )
            hint = tr(
                "use {group} alone, or {other}",
                group=_listed([f"`{key}`" for key in model.media if key in group], tr(" and ")),
                other=_listed([f"`{key}`" for key in model.media if key in other], tr(" and ")),
            )
            yield Problem(shot.place, message, hint)


def _combination(shot: WrittenShot, model: Model, types: list[str]) -> Problem:
    """Media that the model does not take together, or not alone."""
    sets = [[key for key in model.media if key in chosen] for chosen in model.sets]
    message = tr("`{name}` cannot combine {listed}", name=model.name, listed=_listed(types, tr(" and ")))
    beside = [[key for key in keys if key not in types] for keys in sets if set(types) < set(keys)]
    beside = [keys for keys in beside if not any(set(other) < set(keys) for other in beside)]
    if types and beside:
        message = tr(
            "`{name}` has {listed} without {missing}",
            name=shot.name,
            listed=_listed(types, tr(" and ")),
            missing=_listed([" + ".join(keys) for keys in beside], tr(" or ")),
        )
    elif len(types) < 2:
        message = tr(
            "`{name}` needs {listed}",
            name=shot.name,
            listed=_listed([tr("a {key}", key=keys[0]) for keys in sets if len(keys) == 1], tr(" or ")),
        )
    return Problem(
        shot.place,
        message,
        tr(
            "`{name}` takes {keys}",
            name=model.name,
            keys=joined("; ", (" + ".join(keys) or tr("no media") for keys in sets)),
        ),
    )


def check_views(shot: WrittenShot, references: Sequence[CastMember], model: Model) -> Iterator[Problem]:
    """Subjects with several pictures for a model of which no page says that it takes several views of one."""
    for member in references:
        if member.views and member.kind in model.references.keys() - model.kinds_of_views:
            message = tr(
                "`{model}` takes one picture of a subject, and `{name}` has {number}",
                model=model.name,
                name=member.name or tr("the reference"),
                number=len(member.pictures),
            )
            place = named_places(shot).get(member.name, shot.prompt_place) if member.name else member.place
            others = (each.name for each in shot.catalog.entries if each.kinds_of_views)
            yield Problem(place, message, accepted_by(others))


def check_voices(model: Model, media: tuple[Media, ...]) -> Iterator[Problem]:
    """Voices that the vendor would drop, or advises against."""
    types = {item.type for item in media}
    for item in media:
        rule = model.media.get(item.type)
        if item.voice is None:
            continue
        place = item.named_at or item.spoken_at
        if rule is not None and rule.voice is None:
            message = tr(
                "`{name}` takes no voices: that of `{cast}` is not sent", name=model.name, cast=item.cast or item.slot
            )
            yield Problem(place, message, None, Severity.WARNING)
        elif beside := types.intersection(model.unvoiced):
            message = tr("the vendor advises against a voice beside a `{key}`", key=min(beside))
            yield Problem(place, message, None, Severity.WARNING)


def _check_form(item: Media, model: Model, region: str) -> Iterator[Problem]:
    """Media that the model does not take in this region, or not in the form that they are written in (service.md 3)."""
    rule = model.media[item.type]
    if rule.regions and region not in rule.regions and region in model.regions:  # else the model is not there at all
        message = tr(
            "`{name}` takes no `{type}` in the region `{region}`", name=model.name, type=item.type, region=region
        )
        yield Problem(
            item.used_at, message, tr("these regions accept it: {regions}", regions=joined(", ", rule.regions))
        )
    if isinstance(item.source, DataSource) and "data" not in rule.file.forms:
        message = tr("`{name}` takes no data URI as `{type}`", name=model.name, type=item.type)
        yield Problem(item.used_at, message, tr("save it as a file and name that"))


def _check_counts(shot: WrittenShot, model: Model, types: list[str]) -> Iterator[Problem]:
    """Too many or too few of a type, and only else of several types together."""
    single = [
        problem
        for key, rule in model.media.items()
        for problem in _check_count(shot, model, (key,), types, (rule.least, rule.most))
    ]
    yield from single
    for total in model.totals if not single else ():
        yield from _check_count(shot, model, total.types, types, (total.least, total.most))


def _check_count(
    shot: WrittenShot, model: Model, keys: tuple[str, ...], types: list[str], bounds: tuple[int, int]
) -> Iterator[Problem]:
    least, most = bounds
    count = sum(types.count(key) for key in keys)
    if count < least:
        referring, prompt = set(keys) & set(model.references.values()), shot.values.get("prompt")
        if referring and prompt is not None and prompt.broken:
            return
        if referring and shot.misnamed:
            yield from (replace(each, severity=Severity.ERROR) for each in shot.misnamed)
            return
        hint = tr("name cast members in the prompt, or list `references`") if referring else None
        named = _listed([f"`{key}`" for key in keys], tr(" or "))
        yield Problem(
            shot.place,
            tr(
                "`{name}` has {count} {named}; `{model_name}` needs {least}",
                name=shot.name,
                count=count or tr("no"),
                named=named,
                model_name=model.name,
                least=least,
            ),
            hint,
        )
    elif count > most:
        named = _listed([f"`{key}`" for key in keys], tr(" and "))
        yield Problem(
            shot.place,
            tr(
                "`{name}` has {count} {named}; `{model_name}` takes at most {most}",
                name=shot.name,
                count=count,
                named=named,
                model_name=model.name,
                most=most,
            ),
        )


def _listed(words: Sequence[str], joint: str) -> str:
    """`a`, `a or b`, `a, b or c`; `joint` is ` or `."""
    return joined(joint, words if len(words) < 3 else (joined(", ", words[:-1]), words[-1]))


LONGEST = 3
"""Maximum continuations in a row: each adds a little drift."""


def check_chains(production: Production) -> Iterator[Problem]:
    """A warning where a chain of continuations gets longer than `LONGEST`; at that shot, not at each one after it."""
    depths: dict[str, int] = {}
    for shot in production.shots.values():
        item = _continued(shot)
        if item is not None and _depth(shot.name, production.shots, depths) == LONGEST + 1:
            message = tr(
                "`{name}` is continuation {longest} in a row: pictures drift", name=shot.name, longest=LONGEST + 1
            )
            rules = shot.rules
            endings = [tr(" with `{key}`", key=key) for key in rules.slots if rules.has_role(key, Role.ENDING)]
            hint = tr("begin again from a picture, or let it end on one{endings}", endings=joined("", endings))
            yield Problem(item.place, message, hint, Severity.WARNING)


def _depth(name: str, shots: Mapping[str, Shot], depths: dict[str, int]) -> int:
    """How many continuations lie between a shot and the beginning of its chain, itself included.

    A chain that bites its own tail has no beginning, which is an error of its own: its depths are negative.
    """
    path: list[str] = []
    while name in shots and name not in depths and name not in path:
        path.append(name)
        item = _continued(shots[name])
        name = item.source.shot if item is not None and isinstance(item.source, ShotSource) else ""
    depth = -len(path) - 1 if name in path else depths.get(name, -1)
    for step in reversed(path):
        depth += 1
        depths[step] = depth
    return depth


def _continued(shot: Shot) -> Media | None:
    """The media of a shot that its own film goes on from, where that is another shot's film.

    One that lands on a picture of its own begins a new chain.
    """
    if any(shot.rules.has_role(item.type, Role.ENDING) for item in shot.media):
        return None
    found = (item for item in shot.media if shot.rules.has_role(item.type, Role.CONTINUED))
    return next((item for item in found if isinstance(item.source, ShotSource)), None)
