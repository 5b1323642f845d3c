"""`wanflow pick`, `retake`, `hold` and `release`: which take is used, and how many are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from wanflow import api
from wanflow.characters import for_shell
from wanflow.cli.node_arguments import complete_nodes
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options, production_options_but_file
from wanflow.cli.screen import say
from wanflow.errors import ExitCode, UnknownTarget
from wanflow.language.production import Production
from wanflow.messages import tr
from wanflow.planner.choose import Held, Picked, Released, Retake
from wanflow.report.text.summary import choice_text, choice_warning, next_run_text
from wanflow.store.take_names import parse_take_node


class TakeNumber(click.IntRange):
    """The number of a take: `2`, `t2` as it ends a node, or `#2`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; raises BadParameter."""
        number: Any = str(value).removeprefix("t").removeprefix("#")
        return int(super().convert(number, param, ctx))


@click.command(
    "pick",
    epilog=example(
        "wanflow pick talk 2", "wanflow pick talk --file talk-graded.mp4", "wanflow pick talk --from speech 2"
    ),
)
@click.argument("shot", shell_complete=complete_nodes)
@click.argument("number", type=TakeNumber(min=1), metavar="N", required=False)
@click.option(
    "--file",
    "clip",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Make this film or picture, from elsewhere, a take and use it.",
)
@click.option("--from", "former", metavar="OLD", help="N is a take of OLD, a shot that was removed.")
@production_options_but_file
@click.pass_obj
def pick(settings: ProductionOptions, shot: str, number: int | None, clip: Path | None, former: str | None) -> int:
    """Use take N of SHOT from now on; what depends on it follows with the next run."""
    shot, number = _by_node(shot, number)
    if former is not None:
        former, number = _by_node(former, number)
    if (number is None) is (clip is None):
        raise click.UsageError(tr("give either the number of a take or `--file FILE`"))
    if clip is not None and former is not None:
        raise click.UsageError(tr("`--file` and `--from` exclude each other"))
    production = open_production(settings, quiet=True)
    if clip is not None:
        return _print(production, [api.pick_file(production, shot, clip)])
    if former is not None:
        return _print(production, [api.pick_from(production, shot, former, number or 0)])
    return _print(production, [api.pick(production, shot, number or 0)])


def _by_node(shot: str, number: int | None) -> tuple[str, int | None]:
    """A take may be named by its node: `talk.t2`."""
    node = parse_take_node(shot)
    return (shot, number) if node is None or number is not None else node


@click.command("retake", epilog=example("wanflow retake talk -n 2"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...", shell_complete=complete_nodes)
@click.option(
    "-n", "more", type=click.IntRange(1, 1000), default=1, show_default=True, metavar="K", help="Takes to add."
)
@production_options
@click.pass_obj
def retake(settings: ProductionOptions, select: tuple[str, ...], more: int) -> int:
    """Ask for K more takes of the shots that match SELECT, although nothing changed; the next run renders them."""
    production = open_production(settings, quiet=True)
    *shots, last = select
    if shots and last.isdecimal() and last not in production.shots:
        hint = tr("to ask for {last} more: `wanflow retake {shots} -n {last}`", last=last, shots=for_shell(*shots))
        raise UnknownTarget(tr("`{last}` matches no shot", last=last), hint=hint)
    return _print(production, api.retake(production, select, more))


@click.command("hold", epilog=example("wanflow hold talk"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...", shell_complete=complete_nodes)
@production_options
@click.pass_obj
def hold(settings: ProductionOptions, select: tuple[str, ...]) -> int:
    """Keep the takes that are in use, although their shots change."""
    production = open_production(settings, quiet=True)
    return _print(production, api.hold(production, select))


@click.command("release", epilog=example("wanflow release talk"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...", shell_complete=complete_nodes)
@production_options
@click.pass_obj
def release(settings: ProductionOptions, select: tuple[str, ...]) -> int:
    """Stop holding takes: takes of the present request are used again."""
    production = open_production(settings, quiet=True)
    return _print(production, api.release(production, select))


def _print(production: Production, choices: Sequence[Picked | Retake | Held | Released]) -> ExitCode:
    """What was decided and on which backend, on stdout; what a run would do about it, at which price, on stderr."""
    for choice in choices:
        say(tr("{choice} ({backend})", choice=choice_text(choice), backend=production.provider.name))
        warning = choice_warning(choice)
        if warning is not None:
            say(tr("warning: {warning}", warning=warning), err=True)
    say(next_run_text(api.plan(production)), err=True)
    return ExitCode.DONE
