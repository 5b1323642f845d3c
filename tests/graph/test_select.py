"""Selectors of the command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.films import APPROACH, COAST, MAIN, production, shot
from wanflow.errors import UnknownTarget
from wanflow.graph.build import build
from wanflow.graph.select import matching, select
from wanflow.language.source import FileSource

GULL = replace(shot("gull", {"first_frame": FileSource("gull.png")}), tags=("night", "birds"))
GRAPH = build(production(COAST, APPROACH, GULL, cuts=(MAIN,)))
STATES = {"coast": "current", "approach": "changed", "gull": "new"}


def chosen(*words: str, exclude: tuple[str, ...] = ()) -> set[str]:
    """The names, without the assets and extracts that come along."""
    picked = select(GRAPH, words, STATES, exclude)
    return {name for name in picked if not name.startswith("asset:") and "." not in name}


def test_nothing_means_everything() -> None:
    """No selector selects all shots and cuts."""
    assert chosen() == {"coast", "approach", "gull", "cut:main"}


def test_a_name_comes_with_everything_it_needs() -> None:
    """`approach`, spelled out `+approach`, brings what it continues."""
    assert chosen("approach") == {"approach", "coast"} == chosen("+approach")


def test_a_plus_behind_adds_what_depends_on_it() -> None:
    """And what those need in turn."""
    assert chosen("coast+") == {"coast", "approach", "cut:main"}


def test_globs_tags_cuts_states_and_unions() -> None:
    """The other words of cli.md, SELECT."""
    assert chosen("g*") == {"gull"}
    assert chosen("tag:night") == {"gull"}
    assert chosen("cut:main") == {"cut:main", "coast", "approach"}
    assert chosen("state:new") == {"gull"}
    assert chosen("gull", "coast") == {"gull", "coast"}
    assert chosen("gull.t3") == {"gull"}


def test_a_tag_or_state_that_matches_nothing_selects_nothing() -> None:
    """It raises nothing and never selects everything."""
    assert chosen("tag:none") == set()
    assert chosen("state:failed") == set()


def test_a_named_vertex_stands_alone() -> None:
    """What it needs stays, and so does what needs it."""
    assert chosen(exclude=("coast",)) == {"approach", "gull", "cut:main"}
    assert matching(GRAPH, ("g*",), STATES) == {"gull"}


def test_an_unknown_name_is_an_error_with_the_nearest_one() -> None:
    """A typing error must not mean nothing, and not everything."""
    with pytest.raises(UnknownTarget, match="`aproach`") as caught:
        chosen("aproach")
    assert caught.value.hint == "did you mean `approach`?"


@pytest.mark.parametrize(("word", "meant"), [("tag：night", "tag:night"), ("＋coast", "+coast"), ("coast＋", "coast+")])
def test_a_full_width_sign_of_a_selector_is_named(word: str, meant: str) -> None:
    """No name has one, so it is a slip of an input method."""
    with pytest.raises(UnknownTarget) as caught:
        chosen(word)
    assert caught.value.hint == f"write `{meant}`"
