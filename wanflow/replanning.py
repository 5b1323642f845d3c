"""The plan after an edit of some included files: only these are read, and what they belong to.

The stamp of the last whole plan says that nothing else changed, and keeps what that plan found in each file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from wanflow import api, loading, looked_at
from wanflow.graph.build import build
from wanflow.language.load import Overrides
from wanflow.loading import LoadedProduction, store_of
from wanflow.planner import planning
from wanflow.planner.budget import PlanNotes
from wanflow.planner.parts import ChangedPart, PlannedParts, part_after, parts_of, whole_plan, with_shared_cuts
from wanflow.planner.plan import Plan
from wanflow.stamp import from_here
from wanflow.store import journal, lockfile


def keep_parts(plan: Plan, notes: PlanNotes) -> None:
    """Keep what a plan of everything found in each file, for the next one after an edit.

    Its other notes are about what is to be made: the files with that are read each time.
    """
    production = plan.graph.production
    of_unread = notes.rivals or notes.merged or notes.unreadable
    if of_unread or not looked_at.is_recorded() or not isinstance(production, LoadedProduction):
        return
    if production.outlines and lockfile.has_a_fact_a_line(store_of(production).lock):
        parts = parts_of(plan, production.outlines)
        looked_at.keep_parts(b"" if parts is None else parts.to_bytes())


def _read_part(
    file: Path, overrides: Overrides, parts: PlannedParts, edited: Collection[str]
) -> tuple[LoadedProduction, ChangedPart] | None:
    """The part of a production that edited files change; None where more may have changed, or something is wrong."""
    changed = part_after(parts, edited)
    if changed is None:
        return None
    part = loading.read(file, overrides, part=changed.part, outlined=True)
    production = part.production
    if part.problems or not isinstance(production, LoadedProduction):
        return None
    outlines = {path: production.outlines.get(path) for path in edited}
    if any(outline is None or outline.seen != parts.files[path].seen for path, outline in outlines.items()):
        return None
    others = [path for path, outline in outlines.items() if outline and outline.content != parts.files[path].content]
    # where nothing but comments changed, less is affected
    return (production, changed) if len(others) == len(edited) else _read_part(file, overrides, parts, others)


def plan_of_changes(file: Path, overrides: Overrides) -> Plan | None:
    """The plan of a production of which only included files changed since the last plan.

    None where more has to be read. Its steps are those of the files that were read, and its inventory has their shots.
    """
    before = looked_at.parts_before()
    if before is None:
        return None
    parts = PlannedParts.from_bytes(before[0])
    folder = file.absolute().parent
    places = {from_here(str(folder / path)): path for path in parts.files if path}
    if not before[1] <= places.keys():
        return None
    edited = {places[each] for each in before[1]}
    read = _read_part(file, overrides, parts, edited)
    if read is None:
        return None
    production, changed = read
    store, state = store_of(production), journal.read(store_of(production))
    if state.unfiled:
        return None
    whole = with_shared_cuts(production, changed)
    lock = lockfile.read_without(store.lock, changed.names)
    have = api.inventory_of(whole, replace(state, stored=()), lock)
    have = replace(have, charges=changed.charges)
    plan = whole_plan(planning.make_plan(build(whole), loading.facts_of(production), have), changed)
    if plan is not None:
        looked_at.unaccounted("a part of the production was read")
    return plan
