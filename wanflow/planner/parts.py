"""A plan of what changed: what a whole plan found in each included file, and what a later one may leave unread.

A file is unchanged where a plan found nothing to do for it. It stays so while its text, the takes of its shots, the
lock and all other files are as they were. So after an edit a plan needs the edited files, and those whose shots they
are made from or are part of. `plan` alone works like this. Its caller has to know that nothing else changed, and makes
a whole plan where a function here gives None.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from wanflow import digest
from wanflow.graph.build import cut_sources, sources_of
from wanflow.graph.node import cut_id, cut_name
from wanflow.graph.recipe import fingerprint
from wanflow.language.parts import Outline, ProductionPart
from wanflow.language.production import Cut, CutItem, Delivery, Form, Production, Shot
from wanflow.language.source import ShotSource
from wanflow.planner.budget import budgeted_charges
from wanflow.planner.drawn_texts import is_drawn_anywhere
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.store.inventory import ChargesBefore
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Recipe
from wanflow.writing import JAPANESE, KOREAN, SIMPLIFIED, language_of_text
from wanflow.yamldoc.nodes import Place

TOP = ""
"""In place of a path: the production file, and the included files that are read with it each time."""

SCRIPTS = {JAPANESE: "\u306e", KOREAN: "\uae00", SIMPLIFIED: "\u6587"}
"""A letter of each language that a film is known by, in place of prompts that are not read."""

SHORT = 16
"""Hex characters of a digest that is only looked for: a false one costs a whole plan."""


@immutable
class PlannedFile:
    """What a plan found in a file; `content` and `seen` are the digests of its outline.

    `needs` are the files whose shots its own are made from. `steps` counts those of its shots and cuts. `asked` are
    short digests of all fingerprints and prompts that the lock has of its shots. `language` is that of its prompts.
    """

    content: str
    seen: str
    shots: tuple[str, ...]
    needs: frozenset[str]
    steps: int
    unchanged: bool
    asked: frozenset[str]
    language: str


@immutable
class SharedCut:
    """A cut of the production file with shots of other files, in order, `files` are theirs.

    `simple`: what happens to it can be told from those of its shots that change. `unchanged`: it is as it was written.
    """

    shots: tuple[str, ...]
    files: frozenset[str]
    output: str
    deliveries: tuple[tuple[str, Form, str], ...]
    simple: bool
    unchanged: bool


@immutable
class PlannedParts:
    """What a plan found in each file, by path, `TOP` included; `cuts` has the names of all cuts, in order.

    `charges` are those before the plan, where a budget rests on them.
    """

    files: Mapping[str, PlannedFile]
    cuts: tuple[str, ...]
    shared: Mapping[str, SharedCut]
    charges: ChargesBefore | None

    def to_bytes(self) -> bytes:
        """As a stamp keeps it."""
        files = {
            path: [
                file.content,
                file.seen,
                " ".join(file.shots),
                sorted(file.needs),
                file.steps,
                file.unchanged,
                "".join(sorted(file.asked)),
                file.language,
            ]
            for path, file in self.files.items()
        }
        shared = {
            name: [" ".join(cut.shots), sorted(cut.files), cut.output, cut.deliveries, cut.simple, cut.unchanged]
            for name, cut in self.shared.items()
        }
        charges = None if self.charges is None else [str(self.charges.amount), self.charges.unreported]
        return json.dumps([files, self.cuts, shared, charges], separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> PlannedParts:
        """What `to_bytes` gave; the file that it comes from has a checksum, and belongs to the user alone."""
        files, cuts, shared, charges = json.loads(data)
        return cls(
            {
                path: PlannedFile(
                    content,
                    seen,
                    tuple(shots.split()),
                    frozenset(needs),
                    steps,
                    unchanged,
                    frozenset(asked[at : at + SHORT] for at in range(0, len(asked), SHORT)),
                    language,
                )
                for path, (content, seen, shots, needs, steps, unchanged, asked, language) in files.items()
            },
            tuple(cuts),
            {
                name: SharedCut(
                    tuple(shots.split()),
                    frozenset(of),
                    output,
                    tuple((each, Form(form), path) for each, form, path in deliveries),
                    simple,
                    unchanged,
                )
                for name, (shots, of, output, deliveries, simple, unchanged) in shared.items()
            },
            None if charges is None else ChargesBefore(Decimal(charges[0]), charges[1]),
        )


@immutable
class ChangedPart:
    """The part of a production that has to be read after an edit.

    `shared` are cuts that have shots of it and of unread files, with the former ones. `unread` counts the steps of what
    is not read, `names` are its shots, and `asked` what they ever asked. `language` was that of all prompts, `charges`
    are those of the whole lock.
    """

    part: ProductionPart
    cuts: tuple[str, ...]
    shared: Mapping[str, tuple[SharedCut, tuple[str, ...]]]
    unread: int
    names: frozenset[str]
    asked: frozenset[str]
    language: str
    charges: ChargesBefore | None


def parts_of(plan: Plan, outlines: Mapping[str, Outline]) -> PlannedParts | None:
    """What a whole plan found in each file; None where a later plan may depend on more than the files that change."""
    production, have = plan.graph.production, plan.inventory
    said = production.warnings or plan.renames or have.lock.notes
    unfinished = have.open_tasks or have.lost or have.forgotten or have.unknown_fate or have.stored
    if said or unfinished or any(" " in name for name in production.shots):
        return None
    leaves = _leaves(production, outlines)
    of_shot = {name: file if (file := _file_of(shot)) in leaves else TOP for name, shot in production.shots.items()}
    shots = dict[str, list[str]]({path: [] for path in (TOP, *sorted(leaves))})
    for name, file in of_shot.items():
        shots[file].append(name)
    pending = {step.shot or step.vertex for step in plan.steps if not _is_unchanged(step)}
    steps = Counter(step.shot or step.vertex for step in plan.steps)
    finding = _Finding(plan, of_shot, leaves, frozenset(pending), steps)
    cuts, shared = finding.cuts()
    files = {path: finding.file(path, outlines.get(path), names, cuts[path]) for path, names in shots.items()}
    return PlannedParts(files, tuple(production.cuts), shared, budgeted_charges(plan))


@immutable
class _Finding:
    """What a plan found: the file of each shot, the shots and cuts that are not unchanged, and the steps of each.

    `leaves` are the files that can be read alone.
    """

    plan: Plan
    of_shot: Mapping[str, str]
    leaves: frozenset[str]
    pending: frozenset[str]
    steps: Mapping[str, int]

    def cuts(self) -> tuple[Mapping[str, Sequence[str]], Mapping[str, SharedCut]]:
        """The cuts of each file with its shots alone, by their vertices, and those of several files."""
        production, cuts, shared = self.plan.graph.production, defaultdict[str, list[str]](list), dict[str, SharedCut]()
        for name, cut in production.cuts.items():
            file = cut.place.file if cut.place.file in self.leaves else TOP
            of = frozenset(self.of_shot[each] for each in _shots_in(cut))
            if file == TOP and of - {TOP}:
                shared[name] = _shared_cut(production, cut, of, unchanged=cut_id(name) not in self.pending)
            else:
                cuts[file].append(cut_id(name))
        return cuts, shared

    def file(self, path: str, outline: Outline | None, names: Sequence[str], cuts: Sequence[str]) -> PlannedFile:
        """What it found in a file with these shots and cuts."""
        shots, here = [self.plan.graph.production.shots[name] for name in names], self.plan.inventory.here
        sources = (source for shot in shots for _, source in sources_of(shot))
        chosen = [planned_request(self.plan, shot).choice for shot in shots]
        usable = all(each.take and each.take.digest in here and not each.waiting and not each.open for each in chosen)
        return PlannedFile(
            content="" if outline is None else outline.content,
            seen="" if outline is None else outline.seen,
            shots=tuple(names),
            needs=frozenset(self.of_shot[each.shot] for each in sources if isinstance(each, ShotSource)) - {path},
            steps=sum(self.steps[vertex] for vertex in (*names, *cuts)),
            unchanged=usable and self.pending.isdisjoint((*names, *cuts)),
            asked=frozenset(each for name in names for each in _asked_of(self.plan.inventory.lock, name)),
            language=language_of_text(" ".join(shot.written for shot in shots)),
        )


def _leaves(production: Production, outlines: Mapping[str, Outline]) -> frozenset[str]:
    """The included files on which others depend by their shots alone, and whose cuts have no others."""
    with_shots = {_file_of(shot) for shot in production.shots.values()}
    mixed = {
        cut.place.file
        for cut in production.cuts.values()
        if any(_file_of(production.shots[shot]) != cut.place.file for shot in _shots_in(cut))
    }
    alone = {path for path, outline in outlines.items() if outline.alone}
    return frozenset(alone & with_shots - mixed - {TOP, production.file})


def _file_of(shot: Shot) -> str:
    """The included file that a shot is written in; that of the production is `TOP`."""
    return next((step.label for step in reversed(shot.via) if step.kind == "include"), TOP)


def _is_unchanged(step: Step) -> bool:
    """Whether nothing is done for a step, and nothing is missing."""
    unneeded = step.kind is StepKind.EXTRACT and step.reasons[0].code is ReasonCode.NOT_HERE
    return step.action is Action.REUSE and (step.reasons[0].code is ReasonCode.UP_TO_DATE or unneeded)


def _shots_in(cut: Cut) -> tuple[str, ...]:
    """The shots of a cut, in order."""
    return tuple(source.shot for source in cut_sources(cut) if isinstance(source, ShotSource))


def _shared_cut(production: Production, cut: Cut, files: frozenset[str], *, unchanged: bool) -> SharedCut:
    plain = all(item.take is None and not item.takes_all and item.slate for item in cut.items)
    sounds = any(isinstance(source, ShotSource) for _, source in cut.finish.sources)
    deliveries = tuple((each.name, each.form, each.output) for each in cut.deliveries)
    simple = plain and not sounds and is_drawn_anywhere(production, cut)
    return SharedCut(_shots_in(cut), files, cut.output, deliveries, simple, unchanged)


def _asked_of(lock: Lock, shot: str) -> Iterator[str]:
    """Short digests of the fingerprints and the prompts that a lock has of a shot."""
    entry = lock.shots.get(shot, ShotEntry())
    for take in entry.takes.values():
        yield from (each.fingerprint[:SHORT] for each in take.deliveries)
    for core, recipe in entry.recipes.items():
        yield from _asked_by(core, recipe)


def _asked_by(core: str, recipe: Recipe) -> tuple[str, str]:
    """Short digests of a request and of its prompt."""
    prompt = recipe.get("prompt") if isinstance(recipe, Mapping) else None
    return core[:SHORT], digest.of_json(prompt)[:SHORT]


def part_after(parts: PlannedParts, changed: Collection[str]) -> ChangedPart | None:
    """What has to be read after files changed: they, what needs them, and all that these are made from.

    None where a changed file is none that can be read alone, where nothing would be left unread, or where a cut is to
    be made whose shots are not all read.
    """
    files = parts.files
    if TOP in changed or not files.keys() >= set(changed):
        return None
    dependents = defaultdict[str, set[str]](set)
    for path, file in files.items():
        for needed in file.needs:
            dependents[needed].add(path)
    affected = _reached(changed, dependents) | {path for path, file in files.items() if not file.unchanged}
    read = _reached({TOP, *affected}, {path: file.needs for path, file in files.items()})
    unread = [file for path, file in files.items() if path not in read]
    left = {name: cut for name, cut in parts.shared.items() if not cut.files <= read}
    partly = {name: cut for name, cut in left.items() if cut.files & affected}
    if not unread or not all(cut.simple if name in partly else cut.unchanged for name, cut in left.items()):
        return None
    names = frozenset(chain.from_iterable(file.shots for file in unread))
    return ChangedPart(
        part=ProductionPart(frozenset(files.keys() - read), frozenset(left), _letters(unread)),
        cuts=parts.cuts,
        shared={name: (cut, tuple(shot for shot in cut.shots if shot not in names)) for name, cut in partly.items()},
        unread=sum(file.steps for file in unread) + len(left) - len(partly),
        names=names,
        asked=frozenset(chain.from_iterable(file.asked for file in unread)),
        language=language_of_text(_letters(files.values())),
        charges=parts.charges,
    )


def _letters(files: Iterable[PlannedFile]) -> str:
    """A text in the languages of the prompts of some files."""
    return "".join(SCRIPTS.get(language, "") for language in {file.language for file in files})


def _reached(paths: Iterable[str], edges: Mapping[str, Collection[str]]) -> set[str]:
    """Some files, and all to which edges lead from them."""
    found, waiting = set[str](), list(paths)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += edges.get(path, ())
    return found


def with_shared_cuts(production: Production, changed: ChangedPart) -> Production:
    """A part of a production with the cuts of several files, as far as their shots were read."""
    place = Place(production.file, 1, 1)
    shared = {
        name: Cut(
            name,
            place,
            tuple(CutItem(ShotSource(shot), place) for shot in shots),
            cut.output,
            deliveries=tuple(Delivery(each, form, output, place) for each, form, output in cut.deliveries),
        )
        for name, (cut, shots) in changed.shared.items()
    }
    known = {**production.cuts, **shared}
    return replace(production, cuts={name: known[name] for name in changed.cuts if name in known})


def whole_plan(plan: Plan, changed: ChangedPart) -> Plan | None:
    """The plan of a part as that of the whole production; None where that may say something else."""
    prompts = " ".join(shot.written for shot in plan.graph.production.shots.values())
    # a film without titles is in the language of all prompts
    if plan.renames or language_of_text(prompts + changed.part.prompts) != changed.language:
        return None
    told = all(_is_told(step, plan, changed) for step in plan.steps)
    return replace(plan, unread=changed.unread) if told else None


def _is_told(step: Step, plan: Plan, changed: ChangedPart) -> bool:
    """Whether a part of a production tells all that decides on a step.

    A cut of several files is told where one of its clips is made anew. A request is told where no shot that was not
    read ever asked for the same, or said the same words.
    """
    if step.kind is StepKind.TAKE and not _is_unchanged(step):
        recipe = plan.recipes.get(step.vertex)
        return isinstance(recipe, Mapping) and changed.asked.isdisjoint(_asked_by(fingerprint(recipe), recipe))
    if step.kind is StepKind.CUT and cut_name(step.vertex) in changed.shared:
        waits = any(reason.code is ReasonCode.INPUT_WILL_CHANGE for reason in step.reasons)
        cut = plan.graph.production.cuts[cut_name(step.vertex)]
        return step.action is Action.DERIVE and waits and is_drawn_anywhere(plan.graph.production, cut)
    return True
