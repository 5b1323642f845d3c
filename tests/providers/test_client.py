"""The client over a transport that answers from a list: the edges that a well-behaved service never shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from kit.providers import MOST, request_to
from kit.wire_schemas import BrokenDownload, Scripted
from wanflow.errors import StoreFault
from wanflow.providers.dashscope.client import PAGE_ROWS, DashScopeClient
from wanflow.providers.dashscope.http import Answer
from wanflow.providers.faults import (
    Invalid,
    NotSent,
    ResultExpired,
    ServerFault,
    ServiceFault,
    Throttled,
    Unauthorised,
    UnknownFate,
)
from wanflow.providers.protocol import Accepted, DownloadedFile, TaskStatus

pytestmark = pytest.mark.anyio

REQUEST = request_to("wan2.7-i2v")


def client(transport: Scripted) -> DashScopeClient:
    """A client over a transport."""
    return DashScopeClient(transport)


def state(word: str) -> tuple[int, Mapping[str, object]]:
    """The reply to a query."""
    return 200, {"output": {"task_id": "t", "task_status": word}, "request_id": "r"}


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [file.name for file in folder.iterdir()]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (ConnectionRefusedError(), NotSent),
        (ConnectionResetError(), UnknownFate),
        ((500, {"code": "InternalError", "message": ""}), UnknownFate),
        ((503, {"code": "ModelServingError", "message": ""}), UnknownFate),
        ((200, {"request_id": "r"}), UnknownFate),
        ((429, {"code": "Throttling", "message": ""}), Throttled),
        ((401, {"code": "InvalidApiKey", "message": ""}), Unauthorised),
        ((400, {"code": "InvalidURL.Timeout", "message": ""}), ServerFault),
        ((200, {"code": "Throttling", "message": ""}), UnknownFate),
        ((200, {}), UnknownFate),
        ((201, {"output": {"task_status": "PENDING"}}), UnknownFate),
        ((302, {}), UnknownFate),
        ((404, {}), UnknownFate),
        ((408, {"message": "timeout"}), UnknownFate),
        ((429, {}), UnknownFate),
        ((401, {}), UnknownFate),
        ((404, {"code": "ModelNotFound", "message": ""}), Invalid),
    ],
)
async def test_a_submit_says_whether_it_may_have_been_accepted(
    answer: tuple[int, Mapping[str, object]] | Exception, fault: type[Exception]
) -> None:
    """Only the service's own error surely refuses; and nothing is sent twice."""
    transport = Scripted([answer])
    with pytest.raises(fault) as caught:
        await client(transport).submit(REQUEST)
    assert type(caught.value) is fault
    assert len(transport.asked) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 299])
@pytest.mark.parametrize("code", [None, "", "Success", "200", 0, "Throttling"])
async def test_a_2xx_that_names_a_task_is_that_task(status: int, code: object) -> None:
    """Whatever else it says: what may be charged is never taken for refused."""
    reply = {"output": {"task_id": "t", "task_status": "PENDING"}, "request_id": "r", "code": code}
    assert await client(Scripted([(status, reply)])).submit(REQUEST) == Accepted("t", "r")


@pytest.mark.parametrize("word", ["SUCCEEDED", "FAILED", "RUNNING"])
async def test_a_state_beside_a_code_is_the_state(word: str) -> None:
    """A relay's word for its own success, or the code of a failure that is at the top as well."""
    status, reply = state(word)
    for code in ("Success", "InvalidParameter"):
        assert (await client(Scripted([(status, {**reply, "code": code})])).poll("t")).status is TaskStatus[word]


async def test_an_answer_is_about_the_task_that_was_asked() -> None:
    """A relay repeats the id that its own account knows."""
    reply = {"output": {"task_id": "another", "task_status": "SUCCEEDED", "video_url": "https://h/v"}}
    assert (await client(Scripted([(200, reply)])).poll("t")).task_id == "t"


