"""Selectors: which vertices a word on the command line matches (cli.md, SELECT)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from wanflow.errors import UnknownTarget
from wanflow.graph.build import ShotGraph
from wanflow.graph.node import CutVertex, ShotVertex
from wanflow.language.production import Production
from wanflow.messages import joined, tr, trn
from wanflow.suggest import did_you_mean

MOST_LISTED = 4
"""Maximum number of shots of a group that a hint names."""

STATES = (
    *("held", "current", "missing", "new", "changed", "queued", "rendering", "blocked", "failed", "refused", "unknown"),
)
"""The states of a shot, which `state:` selects, by urgency: the last one of its takes' states counts."""

States = Mapping[str, str]
"""The state of each shot, as `status` says it."""


def select(graph: ShotGraph, selectors: Sequence[str], states: States, exclude: Sequence[str] = ()) -> frozenset[str]:
    """The vertices that the selectors match, with everything they need, less the excluded ones.

    No selector matches everything. Raises UnknownTarget for a name that matches nothing; a `tag:` or a `state:`
    that matches nothing selects nothing.
    """
    every = frozenset(vertex.id for vertex in graph.vertices)
    wanted = matching(graph, selectors, states) if selectors else every
    needed = wanted | graph.ancestors(*wanted)
    return needed - matching(graph, exclude, states)


def matching(graph: ShotGraph, words: Sequence[str], states: States) -> frozenset[str]:
    """The vertices that words name: those alone, not what they need. Raises UnknownTarget as `select`."""
    found = frozenset[str]()
    for word in words:
        matched = _match(graph, word.removeprefix("+").removesuffix("+"), states)
        found = found.union(matched, graph.descendants(*matched) if word.endswith("+") else ())
    return found


def single_shot(production: Production, word: str) -> str:
    """The shot, or the take of it, that a word names where a single one is wanted.

    The name of a used pipeline means its output; any other word is returned unchanged.

    Raises UnknownTarget for the group of a matrix, and for a scene.
    """
    name = without_take(word)
    take = word.removeprefix(name)
    shots = production.addresses.get(name, ())
    if not shots and word not in production.shots:
        scene = [shot for shot in production.shots if shot.startswith(f"{word}/")]
        if scene:
            raise _several(word, tr("a scene"), scene)
    if len(shots) > 1:
        raise _several(word, tr("a group"), shots)
    return f"{shots[0]}{take}" if shots else word


def without_take(word: str) -> str:
    """The shot of a take's node, e.g. `coast` of `coast.t2`; any other word is returned unchanged."""
    name, mark, number = word.rpartition(".t")
    return name if mark and number.isdecimal() else word


def _several(word: str, kind: str, shots: Sequence[str]) -> UnknownTarget:
    listed = joined(", ", (f"`{shot}`" for shot in shots[:MOST_LISTED]))
    more = tr(" and {number} more", number=len(shots) - MOST_LISTED) if len(shots) > MOST_LISTED else ""
    many = trn("{number} shot", "{number} shots", len(shots))
    return UnknownTarget(
        tr("`{word}` is {kind} of {many}", word=word, kind=kind, many=many),
        hint=tr("name one of them: {listed}{more}", listed=listed, more=more),
    )


def _match(graph: ShotGraph, word: str, states: States) -> frozenset[str]:
    shots = [vertex.shot for vertex in graph.vertices if isinstance(vertex, ShotVertex)]
    prefix, mark, value = word.partition(":")
    if f"{prefix}{mark}" == "tag:":
        if not value:
            raise UnknownTarget(tr("`tag:` needs a tag"), hint=tr("e.g. `tag:night`"))
        return frozenset(shot.name for shot in shots if value in shot.tags)
    if f"{prefix}{mark}" == "state:":
        if value not in STATES:
            hint = did_you_mean(value, STATES) or tr("states: {states}", states=joined(", ", STATES))
            raise UnknownTarget(tr("unknown state `{value}`", value=value), hint=hint)
        return frozenset(shot.name for shot in shots if states.get(shot.name) == value)
    return _match_name(graph, word)


def _match_name(graph: ShotGraph, word: str) -> frozenset[str]:
    """The vertices of a name, a take, a pipeline, a matrix, a scene or a glob; raises UnknownTarget for none."""
    if without_take(word) != word:
        word = single_shot(graph.production, word)
    addresses = graph.production.addresses
    for name in (without_take(word), word):
        if name in graph:
            return frozenset({name})
    if word in addresses:
        return frozenset(filter(graph.__contains__, addresses[word]))
    names = [vertex.id for vertex in graph.vertices]
    matched = frozenset(name for name in names if name.startswith(f"{word}/") or fnmatchcase(name, word))
    if not matched:
        known = [vertex.id for vertex in graph.vertices if isinstance(vertex, ShotVertex | CutVertex)]
        hint = did_you_mean(word, [*known, *addresses]) or tr("`wanflow list` shows the names")
        raise UnknownTarget(tr("`{word}` matches no shot, scene or cut", word=word), hint=hint)
    return matched
