"""The result of a vertex as its dependents see it: known, promised, or missing."""

from __future__ import annotations

from dataclasses import dataclass

from wanflow.graph import recipe
from wanflow.graph.node import AssetVertex, asset_id
from wanflow.graph.recipe import Identity
from wanflow.language.facts import Facts, FactsTable
from wanflow.language.source import DataSource, FileSource, UrlSource
from wanflow.planner.plan import Reason, ReasonCode
from wanflow.store.take import Film, Take, film_of


@dataclass(frozen=True, slots=True)
class NodeOutput:
    """The result of a vertex as its dependents see it, while planning and while running.

    `identity` is a promise as long as the thing is not made; `digest` is of the whole file where it is one that is
    known. `film` is nominal for a promise, None for a picture or an address. `obstacle` says why the bytes can't be
    had, None where they are here, will be made, or are the service's to fetch. `nodes` are the steps that make it;
    `changes` says in words what happens to a promise; `caption` is what a slate says of a take.
    """

    identity: Identity
    digest: str | None = None
    film: Film | None = None
    obstacle: Reason | None = None
    nodes: tuple[str, ...] = ()
    changes: str = ""
    caption: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the identity is final."""
        return not recipe.is_promise(self.identity)


def of_asset(vertex: AssetVertex, facts: FactsTable) -> NodeOutput:
    """What a file, an address or inline data gives."""
    match vertex.source:
        case UrlSource() as url:
            return NodeOutput(recipe.address(url))
        case DataSource(digest=digest):
            return NodeOutput(recipe.whole(digest), digest)
        case FileSource(path):
            return _of_file(path, facts)


def of_take(take: Take, node: str, *, here: bool, nodes: tuple[str, ...], caption: tuple[str, ...]) -> NodeOutput:
    """What a shot gives once its take is known; `node` says in messages whose file it is."""
    gone = (
        None
        if here
        else Reason(
            ReasonCode.NOT_HERE,
            f"the file of {node} is not here: `wanflow pull`, or copy the store",
        )
    )
    return NodeOutput(recipe.whole(take.digest), take.digest, take.film, gone, nodes, caption=caption)


def promised(promise: str, film: Film | None, nodes: tuple[str, ...], changes: str) -> NodeOutput:
    """What a step that is still to be done will give: equal promises will be one take.

    `changes` says in words what happens to it.
    """
    return NodeOutput(recipe.promise(promise), film=film, nodes=nodes, changes=changes)


def missing(vertex: str, obstacle: Reason, nodes: tuple[str, ...] = ()) -> NodeOutput:
    """What a step gives that can't be done."""
    return NodeOutput(recipe.promise(vertex), obstacle=obstacle, nodes=nodes)


def _of_file(path: str, facts: FactsTable) -> NodeOutput:
    known = facts.get(path)
    if not isinstance(known, Facts):
        why = known.why if known else "was not read"
        return missing(asset_id(FileSource(path)), Reason(ReasonCode.INPUT_FAILED, f"`{path}` {why}"))
    return NodeOutput(recipe.whole(known.digest), known.digest, film_of(known))