async def test_a_list_that_does_not_say_how_long_it_is_is_read_to_a_short_page() -> None:
    """A lost task may be on any page; one of no rows is the last."""
    rows = [{"task_id": f"t{at}", "gmt_create": 1000} for at in range(PAGE_ROWS)]
    pages = [(200, {"data": rows, "total_page": "NaN"}), (200, {"data": [{"task_id": "last"}], "total_page": None})]
    assert len(await client(Scripted(pages)).list("m")) == PAGE_ROWS + 1
    assert await client(Scripted([(200, {"data": [], "total_page": 10**9})])).list("m") == []


async def test_a_list_that_does_not_end_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it shows is not a reason to send anything again."""
    monkeypatch.setattr("wanflow.providers.dashscope.client.MOST_PAGES", 3)
    page = (200, {"data": [{"task_id": "t", "gmt_create": 1000}], "total_page": 10**9})
    with pytest.raises(ServerFault, match="more than 3 pages"):
        await client(Scripted([page] * 4)).list("m")


class SlowPages(Scripted):
    """A transport whose answers take a while each."""

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Answer after less time than one call may take."""
        await anyio.sleep(100)
        return await super().exchange(method, path, headers, body)


async def test_a_list_whose_pages_come_slowly_is_given_up() -> None:
    """Each page is within its own time, and all of them would take hours."""
    rows = [{"task_id": f"t{at}", "gmt_create": 1000} for at in range(PAGE_ROWS)]
    began = anyio.current_time()
    with pytest.raises(ServerFault, match="does not end within 600 s"):
        await client(SlowPages([(200, {"data": rows, "total_page": 900})] * 9)).list("m")
    assert anyio.current_time() - began == 600


@pytest.mark.parametrize("reply", [{"request_id": "r"}, {"data": {"a": 1}}, {"data": "x"}])
async def test_an_answer_without_a_list_is_no_empty_list(reply: Mapping[str, object]) -> None:
    """An empty list would mean that a lost submission was never accepted."""
    with pytest.raises(ServerFault, match="JSON of another form"):
        await client(Scripted([(200, reply)])).list("m")


async def test_a_cancellation_that_is_not_confirmed_is_not_believed() -> None:
    """A task that is taken for cancelled is never asked again, and may have been paid for."""
    assert await client(Scripted([(200, {"request_id": "r"})])).cancel("t")
    for reply in ({"status": "fine"}, {"code": "Success"}):
        with pytest.raises(ServerFault, match="something between here and the service"):
            await client(Scripted([(200, reply)])).cancel("t")


async def test_a_question_that_broke_off_may_be_asked_again() -> None:
    """A poll whose reply was lost is a fault of the server, not a fate unknown."""
    with pytest.raises(ServerFault):
        await client(Scripted([ConnectionResetError()])).poll("t")


async def test_a_task_id_cannot_leave_its_path() -> None:
    """Whatever a task is called, the question stays below `/tasks/`."""
    transport = Scripted([state("UNKNOWN")])
    await client(transport).poll("../a?b")
    assert transport.asked[0][1] == "/tasks/..%2Fa%3Fb"


async def test_the_list_is_read_to_its_last_page_newest_first() -> None:
    """All pages are asked for; a task that moved to the next page meanwhile is counted once."""
    rows = [{"task_id": name, "status": "RUNNING", "gmt_create": made} for name, made in (("a", 1000), ("b", 3000))]
    last = {"task_id": "c", "status": "RUNNING", "gmt_create": 2000}
    pages = [(200, {"data": rows, "total_page": 2}), (200, {"data": [rows[0], last], "total_page": 2})]
    listed = await client(Scripted(pages)).list("m")
    assert [row.task_id for row in listed] == ["b", "c", "a"]


