"""`wanflow export`: a cut for an editing suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.main import summon
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.errors import UnknownTarget
from wanflow.graph.node import cut_name
from wanflow.language.production import Production
from wanflow.report.export.edit_list import EditList, edit_list, to_srt
from wanflow.store import atomic

Writer = Callable[[EditList, Path, Path], str]

INTERCHANGE = {"otio": "wanflow.report.export.otio:to_otio", "edl": "wanflow.report.export.otio:to_edl"}


@click.command("export", epilog=example("wanflow export main --format edl -o cut.edl"))
@click.argument("cut", required=False)
@click.option("--format", "kind", type=click.Choice(("otio", "edl", "srt")), default="otio", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where to write it; `-` is stdout (default: out/<cut>.<format>, whose path is printed).",
)
@production_options
@click.pass_obj
def command(settings: ProductionOptions, cut: str | None, kind: str, output: Path | None) -> int:
    """Write CUT (default: the only one) for an editing suite, its media by relative addresses."""
    production = open_production(settings, quiet=True)
    name = _named(production, cut)
    shown = _with_files(edit_list(run.plan(production), name), production)
    path = production.folder / production.out / f"{name}.{kind}" if output is None else output
    dash = output is not None and str(output) == "-"
    target = Path.cwd() if dash else path.absolute().parent
    try:
        text = _text(kind, shown, production.folder, target)
    except ImportError as missing:
        words = f"`--format {kind}` needs OpenTimelineIO, which this Python has not ({missing.name})"
        error(words, "use Python 3.11 to 3.13, or `--format srt`")
        return ExitCode.FAILED
    if dash:
        click.echo(text, nl=False)
    else:
        atomic.write_whole(path, text.encode())
        click.echo(path)
    return ExitCode.DONE


def _with_files(cut: EditList, production: Production) -> EditList:
    """The cut with each take's file where it is now."""
    events = [
        replace(event, file=run.file_of_take(production, event.digest, event.file))
        if event.take is not None and event.file is not None
        else event
        for event in cut.events
    ]
    return replace(cut, events=tuple(events))


def _text(kind: str, shown: EditList, folder: Path, target: Path) -> str:
    """The text; the library for editing suites is imported only where its formats are asked for."""
    if kind == "srt":
        return to_srt(shown)
    return cast(Writer, summon(INTERCHANGE[kind]))(shown, folder.absolute(), target)


def _named(production: Production, cut: str | None) -> str:
    if cut is not None:
        return cut_name(cut)
    if len(production.cuts) == 1:
        return next(iter(production.cuts))
    names = ", ".join(production.cuts)
    raise UnknownTarget(f"the production has {len(production.cuts)} cuts", hint=f"name one: {names}" if names else None)
