"""The emulator going wrong on purpose: what its script says happens, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import httpx
import pytest

from kit.served import PATIENCE_SECONDS, PLAIN, Served, recorded
from wanflow.emulator.api.endpoint import KEY, AccountTerms
from wanflow.emulator.api.fault_script import (
    ONE_THING,
    SCHEMA,
    FaultScript,
    ScriptedFault,
    ScriptUnreadable,
    read_script,
)
from wanflow.emulator.api.order import FilmFault, FilmFaultKind

SUBMIT = "/services/aigc/video-generation/video-synthesis"
BODY = {
    "model": "wan2.7-i2v",
    "input": {"media": [{"type": "first_frame", "url": "https://h.example/a.png"}]},
    "parameters": {},
}


@contextmanager
def faulty(*faults: ScriptedFault) -> Iterator[tuple[httpx.Client, Served]]:
    """A client of an emulator with these faults."""
    headers = {"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"}
    with (
        recorded(AccountTerms(faults=faults)) as service,
        httpx.Client(base_url=service.base_url, headers=headers, timeout=PATIENCE_SECONDS, verify=PLAIN) as client,
    ):
        yield client, service


def download(url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A result, asked for without the key."""
    return httpx.get(url, headers=headers, timeout=PATIENCE_SECONDS, verify=PLAIN)


def total(client: httpx.Client) -> int:
    """How many tasks there are."""
    return int(client.get("/tasks/").json()["total"])


def final_state(client: httpx.Client) -> dict[str, str]:
    """What is said of a new task once it has ended."""
    task_id = client.post(SUBMIT, json=BODY).json()["output"]["task_id"]
    while (output := client.get(f"/tasks/{task_id}").json()["output"])["task_status"] in {"PENDING", "RUNNING"}:
        continue
    said: dict[str, str] = output
    return said


def test_each_call_meets_the_first_fault_that_strikes() -> None:
    """Counted for each fault by itself: some pass, some are affected."""
    faults = FaultScript([ScriptedFault("submit", times=2), ScriptedFault("submit", skip=1, times=0, model="m")])
    met = [faults.next_fault("submit", "m") for _ in range(4)]
    assert [fault.skip if fault else None for fault in met] == [0, 0, 1, 1]
    assert faults.next_fault("query") is None
    assert faults.next_fault("submit", "other") is None


def test_a_lost_answer_is_lost_after_the_task_was_taken() -> None:
    """The client has to look it up."""
    with faulty(ScriptedFault("submit", lose=True)) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(SUBMIT, json=BODY)
        assert total(client) == 1
        assert client.post(SUBMIT, json=BODY).status_code == 200


def test_an_error_is_answered_and_nothing_is_done() -> None:
    """So often as the script says."""
    with faulty(ScriptedFault("submit", times=2, status=429, code="Throttling", message="slower")) as (client, _):
        replies = [client.post(SUBMIT, json=BODY) for _ in range(3)]
        assert [reply.status_code for reply in replies] == [429, 429, 200]
        assert (replies[0].json()["code"], replies[0].json()["message"]) == ("Throttling", "slower")
        assert total(client) == 1


def test_garbage_is_no_json() -> None:
    """As a proxy's page is."""
    with faulty(ScriptedFault("query", garbage=True)) as (client, _):
        assert client.get("/tasks/x").headers["content-type"].startswith("text/html")
        assert client.get("/tasks/x").json()["output"]["task_status"] == "UNKNOWN"


def test_a_download_ends_too_early_and_goes_on_from_there() -> None:
    """The length was promised; the rest can be asked for."""
    with faulty(ScriptedFault("download", cut=4)) as (client, _):
        url = final_state(client)["video_url"]
        with pytest.raises(httpx.RemoteProtocolError):
            download(url)
        whole = download(url).content
        assert download(url, headers={"Range": "bytes=4-"}).content == whole[4:]


def test_a_dropped_call_did_nothing() -> None:
    """For the client it looks as one whose answer was lost."""
    with faulty(ScriptedFault("submit", drop=True)) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(SUBMIT, json=BODY)
        assert total(client) == 0


def test_a_stalled_answer_never_comes() -> None:
    """The call was done; the client has to give up by itself, and the emulator goes on."""
    with faulty(ScriptedFault("submit", stall=True)) as (client, _):
        with pytest.raises(httpx.ReadTimeout):
            client.post(SUBMIT, json=BODY, timeout=httpx.Timeout(PATIENCE_SECONDS, read=0.3))
        assert total(client) == 1


def test_a_stalled_task_runs_for_ever() -> None:
    """The next one doesn't."""
    with faulty(ScriptedFault("task", stall=True)) as (client, _):
        task_id = client.post(SUBMIT, json=BODY).json()["output"]["task_id"]
        assert final_state(client)["task_status"] == "SUCCEEDED"
        assert client.get(f"/tasks/{task_id}").json()["output"]["task_status"] == "RUNNING"


