"""`wanflow doctor`: whether this machine can render this production."""

from __future__ import annotations

import os
from functools import partial

import click

from wanflow.api import run
from wanflow.api.load import results_of
from wanflow.catalog.provider import Provider, default_provider, load_providers
from wanflow.cli.doctor import HealthLevel, check_up
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.hints import name_production, pasteable
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.errors import StoreFault
from wanflow.language.problem import SpecError
from wanflow.report.text.words import columns, printable
from wanflow.store.layout import Store
from wanflow.store.repair import mend
from wanflow.store.run_lock import hold


@click.command("doctor", epilog=example("wanflow doctor --repair"))
@production_options
@click.option("--repair", is_flag=True, help="Mend a damaged store; what is taken out of it lies in .wanflow/aside.")
@click.pass_obj
def command(settings: ProductionOptions, *, repair: bool) -> int:
    """Check ffmpeg, disk, clock, store and key. Exits with 1 only where this production's backend can't work."""
    name_production(settings)
    if repair:
        _repair(Store(settings.folder, default_provider()))
    findings = check_up(settings.folder, *_provider(settings), os.environ)
    lines = columns([(finding.verdict.value, finding.subject, printable(finding.words)) for finding in findings])
    for line, finding in zip(lines, findings, strict=True):
        click.echo(line)
        if finding.hint:
            click.echo(pasteable(f"      hint: {printable(finding.hint)}"))
    broken = any(finding.verdict is HealthLevel.BROKEN for finding in findings)
    return ExitCode.FAILED if broken else ExitCode.DONE


def _repair(store: Store) -> None:
    """Mend the store of both backends and say what was done; raises StoreBusy while a run works there."""
    if not store.root.exists():
        return
    with hold(store, damaged=True):
        mended = [damage for damage in mend(store, partial(results_of, store)) if damage.mend is not None]
    for damage in mended:
        click.echo(f"mended: {damage.place}: {printable(damage.words)}")
    if not mended:
        click.echo("nothing to mend")


def _provider(settings: ProductionOptions) -> tuple[Provider, str]:
    """The provider and the region in question; the free one where the production can't be read: others say so."""
    provider = load_providers()[settings.backend] if settings.backend else default_provider()
    given = provider, settings.region or provider.regions[0]
    if not settings.file.exists():
        return given
    try:
        production = run.load(
            settings.file,
            backend=settings.backend,
            region=settings.region,
            values=settings.values,
            allow_outside=settings.allow_outside,
        )
    except (SpecError, StoreFault):
        return given
    return production.provider, production.region
