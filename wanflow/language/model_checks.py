"""The one checker of models: it reads the catalog's rules and knows no model by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wanflow.catalog.model import (
    Condition,
    Model,
    ParameterRule,
    ParameterValue,
    PixelBounds,
    ResultKind,
    Role,
    nearest_size,
    sides_of,
)
from wanflow.language.author_hints import hint_for_value
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media, Production, Shot
from wanflow.language.references import named_places
from wanflow.language.shot import CastMember, WrittenShot
from wanflow.language.source import DataSource, ShotSource
from wanflow.messages import joined, tr
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import TextNode, needlessly_quoted

UNFILLED = "${"
"""The beginning of a name in a value that was not filled in; that it is unknown is said elsewhere."""


def check_text(shot: WrittenShot, model: Model, texts: Mapping[str, str | None]) -> Iterator[Problem]:
    """Texts that are missing or longer than the model takes: the service would cut them off silently (service.md 2)."""
    for key, text in texts.items():
        rule = model.text.get(key)
        written = shot.values.get(key)
        place = written.place if written else shot.place
        if rule is None and text:
            yield Problem(place, tr("`{name}` takes no `{key}`", name=model.name, key=key))
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


def check_media(shot: WrittenShot, model: Model, media: tuple[Media, ...], region: str) -> Iterator[Problem]:
    """Media that the model does not take, too many or too few of them, or a combination that it does not take."""
    types = [item.type for item in media]
    for item in media:
        if item.type not in model.media:
            hint = _accepted_by(other.name for other in shot.catalog.entries if item.type in other.media)
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
    if len(types) < 2:
        message = tr(
            "`{name}` needs {listed}",
            name=shot.name,
            listed=_listed([tr("a {key}", key=keys[0]) for keys in sets if len(keys) == 1], tr(" or ")),
        )
    return Problem(
        shot.place,
        message,
        tr("`{name}` takes {keys}", name=model.name, keys=joined("; ", (" + ".join(keys) for keys in sets))),
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
            yield Problem(place, message, _accepted_by(others))


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


def sent_parameters(
    shot: WrittenShot, model: Model, media: tuple[Media, ...], region: str, problems: list[Problem]
) -> dict[str, ParameterValue]:
    """All parameters as they are sent, the vendor's defaults included, so that these cannot change silently.

    Problems of single parameters are added. What the vendor ignores beside these media is left out, with a warning
    where the author asked for it (format.md, A shot).
    """
    types = {item.type for item in media}
    ignored = {parameter: beside for parameter, beside in model.ignored if beside in types}
    problems += _unknown_parameters(shot, model)
    sent: dict[str, ParameterValue] = {}
    for key, rule in model.parameters.items():
        written = shot.values.get(key)
        if key in ignored:
            if written is not None and key in shot.given:
                message = tr(
                    "`{name}` ignores `{key}` beside a `{ignored}`: it is not sent",
                    name=model.name,
                    key=key,
                    ignored=ignored[key],
                )
                problems.append(Problem(written.place, message, tr("leave it out"), Severity.WARNING))
        elif key != "seed":
            value = _sent_value(key, written, rule, model, (types, region), problems)
            sent |= {} if value is None else {key: value}
    return sent


IN_WORDS = {"shot_type": tr("ask for the shots in words: `Shot 1 [0-3s] …, Shot 2 [3-5s] …`")}
"""What to write in place of a parameter that earlier models had (service.md 2)."""


def _unknown_parameters(shot: WrittenShot, model: Model) -> Iterator[Problem]:
    for key in sorted(shot.given.keys() & shot.catalog.parameter_keys - model.parameters.keys()):
        hint: str | None = IN_WORDS.get(key) if model.makes is ResultKind.FILM else None
        hint = hint or _accepted_by(other.name for other in shot.catalog.entries if key in other.parameters)
        if key == "duration" and model.makes is ResultKind.PICTURE:
            hint = tr("a picture has no length: an item of a cut has the `duration`")
        yield Problem(shot.given[key], tr("`{name}` has no parameter `{key}`", name=model.name, key=key), hint)


def _sent_value(
    key: str,
    written: TextNode | None,
    rule: ParameterRule,
    model: Model,
    beside: tuple[set[str], str],
    problems: list[Problem],
) -> ParameterValue | None:
    """A parameter's value; None where it is not sent, as a later one is not at its default (law 5)."""
    value: object = rule.default
    if written is not None and UNFILLED not in written.string:
        problems += check_value(key, written, rule, model, [case for case in rule.when if case.holds(*beside)])
        if written.value is None:
            return None
        value = written.value if _has_type(written.value, rule) else rule.default
    known = value if isinstance(value, bool | int | str) else None
    return None if rule.since > 1 and known == rule.default else known


