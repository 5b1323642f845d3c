"""How local media reaches the service: its own store, the request itself, or the user's bucket."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.clips import numbered_clip
from kit.s3 import BUCKET, s3_server
from kit.served import Served, playing
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE

KEY = "sk-animatic"
RUN = ("run", "--yes", "--poll-interval", "0.05")

TWO = """\
wanflow: 1
backend: dashscope
region: tokyo
defaults: {model: wan3.0-video, resolution: 720P}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, duration: 2}
  nearer: {references: [{video: {shot: coast, tail: 2}}], prompt: nearer, duration: 3}
"""
"""A picture, and a piece of a film."""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production that is paid for there."""
    film.write_text(TWO, encoding="utf-8")
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with playing(numbered_clip(film.parent / "made.mp4", 60, (320, 240))) as running:
        monkeypatch.setenv(BASE_VARIABLE, running.base_url)
        yield running


def sent(service: Served) -> list[str]:
    """The addresses of the media in all requests."""
    bodies = [call.json for call in service.calls("POST", "video-synthesis")]
    return [item["url"] for body in bodies for item in body["input"]["media"]]


def test_a_picture_is_written_into_the_request_where_no_store_is_documented(wanflow: Wanflow, service: Served) -> None:
    """As it is on disk; a piece of a film can't be, and goes up, which is said beforehand (service.md 3 and 5)."""
    said = wanflow("validate")
    assert said.code == 0
    assert "wanflow.yaml:7:40: warning: `" in said.out
    assert "needs an upload, and the region `tokyo` has no documented temporary storage" in said.out
    assert "hint: name your own bucket: `uploads: s3://bucket/prefix`" in said.out
    assert wanflow(*RUN).code == 0
    picture, clip = sent(service)
    assert picture.startswith("data:image/png;base64,")
    assert base64.b64decode(picture.partition(",")[2]) == Path("sets/coast.png").read_bytes()
    assert clip.startswith("oss://")


def test_a_bucket_of_ones_own_takes_all_local_media(
    wanflow: Wanflow, service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's store is never asked; what it is told are addresses that anybody can read for two days."""
    file = Path("wanflow.yaml")
    file.write_text(f"uploads: s3://{BUCKET}/in\n{TWO}", encoding="utf-8")
    with s3_server(monkeypatch) as s3:
        assert wanflow("validate").out == ""
        assert wanflow(*RUN).code == 0
        addresses = sent(service)
        assert [address.startswith(f"{s3}/{BUCKET}/in/") for address in addresses] == [True, True]
        with urllib.request.urlopen(addresses[0]) as answer:  # noqa: S310 - this machine
            assert answer.read() == Path("sets/coast.png").read_bytes()
    assert service.calls("GET", "getPolicy") == []
    written = [path for path in Path().rglob("*") if path.is_file() and b"Signature" in path.read_bytes()]
    assert [oct(path.stat().st_mode)[-3:] for path in written] == ["600"] * len(written)


def test_a_bucket_that_can_not_be_used_costs_nothing(
    wanflow: Wanflow, service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step fails with the bucket's name and the way out; no request was sent."""
    Path("wanflow.yaml").write_text(f"uploads: s3://nobodys/in\n{TWO}", encoding="utf-8")
    with s3_server(monkeypatch):
        said = wanflow(*RUN)
    assert said.code == 1
    assert "the bucket `s3://nobodys/in` cannot be used" in said.err
    assert service.calls("POST", "video-synthesis") == []


def test_a_library_that_is_missing_is_said_before_anything_is_sent(wanflow: Wanflow, service: Served) -> None:
    """With what to install."""
    Path("wanflow.yaml").write_text(f"uploads: gs://films/in\n{TWO}", encoding="utf-8")
    said = wanflow(*RUN)
    assert said.code == 2
    assert "needs a library that is not installed" in said.err
    assert service.seen == []


@pytest.mark.parametrize(
    "address",
    ["films", "file:///films", "https://films.example", "s3://somebody:secret@films", "s3://films?key=secret"],
)
def test_what_is_no_bucket_is_an_error(address: str, wanflow: Wanflow, film: Path) -> None:
    """Credentials never stand in a file, and are not repeated in the message."""
    film.write_text(f"uploads: {address}\n{TWO}", encoding="utf-8")
    said = wanflow("validate", "--format", "github")
    assert said.code == 2
    assert "line=1,col=10::`uploads` must be the URL of a bucket" in said.out
    assert "secret" not in said.out
