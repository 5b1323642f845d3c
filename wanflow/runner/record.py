"""Putting a take on record: store, trace, journal, lock and its name under `out/`, in the order that loses nothing."""

from __future__ import annotations

from wanflow import money, timing
from wanflow.money import Bound, Cost
from wanflow.planner.question import Question
from wanflow.planner.supply import film_of
from wanflow.runner.event import TakeStored
from wanflow.runner.parts import Parts
from wanflow.runner.stage import Stage
from wanflow.spec.facts import Facts
from wanflow.store import lockfile, shelf
from wanflow.store.lock import Lock, add_take, set_current
from wanflow.store.take import Film, Take
from wanflow.store.take_names import take_file


def film_from(facts: Facts) -> Film:
    """What is kept of a delivered film; raises ValueError for a picture, which no service delivers as one."""
    film = film_of(facts)
    if film is None:
        raise ValueError("a picture is no film")
    return film


def charge_of(take: Take) -> Cost | None:
    """What a take was charged: nothing on the animatic, unknown where the reply did not say."""
    if take.currency is None:
        return None
    return money.unknown(take.currency) if take.cost is None else Cost(take.cost, take.currency, Bound.EXACT)


def file_take(
    take: Take, number: int, question: Question, node: str, stage: Stage, parts: Parts, *, bought: bool = True
) -> None:
    """Enter a take in the lock under its number, make its request the shot's current one, and shelve the file.

    `bought` says that it came now, and what it was charged is told. What people decided in the lock meanwhile stays
    there; the run itself keeps to what it was planned with.
    """
    shot = question.shot.name
    reserved = parts.journal.reserved((shot, *question.entry.former))

    def enter(lock: Lock, wanted: int) -> Lock:
        with_take = add_take(lock, shot, take, question.recipe, wanted, reserved=reserved)
        return set_current(with_take, shot, question.request)

    number = lockfile.update(parts.store.lock, lambda lock: enter(lock, number)).shots[shot].numbers[take.digest]
    stage.learn_take(take, question.recipe, enter(stage.inventory.lock, number))
    shelved = shelve(take, shot, number, parts)
    seconds = timing.decimal_text(timing.to_seconds(take.film.frames, take.film.rate), 3)
    cost = charge_of(take) if bought else None
    parts.emit(TakeStored(node, shot, number, take.digest, seconds, shelved, cost))


def shelve(take: Take, shot: str, number: int, parts: Parts) -> str:
    """Give a take its name under `out/shots`; the name, relative to the production's folder."""
    name = take_file(parts.out, shot, number)
    shelf.put(parts.store, take.digest, parts.folder / name)
    return name
