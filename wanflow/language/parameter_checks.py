"""Parameters of a shot as they are sent, checked by the rules of its model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wanflow.catalog.model import (
    Condition,
    Model,
    ParameterRule,
    ParameterValue,
    PixelBounds,
    ResultKind,
    nearest_size,
    sides_of,
)
from wanflow.language.author_hints import hint_for_value
from wanflow.language.color_checks import UNFILLED, sent_colors
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media
from wanflow.language.shot import WrittenShot
from wanflow.messages import joined, tr
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, TextNode, needlessly_quoted


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
        written = shot.lists.get(key) or shot.values.get(key)
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


IN_WORDS = {
    "shot_type": tr("ask for the shots in words: `Shot 1 [0-3s] …, Shot 2 [3-5s] …`"),
    "negative_prompt": tr("say in the prompt what is not wanted"),
}
"""What to write in place of a parameter that earlier models had (service.md 2)."""


def _unknown_parameters(shot: WrittenShot, model: Model) -> Iterator[Problem]:
    for key in sorted(shot.given.keys() & shot.catalog.parameter_keys - model.parameters.keys()):
        hint: str | None = IN_WORDS.get(key) if model.makes is ResultKind.FILM else None
        hint = hint or accepted_by(other.name for other in shot.catalog.entries if key in other.parameters)
        if key == "duration" and model.makes is ResultKind.PICTURE:
            hint = tr("a picture has no length: an item of a cut has the `duration`")
        yield Problem(shot.given[key], tr("`{name}` has no parameter `{key}`", name=model.name, key=key), hint)
    for key, written in shot.lists.items():  # another model of the production may take a list under that key
        if key in model.parameters and model.parameters[key].type != "colors":
            yield Problem(written.place, tr("`{key}` of `{model}` cannot be a list", key=key, model=model.name))


def _sent_value(
    key: str,
    written: TextNode | ListNode | None,
    rule: ParameterRule,
    model: Model,
    beside: tuple[set[str], str],
    problems: list[Problem],
) -> ParameterValue | None:
    """A parameter's value; None where it is not sent, as a later one is not at its default (law 5)."""
    if rule.type == "colors":
        return None if written is None else sent_colors(key, written, rule, model, problems)
    value: object = rule.default
    if isinstance(written, TextNode) and UNFILLED not in written.string:
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


def _has_type(value: object, rule: ParameterRule) -> bool:
    if rule.type == "boolean":
        return isinstance(value, bool)
    if rule.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def accepted_by(models: Iterable[str]) -> str | None:
    """The hint that names the models that take something; None where none does."""
    names = joined(", ", (f"`{name}`" for name in models))
    return tr("these models accept it: {names}", names=names) if names else None
