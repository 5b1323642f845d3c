"""Titles over the items of a cut, made by runs: what an edit of one makes again, and where they are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from kit.clips import numbered_clip
from kit.square_fonts import square_font

PRODUCTION = """\
wanflow: 1
cuts:
  main:
    items:
      - {file: clip.mp4, in: 0, out: 1}
      - {title: Ada, over: true, duration: 0.5, position: lower-third, font: own.ttf}
      - {file: clip.mp4, in: 1, out: 2, transition: {type: dissolve, duration: 0.2}}
      - {title: London, over: true, position: top, fade: 0.1}
      - {file: clip.mp4, in: 2, out: 3}
      - {title: The End, duration: 0.5, position: top}
    size: 64x36
"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The production before its first run, in the current folder."""
    numbered_clip(tmp_path / "clip.mp4", 90, (64, 36))
    square_font(tmp_path / "own.ttf", "Ad")
    (tmp_path / "wanflow.yaml").write_text(PRODUCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def made(wanflow: Wanflow) -> int | None:
    """How many segments a run encoded; None where the cut was up to date."""
    done = wanflow("run", "--json")
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    return next((each["segments"]["encoded"] for each in told if each["event"] == "cut.finished"), None)


def test_an_edited_title_makes_again_the_segments_below_it(wanflow: Wanflow, film: None) -> None:
    """A body, or a join and the body behind it; titles take no time, and are no chapters."""
    assert made(wanflow) == 5
    assert made(wanflow) is None
    rewrite("title: Ada,", "title: Adda,")
    assert made(wanflow) == 1
    rewrite("title: London", "title: Paris")
    assert made(wanflow) == 2
    rewrite("position: top, fade: 0.1", "at: 0.4, position: top, fade: 0.1")
    assert made(wanflow) == 2, "the join shows none any more"
    rewrite("{title: The End, duration: 0.5, position: top}", "{title: The End, duration: 0.5, color: gold}")
    assert made(wanflow) == 1
    square_font(Path("own.ttf"), "Adx")
    assert made(wanflow) == 1, "the letters of one title"


def test_titles_over_items_are_shown(wanflow: Wanflow, film: None) -> None:
    """By `show`, with what is not usual of their look, at the item that they lie over."""
    shown = wanflow("show", "cut:main").out
    assert 'title "Ada" over it from 0 s, for 0.5 s, font own.ttf, lower-third' in " ".join(shown.split())
    assert 'title "London" over it from 0 s, top, words fade for 0.1 s' in " ".join(shown.split())
    assert 'title "The End", 0.5 s, on #000000, top' in " ".join(shown.split())
