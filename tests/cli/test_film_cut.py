"""A whole cut with everything that one can have, made by a run: what is in its file, beside it, and made again when."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import opentimelineio as otio
import pytest
from cli.conftest import Wanflow, rewrite
from PIL import Image, ImageChops

from kit.clips import click_sound, number_picture, numbered_clip, pictures, read_numbers
from kit.square_fonts import square_font
from wanflow.cli.main import main
from wanflow.media.labels import read_label
from wanflow.media.probe import check_film

FILM = """\
wanflow: 1
title: The Lighthouse
cuts:
  main:
    items:
      - {file: one.mp4, transition: {type: fade, duration: 0.5}}
      - {file: two.mp4, transition: {type: dissolve, duration: 0.5}}
      - {file: "it's 50% #3.mp4"}
      - {file: still.png, duration: 1, transition: {type: wipe, duration: 0.5}}
      - {title: "The End: 100% 'done'", duration: 2, background: navy, transition: dissolve}
      - {file: one.mp4, in: 0.5, out: 1.5}
    music: {file: theme.wav, gain: -12, fade: 0.5, duck: true}
    subtitles: [subs.en.srt, {file: subs.zh.srt, burn: true}]
    loudness: -20
label: {opening_notice: {text: drawn by a machine, seconds: 2}}
"""
LENGTH = 60 + (60 - 15) + 60 + (30 - 15) + (60 - 15) + 30
"""Frames: two seconds each, half a second of each transition shared."""


def ebu(file: str) -> float:
    """The integrated loudness of a film, as ffmpeg's own meter says it at the end."""
    words = ["-hide_banner", "-nostats", "-i", file, "-af", "ebur128=framelog=quiet", "-f", "null", "-"]
    done = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], capture_output=True, text=True, check=True)
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", done.stderr)[-1])


def write_film(folder: Path) -> Path:
    """A production of clips, a picture, a title, music and subtitles, without a single shot."""
    for number, name in enumerate(("one.mp4", "two.mp4", "it's 50% #3.mp4")):
        numbered_clip(folder / name, 60, (320, 240), first=100 * number)
    number_picture(5, (320, 240)).save(folder / "still.png")
    click_sound(folder / "theme.wav", 48_000 * 20)
    for language, words in (("en", "hello"), ("zh", "ni hao")):
        text = f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n\n2\n00:00:05,000 --> 00:00:30,000\n{words} again\n"
        (folder / f"subs.{language}.srt").write_text(text, encoding="utf-8")
    file = folder / "wanflow.yaml"
    file.write_text(FILM, encoding="utf-8")
    return file


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The production before its first run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return write_film(tmp_path)


@pytest.fixture(scope="module")
def premiere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the production, run once; not to be changed."""
    file = write_film(tmp_path_factory.mktemp("cut"))
    assert main(["run", "-q", "-f", str(file)]) == 0
    return file.parent


@pytest.fixture
def assembled(premiere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a copy that was run, in the current folder."""
    folder = shutil.copytree(premiere, tmp_path / "film")
    monkeypatch.chdir(folder)
    return folder / "wanflow.yaml"


def made(wanflow: Wanflow, *words: str) -> dict[str, int]:
    """How many segments a run encoded and how many it copied; -1 where the cut was up to date."""
    done = wanflow("run", "--json", *words)
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    return next((each["segments"] for each in told if each["event"] == "cut.finished"), {"encoded": -1, "copied": -1})


def test_a_film_has_everything_that_was_asked_for(wanflow: Wanflow, film: Path) -> None:
    """Frames, chapters, tracks, labels, sidecars: read back from the file itself."""
    assert made(wanflow) == {"encoded": 9, "copied": 0}
    facts = check_film(Path("out/main.mp4"))
    assert (facts.frames, facts.rate, facts.width, facts.height) == (LENGTH, 30, 320, 240)
    with av.open("out/main.mp4") as container:
        chapters = [
            (each["metadata"]["title"], each["start"] * Fraction(each["time_base"])) for each in container.chapters()
        ]
        assert [(stream.type, stream.language) for stream in container.streams if stream.type != "data"] == [
            ("video", "und"),
            ("audio", "und"),
            ("subtitle", "eng"),
        ]
    assert [title for title, _ in chapters] == [
        "one.mp4",
        "two.mp4",
        "it's 50% #3.mp4",
        "still.png",
        "The End: 100% 'done'",
        "one.mp4",
    ]
    assert [round(begin * 30) for _, begin in chapters] == [0, 45, 105, 150, 165, 225]
    assert Path("out/main.eng.srt").read_text(encoding="utf-8").count("hello") == 2
    assert not Path("out/main.zho.srt").exists()
    assert abs(ebu("out/main.mp4") + 20) <= 0.5


