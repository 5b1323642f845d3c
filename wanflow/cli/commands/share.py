"""`wanflow push`, `pull` and `export`: takes for those who share the production, a cut for an editing suite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import click

from wanflow import api
from wanflow.cli.exit_code import error
from wanflow.cli.main import import_attribute
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.screen import print_file, say
from wanflow.errors import ExitCode
from wanflow.messages import tr
from wanflow.report.export.edit_list import EditList, lines_to_srt, to_srt
from wanflow.report.export.left_out import left_out
from wanflow.report.text.words import count, listed
from wanflow.store import atomic
from wanflow.store.remote import Transfer

Writer = Callable[[EditList, Path, Path], str]

INTERCHANGE = {
    "otio": "wanflow.report.export.otio:to_otio",
    "edl": "wanflow.report.export.otio:to_edl",
    "fcp7": "wanflow.report.export.fcp7:to_fcp7",
}
"""Formats that OpenTimelineIO writes, each with its writer, which is imported when it is needed."""
FORMATS = (*INTERCHANGE, "srt")
SUFFIXES = {"fcp7": "xml"}
"""Endings of files that are not called like their format."""


@click.command("push", epilog=example("wanflow push"))
@production_options
@click.pass_obj
def push(settings: ProductionOptions) -> int:
    """Send the paid takes that are here to the remote, for those who share the production."""
    moved = api.push(open_production(settings, quiet=True, works=True), partial(_print_take, tr("pushed")))
    _print_transfer(moved, tr("pushed"), tr("no file here"))
    return ExitCode.FAILED if moved.faults else ExitCode.DONE


@click.command("pull", epilog=example("wanflow pull"))
@production_options
@click.pass_obj
def pull(settings: ProductionOptions) -> int:
    """Fetch the paid takes that the lock names from the remote, so that they are not paid for again."""
    moved = api.pull(open_production(settings, quiet=True, works=True), partial(_print_take, tr("pulled")))
    _print_transfer(moved, tr("pulled"), tr("not at the remote, ask those who rendered them to push"))
    return ExitCode.FAILED if moved.faults or moved.missing else ExitCode.DONE


def _print_take(verb: str, name: str) -> None:
    say(tr("{verb} {name}", verb=verb, name=name), err=True)


def _print_transfer(transfer: Transfer, verb: str, missing: str) -> None:
    for fault in transfer.faults:
        error(str(fault), fault.hint)
    if transfer.missing:
        say(tr("{missing}: {takes}", missing=missing, takes=listed(transfer.missing)), err=True)
    say(
        tr(
            "{takes} {verb}, {there} in place already",
            takes=count(len(transfer.moved), "take"),
            verb=verb,
            there=transfer.there,
        )
    )


@click.command("export", epilog=example("wanflow export main --format edl -o cut.edl"))
@click.argument("cut", required=False)
@click.option("--format", "kind", type=click.Choice(FORMATS), default="otio", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where to write it; `-` is stdout (default: out/<cut>.<format>, for fcp7 .xml; its path is printed).",
)
@click.option(
    "--language",
    metavar="TAG",
    help="With `srt`: what the shots say in that language (`en`, `zh-Hans`; `und`: unknown), from their `lines`.",
)
@production_options
@click.pass_obj
def export(settings: ProductionOptions, cut: str | None, kind: str, output: Path | None, language: str | None) -> int:
    """Write CUT (default: the only one) for an editing suite.

    `otio` and `edl` have paths relative to the written file. `fcp7` is XML for Premiere and Resolve; it has absolute
    paths. `srt` has the names of the shots as subtitles, or with `--language` what they say.
    """
    if language is not None and kind != "srt":
        raise click.UsageError(tr("`--language` is of `--format srt` only"))
    production = open_production(settings, quiet=True)
    shown = api.export(api.plan(production), cut)
    path = production.folder / production.out / f"{shown.cut}.{SUFFIXES.get(kind, kind)}" if output is None else output
    dash = output is not None and str(output) == "-"
    target = Path.cwd() if dash else path.absolute().parent
    try:
        writer = cast(Writer, import_attribute(INTERCHANGE[kind])) if kind in INTERCHANGE else None
        if writer is not None:
            text = writer(shown, production.folder.absolute(), target)
        else:
            text = to_srt(shown) if language is None else lines_to_srt(shown, language)
    except ImportError as missing:
        words = tr(
            "`--format {kind}` needs OpenTimelineIO, which this Python lacks ({name})", kind=kind, name=missing.name
        )
        error(words, tr("use Python 3.11 to 3.13, or `--format srt`"))
        return ExitCode.FAILED
    if dash:
        print_file(text.encode())
    else:
        atomic.write_whole(path, text.encode())
        say(str(path))
    for words in () if writer is None else left_out(shown, kind):
        say(tr("note: {note}", note=words), err=True)
    return ExitCode.DONE
