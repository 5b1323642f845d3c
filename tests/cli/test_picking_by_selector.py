"""Selectors of decisions: what they mean is what is decided about, and nothing is decided about nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow

COMMANDS = (("hold",), ("release",), ("retake",))


def held(wanflow: Wanflow) -> list[str]:
    """The shots whose takes are kept."""
    return sorted(line.split()[0] for line in wanflow("status").out.splitlines() if " held " in line)


def test_a_cut_means_the_shots_that_are_in_it(wanflow: Wanflow, rendered: Path) -> None:
    """Whoever holds a cut wants its takes kept."""
    shots = {row["shot"] for row in json.loads(wanflow("status", "--json").out)}
    said = wanflow("hold", "cut:main")
    assert said.code == 0
    assert set(held(wanflow)) == shots


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("selector", ["tag:niight", "state:failed"])
def test_a_decision_about_nothing_is_an_error(wanflow: Wanflow, rendered: Path, words, selector: str) -> None:
    """A slip would leave what it was meant to keep."""
    said = wanflow(*words, selector)
    assert said.code == 2
    assert f"`{selector}` matches no shot" in said.err


@pytest.mark.parametrize("words", [*COMMANDS, ("plan",), ("plan", "--exclude"), ("list",)], ids=" ".join)
def test_a_state_that_there_is_not_is_told_with_the_nearest(wanflow: Wanflow, rendered: Path, words) -> None:
    """`state:` may select nothing, but only states that there are."""
    said = wanflow(*words, "state:curent")
    assert said.code == 2
    assert "unknown state `curent`" in said.err
    assert "did you mean `current`?" in said.err
    assert "needs a tag" in wanflow(*words, "tag:").err


@pytest.mark.parametrize("command", [("show",), ("why",), ("pick", "1")], ids=" ".join)
def test_a_scene_is_told_for_what_it_is(wanflow: Wanflow, film: Path, command: tuple[str, ...]) -> None:
    """Where one shot is wanted, with the names of its shots."""
    Path("sea.yaml").write_text(
        "scene: sea\nshots:\n  swell: {first_frame: sets/coast.png, prompt: x}\n", encoding="utf-8"
    )
    text = film.read_text(encoding="utf-8")
    film.write_text(text.replace("wanflow: 1\n", "wanflow: 1\ninclude: [sea.yaml]\n"), encoding="utf-8")
    verb, *rest = command
    said = wanflow(verb, "sea", *rest)
    assert said.code == 2
    assert "`sea` is a scene of 1 shot" in said.err
    assert "`sea/swell`" in said.err