def test_every_frame_shows_what_the_timeline_says(wanflow: Wanflow, film: Path) -> None:
    """Bodies between joins: each number where it belongs, counted in frames."""
    rewrite("label: {opening_notice: {text: drawn by a machine, seconds: 2}}\n", "")
    rewrite("    subtitles: [subs.en.srt, {file: subs.zh.srt, burn: true}]\n", "")
    made(wanflow)
    numbers = read_numbers(Path("out/main.mp4"))
    assert numbers[15:45] == list(range(15, 45))
    assert numbers[60:105] == list(range(115, 160))
    assert numbers[105:150] == list(range(200, 245))
    assert numbers[-30:] == list(range(15, 45))


def test_a_change_of_one_clip_makes_its_body_and_its_joins_again(wanflow: Wanflow, assembled: Path) -> None:
    """The rest is copied; nothing at all is made where nothing changed."""
    assert made(wanflow) == {"encoded": -1, "copied": -1}
    numbered_clip(Path("two.mp4"), 60, (320, 240), first=700)
    assert made(wanflow) == {"encoded": 2, "copied": 7}
    rewrite("gain: -12", "gain: -9")
    assert made(wanflow) == {"encoded": 0, "copied": 9}
    rewrite("background: navy", "background: maroon")
    assert made(wanflow) == {"encoded": 2, "copied": 7}
    rewrite("    loudness: -20\n", "    loudness: -20\n    profile: final\n")
    assert made(wanflow) == {"encoded": 9, "copied": 0}
    rewrite("    profile: final\n", "")
    assert made(wanflow) == {"encoded": 0, "copied": 9}


def test_words_are_burned_in_where_they_are_wanted(wanflow: Wanflow, assembled: Path) -> None:
    """The notice over the first two seconds, the burned track in its frames, the soft one nowhere."""
    shown = list(pictures(Path("out/main.mp4")))
    rewrite("label: {opening_notice: {text: drawn by a machine, seconds: 2}}", "label: {opening_notice: false}")
    rewrite("[subs.en.srt, {file: subs.zh.srt, burn: true}]", "subs.en.srt")
    made(wanflow)
    clean = list(pictures(Path("out/main.mp4")))

    def written(area: tuple[int, int, int, int]) -> list[int]:
        pairs = zip(shown, clean, strict=True)
        return [at for at, (one, two) in enumerate(pairs) if changed(one.crop(area), two.crop(area))]

    assert written((0, 0, 320, 60)) == list(range(60))
    assert written((0, 150, 320, 216)) == [*range(30, 60), *range(150, LENGTH)]


def changed(one: Image.Image, other: Image.Image) -> bool:
    """Whether letters were drawn over one of two grey pictures: many of their pixels differ by much."""
    return sum(ImageChops.difference(one, other).histogram()[51:]) > 40


def test_labels_of_clips_are_never_lost(wanflow: Wanflow, assembled: Path) -> None:
    """A cut of clips that carry one carries it; without a take of AI it claims nothing of its own."""
    assert read_label(Path("out/main.mp4")) is None
    label = '{"Label":"1","ContentProducer":"somebody"}'
    words = ["-i", "one.mp4", "-c", "copy", "-metadata", f"AIGC={label}", "-movflags", "use_metadata_tags", "-f", "mp4"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *words, "x.mp4"], check=True)
    Path("x.mp4").replace("one.mp4")
    rewrite("label: {", "label: {metadata: false, ")
    made(wanflow)
    assert read_label(Path("out/main.mp4")) == label


