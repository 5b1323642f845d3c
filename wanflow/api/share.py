"""Takes to and from the remote: what one person paid for, the others have (cli.md, Commands)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from wanflow.catalog.provider import load_providers
from wanflow.errors import StoreFault, UnknownTarget
from wanflow.language.output_paths import results_folder
from wanflow.language.production import Production
from wanflow.store import blobs, layout, lockfile, shots_folder
from wanflow.store.layout import Store
from wanflow.store.remote import Remote, RemoteTake, kept_takes

REMOTE_VARIABLE = "WANFLOW_REMOTE"

Tell = Callable[[str], None]


@dataclass(slots=True)
class Transfer:
    """What came of a push or a pull: how many takes moved, were in place already, or are nowhere; what went wrong."""

    moved: int = 0
    there: int = 0
    missing: list[str] = field(default_factory=list)
    faults: list[StoreFault] = field(default_factory=list)


def push(production: Production, tell: Tell) -> Transfer:
    """Send the paid takes that are here to the remote; done again, it sends what is still missing there.

    Raises UnknownTarget without a remote, StoreFault where it can't be used at all.
    """
    remote, store = _open(production)
    done = Transfer()
    for kept in _paid(store):
        if kept.take.digest not in blobs.list_takes(store):
            done.missing.append(kept.name)
        else:
            _move(kept, done, tell, lambda item: remote.push(item, store))
    return done


def pull(production: Production, tell: Tell) -> Transfer:
    """Fetch the paid takes that the lock names and that aren't here; done again, it goes on where it broke off.

    Raises as `push`.
    """
    remote, store = _open(production)
    layout.establish(store)
    done, here = Transfer(), blobs.list_takes(store)
    for kept in _paid(store):
        if kept.take.digest in here:
            done.there += 1
        else:
            _move(kept, done, tell, lambda item: _fetch(item, remote, store, done))
    out = production.out if production.provider.paid else results_folder(production.provider.models)
    shots_folder.arrange(store, lockfile.read(store.paid_lock), production.folder / out)
    return done


def _open(production: Production) -> tuple[Remote, Store]:
    address = os.environ.get(REMOTE_VARIABLE) or production.remote
    if not address:
        hint = (
            f"write `remote: s3://bucket/prefix` (or a folder) at the top of the production, or set {REMOTE_VARIABLE}"
        )
        raise UnknownTarget("there is no remote", hint=hint)
    place = address if "://" in address else (production.folder / address).absolute().as_posix()
    return Remote(place), Store(production.folder, load_providers()[production.provider.models])


def _paid(store: Store) -> list[RemoteTake]:
    return list(kept_takes(lockfile.read(store.paid_lock)))


def _move(kept: RemoteTake, done: Transfer, tell: Tell, move: Callable[[RemoteTake], bool]) -> None:
    """One take; trouble with it stops no other."""
    try:
        moved = move(kept)
    except StoreFault as fault:
        done.faults.append(fault)
        return
    if moved:
        done.moved += 1
        tell(kept.name)
    elif kept.name not in done.missing:
        done.there += 1


def _fetch(kept: RemoteTake, remote: Remote, store: Store, done: Transfer) -> bool:
    found = remote.pull(kept, store)
    if not found:
        done.missing.append(kept.name)
    return found
