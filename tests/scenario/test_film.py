"""A real film: the emulator's footage, ffmpeg, and a cut, looked at frame by frame."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import pytest
from PIL import Image, ImageDraw

import wanflow
from kit.film_checks import frames, likeness, streams
from wanflow.cli.main import main
from wanflow.runner.events import Outcome
from wanflow.store import lockfile

SPEC = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 3}
shots:
  coast:
    first_frame: coast.png
    prompt: The tide goes out.
  approach:
    first_clip: {shot: coast, tail: 2}
    prompt: The camera goes on.
  still:
    first_frame: {shot: coast, frame: last}
    prompt: A wave breaks.
    duration: 2
cuts:
  main: {items: [coast, approach], slate: false}
  kept: {items: [coast, {shot: approach, overlap: keep}, {shot: still, in: 0.5, out: 1.5}]}
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production of three short shots and two cuts, rendered once."""
    folder = tmp_path_factory.mktemp("film")
    _draw(folder / "coast.png")
    (folder / "wanflow.yaml").write_text(SPEC, encoding="utf-8")
    assert render(folder).exit_code == 0
    return folder


def render(folder: Path) -> Outcome:
    """One run through the Python API."""
    plan = wanflow.plan(wanflow.load(folder / "wanflow.yaml"))
    outcome: Outcome = anyio.run(partial(wanflow.run, plan, jobs=2))
    return outcome


def test_a_continuation_begins_with_its_parents_last_seconds_frame_by_frame(film: Path) -> None:
    """Sixty frames of tail, each the same picture, and then the film goes on."""
    parent = frames(film / "out/shots/coast.t1.mp4")
    child = frames(film / "out/shots/approach.t1.mp4")
    assert (len(parent), len(child)) == (90, 90)
    alike = [likeness(parent[30 + number], child[number]) for number in range(60)]
    assert min(alike) > 36
    assert likeness(child[59], child[89]) < min(alike)


def test_a_frame_of_a_take_begins_the_next_shot(film: Path) -> None:
    """The last frame is handed on without a visible loss."""
    parent = frames(film / "out/shots/coast.t1.mp4")
    child = frames(film / "out/shots/still.t1.mp4")
    assert likeness(parent[-1], child[0]) > 34


def test_the_cut_shows_what_two_shots_share_once(film: Path) -> None:
    """One second of the coast, then all of its continuation: 120 frames, exact in picture and sound."""
    whole = streams(film / "out/main.mp4")
    shown = frames(film / "out/main.mp4")
    assert whole["size"] == (1280, 720)
    assert len(shown) == 120
    coast = frames(film / "out/shots/coast.t1.mp4")
    assert likeness(shown[29], coast[29]) > 34
    assert likeness(shown[30], coast[30]) > 34


def test_an_overlap_that_is_kept_and_trims_are_counted_in_frames(film: Path) -> None:
    """Three seconds, three seconds, and one second of the still."""
    assert len(frames(film / "out/kept.mp4")) == 90 + 90 + 30


def test_the_first_run_writes_the_lock_for_git_although_nothing_was_paid(film: Path) -> None:
    """An animatic's takes stay out of it."""
    lock = lockfile.read(film / "wanflow.lock")
    assert (film / "wanflow.lock").exists()
    assert lock.shots == {}
    assert set(lockfile.read(film / ".wanflow" / "animatic.lock").shots) == {"coast", "approach", "still"}


def test_the_same_production_elsewhere_gives_the_same_bytes(film: Path, tmp_path: Path) -> None:
    """The animatic is deterministic: the same request gives the same film."""
    for name in ("coast.png", "wanflow.yaml"):
        (tmp_path / name).write_bytes((film / name).read_bytes())
    assert render(tmp_path).exit_code == 0
    for take in ("coast.t1.mp4", "approach.t1.mp4", "still.t1.mp4"):
        assert (tmp_path / "out/shots" / take).read_bytes() == (film / "out/shots" / take).read_bytes()


def test_a_lost_cut_is_assembled_from_its_segments_and_a_lost_name_is_given_back(film: Path) -> None:
    """`out/` can be thrown away: nothing is rendered again."""
    (film / "out/main.mp4").unlink()
    (film / "out/shots/coast.t1.mp4").unlink()
    outcome = render(film)
    assert (outcome.exit_code, outcome.submitted, outcome.derived) == (0, 0, 1)
    assert (film / "out/main.mp4").exists()
    assert (film / "out/shots/coast.t1.mp4").exists()


def _draw(path: Path) -> None:
    picture = Image.new("RGB", (1280, 720), (96, 150, 190))
    draw = ImageDraw.Draw(picture)
    for number in range(40):
        left, top = number * 97 % 1280, number * 53 % 720
        draw.ellipse((left, top, left + 90, top + 60), fill=(number * 6, 200 - number * 3, 90))
    picture.save(path)


def test_a_cut_that_lacks_a_clip_is_blocked_and_says_which(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A take whose file is gone is not rendered again; what needs its bytes names it, beside other work."""
    text = (film / "wanflow.yaml").read_text(encoding="utf-8")
    (film / "wanflow.yaml").write_text(text.replace("A wave breaks.", "A wave rolls back."), encoding="utf-8")
    lost = film / "out/shots/approach.t1.mp4"
    digest = wanflow.plan(wanflow.load(film / "wanflow.yaml")).inventory.lock.shots["approach"].takes
    for name in digest:
        next((film / ".wanflow/takes").glob(f"*/{name}.mp4")).unlink()
    lost.unlink()
    (film / "out/main.mp4").unlink()
    code = main(["run", "-f", str(film / "wanflow.yaml")])
    said = capsys.readouterr().err
    assert code == 1
    assert "blocked: cut:main: the file of approach.t1 is not here" in said
    assert "still.t2: 2 s" in said
