"""What we have: a read-only snapshot of lock and store, taken before planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from wanflow.records import immutable
from wanflow.store import blobs, cut_records, journal, layout, rebuild, traces
from wanflow.store.attempt import Attempt, Ending, JournalState, OpenTask, Reserved, StoredTask
from wanflow.store.findings import Finding
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.questions import AskedBefore, KnownRecipes
from wanflow.store.rebuild import Measure, unmeasured
from wanflow.store.take import Recipe, Take


@immutable
class ChargesBefore:
    """What all that was delivered was charged, and how many paid takes there are whose replies did not say that."""

    amount: Decimal
    unreported: int


@immutable
class Inventory:
    """The world before a plan; nothing in it is asked again while planning.

    `takes`: the store's traces by fingerprint, oldest first, and takes that only the journal knows.
    `recipes`: the recipes by fingerprint, from lock and store. `here`: the digests of the takes that are in the store.
    `derived`: the name of the derived file in the store by an extract's identity (its hash).
    `cuts`: the fingerprint that a cut's file in `out/` was made from, by the cut's name, if the file is as it was
    written; `cut_takes`: the takes that it showed; `cut_boxes`: the characters that it has as boxes, since
    no font had them; `cut_glyphs`: those of them that a font has now; `delivered`: the further files of a cut that are
    as they were written, with the recipe of each by its path, which is empty where it is of an earlier film.
    `lost`: tasks that certainly ended without a result. `forgotten`: tasks that the service did not know any more.
    `unknown_fate`: submissions of unknown fate. `endings`: requests that last ended without a result.
    `numbers`: the take numbers that submissions reserved, by the name that the shot had then.
    `stored`: tasks whose results were stored here and that the lock does not know.
    `findings`: what checks found in takes, by digest and fingerprint; a take that was not measured is missing. None:
    they were not read, since nothing needs them.
    `charges`: those of the whole lock, where `lock` is a part of it.
    """

    lock: Lock = field(default_factory=Lock)
    takes: Mapping[str, tuple[Take, ...]] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    here: frozenset[str] = frozenset()
    derived: Mapping[str, str] = field(default_factory=dict)
    cuts: Mapping[str, str] = field(default_factory=dict)
    cut_takes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cut_boxes: Mapping[str, str] = field(default_factory=dict)
    cut_glyphs: Mapping[str, str] = field(default_factory=dict)
    delivered: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    open_tasks: tuple[OpenTask, ...] = ()
    lost: tuple[OpenTask, ...] = ()
    forgotten: tuple[OpenTask, ...] = ()
    unknown_fate: tuple[Attempt, ...] = ()
    endings: tuple[Ending, ...] = ()
    numbers: Mapping[str, Reserved] = field(default_factory=dict)
    stored: tuple[StoredTask, ...] = ()
    findings: Mapping[tuple[str, str], tuple[Finding, ...]] | None = None
    charges: ChargesBefore | None = None
    _asked: list[AskedBefore] = field(default_factory=list, compare=False, repr=False)
    _recipes: list[KnownRecipes] = field(default_factory=list, compare=False, repr=False)

    @property
    def asked(self) -> AskedBefore:
        """Tasks, submissions and endings by what they asked; read once for all inventories that share them."""
        sources = (self.open_tasks, self.unknown_fate, self.endings, self.lost, self.forgotten)
        if not self._asked or not self._asked[0].is_of(*sources):
            self._asked[:] = [AskedBefore(*sources)]
        return self._asked[0]

    @property
    def known_recipes(self) -> KnownRecipes:
        """The recipes of the takes that the store knows; read once for all inventories that share them."""
        if not self._recipes or not self._recipes[0].is_of(self.takes, self.recipes):
            self._recipes[:] = [KnownRecipes(self.takes, self.recipes)]
        return self._recipes[0]

    def reserved(self, shot: str) -> Reserved:
        """The take numbers that submissions for a shot reserved, also under the names that it had before."""
        entry = self.lock.shots.get(shot)
        found: dict[int, tuple[str, int]] = {}
        for name in (*sorted(entry.former if entry is not None else ()), shot):
            found |= self.numbers.get(name, {})
        return found


def survey(
    store: Store,
    outputs: Mapping[str, str],
    measure: Measure = unmeasured,
    journal_state: JournalState | None = None,
    part_of_lock: Lock | None = None,
) -> Inventory:
    """Look once at lock and store; `outputs` are the files of the production's cuts. Raises StoreFault.

    `part_of_lock` is what counts of the lock, where only a part of the production was read.

    `measure` is for films that neither lock nor traces know, in the journal of an older wanflow. `journal_state` is
    what the journal says, where it was read just before.
    """
    layout.recognise(store)
    journal_state = journal_state or journal.read(store)
    lock = rebuild.present_lock(store, journal_state) if part_of_lock is None else part_of_lock
    known, here = traces.read(store), blobs.list_takes(store)
    if lost := rebuild.missing_everywhere(journal_state.stored, here, lock, known):
        known = known.joined(rebuild.traces_of(lost, measure).values())
    recipes = {core: made for entry in lock.shots.values() for core, made in entry.recipes.items()}
    return Inventory(
        lock=lock,
        takes=known.takes,
        recipes={**recipes, **known.recipes},
        here=here,
        derived=traces.read_derived(store),
        cuts={cut: record.fingerprint for cut, record in cut_records.current(store, outputs).items()},
        cut_takes=cut_records.shown(store),
        cut_boxes=cut_records.boxes(store),
        delivered=cut_records.delivered(store),
        open_tasks=journal_state.open,
        forgotten=journal_state.forgotten,
        unknown_fate=journal_state.unknown_fate,
        endings=journal_state.endings,
        numbers=journal_state.numbers,
        stored=rebuild.not_in(lock, journal_state.stored),
    )
