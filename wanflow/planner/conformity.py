"""Neighbours in a cut whose colours should match: of one camera move, or of one scene and one cast (docs/checks.md)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from wanflow.catalog.model import Role
from wanflow.language.checks import Check, FindingAction
from wanflow.language.production import Production, Shot, TransitionKind
from wanflow.language.source import Frame, ShotSource
from wanflow.planner.cut import EditItem
from wanflow.planner.cut_layout import CutLayout
from wanflow.records import immutable
from wanflow.store.lock import Lock
from wanflow.store.take import MADE_ELSEWHERE

SAME_VIEW = 14.0
"""Difference in mean colour that is seen where a shot goes on as another, in CIELAB (delta E 1976), as for `drift`."""
SAME_SCENE = 30.0
"""Difference in mean colour that two views of one scene do not reach.

Of parts of 11 drawn sets and their wholes, half differ by 9, 95 of 100 by less than 22, and 99 by less than 29.
"""


@immutable
class ColorPair:
    """Two neighbours whose colours should match: the last frame of one clip that moves, and the first of the other.

    Frames are those of the clips at their own rates. `limit` is the difference from which on it is a finding, and
    `position` the place of `after` on the timeline.
    """

    position: int
    before: EditItem
    after: EditItem
    last: int
    first: int
    limit: float


def color_pairs(layout: CutLayout, production: Production, lock: Lock) -> Iterator[ColorPair]:
    """The neighbours of a cut whose colours should match.

    Both are takes of shots, and join by a hard cut or a dissolve. What the animatic drew is left out: its colours mean
    nothing. So are shots that switch the check off.
    """
    clips = tuple(zip(layout.items, layout.clips, strict=True))
    for position, ((one, before), (other, after)) in enumerate(pairwise(clips), 1):
        if after.transition not in {TransitionKind.CUT, TransitionKind.DISSOLVE}:
            continue
        shots = [_judged(item, production, lock) for item in (one, other)]
        limit = None if shots[0] is None or shots[1] is None else _limit(one, shots[0], other, shots[1])
        if limit is not None:
            yield ColorPair(position, one, other, before.first + before.count - 1, after.first, limit)


def _judged(item: EditItem, production: Production, lock: Lock) -> Shot | None:
    """The shot of an item whose take is judged; None for another item."""
    shot, entry = production.shots.get(item.vertex or ""), lock.shots.get(item.vertex or "")
    take = None if entry is None else entry.takes.get(item.digest or "")
    if shot is None or take is None or item.film is None:
        return None
    drawn = production.provider.slated and take.model != MADE_ELSEWHERE
    return None if drawn or shot.checks.action(Check.COLOR) is FindingAction.OFF else shot


def _limit(one: EditItem, earlier: Shot, other: EditItem, later: Shot) -> float | None:
    """The limit for two shots; None where nothing says that they should match."""
    for media in later.media:
        if not isinstance(media.source, ShotSource) or media.source.shot != earlier.name:
            continue
        if later.rules.has_role(media.type, Role.CONTINUED) or media.source.piece == Frame("last"):
            trimmed = one.item.stop is not None or other.item.start is not None or one.item.takes_all
            return SAME_SCENE if trimmed else SAME_VIEW
    related = earlier.name != later.name and earlier.scene and earlier.scene == later.scene
    return SAME_SCENE if related and earlier.cast & later.cast else None
