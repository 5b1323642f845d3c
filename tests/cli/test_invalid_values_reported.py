"""Nonsense in one reply, price file or saved plan, from the command line: neighbours are fetched, nothing is a bug."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import click
import pytest
from cli.conftest import RUN, Wanflow, rewrite

from kit.clips import numbered_clip
from kit.invalid_values import INVALID, Corrupted, corrupted
from kit.providers import DASHSCOPE
from kit.scripted_server import Answer, scripted_server
from wanflow import api, money
from wanflow.cli import planfile
from wanflow.planner import saved
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE
from wanflow.store import lockfile
from wanflow.store.layout import Store

HEAD = "wanflow: 1\nbackend: dashscope\ndefaults: {model: wan2.7-t2v, resolution: 720P, duration: 2}\nshots:\n"
OUTPUT = {"task_id": "t", "task_status": "SUCCEEDED", "video_url": "HERE", "orig_prompt": "a coast"}
USAGE = {"duration": 2, "output_video_duration": 2, "video_count": 1, "SR": "720", "ratio": "16:9"}
DONE = {"output": OUTPUT, "usage": USAGE, "request_id": "r", "code": "Success", "message": "ok"}
NEEDED = {("output",), ("output", "task_status"), ("output", "video_url")}

Films = Callable[[Sequence[Corrupted]], str]


@pytest.fixture
def films(film: Path, wanflow: Wanflow, monkeypatch: pytest.MonkeyPatch) -> Films:
    """Run a production with a shot for each reply, and one whose reply is plain; what the run says on stderr.

    It is run again, collected and summed up as well: each time there is nothing left to do.
    """
    clip = numbered_clip(film.parent / "made.mp4", 4, (64, 64)).read_bytes()
    monkeypatch.setenv(KEY_VARIABLE, "sk-any")

    def call(cases: Sequence[Corrupted]) -> str:
        replies = [json.dumps(DONE), *(case.text for case in cases)]
        shots = "".join(f"  s{at}: {{prompt: coast {at}}}\n" for at in range(len(replies)))
        film.write_text(HEAD + shots, encoding="utf-8")
        asked: list[int] = []

        def lie(method: str, path: str) -> Answer:
            name = path.rpartition("/")[2]
            if method == "POST":
                asked.append(len(asked))
                return 200, json.dumps({"output": {"task_id": f"t-{asked[-1]}"}, "request_id": "r"}).encode()
            if "/film/" in path:
                return 200, clip + struct.pack(">I4sI", 12, b"free", int(name))
            if name.startswith("t-"):
                at = int(name[2:])
                return 200, replies[at].replace("HERE", f"{liar.base_url}/film/{at}").encode()
            return 500, b"{}"

        with scripted_server(lie) as liar:
            monkeypatch.setenv(BASE_VARIABLE, liar.base_url)
            said = wanflow(*RUN, "-q")
            assert said.code == 0, said.err
            for again in (("run", "-q"), ("collect",), ("costs",), ("status",), ("takes",)):
                assert wanflow(*again).code == 0, again
        assert len(asked) == len(replies)
        return said.err

    return call


def costs(folder: Path) -> list[Decimal | None]:
    """What every take was charged."""
    lock = lockfile.read(Store(folder, DASHSCOPE).lock)
    return [take.cost for entry in lock.shots.values() for take in entry.takes.values()]


def test_a_bill_of_nonsense_is_unknown_and_every_film_is_fetched(films: Films, film: Path) -> None:
    """No other shot is held up by it, and the next run has nothing to do."""
    cases = [case for case in corrupted(DONE) if case.path in {("usage",), ("usage", "duration")}]
    assert len(cases) == 2 * len(INVALID) + 2
    films(cases)
    found = costs(film.parent)
    assert len(found) == len(cases) + 1
    assert sorted(cost for cost in found if cost is not None) == [Decimal("1.20")]


@pytest.mark.slow
def test_nonsense_in_any_field_of_a_reply_holds_up_no_film(films: Films, film: Path) -> None:
    """Every field of the reply that delivers a film, but for its state and its address."""
    cases = [case for case in corrupted(DONE) if case.path not in NEEDED]
    films(cases)
    found = costs(film.parent)
    assert len(found) == len(cases) + 1
    assert all(cost is None or 0 <= cost <= money.MOST for cost in found)


PRICES: Mapping[str, object] = {
    "date": "2026-11-01",
    "currency": "CNY",
    "prices": {"wan2.7-t2v": [{"tier": "720P", "amount": 0.5, "region": "beijing"}]},
}


def test_nonsense_in_a_price_file_is_an_error_at_its_line_or_a_price(film: Path, wanflow: Wanflow) -> None:
    """Every field of it, read as YAML has it; a plan goes no further than the file."""
    film.write_text(f"{HEAD}  coast: {{prompt: a coast}}\n", encoding="utf-8")
    refused = 0
    for case in corrupted(PRICES):
        Path("own.yaml").write_text(case.text, encoding="utf-8")
        said = wanflow("plan", "--json", "--prices", "own.yaml")
        if said.code == 2:
            refused += 1
            assert "own.yaml:1:" in said.err, (case.name, said.err)
        else:
            assert said.code == 0, (case.name, said.err)
            amount = json.loads(said.out)["totals"]["cost"]["amount"]
            assert amount is None or 0 <= Decimal(amount) <= money.MOST, case.name
    assert refused > 100


@pytest.mark.parametrize("amount", ["10000.01", "-0.1", "1e400", ".inf", ".nan", "9" * 30])
def test_a_price_that_no_second_has_is_an_error_at_its_line(amount: str, film: Path, wanflow: Wanflow) -> None:
    """What comes of it would be no amount that the lock takes."""
    film.write_text(f"{HEAD}  coast: {{prompt: a coast}}\n", encoding="utf-8")
    head = "date: 2026-11-01\ncurrency: CNY\nprices:\n  wan2.7-t2v:\n"
    Path("own.yaml").write_text(f"{head}    - {{tier: 720P, amount: {amount}}}\n", encoding="utf-8")
    said = wanflow("plan", "--prices", "own.yaml")
    assert (said.code, "own.yaml:5:28" in said.err, "`amount` must be" in said.err) == (2, True, True), said.err


def test_a_price_list_of_a_day_that_no_calendar_has_is_an_error(film: Path, wanflow: Wanflow) -> None:
    """At its line, with the form of a date."""
    film.write_text(f"{HEAD}  coast: {{prompt: a coast}}\n", encoding="utf-8")
    Path("own.yaml").write_text(json.dumps({**PRICES, "date": "2026-13-45"}), encoding="utf-8")
    said = wanflow("plan", "--prices", "own.yaml")
    assert (said.code, "`date` is not a date: `2026-13-45`" in said.err) == (2, True), said.err


def test_nonsense_in_a_saved_plan_is_no_plan_or_one_that_does_not_fit(film: Path, wanflow: Wanflow) -> None:
    """Every field of it; what can be read is compared without a fault."""
    film.write_text(f"{HEAD}  coast: {{prompt: a coast}}\n", encoding="utf-8")
    assert wanflow("plan", "-o", "plan.json").code == 0
    document = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    plan = api.plan(api.load(film))
    refused = 0
    for case in corrupted(document):
        Path("spoilt.json").write_text(case.text, encoding="utf-8")
        before = _read(Path("spoilt.json"))
        if before is None:
            refused += 1
        else:
            "\n".join(saved.unapproved(plan, before)).encode()
    assert refused > 100


@pytest.mark.parametrize("amount", ["Infinity", "NaN", "1e999999999", "-1", "9" * 5000])
def test_a_saved_amount_of_nonsense_approves_nothing(amount: str, film: Path, wanflow: Wanflow) -> None:
    """It would be dearer than any price."""
    film.write_text(f"{HEAD}  coast: {{prompt: a coast}}\n", encoding="utf-8")
    wanflow("plan", "-o", "plan.json")
    plan = Path("plan.json")
    plan.write_text(plan.read_text(encoding="utf-8").replace('"1.20"', f'"{amount}"'), encoding="utf-8")
    rewrite("duration: 2", "duration: 10")
    said = wanflow("run", "--plan", "plan.json")
    assert (said.code, "is not a plan that `wanflow plan -o` saved" in said.err) == (2, True), said.err


def _read(path: Path) -> saved.SavedPlan | None:
    try:
        return planfile.read(path)
    except click.BadParameter as fault:
        fault.format_message().encode()
        return None


@pytest.mark.parametrize("option", ["--timeout", "--poll-interval", "--grace"])
def test_a_time_that_is_no_number_is_refused(option: str, film: Path, wanflow: Wanflow) -> None:
    """It passes every range, and no clock can wait for it."""
    said = wanflow("run", option, "nan")
    assert (said.code, f"`{option}`: `nan` is not a number of seconds" in said.err) == (2, True), said.err
