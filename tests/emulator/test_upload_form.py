"""Upload forms as they stream in: what is refused, when, and what is on the disk then (service.md 5)."""

from __future__ import annotations

import re
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.clock import wall_clock
from kit.emulated import HOST, premade
from wanflow.emulator.api import bucket as buckets
from wanflow.emulator.api.app import build_app
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import EmulatedEndpoint
from wanflow.emulator.api.order import Rejected
from wanflow.emulator.api.upload_form import MOST_FIELD_BYTES, MOST_FIELDS, read_upload
from wanflow.providers.asgi import AsgiTransport

pytestmark = pytest.mark.anyio

KIND = "multipart/form-data; boundary=XX"
PICTURE = b"\r\n--X picture \r\n--XY\r\n" * 100
"""A file with what looks like the beginning of a boundary."""
END = b"--XX--\r\n"

FILE = 'form-data; name="file"; filename="a.png"'


def part(disposition: str, content: bytes) -> bytes:
    """One part of a form."""
    return f"--XX\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


def fields(bucket: Bucket, **changed: str) -> dict[str, str]:
    """The fields that a policy asks for."""
    permit = bucket.allow("wan2.7-i2v")
    return {"policy": permit.policy, "Signature": permit.signature, "key": f"{permit.folder}/a.png"} | changed


def form(given: Mapping[str, str], *after: bytes) -> bytes:
    """A form with fields, then parts."""
    texts = [part(f'form-data; name="{name}"', value.encode()) for name, value in given.items()]
    return b"".join([*texts, *after])


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, EmulatedEndpoint]]:
    """An emulator in this process and a client without a key."""
    async with (
        premade(folder) as endpoint,
        httpx.AsyncClient(transport=AsgiTransport(build_app(endpoint)), base_url=HOST) as client,
    ):
        yield client, endpoint


async def post(client: httpx.AsyncClient, content: bytes | AsyncIterator[bytes], kind: str = KIND) -> tuple[int, str]:
    """The status of an upload, and the code of its refusal, which has the elements of the vendor's storage."""
    reply = await client.post("/uploads", content=content, headers={"Content-Type": kind})
    refusal = re.fullmatch("<Error><Code>([A-Za-z]+)</Code><Message>[^<]+</Message></Error>", reply.text)
    assert (refusal is None) == reply.is_success, reply.text
    return reply.status_code, "" if refusal is None else refusal[1]


def kept(folder: Path) -> list[Path]:
    """The files of the uploads."""
    return sorted((folder / "uploads").iterdir())


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
async def test_a_form_is_read_in_pieces_of_any_size(size: int, tmp_path: Path) -> None:
    """The file is as it was sent, private, and fields after it count for nothing."""

    async def pieces(data: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    async with opened(tmp_path) as (client, endpoint):
        given = fields(endpoint.bucket)
        sent = form(given, part(FILE, PICTURE), part('form-data; name="key"', b"elsewhere"), END)
        assert await post(client, pieces(sent + b"epilogue")) == (204, "")
        found = endpoint.bucket.find(f"oss://{given['key']}")
    assert found is not None
    assert found.read_bytes() == PICTURE
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept(tmp_path)} == {0o600}


FIRST = part(FILE, PICTURE)
BAD_FORMS = [
    (form({}, FIRST, END), (403, "SignatureDoesNotMatch")),
    (form({"key": "k"}, END), (400, "InvalidArgument")),
    (END, (400, "InvalidArgument")),
    (b"", (400, "MalformedPOSTRequest")),
    (b"--XX", (400, "MalformedPOSTRequest")),
    (b"\x00" * 100, (400, "MalformedPOSTRequest")),
    (form({f"x{number}": "" for number in range(MOST_FIELDS + 1)}, FIRST, END), (400, "MalformedPOSTRequest")),
    (form({"x": "y" * (MOST_FIELD_BYTES + 1)}, FIRST, END), (400, "EntityTooLarge")),
    (part("form-data; " + "x" * (MOST_FIELD_BYTES + 1), b""), (400, None)),
    (b"--XX\r\n" + b"a: b\r\n" * 100_000, (400, None)),
    (part("form-data", b"no name") + END, (400, "InvalidArgument")),
]


