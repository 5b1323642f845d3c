"""`wanflow gc`: what could go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wanflow import studio
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options
from wanflow.report.wording import columns, count, printable
from wanflow.spec.production import Production
from wanflow.store import mutex, sweep
from wanflow.store.sweep import Waste

MEGABYTE = 10**6


@click.command("gc", epilog=example("wanflow gc --apply", "wanflow gc --apply --paid talk.t2"))
@production_options
@click.option("--apply", "applies", is_flag=True, help="Remove what is listed.")
@click.option("--paid", "names", metavar="NAME", multiple=True, help="A paid take, or all of a shot, to remove too.")
@click.pass_obj
def command(settings: Settings, names: tuple[str, ...], *, applies: bool) -> int:
    """Show what could go: derived files, and the animatic's old takes. A paid take only goes by its name."""
    production = open_production(settings, quiet=True)
    store = studio.store_of(production)
    if not applies:
        _tell([*sweep.derived_waste(store), *sweep.stand_in_waste(store), *sweep.paid_names(store, names)], "could go")
        _tell_paid(sweep.paid_waste(store))
        return ExitCode.DONE
    with mutex.hold(store):
        derived, stand_ins = sweep.derived_waste(store), sweep.stand_in_waste(store)
        paid = sweep.paid_names(store, names)
        sweep.remove_derived(store, derived)
        sweep.remove_stand_ins(store, stand_ins, _out_of(production, sweep.ANIMATIC))
        sweep.remove_paid(store, names, _out_of(production, sweep.PAID))
    _tell([*derived, *stand_ins, *paid], "gone")
    return ExitCode.DONE


def _out_of(production: Production, backend: str) -> Path:
    """Where the takes of a backend have their names: `out/` belongs to the one that the production names."""
    own = production.out if production.backend == backend else f"out/{backend}"
    return production.folder / own


def _tell(waste: Sequence[Waste], end: str) -> None:
    rows = [(item.kind, printable(item.name), _megabytes(item.bytes)) for item in waste if item.kind != "derived"]
    derived = [item.bytes for item in waste if item.kind == "derived"]
    if derived:
        rows.insert(0, ("derived", count(len(derived), "file"), _megabytes(sum(derived))))
    for line in columns(rows, right=frozenset({2})):
        click.echo(line)
    click.echo(f"{_megabytes(sum(item.bytes for item in waste))} {end}")


def _tell_paid(waste: Sequence[Waste]) -> None:
    if waste:
        names = ", ".join(printable(item.name) for item in waste)
        click.echo(f"paid and unused now, removed only by name (`--paid NAME`): {names}", err=True)


def _megabytes(size_bytes: int) -> str:
    if size_bytes < MEGABYTE:
        return f"{-(-size_bytes // 1000)} KB"
    return f"{size_bytes / MEGABYTE:.1f} MB"
