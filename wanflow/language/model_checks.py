"""The one checker of models: it reads the catalog's rules and knows no model by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from wanflow.catalog.model import Condition, Model, ParameterRule, ParameterValue
from wanflow.catalog.read import load_catalog, parameter_keys
from wanflow.language.author_hints import hint_for_value
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media
from wanflow.language.shot import WrittenShot
from wanflow.language.source import DataSource
from wanflow.yamldoc.nodes import TextNode, needlessly_quoted

UNFILLED = "${"
"""Stands in a value whose name was unknown, which is said already."""


def check_text(shot: WrittenShot, model: Model, texts: Mapping[str, str | None]) -> Iterator[Problem]:
    """Texts that are missing or longer than the model takes: the service would cut them off silently (service.md 2)."""
    for key, text in texts.items():
        rule = model.text.get(key)
        written = shot.values.get(key)
        if rule is None and text:
            yield Problem(written.place if written else shot.place, f"`{model.name}` takes no `{key}`")
        elif rule is not None and not (text or "").strip() and rule.required:
            yield Problem(shot.place, f"`{shot.name}` has no `{key}`, and `{model.name}` needs one")
        elif rule is not None and text and len(text) > rule.most:
            message = f"`{key}` has {len(text)} characters, `{model.name}` takes {rule.most} and would cut it off"
            yield Problem(written.place if written else shot.place, message, "shorten it")


def check_media(shot: WrittenShot, model: Model, media: tuple[Media, ...], region: str) -> Iterator[Problem]:
    """Media that the model doesn't take, too many or too few of them, or a set that it refuses."""
    types = [item.type for item in media]
    for item in media:
        if item.type not in model.media:
            hint = _models_with(lambda other, kind=item.type: kind in other.media)
            place = shot.given.get(item.slot, item.used_at)
            yield Problem(place, f"`{model.name}` takes no `{item.type}`", hint)
    if not set(types) <= set(model.media):
        return
    for item in media:
        yield from _reaches(item, model, region)
    yield from _counts(shot, model, types)
    if model.sets and frozenset(types) not in model.sets:
        yield Problem(shot.place, _refused_set(shot, model, types), _sets(model))


def check_voices(shot: WrittenShot, model: Model, media: tuple[Media, ...]) -> Iterator[Problem]:
    """Voices that the vendor would drop, or advises against."""
    types = {item.type for item in media}
    for item in media:
        rule = model.media.get(item.type)
        if item.voice is not None and rule is not None and rule.voice is None:
            yield _warning(item, f"`{model.name}` knows no voices: that of `{item.cast or item.slot}` is not sent")
        elif item.voice is not None and types.intersection(model.unvoiced):
            yield _warning(item, "a voice beside a first frame is not recommended by the vendor")
    del shot


def effective(
    shot: WrittenShot, model: Model, media: tuple[Media, ...], region: str, problems: list[Problem]
) -> dict[str, ParameterValue]:
    """All parameters as they are sent, the vendor's defaults included, so that these can't change silently.

    Problems of single parameters are added. What the vendor ignores beside these media is left out, with a warning
    where the author asked for it (format.md, A shot).
    """
    types = {item.type for item in media}
    ignored = {parameter for parameter, beside in model.ignored if beside in types}
    problems += _unknown(shot, model)
    sent: dict[str, ParameterValue] = {}
    for key, rule in model.parameters.items():
        if key == "seed":
            continue
        written = shot.values.get(key)
        if key in ignored:
            problems += _dropped(shot, model, key, written)
        elif written is None or UNFILLED in written.string:
            sent |= {key: rule.default} if rule.default is not None and rule.since == 1 else {}
        else:
            met = [condition for condition in rule.when if condition.holds(types, region)]
            problems += check_value(key, written, rule, model, met)
            sent |= _sent(key, written, rule)
    return sent


def check_value(
    key: str, written: TextNode, rule: ParameterRule, model: Model, met: Sequence[Condition] = ()
) -> Iterator[Problem]:
    """A parameter's type, values and range, with the tighter range that the conditions bring which are met."""
    value = written.value
    if not _typed(value, rule):
        kind = {"string": "text", "integer": "a whole number", "boolean": "`true` or `false`"}[rule.type]
        quoted = needlessly_quoted(written)
        hint = "write it without quotes" if quoted else hint_for_value(written, [rule.type], (key,))
        yield Problem(written.place, f"`{key}` must be {kind}, not `{written.string}`", hint)
    elif rule.values and value not in rule.values:
        listed = ", ".join(f"`{item}`" for item in rule.values)
        yield Problem(written.place, f"`{key}` of `{model.name}` is one of {listed}, not `{written.string}`")
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _range(key, written, value, rule, model, met)


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
            message = f"{takes.value} takes count the seed up to {last}, `{model.name}` takes {rule.high} at most"
            yield Problem(written.place, message, "begin lower")


