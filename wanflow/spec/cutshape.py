"""The size, the rate and the fit of a cut as its author writes them (format.md, Cuts)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from wanflow.spec.problem import Problem
from wanflow.spec.production import AS_FIRST, CutShape
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Scalar

BROADCAST = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
"""Rates that are written short and mean n/1001."""
SIDES = range(16, 8193, 2)
"""Pixels of a side: H.264 in yuv420p counts them by two."""
FASTEST = 120

_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


def read_shape(node: Node, problems: list[Problem]) -> CutShape:
    """The shape of a cut in its long form; what can't be used is among the problems and left as it would be."""
    if not isinstance(node, Table):
        return AS_FIRST
    size, fps, fit = (node.find(key) for key in ("size", "fps", "fit"))
    return CutShape(
        size=_size(size, problems) if isinstance(size, Scalar) else None,
        rate=_rate(fps, problems) if isinstance(fps, Scalar) else None,
        fit=fit.words if isinstance(fit, Scalar) else AS_FIRST.fit,
    )


def _size(written: Scalar, problems: list[Problem]) -> tuple[int, int] | None:
    found = _SIZE.fullmatch(written.words)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if sides[0] in SIDES and sides[1] in SIDES:
        return sides
    message = f"`size` has to be width x height in even numbers of pixels, not `{written.words}`"
    problems.append(Problem(written.place, message, "e.g. `1280x720`"))
    return None


def _rate(written: Scalar, problems: list[Problem]) -> Fraction | None:
    number = written.value
    rate = Fraction(number) if isinstance(number, int | Decimal) and not isinstance(number, bool) else Fraction(0)
    rate = BROADCAST.get(written.words, rate)
    if 1 <= rate <= FASTEST:
        return rate
    message = f"`fps` has to be 1 to {FASTEST} frames a second, not `{written.words}`"
    problems.append(Problem(written.place, message, "e.g. `24`, or `23.976`"))
    return None
