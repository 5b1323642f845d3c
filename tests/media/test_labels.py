"""AI labels: read from clips, carried by the cut, also by the cut of a cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import ffmpeg
import pytest
from PIL import Image

from kit.clips import numbered_clip
from wanflow.media import encoder
from wanflow.media.container import opened
from wanflow.media.cut import Chapter, chapter_file, input_arguments, mux_options
from wanflow.media.extract import arguments_of
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import measure, require_cut
from wanflow.media.labels import (
    COMPOSITE,
    GENERATED,
    MOVFLAGS,
    label_options,
    merge_labels,
    own_label,
    read_label,
    read_labels,
)

OURS = own_label("wanflow", "film-1")
THEIRS = own_label("万相", "task-1")
OTHER = own_label("万相", "task-2")
ODD = '{"Label": "1",\n "x": "a=b; #c \\" \\\\ \'d\' %e"}\n'


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Ten frames with sound and no label."""
    return numbered_clip(tmp_path / "clip.mp4", 10, (64, 48))


def labelled(source: Path, metadata: Mapping[str, str], **more: object) -> Path:
    """A copy of a film with these metadata, written as a cut is."""
    target = source.with_name(f"{source.stem}+.mp4")
    film = ffmpeg.input(str(source))
    options = {**encoder.FILM, **label_options(metadata), **more}
    run_ffmpeg(
        arguments_of(ffmpeg.output(film.video, film.audio, str(target), **options)), processes=RunningProcesses()
    )
    return target


def metadata_of(path: Path) -> dict[str, str]:
    """What a film says of itself, but for its container's brands."""
    with opened(path) as container:
        return {
            key: value for key, value in container.metadata.items() if not key.endswith(("brand", "brands", "version"))
        }


def test_a_label_has_the_standards_fields():
    """In their order, with words as they are."""
    assert OURS == (
        '{"Label":"1","ContentProducer":"wanflow","ProduceID":"film-1","ReservedCode1":"","ContentPropagator":"",'
        '"PropagateID":"","ReservedCode2":""}'
    )
    assert json.loads(own_label('a"b', "c\nd"))["ContentProducer"] == 'a"b'
    assert "万相" in THEIRS


@pytest.mark.parametrize(
    ("labels", "own", "expected"),
    [
        ([], None, {}),
        ([], OURS, {"AIGC": OURS}),
        ([THEIRS], None, {"AIGC": THEIRS}),
        ([THEIRS, THEIRS], OURS, {"AIGC": THEIRS}),
        ([THEIRS, OTHER, THEIRS], OURS, {"AIGC": OURS, "AIGCSources": [THEIRS, OTHER]}),
        ([THEIRS, OTHER], None, {"AIGC": THEIRS, "AIGCSources": [THEIRS, OTHER]}),
        (["", ODD], OURS, {"AIGC": ODD}),
    ],
)
@pytest.mark.parametrize(("mixed", "kind"), [(False, GENERATED), (True, COMPOSITE)])
def test_no_label_is_changed_or_lost(labels, own, expected, mixed, kind):
    """One label stays the cut's own; of several each is listed; nothing is claimed where nobody says it."""
    found = merge_labels(labels, own, mixed=mixed)
    assert found.pop("DigitalSourceType", None) == (kind if expected else None)
    listed = {"AIGCSources": json.loads(found["AIGCSources"])} if "AIGCSources" in found else {}
    assert {**found, **listed} == expected


@pytest.mark.parametrize("label", [THEIRS, ODD, "x", "plain words = 灯塔 🎬", "y" * 20_000])
def test_a_label_comes_back_as_it_was_written(clip, label):
    """By an argument, whatever it says, in a film that is whole."""
    film = labelled(clip, merge_labels([label], None))
    assert (read_label(film), read_labels(film)) == (label, (label,))
    assert metadata_of(film) == {"AIGC": label, "DigitalSourceType": GENERATED}
    require_cut(film, 10, measure(clip).shape.rate)


def test_labels_survive_a_second_cut(clip):
    """A cut of a cut still lists every label that its clips had."""
    first = labelled(clip, merge_labels([THEIRS, ODD], OURS))
    assert read_labels(first) == (OURS, THEIRS, ODD)
    again = own_label("wanflow", "film-2")
    second = labelled(first, merge_labels([*read_labels(first), THEIRS], again, mixed=True))
    assert read_labels(second) == (again, OURS, THEIRS, ODD)
    assert metadata_of(second)["DigitalSourceType"] == COMPOSITE


def test_a_copy_without_the_flag_has_no_label(clip):
    """What an assembly must do itself: neither a plain copy nor a plain list of metadata keeps the key."""
    film = labelled(clip, merge_labels([THEIRS], None))
    assert read_label(labelled(film, {})) is None
    assert read_label(labelled(film, {"AIGC": THEIRS}, movflags="+faststart")) is None


def test_hundreds_of_labels_go_by_a_file(clip):
    """More than an argument can hold, beside chapters."""
    labels = [own_label("万相", f"task-{number}") for number in range(900)]
    metadata = merge_labels([*labels, ODD], OURS)
    assert len(metadata["AIGCSources"].encode()) > 131_072
    words = clip.with_name("words")
    words.write_text(chapter_file([Chapter("a", 0, 10)], measure(clip).shape.rate, metadata), encoding="utf-8")
    options = {**encoder.FILM, **mux_options(1, measure(clip).shape.rate), "movflags": MOVFLAGS}
    film = clip.with_name("film.mp4")
    output = ffmpeg.output(ffmpeg.input(str(clip)), str(film), **options).global_args(*input_arguments(words))
    run_ffmpeg(arguments_of(output), processes=RunningProcesses())
    assert metadata_of(film) == metadata
    assert read_labels(film) == (OURS, *labels, ODD)


@pytest.mark.parametrize("key", ["aigc", "Aigc", "AIGC"])
def test_a_key_is_found_however_it_is_written(clip, key):
    """Capitals differ between writers."""
    assert read_label(labelled(clip, {key: THEIRS})) == THEIRS


@pytest.mark.parametrize("listed", ["no json", "[" * 100_000, "{}", '["a", 5]', "null", r'["\ud800"]'])
def test_a_list_that_is_none_is_kept_as_it_is(clip, listed):
    """An unexpected value in the place of the list neither stops the run nor is dropped."""
    found = read_labels(labelled(clip, {"AIGC": THEIRS, "AIGCSources": listed}))
    assert found == ((THEIRS, "a") if listed.startswith('["a"') else (THEIRS, listed))


def test_a_file_without_has_none(clip, tmp_path):
    """Also one that is not a film, or does not exist."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("AIGC")
    for name in ("clip.mp4", "a.png", "a.txt", "gone.mp4"):
        assert (read_label(tmp_path / name), read_labels(tmp_path / name)) == (None, ())
    assert label_options({}) == {}
