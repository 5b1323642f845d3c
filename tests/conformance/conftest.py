"""The vendor's SDK as client, and small local media for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dashscope
import pytest
from PIL import Image

from kit.served import Served, recorded
from kit.wire_schemas import problems
from wanflow.emulator.api.endpoint import KEY

MEDIA = (
    "girl.png",
    "chair.png",
    "room.png",
    "role.mp4",
    "other.mp4",
    "voice.wav",
    "last frame.png",
    '灯塔\'s "night".png',
)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An emulator that the SDK is pointed at by the SDK's own names; what passed has to be what the schemas say."""
    with recorded() as running:
        monkeypatch.setattr(dashscope, "base_http_api_url", running.base_url)
        monkeypatch.setattr(dashscope, "api_key", KEY)
        yield running
    assert [words for exchange in running.seen for words in problems(exchange)] == []


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of `MEDIA`; nobody looks into them here."""
    folder = tmp_path_factory.mktemp("media")
    for number, name in enumerate(MEDIA):
        if name.endswith(".png"):
            Image.new("RGB", (320, 240), (number * 30, 90, 120)).save(folder / name)
        else:
            (folder / name).write_bytes(name.encode() * 100)
    return folder
