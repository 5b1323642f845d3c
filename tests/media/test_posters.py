"""Posters, scrub strips, small films and waveforms: what a page shows instead of a file."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath

import pytest
from PIL import Image

from kit.clips import click_sound, drawn_clip, number_picture, numbered_clip, read_number, read_numbers
from kit.hostile_media import NAMES
from kit.unusual_clips import ff
from wanflow.errors import MediaFault, ToolFailed
from wanflow.language.source import Kind
from wanflow.media.clock import read_clock
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.posters import COLUMNS, MakeRendition, decoded_together, film_pictures, fit
from wanflow.media.probe import probe
from wanflow.store.renditions import STRIP_FRAMES, Rendition

BLACK = Image.new("RGB", (160, 120))


def made(source: Path, rendition: Rendition, kind: Kind = Kind.VIDEO, *, killed: bool = False) -> Path:
    """The rendition of a file, in a folder of its own beside it."""
    folder, processes = source.parent, RunningProcesses()
    if killed:
        processes.kill()
    target = PurePath("made") / f"{source.stem}{rendition.suffix}"
    MakeRendition(rendition, kind, PurePath(source.name), target).perform(Worker(folder, processes))
    return folder / target


def poster(source: Path, kind: Kind = Kind.VIDEO) -> Image.Image:
    """The poster of a file."""
    with Image.open(made(source, Rendition.POSTER, kind)) as picture:
        assert picture.format == "WEBP"
        return picture.convert("RGB")


def test_a_poster_is_from_within_the_film(tmp_path: Path) -> None:
    """From a third of it, whatever it begins with."""
    assert read_number(poster(numbered_clip(tmp_path / "clip.mp4", 30, (160, 120)))) == 10


def test_a_poster_is_never_black_where_the_film_is_not(tmp_path: Path) -> None:
    """A film that shows something only for a while; one that is black throughout has a black poster."""
    drawn = [BLACK] * 20 + [number_picture(1000, (160, 120))] * 4 + [BLACK] * 6
    assert read_number(poster(drawn_clip(tmp_path / "late.mp4", drawn))) == 1000
    assert max(high for _, high in poster(drawn_clip(tmp_path / "black.mp4", [BLACK] * 3)).getextrema()) < 20


def test_a_poster_of_a_picture_is_small_and_opaque(tmp_path: Path) -> None:
    """Nothing is made larger; what is clear is seen over black."""
    Image.new("RGBA", (1280, 720), (250, 0, 0, 0)).save(tmp_path / "clear.png")
    picture = poster(tmp_path / "clear.png", Kind.IMAGE)
    assert picture.size == (480, 270)
    assert max(high for _, high in picture.getextrema()) < 8
    number_picture(5, (64, 48)).save(tmp_path / "small.png")
    assert poster(tmp_path / "small.png", Kind.IMAGE).size == (64, 48)


def test_a_still_of_a_report_is_no_larger_than_a_screen(tmp_path: Path) -> None:
    """A picture of 4K takes some megabytes, and a report has many of them."""
    Image.new("RGB", (4096, 2048), "#406080").save(tmp_path / "large.png")
    with Image.open(made(tmp_path / "large.png", Rendition.STILL, Kind.IMAGE)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (1280, 640))


@pytest.mark.parametrize(("frames", "shown"), [(40, list(range(1, 40, 2))), (1, [0] * 20)])
def test_a_strip_shows_the_whole_film_in_even_steps(tmp_path: Path, frames: int, shown: list[int]) -> None:
    """Twenty stills of one width side by side, also of a film that has fewer frames."""
    strip = made(numbered_clip(tmp_path / "clip.mp4", frames, (320, 240)), Rendition.STRIP)
    with Image.open(strip) as picture:
        assert picture.size == (160 * STRIP_FRAMES, 120)
        tiles = [picture.crop((160 * place, 0, 160 * (place + 1), 120)) for place in range(STRIP_FRAMES)]
    assert list(map(read_number, tiles)) == shown


def test_the_stills_of_a_long_film_are_searched_for(tmp_path: Path) -> None:
    """An hour between two stills is not decoded, unless the file has no index."""
    clip, places = numbered_clip(tmp_path / "long.mp4", 600, (64, 48)), [3, 10, 420, 599]
    clock = read_clock(clip)
    assert decoded_together(clock, places) == [[3, 10], [420, 599]]
    assert decoded_together(replace(clock, direct=False), places) == [places]
    found = film_pictures(clip, clock, places, 64, tmp_path / "draft", RunningProcesses())
    assert [read_number(picture) for picture in found] == places


def test_the_stills_of_an_hdr_film_have_the_colours_of_other_films(tmp_path: Path) -> None:
    """White of PQ is white on a page; the raw signal would be a middle grey."""
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    source = f"color=c=0x949494:s=320x240:r=10:d=1,format=yuv420p10le,{tags}"
    ff("-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "hdr.mp4")
    assert probe(tmp_path / "hdr.mp4").hdr == "PQ"
    with Image.open(made(tmp_path / "hdr.mp4", Rendition.STRIP)) as picture:
        assert picture.size == (160 * STRIP_FRAMES, 120)
        levels = {picture.convert("L").getpixel((160 * place + 80, 60)) for place in range(STRIP_FRAMES)}
    assert min(levels) > 180, levels


def test_a_preview_is_silent_small_and_short(tmp_path: Path) -> None:
    """The first ten seconds of 15, at 360 lines; it plays before all of it has come."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, (640, 480), 2)
    film = made(clip, Rendition.PREVIEW)
    facts = probe(film)
    assert (facts.width, facts.height, facts.frames, facts.samples) == (480, 360, 20, 0)
    assert read_numbers(film) == list(range(20))
    data = film.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("times", [None, [0, 1, 2, 5, 6, 8, 9, 11, 12, 15]], ids=["steady", "variable"])
