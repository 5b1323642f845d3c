"""Deliveries of a finished film: each form has every frame, as much sound, and what the film says of itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path, PurePath

import av
import pytest
from PIL import Image

from kit.assembly import film_of, made, recipe_of
from kit.clips import numbered_clip, read_number
from wanflow import timebase
from wanflow.errors import ToolMissing
from wanflow.language.production import Form
from wanflow.media import delivery
from wanflow.media.container import BadMedia
from wanflow.media.cut import Chapter, CutLabels, SubtitleTrack
from wanflow.media.delivery import CheckEncoders, EncodeDelivery
from wanflow.media.jobs import Worker
from wanflow.media.join_checks import measure
from wanflow.media.labels import read_labels

SIZE, RATE, FRAMES = (320, 240), Fraction(30000, 1001), 13
"""A film whose sound ends within an AAC packet."""
FILMS = {Form.H264: "h264", Form.H265: "hevc", Form.PRORES: "prores", Form.PROXY: "h264"}
LABEL = CutLabels("wan2.7-t2v", "c0ffee")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, with a `%d` in its name, of a film with numbered frames, a subtitle, two chapters and an AI label."""
    root = tmp_path_factory.mktemp("50%d off")
    clip = numbered_clip(root / "clip.mp4", FRAMES, SIZE, RATE)
    (root / "en.srt").write_text("1\n00:00:00,100 --> 00:00:00,300\nhello\n", encoding="utf-8")
    segment = made(clip, recipe_of(clip, rate=RATE, width=SIZE[0], height=SIZE[1]))
    more = {
        "tracks": (SubtitleTrack(PurePath("en.srt"), PurePath("film.eng.srt"), "eng"),),
        "chapters": (Chapter("one", 0, 7), Chapter("二", 7, FRAMES)),
        "label": LABEL,
    }
    film_of([segment], root / "film.mp4", **more)
    return root


def deliver(folder: Path, form: Form, name: str = "made", size: tuple[int, int] = SIZE, frames: int = FRAMES) -> Path:
    """Make a delivery of the film."""
    job = EncodeDelivery(form, PurePath("film.mp4"), frames, RATE, size, PurePath(f"{name}.{form}{form.suffix}"))
    seen: list[int] = []
    job.perform(Worker(folder, progress=seen.append))
    assert seen[-1] >= min(frames, 6)
    return folder / job.target


@pytest.mark.parametrize("form", FILMS)
def test_a_film_in_another_form_is_the_same_film(folder: Path, form: Form) -> None:
    """Frame by frame, with its sound to the sample, its subtitles, chapters, colours and AI label."""
    film = deliver(folder, form)
    with av.open(str(film)) as container:  # ProRes has 10 bits
        shown = [read_number(frame.to_image()) for frame in container.decode(video=0)]
    assert shown == [*range(FRAMES)]
    found = measure(film)
    assert (found.shape.codec, found.frames, found.shape.rate, found.shape.start) == (FILMS[form], FRAMES, RATE, 0)
    assert found.shape.colour == (1, 1, 1, 1)
    assert abs(found.samples - timebase.to_samples(FRAMES, RATE)) <= 1
    assert read_labels(film) == read_labels(folder / "film.mp4") != ()
    with av.open(str(film)) as container, av.open(str(folder / "film.mp4")) as before:
        assert container.metadata["major_brand"] == ("qt  " if form is Form.PRORES else "isom")
        assert [(each["start"] * each["time_base"], each["metadata"]) for each in container.chapters()] == [
            (each["start"] * each["time_base"], each["metadata"]) for each in before.chapters()
        ]
        assert [track.metadata["language"] for track in container.streams.subtitles] == ["eng"]
        tag = container.streams.video[0].codec_context.codec_tag
    assert tag == {Form.H265: "hvc1", Form.PRORES: "apch"}.get(form, "avc1")


def test_an_archive_has_exactly_as_many_samples_as_the_film(folder: Path) -> None:
    """AAC decodes in whole packets; the last one is cut off."""
    with av.open(str(deliver(folder, Form.PRORES))) as container:
        sound = container.streams.audio[0]
        assert sound.codec_context.name == "pcm_s24le"
        assert sum(frame.samples for frame in container.decode(sound)) == timebase.to_samples(FRAMES, RATE)


def test_pictures_are_the_frames_with_their_label(folder: Path) -> None:
    """Numbered from 1, in the colours of the film, also below a folder with a `%` in its name."""
    pictures = sorted(deliver(folder, Form.PNG).iterdir())
    assert [picture.name for picture in pictures] == [f"{number:06d}.png" for number in range(1, FRAMES + 1)]
    with Image.open(pictures[3]) as picture, av.open(str(folder / "film.mp4")) as film:
        assert picture.info["AIGC"] == read_labels(folder / "film.mp4")[0]
        frame = [*film.decode(video=0)][3].reformat(format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709")
        differing = zip(picture.convert("L").tobytes(), frame.to_image().convert("L").tobytes(), strict=True)
        assert sum(abs(one - other) for one, other in differing) / (SIZE[0] * SIZE[1]) < 2


def test_a_lost_picture_is_noticed(folder: Path) -> None:
    """A folder that lacks frames of the film is not a delivery."""
    with pytest.raises(BadMedia, match="came out with 13 pictures, not 14"):
        deliver(folder, Form.PNG, "short", frames=FRAMES + 1)


def test_a_gif_is_half_as_fast_and_says_that_it_is_made_by_ai(folder: Path) -> None:
    """At most 15 pictures a second; it plays again and again, and leaves no palette behind."""
    gif = deliver(folder, Form.GIF)
    with Image.open(gif) as picture:
        assert (picture.n_frames, picture.size, picture.info["loop"]) == (7, SIZE, 0)
        assert picture.info["comment"].decode() == f"AIGC={read_labels(folder / 'film.mp4')[0]}"
    assert not [*folder.glob("*.palette")]


def test_sizes_are_bounded_and_even() -> None:
    """A proxy has 540 lines or columns at most, a GIF is 480 high at most; nothing is enlarged."""
    job = EncodeDelivery(Form.PROXY, PurePath("f"), 1, RATE, (1080, 1922), PurePath("t"))
    (scaled,) = (word for word in delivery.film_arguments(job, Path("f"), Path("t")) if word.startswith("scale="))
    assert scaled.startswith("scale=540:960:")
    wide = EncodeDelivery(Form.GIF, PurePath("f"), 1, RATE, (1920, 1080), PurePath("t"))
    assert any("scale=853:480" in word for word in delivery.gif_arguments(wide, Path("f"), Path("p"), Path("t"))[0])
    small = EncodeDelivery(Form.GIF, PurePath("f"), 1, Fraction(10), (64, 36), PurePath("t"))
    assert any(
        "fps=10,scale=64:36" in word for word in delivery.gif_arguments(small, Path("f"), Path("p"), Path("t"))[1]
    )


def test_a_missing_encoder_is_named_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the form that needs it, and a way out."""
    binary = tmp_path / "ffmpeg"
    binary.write_text("#!/bin/sh\necho ' V....D libx264  H.264'\n", encoding="utf-8")
    binary.chmod(0o755)
    monkeypatch.setenv("WANFLOW_FFMPEG", str(binary))
    CheckEncoders((Form.H264, Form.PROXY)).perform(Worker(tmp_path))
    with pytest.raises(ToolMissing, match="`h265` needs the encoder `libx265`") as caught:
        CheckEncoders((Form.H264, Form.H265)).perform(Worker(tmp_path))
    assert "imageio-ffmpeg" in str(caught.value.hint)
