"""`wanflow gc`: what could go."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from wanflow.api import gc, run
from wanflow.api.gc import NamedTake
from wanflow.catalog.provider import providers_of
from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.hints import name_production
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.language.production import Production
from wanflow.money import amount_text
from wanflow.report.text.words import columns, count, listed, printable
from wanflow.store import run_lock
from wanflow.store.gc import Removable

MEGABYTE = 10**6


@click.command("gc", epilog=example("wanflow gc --apply", "wanflow gc --apply --paid talk.t2"))
@production_options
@click.option("--apply", "applies", is_flag=True, help="Remove what is listed.")
@click.option("--paid", "names", metavar="NAME", multiple=True, help="A paid take, or all of a shot, to remove too.")
@click.option("--yes", is_flag=True, help="Don't ask before a paid take is removed.")
@click.pass_obj
def command(settings: ProductionOptions, names: tuple[str, ...], *, applies: bool, yes: bool) -> int:
    """Show what could go: derived files, and the animatic's old takes. A paid take only goes by its name.

    A take in use is never removed: one that is picked, held, used by its shot now, or shown by a cut.
    """
    models = open_production(settings, quiet=True).provider.models
    productions = [open_production(settings.with_backend(each.name), quiet=True) for each in providers_of(models)]
    name_production(settings)
    found = gc.look(productions)
    paid = found.meant(names)
    if not applies:
        _tell(_waste(productions, found, paid), "could go")
        _tell_paid([take for take in found.paid.values() if take.idle])
        return ExitCode.DONE
    if paid and not _agreed(paid, yes=yes):
        return ExitCode.STOPPED
    with run_lock.hold(run.store_of(productions[0])):
        found = gc.look(productions)
        paid = found.meant(names)
        waste = _waste(productions, found, paid)
        gc.clean(productions, found, paid)
    _tell(waste, "gone")
    return ExitCode.DONE


def _agreed(paid: Sequence[NamedTake], *, yes: bool) -> bool:
    """Whether a person agrees that these paid takes go; what they cost is said before."""
    spent = [f"{amount_text(amount)} {currency}" for currency, amount in sorted(gc.cost_of(paid).items())]
    known = "an unknown amount" if any(take.take.cost is None for take in paid) else "nothing"
    cost = " and ".join((*spent, *([known] if known != "nothing" or not spent else [])))
    nodes = listed([printable(take.node) for take in paid])
    click.echo(f"{count(len(paid), 'paid take')}, which cost {cost}: {nodes}", err=True)
    again = [printable(take.node) for take in paid if take.wanted]
    if again:
        click.echo(f"warning: a run renders {listed(again)} again, and pays again", err=True)
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        error("a paid take is removed only if a person agrees", "`--yes` says that you agree")
        return False
    return click.confirm(f"remove {count(len(paid), 'paid take')} for good?", default=False, err=True)


def _waste(productions: Sequence[Production], found: gc.Removables, paid: Sequence[NamedTake]) -> list[Removable]:
    stand_ins = gc.waste_of(productions[0], found.stand_ins, "animatic")
    return [*found.derived, *stand_ins, *gc.waste_of(productions[0], paid, "paid")]


def _tell(waste: Sequence[Removable], end: str) -> None:
    rows = [(item.kind, printable(item.name), _megabytes(item.bytes)) for item in waste if item.kind != "derived"]
    derived = [item.bytes for item in waste if item.kind == "derived"]
    if derived:
        rows.insert(0, ("derived", count(len(derived), "file"), _megabytes(sum(derived))))
    for line in columns(rows, right=frozenset({2})):
        click.echo(line)
    click.echo(f"{_megabytes(sum(item.bytes for item in waste))} {end}")


def _tell_paid(idle: Sequence[NamedTake]) -> None:
    if idle:
        names = ", ".join(printable(take.node) for take in idle)
        click.echo(f"paid and unused now, removed only by name (`--paid NAME`): {names}", err=True)


def _megabytes(size_bytes: int) -> str:
    if size_bytes < MEGABYTE:
        return f"{-(-size_bytes // 1000)} KB"
    return f"{size_bytes / MEGABYTE:.1f} MB"
