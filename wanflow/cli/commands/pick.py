"""`wanflow pick`: choose a take."""

from __future__ import annotations

from pathlib import Path

import click

from wanflow.api import choose
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options_but_file
from wanflow.cli.take_output import tell_chosen
from wanflow.store.take_names import parse_take_node


@click.command(
    "pick",
    epilog=example(
        "wanflow pick talk 2", "wanflow pick talk --file talk-graded.mp4", "wanflow pick talk --from speech 2"
    ),
)
@click.argument("shot")
@click.argument("number", type=click.IntRange(min=1), metavar="N", required=False)
@click.option(
    "--file",
    "clip",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="CLIP",
    help="Make this clip, from elsewhere, a take and use it.",
)
@click.option("--from", "former", metavar="OLD", help="N is a take of OLD, a shot that the production has no more.")
@production_options_but_file
@click.pass_obj
def command(settings: ProductionOptions, shot: str, number: int | None, clip: Path | None, former: str | None) -> int:
    """Use take N of SHOT from now on; what depends on it follows with the next run."""
    shot, number = _by_node(shot, number)
    if former is not None:
        former, number = _by_node(former, number)
    if (number is None) is (clip is None):
        raise click.UsageError("say either the number of a take or `--file CLIP`")
    if clip is not None and former is not None:
        raise click.UsageError("`--file` and `--from` exclude each other")
    production = open_production(settings, quiet=True)
    if clip is not None:
        tell_chosen(production, [choose.pick_file(production, shot, clip)])
    elif former is not None and number is not None:
        tell_chosen(production, [choose.pick_from(production, shot, former, number)])
    elif number is not None:
        tell_chosen(production, [choose.pick(production, shot, number)])
    return ExitCode.DONE


def _by_node(shot: str, number: int | None) -> tuple[str, int | None]:
    """A take may be named as it is shown everywhere: `talk.t2`."""
    node = parse_take_node(shot)
    return (shot, number) if node is None or number is not None else node
