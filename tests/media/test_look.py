"""Frames as people see them: in films, pieces and pictures alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from kit.assembly import recipe_of, segment_of
from kit.clips import numbered_clip
from kit.unusual_clips import ff
from wanflow.media.extract import extract_frame, extract_piece
from wanflow.media.jobs import RunningProcesses
from wanflow.media.picture.still import read_still
from wanflow.media.probe import probe

SIZE = (320, 180)
CURVES = {"PQ": ("smpte2084", 0.58, 0.7518), "HLG": ("arib-std-b67", 0.75, 1.0)}
"""Curves of high dynamic range with the signals of reference white and of 1000 nits (ITU-R BT.2408)."""


def drawn(path: Path, source: str, *options: object) -> Path:
    """A clip of a source of ffmpeg, of half a second unless its options say otherwise."""
    ff("-f", "lavfi", "-i", source, "-t", 0.5, *options, path)
    return path


def hdr(path: Path, curve: str, signal: float) -> Path:
    """A grey of this signal, tagged as telephones tag it."""
    grey = f"nullsrc=s=320x180:r=30,format=yuv420p10le,geq=lum={int(64 + 876 * signal)}:cb=512:cr=512"
    return drawn(path, f"{grey},{tagged(curve)}", "-c:v", "libx264", "-crf", 1)


def tagged(curve: str) -> str:
    """The filter that tags frames as BT.2020 with a curve."""
    return f"setparams=color_primaries=bt2020:color_trc={curve}:colorspace=bt2020nc:range=tv"


def shown(clip: Path, number: int = 7) -> Iterator[Image.Image]:
    """A frame of a clip as a segment, a piece and a picture show it, all of them in RGB."""
    segment, piece, picture = segment_of(clip), clip.with_name("piece.mp4"), clip.with_name("frame.png")
    frames = probe(clip).frames
    extract_piece(clip, 0, frames - 1, piece, processes=RunningProcesses(), progress=None)
    for film in (segment, piece):
        extract_frame(film, number, picture)
        yield read_still(picture)
    extract_frame(clip, number, picture)
    yield read_still(picture)


def levels(clip: Path, *places: float) -> list[list[tuple[int, ...]]]:
    """The colours at these shares of the width, in the middle of the height, of each way to show a clip."""
    found = []
    for picture in shown(clip):
        spots = [(int(picture.width * place), picture.height // 2) for place in places]
        found.append([pixel for pixel in map(picture.getpixel, spots) if isinstance(pixel, tuple)])
    return found


@pytest.mark.parametrize("name", CURVES)
def test_the_white_of_hdr_is_white_and_brighter_light_is_brighter(tmp_path: Path, name: str) -> None:
    """Reference white comes out at 231 of 255, so that highlights keep their shape."""
    curve, white, bright = CURVES[name]
    assert probe(hdr(tmp_path / "white.mp4", curve, white)).hdr == name
    for one, other in zip(
        levels(tmp_path / "white.mp4", 0.5), levels(hdr(tmp_path / "bright.mp4", curve, bright), 0.5), strict=True
    ):
        assert one[0] == pytest.approx((231,) * 3, abs=3)
        assert other[0] == pytest.approx((251,) * 3, abs=3)


def test_wide_colours_of_standard_range_are_converted(tmp_path: Path) -> None:
    """A red of BT.2020 that BT.709 has as well is that red."""
    to_wide = (
        "scale=out_color_matrix=bt709,format=yuv444p,zscale=p=bt2020:m=bt2020nc:t=bt709:pin=bt709:min=bt709:tin=bt709"
    )
    source = f"color=0xC83C28:s=320x180:r=30,format=rgb24,{to_wide},{tagged('bt709')}"
    clip = drawn(tmp_path / "wide.mp4", source, "-c:v", "libx264", "-crf", 1, "-pix_fmt", "yuv420p")
    assert [one for (one,) in levels(clip, 0.5)] == [pytest.approx((200, 60, 40), abs=5)] * 3


ALPHA = {
    "png": ("a.mov", "png", "rgba"),
    "qtrle": ("a.mov", "qtrle", "argb"),
    "prores": ("a.mov", "prores_ks", "yuva444p10le"),
    "vp8": ("a.webm", "libvpx", "yuva420p"),
    "vp9": ("a.webm", "libvpx-vp9", "yuva420p"),
    "ffv1": ("a.mkv", "ffv1", "yuva420p"),
}


@pytest.mark.parametrize("kind", ALPHA)
def test_clear_frames_lie_over_black(tmp_path: Path, kind: str) -> None:
    """Red on the left, half of it in the middle, and white that is clear on the right."""
    name, codec, pixels = ALPHA[kind]
    boxes = "drawbox=w=107:h=ih:color=red:t=fill:replace=1,drawbox=x=107:w=106:h=ih:color=red@0.5:t=fill:replace=1"
    source = f"color=white@0:s=320x180:r=30,format=rgba,{boxes}"
    more = ("-profile:v", 4444) if kind == "prores" else ("-auto-alt-ref", 0) if kind == "vp8" else ()
    clip = drawn(tmp_path / name, source, "-c:v", codec, *more, "-pix_fmt", pixels)
    for left, middle, right in levels(clip, 0.1, 0.5, 0.9):
        assert left == pytest.approx((253, 0, 0), abs=6)
        assert middle == pytest.approx((127, 0, 0), abs=6)
        assert right == pytest.approx((0, 0, 0), abs=3)


def test_clear_frames_in_hdr_are_whole(tmp_path: Path) -> None:
    """All lines of an opaque white: ffmpeg 9 spoils some where it drops an alpha channel of 16 bits."""
    white = f"nullsrc=s=320x180:r=30,format=yuva444p10le,geq=lum={int(64 + 876 * 0.58)}:cb=512:cr=512:a=1023"
    source = f"{white},{tagged('smpte2084')}"
    clip = drawn(tmp_path / "a.mov", source, "-c:v", "prores_ks", "-profile:v", 4444, "-pix_fmt", "yuva444p10le")
    assert probe(clip).hdr == "PQ"
    for picture in shown(clip):
        lowest = min(low for low, _ in picture.getextrema() if isinstance(low, int))
        assert lowest == pytest.approx(231, abs=4)


ORIENTATIONS = (
    *((turn, "", False) for turn in (0, 90, 180, 270)),
    *((turn, "-display_hflip:v", False) for turn in (0, 90, 180, 270)),
    (0, "-display_vflip:v", False),
    (90, "-display_hflip:v", True),
    (270, "", True),
)


@pytest.mark.parametrize(("turn", "flip", "variable"), ORIENTATIONS)
def test_a_mirrored_video_is_seen_as_players_show_it(tmp_path: Path, turn: int, flip: str, *, variable: bool) -> None:
    """Front cameras write a matrix that mirrors; it may turn as well, also where wanflow decodes for ffmpeg."""
    plain, clip = tmp_path / "plain.mp4", tmp_path / "clip.mp4"
    times = [0, 1, 3, 4, 5, 8, 9, 10, 11] if variable else None
    numbered_clip(plain, 9, SIZE, first=0b110100100000, sound=False, times=times)
    ff("-display_rotation:v", turn, *([flip] if flip else []), "-i", plain, "-c", "copy", clip)
    ff("-i", clip, "-frames:v", 1, tmp_path / "player.bmp")
    wanted = read_still(tmp_path / "player.bmp")
    assert (probe(clip).width, probe(clip).height) == wanted.size
    for way, picture in enumerate(shown(clip, 0)):
        seen = picture if way else picture.crop(_window(wanted.size)).resize(wanted.size)
        assert ImageStat.Stat(ImageChops.difference(seen, wanted)).mean[0] < 12


def _window(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a picture of this size lies in a segment, between bars."""
    width = min(SIZE[0], SIZE[1] * size[0] // size[1])
    left = (SIZE[0] - width) // 2
    return left, 0, left + width, SIZE[1]


def interlaced(path: Path, order: str, *options: object) -> Path:
    """A bar that moves by 8 pixels in each field, 50 fields a second."""
    bar = r"geq=lum='if(between(X\,mod(N*8\,280)\,mod(N*8\,280)+40)\,235\,16)':cb=128:cr=128,format=yuv420p"
    fields = f"tinterlace=interleave_{'top' if order == 'tff' else 'bottom'},setfield={order},format=yuv420p"
    return drawn(path, f"nullsrc=s=320x240:r=50,{bar},{fields}", *options)


def combing(picture: Image.Image) -> float:
    """How much lines differ from the mean of their neighbours."""
    grey = picture.convert("L")
    even = grey.resize((grey.width, grey.height // 2), Image.Resampling.NEAREST, box=(0, 0, *grey.size))
    odd = ImageChops.offset(grey, 0, -1).resize(even.size, Image.Resampling.NEAREST, box=(0, 0, *grey.size))
    return ImageStat.Stat(ImageChops.difference(even, odd)).mean[0]


INTERLACED = {
    "top first": ("tff", "a.mp4", ("-c:v", "libx264", "-flags", "+ilme+ildct", "-x264opts", "tff=1", "-qp", 10)),
    "bottom first": ("bff", "a.mp4", ("-c:v", "libx264", "-flags", "+ilme+ildct", "-x264opts", "bff=1", "-qp", 10)),
    "mpeg2 ts": ("tff", "a.ts", ("-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-q:v", 2)),
    "prores": ("tff", "a.mov", ("-c:v", "prores_ks", "-flags", "+ildct")),
}


@pytest.mark.parametrize("kind", INTERLACED)
def test_fields_become_whole_frames(tmp_path: Path, kind: str) -> None:
    """As many frames as before, and no teeth at the edges of what moves."""
    order, name, options = INTERLACED[kind]
    clip = interlaced(tmp_path / name, order, *options)
    with av.open(str(clip)) as container:
        raw = [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]
    assert combing(raw[7]) > 8
    for picture in shown(clip):
        assert combing(picture) < 1.5
    assert probe(segment_of(clip, recipe_of(clip))).frames == round(len(raw) * 30 / 25)


def test_fields_are_seen_behind_a_progressive_beginning(tmp_path: Path) -> None:
    """A title may come before the film."""
    options = ("-c:v", "mpeg2video", "-q:v", 2, "-g", 1)
    drawn(tmp_path / "title.ts", "color=gray:s=320x240:r=25,format=yuv420p", *options)
    interlaced(tmp_path / "film.ts", "tff", *options, "-flags", "+ilme+ildct")
    data = [(tmp_path / name).read_bytes() for name in ("title.ts", "film.ts")]
    (tmp_path / "both.mpg").write_bytes(data[0])
    ff("-i", f"concat:{tmp_path / 'title.ts'}|{tmp_path / 'film.ts'}", "-c", "copy", tmp_path / "both.mkv")
    for picture in shown(tmp_path / "both.mkv", 20):
        assert combing(picture) < 1.5


def test_whole_frames_in_a_container_of_fields_stay_sharp(tmp_path: Path) -> None:
    """What counts is how the frames themselves are marked."""
    lines = r"nullsrc=s=320x240:r=25,geq=lum='if(mod(Y\,2)\,200\,60)':cb=128:cr=128,format=yuv420p"
    clip = drawn(tmp_path / "a.mov", lines, "-c:v", "libx264", "-qp", 4, "-field_order", "tt")
    for picture in list(shown(clip))[1:]:
        assert combing(picture) > 100


def test_a_frame_and_its_mirror_differ(tmp_path: Path) -> None:
    """The picture of these tests tells left from right."""
    clip = numbered_clip(tmp_path / "plain.mp4", 1, SIZE, first=0b110100100000, sound=False)
    extract_frame(clip, 0, tmp_path / "frame.png")
    picture = read_still(tmp_path / "frame.png")
    assert ImageStat.Stat(ImageChops.difference(picture, ImageOps.mirror(picture))).mean[0] > 20
