"""A model that nobody sells: a file in the catalog, and everything knows it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.catalog_files import catalog_at
from wanflow.emulator.api import rules
from wanflow.media import probe
from wanflow.schemas import data_folder

FILM = """\
wanflow: 1
region: virginia
cast:
  keeper: {image: sets/coast.png}
shots:
  talk: {model: dream-1, prompt: "${keeper} waves", size: 320*240, duration: 3}
cuts: {main: [talk]}
"""


@pytest.fixture
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A catalog with one model more: its own names, places, pixels, lengths and prices."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(data_folder("schemas"), data / "schemas")
    raw = json.loads((data / "schemas" / "models" / "wan2.6-r2v-flash.json").read_text(encoding="utf-8"))
    raw |= {
        "model": "dream-1",
        "does": "dreams",
        "regions": ["virginia"],
        "identifiers": {"en": {"any": "hero {n}"}, "zh": {"any": "英雄{n}"}, "source": "service.md 2"},
        "sizes": {"240P": {"4:3": "320*240"}, "source": "service.md 2"},
        "parameters": {
            "size": {
                "type": "string",
                "values": ["320*240"],
                "default": "320*240",
                "since": 1,
                "about": "Pixels.",
                "source": "service.md 2",
            },
            "duration": {
                "about": "Seconds.",
                "type": "integer",
                "min": 3,
                "max": 4,
                "default": 3,
                "since": 1,
                "source": "service.md 2",
            },
        },
    }
    for rule in raw["media"].values():
        rule["field"] = "heroes"
    raw["prices"]["a_second"] = [{"region": "virginia", "tier": "240P", "amount": "0.01"}]
    (data / "schemas" / "models" / "dream-1.json").write_text(json.dumps(raw), encoding="utf-8")
    with catalog_at(data):
        yield


@pytest.fixture
def dream(invented: None, film: Path) -> Path:
    """A production that uses it."""
    film.write_text(FILM, encoding="utf-8")
    return film


def test_it_is_listed_with_all_that_it_takes(wanflow: Wanflow, invented: None) -> None:
    """`wanflow models` reads its file."""
    assert "dreams" in wanflow("models").out
    shown = wanflow("models", "dream-1").out
    assert all(words in shown for words in ("320*240", "3 to 4", "0.01", "virginia", "reference_image"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("duration: 5", "`duration` of `dream-1` is 3 to 4, not 5"),
        ("size: 1280*720", "`size` of `dream-1` is one of `320*240`, not `1280*720`"),
        ("audio: false", "`dream-1` has no parameter `audio`"),
        ("first_frame: sets/coast.png", "`dream-1` takes no `first_frame`"),
    ],
)
def test_its_rules_are_checked(wrong: str, message: str, wanflow: Wanflow, dream: Path) -> None:
    """By the one checker, on the author's desk."""
    key = wrong.partition(":")[0]
    kept = [part for part in ('prompt: "${keeper} waves"', "size: 320*240", "duration: 3") if not part.startswith(key)]
    shot = f"  talk: {{{', '.join(['model: dream-1', *kept, wrong])}}}\n"
    dream.write_text("".join(FILM.splitlines(keepends=True)[:5]) + shot, encoding="utf-8")
    said = wanflow("validate")
    assert (said.code, message in said.out) == (2, True), said.out


def test_it_is_rendered(wanflow: Wanflow, dream: Path) -> None:
    """Asked for in its own words, and answered by the emulator with its own pixels and length."""
    body = json.loads(wanflow("show", "talk", "--json").out)["body"]
    assert body["input"] == {"prompt": "hero 1 waves", "heroes": ["sets/coast.png"]}
    assert wanflow("run", "-q").code == 0
    facts = probe.probe(dream.parent / "out" / "shots" / "talk.t1.mp4")
    assert (facts.width, facts.height, facts.frames) == (320, 240, 90)


def test_it_is_refused_by_the_emulator_where_the_checker_would(invented: None) -> None:
    """The other side of the wire reads the same file."""
    known = rules.read_catalog()["dream-1"]
    assert known.settings["duration"].bounds(()) == (3, 4)
    assert set(known.lists) == {"heroes"}
