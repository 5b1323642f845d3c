"""Read the items of a cut: shots, files and titles, trimmed and joined (format.md, Cuts)."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import replace
from decimal import Decimal

from wanflow.language.author_hints import hint_for_take
from wanflow.language.cut_titles import KEYS_OF_TITLES, lay_over, lies_over, number_of, read_title
from wanflow.language.problem import Problem
from wanflow.language.production import CutItem, TitleCard, Transition, TransitionKind
from wanflow.language.scope import Scope
from wanflow.language.source import FileSource, ShotSource
from wanflow.messages import tr
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

TRANSITION_SECONDS = Decimal("0.5")
"""Seconds of a transition without a `duration`."""

MAX_ITEMS = 20_000
"""Maximum items of one cut, those of a group counted one by one: as many as a production has shots."""

UNUSABLE = ShotSource("")
"""In place of an item with a reported problem: a shot that is in no production, so that none makes the cut."""

_SOURCES = ("shot", "file", "title")
_OF_CLIPS = ("in", "out", "overlap", "speed", "sound", "freeze")
"""Keys of clips that pictures and titles do not have."""
_OF_SHOTS = ("take", "takes")
"""Keys of shots that files and titles do not have."""


def read_items(
    listed: Listed[Node], scope: Scope, problems: list[Problem], *, slated: bool, crops: bool = False
) -> tuple[CutItem, ...]:
    """The usable items; problems of the others are added to `problems`. A group becomes one item for each shot.

    `slated` is the cut's own `slate`, and `crops` says that its `fit` is `crop`.
    """
    items: list[CutItem] = []
    for number, node in enumerate(listed):
        if len(items) > MAX_ITEMS:
            problems.append(
                Problem(node.place, tr("a cut has at most {max_items} items", max_items=MAX_ITEMS), tr("split it"))
            )
            return ()
        rest = _with_source(node)
        if lies_over(rest):
            lay_over(rest, items, scope, problems)
            continue
        found = (
            [] if rest is None else _expand_item(rest, scope, problems, slated=slated, crops=crops, first=number == 0)
        )
        items += found if rest is node else [CutItem(UNUSABLE, node.place)]
    return tuple(items)


def _with_source(node: Node) -> Node | None:
    """An item as it is read; of a list, whose problems are reported, the part that names what plays."""
    if not isinstance(node, ListNode):
        return node
    return next((item for item in node.items if isinstance(item, MapNode) and item.keys_among(_SOURCES)), None)


def _expand_item(
    node: Node, scope: Scope, problems: list[Problem], *, slated: bool, crops: bool, first: bool
) -> list[CutItem]:
    """The items of a node: one, or one for each shot of a group."""
    written = node.find("shot") if isinstance(node, MapNode) else node
    name = written if isinstance(written, TextNode) and written.string else None
    shots = scope.shots(name) if name is not None else None
    grouped = shots is not None and len(shots) > 1
    item = _item(node, scope, problems, slated=slated, crops=crops, first=first and not grouped)
    if item is None:
        return [CutItem(UNUSABLE, node.place)]
    if not isinstance(item.source, ShotSource) or name is None:
        return [item]
    if shots is None:
        return _unknown_shot(item, name, scope, problems)
    sources = [ShotSource(shot) for shot in shots]
    if sources == [item.source]:
        return [item]
    spread = [replace(item, source=source) for source in sources]
    if grouped and first and item.transition is not None and item.transition.kind != TransitionKind.FADE:
        spread[0] = replace(spread[0], transition=None)  # it joins the shots of the group only
    return spread


def slate_of(node: Node, *, default: bool) -> bool:
    """Whether an animatic gets its slate strip."""
    value = node.find("slate") if isinstance(node, MapNode) else None
    return value.value is not False if isinstance(value, TextNode) else default


def _unknown_shot(item: CutItem, name: TextNode, scope: Scope, problems: list[Problem]) -> list[CutItem]:
    """Report an item that names no shot: a file, a take, or an unknown name."""
    before = len(problems)
    scope.shot(name, problems)
    hint = hint_for_take(name.string)
    if hint is not None and scope.find(name.string.rpartition(".t")[0]) is not None:
        problems[before:] = [
            Problem(name.place, tr("an item names a shot, not the take `{name}`", name=name.string), hint)
        ]
    elif scope.base.has(scope.base.path(name.text)):
        problems[before:] = [
            Problem(
                name.place,
                tr("no shot `{name}`", name=name.string),
                tr("for a file write `{{file: {name}}}`", name=name.string),
            )
        ]
    return [item]


def _item(
    node: Node, scope: Scope, problems: list[Problem], *, slated: bool, crops: bool, first: bool
) -> CutItem | None:
    if isinstance(node, TextNode):
        return CutItem(ShotSource(node.string), node.place, slate=slated)
    if not isinstance(node, MapNode):
        return None  # another shape is reported already
    source = _source(node, scope, problems)
    if source is None and (title := node.find("title")) is not None:
        problems.append(
            Problem(title.place, tr("`title` is empty"), tr("for an empty picture name an image as a `file`"))
        )
    elif source is None:
        message = tr("an item is a `shot`, a `file` or a `title`")
        problems.append(Problem(node.place, message, "e.g. `{shot: coast}`"))
    if source is None:
        return None
    problems += _misplaced_keys(node, source, crops=crops)
    duration, take = node.key("duration"), number_of(node, "take")
    takes, sound = node.find("takes"), node.find("sound")
    focus = node.find("focus")
    listed = focus.items if isinstance(focus, ListNode) else ()
    shares = [
        Decimal(each.value) for each in listed if isinstance(each, TextNode) and isinstance(each.value, int | Decimal)
    ]
    every = isinstance(takes, TextNode) and takes.string == "all"
    return CutItem(
        source=source,
        place=node.place,
        named_at=next(value.place for key in _SOURCES if (value := node.find(key)) is not None),
        start=number_of(node, "in"),
        stop=number_of(node, "out"),
        keep_overlap=node.find("overlap") is not None,
        slate=slate_of(node, default=slated),
        seconds=number_of(node, "duration"),
        seconds_at=None if duration is None else duration.place,
        transition=_transition(node, problems, first=first and not every),
        take=None if take is None else int(take),
        takes_all=every,
        speed=number_of(node, "speed") or Decimal(1),
        keep_sound=not isinstance(sound, TextNode) or sound.string != "drop",
        freeze=number_of(node, "freeze"),
        focus=(shares[0], shares[1]) if len(shares) == 2 else None,
    )


def _source(node: MapNode, scope: Scope, problems: list[Problem]) -> ShotSource | FileSource | TitleCard | None:
    shot, file, title = (node.find(key) for key in _SOURCES)
    if isinstance(shot, TextNode) and shot.string:
        return ShotSource(shot.string)
    if isinstance(file, TextNode) and file.string:
        return FileSource(scope.base.path(file.text))
    if isinstance(title, TextNode) and title.string.strip():
        return read_title(node, title.string, scope, problems)
    return None


def _misplaced_keys(node: MapNode, source: ShotSource | FileSource | TitleCard, *, crops: bool) -> list[Problem]:
    """Keys that do not apply to this kind of item."""
    found: list[Problem] = []
    duration, title = node.key("duration"), isinstance(source, TitleCard)
    misplaced = [*(_OF_CLIPS if duration or title else ()), *(("focus",) if title else KEYS_OF_TITLES)]
    what = tr("a title") if title else tr("a picture") if duration else tr("a clip")
    unnumbered = _OF_SHOTS if title or isinstance(source, FileSource) else ()
    for key, _ in node.pairs:
        if key.string in misplaced:
            found.append(Problem(key.place, tr("{what} has no `{name}`", what=what, name=key.string), tr("remove it")))
        elif key.string in unnumbered:
            found.append(
                Problem(
                    key.place,
                    tr("only a shot has takes, so that `{name}` is out of place here", name=key.string),
                    tr("remove it"),
                )
            )
    if title and duration is None:
        found.append(Problem(node.place, tr("a title needs a `duration`"), "e.g. `duration: 2`"))
    focus = node.key("focus")
    if focus is not None and not crops and not title:
        message = tr("`focus` needs `fit: crop` in the cut: nothing is cut off otherwise")
        found.append(Problem(focus.place, message, tr("add `fit: crop`, or remove it")))
    if title and (at := node.key("at")) is not None:
        message = tr("`at` belongs to a title that lies over an item")
        found.append(Problem(at.place, message, tr("add `over: true`, or remove it")))
    return found


def _transition(node: MapNode, problems: list[Problem], *, first: bool) -> Transition | None:
    """The transition of an item; None for a hard cut and for an invalid one."""
    written = node.find("transition")
    name = written.find("type") if isinstance(written, MapNode) else written
    if not isinstance(name, TextNode) or name.string not in set(TransitionKind):
        return None  # reported already, where it is written
    kind = TransitionKind(name.string)
    seconds = number_of(written, "duration") if isinstance(written, MapNode) else None
    if kind is TransitionKind.CUT:
        if seconds is not None:
            problems.append(Problem(name.place, tr("a `cut` has no `duration`"), tr("remove it, or write `dissolve`")))
        return None
    if first and kind is not TransitionKind.FADE:
        message = tr("the first item has no item before it for a `{kind}`", kind=kind)
        problems.append(Problem(name.place, message, tr("only a `fade`, from black, works there")))
        return None
    return Transition(kind, TRANSITION_SECONDS if seconds is None else seconds, name.place)
