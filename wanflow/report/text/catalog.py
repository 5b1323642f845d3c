"""The catalog for people: what a model takes, how much of it, what it assumes, and what it costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from wanflow.catalog.model import BilledInput, FileRule, MediaRule, Model, ParameterRule, Rate, ResultKind
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.report.text.table import PIPE, Column, Screen, table
from wanflow.report.text.words import MEGABYTE, listed

KINDS: Mapping[str, str] = {
    "image": tr("image"),
    "video": tr("video"),
    "audio": tr("audio"),
    "document": tr("document"),
}
TYPES: Mapping[str, str] = {
    "boolean": tr("boolean"),
    "integer": tr("integer"),
    "string": tr("string"),
    "colors": tr("colours"),
}
FORMS: Mapping[str, str] = {"http": tr("an address"), "oss": tr("an upload"), "data": tr("a data URI")}


@immutable
class Section:
    """A table of what a model accepts: the titles of its columns, the first of which names the section, and rows."""

    titles: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def models_text(catalog: Mapping[str, Model], screen: Screen = PIPE) -> str:
    """One line a model; a dated snapshot has no line of its own."""
    models = {model.name: model for model in catalog.values()}
    rows = [(name, tr(model.does), joined(", ", model.regions)) for name, model in models.items()]
    headings = (Column(tr("model")), Column(tr("what it does"), wraps=True), Column(tr("regions"), wraps=True, below=1))
    return "\n".join(table(headings, rows, screen).lines())


def model_text(model: Model, screen: Screen = PIPE) -> str:
    """All that a model accepts."""
    words = tr("{name}: {summary}.", name=model.name, summary=joined(tr(". "), summary(model)))
    lines = screen.lines(screen.complete(words))
    for section in sections(model):
        headings = [Column(title, wraps=number == 1) for number, title in enumerate(section.titles)]
        lines += table(headings, [(joined("", ("  ", first)), *more) for first, *more in section.rows], screen).lines()
    return "\n".join(lines)


def summary(model: Model) -> list[str]:
    """What a model does, its other names and where it is, in sentences."""
    known = [
        tr(f"{model.does[0].upper()}{model.does[1:]}"),
        tr("Regions: {regions}", regions=joined(", ", model.regions)),
    ]
    if model.snapshots:
        known.append(tr("Also as {snapshots}", snapshots=joined(", ", model.snapshots)))
    return [*known, tr("{running} running at a time, {queued} waiting", running=model.running, queued=model.queued)]


def sections(model: Model) -> list[Section]:
    """What a model accepts, without the tables that have no rows for it."""
    text = [
        (
            key,
            tr("at most {most} characters, required", most=rule.most)
            if rule.required
            else tr("at most {most} characters", most=rule.most),
        )
        for key, rule in model.text.items()
    ]
    sizes = [(tier, ratio, size) for tier, sizes in model.sizes.items() for ratio, size in sizes.items()]
    found = [
        Section((tr("text"), tr("accepts")), text),
        Section((tr("media"), tr("accepts")), [(kind, _media(rule)) for kind, rule in model.media.items()]),
        Section(
            (tr("parameters"), tr("accepts"), tr("default")),
            [_parameter(key, rule) for key, rule in model.parameters.items()],
        ),
        Section(
            (tr("together"),),
            [
                (
                    tr(
                        "{least} to {most} of {types}",
                        least=total.least,
                        most=total.most,
                        types=joined(", ", total.types),
                    ),
                )
                for total in model.totals
            ],
        ),
        Section(
            (tr("never together"),),
            [
                (tr("{one} beside {other}", one=_in_order(one, model), other=_in_order(other, model)),)
                for one, other in model.excludes
            ],
        ),
        Section(
            (tr("only these sets of media"),), [(" + ".join(sorted(kinds)) or tr("none"),) for kinds in model.sets]
        ),
        Section((tr("pixels"), tr("ratio"), tr("width*height")), sizes),
        *_billing(model),
    ]
    return [section for section in found if section.rows]


def _billing(model: Model) -> Iterator[Section]:
    """What is billed, where that is not one picture, and the price of it."""
    picture = model.makes is ResultKind.PICTURE
    if not picture:
        inputs = ((bill.media, _billed(bill)) for bill in model.billed)
        yield Section((tr("billed"), tr("seconds")), [(tr("result"), tr("all")), *inputs])
    if model.prices is not None:
        currency, day = model.prices.currency, model.prices.date
        unit = tr("{currency} a picture, {date}", currency=currency, date=day)
        title = unit if picture else tr("{currency} a second, {date}", currency=currency, date=day)
        yield Section((tr("price"), title), list(_prices(model.prices.rates)))
    else:
        yield Section((tr("price"), tr("unknown")), [(tr("each region"), "?")])


def _in_order(keys: Collection[str], model: Model) -> str:
    """Media keys in the order of the model's file."""
    return joined(", ", (key for key in model.media if key in keys))