def test_a_proxy_has_the_whole_film_with_its_sound(tmp_path: Path, times: list[int] | None) -> None:
    """Also of a film whose pictures do not come at a constant rate."""
    clip = numbered_clip(tmp_path / "clip.mov", 10, (320, 240), times=times, container_format="mov")
    before, facts = probe(clip), probe(made(clip, Rendition.PROXY))
    assert (facts.width, facts.height, facts.frames, facts.rate) == (320, 240, before.frames, before.rate)
    assert facts.seconds == before.seconds
    assert Fraction(facts.samples, 48_000) == facts.seconds


@pytest.mark.parametrize("kind", [Kind.AUDIO, Kind.VIDEO])
def test_a_waveform_shows_where_the_sound_is(tmp_path: Path, kind: Kind) -> None:
    """A click at the beginning of a second: high at the left, flat behind it; the file holds a shape and no text."""
    clip = tmp_path / "clip.mov"
    if kind is Kind.AUDIO:
        click_sound(clip, 48_000)
    else:
        numbered_clip(clip, 30, (64, 48))
    text = made(clip, Rendition.PEAKS, kind).read_text(encoding="ascii")
    points = [tuple(map(int, pair)) for pair in re.findall(r"(\d+) (\d+)[ Z]", text.partition(' d="M')[2])]
    heights = [50 - height for _, height in points[:COLUMNS]]
    assert ([place for place, _ in points[:COLUMNS]], len(points)) == (list(range(COLUMNS)), 2 * COLUMNS)
    assert heights[0] > 20
    assert max(heights[20:]) == 1
    assert re.fullmatch(
        r'<svg xmlns="[a-z0-9:/.]+" viewBox="[\d ]+" preserveAspectRatio="none"><path [^<]*/></svg>\n', text
    )


def test_a_silent_film_has_no_waveform(tmp_path: Path) -> None:
    """The reason names the file; nothing is left."""
    with pytest.raises(MediaFault, match=r"`clip\.mp4` has no sound track"):
        made(numbered_clip(tmp_path / "clip.mp4", 3, (64, 48), sound=False), Rendition.PEAKS)
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_means_nothing(tmp_path: Path, name: str) -> None:
    """Neither an option, a protocol nor a pattern."""
    clip = numbered_clip(tmp_path / name, 3, (64, 48))
    assert all(made(clip, rendition).stat().st_size for rendition in Rendition)


@pytest.mark.parametrize("rendition", Rendition)
def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path, rendition: Rendition) -> None:
    """Neither a finished nor a partial file."""
    (tmp_path / "odd.mp4").write_bytes(b"\0\0\0\x18ftypmp42 and then nothing of use")
    with pytest.raises(MediaFault):
        made(tmp_path / "odd.mp4", rendition)
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("rendition", [each for each in Rendition if each is not Rendition.POSTER])
def test_what_is_stopped_leaves_nothing(tmp_path: Path, rendition: Rendition) -> None:
    """Work that is cancelled ends at the next picture, the next part of a sound or with its ffmpeg."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, (64, 48))
    with pytest.raises(ToolFailed):
        made(clip, rendition, killed=True)
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("rendition", Rendition)
def test_it_is_made_once_and_always_alike(tmp_path: Path, rendition: Rendition) -> None:
    """What is here is not touched, and two machines' files are the same; the source is only read."""
    clip = numbered_clip(tmp_path / "clip.mp4", 12, (320, 240))
    clip.chmod(0o444)
    first = made(clip, rendition)
    before = first.stat().st_ino, first.stat().st_mtime_ns
    again = made(clip, rendition)
    assert (again.stat().st_ino, again.stat().st_mtime_ns) == before
    content = first.read_bytes()
    first.unlink()
    assert made(clip, rendition).read_bytes() == content


@pytest.mark.parametrize(
    ("size", "longer", "shorter", "fitted"),
    [
        ((1920, 1080), 480, None, (480, 270)),
        ((1080, 1920), None, 360, (360, 640)),
        ((320, 240), 480, None, (320, 240)),
        ((8000, 4), 160, None, (160, 1)),
    ],
)
def test_sizes_keep_their_shape(size: tuple[int, int], longer: int, shorter: int, fitted: tuple[int, int]) -> None:
    """Nothing is made larger, and no side is lost."""
    assert fit(size, longer=longer, shorter=shorter) == fitted
