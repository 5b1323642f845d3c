"""The checks of takes and what a production does about their findings (`checks` in a production file)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from wanflow.records import immutable
from wanflow.yamldoc.nodes import MapNode, Node, TextNode


class Check(StrEnum):
    """One thing that is measured of takes; the value is its name in YAML, in JSON and on the command line."""

    BLACK = "black"
    """A part of the take is black."""
    FROZEN = "frozen"
    """A part of the take does not move."""
    SILENT = "silent"
    """Sound was asked for, and there is none."""
    CLIPPED = "clipped"
    """The sound is louder than its format holds."""
    FLICKER = "flicker"
    """The brightness changes from frame to frame and back."""
    LETTERBOX = "letterbox"
    """Bars at the edges that nobody asked for."""
    LENGTH = "length"
    SIZE = "size"
    RATE = "rate"
    FIRST_FRAME = "first_frame"
    """The first frame is unlike the picture that was given for it."""
    LAST_FRAME = "last_frame"
    """The last frame is unlike the picture that was given for it."""
    SEAM = "seam"
    """The head of a continuation is unlike the clip that it continues, or its new part jumps."""
    DRIFT = "drift"
    """Colour or contrast differ from those of the first take of a chain of continuations."""
    HARD_CUT = "hard_cut"
    """The picture cuts inside a take that is one camera move."""
    FLAT = "flat"
    """A picture of one colour."""
    BLURRED = "blurred"
    """A picture without a sharp edge."""
    ALPHA = "alpha"
    """A picture with an alpha channel, which no model takes."""
    DUPLICATE = "duplicate"
    """A picture that looks like another take of the same request."""
    COLOR = "color"
    """The colours of two neighbours in a cut differ that should match; nothing waits for it."""


class FindingAction(StrEnum):
    """What a finding does: it is shown, it keeps what depends on the take waiting for a pick, or it is not measured."""

    WARN = "warn"
    WAIT = "wait"
    OFF = "off"


@immutable
class CheckRules:
    """What findings in the takes of a shot do, by check; a check that is not among `actions` warns."""

    actions: Mapping[Check, FindingAction] = field(default_factory=dict)

    def action(self, check: Check) -> FindingAction:
        """What a finding of a check does."""
        return self.actions.get(check, FindingAction.WARN)

    @property
    def wait(self) -> bool:
        """Whether findings of any check keep what depends on a take waiting."""
        return FindingAction.WAIT in self.actions.values()

    @property
    def off(self) -> bool:
        """Whether nothing is measured."""
        return all(self.action(check) is FindingAction.OFF for check in Check)


CHECKS_KEY = "checks"


def read_checks(layers: Iterable[Node | None]) -> CheckRules:
    """The rules of a shot from the values of `checks` around it, outermost first: of each check the last one decides.

    A value is one word for all checks, or a mapping by check. What breaks the schema is reported elsewhere.
    """
    actions: dict[Check, FindingAction] = {}
    for node in layers:
        if isinstance(node, TextNode) and node.string in set(FindingAction):
            actions = dict.fromkeys(Check, FindingAction(node.string))
        for key, value in node.entries if isinstance(node, MapNode) else ():
            if key.string in set(Check) and isinstance(value, TextNode) and value.string in set(FindingAction):
                actions[Check(key.string)] = FindingAction(value.string)
    return CheckRules(actions)
