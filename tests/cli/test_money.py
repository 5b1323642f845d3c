"""Budgets, price files and bills, from the production to the lock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite

from kit.served import Served
from wanflow.providers.dashscope.wire import billed_units

TWO = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, duration: 2}
  night: {model: wan2.7-videoedit, video: {shot: coast}, prompt: night, duration: 2}
"""
"""1.20 CNY, and at most 2.40 CNY for what is made of it; this service bills only 1.20 CNY for that."""

PRICES = """\
date: 2026-11-01
currency: USD
prices:
  wan2.7-i2v:
    - {tier: 720P, amount: 0.10}
    - {region: singapore, tier: 1080P, amount: 0.15}
"""


@pytest.fixture
def paid(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production of two shots that is paid for there."""
    with paid_production(film, TWO, monkeypatch) as running:
        yield running


def finished(said: str) -> dict[str, object]:
    """The last event."""
    last = json.loads(said.splitlines()[-1])
    assert last["event"] == "run.finished"
    return last


def test_the_plan_says_what_is_certain_and_what_it_comes_to(wanflow: Wanflow, paid: Served) -> None:
    """In words and as numbers; over a budget it says so and exits 0."""
    said = wanflow("plan", "--budget", "3 CNY")
    assert said.code == 0
    assert "price: 1.20 CNY certain, at most 3.60 CNY (prices of 2026-05-30)" in said.out
    assert "note: this may cost 3.60 CNY; `--budget` allows 3.00 CNY: the rest is not submitted" in said.out
    totals = json.loads(wanflow("plan", "--json").out)["totals"]
    assert totals["cost"] == {"amount": "3.60", "currency": "CNY", "bound": "at-most"}
    assert totals["cost_certain"] == {"amount": "1.20", "currency": "CNY", "bound": "exact"}
    assert wanflow("plan", "-q", "--budget", "1 CNY").out.splitlines() == [
        "a run renders 2 takes (4 s of footage); price: 1.20 CNY certain, at most 3.60 CNY (prices of 2026-05-30)",
        "note: this costs at least 1.20 CNY; `--budget` allows 1.00 CNY",
    ]
    surely = wanflow("plan", "--budget", "1 CNY")
    assert "note: this costs at least 1.20 CNY" in surely.out


def test_what_surely_costs_more_is_refused_before_anything_is_sent(wanflow: Wanflow, paid: Served) -> None:
    """Exit 3, by the option or by the production's own key; not even a file goes up."""
    assert wanflow(*RUN, "--budget", "1 CNY").code == 3
    Path("wanflow.yaml").write_text(f"budget: 1 CNY\n{TWO}", encoding="utf-8")
    said = wanflow(*RUN)
    assert said.code == 3
    assert "this run would exceed the limit: this costs at least 1.20 CNY; `budget` allows 1.00 CNY" in said.err
    assert paid.seen == []


def test_what_may_cost_more_is_stopped_where_it_would(wanflow: Wanflow, paid: Served) -> None:
    """What fits is rendered, what could pass is not submitted, and more money goes on from there."""
    said = wanflow(*RUN, "--budget", "2 CNY", "--json")
    last = finished(said.out)
    assert (said.code, last["submitted"], last["cost"]) == (3, 1, {"amount": "1.20", "currency": "CNY"})
    assert "may cost 2.40 CNY; 1.20 CNY of the 2.00 CNY `--budget` are spent or reserved" in said.out
    assert len(paid.calls("POST", "video-synthesis")) == 1
    assert finished(wanflow(*RUN, "--budget", "3 CNY", "--json").out)["cost"] == {"amount": "1.20", "currency": "CNY"}


def test_the_production_s_budget_counts_what_was_spent_before(wanflow: Wanflow, paid: Served) -> None:
    """All takes in the lock, whoever paid for them."""
    assert wanflow(*RUN).code == 0
    more = TWO + "  other: {first_frame: sets/coast.png, prompt: another, duration: 2}\n"
    Path("wanflow.yaml").write_text(f"budget: 3 CNY\n{more}", encoding="utf-8")
    said = wanflow(*RUN)
    assert said.code == 3
    assert "this costs at least 1.20 CNY; 2.40 of the 3.00 CNY `budget` are spent or in flight" in said.err
    Path("wanflow.yaml").write_text(f"budget: 3.60 CNY\n{more}", encoding="utf-8")
    assert wanflow(*RUN).code == 0


def test_what_a_take_was_charged_is_in_the_lock(wanflow: Wanflow, paid: Served) -> None:
    """By the reply's own figures, with what it was to cost beside it."""
    assert finished(wanflow(*RUN, "--json").out)["cost"] == {"amount": "2.40", "currency": "CNY"}
    rows = json.loads(wanflow("takes", "--json").out)
    assert [row["cost"] for row in rows] == [
        {"amount": "1.20", "currency": "CNY"},
        {"amount": "1.20", "currency": "CNY"},
    ]
    lock = json.loads(Path("wanflow.lock").read_text(encoding="utf-8"))
    (take,) = (fact for key, fact in lock.items() if key.startswith("night takes "))
    assert (take["cost"], take["estimate"], take["currency"]) == ("1.20", "2.40", "CNY")


def test_a_price_file_goes_before_the_catalog(wanflow: Wanflow, paid: Served) -> None:
    """By the option or the key; in its own currency, in which what it leaves out has no price."""
    Path("prices.yaml").write_text(PRICES, encoding="utf-8")
    for options, head in ((("--prices", "prices.yaml"), ""), ((), "prices: prices.yaml\n")):
        Path("wanflow.yaml").write_text(head + TWO, encoding="utf-8")
        steps = json.loads(wanflow("plan", "--json", *options).out)["steps"]
        assert [step["cost"]["amount"] for step in steps if step["kind"] == "take"] == ["0.20", None]
        assert {step["cost"]["currency"] for step in steps} == {"USD"}
        said = wanflow("plan", *options).out
        assert "no price list has `wan2.7-videoedit` at 720P in the region `beijing`" in said
        assert "price: 0.20 USD certain, 1 take of unknown price (prices of 2026-11-01)" in said
    assert wanflow("plan", "--prices", "prices.yaml", "--budget", "2 CNY").code == 2
    own = PRICES.replace("USD", "CNY")
    Path("prices.yaml").write_text(own, encoding="utf-8")
    steps = json.loads(wanflow("plan", "--json", "--prices", "prices.yaml").out)["steps"]
    assert [step["cost"]["amount"] for step in steps if step["kind"] == "take"] == ["0.20", "2.40"]
    Path("prices.yaml").write_text(PRICES, encoding="utf-8")
    assert wanflow(*RUN, "--budget", "2 USD").code == 3


@pytest.mark.parametrize(
    ("prices", "place", "message"),
    [
        (
            "date: 2026-11-01\ncurrency: USD\nprices: {wan2.7-i2: [{tier: 720P, amount: 1}]}\n",
            "3:10",
            "unknown model",
        ),
        ("date: 2026-11-01\ncurrency: usd\nprices: {wan2.7-i2v: [{tier: 720P, amount: 1}]}\n", "2:11", "`currency`"),
        ("date: 2026-11-01\ncurrency: USD\nprices: {wan2.7-i2v: [{tier: 720P, amount: -1}]}\n", "3:44", "at least 0"),
        ("date: 2026-11-01\ncurrency: USD\nprices: {wan2.7-i2v: [{tier: 720P}]}\n", "3:23", "`amount` is missing"),
        ("date: 2026-11-01\ncurrency: USD\nprices: {wan2.7-i2v: [{amount: 1}]}\n", "3:23", "`tier` is missing"),
        (
            "date: 2026-11-01\ncurrency: USD\nprices: {wan2.7-image: [{tier: 720P, amount: 1}]}\n",
            "3:26",
            "a picture has no `tier`",
        ),
        ("[]\n", "", "is not a mapping"),
        ("[\n", "2:1", "mine.yaml"),
        (None, "", "does not exist"),
    ],
)
def test_a_price_file_that_is_none_is_an_error_at_its_line(
    prices: str | None, place: str, message: str, wanflow: Wanflow, film: Path
) -> None:
    """In its own lines, or where it is named."""
    film.write_text(f"prices: mine.yaml\n{TWO}", encoding="utf-8")
    if prices is not None:
        Path("mine.yaml").write_text(prices, encoding="utf-8")
    said = wanflow("validate")
    assert said.code == 2
    assert f"mine.yaml:{place}: " in said.out if place else "wanflow.yaml:1:9: " in said.out
    assert message in said.out


@pytest.mark.parametrize("budget", ["60", "CNY", "60 yuan", "-5 CNY", "60 USD"])
def test_a_budget_that_is_none_is_an_error(budget: str, wanflow: Wanflow, film: Path) -> None:
    """In the file at its line, on the command line with what one looks like."""
    film.write_text(f"budget: {budget}\n{TWO}", encoding="utf-8")
    assert "wanflow.yaml:1:9: " in wanflow("validate").out
    film.write_text(TWO, encoding="utf-8")
    assert wanflow("plan", "--budget", budget).code == 2


def test_the_animatic_costs_nothing_and_says_what_the_film_would(wanflow: Wanflow, film: Path) -> None:
    """A budget stops no animatic."""
    film.write_text(TWO.replace("backend: dashscope\n", "budget: 1元\n"), encoding="utf-8")
    assert "free (list price: ≤ 3.60 CNY, prices of 2026-05-30)" in wanflow("plan").out
    last = finished(wanflow("run", "--json", "--budget", "1 CNY").out)
    assert (last["exit_code"], last["submitted"]) == (0, 2)
    assert last["cost"] == {"amount": "0", "currency": "CNY"}


def test_the_ledger_has_what_was_charged_beside_what_was_expected(wanflow: Wanflow, paid: Served) -> None:
    """By shot, day and model; failures at nothing; what several shots share once; what is to come apart."""
    more = "  bad: {first_frame: sets/coast.png, prompt: forbidden, duration: 2}\n  twin: {first_frame: sets/coast.png, prompt: a coast, duration: 2}\n"
    Path("wanflow.yaml").write_text(TWO + more, encoding="utf-8")
    assert wanflow("costs").out == "nothing was charged yet\n"
    assert wanflow(*RUN).code == 1
    lines = wanflow("costs").out.splitlines()
    assert [line.split() for line in lines] == [
        ["shot", "takes", "charged", "estimated", "failed"],
        ["bad", "0", "0", "CNY", "0", "CNY", "1"],
        ["coast", "1", "1.20", "CNY", "1.20", "CNY"],
        ["night", "1", "1.20", "CNY", "2.40", "CNY"],
        ["total", "2", "2.40", "CNY", "3.60", "CNY", "1"],
    ]
    document = json.loads(wanflow("costs", "--json").out)
    assert document["total"] == {"takes": 2, "failed": 1, "charged": "2.40", "estimate": "3.60"}
    assert set(document["by_model"]) == {"wan2.7-i2v", "wan2.7-videoedit"}
    assert [row["state"] for row in document["takes"] if row["shot"] == "bad"] == ["failed"]
    assert [row["charged"] for row in document["takes"] if row["shot"] == "bad"] == ["0"]
    days = wanflow("costs", "--by", "day").out.splitlines()
    assert (len(days), days[0].split()[:2], document["day_zone"]) == (3, ["day", "(Beijing)"], "Asia/Shanghai")
    assert "an animatic costs nothing" in wanflow("costs", "--backend", "animatic").out


@pytest.mark.parametrize("figure", ["NaN", "Infinity", -3, "much", None])
def test_a_bill_that_makes_no_sense_is_no_bill(figure: object) -> None:
    """It says nothing, and nothing of it reaches the lock or the budget."""
    assert billed_units({"duration": figure}) is None  # type: ignore[dict-item]


def test_what_a_reply_did_not_say_counts_with_what_was_expected(
    wanflow: Wanflow, paid: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown is said and never nothing: the budget of a later run counts the estimate."""
    monkeypatch.setattr("wanflow.providers.dashscope.wire.billed_units", lambda usage: None)
    assert wanflow(*RUN).code == 0
    assert wanflow("costs", "--json").out.count('"charged": null') > 2
    more = TWO + "  other: {first_frame: sets/coast.png, prompt: another, duration: 2}\n"
    Path("wanflow.yaml").write_text(f"budget: 4 CNY\n{more}", encoding="utf-8")
    said = wanflow(*RUN)
    assert said.code == 3
    assert "3.60 of the 4.00 CNY `budget` are spent or in flight" in said.err
    assert "note: 2 takes reported no cost" in wanflow("plan").out


def test_a_lost_lock_frees_no_budget(wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal knows what was bought here: it counts, and `costs` and `status` tell it."""
    text = (
        "wanflow: 1\nbackend: dashscope\nbudget: 3 CNY\n"
        "defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}\n"
        "shots:\n  a: {first_frame: sets/coast.png, prompt: one, takes: 2}\n"
    )
    with paid_production(film, text, monkeypatch) as service:
        assert wanflow(*RUN).code == 0
        Path("wanflow.lock").unlink()
        rewrite("prompt: one", "prompt: two")
        said = wanflow(*RUN)
        assert (said.code, "2.40 of the 3.00 CNY `budget` are spent" in said.err) == (3, True)
        assert bought(service) == 2
        assert json.loads(wanflow("costs", "--json").out)["total"]["charged"] == "2.40"
        assert "2.40 CNY charged" in wanflow("status").out