async def test_an_upload_posts_under_a_name_that_needs_no_escaping(tmp_path: Path) -> None:
    """The policy's fields go into the form, and a hostile file name goes nowhere."""
    policy = {
        "upload_dir": "d/1", "upload_host": "https://h", "policy": "p", "signature": "s", "oss_access_key_id": "k",
        "x_oss_object_acl": "private", "x_oss_forbid_overwrite": "true",
    }  # fmt: skip
    transport = Scripted([(200, {"data": policy})])
    file = tmp_path / "a +'中\n.PNG"
    file.write_bytes(b"x")
    address = await client(transport).upload(file, "wan2.7-i2v")
    url, fields, path = transport.sent[0]
    assert (url, path) == ("https://h", file)
    assert address == f"oss://{fields['key']}"
    assert fields["key"].startswith("d/1/")
    assert fields["key"].removeprefix("d/1/").removesuffix(".png").isalnum()
    assert fields["OSSAccessKeyId"] == "k"
    assert "model=wan2.7-i2v" in transport.asked[0][1]


async def test_a_download_is_hashed_while_it_streams(tmp_path: Path) -> None:
    """Digest and length are of what was written, and nothing else is left in the folder."""
    fetched = await client(Scripted(chunks=[b"ab", b"c"], length=3)).download("u", tmp_path / "v.mp4", MOST)
    assert (fetched.digest, fetched.size_bytes) == (hashlib.sha256(b"abc").hexdigest(), 3)
    assert names(tmp_path) == ["v.mp4"]


@pytest.mark.parametrize(
    ("transport", "fault", "kept"),
    [
        (Scripted(chunks=[b"ab"], length=3), ServerFault, b"ab"),
        (Scripted(chunks=[b"ab", ConnectionResetError()], length=3), ServerFault, b"ab"),
        (Scripted(chunks=[b"abcd"], length=3), ServerFault, None),
        (Scripted(download_status=403), ResultExpired, None),
        (Scripted(download_status=404), ResultExpired, None),
        (Scripted(download_status=500), ServerFault, None),
    ],
)
async def test_a_download_that_fails_keeps_what_can_be_gone_on_with(
    transport: Scripted, fault: type[Exception], kept: bytes | None, tmp_path: Path
) -> None:
    """Cut off or broken off: the beginning stays. Refused or too long: the folder is as empty as before."""
    target = tmp_path / "v.mp4"
    with pytest.raises(fault):
        await client(transport).download("u", target, MOST)
    assert (target.read_bytes() if target.exists() else None) == kept
    assert set(names(tmp_path)) <= {"v.mp4"}


@pytest.mark.parametrize("cuts", [(3,), (3, 5), (8,)])
async def test_a_download_goes_on_where_it_broke_off(cuts: tuple[int, ...], tmp_path: Path) -> None:
    """No byte is fetched twice, and the digest is that of the whole film (service.md 7.1)."""
    server = BrokenDownload(b"a film of some length", cuts)
    target = tmp_path / "v.mp4"
    for _ in cuts:
        with pytest.raises(ServerFault, match="broke off"):
            await client(server).download("u", target, MOST)
    fetched = await client(server).download("u", target, MOST)
    assert fetched == DownloadedFile(hashlib.sha256(server.film).hexdigest(), len(server.film))
    assert server.starts == [0, *cuts]
    assert target.read_bytes() == server.film


@pytest.mark.parametrize("manner", ["whole", "elsewhere", "unwilling"])
async def test_a_server_that_does_not_go_on_is_begun_anew(manner: str, tmp_path: Path) -> None:
    """It sends the whole film, another part of it, or refuses the range: parts that do not fit are never joined."""
    server = BrokenDownload(b"a film of some length", (3,), manner)
    target = tmp_path / "v.mp4"
    for _ in range(1 if manner == "whole" else 2):
        with pytest.raises(ServerFault):
            await client(server).download("u", target, MOST)
    assert (await client(server).download("u", target, MOST)).digest == hashlib.sha256(server.film).hexdigest()
    assert target.read_bytes() == server.film


