"""The one place where real parts are put together; the cli and the Python API both come in here.

Heavy parts (ffmpeg, PyAV, the service) are imported when work needs them, so that a run with nothing to do is instant:
`studio` and `cli/main` are the only files that may import late.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from wanflow.errors import MediaFault
from wanflow.graph.build import build
from wanflow.graph.select import excluded, select
from wanflow.graph.shotgraph import ShotGraph
from wanflow.planner import states as planner_states
from wanflow.planner.draft import draft
from wanflow.planner.steps import Action, Plan
from wanflow.runner.event import Emit, Event
from wanflow.runner.outcome import Outcome
from wanflow.spec.facts import Facts, FactsTable, Unreadable
from wanflow.spec.load import check_media, file_sources, read
from wanflow.spec.problem import Problem, Severity, SpecError
from wanflow.spec.production import Production
from wanflow.store import factcache, inventory, shelf
from wanflow.store.inventory import Inventory
from wanflow.store.layout import Store

NO_VALUES: Mapping[str, str] = {}


def load(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
) -> Production:
    """Read and check a production file with all that it names, media included.

    `backend` and `region` override the file (the region also by `WANFLOW_REGION`), `values` its `vars`. Raises
    SpecError with every problem; problems that are only warnings are in the production's `warnings`.
    """
    production, problems = _read(file, backend=backend, region=region, values=values)
    if production is None or any(problem.severity is Severity.ERROR for problem in problems):
        raise SpecError(problems)
    return production


def validate(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
) -> tuple[Problem, ...]:
    """Every problem of a production file, in the order of their places; none is raised."""
    production, problems = _read(file, backend=backend, region=region, values=values)
    if production is None or any(problem.severity is Severity.ERROR for problem in problems):
        return problems
    try:
        build(production)
    except SpecError as cycle:
        return (*problems, *cycle.problems)
    return problems


def plan(production: Production, select: Sequence[str] = (), *, exclude: Sequence[str] = ()) -> Plan:
    """What a run of the selected nodes would do; contacts nothing and writes nothing but caches.

    Raises UnknownTarget for a selector that names nothing, SpecError where shots need each other in a circle.
    """
    graph = build(production)
    facts, have = facts_of(production), survey(production)
    whole = draft(graph, facts, have)
    if not select and not exclude:
        return whole
    return draft(graph, facts, have, _chosen(graph, whole, select, exclude))


def survey(production: Production) -> Inventory:
    """What lock and store have for a production, now."""
    return inventory.survey(production.folder, production.backend)


def states(of: Plan) -> Mapping[str, str]:
    """The state of each shot that a plan covers, in one word."""
    return planner_states.states(of)
