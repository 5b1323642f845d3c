"""What a production says of money and of places on the network: prices, budget, uploads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wanflow.catalog.prices import PriceBook
from wanflow.catalog.read import load_catalog
from wanflow.errors import did_you_mean
from wanflow.language.include import SourceTexts
from wanflow.language.price_file import read_prices
from wanflow.language.problem import Problem
from wanflow.language.schema_problems import known_parameters
from wanflow.language.scope import BasePath
from wanflow.money import Cost, parse_amount
from wanflow.yamldoc.nodes import MapNode, Node, Place, TextNode

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
        path, name, place = home.root / written.words, written.words, written.place
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
        budget = parse_amount(written.words)
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
    if _BUCKET.fullmatch(written.words) is None:
        message = "`uploads` has to be a bucket, its address without user, query and spaces"
        hint = "e.g. `s3://bucket/prefix`; its credentials belong to the environment"
        problems.append(Problem(written.place, message, hint))
        return None
    return written.words.rstrip("/")


def word(root: MapNode, key: str) -> str | None:
    """A key's value as words, None where it has none."""
    value = root.find(key)
    return value.words if isinstance(value, TextNode) and value.value is not None else None


def check_defaults(defaults: Node | None) -> Iterator[Problem]:
    """Models that nobody sells, and parameters that a model does not have: they would never apply."""
    models = defaults.find("models") if isinstance(defaults, MapNode) else None
    catalog = load_catalog()
    for key, node in models.pairs if isinstance(models, MapNode) else ():
        model = catalog.get(key.words)
        if model is None and not key.words.startswith("x-"):
            hint = did_you_mean(key.words, catalog) or f"models here: {', '.join(sorted(catalog))}"
            yield Problem(key.place, f"no model is called `{key.words}`", hint)
        for name, _ in node.pairs if model is not None and isinstance(node, MapNode) else ():
            if model is not None and name.words in known_parameters() - model.parameters.keys():
                yield Problem(name.place, f"`{model.name}` has no parameter `{name.words}`")
