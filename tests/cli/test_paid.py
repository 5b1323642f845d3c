"""The paid backend from the command line, against the emulator on a socket: money, keys, what is in flight."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from cli.conftest import RUN, Wanflow, paid_production

from kit.clips import numbered_clip
from kit.locks import attempt
from kit.providers import DASHSCOPE
from kit.served import PATIENCE_SECONDS, Served, playing, served
from wanflow.emulator.api.endpoint import AccountLimits, AccountTerms
from wanflow.emulator.api.order import Grade
from wanflow.emulator.api.server import Serving
from wanflow.emulator.api.tasks import TaskLog
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE, WORKSPACE_VARIABLE
from wanflow.store import journal, layout
from wanflow.store.attempt import JournalState
from wanflow.store.layout import Store

KEY = "sk-recognisable-0123456789"

SUBMIT_ONLY = ("--timeout", "4", "--poll-interval", "0.1")
"""Options of a run against a service that ends no task: it has time to submit everything, and then gives up."""

PRODUCTION = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  night: {model: wan2.7-videoedit, video: {shot: coast}, prompt: at night, duration: 0}
cuts:
  main: [coast, night]
"""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A quick service with a key of its own."""
    with served(Serving(speed=Fraction(1000), grade=Grade.DRAFT), KEY) as service:
        yield service.base_url


@pytest.fixture
def paid(film: Path, base_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A production on the paid backend, and the way to a service."""
    film.write_text(PRODUCTION, encoding="utf-8")
    monkeypatch.setenv(BASE_VARIABLE, base_url)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    return film.parent


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film."""
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 60)


@pytest.fixture
def slow(paid: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The production is paid for at a service whose tasks run until they are released."""
    with playing(clip, AccountTerms(key=KEY), held=True) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        yield service


def lines(text: str) -> list[dict[str, object]]:
    """The events of a run."""
    return [json.loads(line) for line in text.splitlines()]


def test_nothing_is_sent_without_approval(wanflow: Wanflow, paid: Path) -> None:
    """Stdin is not a terminal: exit 3 with a hint, and not even an intent on record."""
    said = wanflow("run")
    assert (said.code, said.out) == (3, "")
    assert "2 takes would be rendered for at most 3.60 CNY" in said.err
    assert "`--yes`" in said.err
    assert journal.read(Store(paid, DASHSCOPE)) == JournalState()


def test_a_program_is_told_how_a_run_ended_that_never_began(wanflow: Wanflow, paid: Path) -> None:
    """The last event comes whatever happens."""
    for words in (("run", "--json"), ("run", "--json", "--yes", "--locked")):
        error, event = lines(wanflow(*words).out)
        assert (error["event"], len(error["errors"])) == ("error", 1)
        assert (event["event"], event["exit_code"], event["submitted"]) == ("run.finished", 3, 0)


