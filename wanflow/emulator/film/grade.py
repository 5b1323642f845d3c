"""The looks that an edit can give a film, chosen by words of its prompt; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random


class Precipitation(StrEnum):
    """What falls through the picture."""

    NONE = "none"
    RAIN = "rain"
    SNOW = "snow"


@dataclass(frozen=True, slots=True)
class Grade:
    """A look: brightness `gain` and `lift` (of 255), `saturation`, a shift of blue and of red (of 255), a vignette."""

    gain: float = 1.0
    lift: int = 0
    saturation: float = 1.0
    blue: int = 0
    red: int = 0
    vignette: float = 0.0
    precipitation: Precipitation = Precipitation.NONE

    @property
    def filter(self) -> str:
        """The look as an ffmpeg filter, one table for each plane."""
        luma = f"clip(16+(val-16)*{self.gain}+{self.lift},16,235)"
        blue = f"clip(128+(val-128)*{self.saturation}+{self.blue},16,240)"
        red = f"clip(128+(val-128)*{self.saturation}+{self.red},16,240)"
        return f"lutyuv=y='{luma}':u='{blue}':v='{red}'"


LOOKS: Sequence[tuple[str, Grade]] = (
    (r"\bnight|midnight|moonl|夜|月光", Grade(0.48, 4, 0.55, 16, -9, 0.55)),
    (r"\bnoir\b|black.and.white|monochrome|黑白", Grade(1.12, -14, 0.0, vignette=0.6)),
    (r"sepia|vintage|old film|antique|复古|怀旧|老电影", Grade(0.95, 8, 0.3, -16, 12, 0.45)),
    (r"sunset|sunrise|golden|\bdusk|\bdawn|黄昏|日落|日出|金色", Grade(0.98, 4, 1.15, -20, 16, 0.25)),
    (r"neon|cyber|霓虹|赛博", Grade(0.85, -6, 1.5, 14, 10, 0.5)),
    (r"\bfog|\bmists?\b|\bmisty|\bhaz[ey]|雾|霾", Grade(0.62, 74, 0.45, 4, -2)),
    (r"autumn|\bfall leaves|秋", Grade(0.97, 2, 1.1, -14, 10, 0.2)),
    (r"winter|\bsnow|\bcold\b|\bice\b|冬|雪|冰", Grade(1.02, 14, 0.6, 12, -8, 0.15)),
    (r"\brain(s|y|ing|fall)?\b|\bstorm|雨|暴风", Grade(0.74, 2, 0.55, 7, -5, 0.3)),
    (r"dream|梦", Grade(0.9, 30, 0.8, 6, 6, 0.35)),
)
"""Words and the look that they call for, in English and Chinese; the first that is found wins."""

FALLING: Sequence[tuple[str, Precipitation]] = (
    (r"\brain(s|y|ing|fall)?\b|\bstorm|雨|暴风", Precipitation.RAIN),
    (r"\bsnow|雪", Precipitation.SNOW),
)

TINTS = ((18, -10), (-16, 14), (12, 12), (-12, -14), (-18, 4), (4, 18))
"""What an edit that names no look gets, by seed: shifts of blue and of red."""


def choose_grade(prompt: str, seed: int) -> Grade:
    """The look that a prompt calls for; without one a tint by the seed, so that an edit always shows."""
    words = prompt.lower()
    falling = next((kind for pattern, kind in FALLING if re.search(pattern, words)), Precipitation.NONE)
    blue, red = Random(seed).choice(TINTS)  # noqa: S311 - a choice of colour
    tint = Grade(0.96, 2, 0.85, blue, red, 0.2)
    return replace(next((grade for pattern, grade in LOOKS if re.search(pattern, words)), tint), precipitation=falling)
