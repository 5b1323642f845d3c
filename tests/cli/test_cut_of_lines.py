"""Subtitles from the lines of shots, made by runs: tracks and files, and what an edited line makes again."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cli.conftest import Wanflow, rewrite

from kit.clips import number_picture, numbered_clip, read_numbers, read_sound
from wanflow.planner import cut_layout

PRODUCTION = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast:
    first_frame: coast.png
    prompt: a coast
    lines:
      - {at: 0, to: 0.5, text: {en: "<b>A</b> --> B", zh: 甲}}
      - {at: 1, to: 2, text: {en: cut off, zh: 乙}}
  near: {first_frame: coast.png, prompt: near, lines: [{at: 0, to: 1, text: {en: near, zh: 近}}]}
cuts:
  main: {items: [{shot: coast, out: 1.5}, near], size: 64x36, slate: false, subtitles: lines}
  burned: {items: [coast, near], size: 64x36, slate: false, subtitles: [{lines: zh, burn: true}]}
  slated: {items: [coast, near], size: 64x36}
"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The production before its first run, in the current folder."""
    number_picture(1, (480, 270)).save(tmp_path / "coast.png")
    (tmp_path / "wanflow.yaml").write_text(PRODUCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def made(wanflow: Wanflow) -> dict[str, int]:
    """How many segments a run encoded, by cut; a cut that was up to date is left out. No take is rendered again."""
    done = wanflow("run", "--json")
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    return {each["node"]: each["segments"]["encoded"] for each in told if each["event"] == "cut.finished"}


def test_an_edited_line_makes_again_what_shows_it(wanflow: Wanflow, film: None) -> None:
    """A track alone encodes no segment; burned in, and on a slate, only the segments under the line."""
    assert made(wanflow) == {"cut:main": 2, "cut:burned": 2, "cut:slated": 2}
    assert [path.name for path in sorted(Path("out").glob("*.srt"))] == ["main.eng.srt", "main.zho.srt"]
    assert Path("out/main.eng.srt").read_text(encoding="utf-8") == (
        "1\n00:00:00,000 --> 00:00:00,500\n<\u2060b>A<\u2060/b> → B\n\n"
        "2\n00:00:01,000 --> 00:00:01,500\ncut off\n\n"
        "3\n00:00:01,500 --> 00:00:02,500\nnear\n"
    )
    with av.open("out/main.mp4") as container:
        assert [track.language for track in container.streams.subtitles] == ["eng", "zho"]
    with av.open("out/burned.mp4") as container:
        assert not container.streams.subtitles
    assert made(wanflow) == {}
    rewrite("zh: 近", "zh: 很近")
    assert made(wanflow) == {"cut:main": 0, "cut:burned": 1}
    assert "很近" in Path("out/main.zho.srt").read_text(encoding="utf-8")
    rewrite("en: near", "en: nearer")
    assert made(wanflow) == {"cut:main": 0, "cut:slated": 1}
    rewrite("to: 2, text", "to: 1.9, text")
    assert made(wanflow) == {"cut:burned": 1, "cut:slated": 1}, "the main cut ends before"


def test_lines_are_shown_and_exported(wanflow: Wanflow, film: None) -> None:
    """By `show`, as a file of subtitles in one language, and as markers; a language that no line has is told."""
    assert made(wanflow)
    shown = wanflow("show", "coast")
    assert "0 to 0.5 s, en: <b>A</b> --> B; zh: 甲" in shown.out, shown.out
    assert "lines, language zh, burned in" in wanflow("show", "cut:burned").out
    said = wanflow("export", "slated", "--format", "srt", "--language", "zh-CN", "-o", "-")
    assert (said.code, said.err.splitlines()[0]) == (2, "error: no line of `slated` is in `zh-CN`")
    said = wanflow("export", "slated", "--format", "srt", "--language", "zh", "-o", "-")
    assert (said.code, said.out.count("-->")) == (0, 3), said.err
    assert "near.t1\nnear" in wanflow("export", "slated", "--format", "srt", "-o", "-").out
    markers = [mark["name"] for mark in json.loads(wanflow("export", "burned", "-o", "-").out)["tracks"]["markers"]]
    assert markers == ["甲", "乙", "近"]
    assert wanflow("export", "burned", "--language", "zh").code == 2


def test_a_clip_with_many_burned_lines_is_made_in_parts(
    wanflow: Wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture for each of them would be too many arguments; frames and sound are those of one segment."""
    numbered_clip(tmp_path / "talk.mp4", 60, (320, 240), Fraction(30000, 1001))
    cues = (f"{at + 1}\n00:00:00,{100 * at:03} --> 00:00:00,{100 * at + 100:03}\n.\n" for at in range(1, 8))
    (tmp_path / "talk.srt").write_text("\n".join(cues), encoding="utf-8")
    text = "wanflow: 1\ncuts: {NAME: {items: [{file: talk.mp4}], subtitles: {file: talk.srt, burn: true}}}\n"
    monkeypatch.chdir(tmp_path)
    for name, most, segments in (("whole", cut_layout.MOST_CAPTIONS, 1), ("parts", 3, 3)):
        Path("wanflow.yaml").write_text(text.replace("NAME", name), encoding="utf-8")
        monkeypatch.setattr(cut_layout, "MOST_CAPTIONS", most)
        assert made(wanflow) == {f"cut:{name}": segments}
        assert read_numbers(Path("out", f"{name}.mp4")) == [*range(60)]
    assert read_sound(Path("out/parts.mp4")) == read_sound(Path("out/whole.mp4"))