def test_a_download_that_lies_promises_more_than_comes() -> None:
    """All of the film comes, and the client can't know."""
    with faulty(ScriptedFault("download", lie=10)) as (client, _):
        url = final_state(client)["video_url"]
        with pytest.raises(httpx.RemoteProtocolError):
            download(url)
        assert download(url).status_code == 200


def test_a_short_film_is_said_to_be_as_long_as_it_is() -> None:
    """Only who plays it to its end finds out."""
    with faulty(ScriptedFault("download", short=3)) as (client, _):
        url = final_state(client)["video_url"]
        short, whole = download(url), download(url)
        assert short.content == whole.content[:-3]
        assert int(short.headers["content-length"]) == len(short.content)


def test_an_expired_address_is_refused_for_good_and_the_task_has_another() -> None:
    """Who asks again gets one that works."""
    with faulty(ScriptedFault("download", expire=True)) as (client, service):
        said = final_state(client)
        assert [download(said["video_url"]).status_code for _ in range(2)] == [403, 403]
        fresh = client.get(f"/tasks/{said['task_id']}").json()["output"]["video_url"]
        assert download(fresh).status_code == 200
        assert service.base_url.rpartition("/api")[0] in fresh


def test_a_forgotten_task_is_remembered_later() -> None:
    """UNKNOWN for this many queries."""
    with faulty(ScriptedFault("query", forget=True, times=2)) as (client, _):
        task_id = client.post(SUBMIT, json=BODY).json()["output"]["task_id"]
        said = [client.get(f"/tasks/{task_id}").json()["output"]["task_status"] for _ in range(3)]
        assert said[:2] == ["UNKNOWN", "UNKNOWN"]
        assert said[2] != "UNKNOWN"


@pytest.mark.parametrize("fault", [ScriptedFault("list", lag=60), ScriptedFault("list", reach=0)])
def test_a_list_that_lags_or_does_not_reach_back_shows_no_new_task(fault: ScriptedFault) -> None:
    """The next one shows it."""
    with faulty(fault) as (client, _):
        client.post(SUBMIT, json=BODY)
        assert [total(client), total(client)] == [0, 1]


def test_only_succeeded_tasks_are_charged() -> None:
    """Failures cost nothing (service.md 6.1)."""
    with faulty(ScriptedFault("task", code="InternalError")) as (client, service):
        final_state(client)
        paid = final_state(client)["task_id"]
        assert [task.id for task in service.charged()] == [paid]


@pytest.mark.parametrize("cut", [1, 5, 10_000])
def test_a_part_of_a_film_breaks_off_as_the_whole_does(cut: int) -> None:
    """After this many bytes of it, if it has them."""
    with faulty(ScriptedFault("download", cut=cut)) as (client, _):
        url, part = final_state(client)["video_url"], {"Range": "bytes=3-5"}
        if cut < 3:
            with pytest.raises(httpx.RemoteProtocolError):
                download(url, headers=part)
        else:
            assert len(download(url, headers=part).content) == 3
        assert len(download(url, headers=part).content) == 3


def test_a_task_fails_with_the_scripts_words() -> None:
    """And the next one doesn't."""
    with faulty(ScriptedFault("task", code="InternalError.Timeout", message="too long")) as (client, _):
        failed = final_state(client)
        assert (failed["task_status"], failed["code"], failed["message"]) == (
            "FAILED",
            "InternalError.Timeout",
            "too long",
        )
        assert final_state(client)["task_status"] == "SUCCEEDED"


def test_a_fault_of_films_counts_the_tasks_that_can_have_it() -> None:
    """Others pass, and are filmed as they were asked for."""
    head = ScriptedFault("task", film=FilmFault(FilmFaultKind.HEAD))
    faults = FaultScript([head, ScriptedFault("task", skip=1, code="X")])
    met = [faults.next_fault("task", "m", can) for can in (lambda _: False, lambda _: True, lambda _: True)]
    assert [None if fault is None else fault.film or fault.code for fault in met] == [None, head.film, None]


def test_a_script_names_the_part_of_a_film(tmp_path: Path) -> None:
    """In exact seconds."""
    path = tmp_path / "faults.json"
    path.write_text('{"faults": [{"on": "task", "deliver": "black", "from": 0.1, "to": 1}]}', encoding="utf-8")
    assert read_script(path) == (
        ScriptedFault("task", film=FilmFault(FilmFaultKind.BLACK, Fraction(1, 10), Fraction(1))),
    )