async def test_who_is_stopped_while_submitting_still_learns_what_was_bought() -> None:
    """The answer comes first, then the cancellation: an unanswered submission would have to be looked up."""
    accepted: list[str] = []

    class Slow(Scripted):
        async def exchange(self, *asked: object) -> tuple[int, Mapping[str, object]]:
            await anyio.sleep(5)
            return await super().exchange(*asked)  # type: ignore[arg-type]

    transport = Slow([(200, {"output": {"task_id": "t"}, "request_id": "r"})])
    with anyio.move_on_after(1) as scope:
        accepted.append((await client(transport).submit(REQUEST)).task_id)
        await anyio.sleep(1)
        pytest.fail("it was stopped")
    assert scope.cancelled_caught
    assert (accepted, anyio.current_time()) == (["t"], 5)


async def test_a_disk_that_says_no_is_a_fault_of_the_store(tmp_path: Path) -> None:
    """Named, with the way out, and with nothing left behind."""
    folder = tmp_path / "gone"
    with pytest.raises(StoreFault, match=r"film\.mp4"):
        await client(Scripted(chunks=[b"film"])).download("https://host/film", folder / "film.mp4", MOST)
    assert names(tmp_path) == []


async def test_a_task_is_dated_by_the_services_clock_alone() -> None:
    """The offset of that clock changes between two lists: the date of a task does not, only what ours showed then."""
    row = {"task_id": "t", "status": "RUNNING", "gmt_create": 1_800_003_600_000}
    transport = Scripted([(200, {"data": [row], "total_page": 1})] * 2, ahead=timedelta(hours=1))
    (first,) = await client(transport).list("wan2.7-i2v")
    transport.ahead = timedelta(minutes=59, seconds=59)
    (second,) = await client(transport).list("wan2.7-i2v")
    assert (first.created.timestamp(), second.created) == (1_800_003_600, first.created)
    assert (first.ahead, second.ahead) == (timedelta(hours=1), transport.ahead)


def quotas(model: str, account: int | None, workspace: int | None = None) -> tuple[int, Mapping[str, object]]:
    """The reply about a model's limits."""
    row = {
        "model": model,
        "model_limit": {"request_limit": 5, "async_user_concurrency_limit": account},
        "workspace_limit": None if workspace is None else {"async_user_concurrency_limit": workspace},
    }
    return 200, {"output": {"total": 1, "quotas": [row]}, "request_id": "r"}


@pytest.mark.parametrize(
    ("answer", "running"),
    [
        (quotas("wan2.7-i2v", 5), {"wan2.7-i2v": 5}),
        (quotas("wan2.7-i2v", 5, 2), {"wan2.7-i2v": 2}),
        (quotas("wan2.7-i2v", None), {}),
        (quotas("wan2.7-i2v", 0), {}),
        (quotas("wan2.7-i2v-other", 1), {}),
    ],
)
async def test_the_limits_of_an_account_are_the_lower_of_account_and_workspace(
    answer: tuple[int, Mapping[str, object]], running: Mapping[str, int]
) -> None:
    """As far as the service says them; another model's are not taken (service.md 4.4)."""
    assert await client(Scripted([answer])).quotas(["wan2.7-i2v"]) == running


async def test_limits_are_asked_at_both_paths_that_the_pages_name() -> None:
    """A service that knows neither is a fault, which stops nobody."""
    missing = (404, {"code": "NotFound", "message": "Not found."})
    transport = Scripted([missing, quotas("wan2.7-i2v", 1)])
    assert await client(transport).quotas(["wan2.7-i2v"]) == {"wan2.7-i2v": 1}
    assert [path.partition("?")[0] for _, path, _, _ in transport.asked] == ["/models/limits", "/quotas"]
    with pytest.raises(ServiceFault):
        await client(Scripted([missing, missing])).quotas(["wan2.7-i2v"])