def test_what_is_approved_is_rendered_once(wanflow: Wanflow, paid: Path) -> None:
    """The result of the first goes on to the second by its address; a second run asks nobody and sends nothing."""
    events = lines(wanflow("run", "--yes", "--json", "--poll-interval", "0.1").out)
    assert events[-1]["exit_code"] == 0
    assert events[-1]["submitted"] == 2
    assert (paid / "out" / "main.mp4").is_file()
    uploads = (paid / ".wanflow" / "uploads.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["model"] for line in uploads] == ["wan2.7-i2v"]
    takes = json.loads(wanflow("takes", "--json").out)
    assert all(take["task_id"] for take in takes)
    assert {take["shot"] for take in takes} == {"coast", "night"}
    again = wanflow("run")
    assert again.code == 0
    assert "nothing to do" in again.err


def test_every_state_of_a_task_is_told(wanflow: Wanflow, paid: Path) -> None:
    """From accepted to succeeded, each once."""
    events = lines(wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.05").out)
    told = [event["state"] for event in events if event["event"] == "task.state"]
    assert told[-1] == "SUCCEEDED"
    assert len(told) == len(set(told))


def test_key_and_signatures_stand_nowhere(wanflow: Wanflow, paid: Path) -> None:
    """Neither in what is written nor in what is shown."""
    said = [wanflow("run", "--yes", "--json", "-v", "--poll-interval", "0.1"), wanflow("status"), wanflow("takes")]
    said += [wanflow("show", "night"), wanflow("why", "night"), wanflow("doctor")]
    texts = [text for one in said for text in (one.out, one.err)]
    files = [file for file in paid.rglob("*") if file.is_file()]
    texts += [file.read_bytes().decode("latin-1") for file in files]
    assert len(files) > 8
    assert not [text for text in texts if KEY in text or "Signature=" in text]
    assert Store(paid, DASHSCOPE).journal.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("verb", ["validate", "plan", "why night", "show night", "status", "takes", "graph", "list"])
def test_looking_needs_no_key_and_no_network(
    wanflow: Wanflow, paid: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is contacted."""
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv(BASE_VARIABLE, "http://127.0.0.1:9/api/v1")
    assert wanflow(*verb.split()).code == 0


def test_without_a_key_nothing_is_asked(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2, before anybody approves anything."""
    monkeypatch.delenv(KEY_VARIABLE)
    said = wanflow("run", "--yes", "--json")
    error, event = lines(said.out)
    assert (error["event"], [each["code"] for each in error["errors"]]) == ("error", ["not-set-region-needs-key"])
    assert (said.code, event["event"], event["exit_code"]) == (2, "run.finished", 2)
    assert f"{KEY_VARIABLE} is not set" in said.err


def test_what_is_only_cut_needs_no_key(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of the service, so nobody has to be let in."""
    assert wanflow("run", "--yes", "--poll-interval", "0.1").code == 0
    (paid / "wanflow.yaml").write_text(PRODUCTION.replace("[coast, night]", "[night, coast]"), encoding="utf-8")
    monkeypatch.delenv(KEY_VARIABLE)
    said = wanflow("run")
    assert (said.code, said.out.strip()) == (0, str(Path("out", "main.mp4")))


def test_a_refused_key_names_the_region_that_was_tried_and_the_others(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was accepted: 2, and the key itself is not repeated."""
    monkeypatch.setenv(KEY_VARIABLE, "sk-wrong")
    said = wanflow("run", "--yes")
    assert said.code == 2
    assert "region `beijing`" in said.err
    assert "`singapore`, `virginia`" in said.err
    assert "sk-wrong" not in said.err


def test_a_host_of_another_region_is_an_error(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent there."""
    monkeypatch.setenv(BASE_VARIABLE, "https://dashscope-intl.aliyuncs.com/api/v1")
    said = wanflow("run", "--yes")
    assert said.code == 2
    assert "a host of region `singapore`" in said.err


class TestInFlight:
    """A service that takes its time: tasks outlive the run that submitted them."""

    def test_what_a_run_gave_up_waiting_for_is_collected(self, wanflow: Wanflow, slow: Served) -> None:
        """4; status names the task; collect stores it; the next run submits only what depends on it."""
        said = wanflow("run", "--yes", *SUBMIT_ONLY)
        assert said.code == 4
        (row, _) = json.loads(wanflow("status", "--json").out)
        assert len(row["in_flight"]) == 1
        assert f"in flight: coast.t1 (task {row['in_flight'][0]})" in said.err
        assert row["state"] in {"queued", "rendering"}
        slow.release()
        collected = lines(wanflow("collect", "--json", "--poll-interval", "0.1").out)
        assert (collected[-1]["exit_code"], collected[-1]["collected"], collected[-1]["submitted"]) == (0, 1, 0)
        assert [take["shot"] for take in json.loads(wanflow("takes", "--json").out)] == ["coast"]
        events = lines(wanflow("run", "--yes", "--json", "--poll-interval", "0.1").out)
        submitted = [event["node"] for event in events if event["event"] == "task.submitted"]
        assert submitted == ["night.t1"]
        assert wanflow("collect").err.strip() == "nothing is in flight"

    def test_a_run_collects_first_and_plans_second(self, wanflow: Wanflow, paid: Path, slow: Served) -> None:
        """What finished meanwhile is not a step any more; it is polled once and counted (law 10)."""
        assert wanflow("run", "coast", "--yes", *SUBMIT_ONLY).code == 4
        assert wanflow("collect", "--timeout", "0.1", "--poll-interval", "0.05").code == 4
        (task,) = journal.read(Store(paid, DASHSCOPE)).open
        slow.release()
        wait_for_film(task.task_id)
        events = lines(wanflow("run", "coast", "--json", "--yes").out)
        told = [event["event"] for event in events if event["event"] != "warning"]  # the film is unlike the request
        assert told == ["take.stored", "run.finished"]
        assert (events[-1]["collected"], events[-1]["submitted"], events[-1]["exit_code"]) == (1, 0, 0)

    def test_whoever_is_not_let_in_collects_nothing(
        self, wanflow: Wanflow, paid: Path, slow: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """2, with the region that was tried and the others; the task stays open; `cancel` says the same."""
        assert wanflow("run", "coast", "--yes", *SUBMIT_ONLY).code == 4
        monkeypatch.setenv(KEY_VARIABLE, "sk-wrong")
        said = wanflow("collect", "--json")
        assert (said.code, lines(said.out)[-1]["event"], lines(said.out)[-1]["exit_code"]) == (2, "run.finished", 2)
        assert "region `beijing`" in said.err
        assert "`singapore`, `virginia`" in said.err
        assert wanflow("cancel").code == 2
        assert len(journal.read(Store(paid, DASHSCOPE)).open) == 1

    def test_collect_gives_up_as_well(self, wanflow: Wanflow, paid: Path, slow: Served) -> None:
        """4, and the task is still there for the next one; what is edited meanwhile changes nothing about it."""
        assert wanflow("run", "coast", "--yes", *SUBMIT_ONLY).code == 4
        assert wanflow("collect", "--timeout", "0.1", "--poll-interval", "0.1").code == 4
        (paid / "wanflow.yaml").write_text(PRODUCTION.replace("a coast", "another coast"), encoding="utf-8")
        slow.release()
        assert wanflow("collect", "--poll-interval", "0.1").code == 0
        (take,) = json.loads(wanflow("takes", "--json").out)
        assert take["state"] == "outdated"


def test_only_what_waits_can_be_cancelled(wanflow: Wanflow, paid: Path, slow: Served) -> None:
    """The sixth of a model waits; the five that run will be charged, which is said."""
    shots = "".join(f"  s{number}: {{first_frame: sets/coast.png, prompt: p{number}}}\n" for number in range(6))
    head = PRODUCTION[: PRODUCTION.index("shots:")]
    (paid / "wanflow.yaml").write_text(f"{head}shots:\n{shots}", encoding="utf-8")
    assert wanflow("run", "--yes", *SUBMIT_ONLY).code == 4
    said = wanflow("cancel", "--json")
    done = {item["shot"]: item["cancelled"] for item in json.loads(said.out)}
    left = wanflow("cancel")
    assert wanflow("cancel", "s0").code == 1
    assert said.code == 1
    assert (done, sum(done.values())) == (dict.fromkeys([f"s{number}" for number in range(5)], False) | {"s5": True}, 1)
    assert left.out.count("cannot be cancelled") == 5
    states = {row["shot"]: row["in_flight"] for row in json.loads(wanflow("status", "--json").out)}
    assert [shot for shot, flying in states.items() if not flying] == ["s5"]


def wait_for_film(task_id: str) -> None:
    """Ask the service itself until a task is done."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=os.environ[BASE_VARIABLE], headers=headers, timeout=PATIENCE_SECONDS) as client:
        while "SUCCEEDED" not in client.get(f"/tasks/{task_id}").text:
            continue


def script(folder: Path, *faults: dict[str, object]) -> Serving:
    """A quick service that goes wrong on purpose."""
    path = folder / "faults.json"
    path.write_text(json.dumps({"faults": faults}), encoding="utf-8")
    return Serving(speed=Fraction(1000), faults=path, grade=Grade.DRAFT)


def test_what_passes_only_takes_longer(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled, a look that fails, a download cut off: said, tried again, and paid once."""
    faults = (
        {"on": "submit", "status": 429, "code": "Throttling", "message": "slower"},
        {"on": "query", "status": 500, "code": "InternalError", "message": "x"},
        {"on": "download", "cut": 1000},
    )
    with served(script(paid, *faults), KEY) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        said = wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1")
    events = lines(said.out)
    assert (events[-1]["exit_code"], events[-1]["submitted"]) == (0, 1)
    told = [str(event.get("message")) for event in events]
    assert sum("next attempt in" in words for words in told) == 2
    assert sum("next download in" in words for words in told) == 1


@pytest.fixture
def lost(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A submission whose answer was lost, at a service whose list is broken: the id of the task that it became."""
    monkeypatch.setattr("wanflow.providers.retrying.LONGEST_SECONDS", 0)
    monkeypatch.setattr("wanflow.runner.take.UNKNOWN_PAUSES", (0, 0, 0))
    faults = ({"on": "submit", "lose": True}, {"on": "list", "status": 500, "times": 0})
    with served(replace(script(paid, *faults), state=paid / "service"), KEY) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        said = wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1")
        assert (said.code, lines(said.out)[-1]["submitted"]) == (5, 0)
        (task_id,) = TaskLog(paid / "service" / "tasks.jsonl").read().by_id
        yield task_id


def test_a_lost_answer_needs_a_decision(wanflow: Wanflow, lost: str) -> None:
    """5; the shot's state is unknown; the next run can't look it up either, and buys nothing (law 3)."""
    rows = json.loads(wanflow("status", "--json").out)
    assert {row["shot"]: row["state"] for row in rows}["coast"] == "unknown"
    again = wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1")
    assert (again.code, lines(again.out)[-1]["exit_code"], lines(again.out)[-1]["submitted"]) == (5, 5, 0)
    assert "wanflow resolve coast --take 1 --adopt TASK_ID" in again.out
    assert "of unknown fate: coast.t1" in again.err


def test_a_lost_answer_with_a_list_that_works_needs_nobody(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task is found and adopted in the same run."""
    with served(script(paid, {"on": "submit", "lose": True}), KEY) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        said = wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1")
        (take,) = json.loads(wanflow("takes", "--json").out)
        assert (said.code, lines(said.out)[-1]["submitted"]) == (0, 1)
        assert any("the lost submission is task" in str(event.get("message")) for event in lines(said.out))
    assert isinstance(take["seed"], int)


def test_takes_of_one_shot_whose_answers_are_all_lost_are_paid_once_each(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service films one after the other: each take is its own task, and the next run buys nothing."""
    (paid / "wanflow.yaml").write_text(PRODUCTION.replace("a coast}", "a coast, takes: 3}"), encoding="utf-8")
    with served(replace(script(paid, {"on": "submit", "lose": True, "times": 3}), state=paid / "s"), KEY, jobs=1) as it:
        monkeypatch.setenv(BASE_VARIABLE, it.base_url)
        first, again = (wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1") for _ in range(2))
        paid_for = TaskLog(paid / "s" / "tasks.jsonl").read().by_id
    assert [(said.code, lines(said.out)[-1]["submitted"]) for said in (first, again)] == [(0, 3), (0, 0)]
    takes = json.loads(wanflow("takes", "--json").out)
    assert sorted(take["task_id"] for take in takes) == sorted(paid_for)
    assert len(paid_for) == 3


@pytest.mark.parametrize(("grace", "resubmit", "code"), [("0", "auto", 0), ("0", "never", 5)])
def test_a_submission_that_broke_before_it_arrived(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch, grace: str, resubmit: str, code: int
) -> None:
    """A 500 without a task: sent again once the grace is over, unless that is forbidden."""
    with served(script(paid, {"on": "submit", "status": 500}), KEY) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        options = ("--grace", grace, "--resubmit", resubmit, "--poll-interval", "0.1")
        said = wanflow("run", "coast", "--yes", "--json", *options)
    assert (said.code, lines(said.out)[-1]["submitted"]) == (code, 1 if code == 0 else 0)


def test_a_refusal_is_remembered_with_its_words(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not sent again, and blocks what needs it, until its words change or somebody insists."""
    refusal = {"on": "task", "code": "DataInspectionFailed", "message": "may contain inappropriate content"}
    with served(script(paid, refusal), KEY) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        quick = ("--yes", "--json", "--poll-interval", "0.1")
        first, second = wanflow("run", "coast", *quick), wanflow("run", "coast", *quick)
        (step, *_) = json.loads(wanflow("plan", "--json").out)["steps"]
        (again, *_) = json.loads(wanflow("plan", "--retry-refused", "--json").out)["steps"]
        states = {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}
        third = wanflow("run", "coast", "--retry-refused", *quick)
    assert [lines(said.out)[-1]["submitted"] for said in (first, second, third)] == [1, 0, 1]
    assert [said.code for said in (first, second, third)] == [1, 1, 0]
    assert (step["action"], [reason["code"] for reason in step["reasons"]]) == ("blocked", ["refused-before"])
    assert (again["action"], [reason["code"] for reason in again["reasons"]]) == ("render", ["refused-before"])
    assert "may contain inappropriate content" in step["reasons"][0]["text"]
    assert states == {"coast": "refused", "night": "blocked"}


def test_a_lost_submission_is_adopted(wanflow: Wanflow, lost: str) -> None:
    """Its film is collected, and nothing is submitted a second time."""
    assert wanflow("resolve", "coast", "--adopt", lost).code == 0
    events = lines(wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1").out)
    assert (events[-1]["exit_code"], events[-1]["submitted"], events[-1]["collected"]) == (0, 0, 1)
    (take,) = json.loads(wanflow("takes", "--json").out)
    assert take["task_id"] == lost


def test_a_slip_in_a_task_id_pays_nothing(wanflow: Wanflow, lost: str) -> None:
    """The service does not know the task, so what became of the submission is unknown as before (law 3)."""
    assert wanflow("resolve", "coast", "--adopt", f"{lost[:-1]}_").code == 0
    run = wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1")
    assert (run.code, lines(run.out)[-1]["submitted"]) == (5, 0)
    assert "wanflow resolve coast --take 1 --adopt TASK_ID" in run.out
    assert wanflow("resolve", "coast", "--adopt", lost).code == 0
    events = lines(wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1").out)
    assert (events[-1]["exit_code"], events[-1]["submitted"], events[-1]["collected"]) == (0, 0, 1)


def test_a_task_can_be_adopted_for_one_submission_only(wanflow: Wanflow, paid: Path) -> None:
    """Of two that differ in the seed alone nobody can say which seed it has; white space makes no other task of it."""
    store = Store(paid, DASHSCOPE)
    layout.establish(store)
    for number in (1, 2):
        journal.Journal(store).intended(replace(attempt(f"a{number}", seed=number), number=number))
    said = [wanflow("resolve", "coast", "--take", take, "--adopt", f" {task} ") for take, task in ("1t", "2t", "2 ")]
    assert [done.code for done in said] == [0, 2, 2]
    assert "task `t` is on record already" in said[1].err
    assert "the task id is empty" in said[2].err
    journal_state = journal.read(store)
    assert [(task.task_id, task.attempt.id, task.seed_uncertain) for task in journal_state.open] == [("t", "a1", True)]
    assert [lost.id for lost in journal_state.unknown_fate] == ["a2"]


def test_a_submission_that_was_not_accepted_is_sent_again(wanflow: Wanflow, lost: str) -> None:
    """When a person says so."""
    assert wanflow("resolve", "coast", "--take", "1", "--resubmit").code == 0
    events = lines(wanflow("run", "coast", "--yes", "--json", "--poll-interval", "0.1").out)
    assert (events[-1]["exit_code"], events[-1]["submitted"]) == (0, 1)
    (take,) = json.loads(wanflow("takes", "--json").out)
    assert take["task_id"] != lost


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("coast",), "give either"),
        (("coast", "--adopt", "t", "--resubmit"), "give either"),
        (("night", "--resubmit"), "`night` has no submission of unknown fate"),
        (("coast", "--take", "7", "--resubmit"), "`coast` has no submission of unknown fate"),
    ],
)
def test_a_decision_has_to_be_one(wanflow: Wanflow, lost: str, words: tuple[str, ...], said: str) -> None:
    """2, and nothing is decided."""
    done = wanflow("resolve", *words)
    assert done.code == 2
    assert said in done.err
    assert wanflow("resolve", "coast", "--adopt", lost).code == 0
    assert wanflow("resolve", "coast", "--resubmit").code == 2


@pytest.mark.parametrize("host", ["dashscope-eu.aliyuncs.com", "dashscope-intl.aliyuncs.com"])
def test_a_plan_never_has_the_prices_of_another_region(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """A host of an unknown or another region is an error before anything is priced; no key is needed for that."""
    monkeypatch.delenv(KEY_VARIABLE)
    assert wanflow("plan").code == 0
    monkeypatch.setenv(BASE_VARIABLE, f"https://{host}/api/v1")
    done = wanflow("plan")
    assert (done.code, done.out, host in done.err) == (2, "", True), done.err
    assert wanflow("plan", "--backend", "animatic").code == 0


def test_a_plan_refuses_a_workspace_that_a_run_would_refuse(
    wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key, since nothing is sent."""
    for variable in (KEY_VARIABLE, BASE_VARIABLE):
        monkeypatch.delenv(variable)
    monkeypatch.setenv(WORKSPACE_VARIABLE, "evil.example/x")
    done = wanflow("plan")
    assert (done.code, done.out, f"{WORKSPACE_VARIABLE} is not the id" in done.err) == (2, "", True), done.err
    assert wanflow("plan", "--backend", "animatic").code == 0
    monkeypatch.setenv(WORKSPACE_VARIABLE, "llm-123")
    assert wanflow("plan").code == 0


@pytest.mark.parametrize("running", [1, None])
def test_a_run_keeps_to_the_quota_of_its_account(
    running: int | None, wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one task at a time the next one is submitted when the last one has ended; otherwise all are at once."""
    text = "wanflow: 1\nbackend: dashscope\nshots:\n  a: {model: wan2.7-t2v, prompt: x, duration: 2, takes: 3}\n"
    terms = AccountTerms(limits=AccountLimits(running=running))
    with paid_production(film, text, monkeypatch, terms=terms) as service:
        assert wanflow(*RUN).code == 0
    kinds = [each.method for each in service.seen if "video-synthesis" in each.path or "/tasks" in each.path]
    assert kinds.count("POST") == 3
    assert ("POSTPOST" in "".join(kinds)) is (running is None)
