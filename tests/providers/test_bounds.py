"""Replies that are too long, too slow or compressed to nothing: given up in time and memory that are known before."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from kit.providers import MOST, request_to
from kit.streams import Stream
from wanflow.catalog.read import load_catalog
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import BEGINNING_BYTES, CALL_SECONDS, LEAST_RATE, MOST_BYTES, HttpTransport
from wanflow.providers.faults import Oversized, ServerFault, UnknownFate
from wanflow.providers.protocol import TaskStatus

pytestmark = pytest.mark.anyio

RUNNING = {"output": {"task_id": "t", "task_status": "RUNNING"}, "request_id": "r"}
PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
}


@asynccontextmanager
async def client(serve: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[DashScopeClient]:
    """A client whose network is a function."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as way:
        yield DashScopeClient(HttpTransport(way, "https://service.example/api/v1", "sk-any"))


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [file.name for file in folder.iterdir()]


def answering(stream: httpx.AsyncByteStream, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """A network that answers everything with this body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(200, stream=stream, headers=named)


async def test_a_submit_whose_reply_drips_is_of_unknown_fate_after_two_minutes() -> None:
    """Each byte comes in time, the reply never: it may have been accepted (law 3)."""
    async with client(answering(Stream(itertools.repeat(b" "), 5))) as one:
        with pytest.raises(UnknownFate, match="no reply in time"):
            await one.submit(request_to("wan2.7-t2v", "x"))
    assert CALL_SECONDS <= anyio.current_time() < CALL_SECONDS + 10


async def test_a_call_whose_head_drips_is_given_up_as_well(tmp_path: Path) -> None:
    """A poll and a download, whose redirects count together."""

    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(50)
        return httpx.Response(302, headers={"Location": f"{request.url}a"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as way:
        one = DashScopeClient(HttpTransport(way, "https://service.example/api/v1", "sk-any"))
        with pytest.raises(ServerFault, match="no reply in time"):
            await one.download("https://h.example/film", tmp_path / "film", MOST)
    assert anyio.current_time() == CALL_SECONDS


async def test_a_large_request_has_the_time_that_it_needs() -> None:
    """A picture that is written into it takes longer than two minutes on a slow line."""

    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(CALL_SECONDS + len(request.content) / LEAST_RATE - 1)
        return httpx.Response(200, json={"output": {"task_id": "t"}, "request_id": "r"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as way:
        one = DashScopeClient(HttpTransport(way, "https://service.example/api/v1", "sk-any"))
        assert (await one.submit(request_to("wan2.7-t2v", "x" * (20 << 20)))).task_id == "t"


async def test_a_download_that_drips_is_given_up_after_a_minute(tmp_path: Path) -> None:
    """Its bytes are kept, and the next one continues them."""
    async with client(answering(Stream(itertools.repeat(b"film"), 5), content_length="1000000")) as one:
        with pytest.raises(ServerFault, match=r"only [0-9]+ bytes in [0-9]+ s"):
            await one.download("https://h.example/film", tmp_path / "film", MOST)
    assert anyio.current_time() < 100


async def test_a_slow_line_is_no_drip(tmp_path: Path) -> None:
    """At 64 KiB a second a film arrives, and a pause in the first minute is nothing."""
    async with client(answering(Stream(itertools.repeat(b"f" * LEAST_RATE, 300), 1))) as one:
        assert (await one.download("https://h.example/film", tmp_path / "film", MOST)).size_bytes == 300 * LEAST_RATE
    async with client(answering(Stream([b"fi", b"lm"], 25))) as one:
        assert (await one.download("https://h.example/film", tmp_path / "film2", MOST)).size_bytes == 4


async def test_a_reply_that_does_not_end_is_left_after_four_megabytes() -> None:
    """Whatever it says of its length; each poll that is repeated reads no more."""
    stream = Stream(itertools.repeat(b" " * 65536))
    async with client(answering(stream)) as one:
        with pytest.raises(ServerFault, match="does not end"):
            await one.poll("t")
    assert stream.read <= MOST_BYTES + 65536


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_compressed_reply_is_read(encoding: str, tmp_path: Path) -> None:
    """A gateway compresses although nobody asked; a download as well, whose length then counts other bytes."""
    asked: list[str] = []
    packed = PACKED[encoding](json.dumps(RUNNING).encode())

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["accept-encoding"])
        headers = {"Content-Encoding": encoding, "Content-Length": str(len(packed))}
        return httpx.Response(200, stream=Stream([packed[:9], packed[9:]]), headers=headers)

    async with client(serve) as one:
        assert (await one.poll("t")).status is TaskStatus.RUNNING
        await one.download("https://h.example/film", tmp_path / "film", MOST)
    assert json.loads((tmp_path / "film").read_bytes()) == RUNNING
    assert asked == ["identity", "identity"]


async def test_a_small_reply_that_unpacks_to_gigabytes_takes_a_few_megabytes() -> None:
    """It arrives whole, and is unpacked a megabyte at a time, only as far as it is read."""
    unpacked = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(unpacked.compress(bytes(1 << 20)) for _ in range(64)) + unpacked.flush()
    tracemalloc.start()
    async with client(answering(Stream([bomb]), content_encoding="gzip")) as one:
        with pytest.raises(ServerFault, match="does not end"):
            await one.poll("t")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(bomb) < 1 << 19
    assert peak < 5 * MOST_BYTES


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("br", b"x", "compressed in a way that was not asked for"),
        ("zstd", b"x", "compressed in a way that was not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}")), "compressed in a way that was not asked for"),
        ("gzip", b"no gzip", "cannot be decompressed"),
        ("gzip", gzip.compress(b"{}" * 100)[:-20], "broke off"),
    ],
    ids=["brotli", "zstd", "twice", "not at all", "in part"],
)
async def test_a_reply_that_cannot_be_unpacked_is_a_lost_one(encoding: str, body: bytes, words: str) -> None:
    """Of a submit the fate is unknown; a poll is repeated."""
    async with client(
        lambda _: httpx.Response(200, stream=Stream([body]), headers={"Content-Encoding": encoding})
    ) as one:
        with pytest.raises(UnknownFate, match=words):
            await one.submit(request_to("wan2.7-t2v", "x"))
        with pytest.raises(ServerFault, match=words):
            await one.poll("t")


FILM = 1000


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "10"}, {"Content-Length": str(FILM + 1)}])
async def test_a_file_that_is_too_large_is_left_and_nothing_of_it_stays(
    headers: Mapping[str, str], tmp_path: Path
) -> None:
    """Whatever it says of its length; one that tells the truth is not even begun."""
    stream = Stream(itertools.repeat(b"f" * 100))
    async with client(lambda _: httpx.Response(200, stream=stream, headers=headers)) as one:
        with pytest.raises(Oversized, match="it has more than"):
            await one.download("https://h.example/film", tmp_path / "film", FILM)
    assert names(tmp_path) == []
    assert stream.read <= max(FILM + 100, BEGINNING_BYTES)


async def test_a_file_is_measured_with_the_part_that_an_earlier_download_left(tmp_path: Path) -> None:
    """A server may begin anew in each range."""
    (tmp_path / "film").write_bytes(b"f" * 900)
    headers = {"Content-Range": "bytes 900-1100/*"}
    async with client(lambda _: httpx.Response(206, stream=Stream([b"f" * 101]), headers=headers)) as one:
        with pytest.raises(Oversized):
            await one.download("https://h.example/film", tmp_path / "film", FILM)
    assert names(tmp_path) == []


async def test_a_file_that_unpacks_to_more_is_measured_unpacked(tmp_path: Path) -> None:
    """Although its bytes on the wire are few."""
    body = gzip.compress(bytes(1 << 22), mtime=0)
    async with client(
        lambda _: httpx.Response(200, stream=Stream([body]), headers={"Content-Encoding": "gzip"})
    ) as one:
        with pytest.raises(Oversized):
            await one.download("https://h.example/film", tmp_path / "film", 1 << 21)
    assert names(tmp_path) == []


async def test_a_film_of_the_greatest_size_is_fetched(tmp_path: Path) -> None:
    """To the byte."""
    async with client(answering(Stream([b"f" * 400, b"f" * 600]))) as one:
        assert (await one.download("https://h.example/film", tmp_path / "film", FILM)).size_bytes == FILM


def test_the_ceiling_of_a_result_is_four_times_the_longest_film_of_its_model() -> None:
    """At 40 Mbit/s, and 64 MiB for whatever is around it."""
    catalog = load_catalog()
    assert catalog["wan2.7-i2v"].most_result_bytes == (64 << 20) + 4 * 15 * 5_000_000
    assert catalog["wan2.6-r2v"].most_result_bytes == (64 << 20) + 4 * 10 * 5_000_000
    assert all(64 << 20 <= model.most_result_bytes < 1 << 30 for model in catalog.values())