def test_a_font_that_is_brought_draws_the_words_again(wanflow: Wanflow, film: Path) -> None:
    """Boxes are said once, with the way out; a font in `fonts/` makes what has words in it again, nothing else."""
    rewrite("The End: 100% 'done'", "\U00013000")
    done = wanflow("run")
    assert done.err.count("missing glyphs `\U00013000`: no installed font has them; 1 of") == 1
    assert "boxes: put one that has them into `fonts/`" in done.err
    Path("fonts").mkdir()
    square_font(Path("fonts/square.ttf"), "\U00013000")
    again = wanflow("run")
    assert "missing glyphs" not in again.err
    assert "7 segments encoded, 2 unchanged" in again.err


def test_subtitles_after_the_end_are_a_warning(wanflow: Wanflow, film: Path) -> None:
    """Once for each file, soft or burned in, with the first time; a line that begins before the end is none."""
    late = "1\n00:00:01,000 --> 00:00:02,000\nhello\n\n2\n00:10:00,000 --> 00:10:01,000\nlate\n"
    (film.parent / "subs.en.srt").write_text(late, encoding="utf-8")
    (film.parent / "subs.zh.srt").write_text(f"{late}\n3\n01:00:00,500 --> 01:00:01,000\nlater\n", encoding="utf-8")
    done = wanflow("run")
    seconds = f"{LENGTH / 30:g}"
    one = f"`subs.en.srt`: 1 subtitle begins after the end of the cut ({seconds} s), at 00:10:00,000"
    two = f"`subs.zh.srt`: 2 subtitles begin after the end of the cut ({seconds} s), the first at 00:10:00,000"
    assert [done.err.count(words) for words in (one, two)] == [1, 1]
    known = wanflow("validate")
    assert known.code == 0
    assert f"warning: {one} (line 6)" in known.out
    assert f"warning: {two} (line 6)" in known.out


def test_an_edit_goes_to_editing_suites_with_its_joins(wanflow: Wanflow, assembled: Path) -> None:
    """Read back with the library: as long as the film, with transitions, pictures and titles as what they are."""
    assert wanflow("export", "main").code == 0
    timeline = otio.adapters.read_from_file("out/main.otio")
    video, audio, _music = timeline.tracks
    assert round(video.duration().to_seconds() * 30) == round(audio.duration().to_seconds() * 30) == LENGTH
    joins = [each for each in video if isinstance(each, otio.schema.Transition)]
    assert [(join.name, int(join.out_offset.value)) for join in joins] == [
        ("fade", 15),
        ("dissolve", 15),
        ("wipe", 15),
        ("dissolve", 15),
    ]
    clips = [each for each in video if isinstance(each, otio.schema.Clip)]
    assert [clip.media_reference.schema_name() for clip in clips].count("GeneratorReference") == 1
    assert clips[4].media_reference.parameters["text"] == "The End: 100% 'done'"
    assert wanflow("export", "main", "--format", "edl").code == 0
    edl = otio.adapters.read_from_file("out/main.edl", rate=30)
    assert round(edl.duration().to_seconds() * 30) == LENGTH
    assert Path("out/main.edl").read_text(encoding="utf-8").count(" D ") == 3
    assert wanflow("export", "main", "--format", "srt").code == 0
    assert Path("out/main.srt").read_text(encoding="utf-8").count(" --> ") == 6


def test_what_a_cut_is_made_of_can_be_shown(wanflow: Wanflow, film: Path) -> None:
    """In the words of the file, with the place of each."""
    said = wanflow("show", "cut:main").out
    for words in (
        "one.mp4, fade 0.5 s",
        "title \"The End: 100% 'done'\", 2 s, dissolve 0.5 s, on #000080",
        "theme.wav, gain -12 dB, fade 0.5 s, ducks",
        "subs.zh.srt, language zh, burned in",
        "-20 LUFS",
        "wanflow.yaml:6:9",
    ):
        assert words in said, said


def test_a_clip_that_turned_out_too_short_is_said_and_nothing_is_lost(wanflow: Wanflow, film: Path) -> None:
    """The check knows the files; a transition that doesn't fit stops the cut before anything is made."""
    numbered_clip(Path("two.mp4"), 12, (320, 240), first=100)
    done = wanflow("run")
    assert done.code == 2
    assert "wanflow.yaml:7:44" in done.err or "`two.mp4` plays for 0.4 s, and its transitions take 0.5 s" in done.err
    assert not Path("out").exists()
