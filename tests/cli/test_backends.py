"""A command says which backend it means: in the commands that it suggests, and of tasks that it leaves out."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production

import wanflow as package
from kit.clips import numbered_clip
from kit.locks import DATE, attempt
from kit.project import call
from kit.providers import DASHSCOPE
from kit.run_processes import environ, running, until
from kit.served import PATIENCE_SECONDS, playing
from wanflow.cli import hints
from wanflow.cli.hints import WITHOUT_PRODUCTION, command_on, pasteable
from wanflow.cli.main import COMMANDS, find_command
from wanflow.cli.options import ProductionOptions
from wanflow.store.journal import Journal
from wanflow.store.layout import Store

WAITING = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 2, pick: wait}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
"""
"""A shot that waits for a pick on whatever backend it is rendered, and one that needs it."""
PICK = "`wanflow pick --backend dashscope coast N`"


def suggested(text: str) -> list[str]:
    """The commands that a text suggests."""
    return re.findall(r"`(wanflow [^`]*)`", text)


def test_every_command_that_a_text_names_is_one_of_ours() -> None:
    """In backquotes it begins with its verb, or its options could not be completed."""
    named = set()
    for source in Path(package.__file__).parent.rglob("*.py"):
        for part in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                named |= {f"{source.name}: {word}" for word in re.findall(r"`wanflow ([\w-]+)", part.value)}
    unknown = [name for name in named if name.partition(": ")[2] not in {*COMMANDS, "--help"}]
    assert (unknown, len(named) > 20) == ([], True)


def test_what_is_added_to_a_command_is_what_it_takes() -> None:
    """Every command but those about no production takes the options that name one."""
    for verb in COMMANDS:
        command = find_command(verb)
        taken = {option for parameter in command.params for option in parameter.opts}
        assert ({"-f", "--backend", "--region", "--set"} <= taken) is (verb not in WITHOUT_PRODUCTION), verb


@pytest.fixture
def told() -> Iterator[ProductionOptions]:
    """A command that was told its production in every way."""
    settings = ProductionOptions(Path("my films/a.yaml"), "dashscope", "singapore", {"light": "at noon", "sky": "grey"})
    token = hints._settings.set(settings)
    yield settings
    hints._settings.reset(token)


def test_a_suggested_command_means_the_same_production(told: ProductionOptions) -> None:
    """Read by a shell and by the command line it gives the same file and overrides."""
    (words,) = suggested(pasteable("hint: `wanflow collect` asks again"))
    program, verb, *options = shlex.split(words)
    assert (program, verb) == ("wanflow", "collect")
    command = find_command(verb)
    with command.make_context(verb, options) as context:
        assert context.obj == told


@pytest.mark.parametrize(
    "text",
    [
        "`wanflow init` makes one",
        "`wanflow run --help` shows what it takes",
        "`wanflow collect --backend animatic` stores its film",
        "run `coast` again",
    ],
)
def test_what_is_complete_stays_as_it_is(told: ProductionOptions, text: str) -> None:
    """Commands without a production, help, a given backend, and unknown commands."""
    assert pasteable(text) == text


def test_a_text_is_completed_once(told: ProductionOptions) -> None:
    """However often it passes on its way out; a command for another backend keeps the rest."""
    once = pasteable("`wanflow run` goes on")
    assert (once != "`wanflow run` goes on", pasteable(once)) == (True, once)
    assert command_on("animatic", "collect").startswith("`wanflow collect --backend animatic -f 'my films/a.yaml'")


def test_hints_of_a_run_on_another_backend_can_be_pasted(tmp_path: Path, film: Path) -> None:
    """The production names the animatic; what an interrupted run on the service suggests finishes it there."""
    film.write_text(WAITING.partition("  near:")[0], encoding="utf-8")
    clip = numbered_clip(tmp_path / "clip.mp4", 60)
    with playing(clip, film_seconds=2) as service:
        with running(film, service, "--backend", "dashscope") as process:
            until(process, "task.submitted", 2)
            process.terminate()
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
        words = suggested(said)
        assert [command.split()[1] for command in words] == ["collect", "cancel", "run"]
        assert all("--backend dashscope" in command for command in words), words
        done = call(tmp_path, *shlex.split(words[0])[1:], "--poll-interval", "0.1", environ=environ(service))
        assert (done.returncode, "2 takes collected" in done.stderr) == (0, True)


