"""A production that is followed on disk: what a page shows of it while it is edited."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from kit.project import SHORT, rewrite, write_production
from wanflow import api
from wanflow.report.page.snapshot import Snapshot
from wanflow.review.live import LiveProduction


def read(live: LiveProduction) -> Snapshot:
    """What a page shows now."""
    return anyio.run(live.snapshot)


def followed(file: Path) -> LiveProduction:
    """A production that is followed, without a page."""
    return LiveProduction(file, lambda: api.load_sound_part(file))


def length(shown: Snapshot, shot: str = "coast") -> object:
    """The length of a shot in the request that is shown."""
    assert shown.plan is not None
    return shown.plan.graph.production.shots[shot].parameters["duration"].value


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    duration: 2", "    durationn: 2"),
        ("tail: 2", "tail: 2, head: 1"),
        ("shots:", "shots: ["),
        ("shot: coast", "shot: cost"),
    ],
)
def test_a_broken_file_keeps_the_last_good_state(tmp_path: Path, old: str, new: str) -> None:
    """All of it, below the errors; nothing of what was read of the file."""
    file = write_production(tmp_path)
    live = followed(file)
    good = read(live)
    rewrite(file, old, new)
    broken = read(live)
    assert not broken.whole
    assert broken.outdated
    assert broken.plan is good.plan
    assert broken.rows.keys() == {"coast", "approach"}
    rewrite(file, new, old)
    whole = read(live)
    assert whole.whole
    assert not whole.outdated


def test_a_file_that_begins_broken_shows_its_errors_alone(tmp_path: Path) -> None:
    """A length that nobody wrote is not shown as one."""
    file = write_production(tmp_path, SHORT.replace("    duration: 2", "    durationn: 2"))
    live = followed(file)
    broken = read(live)
    assert broken.plan is None
    assert [problem.place.line for problem in broken.problems] == [16]
    rewrite(file, "durationn", "duration")
    assert read(live).whole


def test_a_broken_scene_is_followed_until_it_is_mended(tmp_path: Path) -> None:
    """Saved in place, as some editors do, and with a line that no YAML has."""
    scene = tmp_path / "scenes" / "sea.yaml"
    scene.parent.mkdir()
    before, _, after = SHORT.replace("sets/", "../sets/").partition("shots:\n")
    shots, _, cuts = after.partition("\ncuts:")
    scene.write_text(f"scene: sea\nshots:\n{shots}", encoding="utf-8")
    cuts = cuts.replace("coast, approach", "sea/coast, sea/approach")
    file = write_production(tmp_path, f"{before}include: [scenes/*.yaml]\n\ncuts:{cuts}")
    for live in (followed(file), followed(file)):
        rewrite(scene, "  coast:", "  coast: [")
        assert not read(live).whole
        rewrite(scene, "  coast: [", "  coast:")
        assert read(live).whole
        rewrite(scene, "tail: 2", "tail: x")
        broken = read(live)
        assert broken.rows.keys() == {"sea/coast", "sea/approach"}
        rewrite(scene, "tail: x", "tail: 2")
        assert read(live).whole
