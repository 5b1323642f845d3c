"""The catalog for people: what a model takes, how much of it, what it assumes, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from wanflow.catalog.model import BilledInput, Condition, FileRule, MediaRule, Model, ParameterRule, Rate, Total
from wanflow.report.text.words import columns, listed

MEGABYTE = 10**6
FORMS: Mapping[str, str] = {"http": "an address", "oss": "an upload", "data": "a data URI"}


@dataclass(frozen=True, slots=True)
class Section:
    """A table of what a model accepts: the titles of its columns, the first of which names the section, and rows."""

    titles: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def models_text(catalog: Mapping[str, Model]) -> str:
    """One line a model; dated snapshots stand beside the name they belong to."""
    models = {model.name: model for model in catalog.values()}
    return "\n".join(columns([(name, model.does, ", ".join(model.regions)) for name, model in models.items()]))


def model_text(model: Model) -> str:
    """All that a model accepts."""
    return "\n".join(_lines(model))


def summary(model: Model) -> list[str]:
    """What a model does, its other names and where it is, in sentences."""
    known = [f"{model.does[0].upper()}{model.does[1:]}", f"Regions: {', '.join(model.regions)}"]
    if model.snapshots:
        known.append(f"Also as {', '.join(model.snapshots)}")
    return [*known, f"{model.running} running at a time, {model.queued} waiting"]


def sections(model: Model) -> list[Section]:
    """What a model accepts, without the tables that have no rows for it."""
    return [section for section in (*_what_it_takes(model), *_what_it_gives(model)) if section.rows]


def _what_it_takes(model: Model) -> Iterator[Section]:
    yield Section(
        ("text", "takes"),
        [(key, f"at most {rule.most} characters{', required' * rule.required}") for key, rule in model.text.items()],
    )
    yield Section(("media", "takes"), [(kind, _media(rule)) for kind, rule in model.media.items()])
    yield Section(
        ("parameters", "takes", "default"),
        [(key, _parameter(rule), _default(rule)) for key, rule in model.parameters.items()],
    )
    yield Section(("together",), [(_total(total),) for total in model.totals])
    yield Section(("only these sets of media",), [(" + ".join(sorted(kinds)),) for kinds in model.sets])


def _what_it_gives(model: Model) -> Iterator[Section]:
    rows = [(tier, ratio, size) for tier, sizes in model.sizes.items() for ratio, size in sizes.items()]
    yield Section(("pixels", "ratio", "width*height"), rows)
    yield Section(("billed", "seconds"), [("result", "all"), *((bill.media, _billed(bill)) for bill in model.billed)])
    if model.prices is not None:
        title = f"{model.prices.currency} a second, {model.prices.date}"
        yield Section(("price", title), _prices(model.prices.rates))


def _lines(model: Model) -> Iterator[str]:
    yield f"{model.name}: {'. '.join(summary(model))}."
    for section in sections(model):
        yield from columns([section.titles, *((f"  {first}", *more) for first, *more in section.rows)])


def _media(rule: MediaRule) -> str:
    where = f"; only in {listed(rule.regions)}" if rule.regions else ""
    voice = f"; with a voice: {_file(rule.voice)}" if rule.voice is not None else ""
    return f"{_times(rule)}: {_file(rule.file)}{voice}{where}"


def _times(rule: MediaRule) -> str:
    if not rule.least:
        return f"up to {rule.most}"
    return f"exactly {rule.most}" if rule.least == rule.most else f"{rule.least} to {rule.most}"


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
    return f"{', '.join(parts)}, as {' or '.join(FORMS[form] for form in rule.forms)}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes // MEGABYTE} MB"


def _parameter(rule: ParameterRule) -> str:
    if rule.values:
        return f"{' | '.join(rule.values)}{_when(rule)}"
    if rule.low is not None and rule.high is not None:
        also = "".join(f" or {number}" for number in rule.also)
        return f"{rule.low} to {rule.high}{also}{_when(rule)}"
    return f"{rule.type}{_when(rule)}"


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
    return str(rule.default).lower() if isinstance(rule.default, bool) else str(rule.default)


def _total(total: Total) -> str:
    return f"{total.least} to {total.most} of {', '.join(total.types)}"


def _billed(bill: BilledInput) -> str:
    if not bill.caps:
        return "all"
    first, *others = bill.caps
    each = [f"{cap} s each of {number}" for number, cap in enumerate(others, 2)]
    among = [kind for kind in bill.shared_by if kind != bill.media]
    return f"at most {first} s; {', '.join(each)}{f', {listed(among)} counted too' * bool(among)}"


def _prices(rates: tuple[Rate, ...]) -> list[tuple[str, ...]]:
    """A row for each region and narrowing, its tiers beside each other."""
    grouped = groupby(rates, lambda rate: (rate.region, *rate.parameters.items()))
    return [
        (", ".join([region, *(_narrowing(*item) for item in more)]), ", ".join(_rate(rate) for rate in group))
        for (region, *more), group in grouped
    ]


def _narrowing(key: str, value: object) -> str:
    return f"{key}: {str(value).lower()}"


def _rate(rate: Rate) -> str:
    return f"{rate.tier} {rate.amount}"
