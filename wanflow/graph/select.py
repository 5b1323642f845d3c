"""Selectors: which vertices a word on the command line means (cli.md, SELECT)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from wanflow.errors import UnknownTarget
from wanflow.graph.node import CutVertex, ShotVertex
from wanflow.graph.shotgraph import ShotGraph
from wanflow.language.production import Production
from wanflow.suggest import did_you_mean

MOST_LISTED = 4
"""Shots of a group that a hint names."""

STATES = (
    *("new", "changed", "current", "queued", "rendering", "failed", "refused", "unknown", "held", "blocked", "missing"),
)
"""What `state:` may ask for."""

States = Mapping[str, str]
"""The state of each shot, as `status` says it."""


def select(graph: ShotGraph, selectors: Sequence[str], states: States, exclude: Sequence[str] = ()) -> frozenset[str]:
    """The vertices that the selectors mean, with everything they need, less the excluded ones.

    No selector means everything. Raises UnknownTarget for a name that matches nothing; a `tag:` or a `state:`
    that matches nothing selects nothing.
    """
    chosen = [_expand(graph, word, states) for word in selectors] if selectors else [_everything(graph)]
    wanted = frozenset[str]().union(*chosen)
    needed = wanted.union(*(graph.ancestors(vertex) for vertex in wanted))
    return needed - matching(graph, exclude, states)


def matching(graph: ShotGraph, words: Sequence[str], states: States) -> frozenset[str]:
    """The vertices that words name: those alone, not what they need. Raises UnknownTarget as `select`."""
    return frozenset[str]().union(*(_expand(graph, word, states) for word in words))


def single_shot(production: Production, word: str) -> str:
    """The shot, or the take of it, that a word means where a single one is wanted.

    The name of a used pipeline stands for its output; any other word is given back as it is.

    Raises UnknownTarget for the group of a matrix, and for a scene.
    """
    name, mark, number = word.rpartition(".t")
    take = mark + number if mark and number.isdecimal() else ""
    shots = production.addresses.get(name if take else word, ())
    if len(shots) > 1:
        raise _several(word, "a group", shots)
    if not shots and word not in production.shots:
        scene = [shot for shot in production.shots if shot.startswith(f"{word}/")]
        if scene:
            raise _several(word, "a scene", scene)
    return f"{shots[0]}{take}" if shots else word


def _several(word: str, kind: str, shots: Sequence[str]) -> UnknownTarget:
    listed = ", ".join(f"`{shot}`" for shot in shots[:MOST_LISTED])
    more = f" and {len(shots) - MOST_LISTED} more" if len(shots) > MOST_LISTED else ""
    many = "1 shot" if len(shots) == 1 else f"{len(shots)} shots"
    return UnknownTarget(f"`{word}` is {kind} of {many}", hint=f"name one of them: {listed}{more}")


def _everything(graph: ShotGraph) -> frozenset[str]:
    return frozenset(vertex.id for vertex in graph.vertices)


def _expand(graph: ShotGraph, word: str, states: States) -> frozenset[str]:
    matched = _match(graph, word.removeprefix("+").removesuffix("+"), states)
    if not word.endswith("+"):
        return matched
    return matched.union(*(graph.descendants(vertex) for vertex in matched))


def _match(graph: ShotGraph, word: str, states: States) -> frozenset[str]:
    shots = [vertex.shot for vertex in graph.vertices if isinstance(vertex, ShotVertex)]
    if word == "tag:":
        raise UnknownTarget("`tag:` needs a tag", hint="e.g. `tag:night`")
    if word.startswith("tag:"):
        return frozenset(shot.name for shot in shots if word.removeprefix("tag:") in shot.tags)
    if word.startswith("state:"):
        state = _state(word.removeprefix("state:"))
        return frozenset(shot.name for shot in shots if states.get(shot.name) == state)
    if word.rpartition(".t")[1] and word.rpartition(".t")[2].isdecimal():
        word = single_shot(graph.production, word)
    if _take_of(graph, word) is not None:
        return frozenset({word.rpartition(".t")[0]})
    if word in graph:
        return frozenset({word})
    if word in graph.production.addresses:
        return frozenset(name for name in graph.production.addresses[word] if name in graph)
    inside = f"{word}/"
    matched = frozenset(name for name in _everything(graph) if name.startswith(inside) or fnmatchcase(name, word))
    if not matched:
        raise _unknown(word, [*_names(graph), *graph.production.addresses])
    return matched


def _state(word: str) -> str:
    """A state's name; raises UnknownTarget for what is none, since that would select nothing for ever."""
    if word not in STATES:
        hint = did_you_mean(word, STATES) or f"states: {', '.join(STATES)}"
        raise UnknownTarget(f"unknown state `{word}`", hint=hint)
    return word


def _take_of(graph: ShotGraph, word: str) -> str | None:
    shot, mark, number = word.rpartition(".t")
    return shot if mark and number.isdecimal() and shot in graph else None


def _names(graph: ShotGraph) -> list[str]:
    return [vertex.id for vertex in graph.vertices if isinstance(vertex, ShotVertex | CutVertex)]


def _unknown(word: str, names: Iterable[str]) -> UnknownTarget:
    hint = did_you_mean(word, names) or "`wanflow list` shows the names"
    return UnknownTarget(f"`{word}` matches no shot, scene or cut", hint=hint)
