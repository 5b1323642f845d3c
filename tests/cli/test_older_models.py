"""The models of the older protocol from the production to the film, and any client of theirs against the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.clips import numbered_clip
from kit.served import playing
from wanflow.media import probe
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE

FILM = """\
wanflow: 1
cast:
  keeper: {image: sets/coast.png}
  gull: {video: gull.mp4}
shots:
  talk:
    model: wan2.6-r2v-flash
    prompt: ${gull} lands beside ${keeper}, and ${gull} calls.
    size: 1280*720
    audio: false
    duration: 2
cuts: {main: [talk]}
"""


@pytest.fixture
def older(film: Path) -> Path:
    """A production of one shot with two references, one of them a video."""
    film.write_text(FILM, encoding="utf-8")
    numbered_clip(film.parent / "gull.mp4", 60, (320, 240))
    return film


def test_identifiers_are_counted_over_all_references(wanflow: Wanflow, older: Path) -> None:
    """`character1` is the first address, whatever it shows (service.md 2.4)."""
    body = json.loads(wanflow("show", "talk", "--json").out)["body"]
    assert body["input"] == {
        "prompt": "character1 lands beside character2, and character1 calls.",
        "reference_urls": ["gull.mp4", "sets/coast.png"],
    }
    assert body["parameters"]["audio"] is False


def test_the_animatic_is_silent_where_the_film_would_be(wanflow: Wanflow, older: Path) -> None:
    """Pixels by the model's table, no sound track, and a cut of it all the same."""
    assert wanflow("run", "-q").code == 0
    facts = probe.probe(older.parent / "out" / "shots" / "talk.t1.mp4")
    assert (facts.width, facts.height, facts.frames, facts.samples) == (1280, 720, 60, 0)
    assert probe.probe(older.parent / "out" / "main.mp4").frames == 60
    assert wanflow("run", "-q").code == 0


def test_the_request_goes_out_as_it_was_shown(
    wanflow: Wanflow, older: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same body over HTTP, with the uploaded files' addresses."""
    shown = json.loads(wanflow("show", "talk", "--json", "--backend", "dashscope").out)["body"]
    monkeypatch.setenv(KEY_VARIABLE, "sk-animatic")
    with playing(numbered_clip(tmp_path / "made.mp4", 60, (320, 240))) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        assert wanflow("run", "--backend", "dashscope", "--yes", "--poll-interval", "0.05").code == 0
        ((submit,), uploads) = (service.calls("POST", part) for part in ("video-synthesis", "/uploads"))
    sent = submit.json
    assert [url.partition(":")[0] for url in sent["input"].pop("reference_urls")] == ["oss", "oss"]
    shown["input"].pop("reference_urls")
    assert sent == shown
    assert len(uploads) == 2