def test_every_kind_of_fault_is_in_the_schema_and_on_the_page() -> None:
    """A script can name each, and the page says what its film is like."""
    root = Path(__file__).parents[2]
    schema = json.loads((root / "schemas" / SCHEMA).read_text(encoding="utf-8"))
    kinds = {kind.value for kind in FilmFaultKind}
    assert set(schema["$defs"]["fault"]["properties"]["deliver"]["enum"]) == kinds
    page = (root / "docs" / "emulator.md").read_text(encoding="utf-8").partition("### Films with faults")[2]
    assert kinds <= set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))


def test_an_upload_that_is_refused_is_not_kept() -> None:
    """The same policy is good for the next try."""
    with faulty(ScriptedFault("upload", status=500)) as (client, _):
        policy = client.get("/uploads", params={"action": "getPolicy", "model": "wan2.7-i2v"}).json()["data"]
        form = {"policy": policy["policy"], "Signature": policy["signature"], "key": f"{policy['upload_dir']}/a"}
        replies = [client.post(policy["upload_host"], data=form, files={"file": b"x"}) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [500, 204]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ":1:2: the script is not JSON: expecting property name"),
        ('{"faults": [\n  {"on": "submit",}]}', ":2:"),
        ('{"faults": [{"on": "submit", "late": NaN}]}', "is not JSON: `NaN` is not a number"),
        ("[" * 100_000, "is not JSON"),
        ("[]", ':1:1: the script: breaks `type: "object"`'),
        ('{"faults": [\n{"on": "dream", "lose": true}]}', ":2:8: faults[0].on: breaks `enum"),
        (
            '{"faults": [\n{"on": "submit", "lose": true}, {"on": "submit"}]}',
            ":2:33: faults[1]: a fault has exactly one of",
        ),
        (
            '{"faults": [{"on": "submit", "lose": true, "times": "x"},\n {"on": 5, "lose": true}]}',
            ":2:9: faults[1].on: breaks",
        ),
        ('{"faults": [{"on": "submit"}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "submit", "lose": true, "status": 500}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "submit", "cut": 5}]}', "faults[0]"),
        ('{"faults": [{"on": "query", "lag": 5}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "task", "drop": true}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "list", "lag": 5, "reach": 5}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "task", "late": 2}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "task", "lose": true}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "task", "code": "X", "stall": true}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "submit", "deliver": "black"}]}', "faults[0]: a fault has exactly one of"),
        ('{"faults": [{"on": "task", "deliver": "blank"}]}', "faults[0].deliver: breaks `enum"),
        ('{"faults": [{"on": "task", "code": "X", "from": 1}]}', "faults[0]: breaks `dependentRequired"),
        ('{"faults": [{"on": "task", "deliver": "size", "to": 1}]}', "faults[0].deliver: breaks `enum"),
        ('{"faults": [\n{"on": "task", "deliver": "black", "from": 2, "to": 2}]}', ":2:53: `to` has to be later than"),
        ('{"faults": [{"on": "submit", "lose": true, "tims": 1}]}', ":1:44: unknown key `tims`, did you mean `times`?"),
    ],
)
def test_a_script_that_is_none_is_said_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    """Before anything is served."""
    path = tmp_path / "faults.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptUnreadable) as caught:
        read_script(path)
    assert words in str(caught.value)


def test_a_script_that_is_missing_is_wrong_input(tmp_path: Path) -> None:
    """It is named with the file that was meant, and the exit code says that the command line is wrong."""
    (tmp_path / "faults.json").write_text('{"faults": []}', encoding="utf-8")
    with pytest.raises(ScriptUnreadable) as caught:
        read_script(tmp_path / "fautls.json")
    assert "fautls.json` cannot be read: no such file or directory" in str(caught.value)
    assert (caught.value.hint, caught.value.exit_code) == ("did you mean `faults.json`?", 2)


def test_the_script_of_the_page_is_one(tmp_path: Path) -> None:
    """The script in docs/emulator.md can be used without a change."""
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
    text = page.partition("```json\n")[2].partition("```")[0]
    path = tmp_path / "faults.json"
    path.write_text(text, encoding="utf-8")
    assert len(read_script(path)) == len(json.loads(text)["faults"]) == 4


def test_every_fault_of_the_schema_is_on_the_page_with_an_example(tmp_path: Path) -> None:
    """Each example is a script that can be played."""
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
    examples = re.findall(r"^\| [^|]+ \| `(\{[^`]+\})` \|", page, flags=re.MULTILINE)
    path = tmp_path / "faults.json"
    path.write_text(json.dumps({"faults": [json.loads(example) for example in examples]}), encoding="utf-8")
    assert len(read_script(path)) == len(examples)
    shown = {key for example in examples for key in json.loads(example)}
    assert shown >= {*ONE_THING, "code", "on"}
