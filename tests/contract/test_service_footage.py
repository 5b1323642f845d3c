"""The obligations of `VideoService` once more, with ffmpeg making the films, in real time."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio import to_thread
from PIL import Image

from kit.emulated import HOST, in_process
from kit.film_checks import frames, likeness, streams
from kit.providers import MOST, request_to
from kit.wire_schemas import Checked
from wanflow import digest
from wanflow.emulator.api.order import Grade
from wanflow.emulator.film.render import open_animatic
from wanflow.errors import MediaFault
from wanflow.media.jobs import LocalJobs
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.poller import CompletionPoller
from wanflow.providers.protocol import MediaAddress, Request, TaskStatus

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Real time, on the backend that the program runs on."""
    return "asyncio"


@asynccontextmanager
async def filming(folder: Path) -> AsyncIterator[CompletionPoller]:
    """A client that waits for completion, of an emulator that films with ffmpeg."""
    async with (
        open_animatic(folder, LocalJobs(folder, 1), root=folder, grade=Grade.DRAFT, origin=HOST) as endpoint,
        in_process(endpoint) as way,
    ):
        yield CompletionPoller(DashScopeClient(Checked(way)), endpoint.changed)


def request(kind: str, url: str, duration: int) -> Request:
    """A film from one media item."""
    parameters: dict[str, bool | int | str] = {"resolution": "720P", "duration": duration}
    return request_to("wan2.7-i2v", "p", media=(MediaAddress(kind, url),), parameters=parameters, seed=1)


async def test_a_shot_and_its_continuation_from_upload_to_file(tmp_path: Path) -> None:
    """A picture goes up, a film comes down; the film goes up again and the next one begins with it."""
    picture, shot, longer = tmp_path / "p.png", tmp_path / "shot.mp4", tmp_path / "longer.mp4"
    Image.linear_gradient("L").resize((640, 360)).save(picture)
    async with filming(tmp_path / "emulator") as service:
        address = await service.upload(picture, "wan2.7-i2v")
        state = await service.wait_until_done((await service.submit(request("first_frame", address, 2))).task_id)
        fetched = await service.download(state.url or "", shot, MOST)
        address = await service.upload(shot, "wan2.7-i2v")
        state = await service.wait_until_done((await service.submit(request("first_clip", address, 3))).task_id)
        await service.download(state.url or "", longer, MOST)
    assert (fetched.digest, fetched.size_bytes) == (digest.of_file(shot), shot.stat().st_size)
    assert streams(shot)["size"] == (1280, 720)
    old, new = frames(shot), frames(longer)
    assert (len(old), len(new)) == (60, 90)
    assert min(likeness(one, other) for one, other in zip(old, new, strict=False)) > 40


async def test_a_file_that_can_not_be_filmed_is_a_failed_task(tmp_path: Path) -> None:
    """The endpoint goes on; the task carries the service's words."""
    junk = tmp_path / "junk.png"
    junk.write_bytes(b"no picture")
    async with filming(tmp_path / "emulator") as service:
        address = await service.upload(junk, "wan2.7-i2v")
        state = await service.wait_until_done((await service.submit(request("first_frame", address, 2))).task_id)
    assert (state.status, state.failure.code) == (TaskStatus.FAILED, "InvalidFile.Openerror")


async def test_leaving_ends_what_is_being_filmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that would take long is ended, and no half film stays."""
    started, slow = tmp_path / "started", tmp_path / "slow-ffmpeg"
    os.mkfifo(started)
    write_program(slow, f"#!/bin/sh\n[ \"$1\" = -version ] && exit\necho $$ > '{started}'\nexec sleep 60\n")
    monkeypatch.setenv("WANFLOW_FFMPEG", str(slow))
    began = time.monotonic()
    async with filming(tmp_path / "emulator") as service:
        await service.submit(request("first_frame", "https://example.com/a.png", 2))
        process = int(await to_thread.run_sync(started.read_text))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert time.monotonic() - began < 30
    assert films(tmp_path / "emulator") == []


async def test_a_callers_fault_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """It isn't wrapped into the group of the films."""
    with pytest.raises(MediaFault, match="mine"):
        async with open_animatic(tmp_path, LocalJobs(tmp_path, 1), root=tmp_path, grade=Grade.DRAFT):
            raise MediaFault("mine")


def write_program(path: Path, text: str) -> None:
    """A program of a few lines."""
    path.write_text(text)
    path.chmod(0o755)


def films(folder: Path) -> list[str]:
    """What lies where the emulator keeps its films."""
    return [file.name for file in (folder / "films").iterdir()]
