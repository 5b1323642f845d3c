"""The one rule: which take of a shot counts, which answer a request, and what uses a take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.locks import fingerprint, recipe, take
from wanflow.graph.recipe import request_key, seed_of
from wanflow.language.checks import Check
from wanflow.planner import picks
from wanflow.planner.picks import ChoiceReason
from wanflow.store import lock as locks
from wanflow.store.findings import Finding
from wanflow.store.lock import Lock, ShotEntry

CORE = fingerprint("coast")


def entry(takes: int, *, given: int | None = None) -> ShotEntry:
    """A shot with takes of one request, all current."""
    lock = Lock()
    for ordinal in range(takes):
        made = take("coast", f"film {ordinal}", seed=seed_of(CORE, given, ordinal))
        lock = locks.add_take(lock, "coast", made, recipe("coast"), ordinal + 1)
    return locks.set_current(lock, "coast", request_key(CORE, given)).shots.get("coast", ShotEntry())


def numbered(of: ShotEntry, number: int) -> str:
    """The digest of a take."""
    return next(name for name, known in of.numbers.items() if known == number)


def chosen(of: ShotEntry, request: str = CORE, *, waits: bool = False) -> tuple[ChoiceReason, int | None]:
    """Why a take counts, and its number."""
    choice = picks.choose_take(of, request, waits=waits)
    return choice.how, None if choice.take is None else of.numbers[choice.take.digest]


def test_the_lowest_number_counts_where_nobody_chose() -> None:
    """It is a default, not a choice; without takes none counts."""
    assert chosen(entry(3)) == (ChoiceReason.DEFAULT, 1)
    assert not picks.choose_take(entry(3), CORE).chosen
    assert chosen(entry(0)) == (ChoiceReason.NONE, None)


def test_a_pick_counts_before_the_default_and_a_hold_before_both() -> None:
    """A hold counts whatever the shot asks."""
    three = entry(3)
    picked = replace(three, picks={CORE: numbered(three, 2)})
    assert chosen(picked) == (ChoiceReason.PICKED, 2)
    held = replace(picked, held=numbered(three, 3))
    assert chosen(held) == (ChoiceReason.HELD, 3)
    assert chosen(held, "0" * 64) == (ChoiceReason.HELD, 3)
    assert chosen(picked, "0" * 64) == (ChoiceReason.NONE, None)


def test_a_shot_that_waits_has_no_default() -> None:
    """Only a pick or a hold counts, and until then it is open."""
    three = entry(3)
    assert chosen(three, waits=True) == (ChoiceReason.WAITS, None)
    assert picks.choose_take(three, CORE, waits=True).open
    assert chosen(replace(three, picks={CORE: numbered(three, 3)}), waits=True) == (ChoiceReason.PICKED, 3)


def test_of_two_branches_choices_none_counts_until_one_is_gone() -> None:
    """They are told by number; where one of the takes was removed, the other branch's choice counts."""
    three = entry(3)
    both = (numbered(three, 3), numbered(three, 2))
    rivals = replace(three, rival_picks={CORE: both})
    choice = picks.choose_take(rivals, CORE)
    assert (choice.how, choice.open, choice.rivals) == (ChoiceReason.RIVALS, True, (2, 3))
    assert picks.rivals_text(choice) == "both sides picked: take 2 or take 3"
    removed = replace(rivals.takes[both[0]], gone=True)
    assert chosen(replace(rivals, takes={**rivals.takes, both[0]: removed})) == (ChoiceReason.PICKED, 2)
    assert chosen(replace(three, rival_holds=both))[0] is ChoiceReason.RIVALS


def test_only_takes_with_a_seed_of_the_request_answer_it() -> None:
    """`seed: 7` counts through 7, 8 and 9; another seed is another request, and a removed file answers nothing."""
    three = entry(3, given=7)
    assert [made.seed for made in picks.matching_takes(three, request_key(CORE, 7))] == [7, 8, 9]
    assert picks.matching_takes(three, request_key(CORE, 100)) == ()
    assert picks.matching_takes(three, CORE) == ()
    first = numbered(three, 1)
    gone = replace(three, takes={**three.takes, first: replace(three.takes[first], gone=True)})
    assert [made.seed for made in picks.matching_takes(gone, request_key(CORE, 7))] == [8, 9]


@pytest.mark.parametrize("number", [2, 3])
def test_what_was_last_used_is_what_counted_for_the_last_request(number: int) -> None:
    """Whatever the shot asks for now."""
    three = entry(3)
    assert (
        picks.last_used(replace(three, picks={CORE: numbered(three, number)})).take
        == (three.takes[numbered(three, number)])
    )


def test_what_uses_a_take_is_told() -> None:
    """Picked, also for an earlier request or by one of two branches; held; or the take that the shot uses now."""
    three = entry(3)
    first, second, third = (numbered(three, number) for number in (1, 2, 3))
    busy = replace(three, picks={"0" * 64: second}, rival_picks={"1" * 64: (second, third)}, held=third)
    uses = list(picks.uses(busy, picks.choose_take(three, CORE)))
    assert sorted(uses) == sorted(
        [
            (third, "it is held"),
            (second, "it is picked"),
            (second, "it is picked"),
            (third, "it is picked"),
            (first, "the shot uses it"),
        ]
    )


def test_findings_that_a_shot_waits_for_keep_its_default_from_counting() -> None:
    """The take is still the one in use, but a person has to choose; any pick or hold frees it."""
    three = entry(3)
    found = {numbered(three, 1): (Finding(Check.SEAM, 0.4, 0.8),)}
    choice = picks.choose_take(three, CORE, findings=found)
    assert (choice.how, choice.take) == (ChoiceReason.FINDINGS, three.takes[numbered(three, 1)])
    assert (choice.waiting, choice.open, choice.chosen) == (True, False, False)
    assert choice.findings == found[numbered(three, 1)]
    for number in (1, 2):
        chosen_one = replace(three, picks={CORE: numbered(three, number)})
        assert not picks.choose_take(chosen_one, CORE, findings=found).waiting
        assert not picks.choose_take(replace(three, held=numbered(three, number)), CORE, findings=found).waiting
    assert picks.last_used(three, findings=found).waiting


def test_findings_in_another_take_keep_nothing_waiting() -> None:
    """The default does not change by itself either."""
    three = entry(3)
    found = {numbered(three, 2): (Finding(Check.SEAM, 0.4, 0.8),)}
    assert picks.choose_take(three, CORE, findings=found).how is ChoiceReason.DEFAULT
