"""The items of a cut as their author writes them: shots, files and titles, trimmed and joined (format.md, Cuts)."""

from __future__ import annotations

import re
from collections.abc import Sequence as Listed
from dataclasses import replace
from decimal import Decimal

from wanflow.language.problem import Problem
from wanflow.language.production import CutItem, TitleCard, Transition
from wanflow.language.scope import Scope
from wanflow.language.source import FileSource, ShotSource
from wanflow.language.timeline import CUT, FADE, TRANSITIONS
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import MapNode, Node, Place, TextNode

JOIN_SECONDS = Decimal("0.5")
"""How long a transition takes whose author names only its kind."""

COLOURS = {
    "black": 0x000000,
    "blue": 0x0000FF,
    "brown": 0xA52A2A,
    "cyan": 0x00FFFF,
    "gold": 0xFFD700,
    "gray": 0x808080,
    "green": 0x008000,
    "grey": 0x808080,
    "magenta": 0xFF00FF,
    "maroon": 0x800000,
    "navy": 0x000080,
    "olive": 0x808000,
    "orange": 0xFFA500,
    "pink": 0xFFC0CB,
    "purple": 0x800080,
    "red": 0xFF0000,
    "silver": 0xC0C0C0,
    "teal": 0x008080,
    "white": 0xFFFFFF,
    "yellow": 0xFFFF00,
}
"""Names as CSS has them; any other colour is written in digits."""

MOST_ITEMS = 20_000
"""Of one cut, those of a group counted one by one: as many as a production has shots."""

_CODE = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STANDS = ("in", "out", "overlap")
"""Keys that speak of a clip: a picture and a title have no ends of their own."""


def read_items(listed: Listed[Node], scope: Scope, problems: list[Problem], *, slated: bool) -> tuple[CutItem, ...]:
    """The items that can be used; what is wrong with the others is among the problems. A group is all of its shots."""
    items: list[CutItem] = []
    for node in listed:
        if len(items) > MOST_ITEMS:
            problems.append(Problem(node.place, f"a cut has {MOST_ITEMS} items at most", "make several of it"))
            return ()
        name = _named(node)
        shots = scope.shots(name) if name is not None else None
        grouped = shots is not None and len(shots) > 1
        item = _item(node, scope, problems, slated=slated, first=not items and not grouped)
        spread = _spread(item, node, shots, scope, problems) if item is not None else []
        items += [_opening(spread[0]), *spread[1:]] if grouped and spread and not items else spread
    return tuple(items)


def _named(node: Node) -> TextNode | None:
    """The name of the shots that an item is about."""
    written = node.find("shot") if isinstance(node, MapNode) else node
    return written if isinstance(written, TextNode) and written.string else None


def slate_of(node: Node, *, default: bool) -> bool:
    """Whether an animatic's strip is wanted."""
    value = node.find("slate") if isinstance(node, MapNode) else None
    return value.value is not False if isinstance(value, TextNode) else default


def number_of(node: MapNode, key: str) -> Decimal | None:
    """A number, None where there is none."""
    value = node.find(key)
    return Decimal(value.value) if isinstance(value, TextNode) and isinstance(value.value, int | Decimal) else None


def _spread(
    item: CutItem, node: Node, shots: tuple[str, ...] | None, scope: Scope, problems: list[Problem]
) -> list[CutItem]:
    """An item for each shot that its name means; each joins the one before it in the same way."""
    written = _named(node)
    if not isinstance(item.source, ShotSource) or written is None:
        return [item]
    if shots is None:
        scope.shot(replace(written, place=item.place), problems)
        return [item]
    return [replace(item, source=ShotSource(shot)) for shot in shots]


def _opening(item: CutItem) -> CutItem:
    """The first of a group that opens a cut: what joins the group's shots has nothing to join it to."""
    opens = item.transition is None or item.transition.kind == FADE
    return item if opens else replace(item, transition=None)


