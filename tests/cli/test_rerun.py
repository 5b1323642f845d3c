"""`wanflow run` once more: what is made again, what is said, and when it is given up."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from kit.project import rewrite

NAMES = {
    *("step.started", "task.submitted", "task.state", "take.stored", "step.finished"),
    *("cut.progress", "cut.finished", "run.finished", "warning"),
}


def _last(out: str) -> dict[str, object]:
    last: dict[str, object] = json.loads(out.splitlines()[-1])
    return last


def test_a_lost_cut_is_written_again_without_rendering(wanflow, rendered: Path) -> None:
    """Results under `out/` can be deleted; no take is made again for it."""
    cut = rendered.parent / "out" / "main.mp4"
    before = cut.read_bytes()
    cut.unlink()
    done = wanflow("run", "--locked", "--json")
    assert done.code == 0, done.err
    assert _last(done.out)["submitted"] == 0
    assert cut.read_bytes() == before


def test_undoing_an_edit_renders_nothing(wanflow, rendered: Path) -> None:
    """The earlier take comes back from the store, and the film is the one before the edit."""
    cut = rendered.parent / "out" / "main.mp4"
    before = cut.read_bytes()
    rewrite(rendered, "comes near", "sinks")
    assert _last(wanflow("run", "--json").out)["submitted"] == 1
    assert cut.read_bytes() != before
    rewrite(rendered, "sinks", "comes near")
    undone = wanflow("run", "--locked", "--json")
    assert (undone.code, _last(undone.out)["submitted"]) == (0, 0)
    assert cut.read_bytes() == before


def test_events_have_the_names_of_the_contract_and_times_in_utc(wanflow, rendered: Path) -> None:
    """A cut says how many segments it had to encode: those of the edited shot."""
    rewrite(rendered, "comes near", "comes nearer")
    events = [json.loads(line) for line in wanflow("run", "--json").out.splitlines()]
    assert {event["event"] for event in events} <= NAMES
    assert all(datetime.fromisoformat(event["time"]).utcoffset() == timedelta() for event in events)
    (cut,) = [event for event in events if event["event"] == "cut.finished"]
    assert (cut["node"], set(cut["segments"])) == ("cut:main", {"encoded", "copied"})


def test_plain_lines_without_a_terminal(wanflow, rendered: Path) -> None:
    """A log shows each take and cut, and no cursor is moved in it."""
    rewrite(rendered, "comes near", "drifts by")
    said = wanflow("run")
    assert (said.code, said.out) == (0, "out/main.mp4\n")
    assert "approach.t2: rendering (wan2.7-i2v)\n" in said.err
    assert "approach.t2: 3 s, out/shots/approach.t2.mp4\n" in said.err
    assert said.err.splitlines()[-1].startswith("done: 1 take rendered")
    assert "\x1b" not in said.err


def test_a_wrong_production_leaves_no_trace(wanflow, film: Path) -> None:
    """Its problems are told on stderr; nothing is sent, nothing written."""
    rewrite(film, "{shot: coast, tail: 2}", "{shot: cost, tail: 2}")
    said = wanflow("run")
    assert (said.code, said.out) == (2, "")
    assert "wanflow.yaml:20:24: no shot `cost`" in said.err
    assert not (film.parent / "out").exists()
    assert not (film.parent / "wanflow.lock").exists()


def test_the_animatic_never_renders_in_the_name_of_the_paid_backend(wanflow, film: Path) -> None:
    """Without a key the paid backend is an error: nothing may be filed as a paid take."""
    said = wanflow("run", "--backend", "dashscope", "--yes")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: DASHSCOPE_API_KEY is not set")
    assert not (film.parent / "out").exists()
    assert not (film.parent / "wanflow.lock").exists()


def test_waiting_is_given_up_after_the_timeout(wanflow, film: Path) -> None:
    """4, since the work is still in flight, and no path of a film that isn't there."""
    said = wanflow("run", "--timeout", "0.05")
    assert (said.code, said.out) == (4, "")
    assert wanflow("run", "--timeout", "0").code == 2
