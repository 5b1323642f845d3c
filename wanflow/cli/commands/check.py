"""`wanflow check`: measure takes that no run has measured, and print what is wrong with them."""

from __future__ import annotations

import click

from wanflow import api
from wanflow.cli.node_arguments import selection
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.screen import print_json, say
from wanflow.errors import ExitCode
from wanflow.messages import tr
from wanflow.planner.status import TakeRow
from wanflow.report.text.status import check_lines
from wanflow.store.take_names import take_node


@click.command("check", epilog=example("wanflow check talk", "wanflow check --exit-code"))
@selection
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the takes with their findings.")
@click.option("--exit-code", "signals", is_flag=True, help="Exit with 10 if a take has findings.")
@click.pass_obj
def check(
    settings: ProductionOptions, select: tuple[str, ...], exclude: tuple[str, ...], *, as_json: bool, signals: bool
) -> ExitCode:
    """Measure the takes that are here, and print what is wrong with them.

    Each is measured once: black or frozen parts, silence, clipped sound, flicker, bars, length, size and rate. Its
    first and last frame, its continuation, and drift along a chain are compared with what was given. A picture is
    measured for its size, one colour, blur, bars and alpha, and compared with the other takes of its request.
    """

    def tell(row: TakeRow) -> None:
        say(tr("checked {node}", node=take_node(row.shot, row.number)), err=True)

    rows = api.check(open_production(settings, quiet=True), select, exclude=exclude, on_take=tell)
    for row in rows:
        if row.state == "missing":
            hint = tr("`wanflow pull`, or copy the store")
            say(tr("{node} is not here: {hint}", node=take_node(row.shot, row.number), hint=hint), err=True)
    if as_json:
        print_json([row.to_json() for row in rows])
    else:
        say(*check_lines(rows))
    return ExitCode.WOULD_RUN if signals and any(row.findings for row in rows) else ExitCode.DONE
