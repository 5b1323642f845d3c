"""Opening the production of a command."""

from __future__ import annotations

from wanflow import api, replanning
from wanflow.cli.hints import name_production
from wanflow.cli.limits import production_is_read
from wanflow.cli.options import ProductionOptions
from wanflow.cli.screen import print_problems
from wanflow.errors import ExitCode
from wanflow.language.load import Overrides
from wanflow.language.problem import Problem
from wanflow.language.production import Production
from wanflow.loading import SoundPart
from wanflow.planner.plan import Plan


def open_production(
    settings: ProductionOptions, *, quiet: bool = False, works: bool = False, outlined: bool = False
) -> Production:
    """The production that a command is about; its warnings go to stderr. Raises SpecError.

    From now on the commands in hints name it with the options of this command. A command that `works` renders, or
    contacts a service or a remote, and may take its time from now on. `outlined`: its plan is kept for the next one.
    """
    name_production(settings)
    production = api.opened(settings.file, _overrides(settings), outlined=outlined)
    if works:
        production_is_read()
    if not quiet:
        print_problems(production.warnings)
    return production


def plan_after_edit(settings: ProductionOptions) -> Plan | None:
    """The plan of a production of which only included files changed since the last plan; None where more has to be
    read.
    """
    name_production(settings)
    return replanning.plan_of_changes(settings.file, _overrides(settings))


def _overrides(settings: ProductionOptions) -> Overrides:
    return api.overrides_of(
        settings.backend,
        settings.region,
        settings.values,
        settings.prices,
        settings.allow_outside is not False,
        settings.root,
        settings.untrusted,
        settings.named is not None,
    )


def open_sound_part(settings: ProductionOptions) -> SoundPart:
    """The production that a command shows rows of, although it may have errors; otherwise as `open_production`."""
    name_production(settings)
    return api.load_sound_part(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        prices=settings.prices,
        allow_outside=settings.allow_outside is not False,
        root=settings.root,
        untrusted=settings.untrusted,
        named=settings.named is not None,
    )


def problems_of(settings: ProductionOptions) -> tuple[Problem, ...]:
    """Every problem of the production that a command is about, and of its lock; otherwise as `open_production`."""
    name_production(settings)
    return api.validate(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        allow_outside=settings.allow_outside is not False,
        root=settings.root,
        untrusted=settings.untrusted,
        named=settings.named is not None,
    )


def conclude_part(part: SoundPart, *, quiet: bool = False) -> ExitCode:
    """Print what is wrong with a production, after all its rows, and give the exit code: WRONG where it has errors."""
    if not quiet or not part.whole:
        print_problems(part.problems)
    return ExitCode.DONE if part.whole else ExitCode.WRONG
