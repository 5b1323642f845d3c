"""What a take costs: the vendor's worked examples, and what is said where it is unknown (service.md 6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.films import place
from wanflow.catalog.model import ParameterValue, PriceList, Rate
from wanflow.catalog.read import PriceBook, load_catalog
from wanflow.graph.recipe import digest_identity, placeholder
from wanflow.language.production import Media, Shot
from wanflow.language.source import FileSource
from wanflow.money import Bound
from wanflow.planner.plan import NodeOutput
from wanflow.planner.price import Quote, quote
from wanflow.store.take import Film

CATALOG = PriceBook("CNY")


def video(seconds: str, *, known: bool = True) -> NodeOutput:
    """A video of a length, at a rate at which that is whole frames."""
    film = Film(int(Fraction(seconds) * 100), Fraction(100), 1280, 720)
    return NodeOutput(digest_identity("a" * 64) if known else placeholder("x"), result=film)


PICTURE = NodeOutput(digest_identity("b" * 64))
ADDRESS = NodeOutput(digest_identity("c" * 64))


def priced(
    model: str,
    media: Mapping[str, tuple[str, NodeOutput]],
    *,
    region: str = "beijing",
    prices: PriceBook = CATALOG,
    **parameters: ParameterValue,
) -> Quote:
    """The price of a request; `media` are its types and outputs by slot."""
    items = tuple(Media(slot, kind, FileSource(slot), place()) for slot, (kind, _) in media.items())
    known = {key: rule.default for key, rule in load_catalog()[model].parameters.items() if rule.default is not None}
    shot = Shot("one", model, load_catalog()[model], place(), media=items, parameters={**known, **parameters})
    return quote(shot, {slot: output for slot, (_, output) in media.items()}, prices, region)


def references(*kinds: str | NodeOutput) -> dict[str, tuple[str, NodeOutput]]:
    """References: a word for a picture, an output for a video."""
    return {
        f"reference_{number}": ("reference_image", PICTURE) if isinstance(kind, str) else ("reference_video", kind)
        for number, kind in enumerate(kinds, 1)
    }


LONG = video("20")
THREE = references(video("1"), video("4"), video("10"))
DOCUMENTED = references(video("2.5"), LONG, "image")
EDITED = {"video": ("video", video("5.04"))}
CONTINUED = {"first_clip": ("first_clip", video("3"))}
OLDER = references("image", LONG, video("1.65"))
CASES = [
    ("r2v, two videos and a picture", "wan2.7-r2v", DOCUMENTED, {"resolution": "720P", "duration": 10}, "15", "9.00"),
    ("the same in 1080P", "wan2.7-r2v", DOCUMENTED, {"resolution": "1080P", "duration": 10}, "15", "15.00"),
    (
        "four pictures and a video",
        "wan2.7-r2v",
        references("a", "b", "c", "d", LONG),
        {"resolution": "720P", "duration": 10},
        "15",
        "9.00",
    ),
    ("three videos", "wan2.7-r2v", THREE, {"resolution": "720P", "duration": 5}, "9.3", "5.58"),
    ("pictures only", "wan2.7-r2v", references("a"), {"resolution": "720P", "duration": 15}, "15", "9.00"),
    ("2.6, a picture and two videos", "wan2.6-r2v", OLDER, {"size": "1280*720", "duration": 10}, "13.3", "7.98"),
    ("2.6 flash", "wan2.6-r2v-flash", OLDER, {"size": "1280*720", "duration": 10}, "13.3", "3.99"),
    (
        "2.6 flash, silent",
        "wan2.6-r2v-flash",
        OLDER,
        {"size": "1280*720", "duration": 10, "audio": False},
        "13.3",
        "1.995",
    ),
    (
        "the same inputs on 2.7",
        "wan2.7-r2v",
        references("a", LONG, LONG),
        {"resolution": "720P", "duration": 10},
        "15",
        "9",
    ),
    ("a continuation", "wan2.7-i2v", CONTINUED, {"resolution": "720P", "duration": 15}, "15", "9.00"),
    ("a continuation in 1080P", "wan2.7-i2v", CONTINUED, {"resolution": "1080P", "duration": 15}, "15", "15.00"),
    ("an edit", "wan2.7-videoedit", EDITED, {"resolution": "720P", "duration": 0}, "10.08", "6.048"),
    ("an edit in 1080P", "wan2.7-videoedit", EDITED, {"resolution": "1080P", "duration": 0}, "10.08", "10.08"),
    ("words alone", "wan2.7-t2v", {}, {"resolution": "720P", "duration": 5}, "5", "3.00"),
]


@pytest.mark.parametrize(
    ("model", "media", "parameters", "seconds", "cost"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_worked_examples(model, media, parameters, seconds, cost):
    """Seconds and money of service.md 6.2, exact."""
    found = priced(model, media, **parameters)
    assert found.seconds == Fraction(seconds)
    assert found.cost.amount == Decimal(cost)
    assert found.cost.bound is Bound.EXACT


def test_singapore_has_prices_of_its_own():
    """service.md 6.2, in the region's list."""
    found = priced("wan2.7-r2v", DOCUMENTED, region="singapore", resolution="720P", duration=10)
    assert found.cost.amount == Decimal("11.00886")
    edited = priced("wan2.7-videoedit", EDITED, region="singapore", resolution="720P", duration=0)
    assert edited.cost.amount == Decimal("10.08") * Decimal("0.733924")


