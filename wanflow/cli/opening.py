"""Opening a production for a command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.hints import name_production
from wanflow.cli.options import ProductionOptions
from wanflow.language.problem import Problem, has_errors, render_problem
from wanflow.language.production import Production


def open_production(settings: ProductionOptions, *, quiet: bool = False) -> Production:
    """The production that a command is about; its warnings go to stderr. Raises SpecError.

    From now on the commands in hints name it as this command was told it.
    """
    name_production(settings)
    production = run.load(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        prices=settings.prices,
        allow_outside=settings.allow_outside,
    )
    if not quiet:
        _tell(production.warnings)
    return production


class OpenedProduction(NamedTuple):
    """A production as far as it can be used, and what is wrong with it."""

    production: Production | None
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        """Whether the production has no errors."""
        return not has_errors(self.problems)

    def conclude(self, *, quiet: bool = False) -> ExitCode:
        """Say what is wrong, after all rows that there are, and give the exit code: 2 where there are errors."""
        if not quiet or not self.whole:
            _tell(self.problems)
        return ExitCode.DONE if self.whole else ExitCode.WRONG


def open_sound_part(settings: ProductionOptions) -> OpenedProduction:
    """The production that a command shows rows of, although it may have errors; otherwise as `open_production`."""
    name_production(settings)
    production, problems = run.load_sound_part(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        prices=settings.prices,
        allow_outside=settings.allow_outside,
    )
    return OpenedProduction(production, problems)


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems:
        click.echo(render_problem(problem), err=True)
