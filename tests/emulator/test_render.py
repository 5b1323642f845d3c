"""The films, looked at frame by frame: right in substance, and the same for the same request."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from kit.film_checks import frames, likeness, loudness, streams
from kit.film_set import EDIT, I2V, R2V, RULES, T2V, FilmFile, FilmSet, order
from wanflow.emulator.api import replies, validate
from wanflow.emulator.api.order import Grade, Order, OrderItem, Rejected, RenderedFilm, usage
from wanflow.emulator.api.tasks import Status, Task
from wanflow.errors import ToolFailed
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses


@pytest.fixture(scope="module")
def run_state(tmp_path_factory: pytest.TempPathFactory) -> FilmSet:
    """One set for all films of this file."""
    return FilmSet(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def coasts(run_state: FilmSet) -> dict[Grade, FilmFile]:
    """Two seconds from the day picture to the dusk picture."""
    asked = order(I2V, run_state.item("first_frame", run_state.day), run_state.item("last_frame", run_state.dusk))
    return {grade: run_state.film(asked, grade=grade) for grade in Grade}


@pytest.fixture(scope="module")
def coast(coasts: dict[Grade, FilmFile]) -> FilmFile:
    """A draft of them."""
    return coasts[Grade.DRAFT]


@pytest.mark.parametrize("grade", Grade)
def test_a_film_is_what_the_service_delivers(grade: Grade, coasts: dict[Grade, FilmFile]) -> None:
    """H.264 and AAC, 30 frames a second, exactly as long as asked in every stream, from zero on."""
    assert streams(coasts[grade].path) == {
        "size": (1280, 720),
        "rate": 30,
        "frames": 60,
        "video": ("h264", "yuv420p"),
        "audio": ("aac", 48_000, 2),
        "lengths": {Fraction(2)},
        "starts": {0},
    }


@pytest.mark.parametrize("grade", Grade)
def test_it_starts_on_the_first_frame_and_lands_on_the_last(
    grade: Grade, run_state: FilmSet, coasts: dict[Grade, FilmFile]
) -> None:
    """Frame 0 is the one picture, the last frame the other, and it moves in between."""
    seen = frames(coasts[grade].path)
    assert likeness(seen[0], Image.open(run_state.day)) > 36
    assert likeness(seen[-1], Image.open(run_state.dusk)) > 36
    assert all(likeness(seen[number], seen[number + 10]) < 45 for number in range(5, 45, 10))


def test_a_draft_encodes_half_of_its_frames(coasts: dict[Grade, FilmFile]) -> None:
    """Every other frame is a few bytes that no other refers to, and exactly the one before."""
    path = coasts[Grade.DRAFT].path
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.dts is not None]
    seen = frames(path)
    assert [packet[4] == 1 for packet in packets] == [False, True] * 30
    assert max(map(len, packets[1::2])) < 20
    assert all(seen[number].tobytes() == seen[number + 1].tobytes() for number in range(0, 60, 2))


def test_a_draft_of_many_pictures_and_an_odd_frame_is_whole(run_state: FilmSet, tmp_path: Path) -> None:
    """Numbers of pictures begin again within a group, and the last picture is one frame alone."""
    clip = run_state.film(order(I2V, run_state.item("first_frame", run_state.day), duration=3), grade=Grade.FINAL)
    odd = tmp_path / "odd.mp4"
    run_ffmpeg(["-i", str(clip.path), "-frames:v", "89", "-y", str(odd)], processes=RunningProcesses())
    film = run_state.film(order(EDIT, run_state.item("video", odd), prompt="noir", duration=0))
    assert film.frames == len(frames(film.path)) == 89


def test_a_long_film_moves_in_each_second(run_state: FilmSet) -> None:
    """From its first to its last, enough to be seen in small pictures, as checks compare them."""
    seen = frames(run_state.film(order(I2V, run_state.item("first_frame", run_state.day), duration=10)).path)
    small = [seen[number].resize((160, 90)) for number in range(0, 300, 30)]
    assert all(likeness(one, other) < 42 for one, other in pairwise(small))


def test_a_deep_grey_first_frame_keeps_its_level(run_state: FilmSet, tmp_path: Path) -> None:
    """Sixteen bits of grey are seen as eight of them."""
    Image.new("I;16", (1280, 720), 90 * 257).save(tmp_path / "deep.png")
    film = run_state.film(order(I2V, run_state.item("first_frame", tmp_path / "deep.png")))
    assert ImageStat.Stat(frames(film.path)[0].convert("L")).mean[0] == pytest.approx(90, abs=3)


def test_a_draft_is_panned_by_whole_pixels(run_state: FilmSet) -> None:
    """A frame is the picture, moved by some even number of pixels and no further changed, so that it stays sharp."""
    seen = frames(run_state.film(order(I2V, run_state.item("first_frame", run_state.day), duration=5)).path)
    middle = seen[75].crop((256, 144, 1024, 576))
    places = ((256 + right, 144 + down) for right in (-50, 50) for down in (-14, 14))
    alike = [likeness(seen[0].crop((left, top, left + 768, top + 432)), middle) for left, top in places]
    assert max(alike) > 40
    assert likeness(seen[0], seen[75]) < 30


def test_a_mark_is_drawn_where_it_is_asked_for(run_state: FilmSet, coast: FilmFile) -> None:
    """Bright letters at the lower right; the rest of the frame is as without it."""
    asked = order(
        I2V, run_state.item("first_frame", run_state.day), run_state.item("last_frame", run_state.dusk), watermark=True
    )
    corner, rest = (1140, 640, 1280, 720), (0, 0, 1140, 640)
    with_mark, without = frames(run_state.film(asked).path)[30], frames(coast.path)[30]
    assert likeness(with_mark.crop(rest), without.crop(rest)) > 36
    assert likeness(with_mark.crop(corner), without.crop(corner)) < 30


def test_the_same_request_gives_the_same_bytes(run_state: FilmSet, coast: FilmFile) -> None:
    """Under other names and addresses too; another seed gives another film."""
    asked = order(I2V, run_state.item("first_frame", run_state.day), run_state.item("last_frame", run_state.dusk))
    assert run_state.film(asked).path.read_bytes() == coast.path.read_bytes()
    other = run_state.film(replace(asked, settings={**asked.settings, "seed": 4}))
    assert other.path.read_bytes() != coast.path.read_bytes()


@pytest.mark.parametrize("grade", Grade)
def test_a_continuation_contains_its_clip_and_goes_on_from_there(
    grade: Grade, run_state: FilmSet, coast: FilmFile
) -> None:
    """The clip's 60 frames are there, the next one follows on without a jump.

    The last one is elsewhere, on the way back, so that a chain does not end in a few pixels of its first picture.
    """
    film = run_state.film(order(I2V, run_state.item("first_clip", coast.path), duration=3), grade=grade)
    old, new = frames(coast.path), frames(film.path)
    assert len(new) == 90
    assert min(likeness(one, other) for one, other in zip(old, new, strict=False)) > 40
    assert likeness(new[59], new[60]) > 40
    assert likeness(new[59], new[79]) < likeness(new[59], new[89]) < 30
    assert usage(order(I2V, duration=3), [film])["duration"] == 3


def test_a_continuation_lands_on_a_last_frame(run_state: FilmSet, coast: FilmFile) -> None:
    """The clip is untouched, the last frame is the picture."""
    film = run_state.film(
        order(I2V, run_state.item("first_clip", coast.path), run_state.item("last_frame", run_state.day), duration=3)
    )
    old, new = frames(coast.path), frames(film.path)
    assert likeness(old[59], new[59]) > 40
    assert likeness(new[-1], Image.open(run_state.day)) > 36


@pytest.mark.parametrize("grade", Grade)
def test_references_are_shown_with_the_videos_moving_and_the_voices_heard(
    grade: Grade, run_state: FilmSet, coast: FilmFile
) -> None:
    """A picture lies still on the left, a video moves on the right; after the voice only the quiet tone is heard."""
    film = run_state.film(
        order(
            R2V,
            run_state.item("reference_image", run_state.day, run_state.voice),
            run_state.item("reference_video", coast.path),
            ratio="16:9",
        ),
        grade=grade,
    )
    first, last = (frames(film.path)[number] for number in (0, -1))
    left, right = (200, 260, 600, 460), (720, 260, 1120, 460)
    assert likeness(first.crop(left), last.crop(left)) > likeness(first.crop(right), last.crop(right)) + 3
    assert likeness(first.crop(right), first.crop(left)) > 20
    assert loudness(film.path, 0.2, 0.8) > -20
    assert -60 < loudness(film.path, 1.2, 1.6) < -30
    assert film.inputs == (Fraction(2),)
    assert usage(order(R2V), [film])["duration"] == 4


def test_a_first_frame_opens_a_film_of_references(run_state: FilmSet) -> None:
    """It decides the size, and the references follow."""
    film = run_state.film(
        order(
            R2V,
            run_state.item("reference_image", run_state.dusk),
            run_state.item("first_frame", run_state.day),
            ratio="9:16",
        )
    )
    seen = frames(film.path)
    assert seen[0].size == (1280, 720)
    assert likeness(seen[0], Image.open(run_state.day)) > 36
    assert likeness(seen[-1], seen[0]) < 20


def test_an_edit_is_its_input_under_a_grade(run_state: FilmSet, coast: FilmFile) -> None:
    """As many frames as the input, with its sound, and for noir without any colour."""
    film = run_state.film(
        order(EDIT, run_state.item("video", coast.path), prompt="Turn it into film noir.", duration=0)
    )
    old, new = frames(coast.path), frames(film.path)
    assert len(new) == len(old) == 60
    assert _colour(old[0]) > 40
    assert _colour(new[0]) < 4
    assert abs(loudness(film.path, 0.5, 1.5) - loudness(coast.path, 0.5, 1.5)) < 1
    assert usage(order(EDIT), [film])["duration"] == 4


def test_an_edit_without_a_known_word_still_shows(run_state: FilmSet, coast: FilmFile) -> None:
    """A tint by the seed; a ratio and a length are obeyed."""
    item = run_state.item("video", coast.path)
    film = run_state.film(order(EDIT, item, prompt="Give her a red coat.", ratio="1:1", duration=2))
    seen = frames(film.path)
    assert seen[0].size == (960, 960)
    assert likeness(seen[0], frames(coast.path)[0].crop((280, 0, 1000, 720)).resize((960, 960))) < 30


@pytest.mark.parametrize("grade", Grade)
def test_night_is_dark_and_rain_falls(grade: Grade, run_state: FilmSet, coast: FilmFile) -> None:
    """The look follows the words, in Chinese too; drops are somewhere else in the next picture."""
    clip = run_state.item("video", coast.path)
    film = run_state.film(order(EDIT, clip, prompt="把白天变成夜晚，下雨"), grade=grade)
    old, new = frames(coast.path), frames(film.path)
    assert _light(new[0]) < _light(old[0]) * 0.6
    assert likeness(old[0], old[2]) > likeness(new[0], new[2]) + 5


def test_a_driving_audio_is_the_sound_track(run_state: FilmSet) -> None:
    """Heard as long as it lasts, then silence (service.md 2.2)."""
    media = run_state.item("first_frame", run_state.day), run_state.item("driving_audio", run_state.music)
    film = run_state.film(order(I2V, *media, duration=3))
    assert loudness(film.path, 0.1, 1.9) > -20
    assert loudness(film.path, 2.1, 2.9) < -70
    assert streams(film.path)["lengths"] == {Fraction(3)}


@pytest.mark.parametrize(("ratio", "size"), [("16:9", (1280, 720)), ("9:16", (720, 1280)), ("1:1", (960, 960))])
def test_words_alone_become_a_card_in_the_ratio_that_was_asked_for(
    run_state: FilmSet, ratio: str, size: tuple[int, int]
) -> None:
    """With the given sound, which does not count as a missing picture (service.md 2.5 and 7.2)."""
    silent = run_state.film(order(T2V, ratio=ratio, duration=3))
    heard = run_state.film(order(T2V, run_state.item("driving_audio", run_state.music), ratio=ratio, duration=3))
    shown, same = frames(silent.path), frames(heard.path)
    assert ({picture.size for picture in shown}, len(shown)) == ({size}, 90)
    assert likeness(shown[0], same[0]) > 40
    assert loudness(heard.path, 0.1, 1.9) > -20
    assert loudness(heard.path, 2.1, 2.9) < -70 < loudness(silent.path, 2.1, 2.9)


def legacy(model: str, run_state: FilmSet, *paths: Path, **settings: bool | int | str) -> Order:
    """An order of a 2.6 model as it is judged: what its addresses are only the files tell (service.md 2.4)."""
    urls = [run_state.upload(path) for path in paths]
    given = {"prompt": "character1 meets character2", "reference_urls": urls}
    return validate.check_request({"model": model, "input": given, "parameters": {"duration": 2, **settings}}, RULES)


def test_a_2_6_model_finds_out_what_its_references_are(run_state: FilmSet, coast: FilmFile) -> None:
    """In the size that was asked for; all references share what is billed of the videos (service.md 6.1, 7.3)."""
    asked = legacy("wan2.6-r2v", run_state, run_state.day, coast.path, size="1088*832")
    film = run_state.film(asked)
    assert [item.type for item in film.media] == ["reference_image", "reference_video"]
    assert frames(film.path)[0].size == (1088, 832)
    assert usage(asked, [replace(film, inputs=(Fraction(4),))]) == {
        "duration": Decimal("4.5"),
        "input_video_duration": Decimal("2.5"),
        "output_video_duration": 2,
        "video_count": 1,
        "SR": 720,
        "size": "1088*832",
    }


@pytest.mark.parametrize(
    ("model", "frames", "inputs", "written"),
    [
        ("wan2.6-r2v", 150, (Fraction(5),), ("10.0", "5", "5")),
        ("wan2.6-r2v-flash", 60, (), ("2.0", "0", "2")),
        (EDIT, 150, (Fraction(5),), ("10.0", "5.0", "5.0")),
        (EDIT, 151, (Fraction(151, 30),), ("10.07", "5.03", "5.03")),
        (R2V, 150, (), ("5", "0", "5")),
    ],
)
def test_some_models_write_seconds_with_a_point(
    model: str, frames: int, inputs: tuple[Fraction, ...], written: tuple[str, ...]
) -> None:
    """As the sample on each one's page (service.md 2.1, 2.3, 2.4); the figures survive a restart."""
    media = tuple(OrderItem("video" if model == EDIT else "reference_video", "https://h/a.mp4") for _ in inputs)
    asked = Order(RULES[model], settings={"resolution": "720P", "size": "1280*720"})
    figures = usage(asked, [RenderedFilm(frames, inputs, media)])
    task = Task("t", "r", model, {}, datetime.now(UTC), status=Status.SUCCEEDED, urls=("u",), usage=figures)
    sent = json.dumps(replies.state(task, "r")["usage"])
    names = ("duration", "input_video_duration", "output_video_duration")
    for name, value in zip(names, written, strict=True):
        assert f'"{name}": {value},' in sent


