"""Size, rate and fit of a cut: exact to the frame and pixel, and built again only where they changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite

from kit.served import Served
from wanflow.media import probe
from wanflow.media.picture.segment import fit_crop

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: sets/coast.png, prompt: nearer}
cuts:
  main: [coast, near]
  wide: {items: [coast, near], size: 640x240, fps: 24, slate: false}
  phone: {items: [coast], size: 180x320, fps: 29.97, fit: crop, slate: false}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A production whose clips are 320x240 at 30 frames a second, and three cuts of other shapes."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def brightness(file: Path, column: int) -> float:
    """How bright a column of the first picture is, from 0 to 255."""
    with av.open(str(file)) as container:
        picture = next(container.decode(video=0)).to_image().convert("L")
    height = picture.height
    return sum(picture.getpixel((column, row)) for row in range(height)) / height


def test_a_cut_has_the_shape_that_it_asks_for(wanflow: Wanflow, service: Served) -> None:
    """Bars beside a picture that is narrower, none where it is cropped; n/1001 where a rate is written short."""
    assert wanflow(*RUN).code == 0
    main, wide, phone = (probe.probe(Path(f"out/{name}.mp4")) for name in ("main", "wide", "phone"))
    assert (main.width, main.height, main.frames, main.rate) == (320, 240, 120, 30)
    assert (wide.width, wide.height, wide.frames, wide.rate) == (640, 240, 96, 24)
    assert (phone.width, phone.height, phone.rate) == (180, 320, Fraction(30000, 1001))
    assert phone.frames == 60
    assert brightness(Path("out/wide.mp4"), 8) < 20 < brightness(Path("out/wide.mp4"), 320)
    assert min(brightness(Path("out/phone.mp4"), column) for column in (2, 90, 177)) > 20


def test_another_shape_makes_only_its_own_cut_again(wanflow: Wanflow, service: Served) -> None:
    """The segments of the others stay; without a change there is nothing to do."""
    assert wanflow(*RUN).code == 0
    assert "nothing to do" in wanflow("plan").out
    rewrite("size: 640x240", "size: 640x242")
    done = [json.loads(line) for line in wanflow(*RUN, "--json").out.splitlines()]
    written = [event for event in done if event["event"] == "cut.finished"]
    assert [(event["node"], event["segments"]) for event in written] == [("cut:wide", {"encoded": 2, "copied": 0})]
    rewrite("size: 640x242", "size: 640x240")
    done = [json.loads(line) for line in wanflow(*RUN, "--json").out.splitlines()]
    written = [event for event in done if event["event"] == "cut.finished"]
    assert [event["segments"] for event in written] == [{"encoded": 0, "copied": 2}]


@pytest.mark.parametrize(
    ("shape", "column", "message"),
    [
        ("size: 641x240", 32, "`size` must be width x height in even numbers of pixels, not `641x240`"),
        ("size: 640*240", 32, "not `640*240`"),
        ("size: 8x8", 32, "not `8x8`"),
        ("fps: 0", 31, "`fps` must be 1 to 120 frames a second, not `0`"),
        ("fps: 240", 31, "not `240`"),
        ("fps: '24'", 31, "`fps`"),
        ("fit: stretch", 31, "`fit` must be one of `bars`, `crop`"),
    ],
)
def test_a_shape_that_is_none_is_an_error_at_its_value(
    shape: str, column: int, message: str, wanflow: Wanflow, film: Path
) -> None:
    """Before anything is rendered."""
    film.write_text(f"{FILM.partition('cuts:')[0]}cuts:\n  main: {{items: [coast], {shape}}}\n", encoding="utf-8")
    said = wanflow("validate")
    assert said.code == 2
    assert f"wanflow.yaml:8:{column}: " in said.out
    assert message in said.out


@pytest.mark.parametrize("width", [2, 100, 320, 1920])
@pytest.mark.parametrize("height", [2, 99, 240, 1080])
def test_a_crop_covers_the_frame(width: int, height: int) -> None:
    """Whatever the clip's shape: no edge is left, and what is cut off lies on both sides."""
    window = fit_crop(width, height, 640, 360)
    assert window.width >= 640
    assert window.height >= 360
    assert 0 <= window.left <= window.width - 640
    assert 0 <= window.top <= window.height - 360
    assert abs(window.left - (window.width - 640 - window.left)) <= 2
