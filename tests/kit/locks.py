"""Takes, attempts and locks made by hand, for tests of the store."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.digest import Canonical
from wanflow.store import blobs
from wanflow.store.attempt import Attempt
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, add_take
from wanflow.store.take import Film, Take

DATE = "2026-11-20T10:00:00Z"
FILM = Film(150, Fraction(30), 1280, 720, 240_000, 48_000)


def recipe(words: str, backend: str = "dashscope") -> dict[str, Canonical]:
    """A request in words."""
    return {"backend": backend, "model": "wan2.7-i2v", "prompt": words, "media": [{"is": {"digest": "a" * 64}}]}


def fingerprint(words: str, backend: str = "dashscope") -> str:
    """The hash of `recipe`."""
    return digest.of_json(recipe(words, backend))


def take(words: str, content: str, *, seed: int = 7, date: str = DATE, backend: str = "dashscope") -> Take:
    """A paid take of a request, whose bytes are `content`."""
    return Take(
        digest=digest.of_bytes(content.encode()),
        fingerprint=fingerprint(words, backend),
        seed=seed,
        model="wan2.7-i2v",
        result=FILM,
        date=date,
        task_id=f"task-{content}",
        request_id=f"request-{content}",
        cost=Decimal("3.00"),
        currency="CNY",
    )


def with_take(lock: Lock, shot: str, content: str, *, number: int = 1, date: str = DATE) -> Lock:
    """The lock with a take of a shot whose words are its name and whose bytes are `content`."""
    return add_take(lock, shot, take(shot, content, date=date), recipe(shot), number)


def delivered(store: Store, content: str) -> Path:
    """A finished download in the store's own folder."""
    path = store.temporary(".mp4")
    path.write_bytes(content.encode())
    return path


def stored(store: Store, content: str) -> str:
    """Put a take's bytes into the store; their digest."""
    name = digest.of_bytes(content.encode())
    blobs.adopt_take(store, delivered(store, content), name, ResultKind.FILM)
    return name


def journaled(store: Store, content: str, *, number: int = 1, shot: str = "coast", described: bool = True) -> Take:
    """A take of a shot whose bytes are in the store and that the journal alone has, as an older one where not described."""
    made, journal_state = take(shot, content, seed=number), Journal(store)
    stored(store, content)
    journal_state.intended(
        Attempt(f"a-{content}", shot, number, made.model, made.fingerprint, number, recipe(shot), DATE)
    )
    journal_state.accepted(f"a-{content}", str(made.task_id), str(made.request_id), DATE)
    journal_state.stored(str(made.task_id), made.digest, made.date, take=made if described else None)
    return made


def attempt(name: str, *, seed: int = 7) -> Attempt:
    """A request of the shot `coast` that is about to be sent."""
    return Attempt(name, "coast", 1, "wan2.7-i2v", fingerprint("coast"), seed, recipe("coast"), DATE)
