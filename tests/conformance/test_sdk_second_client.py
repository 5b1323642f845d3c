"""The SDK's second client, `dashscope.v2`, against the emulator: it sends other bodies than the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dashscope.v2.client import Client
from dashscope.v2.errors import BadRequestError

from kit.served import Served
from wanflow.emulator.api.endpoint import KEY

MODEL = "wan2.7-i2v"
FRAME = [{"type": "first_frame", "url": "https://host.example/a.png"}]
QUICKLY = 0.01
"""Seconds between two looks, a hundredth of the SDK's own."""


@pytest.fixture
def client(service: Served) -> Iterator[Client]:
    """The second client, which takes its address and key as arguments."""
    with Client(api_key=KEY, base_url=service.base_url, max_retries=0) as opened:
        yield opened


def test_one_call_submits_and_waits(client: Client, service: Served) -> None:
    """Its body has none of the first client's leftovers."""
    job = client.videos.generate(model=MODEL, prompt="a coast", media=FRAME, duration=2, poll_interval=QUICKLY)
    assert job.succeeded
    assert job.video_url.startswith("http://127.0.0.1:")
    (submit,) = service.calls("POST", "/video-synthesis")
    assert submit.json["input"] == {"prompt": "a coast", "media": FRAME}
    assert submit.json["parameters"] == {"duration": 2}
    assert submit.headers["x-dashscope-async"] == "enable"


def test_a_local_file_is_uploaded(client: Client, service: Served, media: Path) -> None:
    """By the same policy and form as the first client's."""
    items = [{"type": "first_frame", "url": str(media / "last frame.png")}]
    job = client.videos.generate(model=MODEL, media=items, duration=2, poll_interval=QUICKLY)
    assert job.succeeded
    assert [form.status for form in service.calls("POST", "/uploads")] == [200]
    (submit,) = service.calls("POST", "/video-synthesis")
    assert submit.json["input"]["media"][0]["url"].startswith("oss://")
    assert submit.headers["x-dashscope-ossresourceresolve"] == "enable"


def test_a_request_without_parameters_has_the_defaults(client: Client, service: Served) -> None:
    """This client leaves the key out where the first sends `{}`; the vendor's pages call it optional."""
    job = client.videos.generate(model=MODEL, prompt="a coast", media=FRAME, poll_interval=QUICKLY)
    assert job.succeeded
    (submit,) = service.calls("POST", "/video-synthesis")
    assert "parameters" not in submit.json


def test_what_is_invalid_fails_inside_its_task(client: Client) -> None:
    """Raised at the look, not at the submit, with the service's words (service.md 4.2)."""
    job = client.videos.jobs.create(model=MODEL, prompt="nonsense", media=FRAME, duration=99)
    assert job.status == "PENDING"
    with pytest.raises(BadRequestError, match="Duration should be between 2 and 15") as caught:
        client.videos.jobs.wait(job, poll_interval=QUICKLY)
    assert caught.value.code == "InvalidParameter"


def test_a_model_that_is_not_here_is_refused_at_submit(client: Client) -> None:
    """In the flat envelope, which this client reads as an error of the request."""
    with pytest.raises(BadRequestError, match=r"Model not exist\.") as caught:
        client.videos.jobs.create(model="wan9", prompt="a coast", media=FRAME, duration=2)
    assert caught.value.status_code == 404


def test_only_what_waits_is_cancelled(client: Client) -> None:
    """Five run; the sixth is cancelled, the first and a stranger are not."""
    jobs = [client.videos.jobs.create(model=MODEL, prompt="slow", media=FRAME, duration=2) for _ in range(5)]
    jobs.append(client.videos.jobs.create(model=MODEL, prompt="late", media=FRAME, duration=2))
    client.videos.jobs.cancel(jobs[5].task_id)
    assert client.videos.jobs.fetch(jobs[5].task_id).status == "CANCELED"
    for task_id in (jobs[0].task_id, "never-was"):
        with pytest.raises(BadRequestError) as caught:
            client.videos.jobs.cancel(task_id)
        assert caught.value.code == "UnsupportedOperation"


def test_a_stranger_is_unknown(client: Client) -> None:
    """Terminal for this client too."""
    assert client.videos.jobs.wait("never-was").status == "UNKNOWN"


def test_the_list_counts_what_this_client_cannot_read(client: Client, service: Served) -> None:
    """The pages say `data`, this client reads `tasks`: the total arrives, the rows do not (service.md 8, point 17)."""
    job = client.videos.jobs.create(model=MODEL, prompt="a coast", media=FRAME, duration=2)
    listed = client.videos.jobs.list(model_name=MODEL, page_size=5)
    assert (listed.page_no, listed.page_size, listed.total, listed.tasks) == (1, 5, 1, [])
    (exchange,) = service.calls("GET", "/tasks?")
    assert [row["task_id"] for row in exchange.answer["data"]] == [job.task_id]
