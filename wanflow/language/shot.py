"""A shot as it is written, before its model's rules: plain values with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wanflow.catalog.read import media_keys
from wanflow.language.problem import Problem, has_errors
from wanflow.language.read_source import read_source, value_origin, value_place, written_at
from wanflow.language.scope import Scope
from wanflow.language.source import Source
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import Interpolated, ListNode, MapNode, Node, Place, TextNode


@dataclass(frozen=True, slots=True)
class CastMember:
    """A cast member, or a reference in place: an image or a video, and a voice; `name` is empty for one in place."""

    name: str
    kind: str
    source: Source
    voice: Source | None
    place: Place
    voice_place: Place | None = None


@dataclass(frozen=True, slots=True)
class MediaSlot:
    """What a media key holds, where that is written, where the shot asks for it if that is elsewhere, and the names it
    came through.
    """

    source: Source
    place: Place
    asked_at: Place | None = None
    origin: tuple[Interpolated, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenShot:
    """One shot as its author wrote it, with defaults mixed in key by key.

    `damaged` where a source could not be read, which is said already.

    `values` are all keys but media, each with its place; `given` are the places of the keys, media too, that stand in
    the shot itself or in the defaults of its model. `references` is None where the prompt decides.
    """

    name: str
    place: Place
    model: TextNode
    values: Mapping[str, TextNode]
    given: Mapping[str, Place]
    slots: Mapping[str, MediaSlot]
    references: tuple[tuple[TextNode | None, CastMember | None], ...] | None
    tags: tuple[str, ...] = ()
    damaged: bool = False

    @property
    def prompt_place(self) -> Place:
        """Where the prompt is written; the shot itself where it has none."""
        written = self.values.get("prompt")
        return self.place if written is None else written.place


def read_cast(root: MapNode, scope: Scope, problems: list[Problem]) -> dict[str, CastMember]:
    """The cast by name; members that can't be read are left out, their problems added."""
    cast = root.find("cast")
    named = (
        [(key, value) for key, value in cast.pairs if isinstance(value, MapNode)] if isinstance(cast, MapNode) else []
    )
    members = {key.string: read_member(key.string, key.place, value, scope, problems) for key, value in named}
    return {name: member for name, member in members.items() if member is not None}


def read_member(name: str, place: Place, node: MapNode, scope: Scope, problems: list[Problem]) -> CastMember | None:
    """A cast member or a reference in place; None where it has neither image nor video, or its input was left out."""
    for kind in ("image", "video"):
        shown = node.find(kind)
        if shown is not None:
            source = read_source(shown, scope, problems)
            voice = node.find("voice")
            spoken = None if voice is None else read_source(voice, scope, problems)
            heard = None if voice is None else value_place(voice)
            return None if source is None else CastMember(name, kind, source, spoken, value_place(shown), heard)
    problems.append(Problem(place, f"`{name or 'the reference'}` has neither an `image` nor a `video`"))
    return None


def read_shot(
    name: TextNode, node: MapNode, layers: Sequence[MapNode], scope: Scope, problems: list[Problem]
) -> WrittenShot | None:
    """A shot with its defaults, those of later layers before those of earlier ones; None, and a problem, where no model
    is named.
    """
    own = dict(_scalars(node))
    named = [own.get("model"), *(layer.find("model") for layer in reversed(layers))]
    model = next((each for each in named if isinstance(each, TextNode)), None)
    if model is None:
        problems.append(Problem(name.place, f"`{name.string}` has no `model`", "give it one, or `defaults` one"))
        return None
    before = len(problems)
    values: dict[str, TextNode] = {}
    given: dict[str, Place] = {}
    for layer in layers:
        special = _model_defaults(layer, model.string)
        values |= {**dict(_scalars(layer)), **dict(_scalars(special))}
        given |= _places(special)
    references = node.find("references")
    return WrittenShot(
        name=name.string,
        place=name.place,
        model=model,
        values={**values, **own},
        given=given | _places(node),
        slots=_slots(node, scope, problems),
        references=_references(references, scope, problems) if isinstance(references, ListNode) else None,
        tags=_tags(node),
        damaged=has_errors(problems[before:]),
    )


def _places(node: MapNode | None) -> dict[str, Place]:
    return {key.string: key.place for key, _ in node.pairs} if node else {}


def _slots(node: MapNode, scope: Scope, problems: list[Problem]) -> dict[str, MediaSlot]:
    found: dict[str, MediaSlot] = {}
    for slot in media_keys():
        value = node.find(slot)
        source = None if value is None else read_source(value, scope, problems)
        if source is not None and value is not None:
            origin = value_origin(value, scope)
            found[slot] = MediaSlot(source, written_at(value, scope), value_place(value) if origin else None, origin)
    return found


def _references(
    node: ListNode, scope: Scope, problems: list[Problem]
) -> tuple[tuple[TextNode | None, CastMember | None], ...]:
    found: list[tuple[TextNode | None, CastMember | None]] = []
    for item in node.items:
        if isinstance(item, TextNode):
            name = _cast_input(item, scope.cast, problems) if scope.cast is not None else item
            found += [(name, None)] if name is not None else []
        elif isinstance(item, MapNode):
            member = read_member("", item.place, item, scope, problems)
            found += [(None, member)] if member is not None else []
    return tuple(found)


def _cast_input(written: TextNode, cast: Mapping[str, str | None], problems: list[Problem]) -> TextNode | None:
    """The cast member behind a pipeline's input, whose own name stays as its text; None for one that was left out, and
    for none.
    """
    if written.string not in cast:
        hint = did_you_mean(written.string, cast) or "declare it under `inputs` with `type: cast`"
        problems.append(Problem(written.place, f"no cast input is called `{written.string}`", hint))
        return None
    name = cast[written.string]
    return None if name is None else replace(written, value=name)


def _tags(node: MapNode) -> tuple[str, ...]:
    tags = node.find("tags")
    return tuple(item.string for item in tags.items if isinstance(item, TextNode)) if isinstance(tags, ListNode) else ()


def _model_defaults(defaults: MapNode | None, model: str) -> MapNode | None:
    models = defaults.find("models") if defaults else None
    own = models.find(model) if isinstance(models, MapNode) else None
    return own if isinstance(own, MapNode) else None


def _scalars(node: MapNode | None) -> Iterator[tuple[str, TextNode]]:
    for key, value in node.pairs if node else ():
        if isinstance(value, TextNode) and key.string not in media_keys() and not key.string.startswith("x-"):
            yield key.string, value


GENERATORS = frozenset({"matrix", "use"})
_GENERATOR_KEYS = GENERATORS | {"with"}


def is_generator(node: Node) -> bool:
    """Whether a shot is made by a matrix or a pipeline: what is in it can be filled in for each shot only."""
    return isinstance(node, MapNode) and any(key.string in GENERATORS for key, _ in node.pairs)


def generator_of(node: Node) -> Node:
    """What says which shots a shot stands for, without what goes into each of them."""
    if not isinstance(node, MapNode):
        return node
    return MapNode(tuple((key, value) for key, value in node.pairs if key.string in _GENERATOR_KEYS), node.place)
