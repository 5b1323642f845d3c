"""The graph of a production: vertices, edges, order, circles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit.films import COAST, LIGHTHOUSE, cut, production, shot
from wanflow.graph.build import build
from wanflow.language.problem import SpecError
from wanflow.language.source import FileSource, ShotSource, Tail


def test_vertices_come_in_an_order_in_which_they_can_be_made() -> None:
    """Assets, shots, extracts and cuts, each after what it needs."""
    graph = build(LIGHTHOUSE)
    assert [vertex.id for vertex in graph.vertices] == [
        "asset:sets/coast.png",
        "coast",
        "approach.first_clip",
        "approach",
        "cut:main",
    ]
    assert graph.inputs("approach") == ("approach.first_clip",)
    assert graph.ancestors("approach") == {"approach.first_clip", "coast", "asset:sets/coast.png"}
    assert graph.descendants("coast") == {"approach.first_clip", "approach", "cut:main"}
    assert graph.ancestors("approach.first_clip", "approach") == {"coast", "asset:sets/coast.png"}
    assert graph.ancestors() == frozenset()


def test_a_shot_written_before_what_it_needs_still_comes_after_it() -> None:
    """The order in the file is free."""
    night = shot("night", {"video": ShotSource("coast")})
    graph = build(production(night, COAST))
    assert [vertex.id for vertex in graph.vertices] == ["asset:sets/coast.png", "coast", "night"]


def test_a_whole_take_and_a_file_feed_directly() -> None:
    """Only a piece has a vertex of its own."""
    night = shot("night", {"video": ShotSource("coast"), "last_frame": FileSource("a.png")})
    graph = build(production(COAST, night))
    assert graph.inputs("night") == ("coast", "asset:a.png")


def test_a_file_in_a_cut_is_an_asset() -> None:
    """Clips brought by people stand in the graph too."""
    graph = build(production(COAST, cuts=(cut("main", ShotSource("coast"), FileSource("end.mp4")),)))
    assert graph.inputs("cut:main") == ("coast", "asset:end.mp4")


def test_a_circle_is_reported_as_the_path_of_names_with_each_line() -> None:
    """The problem points at a shot of the circle and names all of them."""
    one = shot("one", {"first_clip": ShotSource("two", Tail(Decimal(2)))}, line=4)
    two = shot("two", {"video": ShotSource("one")}, line=9)
    with pytest.raises(SpecError) as caught:
        build(production(one, two))
    problem = caught.value.problems[0]
    assert problem.place.line in {4, 9}
    assert "`one` (line 4)" in problem.message
    assert "`two` (line 9)" in problem.message
    assert problem.message.count("→") == 2
    assert problem.hint
