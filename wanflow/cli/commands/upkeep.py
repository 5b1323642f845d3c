"""`wanflow gc` and `doctor`: what may be removed from the store, and whether this machine can render."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from wanflow import api
from wanflow.catalog.provider import providers_of
from wanflow.characters import LONGEST_MESSAGE, shown
from wanflow.cli.exit_code import error
from wanflow.cli.hints import name_production
from wanflow.cli.limits import production_is_read
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.screen import confirm, print_report, say
from wanflow.errors import ExitCode, StoreFault
from wanflow.health import HealthCheck, HealthLevel
from wanflow.language.problem import SpecError
from wanflow.messages import joined, tr, trp
from wanflow.money import amount_text
from wanflow.planner.removable import Removables
from wanflow.report.text.table import Column, Screen, table
from wanflow.report.text.words import count, listed, size_text

LEVEL_STYLES = {HealthLevel.FINE: "green", HealthLevel.POOR: "yellow", HealthLevel.BROKEN: "red"}


@click.command("gc", epilog=example("wanflow gc --apply", "wanflow gc --apply --paid talk.t2"))
@production_options
@click.option("--apply", "applies", is_flag=True, help="Remove what is listed.")
@click.option("--paid", "names", metavar="NAME", multiple=True, help="A paid take, or all of a shot, to remove too.")
@click.option("--yes", is_flag=True, help="Do not ask before a paid take is removed.")
@click.pass_obj
def gc(settings: ProductionOptions, names: tuple[str, ...], *, applies: bool, yes: bool) -> int:
    """Show what can be removed: derived files, and old free takes. A paid take is only removed by its name.

    A take in use is never removed: one that is picked, held, used by its shot now, or shown by a cut.
    """
    models = open_production(settings, quiet=True).provider.models
    productions = [open_production(settings.with_backend(each.name), quiet=True) for each in providers_of(models)]
    name_production(settings)
    found = api.gc(productions, names)
    if not applies:
        _print_removables(found, tr("can be freed"))
        if found.unused_paid:
            unused = joined(", ", (take.node for take in found.unused_paid))
            say(
                tr(
                    "unused now and not made again for nothing, removed only by name (`--paid NAME`): {unused}",
                    unused=unused,
                ),
                err=True,
            )
        return ExitCode.DONE
    if found.paid and not _agreed(found, yes=yes):
        return ExitCode.STOPPED
    _print_removables(api.gc(productions, names, apply=True), tr("freed"))
    return ExitCode.DONE


def _agreed(found: Removables, *, yes: bool) -> bool:
    """Whether a person agrees that these paid takes are removed; their cost is printed before."""
    parts: list[str] = [f"{amount_text(amount)} {currency}" for currency, amount in sorted(found.costs().items())]
    parts += [tr("an unknown amount")] if any(take.take.cost is None for take in found.paid) else []
    takes = count(len(found.paid), "paid take")
    nodes = listed([take.node for take in found.paid])
    cost = joined(tr(" and "), parts) if parts else tr("nothing")
    say(tr("{takes}, which cost {cost}: {nodes}", takes=takes, cost=cost, nodes=nodes), err=True)
    again = [take.node for take in found.paid if take.wanted]
    if again:
        say(tr("warning: a run renders {again} again, and pays again", again=listed(again)), err=True)
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        error(tr("confirmation needed to remove a paid take, but stdin is not a terminal"), tr("pass `--yes` to agree"))
        return False
    return confirm(tr("remove {takes} for good?", takes=takes))


def _print_removables(found: Removables, end: str) -> None:
    rows: list[tuple[str, str, str]] = [(take.provider, take.node, size_text(take.size_bytes)) for take in found.free]
    rows += [(tr("paid"), take.node, size_text(take.size_bytes)) for take in found.paid]
    if found.derived:
        size_bytes = sum(item.bytes for item in found.derived)
        rows.insert(0, (tr("derived"), count(len(found.derived), "file"), size_text(size_bytes)))
    headings = (Column(tr("kind")), Column(tr("what")), Column(tr("size"), right=True))
    if rows:
        print_report(lambda screen: "\n".join(table(headings, rows, screen).lines()))
    say(tr("{size} {end}", size=size_text(found.size_bytes), end=end))


@click.command("doctor", epilog=example("wanflow doctor --repair"))
@production_options
@click.option("--repair", "repairs", is_flag=True, help="Repair a damaged store; removed data goes to .wanflow/aside.")
@click.pass_obj
def doctor(settings: ProductionOptions, *, repairs: bool) -> int:
    """Check ffmpeg, disk, clock, store and key. Exits with 1 only where this production's backend cannot work."""
    name_production(settings)
    api.require_own_files(settings.file, untrusted=settings.untrusted)
    if repairs:
        repaired = api.repair(settings.folder)
        for damage in repaired:
            say(tr("repaired: {place}: {words}", place=damage.place, words=damage.words))
        if not repaired:
            say(tr("nothing to repair"))
    production, backend, region = None, settings.backend, settings.region
    if settings.file.exists():
        with suppress(SpecError, StoreFault):  # the defaults are checked then: `validate` says why
            production = open_production(settings, quiet=True)
            backend, region = production.provider.name, production.region
    production_is_read()  # the service may take its time to answer
    findings = api.doctor(settings.folder, backend, region, production)
    print_report(lambda screen: _findings_text(findings, screen))
    broken = any(finding.level is HealthLevel.BROKEN for finding in findings)
    return ExitCode.FAILED if broken else ExitCode.DONE


SUBJECTS: Mapping[str, str] = {
    "encoders": tr("encoders"),
    "folder": tr("folder"),
    "files": tr("files"),
    "disk": tr("disk"),
    "clock": tr("clock"),
    "fonts": tr("fonts"),
    "store": tr("store"),
    "network": tr("network"),
    "address": tr("address"),
    "key": trp("of the service", "key"),
    "service": tr("service"),
}
"""Words of what `doctor` checked."""

LEVELS: Mapping[HealthLevel, str] = {
    HealthLevel.FINE: tr("ok"),
    HealthLevel.POOR: tr("warn"),
    HealthLevel.BROKEN: tr("fail"),
}
"""Words of how well it is."""


def _findings_text(findings: Sequence[HealthCheck], screen: Screen) -> str:
    """A line for each finding, and its hint below it."""
    headings = (Column("", styled=True), Column(tr("checked")), Column(tr("found"), wraps=True))
    rows = [
        (LEVELS[finding.level], SUBJECTS.get(finding.subject, finding.subject), finding.words) for finding in findings
    ]
    found = table(headings, rows, screen, [LEVEL_STYLES[finding.level] for finding in findings])
    lines = [found.heading]
    for line, finding in zip(found.rows, findings, strict=True):
        lines.append(line)
        if finding.hint:
            hint = shown(screen.complete(tr("hint: {hint}", hint=finding.hint)), LONGEST_MESSAGE)
            lines += [f"      {part}" for part in screen.indented(6).lines(hint)]
    return "\n".join(lines)
