"""Commands that only show: `status`, `takes`, `costs`, `why`, `show`, `list`, `graph` and `models`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import click

from wanflow import api, looked_at
from wanflow.cli.hints import pasteable_json
from wanflow.cli.main import import_attribute
from wanflow.cli.node_arguments import complete_nodes, selection
from wanflow.cli.opening import conclude_part, open_production, open_sound_part
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.output import cancelled_by_signals
from wanflow.cli.run_output import print_elsewhere
from wanflow.cli.screen import print_json, print_report, say, screen_of, warn
from wanflow.errors import ExitCode, UnknownTarget
from wanflow.graph import diagram
from wanflow.language.production import Production
from wanflow.messages import tr
from wanflow.planner.budget import PlanNotes, rivals
from wanflow.planner.status import TakeRow
from wanflow.report.text.catalog import model_text, models_text
from wanflow.report.text.node import show_text, why_lines
from wanflow.report.text.plan import merge_texts, unclaimed_text
from wanflow.report.text.status import costs_text, expiring_texts, status_text, takes_table, takes_text
from wanflow.report.text.table import Screen, Table
from wanflow.store.charges import BY
from wanflow.store.media_files import MediaFile
from wanflow.suggest import did_you_mean

THUMBNAILS = "wanflow.report.text.thumbnails"
PrintRow = Callable[[Path | None], None]
RowsBesidePosters = Callable[[Callable[[Screen], Table], Screen], Iterator[PrintRow]]
ShowPosters = Callable[[Production, Sequence[MediaFile | None], PrintRow, Callable[[str], None]], None]


@click.command("status", epilog=example("wanflow status --json"))
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the shots.")
@click.option("-v", "--verbose", is_flag=True, help="Name tasks by their ids.")
@click.pass_obj
def status(settings: ProductionOptions, *, as_json: bool, verbose: bool) -> ExitCode:
    """Show each shot's state, picked take, takes, tasks in flight and reasons; then the cuts and the totals."""
    part = open_sound_part(settings)
    if part.production is not None:
        now = datetime.now(UTC)
        plan = api.plan(part.production, whole=part.whole)
        found = api.status(plan, now)
        if plan.inventory.open_tasks:
            looked_at.unaccounted("the time at which results expire")
        if as_json:
            print_json(pasteable_json([row.to_json() for row in found.shots]))
        elif found.shots or found.cuts:
            print_report(lambda screen: status_text(found, verbose=verbose, screen=screen))
        for item in found.unclaimed_tasks:
            say(unclaimed_text(item), err=True)
        merged = PlanNotes(rivals=rivals(plan), merged=plan.inventory.lock.notes)
        for warning in (*merge_texts(merged), *expiring_texts(found, now)):
            say(tr("warning: {warning}", warning=warning), err=True)
        print_elsewhere(part.production)
    return conclude_part(part)


@click.command("takes", epilog=example("wanflow takes talk", "wanflow takes --all"))
@selection
@production_options
@click.option("--all", "removed", is_flag=True, help="Also the takes of removed shots.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--thumbnails", is_flag=True, help="Show a picture of each take, on a terminal that can.")
@click.option("-v", "--verbose", is_flag=True, help="Show the task and the digest of each take as well.")
@click.pass_obj
def takes(
    settings: ProductionOptions,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    removed: bool,
    as_json: bool,
    thumbnails: bool,
    verbose: bool,
) -> ExitCode:
    """List every take: number, picked by a person or by default, seed, model, cost, date, file."""
    if as_json and thumbnails:
        raise click.UsageError(tr("`--json` and `--thumbnails` exclude each other"))
    part = open_sound_part(settings)
    if part.production is not None:
        plan = api.plan(part.production, select, exclude=exclude, whole=part.whole)
        rows = api.takes(plan, removed=removed, whole=part.whole)
        if as_json:
            print_json([row.to_json() for row in rows])
        elif rows and not (thumbnails and _print_with_posters(part.production, rows, verbose=verbose)):
            print_report(lambda screen: takes_text(rows, verbose=verbose, screen=screen))
    return conclude_part(part)


