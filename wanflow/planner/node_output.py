"""The result of a vertex as its dependents see it: known, promised, or missing."""

from __future__ import annotations

from dataclasses import dataclass

from wanflow.graph import recipe
from wanflow.graph.node import AssetVertex
from wanflow.graph.recipe import Identity
from wanflow.language.facts import Facts, FactsTable
from wanflow.language.source import DataSource, FileSource, UrlSource
from wanflow.planner.plan import Reason, ReasonCode
from wanflow.store.take import Film, film_of


@dataclass(frozen=True, slots=True)
class NodeOutput:
    """The result of a vertex as its dependents see it, while planning and while running.

    `identity` is a promise as long as the thing is not made. `digest` is of the whole file where that is known. `film`
    is nominal for a promise, None for a picture or an address. `obstacle` says why the bytes are missing and will
    not be made. `nodes` are the steps that make it; `changes` says what happens to a promise; `caption` is the text
    of a take's slate.
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


def asset_output(vertex: AssetVertex, facts: FactsTable) -> NodeOutput:
    """What a file, an address or inline data gives."""
    match vertex.source:
        case UrlSource() as url:
            return NodeOutput(recipe.url_identity(url))
        case DataSource(digest=digest):
            return NodeOutput(recipe.digest_identity(digest), digest)
        case FileSource(path):
            known = facts.get(path)
            if isinstance(known, Facts):
                return NodeOutput(recipe.digest_identity(known.digest), known.digest, film_of(known))
            why = "was not read" if known is None else known.why
            return missing_output(vertex.id, Reason(ReasonCode.INPUT_FAILED, f"`{path}` {why}"))


def missing_output(vertex: str, obstacle: Reason, nodes: tuple[str, ...] = ()) -> NodeOutput:
    """What a step gives that can't be done."""
    return NodeOutput(recipe.promise(vertex), obstacle=obstacle, nodes=nodes)
