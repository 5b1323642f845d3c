"""The catalog for people: what a model takes, how much of it, and what it assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wanflow.report.wording import columns
from wanflow.spec.model import Condition, FileRule, MediaRule, Model, ParameterRule, Total

MEGABYTE = 10**6


def models_text(catalog: Mapping[str, Model]) -> str:
    """One line a model; dated snapshots stand beside the name they belong to."""
    models = {model.name: model for model in catalog.values()}
    return "\n".join(columns([(name, model.does, ", ".join(model.regions)) for name, model in models.items()]))


def model_text(model: Model) -> str:
    """All that a model accepts."""
    return "\n".join(_lines(model))


def sections(model: Model) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """What a model accepts, by heading: rows of a name and what it takes, and for parameters the default."""
    yield (
        "text",
        [
            (key, f"at most {rule.most} characters{_required(required=rule.required)}")
            for key, rule in model.text.items()
        ],
    )
    yield "media", [(kind, _media(rule)) for kind, rule in model.media.items()]
    yield "parameters", [(key, _parameter(rule), _default(rule)) for key, rule in model.parameters.items()]
    yield "together", [(_total(total),) for total in model.totals]
    yield "only these sets of media", [(" + ".join(sorted(kinds)),) for kinds in model.sets]


def _lines(model: Model) -> Iterator[str]:
    yield f"{model.name}: {model.does}"
    if model.snapshots:
        yield f"snapshots: {', '.join(model.snapshots)}"
    yield f"regions: {', '.join(model.regions)}"
    yield f"running at a time: {model.running}"
    for heading, rows in sections(model):
        if rows:
            yield heading
            yield from (f"  {line}" for line in columns(rows))


def _required(*, required: bool) -> str:
    return ", required" if required else ""


def _media(rule: MediaRule) -> str:
    least = f"{rule.least} to {rule.most}" if rule.least else f"up to {rule.most}"
    voice = f"; with a voice: {_file(rule.voice)}" if rule.voice is not None else ""
    return f"{least}: {_file(rule.file)}{voice}"


def _file(rule: FileRule) -> str:
    parts = [f"{rule.kind} ({', '.join(rule.formats)})", f"at most {_size(rule.size_bytes)}"]
    if rule.pixels is not None:
        parts.append(f"{rule.pixels[0]} to {rule.pixels[1]} pixels a side")
    if rule.aspect is not None:
        parts.append(f"sides up to {max(rule.aspect)}:{min(rule.aspect)}")
    if rule.seconds is not None:
        parts.append(f"{rule.seconds[0]} to {rule.seconds[1]} s")
    if not rule.alpha:
        parts.append("no transparency")
    return ", ".join(parts)


def _size(size_bytes: int) -> str:
    return f"{size_bytes // MEGABYTE} MB"


def _parameter(rule: ParameterRule) -> str:
    if rule.values:
        return " | ".join(rule.values)
    if rule.low is not None and rule.high is not None:
        also = "".join(f" or {number}" for number in rule.also)
        return f"{rule.low} to {rule.high}{also}{_when(rule)}"
    return rule.type


def _when(rule: ParameterRule) -> str:
    return "".join(f", {_condition(condition)}" for condition in rule.when)


def _condition(condition: Condition) -> str:
    where = f"beside {condition.media}" if condition.media else f"in {condition.region}"
    if condition.values:
        return f"only {' or '.join(map(str, condition.values))} {where}"
    return f"at most {condition.high} {where}"


def _default(rule: ParameterRule) -> str:
    if rule.default is None:
        return ""
    return f"default {str(rule.default).lower() if isinstance(rule.default, bool) else rule.default}"


def _total(total: Total) -> str:
    return f"{total.least} to {total.most} of {', '.join(total.types)}"