def _range(
    key: str, written: TextNode, value: int, rule: ParameterRule, model: Model, met: Sequence[Condition]
) -> Iterator[Problem]:
    for condition in met:
        if condition.values and value not in condition.values:
            only = " or ".join(map(str, condition.values))
            message = f"`{key}` of `{model.name}` is {only}{_beside(condition)}, not {value}"
            yield Problem(written.place, message)
            return
    bounds = [(condition.high, _beside(condition)) for condition in met if condition.high is not None]
    bounds += [] if rule.high is None else [(rule.high, "")]
    high, beside = min(bounds, default=(None, ""))
    inside = (rule.low is None or value >= rule.low) and (high is None or value <= high)
    if not inside and value not in rule.also:
        also = "".join(f"{item} or " for item in rule.also)
        yield Problem(written.place, f"`{key}` of `{model.name}` is {also}{rule.low} to {high}{beside}, not {value}")


def _beside(condition: Condition) -> str:
    return f" beside a `{condition.media}`" if condition.media else f" in the region `{condition.region}`"


def _reaches(item: Media, model: Model, region: str) -> Iterator[Problem]:
    """Media that the model does not take in this region, or not in the form that they are written in (service.md 3)."""
    rule = model.media[item.type]
    if rule.regions and region not in rule.regions:
        where = ", ".join(rule.regions)
        message = f"`{model.name}` takes no `{item.type}` in the region `{region}`"
        yield Problem(item.used_at, message, f"it does in {where}")
    if isinstance(item.source, DataSource) and "data" not in rule.file.forms:
        message = f"`{model.name}` takes no data URI as `{item.type}`"
        yield Problem(item.used_at, message, "save it as a file and name that")


def _typed(value: object, rule: ParameterRule) -> bool:
    if rule.type == "boolean":
        return isinstance(value, bool)
    if rule.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def _sent(key: str, written: TextNode, rule: ParameterRule) -> dict[str, ParameterValue]:
    """A parameter that came after the first key version enters only where it isn't at its default (law 5)."""
    if not isinstance(written.value, bool | int | str) or (rule.since > 1 and written.value == rule.default):
        return {}
    if not _typed(written.value, rule):  # which is said: what is reckoned with it goes on with the default
        return {} if rule.default is None else {key: rule.default}
    return {key: written.value}


def _unknown(shot: WrittenShot, model: Model) -> Iterator[Problem]:
    for key in sorted(shot.given.keys() & parameter_keys()):
        if key not in model.parameters:
            hint = _models_with(lambda other, key=key: key in other.parameters)
            yield Problem(shot.given[key], f"`{model.name}` has no parameter `{key}`", hint)


def _dropped(shot: WrittenShot, model: Model, key: str, written: TextNode | None) -> Iterator[Problem]:
    if written is not None and key in shot.given:
        beside = next(kind for parameter, kind in model.ignored if parameter == key)
        message = f"`{model.name}` ignores `{key}` beside a `{beside}`: it is not sent"
        yield Problem(written.place, message, "leave it out", Severity.WARNING)


def _counts(shot: WrittenShot, model: Model, types: list[str]) -> Iterator[Problem]:
    """Too many or too few of a type, and only else of several types together."""
    single = [
        problem
        for kind, rule in model.media.items()
        for problem in _count(shot, model, (kind,), types.count(kind), (rule.least, rule.most))
    ]
    yield from single
    for total in model.totals if not single else ():
        count = sum(types.count(kind) for kind in total.types)
        yield from _count(shot, model, total.types, count, (total.least, total.most))


def _count(
    shot: WrittenShot, model: Model, kinds: tuple[str, ...], count: int, bounds: tuple[int, int]
) -> Iterator[Problem]:
    least, most = bounds
    named, any_of = (f" {word} ".join(f"`{kind}`" for kind in kinds) for word in ("and", "or"))
    if count < least:
        hint = "name cast members in the prompt, or list `references`" if "reference" in kinds[0] else None
        yield Problem(shot.place, f"`{shot.name}` has {count or 'no'} {any_of}, `{model.name}` needs {least}", hint)
    elif count > most:
        yield Problem(shot.place, f"`{shot.name}` has {count} {named}, `{model.name}` takes {most} at most")


def _refused_set(shot: WrittenShot, model: Model, types: list[str]) -> str:
    together = " with ".join(f"`{kind}`" for kind in types) or "no media"
    return f"`{shot.name}` has {together}, which `{model.name}` refuses"


def _sets(model: Model) -> str:
    ordered = [" + ".join(kind for kind in model.media if kind in chosen) for chosen in model.sets]
    return f"it takes {'; '.join(ordered)}"


def _models_with(fits: object) -> str | None:
    models = {model.name: model for model in load_catalog().values()}
    names = [name for name, model in models.items() if callable(fits) and fits(model)]
    return f"{_joined(names)} would" if names else None


def _joined(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _warning(item: Media, message: str) -> Problem:
    return Problem(item.named_at or item.spoken_at, message, None, Severity.WARNING)