def _item(node: Node, scope: Scope, problems: list[Problem], *, slated: bool, first: bool) -> CutItem | None:
    if isinstance(node, TextNode):
        return CutItem(ShotSource(node.string), node.place, slate=slated)
    if not isinstance(node, MapNode):
        return None  # of a wrong shape, which is said already
    source = _source(node, scope, problems)
    if source is None:
        problems.append(_nothing(node))
        return None
    problems += _stray(node, source)
    return CutItem(
        source=source,
        place=node.place,
        start=number_of(node, "in"),
        stop=number_of(node, "out"),
        keep_overlap=node.find("overlap") is not None,
        slate=slate_of(node, default=slated),
        seconds=number_of(node, "duration"),
        transition=_transition(node, problems, first=first),
    )


def _nothing(node: MapNode) -> Problem:
    """An item that names nothing, or a title without words."""
    title = node.find("title")
    if title is not None:
        return Problem(title.place, "`title` is empty", "for a blank picture draw one, and name it as a `file`")
    return Problem(node.place, "an item is a `shot`, a `file` or a `title`", "e.g. `{shot: coast}`")


def _source(node: MapNode, scope: Scope, problems: list[Problem]) -> ShotSource | FileSource | TitleCard | None:
    shot, file, title = (node.find(key) for key in ("shot", "file", "title"))
    if isinstance(shot, TextNode) and shot.string:
        return ShotSource(shot.string)
    if isinstance(file, TextNode) and file.string:
        return FileSource(scope.home.path(file.text))
    if isinstance(title, TextNode) and title.string.strip():
        return TitleCard(title.string, _colour(node.find("background"), problems))
    return None


def _stray(node: MapNode, source: ShotSource | FileSource | TitleCard) -> list[Problem]:
    """Keys that mean nothing for what the item is."""
    found: list[Problem] = []
    timed, title = node.find("duration") is not None, isinstance(source, TitleCard)
    strange = [*(_STANDS if timed or title else ()), *(() if title else ("background",))]
    what = "a title" if title else "a picture" if timed else "a clip"
    for key, _ in node.pairs:
        if key.string in strange:
            found.append(Problem(key.place, f"{what} has no `{key.string}`", "leave it out"))
    if isinstance(source, ShotSource) and timed:
        hint = "trim it with `in` and `out`; its own length is the shot's `duration`"
        found.append(Problem(_key(node, "duration"), "a shot in a cut has no `duration`", hint))
    if title and not timed:
        found.append(Problem(node.place, "a title needs a `duration`", "e.g. `duration: 2`"))
    return found


def _transition(node: MapNode, problems: list[Problem], *, first: bool) -> Transition | None:
    """The transition of an item, None for a hard cut and for what can't be used."""
    written = node.find("transition")
    kind = written.find("type") if isinstance(written, MapNode) else written
    if not isinstance(kind, TextNode):
        return None
    if kind.string not in TRANSITIONS:
        listed = ", ".join(f"`{each}`" for each in TRANSITIONS)
        message = f"`transition` has to be one of {listed}, not `{kind.string}`"
        problems.append(Problem(kind.place, message, did_you_mean(kind.string, TRANSITIONS)))
        return None
    seconds = number_of(written, "duration") if isinstance(written, MapNode) else None
    if kind.string == CUT:
        if seconds is not None:
            problems.append(Problem(kind.place, "a `cut` has no `duration`", "leave it out, or take a `dissolve`"))
        return None
    if first and kind.string != FADE:
        message = f"the first item has nothing before it for a `{kind.string}`"
        problems.append(Problem(kind.place, message, "only a `fade`, from black, makes sense there"))
        return None
    return Transition(kind.string, JOIN_SECONDS if seconds is None else seconds, kind.place)


def _colour(node: Node | None, problems: list[Problem]) -> tuple[int, int, int]:
    if not isinstance(node, TextNode) or node.value is None:
        return (0, 0, 0)
    named, code = COLOURS.get(node.string.lower()), _CODE.fullmatch(node.string)
    if code is not None:
        digits = code[1] if len(code[1]) == 6 else "".join(2 * digit for digit in code[1])
        named = int(digits, 16)
    if named is None:
        hint = did_you_mean(node.string.lower(), COLOURS) or 'e.g. `navy`, or in quotes `"#1a2b3c"`'
        problems.append(Problem(node.place, f"no colour is called `{node.string}`", hint))
        named = 0
    return named >> 16, named >> 8 & 255, named & 255


def _key(node: MapNode, key: str) -> Place:
    found = node.key(key)
    return found.place if found else node.place
