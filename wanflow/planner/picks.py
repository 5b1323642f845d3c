"""Which take of a shot counts, and which takes are in use: the one answer for every command (laws 4, 6 and 7).

`plan`, `run`, `status`, `takes`, `pick`, `hold`, `retake`, `gc`, `export` and the Python API all ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto

from wanflow.graph import recipe as recipes
from wanflow.graph.node import cut_id
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.store.findings import Finding
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Take


class ChoiceReason(Enum):
    """Why a take counts, or why none does."""

    HELD = auto()
    PICKED = auto()
    DEFAULT = auto()
    """The lowest-numbered take of the request; nobody chose it."""
    WAITS = auto()
    """The shot says `pick: wait`, and nobody picked."""
    RIVALS = auto()
    """Two branches chose different takes before a merge."""
    FINDINGS = auto()
    """The lowest-numbered take of the request has findings for which the shot waits, and nobody picked."""
    NONE = auto()
    """No take was made from the request."""


@immutable
class TakeChoice:
    """The take of a shot that counts, None where none does.

    `rivals` are the numbers that two branches chose, `findings` those of the take for which the shot waits.
    """

    how: ChoiceReason
    take: Take | None = None
    rivals: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def chosen(self) -> bool:
        """Whether somebody chose the take: a pick or a hold."""
        return self.how in {ChoiceReason.HELD, ChoiceReason.PICKED}

    @property
    def open(self) -> bool:
        """Whether a person has to choose before anything may use a take of this shot."""
        return self.how in {ChoiceReason.WAITS, ChoiceReason.RIVALS}

    @property
    def waiting(self) -> bool:
        """Whether a person has to choose before anything new is made from a take of this shot."""
        return self.open or self.how is ChoiceReason.FINDINGS


NO_FINDINGS: Mapping[str, tuple[Finding, ...]] = {}


def choose_take(
    entry: ShotEntry,
    request: str,
    *,
    wanted: int = 1,
    waits: bool = False,
    findings: Mapping[str, tuple[Finding, ...]] = NO_FINDINGS,
) -> TakeChoice:
    """The take that counts for a request of a shot: the held one, the picked one, else the lowest-numbered (law 6).

    `request` is the lock's key of the request, and `wanted` its number of takes. `waits`: the shot says `pick: wait`. A
    pick counts as long as its take was made from the request. `findings` are those for which the shot waits, by the
    digest of the take: no take with any counts until somebody picks, and any pick or hold frees it.
    """
    held = entry.takes.get(entry.held or "")
    if held is not None and not held.gone:
        return TakeChoice(ChoiceReason.HELD, held)
    if entry.rival_holds:
        return _rivals(entry, entry.rival_holds)
    takes = {take.digest: take for take in matching_takes(entry, request, wanted=wanted)}
    both = tuple(digest for digest in entry.rival_picks.get(request, ()) if digest in takes)
    if len(both) > 1:
        return _rivals(entry, both)
    picked = takes.get(both[0] if both else entry.picks.get(request, ""))
    if picked is not None:
        return TakeChoice(ChoiceReason.PICKED, picked)
    if waits:
        return TakeChoice(ChoiceReason.WAITS)
    first = next(iter(takes.values()), None)
    if first is None:
        return TakeChoice(ChoiceReason.NONE)
    if found := findings.get(first.digest):
        return TakeChoice(ChoiceReason.FINDINGS, first, findings=found)
    return TakeChoice(ChoiceReason.DEFAULT, first)


def matching_takes(entry: ShotEntry, request: str, *, wanted: int = 1) -> tuple[Take, ...]:
    """The takes of a shot that a request has, by number: same recipe, and a seed that the request counts through.

    A take beyond `takes:` still belongs to it, so that asking for fewer loses no pick; a clip made elsewhere, without a
    seed, belongs to the request that it was filed under. A take whose file a person removed belongs to none.
    """
    core, given = recipes.parse_request_key(request)
    found = [take for take in entry.takes.values() if take.seeds(core) and not take.gone]
    if not found:
        return ()
    reach = max(wanted, entry.wishes.get(request, 0), len(entry.used_numbers))
    seeds = {recipes.seed_of(core, given, ordinal) for ordinal in range(reach)}
    takes = (take for take in found if None in take.seeds(core) or take.seeds(core) & seeds)
    return tuple(sorted(takes, key=lambda take: entry.numbers[take.digest]))


def numbered_takes(entry: ShotEntry) -> dict[int, Take]:
    """The takes of a shot by each number that they were delivered under, without those whose file a person removed."""
    here = {digest: take for digest, take in entry.takes.items() if not take.gone}
    known = {each.number: take for take in here.values() for each in take.again}
    return known | {entry.numbers[digest]: take for digest, take in here.items()}


def last_used(
    entry: ShotEntry, *, waits: bool = False, findings: Mapping[str, tuple[Finding, ...]] = NO_FINDINGS
) -> TakeChoice:
    """The take that counted when the shot was last run, whatever it asks for now."""
    return choose_take(entry, entry.current or "", waits=waits, findings=findings)


def rivals_text(choice: TakeChoice) -> str:
    """What two branches chose, e.g. `both sides picked: take 2 or take 3`."""
    numbers = (tr("take {number}", number=number) for number in choice.rivals)
    return tr("both sides picked: {takes}", takes=joined(tr(" or "), numbers))


def uses(
    entry: ShotEntry,
    present: TakeChoice,
    shown: Iterable[tuple[str, int | None]] = (),
    current: Iterable[Take] = (),
) -> Iterator[tuple[str, str]]:
    """The takes of a shot that are in use, by digest, each with what uses it; `present` is the shot's choice now.

    A pick for an earlier request counts: an undo brings it back. `shown` are the cuts that name takes of the shot, and
    `current` its takes of the present request.
    """
    numbered = numbered_takes(entry)
    for cut, number in shown:
        for take in current if number is None else filter(None, (numbered.get(number),)):
            yield take.digest, tr("{cut_id} shows it", cut_id=cut_id(cut))
    for digest in (*filter(None, (entry.held,)), *entry.rival_holds):
        yield digest, tr("it is held")
    for digest in (*entry.picks.values(), *(digest for both in entry.rival_picks.values() for digest in both)):
        yield digest, tr("it is picked")
    if present.take is not None:
        yield present.take.digest, tr("the shot uses it")


def _rivals(entry: ShotEntry, digests: tuple[str, ...]) -> TakeChoice:
    return TakeChoice(ChoiceReason.RIVALS, rivals=tuple(sorted(entry.numbers[digest] for digest in digests)))
