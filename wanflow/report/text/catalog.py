"""The catalog for people: what a model takes, how much of it, what it assumes, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from wanflow.catalog.model import BilledInput, FileRule, MediaRule, Model, ParameterRule, Rate
from wanflow.report.text.table import PIPE, Column, Screen, table
from wanflow.report.text.words import listed

MEGABYTE = 10**6
FORMS: Mapping[str, str] = {"http": "an address", "oss": "an upload", "data": "a data URI"}


@dataclass(frozen=True, slots=True)
class Section:
    """A table of what a model accepts: the titles of its columns, the first of which names the section, and rows."""

    titles: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def models_text(catalog: Mapping[str, Model], screen: Screen = PIPE) -> str:
    """One line a model; a dated snapshot has no line of its own."""
    models = {model.name: model for model in catalog.values()}
    rows = [(name, model.does, ", ".join(model.regions)) for name, model in models.items()]
    headings = (Column("model"), Column("what it does", wraps=True), Column("regions", wraps=True, below=1))
    return "\n".join(table(headings, rows, screen).lines())


def model_text(model: Model, screen: Screen = PIPE) -> str:
    """All that a model accepts."""
    lines = screen.lines(f"{model.name}: {'. '.join(summary(model))}.")
    for section in sections(model):
        headings = [Column(title, wraps=number == 1) for number, title in enumerate(section.titles)]
        lines += table(headings, [(f"  {first}", *more) for first, *more in section.rows], screen).lines()
    return "\n".join(lines)


def summary(model: Model) -> list[str]:
    """What a model does, its other names and where it is, in sentences."""
    known = [f"{model.does[0].upper()}{model.does[1:]}", f"Regions: {', '.join(model.regions)}"]
    if model.snapshots:
        known.append(f"Also as {', '.join(model.snapshots)}")
    return [*known, f"{model.running} running at a time, {model.queued} waiting"]


def sections(model: Model) -> list[Section]:
    """What a model accepts, without the tables that have no rows for it."""
    text = [(key, f"at most {rule.most} characters{', required' * rule.required}") for key, rule in model.text.items()]
    sizes = [(tier, ratio, size) for tier, sizes in model.sizes.items() for ratio, size in sizes.items()]
    found = [
        Section(("text", "takes"), text),
        Section(("media", "takes"), [(kind, _media(rule)) for kind, rule in model.media.items()]),
        Section(("parameters", "takes", "default"), [_parameter(key, rule) for key, rule in model.parameters.items()]),
        Section(
            ("together",),
            [(f"{total.least} to {total.most} of {', '.join(total.types)}",) for total in model.totals],
        ),
        Section(("only these sets of media",), [(" + ".join(sorted(kinds)),) for kinds in model.sets]),
        Section(("pixels", "ratio", "width*height"), sizes),
        Section(("billed", "seconds"), [("result", "all"), *((bill.media, _billed(bill)) for bill in model.billed)]),
    ]
    if model.prices is not None:
        title = f"{model.prices.currency} a second, {model.prices.date}"
        found.append(Section(("price", title), list(_prices(model.prices.rates))))
    return [section for section in found if section.rows]


def _media(rule: MediaRule) -> str:
    times = f"up to {rule.most}"
    if rule.least:
        times = f"exactly {rule.most}" if rule.least == rule.most else f"{rule.least} to {rule.most}"
    where = f"; only in {listed(rule.regions)}" if rule.regions else ""
    voice = f"; with a voice: {_file(rule.voice)}" if rule.voice is not None else ""
    return f"{times}: {_file(rule.file)}{voice}{where}"


def _file(rule: FileRule) -> str:
    parts = [f"{rule.kind} ({', '.join(rule.formats)})", f"at most {rule.size_bytes // MEGABYTE} MB"]
    if rule.pixels is not None:
        parts.append(f"{rule.pixels[0]} to {rule.pixels[1]} pixels a side")
    if rule.aspect is not None:
        parts.append(f"sides up to {max(rule.aspect)}:{min(rule.aspect)}")
    if rule.seconds is not None:
        parts.append(f"{rule.seconds[0]} to {rule.seconds[1]} s")
    if not rule.alpha:
        parts.append("no transparency")
    return f"{', '.join(parts)}, as {' or '.join(FORMS[form] for form in rule.forms)}"


def _parameter(key: str, rule: ParameterRule) -> tuple[str, str, str]:
    values: str = rule.type
    if rule.values:
        values = " | ".join(rule.values)
    elif rule.low is not None and rule.high is not None:
        values = f"{rule.low} to {rule.high}{''.join(f' or {number}' for number in rule.also)}"
    for condition in rule.when:
        where = f"beside {condition.media}" if condition.media else f"in {condition.region}"
        allowed = f"only {' or '.join(map(str, condition.values))}" if condition.values else f"at most {condition.high}"
        values += f", {allowed} {where}"
    default = str(rule.default).lower() if isinstance(rule.default, bool) else str(rule.default)
    return key, values, "" if rule.default is None else default


def _billed(bill: BilledInput) -> str:
    if not bill.caps:
        return "all"
    first, *others = bill.caps
    each = [f"{cap} s each of {number}" for number, cap in enumerate(others, 2)]
    among = [kind for kind in bill.shared_by if kind != bill.media]
    return f"at most {first} s; {', '.join(each)}{f', {listed(among)} counted too' * bool(among)}"


def _prices(rates: tuple[Rate, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each region and set of parameters, with its tiers side by side."""
    for (region, *more), group in groupby(rates, lambda rate: (rate.region, *rate.parameters.items())):
        narrowed = [f"{key}: {str(value).lower()}" for key, value in more]
        yield ", ".join([region, *narrowed]), ", ".join(f"{rate.tier} {rate.amount}" for rate in group)
