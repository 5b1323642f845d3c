"""A production's own price file: read, checked, and made a price book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from wanflow.catalog.model import PriceList, Rate
from wanflow.catalog.prices import PriceBook
from wanflow.catalog.read import load_catalog
from wanflow.errors import did_you_mean
from wanflow.language.include import bytes_of
from wanflow.language.problem import Problem
from wanflow.language.schema_problems import check_against
from wanflow.yamldoc.nodes import ListNode, MapNode, Place, TextNode
from wanflow.yamldoc.parse import parse

SCHEMA = "prices.schema.json"


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
    problems = [Problem(trouble.place, trouble.message, trouble.hint) for trouble in document.troubles]
    if not isinstance(root, MapNode):
        return PriceBook(), tuple(problems) or (Problem(at, f"`{name}` is no mapping", "begin it with `date:`"),)
    problems += [*check_against(root, SCHEMA)]
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
                region.words if region else "",
                tier.words if tier else "",
                Decimal(amount.words) if amount else Decimal(0),
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
        if key.words not in known:
            hint = did_you_mean(key.words, known) or f"models here: {', '.join(sorted(known))}"
            yield Problem(key.place, f"no model is called `{key.words}`", hint)


def _by_model(root: MapNode) -> Iterator[tuple[str, ListNode]]:
    prices = root.find("prices")
    for name, _, node in prices if isinstance(prices, MapNode) else ():
        if isinstance(node, ListNode):
            yield name, node


def _words(root: MapNode, key: str) -> str:
    value = root.find(key)
    return value.words if isinstance(value, TextNode) else ""