def test_wan3_tells_its_frames_a_second() -> None:
    """Beside what the other models tell (service.md 2.6)."""
    figures = usage(Order(RULES["wan3.0-video"], settings={"resolution": "480P"}), [RenderedFilm(150)])
    assert (figures["fps"], figures["SR"], figures["ratio"]) == (30, 480, "16:9")
    assert "fps" not in usage(Order(RULES[R2V], settings={"resolution": "720P"}), [RenderedFilm(150)])


@pytest.mark.parametrize("heard", [True, False])
def test_a_flash_model_is_silent_on_request(heard: bool, run_state: FilmSet) -> None:
    """Without a sound track, not with a quiet one (service.md 7.1)."""
    film = run_state.film(legacy("wan2.6-r2v-flash", run_state, run_state.day, size="1280*720", audio=heard))
    with av.open(str(film.path)) as container:
        assert bool(container.streams.audio) is heard


def test_a_2_6_model_takes_three_videos(run_state: FilmSet, coast: FilmFile) -> None:
    """Four are too many, which is known once they were looked at."""
    with pytest.raises(Rejected, match="Too many reference_video items"):
        run_state.film(legacy("wan2.6-r2v", run_state, *[coast.path] * 4))


def test_what_is_out_of_reach_becomes_a_card(run_state: FilmSet) -> None:
    """A film all the same, in the size of a film, with something drawn on it."""
    away = OrderItem("first_frame", "https://example.com/a.png?signature=secret")
    film = run_state.film(order(I2V, away, prompt="灯塔 a 'lighthouse': 100%\n[v]"))
    seen = frames(film.path)
    assert seen[0].size == (1280, 720)
    assert ImageStat.Stat(seen[0]).extrema[0][1] > 200


@pytest.mark.parametrize("kind", ["first_frame", "first_clip", "driving_audio"])
def test_a_file_that_is_none_is_refused_and_nothing_is_left(kind: str, run_state: FilmSet, tmp_path: Path) -> None:
    """In the service's words."""
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x89PNG no picture at all")
    media = [run_state.item(kind, junk)]
    if kind == "driving_audio":
        media.append(run_state.item("first_frame", run_state.day))
    with pytest.raises(Rejected, match="cannot open file as"):
        run_state.film(order(I2V, *media), tmp_path / "f.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["junk"]


def test_a_film_that_is_stopped_leaves_nothing(run_state: FilmSet, tmp_path: Path) -> None:
    """Killed processes end ffmpeg; no partial film stays."""
    processes = RunningProcesses()
    processes.kill()
    asked = order(I2V, run_state.item("first_frame", run_state.day))
    with pytest.raises(ToolFailed):
        run_state.film(asked, tmp_path / "f.mp4", processes)
    assert list(tmp_path.iterdir()) == []


def _light(picture: Image.Image) -> float:
    return ImageStat.Stat(picture.convert("L")).mean[0]


def _colour(picture: Image.Image) -> float:
    return ImageStat.Stat(picture.convert("HSV")).mean[1]
