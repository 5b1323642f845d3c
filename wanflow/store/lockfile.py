"""The lock: which takes a production has and which of them is picked; one file per backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wanflow.store.take import Recipe, Take


@dataclass(frozen=True, slots=True)
class ShotEntry:
    """What the lock says of one shot.

    `takes` are by digest; `numbers` gives each digest its running number. `current` is the fingerprint of the
    request that was last run. `picks` keeps one picked digest per fingerprint, so that an undo brings its own pick
    back; `held` is the digest that is kept although the shot changed; `wishes` how many takes a request was asked
    for beyond `takes:`, as an absolute number; `recipes` the requests in words, so that `why` can compare.
    """

    takes: Mapping[str, Take] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    current: str | None = None
    picks: Mapping[str, str] = field(default_factory=dict)
    held: str | None = None
    wishes: Mapping[str, int] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """All shots that the lock knows, removed ones included."""

    shots: Mapping[str, ShotEntry] = field(default_factory=dict)
