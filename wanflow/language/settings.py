"""Settings of a production: prices, budget, uploads, defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from wanflow.boundary import Boundary, Content, bytes_of
from wanflow.catalog.model import PriceList, Rate, ResultKind
from wanflow.catalog.provider import Provider
from wanflow.catalog.read import Catalog, PriceBook
from wanflow.language.language_tags import read_language
from wanflow.language.problem import Problem
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath
from wanflow.language.source_texts import MAX_BYTES, SourceTexts, why_unreadable
from wanflow.messages import joined, tr
from wanflow.money import Cost, amount_meant, currency_of, parse_amount
from wanflow.patterns import pattern
from wanflow.suggest import did_you_mean, hint_for_path
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode
from wanflow.yamldoc.parse import parse

PRICES_SCHEMA = "prices.schema.json"
PRICES_HINT = tr("docs/costs.md describes price files")

_BUCKET = pattern(r"(s3a?|gs|gcs|abfss?|az|oss)://[^/@?#\s]+(/[^@?#\s]*)?")
"""Buckets whose filesystems can sign URLs."""


def read_book(
    root: MapNode,
    provider: Provider,
    override: Path | None,
    catalog: Catalog,
    base: BasePath,
    texts: SourceTexts,
    problems: list[Problem],
) -> PriceBook:
    """The price file of the command line, else that of the production; its prices override the catalog's.

    One of the command line may be anywhere (`Boundary.refusal_of_named`).
    """
    written, boundary = root.find("prices"), base.boundary
    if override is not None:
        path, name, place = override, override.as_posix(), Place(root.place.file, 1, 1)
        refusal = boundary.refusal_of_named(path)
    elif isinstance(written, TextNode) and written.value is not None:
        path, name, place = base.root / written.string, written.string, written.place
        refusal = boundary.refusal(path, Content.TEXT)
    else:
        return PriceBook(provider.currency)
    if refusal is not None:
        problems.append(
            Problem(place, tr("the price file `{name}` {words}", name=name, words=refusal.words), refusal.hint)
        )
        return PriceBook(provider.currency)
    texts.files.append(path.absolute())
    prices, found = read_prices(path, name, place, provider, catalog, boundary)
    problems += found
    return prices


def read_budget(root: MapNode, prices: PriceBook, problems: list[Problem]) -> Cost | None:
    """What the production may cost in total, in the currency of its prices."""
    written = root.find("budget")
    if not isinstance(written, TextNode) or not isinstance(written.value, str):
        return None  # left out, or reported already
    try:
        budget = parse_amount(written.string)
    except ValueError:
        meant = amount_meant(written.string)
        hint = tr("write `{value}`", value=meant) if meant else tr("e.g. `60 {currency}`", currency=prices.currency)
        problems.append(Problem(written.place, tr("`budget` must be a positive amount with a currency"), hint))
        return None
    if budget.currency != prices.currency:
        message = tr(
            "the prices are in {currency}, but the budget is in {budget_currency}",
            currency=prices.currency,
            budget_currency=budget.currency,
        )
        problems.append(Problem(written.place, message, tr("write it in {currency}", currency=prices.currency)))
    return budget


def read_uploads(root: MapNode, problems: list[Problem]) -> str | None:
    """The bucket for local media; its credentials come from the environment."""
    written = root.find("uploads")
    if not isinstance(written, TextNode) or written.value is None:
        return None
    if _BUCKET.fullmatch(written.string) is None:
        message = tr("`uploads` must be the URL of a bucket, without user, query or spaces")
        hint = tr("e.g. `s3://bucket/prefix`; its credentials belong to the environment")
        problems.append(Problem(written.place, message, hint))
        return None
    return written.string.rstrip("/")


def read_film_language(root: MapNode, problems: list[Problem]) -> str | None:
    """The language of titles, notice and glyphs, as a tag of BCP 47; None where each text decides."""
    written = root.find("language")
    if not isinstance(written, TextNode) or not isinstance(written.value, str) or not written.string:
        return None  # left out, or reported already
    language = read_language(written.string)
    if language is None:
        hint = tr("write a BCP 47 tag: `zh-Hans`, `zh-Hant`, `ja`, `ko`, `en`")
        problems.append(Problem(written.place, tr("unknown language `{name}`", name=written.string), hint))
    return language


def string_of(root: MapNode, key: str) -> str | None:
    """The value of a key as a string; None where it has none."""
    value = root.find(key)
    return value.string if isinstance(value, TextNode) and value.value is not None else None


def check_defaults(defaults: Node | None, catalog: Catalog) -> Iterator[Problem]:
    """Unknown models, and parameters that a model does not have: they would never apply."""
    models = defaults.find("models") if isinstance(defaults, MapNode) else None
    for key, node in models.entries if isinstance(models, MapNode) else ():
        model = catalog.get(key.string)
        if model is None:
            yield from unknown_model(key, catalog)
            continue
        for name, _ in node.pairs if isinstance(node, MapNode) else ():
            if name.string in catalog.parameter_keys - model.parameters.keys():
                yield Problem(name.place, tr("`{name}` has no parameter `{key}`", name=model.name, key=name.string))


def unknown_model(written: TextNode, catalog: Catalog) -> Iterator[Problem]:
    """The problem of a model that the catalog does not have; none where its file has a problem, which is reported."""
    if written.string in catalog.left_out:
        return
    hint = did_you_mean(written.string, catalog) or tr("the models: {models}", models=joined(", ", sorted(catalog)))
    yield Problem(written.place, tr("unknown model `{name}`", name=written.string), hint)


def read_prices(
    path: Path, name: str, at: Place, provider: Provider, catalog: Catalog, boundary: Boundary
) -> tuple[PriceBook, tuple[Problem, ...]]:
    """The prices of a file that may be opened, called `name` in messages, and its problems.

    `at` is where the file is named; hints stay within `boundary`.
    """
    try:
        data = bytes_of(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        message = tr("the price file `{name}` {why}", name=name, why=why_unreadable(error))
        return PriceBook(provider.currency), (
            Problem(at, message, hint_for_path(path.parent, path.name, boundary) or PRICES_HINT),
        )
    document = parse(data, name)
    root = document.root
    problems = [Problem(problem.place, problem.message, problem.hint) for problem in document.problems]
    if not isinstance(root, MapNode):
        return PriceBook(provider.currency), tuple(problems) or (
            Problem(at, tr("`{name}` is not a mapping", name=name), tr("begin it with `date:`")),
        )
    problems += [*check_against(root, PRICES_SCHEMA, catalog)]
    problems += [] if problems else _check_prices(root, catalog)
    if problems:
        located = (replace(each, source=document.lines[each.place.line - 1]) for each in problems)
        return PriceBook(provider.currency), tuple(located)
    currency, day = currency_of(string_of(root, "currency") or ""), string_of(root, "date") or ""
    listed = [(key.string, node) for key, node in root.entries_of("prices") if isinstance(node, ListNode)]
    return PriceBook(currency, {name: PriceList(day, currency, tuple(_rates(node))) for name, node in listed}), ()


def _check_prices(root: MapNode, catalog: Catalog) -> Iterator[Problem]:
    """Problems that the schema cannot see: unknown models, tiers, and a day that no calendar has."""
    names = {model.name: model for model in catalog.entries}  # dated snapshots cost the same as their model
    for key, listed in root.entries_of("prices"):
        if key.string not in names:
            yield from unknown_model(key, catalog)
        elif isinstance(listed, ListNode):
            yield from _check_tiers(listed, names[key.string].makes)
    day, written = root.find("date") or root, string_of(root, "date") or ""
    try:
        date.fromisoformat(written)
    except ValueError:
        yield Problem(
            day.place,
            tr("`date` is not a date: `{written}`", written=written),
            tr("write the day of the prices: 2026-11-01"),
        )


def _check_tiers(listed: ListNode, makes: ResultKind) -> Iterator[Problem]:
    """A price of a film needs its tier, and one of a picture has none."""
    for item in listed.items:
        tier = item.key("tier") if isinstance(item, MapNode) else None
        if tier is None and makes is ResultKind.FILM:
            yield Problem(item.place, tr("`tier` is missing"), tr("name the resolution: `tier: 720P`"))
        elif tier is not None and makes is ResultKind.PICTURE:
            yield Problem(tier.place, tr("a picture has no `tier`"), tr("remove it: one price is for any size"))


def _rates(listed: ListNode) -> Iterator[Rate]:
    for item in listed.items:
        if isinstance(item, MapNode):
            facts = {name: node for name, _, node in item if isinstance(node, TextNode)}
            region, tier, amount = (facts.pop(key, None) for key in ("region", "tier", "amount"))
            further = {key: node.value for key, node in facts.items() if isinstance(node.value, bool | int | str)}
            yield Rate(
                region.string if region else "",
                tier.string if tier else None,
                Decimal(amount.string) if amount else Decimal(0),
                further,
            )
