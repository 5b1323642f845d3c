"""Read the titles of a cut: words on a card or over an item, and how they look (format.md, Cuts)."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from decimal import Decimal
from typing import TypeGuard

from wanflow.boundary import Content
from wanflow.language.problem import Problem
from wanflow.language.production import CutItem, OverTitle, TitleCard
from wanflow.language.scope import Scope
from wanflow.language.source import FileSource
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.suggest import did_you_mean
from wanflow.writing import FONT_FORMATS
from wanflow.yamldoc.nodes import MapNode, Node, TextNode

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
"""Colours by their names in CSS; any other one is written in digits."""

KEYS_OF_TITLES = ("background", "font", "color", "size", "position", "fade", "over", "at")
"""Keys that clips and pictures do not have."""
NOT_OVER = (
    *("background", "transition", "slate", "in", "out", "overlap", "speed", "sound", "freeze", "focus"),
    *("take", "takes"),
)
"""Keys that a title over an item does not have."""

MOST_OVER = 100
"""Maximum titles over one item: ffmpeg reads a picture for each of them."""

TITLE_POSITIONS = ("center", "top", "lower-third")
OTHER_FONT_FORMATS = {".woff", ".woff2", ".eot", ".pfb", ".dfont", ".otc", ".fon"}
"""Suffixes of font files that are not read."""

_CODE = pattern(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def lies_over(node: Node | None) -> TypeGuard[MapNode]:
    """Whether an item is a title over the item before it."""
    return isinstance(node, MapNode) and node.find("title") is not None and is_true(node, "over")


def lay_over(node: MapNode, items: list[CutItem], scope: Scope, problems: list[Problem]) -> None:
    """Lay a title over the last of `items`; a problem where there is none, and where it has no words."""
    if not items:
        message = tr("the title lies over the item before it, and this is the first one")
        problems.append(Problem(node.place, message, tr("put it after an item, or remove `over`")))
    title = node.find("title")
    if not isinstance(title, TextNode) or not title.string.strip():
        problems.append(Problem(node.place, tr("`title` is empty"), tr("write its words, or remove it")))
        return
    for key, _ in node.pairs:
        if key.string in NOT_OVER:
            message = tr("a title over an item has no `{name}`", name=key.string)
            problems.append(Problem(key.place, message, tr("remove it")))
    card = read_title(node, title.string, scope, problems)
    if items and len(items[-1].over) == MOST_OVER:
        message = tr("an item has at most {most_over} titles over it", most_over=MOST_OVER)
        problems.append(Problem(node.place, message, tr("split it by `in` and `out`")))
    over = OverTitle(card, node.place, number_of(node, "at") or Decimal(0), number_of(node, "duration"))
    items[-1:] = [replace(item, over=(*item.over, over)) for item in items[-1:]]


def read_title(node: MapNode, text: str, scope: Scope, problems: list[Problem]) -> TitleCard:
    """The title of an item; what is invalid is reported and left at its default."""
    font, position, color = (node.find(key) for key in ("font", "position", "color"))
    fade = number_of(node, "fade") or Decimal(0)
    seconds = number_of(node, "duration")
    if seconds is not None and 2 * fade > seconds and (key := node.key("fade")) is not None:
        message = tr("two fades of {fade} s do not fit into a title of {seconds} s", fade=fade, seconds=seconds)
        problems.append(Problem(key.place, message, tr("make `fade` half of `duration`, or less")))
        fade = Decimal(0)
    return TitleCard(
        text,
        _colour(node.find("background"), problems) or (0, 0, 0),
        font=_font(font, scope, problems),
        color=_colour(color, problems),
        size=number_of(node, "size"),
        position=position.string if isinstance(position, TextNode) and position.string in TITLE_POSITIONS else "center",
        fade=fade,
        font_at=font.place if isinstance(font, TextNode) else None,
    )


def number_of(node: MapNode, key: str) -> Decimal | None:
    """The number under a key; None where there is none."""
    value = node.find(key)
    return Decimal(value.value) if isinstance(value, TextNode) and isinstance(value.value, int | Decimal) else None


def is_true(node: MapNode, key: str) -> bool:
    """Whether there is `true` under a key."""
    value = node.find(key)
    return isinstance(value, TextNode) and value.value is True


def _font(node: Node | None, scope: Scope, problems: list[Problem]) -> FileSource | str | None:
    """The font of a title: a file by its suffix or a slash in it, else a family that the machine may have."""
    if not isinstance(node, TextNode) or not node.string.strip():
        return None
    name = node.string.strip()
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in FONT_FORMATS or "/" in name:
        return FileSource(scope.base.path(node.text, Content.MEDIA))
    if suffix in OTHER_FONT_FORMATS or "\\" in name:
        known = ", ".join(sorted(FONT_FORMATS))
        message = tr("`{name}` is not a font file that can be read", name=name)
        problems.append(Problem(node.place, message, tr("convert it to one of {known}, or name a family", known=known)))
        return None
    return name


def colour_text(colour: tuple[int, int, int]) -> str:
    """A colour as a production may write it: `#1a2b3c`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _colour(node: Node | None, problems: list[Problem]) -> tuple[int, int, int] | None:
    if not isinstance(node, TextNode) or node.value is None:
        return None
    named, code = COLOURS.get(node.string.lower()), _CODE.fullmatch(node.string)
    if code is not None:
        digits = code[1] if len(code[1]) == 6 else "".join(2 * digit for digit in code[1])
        named = int(digits, 16)
    if named is None:
        hint = did_you_mean(node.string.lower(), COLOURS) or tr('e.g. `navy`, or in quotes `"#1a2b3c"`')
        problems.append(Problem(node.place, tr("unknown colour `{name}`", name=node.string), hint))
        return None
    return named >> 16, named >> 8 & 255, named & 255
