"""From the tree of a file to shots and cuts, shot by shot, so that one bad shot hides no other's problems."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wanflow.catalog.model import Model
from wanflow.language import model_checks
from wanflow.language.cut_finish import read_finish, read_shape
from wanflow.language.cut_items import read_items, slate_of
from wanflow.language.names import without_marks
from wanflow.language.problem import Problem, has_errors
from wanflow.language.production import Cut, Media, Shot
from wanflow.language.references import choose_references, named_places, silent_references, with_identifiers
from wanflow.language.scope import Scope
from wanflow.language.shot import SLOTS, CastMember, WrittenShot
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode


def parse_shot(
    draft: WrittenShot, model: Model, region: str, cast: Mapping[str, CastMember], problems: list[Problem]
) -> Shot:
    """A shot as it will be sent, with everything its model says about it among the problems."""
    written, before = _text(draft, "prompt") or "", len(problems)
    references = choose_references(draft, model, written, cast, problems)
    damaged = draft.damaged or has_errors(problems[before:])
    media = tuple(_media(draft, references))
    prompt = with_identifiers(written, references, model) or None
    negative = _text(draft, "negative_prompt")
    if region not in model.regions:
        message = f"`{model.name}` does not exist in the region `{region}`"
        problems.append(Problem(draft.model.place, message, f"it is in {', '.join(model.regions)}"))
    problems += model_checks.check_text(draft, model, {"prompt": prompt, "negative_prompt": negative})
    problems += model_checks.check_media(draft, model, media, region) if not damaged else ()
    problems += model_checks.check_voices(draft, model, media)
    problems += silent_references(draft, references, prompt or "", model)
    problems += model_checks.check_seed(draft, model)
    return Shot(
        name=draft.name,
        model=draft.model.words,
        place=draft.place,
        prompt=prompt,
        negative_prompt=negative,
        media=tuple(_voiced(item, model) for item in media),
        parameters=model_checks.effective(draft, model, media, region, problems),
        seed=_whole(draft, "seed"),
        takes=_whole(draft, "takes") or 1,
        tags=draft.tags,
        waits_for_pick="pick" in draft.given,
        note=_text(draft, "note"),
        written=without_marks(written),
        origins=draft.values,
    )


FILM = ".mp4"
"""How a cut's file ends: what is inside is always that."""


def parse_cut(
    name: TextNode, node: Node, label: Node | None, out: str, backend: str, sight: Scope, problems: list[Problem]
) -> Cut:
    """A cut in its short or its long form, with the production's `label`; its shape was checked before."""
    listed = node.find("items") if isinstance(node, MapNode) else node
    output = node.find("output") if isinstance(node, MapNode) else None
    nodes = listed.items if isinstance(listed, ListNode) else ()
    items = read_items(nodes, sight, problems, slated=slate_of(node, default=True))
    path = output.words if isinstance(output, TextNode) else f"out/{name.words}{FILM}"
    if isinstance(output, TextNode) and posixpath.splitext(path)[1].lower() != FILM:
        problems.append(Problem(output.place, f"a cut is written as {FILM}, not `{path}`", f"end it in `{FILM}`"))
    shape, finish = read_shape(node, problems), read_finish(node, label, backend, sight.home, problems)
    written = output.place if isinstance(output, TextNode) else None
    return Cut(name.words, name.place, items, place_output(out, path), shape, finish, written)


def place_output(out: str, path: str) -> str:
    """Where a cut is written: `out/` belongs to the production's own backend, another one has a folder in it.

    No path leads out of that folder, however many `..` it begins with.
    """
    if out == "out":
        return posixpath.normpath(path)
    inner = posixpath.normpath(posixpath.join("/", path)).lstrip("/")
    return f"{out}/{inner.removeprefix('out/')}"


def _media(draft: WrittenShot, references: tuple[CastMember, ...]) -> Iterator[Media]:
    named = named_places(draft)
    for slot in SLOTS:
        if slot in draft.slots:
            held = draft.slots[slot]
            yield Media(slot, slot, held.source, held.place, named_at=held.asked_at, origin=held.origin)
    for number, member in enumerate(references, start=1):
        slot = f"reference_{number}"
        yield Media(
            slot=slot,
            type=f"reference_{member.kind}",
            source=member.source,
            place=member.place,
            voice=member.voice,
            cast=member.name or None,
            voice_place=member.voice_place,
            named_at=named.get(member.name, draft.prompt_place) if member.name else None,
        )


def _voiced(media: Media, model: Model) -> Media:
    """The media without a voice that its model does not know."""
    rule = model.media.get(media.type)
    if media.voice is None or rule is None or rule.voice is not None:
        return media
    return replace(media, voice=None)


def _text(draft: WrittenShot, key: str) -> str | None:
    value = draft.values.get(key)
    return value.words if value is not None and value.value is not None else None


def _whole(draft: WrittenShot, key: str) -> int | None:
    value = draft.values.get(key)
    return value.value if value is not None and isinstance(value.value, int) else None
