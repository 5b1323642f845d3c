"""A service that lies, breaks off or talks nonsense: nothing is paid twice, nothing ends in a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from cli.conftest import Wanflow

from kit.clips import numbered_clip
from kit.providers import DASHSCOPE
from kit.scripted_server import Answer, ScriptedServer, reply, scripted_server
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE
from wanflow.store import blobs, journal
from wanflow.store.layout import Store

PRODUCTION = """\
wanflow: 1
backend: dashscope
shots:
  coast:
    model: wan2.7-i2v
    first_frame: {url: https://host.example/a.png}
    prompt: a coast
    resolution: 720P
    duration: 2
"""

TASK = "t-1"
ACCEPTED = reply(output={"task_id": TASK, "task_status": "PENDING"}, request_id="r")


def done(url: str) -> Answer:
    """A task that succeeded, with its result at an address."""
    output = {"task_id": TASK, "task_status": "SUCCEEDED", "video_url": url}
    return reply(output=output, usage={"duration": 2}, request_id="r")


@pytest.fixture
def paid(film: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A production on the paid backend, with a key."""
    film.write_text(PRODUCTION, encoding="utf-8")
    monkeypatch.setenv(KEY_VARIABLE, "sk-any")
    return film.parent


Run = Callable[[Mapping[str, Answer]], tuple[int, str, ScriptedServer]]


@pytest.fixture
def run(wanflow: Wanflow, paid: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run once against a service whose answers are given by a part of what is asked.

    What is tried again is tried as often as ever, but at once; `tests/scenario` has the pauses, in virtual time.
    """
    monkeypatch.setattr("wanflow.providers.retrying.LONGEST_SECONDS", 0)
    monkeypatch.setattr("wanflow.runner.download.PAUSES", (0, 0))
    monkeypatch.setattr("wanflow.runner.take.UNKNOWN_PAUSES", (0, 0, 0))

    def call(answers: Mapping[str, Answer]) -> tuple[int, str, ScriptedServer]:
        def lie(method: str, path: str) -> Answer:
            asked = f"{method} {path}"
            return next(answer for part, answer in answers.items() if part in asked)

        with scripted_server(lie) as liar:
            filled = {part: _at(answer, liar) for part, answer in answers.items()}
            answers = filled
            monkeypatch.setenv(BASE_VARIABLE, liar.base_url)
            said = wanflow("run", "--yes", "--poll-interval", "0.01")
        assert "Traceback" not in said.err
        return said.code, said.err, liar

    return call


def _at(answer: Answer, liar: ScriptedServer) -> Answer:
    return answer[0], answer[1].replace(b"HERE", liar.base_url.encode())


def submissions(liar: ScriptedServer) -> int:
    """How often something was submitted."""
    return sum(path.endswith("/video-synthesis") for _, path in liar.asked)


@pytest.mark.parametrize(
    "answer", [(0, b""), reply(500, code="InternalError", message="x"), (502, b"<html>"), (200, b"<html>"), (200, b"")]
)
def test_a_submission_of_unknown_fate_ends_with_5_and_is_not_repeated(
    run: Run, paid: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed, broken, a proxy's page: it may have been accepted, and the list says nothing either (law 3)."""
    code, said, liar = run({"POST": answer, "/tasks/?": reply(500, code="InternalError", message="x")})
    assert code == 5, said
    assert "list cannot be read" in said
    assert submissions(liar) == 1
    assert len(journal.read(Store(paid, DASHSCOPE)).unknown_fate) == 1


@pytest.mark.parametrize("status", [302, 401, 404, 407, 408, 413, 429, 451, 502])
def test_the_page_of_a_gateway_is_never_remembered_as_a_refusal(run: Run, paid: Path, status: int) -> None:
    """It is told with its status; the next run, behind no gateway, looks the submission up instead of blocking it."""
    page = (status, b"<html>please sign in</html>")
    code, said, liar = run({"POST": page, "/tasks/?": reply(400, code="InvalidParameter", message="x")})
    assert (code, submissions(liar)) == (5, 1), said
    assert f"something between here and the service replied: HTTP {status} with a web page, at 127.0.0.1" in said
    journal_state = journal.read(Store(paid, DASHSCOPE))
    assert (len(journal_state.unknown_fate), journal_state.endings) == (1, ())


@pytest.mark.parametrize(
    "answer",
    [
        reply(201, output={"task_id": TASK, "task_status": "PENDING"}),
        reply(200, output={"task_id": TASK}, code="Success", message="ok"),
        reply(200, output={"task_id": TASK}, code="0"),
    ],
)
def test_an_answer_that_names_a_task_is_that_task(run: Run, paid: Path, answer: Answer) -> None:
    """Its film is fetched, and nothing is bought twice: a second run only asks for it again."""
    answers = {"POST": answer, "/tasks/": done("HERE/film"), "/film": (200, b"no film")}
    _, said, liar = run(answers)
    assert submissions(liar) == 1, said
    assert [task.task_id for task in journal.read(Store(paid, DASHSCOPE)).open] == [TASK]
    _, _, again = run(answers)
    assert submissions(again) == 0


def test_what_was_surely_not_accepted_is_an_ordinary_failure(run: Run, paid: Path) -> None:
    """1, with the service's words."""
    code, said, liar = run({"POST": reply(400, code="InvalidParameter", message="url error\x1b[2J", request_id="r")})
    assert (code, submissions(liar)) == (1, 1)
    assert "url error" in said
    assert "\x1b" not in said
    assert journal.read(Store(paid, DASHSCOPE)).unknown_fate == ()


def test_arrears_say_what_to_do(run: Run) -> None:
    """And nothing is tried again."""
    code, said, liar = run({"POST": reply(400, code="Arrearage", message="Access denied", request_id="r")})
    assert (code, submissions(liar)) == (1, 1)
    assert "hint: look at bills" in said


@pytest.mark.parametrize("body", [b"no film", b""])
def test_a_result_that_is_no_film_is_never_a_take(run: Run, paid: Path, body: bytes) -> None:
    """The step fails; the task stays open, since the service still has it."""
    code, _, _ = run({"POST": ACCEPTED, "/tasks/": done("HERE/film"), "/film": (200, body)})
    store = Store(paid, DASHSCOPE)
    assert code == 1
    assert blobs.list_takes(store) == frozenset()
    assert [task.task_id for task in journal.read(store).open] == [TASK]


@pytest.mark.parametrize("url", ["", "nonsense", "file:///etc/passwd", "http://[::1", "http://127.0.0.1:1/film"])
def test_an_address_that_leads_nowhere_fails_the_step(
    run: Run, paid: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the service calls an address."""
    code, said, _ = run({"POST": ACCEPTED, "/tasks/": done(url)})
    store = Store(paid, DASHSCOPE)
    assert code == 1, said
    assert blobs.list_takes(store) == frozenset()
    assert [task.task_id for task in journal.read(store).open] == [TASK]


@pytest.mark.parametrize(
    "words",
    [
        {"output": {"task_id": TASK, "task_status": "FAILED"}},
        {"output": {"task_id": TASK, "task_status": "FAILED", "code": 7, "message": ["x"]}},
        {"output": {"task_id": TASK, "task_status": "FAILED", "video_url": "http://127.0.0.1:1/film"}},
        {"output": {"task_id": TASK, "task_status": "UNKNOWN"}},
        {"output": {"task_id": TASK, "task_status": "CANCELED"}},
    ],
)
def test_a_task_that_ends_without_a_film_is_closed(run: Run, paid: Path, words: Mapping[str, object]) -> None:
    """With whatever words came, of whatever kind."""
    code, _, _ = run({"POST": ACCEPTED, "/tasks/": reply(request_id="r", **words)})
    assert code == 1
    assert journal.read(Store(paid, DASHSCOPE)).open == ()


def test_a_page_of_a_proxy_is_asked_past(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid reply to a poll is not a state; the poll is repeated, and given up in the end."""
    code, said, liar = run({"POST": ACCEPTED, "/tasks/": (200, b"<html>log in</html>")})
    assert code == 1, said
    assert len(liar.asked) > 10
    assert "HTTP 200 with a web page, at 127.0.0.1" in said


@pytest.mark.parametrize("where", ["POST", "/tasks/"])
def test_a_service_that_repeats_secrets_is_not_quoted(run: Run, paid: Path, where: str) -> None:
    """Its words are shown and written, but for the key and for what opens an address."""
    words = {"code": "InvalidParameter", "message": "sk-any may not read https://h.example/a.png?Signature=s3cret"}
    failed = reply(output={"task_id": TASK, "task_status": "FAILED", **words}, request_id="r")
    code, said, _ = run(
        {"POST": ACCEPTED, "/tasks/": failed} | ({"POST": reply(400, **words)} if where == "POST" else {})
    )
    journal_text = Store(paid, DASHSCOPE).journal.read_text(encoding="utf-8")
    assert code == 1
    for text in (said, journal_text):
        assert "may not read https://h.example/a.png" in text
        assert "sk-any" not in text
        assert "s3cret" not in text


def test_the_journal_has_no_more_than_it_needs(run: Run, paid: Path) -> None:
    """Neither the key nor what opens an address."""
    run({"POST": ACCEPTED, "/tasks/": done("HERE/film?Signature=secret"), "/film": (200, b"x")})
    text = Store(paid, DASHSCOPE).journal.read_text(encoding="utf-8")
    assert "succeeded" in {json.loads(line)["event"] for line in text.splitlines()}
    assert "secret" not in text
    assert "sk-any" not in text


# many replies in one run

USAGES = [
    *("NaN", "1e400", "-1e400", "1e300", '"1e999999999"', "9" * 5000, "-5", "[1]", "null", "true"),
    '{"a": {"b": [null, true, 1.5, {"c": "x"}]}}',
]
"""What a service may say that a task was billed for."""

IDS = [
    "../../../pwn",
    "abc\ndef\r\nX-Evil: 1",
    "abc\x1b[31mred",
    "a/b?c=d#e",
    "a\0b",
    12345,
    "a" * 1000,
    "任务",
    "%2e%2e%2f",
]
"""Ids that a service may give to tasks."""


@pytest.fixture
def clip(paid: Path) -> bytes:
    """A film that plays."""
    made = numbered_clip(paid / "made.mp4", 60, (320, 240))
    return made.read_bytes()


def shots(count: int, prompt: str = "a coast") -> str:
    """A production with this number of shots on the paid service."""
    head, _, shot = PRODUCTION.partition("  coast:\n")
    return head + "".join(f"  s{number}:\n{shot.replace('a coast', f'{prompt} {number}')}" for number in range(count))


def test_whatever_a_task_was_billed_for_its_film_is_stored(
    wanflow: Wanflow, paid: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of such a take is unknown; nothing is bought again."""
    (paid / "wanflow.yaml").write_text(shots(len(USAGES)), encoding="utf-8")

    def lie(method: str, path: str) -> Answer:
        if method == "POST":
            number = sum(asked == "POST" for asked, _ in liar.asked) - 1
            return reply(output={"task_id": f"t-{number}"}, request_id="r")
        if "/tasks/?" in path:
            return reply(data=[], total=0, total_page=1, request_id="r")
        if "/film" in path:
            return 200, clip
        output = {"task_status": "SUCCEEDED", "video_url": f"{liar.base_url}/film"}
        usage = USAGES[int(path.rpartition("t-")[2])]
        return 200, f'{{"output": {json.dumps(output)}, "usage": {{"duration": {usage}}}, "request_id": "r"}}'.encode()

    with scripted_server(lie) as liar:
        monkeypatch.setenv(BASE_VARIABLE, liar.base_url)
        said = [wanflow("run", "--yes", "--poll-interval", "0.01") for _ in range(2)]
        assert [one.code for one in said] == [0, 0], said[0].err
        assert submissions(liar) == len(USAGES)
    assert len(list((paid / "out" / "shots").iterdir())) == len(USAGES)


def test_a_task_may_have_any_id(wanflow: Wanflow, paid: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for below `/tasks/`, recorded and shown on one line; nothing is written elsewhere."""
    (paid / "wanflow.yaml").write_text(shots(len(IDS)), encoding="utf-8")

    def lie(method: str, path: str) -> Answer:
        if method == "POST":
            number = sum(asked == "POST" for asked, _ in liar.asked) - 1
            return reply(output={"task_id": IDS[number]}, request_id="r\n\x1b[31m::error::x")
        if "/tasks/?" in path:
            return reply(data=[], total=0, total_page=1, request_id="r")
        return (200, clip) if path.endswith("/film") else done(f"{liar.base_url}/film")

    before = set(paid.parent.rglob("*pwn*"))  # another test's folder may be among them
    with scripted_server(lie) as liar:
        monkeypatch.setenv(BASE_VARIABLE, liar.base_url)
        said = wanflow("run", "--yes", "--poll-interval", "0.01", "-v")
        assert said.code == 0, said.err
        polled = {path for _, path in liar.asked if "/tasks/" in path and "?" not in path}
        assert polled == {f"/api/v1/tasks/{quote(str(task), safe='')}" for task in IDS}
    assert "\x1b" not in said.err + said.out
    assert [line for line in said.err.splitlines() if line.lstrip().startswith("::")] == []
    assert len(list((paid / "out" / "shots").iterdir())) == len(IDS)
    assert set(paid.parent.rglob("*pwn*")) == before


@pytest.mark.parametrize("task", [None, ["x"], {}, "", "a" * 100_000])
def test_a_submission_without_a_usable_id_is_of_unknown_fate(
    run: Run, task: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been accepted, so it is not repeated."""
    accepted = reply(output={"task_id": task, "task_status": "PENDING"}, request_id="r")
    code, said, liar = run({"POST": accepted, "/tasks/?": reply(500, code="InternalError", message="x")})
    assert (code, submissions(liar)) == (5, 1), said


def test_words_of_a_hundred_thousand_characters_and_commands_are_shown_short_and_harmless(run: Run, paid: Path) -> None:
    """On the screen and in the journal."""
    evil = "\x1b]0;pwn\x07 \u202e bad\r\n::warning::w " + "M" * 100_000
    failed = reply(
        output={"task_id": TASK, "task_status": "FAILED", "code": f"Data\x1b[31m\n::error::z{evil}", "message": evil}
    )
    code, said, _ = run({"POST": ACCEPTED, "/tasks/": failed})
    assert code == 1
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert [line for line in said.splitlines() if line.lstrip().startswith("::")] == []
    assert len(said) < 20_000
    assert len(Store(paid, DASHSCOPE).journal.read_text(encoding="utf-8")) < 20_000


@pytest.mark.parametrize("key", ["sk-0f3a9C7b21de48f6a5b0c4d8e9f17a62"])
def test_a_prompt_that_holds_the_key_is_not_sent(
    wanflow: Wanflow, paid: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any case; the error does not repeat it."""
    monkeypatch.setenv(KEY_VARIABLE, key)
    with scripted_server(lambda *_: reply(500)) as liar:
        monkeypatch.setenv(BASE_VARIABLE, liar.base_url)
        for part in (key, key.upper()):
            (paid / "wanflow.yaml").write_text(shots(1, f"a sign that says {part}"), encoding="utf-8")
            said = wanflow("run", "--yes")
            assert said.code == 2
            assert "the request of `s0` holds the key" in said.err
            assert part not in said.err + said.out
        assert liar.asked == []