def _media(rule: MediaRule) -> str:
    times = tr("up to {most}", most=rule.most)
    if rule.least:
        times = (
            tr("exactly {most}", most=rule.most)
            if rule.least == rule.most
            else tr("{least} to {most}", least=rule.least, most=rule.most)
        )
    where = tr("; only in {regions}", regions=listed(rule.regions)) if rule.regions else ""
    voice = tr("; with a voice: {file}", file=_file(rule.voice)) if rule.voice is not None else ""
    views = tr("; several may show one subject") if rule.views else ""
    if rule.total_seconds is not None:
        where = joined("", (tr("; together at most {seconds} s", seconds=rule.total_seconds), where))
    return tr(
        "{times}: {file}{voice}{views}{where}",
        times=times,
        file=_file(rule.file),
        voice=voice,
        views=views,
        where=where,
    )


def _file(rule: FileRule) -> str:
    if rule.kind == "page":
        return tr("web page, as an address")
    parts = [
        tr("{kind} ({formats})", kind=KINDS[rule.kind], formats=joined(", ", rule.formats)),
        tr("at most {size_bytes} MB", size_bytes=rule.size_bytes // MEGABYTE),
    ]
    if rule.pixels is not None:
        parts.append(tr("{least} to {most} pixels a side", least=rule.pixels[0], most=rule.pixels[1]))
    if rule.aspect is not None:
        parts.append(tr("sides up to {longer}:{shorter}", longer=max(rule.aspect), shorter=min(rule.aspect)))
    if rule.seconds is not None:
        parts.append(tr("{least} to {most} s", least=rule.seconds[0], most=rule.seconds[1]))
    if not rule.alpha:
        parts.append(tr("no transparency"))
    return tr(
        "{parts}, as {forms}", parts=joined(", ", parts), forms=joined(tr(" or "), (FORMS[form] for form in rule.forms))
    )


def _parameter(key: str, rule: ParameterRule) -> tuple[str, str, str]:
    values = TYPES.get(rule.type, rule.type)
    if rule.values:
        values = " | ".join(rule.values)
        if rule.pixels is not None:
            values = tr(
                "{values}, or {least} to {most} pixels as width*height",
                values=values,
                least=rule.pixels.least,
                most=rule.pixels.most,
            )
    elif rule.type == "colors":
        values = tr("{low} to {high} colours with their shares", low=rule.low, high=rule.high)
    elif rule.low is not None and rule.high is not None:
        values = tr(
            "{low} to {high}{more}",
            low=rule.low,
            high=rule.high,
            more=joined("", (tr(" or {number}", number=number) for number in rule.also)),
        )
    for condition in rule.when:
        where = (
            tr("beside {media}", media=condition.media)
            if condition.media
            else tr("in {region}", region=condition.region)
        )
        allowed = (
            tr("only {values}", values=joined(tr(" or "), map(str, condition.values)))
            if condition.values
            else tr("at most {high}", high=condition.high)
        )
        values = tr("{values}, {allowed} {where}", values=values, allowed=allowed, where=where)
    if rule.shared is not None:
        values = tr(
            "{values}, with the seconds of {media} at most {most}",
            values=values,
            media=rule.shared.media,
            most=rule.shared.most,
        )
    default = str(rule.default).lower() if isinstance(rule.default, bool) else str(rule.default)
    return key, values, "" if rule.default is None else default


def _billed(bill: BilledInput) -> str:
    if not bill.caps:
        return tr("all")
    first, *others = bill.caps
    each = [tr("{cap} s each of {number}", cap=cap, number=number) for number, cap in enumerate(others, 2)]
    among = [kind for kind in bill.shared_by if kind != bill.media]
    return tr(
        "at most {first} s; {each}{more}",
        first=first,
        each=joined(", ", each),
        more=tr(", {among} counted too", among=listed(among)) if among else "",
    )


def _prices(rates: tuple[Rate, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each region and set of parameters, with its tiers side by side."""
    for (region, *more), group in groupby(rates, lambda rate: (rate.region, *rate.parameters.items())):
        narrowed = [f"{key}: {str(value).lower()}" for key, value in more]
        yield (
            joined(", ", [region, *narrowed]),
            joined(", ", (f"{rate.tier or ''} {rate.amount}".strip() for rate in group)),
        )
