"""A shot as it is written, before its model's rules: plain values with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wanflow.spec.problem import Problem, has_errors
from wanflow.spec.source import Source
from wanflow.spec.sourceform import read_source, value_place
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Place, Scalar, Sequence

SLOTS = ("first_frame", "last_frame", "first_clip", "driving_audio", "video")
"""Media keys that hold one source, in the order in which they are sent."""


@dataclass(frozen=True, slots=True)
class Member:
    """A cast member, or a reference in place: an image or a video, and a voice; `name` is empty for one in place."""

    name: str
    kind: str
    source: Source
    voice: Source | None
    place: Place
    voice_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One shot as its author wrote it, with defaults mixed in key by key.

    `damaged` where a source could not be read, which is said already.

    `values` are all keys but media, each with its place; `given` are the places of the keys, media too, that stand in
    the shot itself or in the defaults of its model. `references` is None where the prompt decides.
    """

    name: str
    place: Place
    model: Scalar
    values: Mapping[str, Scalar]
    given: Mapping[str, Place]
    slots: Mapping[str, tuple[Source, Place]]
    references: tuple[tuple[Scalar | None, Member | None], ...] | None
    tags: tuple[str, ...] = ()
    damaged: bool = False

    @property
    def prompt_place(self) -> Place:
        """Where the prompt is written; the shot itself where it has none."""
        written = self.values.get("prompt")
        return self.place if written is None else written.place


def read_cast(root: Table, folder: Path, problems: list[Problem]) -> dict[str, Member]:
    """The cast by name; members that can't be read are left out, their problems added."""
    cast = root.find("cast")
    named = [(key, value) for key, value in cast.pairs if isinstance(value, Table)] if isinstance(cast, Table) else []
    members = {key.words: read_member(key.words, key.place, value, folder, problems) for key, value in named}
    return {name: member for name, member in members.items() if member is not None}


def read_member(name: str, place: Place, node: Table, folder: Path, problems: list[Problem]) -> Member | None:
    """A cast member or a reference in place; None where it has neither image nor video."""
    for kind in ("image", "video"):
        shown = node.find(kind)
        if shown is not None:
            source = read_source(shown, folder, problems)
            voice = node.find("voice")
            spoken = None if voice is None else read_source(voice, folder, problems)
            heard = None if voice is None else value_place(voice)
            return None if source is None else Member(name, kind, source, spoken, value_place(shown), heard)
    problems.append(Problem(place, f"`{name or 'the reference'}` has neither an `image` nor a `video`"))
    return None


def read_draft(
    name: Scalar, node: Table, defaults: Table | None, folder: Path, problems: list[Problem]
) -> Draft | None:
    """A shot with its defaults; None, and a problem, where no model is named."""
    general = dict(_scalars(defaults)) if defaults else {}
    own = dict(_scalars(node))
    model = own.get("model") or general.get("model")
    if model is None:
        problems.append(Problem(name.place, f"`{name.words}` has no `model`", "give it one, or `defaults` one"))
        return None
    before = len(problems)
    special_defaults = _model_defaults(defaults, model.words)
    special = dict(_scalars(special_defaults))
    references = node.find("references")
    return Draft(
        name=name.words,
        place=name.place,
        model=model,
        values={**general, **special, **own},
        given=_places(special_defaults) | _places(node),
        slots=_slots(node, folder, problems),
        references=_references(references, folder, problems) if isinstance(references, Sequence) else None,
        tags=_tags(node),
        damaged=has_errors(problems[before:]),
    )


def _places(node: Table | None) -> dict[str, Place]:
    return {key.words: key.place for key, _ in node.pairs} if node else {}


def _slots(node: Table, folder: Path, problems: list[Problem]) -> dict[str, tuple[Source, Place]]:
    found: dict[str, tuple[Source, Place]] = {}
    for slot in SLOTS:
        value = node.find(slot)
        source = None if value is None else read_source(value, folder, problems)
        if source is not None and value is not None:
            found[slot] = (source, value_place(value))
    return found


def _references(
    node: Sequence, folder: Path, problems: list[Problem]
) -> tuple[tuple[Scalar | None, Member | None], ...]:
    found: list[tuple[Scalar | None, Member | None]] = []
    for item in node.items:
        if isinstance(item, Scalar):
            found.append((item, None))
        elif isinstance(item, Table):
            found.append((None, read_member("", item.place, item, folder, problems)))
    return tuple(found)


def _tags(node: Table) -> tuple[str, ...]:
    tags = node.find("tags")
    return tuple(item.words for item in tags.items if isinstance(item, Scalar)) if isinstance(tags, Sequence) else ()


def _model_defaults(defaults: Table | None, model: str) -> Table | None:
    models = defaults.find("models") if defaults else None
    own = models.find(model) if isinstance(models, Table) else None
    return own if isinstance(own, Table) else None


def _scalars(node: Table | None) -> Iterator[tuple[str, Scalar]]:
    for key, value in node.pairs if node else ():
        if isinstance(value, Scalar) and key.words not in SLOTS and not key.words.startswith("x-"):
            yield key.words, value
