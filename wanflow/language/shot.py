"""A shot as it is written, before its model's rules: values with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from wanflow.catalog.read import Catalog
from wanflow.language.checks import CHECKS_KEY, CheckRules, read_checks
from wanflow.language.problem import Problem, has_errors
from wanflow.language.production import SpokenLine
from wanflow.language.read_source import read_source, value_origin, value_place, written_at
from wanflow.language.scope import Scope
from wanflow.language.source import Source
from wanflow.language.spoken_lines import read_spoken_lines
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import Interpolated, ListNode, MapNode, Node, Place, TextNode


@immutable
class CastMember:
    """A cast member, or a reference in place, whose `name` is empty: an image or a video, and a voice; or a sound.

    `views` are further pictures of the same subject, each with its place.
    """

    name: str
    kind: str
    source: Source
    place: Place
    voice: Source | None
    voice_place: Place | None = None
    views: tuple[tuple[Source, Place], ...] = ()

    @property
    def pictures(self) -> tuple[tuple[Source, Place], ...]:
        """All that shows it, in the order in which it is sent, each with its place."""
        return ((self.source, self.place), *self.views)


@immutable
class MediaSlot:
    """The source under a media key: where it is written, where the shot names it if that is elsewhere, and the names
    that it came through.
    """

    source: Source
    place: Place
    named_at: Place | None = None
    origin: tuple[Interpolated, ...] = ()


@immutable
class WrittenShot:
    """One shot as it is written, merged with its defaults key by key.

    `values` are all keys except media whose value is one text, `lists` the parameters that are lists. `given` are the
    places of the keys, media included, in the shot itself or in the defaults of its model. `catalog` has the models
    that it may name. `references` is None where the prompt decides. `damaged`: a source could not be read, which is
    reported already. `misnamed` are warnings of cast members that the prompt names in a form that is not filled in.
    `checks` are the rules of all layers. `lines` are what is said.
    """

    name: str
    place: Place
    model: TextNode
    values: Mapping[str, TextNode]
    given: Mapping[str, Place]
    slots: Mapping[str, MediaSlot]
    references: tuple[tuple[TextNode | None, CastMember | None], ...] | None
    catalog: Catalog
    lists: Mapping[str, ListNode] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    damaged: bool = False
    misnamed: tuple[Problem, ...] = ()
    checks: CheckRules = field(default_factory=CheckRules)
    lines: tuple[SpokenLine, ...] = ()

    @property
    def prompt_place(self) -> Place:
        """Where the prompt is written; the shot itself where it has none."""
        written = self.values.get("prompt")
        return self.place if written is None else written.place

    @property
    def origins(self) -> Mapping[str, TextNode]:
        """The values as they are written; a list is an empty text at its place, with all names that it came through."""
        lists = {key: TextNode(None, "", node.place, filled=_filled(node)) for key, node in self.lists.items()}
        return {**self.values, **lists}


def _filled(node: Node) -> tuple[Interpolated, ...]:
    """The names that were filled in anywhere in a value, each once."""
    if isinstance(node, TextNode):
        return node.filled
    inner = node.items if isinstance(node, ListNode) else [value for _, value in node.entries]
    return tuple(dict.fromkeys(name for item in inner for name in _filled(item)))


MEMBER_KINDS = {"image": "image", "images": "image", "video": "video", "audio": "audio"}
"""The kinds of media that a cast member is, by the keys that hold them; `images` has several."""

Cast = Mapping[str, CastMember | None]
"""The cast by name; None for a member with a reported problem."""


def read_cast(root: MapNode, scope: Scope, problems: list[Problem]) -> Cast:
    """The cast of a file; what is wrong is added to `problems`, except what breaks the schema."""
    return {
        key.string: read_member(key.string, key.place, value, scope, problems) if isinstance(value, MapNode) else None
        for key, value in root.entries_of("cast")
    }


def read_member(name: str, place: Place, node: MapNode, scope: Scope, problems: list[Problem]) -> CastMember | None:
    """A cast member or a reference in place; None without a picture or a video, or where its input was left out."""
    for key, kind in MEMBER_KINDS.items():
        shown = node.find(key)
        if shown is None:
            continue
        pictures = list(_pictures(shown, scope, problems))
        voice = node.find("voice")
        spoken = None if voice is None else read_source(voice, scope, problems)
        heard = None if voice is None else value_place(voice)
        return CastMember(name, kind, *pictures[0], spoken, heard, tuple(pictures[1:])) if pictures else None
    if {key.string for key, _ in node.entries} <= {"voice"}:  # an unknown key is reported already
        problems.append(
            Problem(
                place,
                tr("`{name}` has neither an `image` nor a `video`", name=name or tr("the reference")),
                tr("a sound alone is `audio`, for models that take one"),
            )
        )
    return None


def _pictures(shown: Node, scope: Scope, problems: list[Problem]) -> Iterator[tuple[Source, Place]]:
    """The source of a cast member, or those of its views, without inputs that were left out."""
    for written in shown.items if isinstance(shown, ListNode) else (shown,):
        source = read_source(written, scope, problems)
        if source is not None:
            yield source, value_place(written)


def read_shot(
    name: TextNode,
    node: MapNode,
    defaults: Sequence[MapNode],
    scope: Scope,
    catalog: Catalog,
    problems: list[Problem],
    language: str | None = None,
) -> WrittenShot | None:
    """A shot with its defaults, of which later ones override earlier ones; None, and a problem, without a model.

    `language` is the film's.
    """
    own = _values(node, catalog)
    named = [own.get("model"), *(each.find("model") for each in reversed(defaults))]
    model = next((each for each in named if isinstance(each, TextNode)), None)
    if model is None:
        problems.append(
            Problem(
                name.place, tr("`{name}` has no `model`", name=name.string), tr("set `model` here or in `defaults`")
            )
        )
        return None
    before = len(problems)
    values: dict[str, TextNode | ListNode] = {}
    given: dict[str, Place] = {}
    checks: list[Node | None] = []
    for each in defaults:
        models = each.find("models")
        special = models.find(model.string) if isinstance(models, MapNode) else None
        values |= _values(each, catalog)
        checks.append(each.find(CHECKS_KEY))
        if isinstance(special, MapNode):
            values |= _values(special, catalog)
            given |= {key.string: key.place for key, _ in special.pairs}
            checks.append(special.find(CHECKS_KEY))
    values |= own
    references, tags = node.find("references"), node.find("tags")
    return WrittenShot(
        name=name.string,
        place=name.place,
        model=model,
        values={key: value for key, value in values.items() if isinstance(value, TextNode)},
        lists={key: value for key, value in values.items() if isinstance(value, ListNode)},
        given=given | {key.string: key.place for key, _ in node.pairs},
        slots=_slots(node, scope, catalog, problems),
        references=_references(references, scope, problems) if isinstance(references, ListNode) else None,
        catalog=catalog,
        tags=tuple(tag.string for tag in tags.items if isinstance(tag, TextNode)) if isinstance(tags, ListNode) else (),
        damaged=has_errors(problems[before:]),
        checks=read_checks((*checks, node.find(CHECKS_KEY))),
        lines=read_spoken_lines(node.find("lines"), language, scope, problems),
    )


def _slots(node: MapNode, scope: Scope, catalog: Catalog, problems: list[Problem]) -> dict[str, MediaSlot]:
    found: dict[str, MediaSlot] = {}
    for slot in catalog.media_keys:
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
        if isinstance(item, MapNode):
            found.append((None, read_member("", item.place, item, scope, problems)))
        elif isinstance(item, TextNode) and scope.cast is not None and item.string not in scope.cast:
            hint = did_you_mean(item.string, scope.cast) or tr("declare it under `inputs` with `type: cast`")
            problems.append(Problem(item.place, tr("no cast input `{name}`", name=item.string), hint))
        elif isinstance(item, TextNode):
            name = item.string if scope.cast is None else scope.cast[item.string]
            found.append((None if name is None else replace(item, value=name), None))
    return tuple(pair for pair in found if pair != (None, None))  # without inputs that were left out


def _values(node: MapNode, catalog: Catalog) -> dict[str, TextNode | ListNode]:
    """The values of a shot or of defaults, except media: texts, and the lists of parameters."""
    return {
        key.string: value
        for key, value in node.entries
        if (isinstance(value, TextNode) or (isinstance(value, ListNode) and key.string in catalog.parameter_keys))
        and key.string not in catalog.media_keys
        and key.string != CHECKS_KEY
    }


GENERATORS = frozenset({"matrix", "use"})
_GENERATOR_KEYS = GENERATORS | {"with"}


def is_generator(node: Node) -> bool:
    """Whether a shot is made by a matrix or a pipeline, so that its names are filled in for each shot it makes."""
    if isinstance(node, MapNode):
        for key, _ in node.pairs:  # asked four times a shot: a generator expression takes twice the time
            if key.string in GENERATORS:
                return True
    return False


def generator_of(node: Node) -> Node:
    """The keys of a shot that decide which shots it makes, without those that go into each of them."""
    if not isinstance(node, MapNode):
        return node
    return MapNode(tuple((key, value) for key, value in node.pairs if key.string in _GENERATOR_KEYS), node.place)
