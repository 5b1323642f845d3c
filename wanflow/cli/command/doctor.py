"""`wanflow doctor`: whether this machine can render this production."""

from __future__ import annotations

import os

import click

from wanflow import studio
from wanflow.cli.checkup import Verdict, check_up
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.settings import BACKENDS, REGIONS, Settings, example, production_options
from wanflow.errors import StoreFault
from wanflow.report.wording import columns, printable
from wanflow.spec.problem import SpecError


@click.command("doctor", epilog=example("wanflow doctor"))
@production_options
@click.pass_obj
def command(settings: Settings) -> int:
    """Check ffmpeg, disk, clock, store and key. Exits with 1 only where this production's backend can't work."""
    findings = check_up(settings.folder, *_backend(settings), os.environ)
    lines = columns([(finding.verdict.value, finding.subject, printable(finding.words)) for finding in findings])
    for line, finding in zip(lines, findings, strict=True):
        click.echo(line)
        if finding.hint:
            click.echo(f"      hint: {finding.hint}")
    broken = any(finding.verdict is Verdict.BROKEN for finding in findings)
    return ExitCode.FAILED if broken else ExitCode.DONE


def _backend(settings: Settings) -> tuple[str, str]:
    """The backend and the region in question; the free one where the production can't be read: others say so."""
    given = settings.backend or BACKENDS[0], settings.region or REGIONS[0]
    if not settings.file.exists():
        return given
    try:
        production = studio.load(
            settings.file, backend=settings.backend, region=settings.region, values=settings.values
        )
    except (SpecError, StoreFault):
        return given
    return production.backend, production.region