def check_value(
    key: str, written: TextNode, rule: ParameterRule, model: Model, met: Sequence[Condition] = ()
) -> Iterator[Problem]:
    """A parameter's type, values and range, with the tighter range that the conditions bring which are met."""
    value = written.value
    if not _has_type(value, rule):
        kind = {"string": tr("text"), "integer": tr("a whole number"), "boolean": tr("`true` or `false`")}[rule.type]
        quoted = needlessly_quoted(written)
        hint = tr("write it without quotes") if quoted else hint_for_value(written, [rule.type], (key,), rule.values)
        yield Problem(
            written.place, tr("`{key}` must be {kind}, not `{value}`", key=key, kind=kind, value=written.string), hint
        )
    elif rule.pixels is not None:
        yield from _check_size(key, written, rule, rule.pixels, model, met)
    elif rule.values and value not in rule.values:
        listed = joined(", ", (f"`{item}`" for item in rule.values))
        message = tr(
            "`{key}` of `{model}` is one of {listed}, not `{value}`",
            key=key,
            model=model.name,
            listed=listed,
            value=written.string,
        )
        yield Problem(written.place, message, did_you_mean(written.string, rule.values))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _check_range(key, written, value, rule, model, met)


def _check_size(
    key: str, written: TextNode, rule: ParameterRule, bounds: PixelBounds, model: Model, met: Sequence[Condition]
) -> Iterator[Problem]:
    """A size as one of the model's words, or as `width*height` within its bounds (service.md 9.1)."""
    value, where = written.string, joined("", map(_where, met))
    words = [word for word in rule.values if all(word in case.values for case in met if case.values)]
    if value in words:
        return
    most = min((bounds.most, *(case.high for case in met if case.high is not None)))
    sides = sides_of(value)
    within = sides is not None and bounds.least <= sides[0] * sides[1] <= most
    if sides is None or not within or max(sides) > bounds.aspect * min(sides):
        listed = tr("{words}, or ", words=joined(", ", (f"`{word}`" for word in words))) if words else ""
        message = tr(
            "`{key}` of `{model}`{where} is {listed}width*height of {least} to {most} pixels, sides up to "
            "{aspect}:1, not `{value}`",
            key=key,
            model=model.name,
            where=where,
            listed=listed,
            least=bounds.least,
            most=most,
            aspect=bounds.aspect,
            value=value,
        )
        yield Problem(written.place, message, _hint_for_size(value, replace(bounds, most=most), words))


def _hint_for_size(value: str, bounds: PixelBounds, words: Sequence[str]) -> str | None:
    """The nearest size that a model takes; for a word the one that was perhaps meant."""
    sides = sides_of(re.sub(r"\s*[xX×＊*]\s*", "*", value))
    if sides is not None:
        width, height = nearest_size(sides, bounds)
        return tr("write `{width}*{height}`", width=width, height=height)
    return did_you_mean(value, words) or tr("e.g. `1280*720`")


def check_seed(shot: WrittenShot, model: Model) -> Iterator[Problem]:
    """The given seed, where there is one."""
    written, rule = shot.values.get("seed"), model.parameters.get("seed")
    if written is None or rule is None:
        return
    yield from check_value("seed", written, rule, model)
    takes = shot.values.get("takes")
    if isinstance(written.value, int) and takes is not None and isinstance(takes.value, int) and rule.high is not None:
        last = written.value + takes.value - 1
        if written.value <= rule.high < last:
            message = tr(
                "with {value} takes the last seed would be {last}; `{name}` takes at most {high}",
                value=takes.value,
                last=last,
                name=model.name,
                high=rule.high,
            )
            yield Problem(written.place, message, tr("begin lower"))


def _check_range(
    key: str, written: TextNode, value: int, rule: ParameterRule, model: Model, met: Sequence[Condition]
) -> Iterator[Problem]:
    for condition in met:
        if condition.values and value not in condition.values:
            only = joined(tr(" or "), map(str, condition.values))
            message = tr(
                "`{key}` of `{name}` is {only}{where}, not {value}",
                key=key,
                name=model.name,
                only=only,
                where=_where(condition),
                value=value,
            )
            yield Problem(written.place, message)
            return
    bounds = [(condition.high, _where(condition)) for condition in met if condition.high is not None]
    bounds += [] if rule.high is None else [(rule.high, "")]
    high, where = min(bounds, default=(None, ""))
    inside = (rule.low is None or value >= rule.low) and (high is None or value <= high)
    if not inside and value not in rule.also:
        also = joined("", (tr("{item} or ", item=item) for item in rule.also))
        yield Problem(
            written.place,
            tr(
                "`{key}` of `{name}` is {also}{low} to {high}{where}, not {value}",
                key=key,
                name=model.name,
                also=also,
                low=rule.low,
                high=high,
                where=where,
                value=value,
            ),
        )


def _where(condition: Condition) -> str:
    return (
        tr(" beside a `{media}`", media=condition.media)
        if condition.media
        else tr(" in the region `{region}`", region=condition.region)
    )


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


def _has_type(value: object, rule: ParameterRule) -> bool:
    if rule.type == "boolean":
        return isinstance(value, bool)
    if rule.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


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


def _accepted_by(models: Iterable[str]) -> str | None:
    names = joined(", ", (f"`{name}`" for name in models))
    return tr("these models accept it: {names}", names=names) if names else None


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
