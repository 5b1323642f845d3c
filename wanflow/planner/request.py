"""A shot's request, and what lock and store have of it: the takes made from it, how many are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain

from wanflow.catalog.provider import Provider
from wanflow.digest import Canonical
from wanflow.graph import recipe as recipes
from wanflow.language.checks import FindingAction
from wanflow.language.production import Shot, Wording
from wanflow.planner import picks
from wanflow.planner.picks import ChoiceReason, TakeChoice
from wanflow.planner.plan import NodeOutput, Plan
from wanflow.records import immutable
from wanflow.store.findings import Finding
from wanflow.store.inventory import Inventory
from wanflow.store.lock import ShotEntry
from wanflow.store.questions import alike
from wanflow.store.take import Recipe, Take


@immutable
class ShotRequest:
    """One shot's request, with its inputs as far as they are known.

    `core` is the recipe's fingerprint, final only where `known`. Otherwise it is that of the future request: two shots
    with the same one are twins. `key` is what the lock files picks under. `renamed_from` is the name that the shot
    had before, while the lock's file still has its takes under that name. `others` are the recipes of the same shot in
    other words: those of earlier versions, or the present ones where a take answers earlier ones. `findings` are those
    for which the shot waits, by the digest of the take.
    """

    shot: Shot
    recipe: Mapping[str, Canonical]
    core: str
    known: bool
    entry: ShotEntry
    renamed_from: str | None = None
    others: tuple[Mapping[str, Canonical], ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of this request in the lock."""
        return recipes.request_key(self.core, self.shot.seed)

    @property
    def variants(self) -> tuple[Mapping[str, Canonical], ...]:
        """The recipes of this request and of the same in other words."""
        return (self.recipe, *self.others)

    @property
    def cores(self) -> tuple[str, ...]:
        """The fingerprints of this request and of the same in other words."""
        return (self.core, *map(recipes.fingerprint, self.others))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in the lock of this request and of the same in other words."""
        return tuple(recipes.request_key(core, self.shot.seed) for core in self.cores)

    @property
    def wanted(self) -> int:
        """How many takes are asked for: `takes:`, or more where somebody wished for more."""
        wishes = self.entry.wishes
        return max(self.shot.takes, *(wishes.get(key, 0) for key in self.keys)) if wishes else self.shot.takes

    def seed(self, ordinal: int) -> int:
        """The seed of the take at `ordinal`, from 0."""
        return recipes.seed_of(self.core, self.shot.seed, ordinal)

    @property
    def takes(self) -> tuple[Take, ...]:
        """The takes that were made from this request, by number."""
        return picks.matching_takes(self.entry, self.key, wanted=self.wanted)

    @property
    def clips(self) -> tuple[Take, ...]:
        """The clips made elsewhere that were picked for this request, by number."""
        return tuple(take for take in self.takes if take.seed is None)

    @property
    def choice(self) -> TakeChoice:
        """The take that dependents use, of those that exist (law 6)."""
        return picks.choose_take(
            self.entry, self.key, wanted=self.wanted, waits=self.shot.waits_for_pick, findings=self.findings
        )

    @property
    def counting(self) -> TakeChoice:
        """The take that counts now: of this request, else the one that was used when the shot was last run."""
        now = self.choice
        if now.how is ChoiceReason.NONE:
            return picks.last_used(self.entry, waits=self.shot.waits_for_pick, findings=self.findings)
        return now


def request_of(shot: Shot, provider: Provider, inputs: Mapping[str, NodeOutput], inventory: Inventory) -> ShotRequest:
    """The request of a shot, with the inputs of its media slots.

    Where earlier versions of wanflow sent other words for the same file, and a take was bought with these, that is the
    request: a new version never buys a take again (law 5). An edit then asks in the present words.
    """
    made_from = recipes.recipe(shot, provider.name, {slot: item.identity for slot, item in inputs.items()})
    known = all(item.known for item in inputs.values())
    entry = inventory.lock.shots.get(shot.name, ShotEntry())
    findings = findings_to_wait_for(shot, entry.takes.values(), inventory)
    request = ShotRequest(shot, made_from, recipes.fingerprint(made_from), known, entry, findings=findings)
    if not shot.former:
        return request
    asked = _in_all_words(request)
    return _answered(asked, inventory) if known else asked[0]


def _in_all_words(request: ShotRequest) -> list[ShotRequest]:
    """A request, and the same in the words of earlier versions; each knows the recipes of the others."""
    shot = request.shot
    made_from = [
        {**request.recipe, "prompt": words.prompt, "negative_prompt": words.negative_prompt}
        for words in (Wording(shot.prompt, shot.negative_prompt), *shot.former)
    ]
    return [
        replace(
            request,
            shot=worded,
            recipe=recipe,
            core=recipes.fingerprint(recipe),
            others=tuple(other for other in made_from if other is not recipe),
        )
        for worded, recipe in zip((shot, *map(shot.worded, shot.former)), made_from, strict=True)
    ]


def _answered(asked: Sequence[ShotRequest], inventory: Inventory) -> ShotRequest:
    """The first of several requests of a shot that has takes; one of the shot's own takes goes before all others."""
    current = (each for each in asked if each.takes and each.key == each.entry.current)
    own = (each for each in asked if each.takes)
    elsewhere = (each for each in asked if _exists(each, inventory))
    return next(chain(current, own, elsewhere, asked))


