"""Attempts and what became of them, as the journal has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from wanflow.records import immutable
from wanflow.store.take import Price, Recipe


@immutable
class Attempt:
    """A request that is about to be sent: what is asked, with which seed, for which take of which shot.

    `price` is what it is to cost at most, None where nothing is paid or the price is not known. `request` is the key
    that the lock has for the request (`graph.recipe.request_key`), None in the records of an older wanflow.
    """

    id: str
    shot: str
    number: int
    model: str
    fingerprint: str
    seed: int
    recipe: Recipe
    date: str
    price: Price | None = None
    request: str | None = None


@immutable
class OpenTask:
    """A task that the service accepted and whose result is not stored yet.

    `url` is where the result is, as far as the service has said so and without its signature, and `ready` since when;
    it expires 24 h later (service.md 4.1). `service` is the account that has it. `running` says that
    it was seen to run; `seed_uncertain` that it may as well be the task of another attempt, alike but for the seed;
    `late` that it was given up before: another take may have been made in its place; `by_person` that a person named
    the task, which nothing has shown yet.
    """

    task_id: str
    attempt: Attempt
    accepted: str
    url: str | None = None
    ready: str | None = None
    service: str | None = None
    running: bool = False
    seed_uncertain: bool = False
    late: bool = False
    by_person: bool = False


@immutable
class StoredTask:
    """A task whose result is in the store, since `date`, under `digest`.

    `facts` is the take as `Take.to_json` writes it; None in the records of an older wanflow. `cost` is what was
    charged by them, None where nothing is known.
    """

    task_id: str
    attempt: Attempt
    digest: str
    date: str
    seed_uncertain: bool = False
    facts: Mapping[str, object] | None = None
    cost: Decimal | None = None
    current: str | None = None

    @property
    def charge(self) -> Decimal:
        """What was charged, or what it was to cost at most; zero where nothing was to be paid."""
        if self.cost is not None:
            return self.cost
        return Decimal(0) if self.attempt.price is None else self.attempt.price.amount


@immutable
class OnlineTake:
    """A take that an account may still have online: the task that knows its address, since when, and the account."""

    task_id: str
    ready: str
    service: str


@immutable
class Ending:
    """How a request last ended without a result: `code` and `words` are the service's own.

    `state` is what the shot is by that, failed or refused; None where it is as if the request was never sent.
    """

    attempt: Attempt
    words: str
    date: str
    code: str | None = None
    task_id: str | None = None
    state: str | None = None


Reserved = Mapping[int, tuple[str, int]]
"""Take numbers with the fingerprint and the seed that each was reserved for."""


@immutable
class JournalState:
    """What the journal says is still open.

    `unknown_fate`: attempts that were intended, and neither accepted nor declined on record.
    `open`: tasks that were accepted and did not end. `known`: all task ids that the journal ever saw.
    `endings`: the requests that last ended without a result, oldest first; without those that were tried again since.
    `online`: takes that were online once, by digest.
    `presumed`: attempts that count as never accepted, because the service's list never showed them.
    `forgotten`: tasks that the service did not know when it was last asked.
    `numbers`: the take numbers that intents reserved, by shot, with the fingerprint and the seed of each; an attempt
    that certainly delivers nothing gives its number back.
    `stored`: the tasks whose results were stored, oldest first.
    `seed_uncertain`: attempts whose tasks may be each other's, also those that ended.
    `unfiled`: of the stored tasks those whose takes may be missing in the lock's file, as their run writes it later.
    """

    unknown_fate: tuple[Attempt, ...] = ()
    open: tuple[OpenTask, ...] = ()
    known: frozenset[str] = frozenset()
    endings: tuple[Ending, ...] = ()
    online: Mapping[str, OnlineTake] = field(default_factory=dict)
    presumed: tuple[Attempt, ...] = ()
    forgotten: tuple[OpenTask, ...] = ()
    numbers: Mapping[str, Reserved] = field(default_factory=dict)
    stored: tuple[StoredTask, ...] = ()
    seed_uncertain: tuple[Attempt, ...] = ()
    unfiled: tuple[StoredTask, ...] = ()