def test_plan_status_and_events_name_the_backend(film: Path, wanflow: Wanflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words for people, and in those of JSON."""
    with paid_production(film, WAITING, monkeypatch):
        assert wanflow(*RUN, "coast", "--backend", "dashscope").code == 0
        run = wanflow(*RUN, "--json", "--backend", "dashscope")
    assert run.code == 3
    plan, status = wanflow("plan", "--backend", "dashscope"), wanflow("status", "--backend", "dashscope")
    assert PICK in plan.out
    assert PICK in status.out
    assert PICK in json.dumps(json.loads(wanflow("plan", "--json", "--backend", "dashscope").out), ensure_ascii=False)
    assert PICK in json.dumps(json.loads(wanflow("status", "--json", "--backend", "dashscope").out), ensure_ascii=False)
    assert PICK in wanflow("why", "near", "--backend", "dashscope").out
    assert PICK in run.out + run.err
    assert "--backend" not in wanflow("plan").out


@pytest.fixture
def in_flight(film: Path) -> Journal:
    """A task on the paid backend of a production that names the animatic."""
    journal = Journal(Store(film.parent, DASHSCOPE))
    journal.intended(attempt("a1"))
    journal.accepted("a1", "task-1", "", DATE)
    return journal


@pytest.mark.parametrize("words", [("status",), ("run", "--locked")])
def test_who_works_on_one_backend_hears_of_the_other(
    in_flight: Journal, wanflow: Wanflow, words: tuple[str, ...]
) -> None:
    """With the command that finishes it; a submission of unknown fate counts."""
    heard = "note: 1 task is in flight on dashscope: `wanflow collect --backend dashscope` stores their results"
    assert heard in wanflow(*words).err
    in_flight.intended(attempt("a2", seed=8))
    assert "2 tasks are in flight on dashscope" in wanflow(*words).err
    assert "in flight on" not in wanflow(*words, "--backend", "dashscope").err


@pytest.mark.parametrize("verb", ["collect", "cancel"])
def test_nothing_here_but_something_there_is_said_and_ends_with_2(
    in_flight: Journal, wanflow: Wanflow, verb: str
) -> None:
    """Whoever forgot `--backend` hears of it: a script that collects every hour would wait for ever."""
    said = wanflow(verb)
    assert said.code == 2
    assert "error: nothing is in flight on animatic, but 1 task is in flight on dashscope\n" in said.err
    assert suggested(said.err) == [f"wanflow {verb} --backend dashscope"]
    told = wanflow(verb, "--json")
    assert told.code == 2
    last = json.loads(told.out)
    assert last == [] if verb == "cancel" else last["exit_code"] == 2


def test_a_submission_of_unknown_fate_there_is_something(film: Path, wanflow: Wanflow) -> None:
    """It may have been accepted, and its film be charged."""
    Journal(Store(film.parent, DASHSCOPE)).intended(attempt("a1"))
    assert wanflow("collect").code == 2


@pytest.mark.parametrize("verb", ["collect", "cancel"])
def test_nothing_anywhere_is_no_error(film: Path, wanflow: Wanflow, verb: str) -> None:
    """On either backend."""
    assert wanflow(verb).code == 0
    assert wanflow(verb, "--backend", "dashscope").code == 0


def test_a_damaged_journal_of_another_backend_stops_nothing(film: Path, wanflow: Wanflow) -> None:
    """It is said; whoever has nothing else to do can't say that nothing is in flight."""
    journal = Store(film.parent, DASHSCOPE).journal
    journal.parent.mkdir(exist_ok=True)
    journal.write_text("{}\n{}\n", encoding="utf-8")
    said = wanflow("status")
    assert (said.code, "warning: `journal.dashscope.jsonl` is damaged at line 1" in said.err) == (0, True)
    refused = wanflow("collect")
    assert (refused.code, "`journal.dashscope.jsonl` is damaged" in refused.err) == (1, True)
