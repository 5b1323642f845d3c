"""What a production says of money and of places on the network: prices, budget, uploads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from wanflow.catalog.model import PriceList, Rate
from wanflow.catalog.prices import PriceBook
from wanflow.catalog.read import load_catalog, parameter_keys
from wanflow.language.include import SourceTexts, bytes_of
from wanflow.language.problem import Problem
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath
from wanflow.money import Cost, parse_amount
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode
from wanflow.yamldoc.parse import parse

PRICES_SCHEMA = "prices.schema.json"

_BUCKET = re.compile(r"(s3a?|gs|gcs|abfss?|az|oss)://[^/@?#\s]+(/[^@?#\s]*)?")
"""Those whose filesystems can sign addresses."""


def read_book(
    root: MapNode, override: Path | None, home: BasePath, texts: SourceTexts, problems: list[Problem]
) -> PriceBook:
    """The price file of the command line, else that of the production, over the catalog's lists; one of `texts`."""
    written = root.find("prices")
    if override is not None:
        path, name, place = override, override.as_posix(), Place(root.place.file, 1, 1)
    elif isinstance(written, TextNode) and written.value is not None:
        path, name, place = home.root / written.string, written.string, written.place
    else:
        return PriceBook()
    texts.files.append(path.absolute())
    prices, found = read_prices(path, name, place)
    problems += found
    return prices


def read_budget(root: MapNode, prices: PriceBook, problems: list[Problem]) -> Cost | None:
    """What the production may cost in all, in the currency of its prices."""
    written = root.find("budget")
    if not isinstance(written, TextNode) or not isinstance(written.value, str):
        return None  # left out, or of a wrong shape, which is said already
    try:
        budget = parse_amount(written.string)
    except ValueError:
        hint = f"e.g. `60 {prices.currency}`"
        problems.append(Problem(written.place, "`budget` has to be an amount of money", hint))
        return None
    if budget.currency != prices.currency:
        message = f"the prices are in {prices.currency}, and the budget is in {budget.currency}"
        problems.append(Problem(written.place, message, f"write it in {prices.currency}"))
    return budget


def read_uploads(root: MapNode, problems: list[Problem]) -> str | None:
    """The bucket for local media; its credentials never stand in a file."""
    written = root.find("uploads")
    if not isinstance(written, TextNode) or written.value is None:
        return None
    if _BUCKET.fullmatch(written.string) is None:
        message = "`uploads` has to be a bucket, its address without user, query and spaces"
        hint = "e.g. `s3://bucket/prefix`; its credentials belong to the environment"
        problems.append(Problem(written.place, message, hint))
        return None
    return written.string.rstrip("/")


def word(root: MapNode, key: str) -> str | None:
    """A key's value as words, None where it has none."""
    value = root.find(key)
    return value.string if isinstance(value, TextNode) and value.value is not None else None


def check_defaults(defaults: Node | None) -> Iterator[Problem]:
    """Models that nobody sells, and parameters that a model does not have: they would never apply."""
    models = defaults.find("models") if isinstance(defaults, MapNode) else None
    catalog = load_catalog()
    for key, node in models.pairs if isinstance(models, MapNode) else ():
        model = catalog.get(key.string)
        if model is None and not key.string.startswith("x-"):
            hint = did_you_mean(key.string, catalog) or f"models here: {', '.join(sorted(catalog))}"
            yield Problem(key.place, f"no model is called `{key.string}`", hint)
        for name, _ in node.pairs if model is not None and isinstance(node, MapNode) else ():
            if model is not None and name.string in parameter_keys() - model.parameters.keys():
                yield Problem(name.place, f"`{model.name}` has no parameter `{name.string}`")


def read_prices(path: Path, name: str, at: Place) -> tuple[PriceBook, tuple[Problem, ...]]:
    """The prices of a file, called `name` in messages, and its problems; `at` is where the file is named."""
    try:
        data = bytes_of(path)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "can't be read").lower()
        words = "is not there" if isinstance(error, FileNotFoundError) else reason
        return PriceBook(), (Problem(at, f"the price file `{name}` {words}", "see docs/costs.md for what is in one"),)
    document = parse(data, name)
    root = document.root
    problems = [Problem(problem.place, problem.message, problem.hint) for problem in document.problems]
    if not isinstance(root, MapNode):
        return PriceBook(), tuple(problems) or (Problem(at, f"`{name}` is no mapping", "begin it with `date:`"),)
    problems += [*check_against(root, PRICES_SCHEMA)]
    problems += [] if problems else [*_no_date(root), *_strange_names(root)]
    located = tuple(replace(problem, source=document.lines[problem.place.line - 1]) for problem in problems)
    return (PriceBook() if problems else _book(root)), located


def _book(root: MapNode) -> PriceBook:
    currency, day = _words(root, "currency"), _words(root, "date")
    lists = {name: PriceList(day, currency, tuple(_rates(node))) for name, node in _by_model(root)}
    return PriceBook(currency, lists)


def _rates(listed: ListNode) -> Iterator[Rate]:
    for item in listed.items:
        if isinstance(item, MapNode):
            facts = {name: node for name, _, node in item if isinstance(node, TextNode)}
            region, tier, amount = (facts.pop(key, None) for key in ("region", "tier", "amount"))
            further = {key: node.value for key, node in facts.items() if isinstance(node.value, bool | int | str)}
            yield Rate(
                region.string if region else "",
                tier.string if tier else "",
                Decimal(amount.string) if amount else Decimal(0),
                further,
            )


def _no_date(root: MapNode) -> Iterator[Problem]:
    """A day that no calendar has."""
    written = _words(root, "date")
    try:
        date.fromisoformat(written)
    except ValueError:
        place = value.place if (value := root.find("date")) is not None else root.place
        yield Problem(place, f"`date` can't be `{written}`", "write the day that the prices are of, as 2026-11-01")


def _strange_names(root: MapNode) -> Iterator[Problem]:
    """Models that the catalog does not have."""
    known = {model.name for model in load_catalog().values()}
    prices = root.find("prices")
    for key, _ in prices.pairs if isinstance(prices, MapNode) else ():
        if key.string not in known:
            hint = did_you_mean(key.string, known) or f"models here: {', '.join(sorted(known))}"
            yield Problem(key.place, f"no model is called `{key.string}`", hint)


def _by_model(root: MapNode) -> Iterator[tuple[str, ListNode]]:
    prices = root.find("prices")
    for name, _, node in prices if isinstance(prices, MapNode) else ():
        if isinstance(node, ListNode):
            yield name, node


def _words(root: MapNode, key: str) -> str:
    value = root.find(key)
    return value.string if isinstance(value, TextNode) else ""