def _exists(request: ShotRequest, inventory: Inventory) -> bool:
    """Whether a take of a request was made or asked for, for whichever shot."""
    seeds = {request.seed(ordinal) for ordinal in range(request.wanted)}
    asked = inventory.asked
    if any((request.core, seed) in asked.open or (request.core, seed) in asked.unknown for seed in seeds):
        return True
    stored = (take for take in inventory.takes.get(request.core, ()) if not take.gone)
    takes = chain(stored, (take for _, take in inventory.lock.made_from(request.core)))
    return any(take.seeds(request.core) & seeds for take in takes)


def findings_to_wait_for(shot: Shot, takes: Iterable[Take], inventory: Inventory) -> Mapping[str, tuple[Finding, ...]]:
    """Of some takes the findings for which a shot waits (`checks: wait`), by digest; takes without any are left out."""
    if not shot.checks.wait or not inventory.findings:
        return picks.NO_FINDINGS
    found: dict[str, tuple[Finding, ...]] = {}
    for take in takes:
        every = inventory.findings.get((take.digest, take.fingerprint), ())
        if waited := tuple(each for each in every if shot.checks.action(each.check) is FindingAction.WAIT):
            found[take.digest] = waited
    return found


def planned_request(plan: Plan, shot: Shot) -> ShotRequest:
    """The request of a shot as a plan knows it, in the words that the plan chose."""
    recipe = plan.recipes.get(shot.name)
    words = recipe if isinstance(recipe, Mapping) else {}
    entry = plan.inventory.lock.shots.get(shot.name, ShotEntry())
    findings = findings_to_wait_for(shot, entry.takes.values(), plan.inventory)
    request = ShotRequest(
        shot, words, recipes.fingerprint(words), known=is_known(words), entry=entry, findings=findings
    )
    asked = _in_all_words(request) if shot.former and words else []
    return next((each for each in asked if each.recipe == words), request)


def is_known(recipe: Canonical) -> bool:
    """Whether a request is fully known, with nothing in it that is only promised."""
    if isinstance(recipe, Mapping):
        return not recipes.is_placeholder(recipe) and all(map(is_known, recipe.values()))
    return all(map(is_known, recipe)) if isinstance(recipe, list | tuple) else True


def last_request(inventory: Inventory, shot: str) -> Recipe:
    """The recipe that a shot was last run with; None where it never was."""
    entry = inventory.lock.shots.get(shot)
    if entry is None or entry.current is None:
        return None
    core, _ = recipes.parse_request_key(entry.current)
    return entry.recipes.get(core) or inventory.recipes.get(core)


def has_take_already(shot_request: ShotRequest, inventory: Inventory) -> bool:
    """Whether some take was made from this request as far as it is known, its promised inputs left open."""
    own = [shot_request.entry.recipes.get(take.fingerprint) for take in shot_request.entry.takes.values()]
    known = inventory.known_recipes
    return any(known.has(words) or any(alike(words, recipe) for recipe in own) for words in shot_request.variants)
