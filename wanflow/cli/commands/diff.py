"""`wanflow diff`: what the production asks for beyond a revision of git, also as a comment for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import cast

import click

from wanflow import api
from wanflow.cli.hints import pasteable_json
from wanflow.cli.limits import production_is_read
from wanflow.cli.main import import_attribute
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.output import cancelled_by_signals
from wanflow.cli.screen import print_json, print_report, say, warn
from wanflow.errors import ExitCode
from wanflow.language.production import Production
from wanflow.messages import tr, trn
from wanflow.patterns import pattern
from wanflow.report.changes import ProductionDiff
from wanflow.report.text.comment import ShownPictures, diff_markdown, diff_text, without_picture

WritePictures = Callable[[Production, Iterable[str], Path, Callable[[str], None]], Mapping[str, str]]
ADDRESS = pattern(r"https?://[!-~]{1,300}")
"""An address of a folder: ASCII without blanks."""


@click.command("diff", epilog=example("wanflow diff", "wanflow diff HEAD~1 --format markdown"))
@click.argument("revision", required=False)
@production_options
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    help="How it is printed; `markdown` is a comment for GitHub.",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write a small picture of each take by which a changed shot is shown, before and now.",
)
@click.option("--pictures-at", metavar="URL", help="Where these pictures will be; the comment shows them from there.")
@click.pass_obj
def diff(
    settings: ProductionOptions, revision: str | None, form: str, pictures: Path | None, pictures_at: str | None
) -> int:
    """Show the takes, the money and the words of prompts that the production asks for beyond git's REVISION.

    By default this is the commit at which the branch left the main branch; `NAME...` is that of another branch.
    """
    if pictures_at is not None and (pictures is None or form != "markdown"):
        raise click.UsageError(tr("`--pictures-at` needs `--pictures` and `--format markdown`"))
    if pictures_at is not None and not ADDRESS.fullmatch(pictures_at):
        raise click.UsageError(tr("`--pictures-at` needs an address that begins with `https://`, without blanks"))
    production = open_production(settings)
    found = api.diff(production, revision, backend=settings.backend, region=settings.region, values=settings.values)
    names = {} if pictures is None else _written(production, found, pictures)
    shown = None if pictures_at is None else ShownPictures(pictures_at, names)
    match form:
        case "json":
            print_json(pasteable_json(found.to_json()))
        case "markdown":
            print_report(lambda screen: diff_markdown(found, screen, shown))
        case _:
            print_report(lambda screen: diff_text(found, screen))
    return ExitCode.DONE


def _written(production: Production, found: ProductionDiff, folder: Path) -> Mapping[str, str]:
    """Write the pictures of changed shots, and say how many there are; gives their names by the digests of takes."""
    production_is_read()
    write = cast(WritePictures, import_attribute("wanflow.viewing:write_pictures"))
    with cancelled_by_signals():
        names = write(production, found.shown, folder, warn)
    number = len(set(names.values()))
    words = trn("{number} picture is in {folder}", "{number} pictures are in {folder}", number, folder=folder)
    say(tr("note: {words}", words=words), err=True)
    if left := len(found.shown) - len(names):
        say(tr("note: {words}", words=without_picture(left)), err=True)
    return names
