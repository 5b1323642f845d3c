"""Subtitles of a film in two scripts and two encodings: their files, their titles, and what is left out."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from cli.conftest import Wanflow, rewrite

PRODUCTION = """\
wanflow: 1
cuts:
  片:
    items: [{title: One, duration: 1}]
    size: 320x240
    fps: 25
    subtitles: [a.chs.srt, {file: b.cht.srt, encoding: big5}, late.en.srt, {file: 烧.zh.srt, burn: true, position: top}]
"""
TIMES = "1\n00:00:0{},000 --> 00:00:0{},900\n"


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A production of a title with four subtitle files."""
    texts = {
        "a.chs.srt": ("我们回来了，这是我的家", 0, "gbk"),
        "b.cht.srt": ("海岸", 0, "big5"),
        "late.en.srt": ("late", 8, "utf-8"),
        "烧.zh.srt": ("BURNED", 0, "utf-8"),
    }
    for name, (text, second, encoding) in texts.items():
        (tmp_path / name).write_bytes(f"{TIMES.format(second, second)}{text}\n".encode(encoding))
    (tmp_path / "wanflow.yaml").write_text(PRODUCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_each_track_has_a_file_and_a_title_of_its_own(wanflow: Wanflow, film: None) -> None:
    """Nothing is written for burned words, nor for a track that never shows anything; that is a warning."""
    Path("out").mkdir()
    Path("out/片.eng.srt").write_text("of an earlier film", encoding="utf-8")
    done = wanflow("run")
    assert done.code == 0, done.err
    assert (
        "1 subtitle begins after the end of the cut (1 s), at 00:00:08,000 (line 2); no subtitle is shown" in done.err
    )
    assert sorted(path.name for path in Path("out").glob("*.srt")) == ["片.zh-Hans.srt", "片.zh-Hant.srt"]
    assert "我们回来了，这是我的家" in Path("out/片.zh-Hans.srt").read_text(encoding="utf-8")
    assert "海岸" in Path("out/片.zh-Hant.srt").read_text(encoding="utf-8")
    with av.open("out/片.mp4") as container:
        told = [(track.language, track.metadata["handler_name"]) for track in container.streams.subtitles]
    assert told == [("zho", "简体中文"), ("zho", "繁體中文")]


def test_files_of_tracks_that_a_cut_no_longer_has_go(wanflow: Wanflow, film: None) -> None:
    """Players would show them with the new film; what a person wrote stays."""
    assert wanflow("run").code == 0
    own = Path("out/片.fra.srt")
    own.write_text("written by hand", encoding="utf-8")
    rewrite("{file: b.cht.srt, encoding: big5}", "{file: b.cht.srt, encoding: big5, burn: true}")
    done = wanflow("run")
    assert done.code == 0, done.err
    assert sorted(path.name for path in Path("out").glob("*.srt")) == [own.name, "片.zho.srt"]


def test_a_file_is_checked_in_each_encoding_that_it_is_read_in(wanflow: Wanflow, film: None) -> None:
    """A good reading of one cut hides no bad one of another; all that is wrong with an entry is told at once."""
    bad = "{file: b.cht.srt, encoding: utf-8}, {file: b.cht.srt, encoding: gkb, position: 7}, {file: ../x.srt, language: tlh!, position: top}"
    rewrite("late.en.srt", f"late.en.srt, b.cht.srt, {bad}")
    said = wanflow("validate")
    assert said.code == 2
    for words in (
        "b.cht.srt` is not UTF-8 text; it looks like Big5",
        "b.cht.srt:3:1: is not utf-8 text",
        "unknown encoding `gkb`",
        "unknown position `7`",
        "`../x.srt` is outside the production's folder",
        "unknown language `tlh!`",
        "`position` is of burned subtitles only",
    ):
        assert words in said.out, said.out
    assert said.err.startswith("8 errors and 1 warning")


def test_an_encoding_that_does_not_fit_is_said_before_anything_is_made(wanflow: Wanflow, film: None) -> None:
    """At its line of the file, also where a run has measured the file before; without a key the likely one is named."""
    assert wanflow("validate").code == 0
    rewrite("encoding: big5", "encoding: utf-8")
    said = wanflow("validate")
    assert (said.code, "b.cht.srt:3:1: is not utf-8 text" in said.out) == (2, True), said.out
    rewrite("{file: b.cht.srt, encoding: utf-8}", "b.cht.srt")
    said = wanflow("validate")
    assert "b.cht.srt` is not UTF-8 text; it looks like Big5" in said.out
    assert "hint: write `encoding: big5`" in said.out
