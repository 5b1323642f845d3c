"""The checks of takes and what a production does about their findings (`checks` in a production file)."""

from __future__ import annotations

from enum import StrEnum


class Check(StrEnum):
    """One thing that is measured of every take; the value is its name in YAML, in JSON and on the command line."""

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


class FindingAction(StrEnum):
    """What a finding does: it is shown, it keeps what depends on the take waiting for a pick, or it is not measured."""

    WARN = "warn"
    WAIT = "wait"
    OFF = "off"
