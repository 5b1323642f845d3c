"""A part of a production that is read alone, and what the rest of a production depends on of each included file."""

from __future__ import annotations

import re

from wanflow import digest
from wanflow.records import immutable
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode, name_of

OWN_WORDS = frozenset({"negative_prompt", "note", "prompt", "seed"})
"""Keys of a shot that only its own request depends on, and what is made from its takes; names in them count as well."""

_NAMES = re.compile(r"\$\$|\$\{[^{}]*\}")
"""Names in a text; after `$$`, a dollar sign, `{…}` is none."""


@immutable
class ProductionPart:
    """A production without some of the files that it includes.

    `unread` are their paths from the production's folder. `cuts` are not read either, since they have items of these
    files. `prompts` is a text in the languages of the unread ones: a film may be in these.
    """

    unread: frozenset[str] = frozenset()
    cuts: frozenset[str] = frozenset()
    prompts: str = ""


WHOLE = ProductionPart()


@immutable
class Outline:
    """What a file says: two digests, of all of it and of what other files depend on.

    Comments and places are no part of either. `alone`: it has nothing but shots and cuts, so that no name in it has a
    meaning for other files, beside those of its shots.
    """

    content: str
    seen: str
    alone: bool


def outline_of(root: MapNode) -> Outline:
    """The outline of a file, as it is written."""
    said = {name_of(key): _told(value) for key, value in root.pairs}
    content, shots = _digest(said), said.get("shots")
    if isinstance(shots, dict):
        said = {**said, "shots": {name: _seen(shot) for name, shot in shots.items()}}
    return Outline(content, _digest(said), said.keys() <= _ALONE)


_ALONE = frozenset({"cuts", "scene", "shots"})


def _digest(said: object) -> str:
    return digest.of_bytes(repr(said).encode("utf-8", "surrogatepass"))


def _told(node: Node) -> object:
    """A value without its places."""
    match node:
        case MapNode(pairs):
            return {name_of(key): _told(value) for key, value in pairs}
        case ListNode(items):
            return [_told(item) for item in items]
        case TextNode(value, text):
            return type(value).__name__, str(value), text


def _seen(shot: object) -> object:
    """What other files depend on of a shot: of its own words the names in them."""
    if not isinstance(shot, dict):
        return shot
    return {
        key: (value[0], _NAMES.findall(value[1])) if key in OWN_WORDS and isinstance(value, tuple) else value
        for key, value in shot.items()
    }
