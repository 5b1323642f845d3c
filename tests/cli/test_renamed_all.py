"""Between a rename and the next run everything works as after it, and nothing of a shot's history is left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite
from cli.test_numbers import takes

from kit.served import Served

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  s010: {first_frame: sets/coast.png, prompt: a coast}
  s020: {first_frame: sets/coast.png, prompt: a pier}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service; two shots, of which the first has takes of two requests and the second one of them picked."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def prepare(wanflow: Wanflow) -> int:
    """Two takes of `s010` for an earlier request, of which the second was picked, and one for the present; the number
    of takes bought.
    """
    assert wanflow(*RUN).code == 0
    wanflow("retake", "s010")
    assert wanflow(*RUN).code == 0
    wanflow("pick", "s010", "2")
    rewrite("a coast", "a cold coast")
    assert wanflow(*RUN).code == 0
    wanflow("retake", "s020", "-n", "1")
    assert wanflow(*RUN).code == 0
    wanflow("pick", "s020", "2")
    return 5


def test_all_takes_of_all_requests_move_and_an_undo_finds_its_pick(wanflow: Wanflow, service: Served) -> None:
    """Numbers, picks of earlier requests, names under `out/`; nothing is left under the old name."""
    paid = prepare(wanflow)
    rewrite("  s010:", "  shore:")
    assert {key for key in takes(wanflow) if key[0] == "shore"} == {("shore", 1), ("shore", 2), ("shore", 3)}
    assert wanflow(*RUN).code == 0
    assert {key for key in takes(wanflow, "--all") if key[0] != "s020"} == {("shore", 1), ("shore", 2), ("shore", 3)}
    names = sorted(path.name for path in Path("out/shots").iterdir())
    assert names == ["s020.t1.mp4", "s020.t2.mp4", "shore.t1.mp4", "shore.t2.mp4", "shore.t3.mp4"]
    rewrite("a cold coast", "a coast")
    assert wanflow(*RUN).code == 0
    rows = takes(wanflow)
    assert [key for key, row in rows.items() if row["chosen"]] == [("shore", 2), ("s020", 2)]
    assert bought(service) == paid


def test_decisions_between_the_rename_and_the_next_run_are_about_the_same_takes(
    wanflow: Wanflow, service: Served
) -> None:
    """`pick`, `retake`, `hold`, `why` and `takes` know the takes, and the run does what was decided, no more."""
    paid = prepare(wanflow)
    rewrite("  s020:", "  pier:")
    assert "same request as `s020` take 1: reused" in wanflow("why", "pier").out
    assert [key for key, row in takes(wanflow).items() if row["chosen"]] == [("pier", 2)]
    assert wanflow("pick", "pier", "1").out.startswith("take 1 of pier is picked")
    assert wanflow("retake", "pier").out.startswith("pier: 1 more take, with the next run")
    steps = [step for step in json.loads(wanflow("plan", "--json").out)["steps"] if step["action"] == "render"]
    assert [step["node"] for step in steps] == ["pier.t3"]
    assert wanflow(*RUN).code == 0
    assert bought(service) == paid + 1
    assert wanflow("hold", "pier").out.startswith("pier: take 1 is held")
    rewrite("  pier:", "  jetty:")
    rewrite("a pier", "another pier")
    rewrite("another pier", "a pier")
    assert wanflow(*RUN).code == 0
    rows = {key: row["held"] for key, row in takes(wanflow, "--all").items() if key[0] in {"pier", "jetty"}}
    assert rows == {("jetty", 1): True, ("jetty", 2): False, ("jetty", 3): False}


def test_numbering_the_shots_anew_moves_every_take_along(wanflow: Wanflow, service: Served) -> None:
    """A new first shot pushes the others on by a name: each keeps its takes, its numbers and its pick."""
    paid = prepare(wanflow)
    rewrite("  s020:", "  s030:")
    rewrite("  s010:", "  s020:")
    rewrite("shots:\n", "shots:\n  s010: {first_frame: sets/coast.png, prompt: a title}\n")
    plan = {step["node"]: step["action"] for step in json.loads(wanflow("plan", "--json").out)["steps"]}
    assert [node for node, action in plan.items() if action == "render"] == [
        next(node for node in plan if node.startswith("s010"))
    ]
    assert wanflow(*RUN).code == 0
    assert bought(service) == paid + 1
    rows = takes(wanflow, "--all")
    assert {key for key in rows if key[0] == "s020"} == {("s020", 1), ("s020", 2), ("s020", 3)}
    assert [key for key, row in rows.items() if row["chosen"]] == [("s030", 2)]


def test_two_shots_that_swap_their_names_swap_their_takes(wanflow: Wanflow, service: Served) -> None:
    """Nothing is paid, and the pick stays with the words that it was made for."""
    paid = prepare(wanflow)
    rewrite("  s010:", "  s0x0:")
    rewrite("  s020:", "  s010:")
    rewrite("  s0x0:", "  s020:")
    assert wanflow(*RUN).code == 0
    rows = takes(wanflow, "--all")
    assert bought(service) == paid
    assert set(rows) == {("s010", 1), ("s010", 2), ("s020", 1), ("s020", 2), ("s020", 3)}
    assert [key for key, row in rows.items() if row["chosen"]] == [("s010", 2)]
    assert json.loads(wanflow("plan", "--json").out)["totals"]["reuse"] == 3


def test_a_take_of_a_removed_shot_is_listed_and_pulled_back(wanflow: Wanflow, service: Served) -> None:
    """`takes --all` shows it, `pick --from` moves it to another shot, where it counts from then on."""
    paid = prepare(wanflow)
    rewrite("  s020: {first_frame: sets/coast.png, prompt: a pier}\n", "")
    assert wanflow(*RUN).code == 0
    assert ("s020", 2) not in takes(wanflow)
    removed = takes(wanflow, "--all")["s020", 2]
    assert (removed["picked"], removed["chosen"]) == (False, False)
    for words in (("s010", "9", "--from", "s020"), ("s010", "1", "--from", "nowhere"), ("s010", "1", "--from", "s010")):
        assert wanflow("pick", *words).code == 2
    said = wanflow("pick", "s010", "--from", "s020", "2")
    assert said.out.startswith("take 2 of s020 is take 4 of s010 and picked")
    assert "it is held" in said.err
    rows = takes(wanflow, "--all")
    assert (rows["s010", 4]["digest"], rows["s010", 4]["picked"]) == (removed["digest"], True)
    assert ("s020", 2) not in rows
    assert wanflow(*RUN).code == 0
    assert bought(service) == paid


def test_a_held_shot_that_was_edited_keeps_its_hold_under_a_new_name(wanflow: Wanflow, service: Served) -> None:
    """A hold exists because the words changed: it moves as well, and nothing is paid."""
    paid = prepare(wanflow)
    wanflow("hold", "s020")
    rewrite("a pier", "a colder pier")
    assert wanflow(*RUN).code == 0
    rewrite("  s020:", "  pier:")
    assert {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}["pier"] == "held"
    assert wanflow(*RUN).code == 0
    rows = takes(wanflow, "--all")
    assert {key: row["held"] for key, row in rows.items() if key[0] != "s010"} == {
        ("pier", 1): False,
        ("pier", 2): True,
    }
    assert bought(service) == paid


def test_a_chain_that_is_renamed_while_its_beginning_is_edited_keeps_its_takes(
    wanflow: Wanflow, service: Served
) -> None:
    """What follows an edited shot asks something else now, and is known again by its words."""
    film = Path("wanflow.yaml").read_text(encoding="utf-8")
    chain = film + "  near: {first_frame: {shot: s010, frame: last}, prompt: nearer}\n"
    Path("wanflow.yaml").write_text(chain, encoding="utf-8")
    assert wanflow(*RUN).code == 0
    rewrite("  near: {first_frame: {shot: s010", "  close: {first_frame: {shot: s010")
    rewrite("a coast", "a cold coast")
    steps = {step["node"]: step["action"] for step in json.loads(wanflow("plan", "--json").out)["steps"]}
    assert steps["close.t2"] == "render"
    assert wanflow(*RUN).code == 0
    assert {key for key in takes(wanflow, "--all") if key[0] in {"near", "close"}} == {("close", 1), ("close", 2)}
    assert bought(service) == 5


def test_an_export_before_the_next_run_names_files_that_are_there(wanflow: Wanflow, service: Served) -> None:
    """The names under `out/` follow with the run; until then an editing suite finds the films in the store."""
    prepare(wanflow)
    rewrite("  s020:", "  pier:")
    rewrite("shots:", "cuts: {main: [pier]}\nshots:")
    timeline = json.loads(wanflow("export", "--format", "otio", "-o", "-").out)
    films = {url for url in urls(timeline) if url.endswith(".mp4")}
    digests = {hashlib.sha256(Path(url).read_bytes()).hexdigest() for url in films}
    assert digests == {take["digest"] for key, take in takes(wanflow).items() if key[0] == "pier"}
    assert wanflow(*RUN).code == 0
    timeline = json.loads(wanflow("export", "--format", "otio", "-o", "-").out)
    named = {f"out/shots/pier.t{number}.mp4" for shot, number in takes(wanflow) if shot == "pier"}
    assert {url for url in urls(timeline) if url.endswith(".mp4")} == named


def urls(node: object) -> set[str]:
    """All media that a timeline names."""
    if isinstance(node, list):
        return set().union(*map(urls, node))
    if not isinstance(node, dict):
        return set()
    own = {node["target_url"]} if "target_url" in node else set()
    return own.union(*map(urls, node.values()))


def test_a_name_that_is_used_again_is_its_new_shots_own(wanflow: Wanflow, service: Served) -> None:
    """The new shot leaves for a run and comes back with its takes, its pick and its wish; the renamed one has its own."""
    prepare(wanflow)
    rewrite("  s020:", "  jetty:")
    assert wanflow(*RUN).code == 0
    text = Path("wanflow.yaml").read_text(encoding="utf-8")
    again = "  s020: {first_frame: sets/coast.png, prompt: another thing, takes: 2}\n"
    Path("wanflow.yaml").write_text(text + again, encoding="utf-8")
    assert wanflow(*RUN).code == 0
    number = max(number for shot, number in takes(wanflow) if shot == "s020")
    wanflow("pick", "s020", str(number))
    wanflow("retake", "s020")
    assert wanflow(*RUN).code == 0
    before, paid = takes(wanflow), bought(service)
    Path("wanflow.yaml").write_text(text, encoding="utf-8")
    assert wanflow(*RUN).code == 0
    assert {key for key in takes(wanflow, "--all") if key[0] == "jetty"} == {("jetty", 1), ("jetty", 2)}
    Path("wanflow.yaml").write_text(text + again, encoding="utf-8")
    assert wanflow(*RUN).code == 0
    after = takes(wanflow)
    assert {key: (row["digest"], row["chosen"]) for key, row in after.items()} == {
        key: (row["digest"], row["chosen"]) for key, row in before.items()
    }
    assert bought(service) == paid


def test_numbers_come_back_under_the_new_name_where_the_records_were_lost(wanflow: Wanflow, service: Served) -> None:
    """The journal follows a rename, so that lock and traces are made again as they were, by a repair or a run."""
    paid = prepare(wanflow)
    rewrite("  s020:", "  pier:")
    assert wanflow(*RUN).code == 0
    rewrite("a pier", "a cold pier")
    assert wanflow(*RUN).code == 0
    before = {key: row["digest"] for key, row in takes(wanflow, "--all").items()}
    for name in ("wanflow.lock", ".wanflow/traces.jsonl"):
        Path(name).unlink()
    wanflow("doctor", "--repair")
    assert {key: row["digest"] for key, row in takes(wanflow, "--all").items()} == before
    assert wanflow(*RUN).code == 0
    assert {key: row["digest"] for key, row in takes(wanflow, "--all").items()} == before
    assert set(json.loads(wanflow("costs", "--json").out)["by_shot"]) == {"pier", "s010"}
    assert bought(service) == paid + 1


def test_a_held_shot_behind_one_that_was_edited_keeps_its_hold_under_a_new_name(
    wanflow: Wanflow, service: Served
) -> None:
    """What it asks for is known only once the run has rendered what comes before it."""
    film = Path("wanflow.yaml").read_text(encoding="utf-8")
    chain = film + "  near: {first_frame: {shot: s010, frame: last}, prompt: nearer}\n"
    Path("wanflow.yaml").write_text(chain, encoding="utf-8")
    assert wanflow(*RUN).code == 0
    wanflow("hold", "near")
    rewrite("a coast", "a cold coast")
    rewrite("nearer", "much nearer")
    assert wanflow(*RUN).code == 0
    paid = bought(service)
    rewrite("  near:", "  close:")
    assert {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}["close"] == "held"
    assert wanflow(*RUN).code == 0
    assert bought(service) == paid
