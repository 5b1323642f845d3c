"""The user's bucket, on a real S3 server: what is put there, who may read it, and the messages of failures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import httpx
import pytest

from kit.s3 import BUCKET, s3_server
from wanflow import digest
from wanflow.providers.bucket import BucketUploads
from wanflow.providers.faults import NoBucket
from wanflow.providers.protocol import Delegating

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The threads of a bucket are real, and so is the clock."""
    return "asyncio"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server for one test."""
    with s3_server(monkeypatch) as address:
        yield address


def bucketed(address: str) -> BucketUploads:
    """A service whose own store is never asked."""
    return BucketUploads(Delegating(None), address)  # type: ignore[arg-type]


async def test_a_file_goes_up_once_and_its_address_reads_it(s3: str, tmp_path: Path) -> None:
    """Under its digest, whatever its name; the signed address needs no credentials, an unsigned one is refused."""
    first, second = tmp_path / "a 'b'%.PNG", tmp_path / "other.png"
    for path in (first, second):
        path.write_bytes(b"a picture")
    service = bucketed(f"s3://{BUCKET}/in/here/")
    address = await service.upload(first, "wan2.7-i2v")
    assert address.startswith(f"{s3}/{BUCKET}/in/here/{digest.of_file(first)}.png?")
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(address)).content == b"a picture"
    before = fsspec.filesystem("s3").info(f"{BUCKET}/in/here/{digest.of_file(first)}.png")["LastModified"]
    await service.upload(second, "wan2.7-r2v")
    assert len(fsspec.filesystem("s3").ls(f"{BUCKET}/in/here", refresh=True)) == 1
    assert fsspec.filesystem("s3").info(f"{BUCKET}/in/here/{digest.of_file(first)}.png")["LastModified"] == before


async def test_half_an_object_is_put_again(s3: str, tmp_path: Path) -> None:
    """Its size tells."""
    path = tmp_path / "a.png"
    path.write_bytes(b"a picture")
    key = f"{BUCKET}/{digest.of_file(path)}.png"
    fsspec.filesystem("s3").pipe_file(key, b"a pic")
    await bucketed(f"s3://{BUCKET}").upload(path, "wan2.7-i2v")
    assert fsspec.filesystem("s3").cat_file(key) == b"a picture"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://nobodys", "the bucket `s3://nobodys` cannot be used"),
        ("memory://films", "the filesystem of `uploads: memory://films` cannot sign addresses"),
    ],
)
async def test_what_can_not_be_used_is_named(address: str, words: str, s3: str, tmp_path: Path) -> None:
    """A bucket that is not there; a filesystem that signs nothing."""
    path = tmp_path / "a.png"
    path.write_bytes(b"a picture")
    with pytest.raises(NoBucket) as caught:
        await bucketed(address).upload(path, "wan2.7-i2v")
    assert words in str(caught.value)
    assert caught.value.hint is not None


@pytest.mark.parametrize("address", ["gs://films", "nothing://films"])
def test_a_filesystem_that_is_not_installed_is_said_at_once(address: str) -> None:
    """Before anything is sent, with the way out."""
    with pytest.raises(NoBucket) as caught:
        bucketed(address)
    assert caught.value.hint is not None


def test_no_error_of_a_bucket_shows_its_password() -> None:
    """The rest of the address is shown."""
    with pytest.raises(NoBucket, match=r"`uploads: webdav://\*\*\*@host/x` needs a library"):
        bucketed("webdav://user:hunter2@host/x")


async def test_without_credentials_nothing_is_sent(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words name the bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    path = tmp_path / "a.png"
    path.write_bytes(b"a picture")
    with pytest.raises(NoBucket, match="s3://films"):
        await bucketed(f"s3://{BUCKET}").upload(path, "wan2.7-i2v")