@pytest.mark.parametrize(("sent", "expected"), BAD_FORMS)
async def test_what_is_no_permitted_form_is_refused(
    sent: bytes, expected: tuple[int, str | None], tmp_path: Path
) -> None:
    """In the words of the vendor's storage, and nothing is on the disk."""
    async with opened(tmp_path) as (client, _):
        status, code = await post(client, sent)
    assert (status, expected[1] and code) == expected
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", f"{KIND}{'X' * 300}", "Ü"]
)
async def test_another_kind_of_body_is_refused(kind: str, tmp_path: Path) -> None:
    """Also one whose boundary is missing or too long."""
    async with opened(tmp_path) as (client, endpoint):
        sent = form(fields(endpoint.bucket), FIRST, END)
        reply = await client.post("/uploads", content=sent, headers=[(b"Content-Type", kind.encode())])
    assert reply.status_code == 400
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("after", "code"),
    [
        ((FIRST, FIRST, END), "InvalidArgument"),
        ((FIRST,), "MalformedPOSTRequest"),
        ((FIRST, b"--XX!"), "MalformedPOSTRequest"),
        ((part(FILE, b"x" * (len(PICTURE) + 101)), END), "EntityTooLarge"),
    ],
)
async def test_a_form_that_ends_badly_leaves_nothing(
    after: tuple[bytes, ...], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files, no end, or a file that is too large: what was written before is deleted, and the key is still free."""
    monkeypatch.setattr(buckets, "MOST_BYTES", len(PICTURE) + 100)
    async with opened(tmp_path) as (client, endpoint):
        given = fields(endpoint.bucket)
        assert await post(client, form(given, *after)) == (400, code)
        assert kept(tmp_path) == []
        assert await post(client, form(given, FIRST, END)) == (204, "")


async def test_nothing_more_is_read_after_a_refusal(tmp_path: Path) -> None:
    """Without a signature an endless body ends with its first piece, and the connection is closed."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield form({"policy": "00", "Signature": "x"}, part(FILE, b"x" * 100)[:-2])
        while True:
            read += 1
            yield b"x" * 1000

    async with opened(tmp_path) as (client, _):
        reply = await client.post("/uploads", content=endless(), headers={"Content-Type": KIND})
        assert (reply.status_code, reply.headers["connection"]) == (403, "close")
    assert read <= 1
    assert kept(tmp_path) == []


async def test_a_length_above_any_upload_is_refused_unread(tmp_path: Path) -> None:
    """By its Content-Length, before the first byte of the body."""
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    headers = {"Content-Type": KIND, "Content-Length": str(200 * 10**6)}
    async with opened(tmp_path) as (client, _):
        assert (await client.post("/uploads", content=body(), headers=headers)).status_code == 400
    assert read == []


async def test_two_forms_for_one_key_cannot_mix(tmp_path: Path) -> None:
    """The one that ends first is kept, whole; the other is refused."""
    async with opened(tmp_path) as (client, endpoint):
        given = fields(endpoint.bucket)
        middle, done = anyio.Event(), anyio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield form(given, part(FILE, b"slow")[:-2])
            middle.set()
            await done.wait()
            yield b"\r\n" + END

        async with anyio.create_task_group() as group:
            statuses = []

            async def post_slowly() -> None:
                statuses.append(await post(client, slow()))

            group.start_soon(post_slowly)
            await middle.wait()
            assert await post(client, form(given, FIRST, END)) == (204, "")
            done.set()
        assert statuses == [(409, "FileAlreadyExists")]
        found = endpoint.bucket.find(f"oss://{given['key']}")
    assert found is not None
    assert found.read_bytes() == PICTURE
    assert len(kept(tmp_path)) == 2


async def test_expired_uploads_are_deleted(tmp_path: Path) -> None:
    """When the next policy is asked for, also after a restart; younger ones stay."""
    async with opened(tmp_path) as (client, endpoint):
        await post(client, form(fields(endpoint.bucket), FIRST, END))
        await anyio.sleep(24 * 3600)
        young = fields(endpoint.bucket)
        await post(client, form(young, FIRST, END))
        (tmp_path / "uploads" / "killed.0.part").write_bytes(b"half")
        assert len(kept(tmp_path)) == 5
        again = Bucket(tmp_path, HOST, wall_clock)
        assert len(kept(tmp_path)) == 4
        await anyio.sleep(24 * 3600)
        again.allow("wan2.7-i2v")
        assert len(kept(tmp_path)) == 2
        assert again.find(f"oss://{young['key']}") is not None


class DiskUsage(NamedTuple):
    """What the system says of a disk."""

    free: int


async def test_the_disk_is_never_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A served emulator keeps some of it free, and says so."""
    bucket = Bucket(tmp_path, HOST, wall_clock, spare_bytes=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: DiskUsage(buckets.MOST_BYTES + 999))
    with pytest.raises(Rejected, match="nearly full") as refused, bucket.receiving(fields(bucket)):
        pytest.fail("it must not be opened")
    assert refused.value.status == 507
    monkeypatch.setattr("shutil.disk_usage", lambda _: DiskUsage(buckets.MOST_BYTES + 1000))
    with bucket.receiving(fields(bucket)) as write:
        write(b"x")


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data cut at these places."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


@settings(max_examples=150)
@given(
    parts=st.lists(
        st.sampled_from(
            [FIRST, part('form-data; name="key"', b"k"), END, b"--XX\r\n", b"\r\n", b"--XX", b": ", b"Content-", b"--"]
        )
        | st.binary(max_size=8),
        max_size=8,
    ),
    kind=st.sampled_from([KIND, KIND.upper(), 'multipart/form-data; boundary="XX', "multipart/form-data;;boundary=\r"]),
    cuts=st.lists(st.integers(0, 10**4), max_size=3),
)
def test_any_bytes_are_a_form_or_refused(parts: list[bytes], kind: str, cuts: list[int]) -> None:
    """However they are cut into pieces; a file is opened once at most."""
    files = []

    @contextmanager
    def open_file(_: Mapping[str, str]) -> Iterator[Callable[[bytes], object]]:
        files.append(1)
        yield len

    async def run() -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for piece in pieces_of(b"".join(parts), cuts):
                yield piece

        await read_upload(kind, chunks(), open_file)

    try:
        anyio.run(run)
    except Rejected:
        assert len(files) <= 1
    else:
        assert files == [1]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    """Somebody else may have laid it where the secret is kept."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "secret").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic link|loop"):
        Bucket(folder, HOST, wall_clock)
    assert list(tmp_path.iterdir()) == [folder]