def _print_with_posters(production: Production, rows: Sequence[TakeRow], *, verbose: bool) -> bool:
    """Print rows of takes beside their posters; where the terminal shows no pictures, say what is needed instead."""
    terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    speaks = os.environ.get("TERM") != "dumb" and (sys.stdout.encoding or "").lower().startswith("utf")
    try:
        capable = terminal and speaks and cast(Callable[[], bool], import_attribute(f"{THUMBNAILS}:shows_pictures"))()
    except Exception:  # noqa: BLE001 - a window may have no size; keys pressed meanwhile are read as an answer
        capable = False
    if not capable:
        say(tr("note: `--thumbnails` needs a terminal with pictures, such as kitty, iTerm2, WezTerm or foot"), err=True)
        return False
    known, screen = api.media_files(production), screen_of(sys.stdout, os.environ)
    files = [None if row.file is None else known.find(row.take.digest) for row in rows]
    beside = cast(RowsBesidePosters, import_attribute(f"{THUMBNAILS}:rows_beside_posters"))
    show = cast(ShowPosters, import_attribute("wanflow.viewing:show_posters"))
    printers = beside(lambda narrow: takes_table(rows, verbose=verbose, screen=narrow), screen)

    def print_next(poster: Path | None) -> None:
        next(printers)(poster)

    print_next(None)  # the heading
    with cancelled_by_signals():
        show(production, files, print_next, warn)
    return True


@click.command("costs", epilog=example("wanflow costs --by day"))
@production_options
@click.option("--by", type=click.Choice(list(BY)), default="shot", show_default=True, help="The key to sum up by.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with every take and all sums.")
@click.pass_obj
def costs(settings: ProductionOptions, by: str, *, as_json: bool) -> ExitCode:
    """Show what was charged for takes, beside the estimate; failures cost nothing."""
    part = open_sound_part(settings)
    if part.production is not None:
        ledger = api.costs(part.production)
        if as_json:
            print_json(ledger.to_json())
        elif not part.production.provider.paid:
            paid = part.production.provider.models
            say(tr("an animatic costs nothing; `--backend {paid}` shows what the paid film cost", paid=paid))
        else:
            print_report(lambda screen: costs_text(ledger, by, screen))
    return conclude_part(part, quiet=True)


@click.command("why", epilog=example("wanflow why approach", "wanflow why cut:main"))
@click.argument("node", shell_complete=complete_nodes)
@production_options
@click.pass_obj
def why(settings: ProductionOptions, node: str) -> int:
    """Explain why NODE is rendered, or is not: what changed since the last run, down to the words of the prompt."""
    plan = api.plan(open_production(settings))
    for explanation in api.why(plan, node):
        say(*why_lines(plan, explanation))
    return ExitCode.DONE


@click.command("show", epilog=example("wanflow show approach"))
@click.argument("node", shell_complete=complete_nodes)
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def show(settings: ProductionOptions, node: str, *, as_json: bool) -> int:
    """Show NODE resolved: its values with the places they come from, and a shot's request as it is sent."""
    details = api.show(api.plan(open_production(settings, quiet=True)), node)
    if as_json:
        print_json(details.to_json())
    else:
        print_report(lambda screen: show_text(details, screen))
    return ExitCode.DONE


@click.command("list", epilog=example("wanflow list approach+"))
@selection
@production_options
@click.pass_obj
def nodes(settings: ProductionOptions, select: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """List the nodes that match SELECT, with everything they need, in the order in which they are made."""
    say(*api.nodes(api.plan(open_production(settings), select, exclude=exclude)))
    return ExitCode.DONE


@click.command("graph", epilog=example("wanflow graph --format dot | dot -Tsvg > graph.svg"))
@production_options
@click.option(
    "--format", "form", type=click.Choice(("mermaid", "dot", "json")), default="mermaid", help="The drawing's language."
)
@click.pass_obj
def graph(settings: ProductionOptions, form: str) -> int:
    """Draw the graph of assets, shots, extracts and cuts."""
    drawn = api.shot_graph(open_production(settings))
    if form == "json":
        print_json(diagram.graph_json(drawn))
    else:
        print_report(lambda _: diagram.dot(drawn) if form == "dot" else diagram.mermaid(drawn))
    return ExitCode.DONE


@click.command("models", epilog=example("wanflow models wan2.7-i2v"))
@click.argument("model", required=False)
@production_options
@click.pass_obj
def models(settings: ProductionOptions, model: str | None) -> int:
    """List the models, or show what MODEL accepts: media, text, parameters and their limits.

    The models that a production brings along are among them.
    """
    named = settings.named is not None
    catalog = api.models(
        settings.file if named or settings.file.exists() else None,
        values=settings.values,
        root=settings.root,
        untrusted=settings.untrusted,
        named=named,
    )
    if model is None:
        print_report(lambda screen: models_text(catalog, screen))
        return ExitCode.DONE
    if model not in catalog:
        hint = did_you_mean(model, catalog) or tr("`wanflow models` lists them")
        raise UnknownTarget(tr("no model is called `{model}`", model=model), hint=hint)
    print_report(lambda screen: model_text(catalog[model], screen))
    return ExitCode.DONE
