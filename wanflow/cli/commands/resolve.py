"""`wanflow resolve`: decide a submission of unknown fate."""

from __future__ import annotations

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.report.text.words import printable
from wanflow.store.take_names import take_node


@click.command("resolve", epilog=example("wanflow resolve approach --adopt 0385dc79-5ff8-4d82-bcb6-7bfc3d60a3a4"))
@click.argument("shot")
@production_options
@click.option("--take", type=click.IntRange(min=1), metavar="N", help="The take that it was submitted for.")
@click.option("--adopt", metavar="TASK_ID", help="It was accepted, as this task: the next run collects it.")
@click.option("--resubmit", is_flag=True, help="It was not accepted: the next run may submit it again, at its price.")
@click.pass_obj
def command(settings: ProductionOptions, shot: str, *, take: int | None, adopt: str | None, resubmit: bool) -> int:
    """Decide what became of a submission of SHOT whose answer was lost; contacts nothing.

    The service's console, or its list of tasks, says whether it was accepted.
    """
    if (adopt is None) is not resubmit:
        raise click.UsageError("say either `--adopt TASK_ID` or `--resubmit`")
    attempt = run.resolve(open_production(settings), shot, take=take, adopt=adopt)
    node = take_node(attempt.shot, attempt.number)
    told = f"is task {printable(adopt)}: the next run collects it" if adopt else "was not accepted: a run may submit it"
    click.echo(f"{node} {told}")
    return ExitCode.DONE
