"""Clips as people bring them, each an item of a cut: conformed to the frame, or refused with its place and a reason."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cli.conftest import Done, Wanflow

from kit.clips import clicks, numbered_clip, read_numbers, read_sound
from kit.unusual_clips import CLIPS, CUT_SHORT, NAMES, REFUSED, SIZE, UnusualClip, encoders
from wanflow.media.join_checks import AAC_FRAME, JoinedPart, measure

LEAD = 4
"""Frames of the clip in front, and of the one behind."""


@pytest.fixture
def reel(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good clip in it, the current one."""
    monkeypatch.chdir(tmp_path)
    numbered_clip(tmp_path / "good.mp4", LEAD, SIZE, first=1000)
    return tmp_path


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def cut(wanflow: Wanflow, name: str) -> Done:
    """Run a production that cuts a file by itself, as it is, and between two others, at 30 frames a second."""
    between = {"items": [{"file": file} for file in ("good.mp4", name, "good.mp4")], "fps": 30}
    film = {"wanflow": 1, "cuts": {"main": between | {"size": "96x64"}, "solo": {"items": [{"file": name}]}}}
    Path("wanflow.yaml").write_text(json.dumps(film, ensure_ascii=False), encoding="utf-8")
    before = names(Path())
    done = wanflow("run")
    assert names(Path()) - before <= {".wanflow", "wanflow.lock", "out"}
    assert "Traceback" not in done.out + done.err
    return done


def whole(path: Path) -> JoinedPart:
    """A film that plays to its end: its picture has one rate, its sound is as long, nothing of it is broken."""
    part = measure(path)
    with av.open(str(path)) as container:
        shown = [frame.pts for frame in container.decode(video=0) if not frame.is_corrupt]
    ticks = [Fraction(at) / part.shape.rate / part.shape.time_base for at in range(part.frames)]
    assert shown == ticks
    assert abs(Fraction(len(read_sound(path)), 48_000) - part.frames / part.shape.rate) < AAC_FRAME
    return part


def require_whole(wanflow: Wanflow, clip: UnusualClip) -> None:
    """The film of a clip between two others has every frame and every click where it belongs."""
    done = cut(wanflow, clip.name)
    assert done.code == 0, done.err
    frames = clip.frames if clip.numbers is None else len(clip.numbers)
    assert names(Path("out")) == {f"{cut}.{kind}" for cut in ("main", "solo") for kind in ("mp4", "provenance.json")}
    main, solo = whole(Path("out/main.mp4")), whole(Path("out/solo.mp4"))
    assert (main.frames, main.shape.rate, main.shape.width, main.shape.height) == (frames + 2 * LEAD, 30, *SIZE)
    assert abs(solo.frames / solo.shape.rate - Fraction(frames, 30)) <= Fraction(1, 30)
    numbers = read_numbers(Path("out/main.mp4"))
    assert numbers[:LEAD] == numbers[LEAD + frames :] == list(range(1000, 1000 + LEAD))
    if clip.numbers is not None:
        assert numbers[LEAD : LEAD + frames] == list(clip.numbers)
    beside = [0, *([] if clip.click is None else [LEAD + clip.click]), LEAD + frames]
    heard = [Fraction(click, 1600) for click in clicks(read_sound(Path("out/main.mp4")), gap=900)]
    assert len(heard) == len(beside), (heard, beside)
    assert all(abs(click - frame) < 1 for click, frame in zip(heard, beside, strict=True)), (heard, beside)


@pytest.mark.parametrize("oddity", [oddity for oddity, clip in CLIPS.items() if f" {clip.encoder} " in encoders()])
def test_a_clip_is_conformed_to_the_frame_whatever_it_is(wanflow: Wanflow, reel: Path, oddity: str) -> None:
    """Its frames, its sound beside them, and what is around it where it belongs."""
    clip = CLIPS[oddity]
    clip.make(reel / clip.name)
    require_whole(wanflow, clip)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_whatever_it_says(wanflow: Wanflow, reel: Path, name: str) -> None:
    """No shell, no option, no protocol, no pattern: it is only ever the file's."""
    clip = UnusualClip(CLIPS["plain"].make, name)
    clip.make(reel / name)
    require_whole(wanflow, clip)


@pytest.mark.parametrize("oddity", CUT_SHORT)
def test_what_is_there_of_a_clip_is_shown(wanflow: Wanflow, reel: Path, oddity: str) -> None:
    """Containers without an index hold what was written: at most all of it, and at least something."""
    clip = CUT_SHORT[oddity]
    clip.make(reel / clip.name)
    assert cut(wanflow, clip.name).code == 0
    main, solo = whole(Path("out/main.mp4")), whole(Path("out/solo.mp4"))
    assert 0 < solo.frames == main.frames - 2 * LEAD < clip.frames
    assert read_numbers(Path("out/main.mp4"))[-LEAD:] == list(range(1000, 1000 + LEAD))


@pytest.mark.parametrize("oddity", REFUSED)
def test_what_is_no_clip_is_refused_where_it_stands(wanflow: Wanflow, reel: Path, oddity: str) -> None:
    """With the line, the name and the reason, before anything is made."""
    clip, why = REFUSED[oddity]
    clip.make(reel / clip.name)
    done = cut(wanflow, clip.name)
    assert done.code == 2
    found = re.findall(r"^wanflow\.yaml:1:(\d+): (.*)$", done.err, re.MULTILINE)
    text = Path("wanflow.yaml").read_text(encoding="utf-8")
    # the item lacks a duration; everything else is wrong with the file
    place = f'{{"file": "{clip.name}"}}' if oddity == "gif" else f'"{clip.name}"'
    assert [text[int(column) - 1 :].startswith(place) for column, _ in found] == [True, True]
    assert all(said.startswith(f"`{clip.name}` {why}") for _, said in found), found
    assert not Path("out").exists()