@pytest.mark.parametrize(
    ("model", "media", "parameters", "seconds"),
    [
        ("wan2.7-r2v", {"reference_1": ("reference_video", ADDRESS)}, {"duration": 5}, "10"),
        ("wan2.7-r2v", references(video("2", known=False)), {"duration": 5}, "7"),
        ("wan2.7-videoedit", {"video": ("video", ADDRESS)}, {"duration": 0}, "20"),
        ("wan2.7-videoedit", {"video": ("video", video("4", known=False))}, {"duration": 0}, "8"),
        ("wan2.7-videoedit", {"video": ("video", video("8"))}, {"duration": 4}, "12"),
    ],
    ids=["an address", "a take to come", "an address to edit", "a take to come to edit", "a shortened video"],
)
def test_what_is_not_known_yet_counts_with_its_longest(model, media, parameters, seconds):
    """And the price is at most that (cli.md, JSON)."""
    found = priced(model, media, resolution="720P", **parameters)
    assert found.seconds == Fraction(seconds)
    assert found.cost.amount == Decimal(seconds) * Decimal("0.6")
    assert found.cost.bound is Bound.AT_MOST


def test_lengths_of_files_are_rounded_up():
    """To a hundredth of a second (cli.md, JSON)."""
    film = Film(121, Fraction(24), 1280, 720)
    found = priced(
        "wan2.7-videoedit",
        {"video": ("video", NodeOutput(digest_identity("a" * 64), result=film))},
        resolution="720P",
        duration=0,
    )
    assert found.seconds == Fraction("10.10")


def test_unknown_is_said_and_never_zero():
    """No list for a region, or none in the currency."""
    nowhere = priced("wan2.7-t2v", {}, region="virginia", resolution="720P", duration=5)
    assert (nowhere.cost.amount, nowhere.cost.bound, nowhere.seconds) == (None, Bound.UNKNOWN, 5)
    dollars = PriceBook("USD", {"wan2.7-i2v": PriceList("2026-11-01", "USD", (Rate("", "720P", Decimal("0.1")),))})
    foreign = priced("wan2.7-t2v", {}, prices=dollars, resolution="720P", duration=5)
    assert (foreign.cost.amount, foreign.cost.currency) == (None, "USD")
    known = priced("wan2.7-i2v", CONTINUED, prices=dollars, resolution="720P", duration=5)
    assert (known.cost.amount, known.cost.currency) == (Decimal("0.5"), "USD")


@pytest.mark.parametrize(
    ("media", "parameters", "seconds", "bound"),
    [
        ({}, {"duration": 10}, 10, Bound.EXACT),
        ({}, {"duration": -1}, 30, Bound.AT_MOST),
        (references(video("4"), video("6")), {"duration": 10}, 20, Bound.EXACT),
        (references(video("4"), video("6")), {"duration": -1}, 30, Bound.AT_MOST),
        (references(ADDRESS, "image"), {"duration": 5}, 20, Bound.AT_MOST),
        (references(*["image"] * 3), {"duration": 5}, 5, Bound.EXACT),
    ],
)
def test_wan3_bills_all_input_and_is_priced_at_most_where_the_model_decides(
    media: Mapping[str, tuple[str, NodeOutput]], parameters: Mapping[str, int], seconds: int, bound: Bound
) -> None:
    """Input seconds have no cap; input and output have at most 30 s together (service.md 2.6, 6.3)."""
    found = priced("wan3.0-video", media, resolution="480P", **parameters)
    assert (found.seconds, found.cost.amount, found.cost.bound) == (seconds, seconds * Decimal("0.3"), bound)


def test_the_regions_of_wan3_have_their_prices() -> None:
    """Tokyo and Frankfurt cost what Beijing does (service.md 6.3)."""
    found = {
        region: priced("wan3.0-video-prime", {}, region=region, resolution="720P", duration=2).cost.amount
        for region in load_catalog()["wan3.0-video-prime"].regions
    }
    assert found.pop("singapore") == Decimal("2.041688")
    assert set(found.values()) == {Decimal("1.8")}


def test_a_region_whose_price_could_not_be_read_has_none() -> None:
    """The plan says so; it is never another region's."""
    assert priced("happyhorse-1.1-t2v", {}, region="tokyo", resolution="720P", duration=5).cost.amount is None


def test_the_cheapest_draft_is_five_silent_seconds() -> None:
    """wan2.2-kf2v-flash (service.md 2.9)."""
    assert priced("wan2.2-kf2v-flash", {"first_frame": ("first_frame", PICTURE)}, resolution="480P").cost.amount == (
        Decimal("0.50")
    )
