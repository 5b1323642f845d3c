"""What people decide about takes, as changes of a lock: which take is picked or held, and how many more are wanted.

Every function is pure: from the lock as it is now to the lock as it shall be. None of it costs anything by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wanflow.errors import ExitCode, UnknownTarget, WanflowError
from wanflow.graph.build import cut_sources
from wanflow.graph.node import CutVertex, is_cut
from wanflow.graph.recipe import parse_request_key, request_key
from wanflow.graph.select import matching, single_shot
from wanflow.language.source import ShotSource
from wanflow.messages import joined, tr
from wanflow.planner.picks import numbered_takes
from wanflow.planner.plan import Plan
from wanflow.planner.request import ShotRequest, planned_request
from wanflow.planner.status import states
from wanflow.records import immutable
from wanflow.store import lock as locks
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Recipe, Take
from wanflow.suggest import did_you_mean


class ShotChanged(WanflowError):
    """Somebody decided about a shot after its state was read; nothing was done."""

    exit_code = ExitCode.STOPPED


@immutable
class Picked:
    """A take of a shot that was picked.

    `current`: it was made from the shot's present request. `held`: it is held as well, so that it is used although it
    is not current, or because the shot was held before. `source_shot` and `source_take`: it was that take of a removed
    shot. `source_file`: it was the clip of that name; `known`: the clip was a take of the shot already. `seconds` and
    `duration` are a clip's length and the one that the shot asks for, where they differ.
    """

    shot: str
    take: int
    current: bool = True
    held: bool = False
    source_shot: str | None = None
    source_take: int | None = None
    source_file: str | None = None
    known: bool = False
    seconds: str | None = None
    duration: str | None = None


@immutable
class Retake:
    """More takes of a shot were asked for: the next run renders them."""

    shot: str
    more: int


@immutable
class Held:
    """A take of a shot is held."""

    shot: str
    take: int


@immutable
class Released:
    """A shot's takes are no longer held; `was_held` says whether one was."""

    shot: str
    was_held: bool


def named_shots(plan: Plan, select: Sequence[str]) -> list[str]:
    """The shots that selectors name, without what they need, in the production's order; a cut names its shots.

    Raises UnknownTarget where they name none.
    """
    chosen = set(matching(plan.graph, select, states(plan)))
    cuts = matching(plan.graph, [word for word in select if is_cut(word)], {})
    vertices = [vertex for vertex in map(plan.graph.vertex, cuts) if isinstance(vertex, CutVertex)]
    clips = [source for vertex in vertices for source in cut_sources(vertex.cut)]
    chosen |= {source.shot for source in clips if isinstance(source, ShotSource)}
    shots = [shot for shot in plan.graph.production.shots if shot in chosen]
    if shots:
        return shots
    words = " ".join(select)
    tags = {f"tag:{tag}" for shot in plan.graph.production.shots.values() for tag in shot.tags}
    hint = did_you_mean(words, tags) or tr("`wanflow list` shows what a selector matches")
    raise UnknownTarget(tr("`{words}` matches no shot", words=words), hint=hint)


def request_of_shot(plan: Plan, name: str) -> ShotRequest:
    """The request of the one shot that a word names; raises UnknownTarget for any other word."""
    name = single_shot(plan.graph.production, name)
    shot = plan.graph.production.shots.get(name)
    if shot is None:
        matching(plan.graph, [name], {})  # raises for a name that matches nothing, with the nearest one
        raise UnknownTarget(
            tr("`{name}` is not a shot", name=name), hint=tr("name one shot; `wanflow list` shows them")
        )
    return planned_request(plan, shot)


def known_request(plan: Plan, name: str) -> ShotRequest:
    """As `request_of_shot`; raises UnknownTarget as well where the request is not fully known yet."""
    shot_request = request_of_shot(plan, name)
    if not shot_request.known:
        words = tr("the request of `{name}` is not known before its inputs are rendered", name=name)
        raise UnknownTarget(words, hint=tr("`wanflow run` first"))
    return shot_request


def at_present(shot_request: ShotRequest, lock: Lock) -> ShotRequest:
    """A request with the entry that the lock has now: others may have decided since it was planned."""
    return replace(shot_request, entry=lock.shots.get(shot_request.shot.name, ShotEntry()))


def require_unchanged(lock: Lock, before: Lock, shots: Iterable[str]) -> None:
    """Raise ShotChanged where a lock has other takes or decisions of a shot than it had before."""
    for shot in shots:
        if lock.shots.get(shot) != before.shots.get(shot):
            raise ShotChanged(tr("`{shot}` changed meanwhile: nothing was done", shot=shot))


