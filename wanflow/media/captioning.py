"""Words that are burned into a picture."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Caption:
    """Placeholder of the merge."""

    text: str
    first: int
    end: int
    place: str = "bottom"
    share: Decimal = Decimal(5)
