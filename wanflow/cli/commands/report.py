"""`wanflow report`: the page in one file, to send."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import click

from wanflow import viewing
from wanflow.cli.limits import production_is_read
from wanflow.cli.main import import_attribute
from wanflow.cli.opening import conclude_part, open_sound_part
from wanflow.cli.options import ProductionOptions, clustered, example, production_options
from wanflow.cli.output import cancelled_by_signals
from wanflow.cli.screen import print_file, say, warn
from wanflow.messages import tr, trn
from wanflow.report.text.words import size_text
from wanflow.store import atomic

OpenCounter = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


@click.command("report", epilog=example("wanflow report", "wanflow report --embed -o ~/film.html"))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where to write it; `-` is stdout (default: out/report.html; its path is printed).",
)
@click.option("--embed", is_flag=True, help="Put small players inside, so that the file plays alone.")
@click.option("--force", is_flag=True, help="Write it although it is larger than 100 MB.")
@clustered
@production_options
@click.pass_obj
def report(settings: ProductionOptions, output: Path | None, *, embed: bool, force: bool, cluster: str | None) -> int:
    """Write the page to one file that can be sent: all views, with posters and short silent films inside.

    Players have the takes in `out/shots`, by paths relative to the file. The file loads nothing from elsewhere.
    """
    part = open_sound_part(settings)
    production = part.production
    if production is None or not (production.shots or part.whole):
        return conclude_part(part)
    production_is_read()
    path = production.folder / production.out / "report.html" if output is None else output
    dash = output is not None and str(output) == "-"
    folder = Path.cwd() if dash else path.absolute().parent
    with _shown_progress() as tell, cancelled_by_signals():
        freeze = partial(viewing.report, part, folder, embed=embed, force=force, cluster=cluster, warn=warn)
        made = anyio.run(partial(freeze, tell=tell))
    content = made.html.encode()
    if made.not_made:
        many = "warning: {number} posters and films could not be made"
        say(trn("warning: {number} poster or film could not be made", many, made.not_made), err=True)
    if made.left_out:
        words = trn("{number} short film is left out", "{number} short films are left out", made.left_out)
        reason = tr("the file would be too large; `--force` keeps them")
        say(tr("note: {words}: {reason}", words=words, reason=reason), err=True)
    say(tr("the size of the report is {size}", size=size_text(len(content))), err=True)
    if dash:
        print_file(content)
    else:
        atomic.write_whole(path, content)
        say(str(path))
    return conclude_part(part, quiet=True)


@contextmanager
def _shown_progress() -> Iterator[Callable[[int, int], None] | None]:
    """What shows on a terminal how much of the posters and films is made; None elsewhere."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    with cast(OpenCounter, import_attribute("wanflow.report.text.console:counted"))(tr("posters and films")) as tell:
        yield tell