def take_of_number(entry: ShotEntry, shot: str, number: int) -> Take:
    """The take of a shot that has a number; raises UnknownTarget with the numbers that exist."""
    known = numbered_takes(entry)
    if number not in known:
        numbers = joined(", ", map(str, sorted(known)))
        hint = tr("its takes: {numbers}", numbers=numbers) if numbers else tr("it has no takes yet; run `wanflow run`")
        raise UnknownTarget(tr("`{shot}` has no take {number}", shot=shot, number=number), hint=hint)
    return known[number]


def pick(lock: Lock, shot_request: ShotRequest, take: Take) -> Lock:
    """The lock with a take picked for the request that it was made from; where the shot is held, the hold moves to it.

    The picks of the shot's other requests stay (law 6).
    """
    shot, entry = shot_request.shot.name, shot_request.entry
    request = shot_request.key
    if take not in shot_request.takes:
        known = (entry.current or "", *entry.picks, *entry.rival_picks)
        made_from = (key for key in known if parse_request_key(key)[0] == take.fingerprint)
        request = next(made_from, request_key(take.fingerprint, None))
    chosen = locks.pick(lock, shot, request, take.digest)
    held = entry.held is not None or bool(entry.rival_holds)
    return locks.keep(chosen, shot, take.digest) if held else chosen


def enter(lock: Lock, shot_request: ShotRequest, take: Take, recipe: Recipe, plan: Plan) -> Lock:
    """The lock with a new take of a shot, under the next number that no submission reserved."""
    shot = shot_request.shot.name
    reserved = plan.inventory.reserved(shot)
    return locks.add_take(lock, shot, take, recipe, locks.next_number(shot_request.entry, reserved), reserved=reserved)


def move(lock: Lock, shot_request: ShotRequest, former: str, number: int, plan: Plan) -> Lock:
    """The lock with a take of a removed shot moved to another shot and picked there.

    It keeps its record and gets the shot's next number. It is held where it was made from another request.
    """
    shot = shot_request.shot.name
    take = take_of_number(lock.shots.get(former, ShotEntry()), former, number)
    recipe = lock.shots[former].recipes[take.fingerprint]
    lock = locks.drop_take(lock, former, take.digest)
    lock = enter(lock, at_present(shot_request, lock), take, recipe, plan)
    shot_request = at_present(shot_request, lock)
    lock = pick(lock, shot_request, take)
    return lock if take in shot_request.takes else locks.keep(lock, shot, take.digest)


def adopt_clip(lock: Lock, shot_request: ShotRequest, take: Take, name: str, plan: Plan) -> Lock:
    """The lock with a clip made elsewhere as a picked take of a shot's present request; `name` is the clip's file.

    A clip that is a take already keeps its record. Raises UnknownTarget where that take is of an earlier request.
    """
    shot, known = shot_request.shot.name, shot_request.entry.takes.get(take.digest)
    if known is None:
        lock = enter(lock, shot_request, take, shot_request.recipe, plan)
    elif known not in shot_request.takes:
        number = shot_request.entry.numbers[known.digest]
        words = tr(
            "`{name}` is take {number} of `{shot}` already, made from an earlier request",
            name=name,
            number=number,
            shot=shot,
        )
        raise UnknownTarget(
            words,
            hint=tr("to use it: `wanflow hold {shot}`, then `wanflow pick {shot} {number}`", shot=shot, number=number),
        )
    return locks.pick(lock, shot, shot_request.key, take.digest)


def retake(lock: Lock, shot_request: ShotRequest, more: int) -> Lock:
    """The lock with the wish for more takes of a request; raises UnknownTarget for a shot that is held."""
    name = shot_request.shot.name
    if shot_request.entry.held is not None or shot_request.entry.rival_holds:
        raise UnknownTarget(tr("`{name}` is held", name=name), hint=tr("`wanflow release {name}` first", name=name))
    rendered = sum(len(take.seeds(shot_request.core) - {None}) for take in shot_request.takes)
    return locks.wish(lock, name, shot_request.key, max(shot_request.wanted, rendered) + more)


def hold(lock: Lock, shot_request: ShotRequest) -> Lock:
    """The lock with the take in use held; raises UnknownTarget where no take is in use."""
    choice, name = shot_request.counting, shot_request.shot.name
    if choice.open:
        raise UnknownTarget(
            tr("`{name}` waits for a pick", name=name), hint=tr("`wanflow pick {name} N` first", name=name)
        )
    if choice.take is None:
        raise UnknownTarget(tr("`{name}` has no take to hold", name=name), hint=tr("`wanflow run` renders one"))
    return locks.keep(lock, name, choice.take.digest)
