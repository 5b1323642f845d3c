"""Chapters: the file that ffmpeg reads them from, and what is in the film then."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import pytest

from kit.clips import numbered_clip, read_numbers
from wanflow.media import encoder
from wanflow.media.cut import Chapter, chapter_file, input_arguments, mux_options
from wanflow.media.extract import arguments_of
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import require_cut
from wanflow.media.labels import MOVFLAGS
from wanflow.media.probe import check_film
from wanflow.media.text.subtitle_file import Line, read_lines
from wanflow.media.text.subtitles import to_srt, track_words

THIRTY = Fraction(30)
HOSTILE = "a=b; #c \\d\\ [CHAPTER] 'e' \"f\" 灯塔 🎬"


def muxed(clip: Path, words: str, subtitles: list[tuple[str, str | None]], rate: Fraction) -> Path:
    """A film of a clip's picture and sound with chapters and subtitle tracks, as a cut is assembled."""
    notes, target = clip.with_name("words.ffmetadata"), clip.with_name("film.mp4")
    notes.write_text(words, encoding="utf-8")
    film = ffmpeg.input(str(clip))
    tracks = []
    for number, (text, _) in enumerate(subtitles):
        path = clip.with_name(f"{number}.srt")
        path.write_text(text, encoding="utf-8")
        tracks.append(ffmpeg.input(str(path), f="srt")["s"])
    told = track_words([(language, None) for _, language in subtitles])
    options = {
        **encoder.FILM,
        **{option.removeprefix("-"): value for option, value in zip(told[::2], told[1::2], strict=True)},
        **mux_options(1 + len(tracks), rate),
        "movflags": MOVFLAGS,
    }
    output = ffmpeg.output(film.video, film.audio, *tracks, str(target), **options)
    run_ffmpeg(arguments_of(output.global_args(*input_arguments(notes))), processes=RunningProcesses())
    return target


def chapters_of(film: Path) -> list[tuple[str, Fraction, Fraction]]:
    """Title, begin and end in seconds of each chapter of a film."""
    with av.open(str(film)) as container:
        return [
            (found["metadata"]["title"], found["start"] * found["time_base"], found["end"] * found["time_base"])
            for found in container.chapters()
        ]


@pytest.mark.parametrize("rate", [THIRTY, Fraction(24000, 1001), Fraction(25)])
def test_a_film_carries_chapters_and_subtitles(tmp_path, rate):
    """Titles are equal, times exact, languages right, and picture and sound are as long as without."""
    clip = numbered_clip(tmp_path / "clip.mp4", 40, (64, 48), rate)
    chapters = [Chapter(HOSTILE, 0, 7), Chapter("two", 7, 8), Chapter("三", 8, 40)]
    lines = (Line(0, 400, "one"), Line(500, 9000, "two"))
    srt = to_srt(lines, frames=40, rate=rate)
    film = muxed(clip, chapter_file(chapters, rate), [(srt, "eng"), (srt, "zho"), (srt, "und")], rate)
    assert chapters_of(film) == [(each.title, each.begin / rate, each.end / rate) for each in chapters]
    require_cut(film, 40, rate)
    assert check_film(film).frames == 40
    assert read_numbers(film) == [*range(40)]
    with av.open(str(film)) as container:
        tracks = container.streams.subtitles
        assert [track.metadata["language"] for track in tracks] == ["eng", "zho", "und"]
        assert not any(track.disposition & track.disposition.forced for track in tracks)
        assert [bool(track.disposition & track.disposition.default) for track in tracks] == [True, False, False]
        assert container.duration <= 40 / rate * 1_000_000
        shown = [packet for packet in container.demux(tracks[1]) if packet.size > 2]
    times = [(packet.pts * packet.time_base, bytes(packet)[2:]) for packet in shown]
    (tmp_path / "read.srt").write_text(srt, encoding="utf-8")
    assert times == [(Fraction(line.begin_ms, 1000), line.text.encode()) for line in read_lines(tmp_path / "read.srt")]


def test_what_the_sources_say_stays_out(tmp_path):
    """Neither a clip's title nor the names that somebody gave its tracks are in the film."""
    plain, clip = numbered_clip(tmp_path / "plain.mp4", 10, (64, 48)), tmp_path / "clip.mp4"
    names = [
        "-metadata",
        "title=theirs",
        "-metadata:s:v",
        "handler_name=theirs",
        "-metadata:s:a",
        "handler_name=theirs",
    ]
    run_ffmpeg(["-i", str(plain), "-c", "copy", *names, str(clip)], processes=RunningProcesses())
    film = muxed(clip, chapter_file([], THIRTY, {"key": "ours"}), [], THIRTY)
    with av.open(str(film)) as container:
        assert container.metadata["key"] == "ours"
        said = [container.metadata, *(stream.metadata for stream in container.streams)]
    assert "theirs" not in {value for metadata in said for value in metadata.values()}


def test_subtitles_say_in_the_film_what_they_say(tmp_path):
    """Lines that overlap are all there, and no sign is taken for markup on the way."""
    clip = numbered_clip(tmp_path / "clip.mp4", 60, (64, 48))
    texts = ["C:\\New {\\an8} {x} <i>y</i> 3 < 4 & --&gt;", "together", "1984\n7"]
    lines = (Line(0, 1000, texts[0]), Line(500, 1000, texts[1]), Line(1000, 1500, texts[2]))
    film = muxed(clip, chapter_file([], THIRTY), [(to_srt(lines, frames=60, rate=THIRTY), "eng")], THIRTY)
    with av.open(str(film)) as container:
        found = [bytes(packet) for packet in container.demux(container.streams.subtitles[0]) if packet.size > 2]
    read = [data[2 : 2 + int.from_bytes(data[:2])].decode().replace("\u2060", "") for data in found]
    assert read == [texts[0], f"{texts[0]}\n{texts[1]}", texts[2]]


def test_a_chapter_of_an_hour_keeps_its_times(tmp_path):
    """The clock that ffmpeg chooses beside subtitles is so fine that a quarter of an hour of it doesn't fit."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, (64, 48))
    chapters = [Chapter("one", 0, 108_000), Chapter("two", 108_000, 108_001)]
    srt = to_srt((Line(0, 100, "a"),), frames=10, rate=THIRTY)
    film = muxed(clip, chapter_file(chapters, THIRTY), [(srt, "eng")], THIRTY)
    assert chapters_of(film) == [("one", 0, 3600), ("two", 3600, Fraction(108_001, 30))]


def test_times_are_frames_in_the_text():
    """The clock of a chapter is the film's own."""
    text = chapter_file([Chapter("a", 0, 5)], Fraction(30000, 1001), {"key": "v"})
    assert text == ";FFMETADATA1\nkey=v\n[CHAPTER]\nTIMEBASE=1001/30000\nSTART=0\nEND=5\ntitle=a\n"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("a\nb\r\n c\td", "a b c d"),
        ("a\x00b\x1b[31mc\x85\u2028d", "ab[31mc d"),
        ("a\ud800b", "ab"),
        ("", "1"),
        (" \n\x07", "1"),
        ("灯" * 100, "灯" * 85),
        ("=", "\\="),
        ("a\\", "a\\\\"),
        ("#;", "\\#\\;"),
    ],
)
def test_a_title_is_one_line(title, expected):
    """Control characters are gone, what ffmpeg would act on is escaped, an empty title is a number."""
    assert chapter_file([Chapter(title, 0, 5)], THIRTY).splitlines()[-1] == f"title={expected}"
