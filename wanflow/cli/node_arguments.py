"""Arguments that name nodes, and their completion in a shell, from the production that the command line names."""

from __future__ import annotations

import click

from wanflow.cli.opening import open_sound_part
from wanflow.cli.options import Decorated, ProductionOptions
from wanflow.errors import WanflowError
from wanflow.graph.node import cut_id
from wanflow.loading import store_of
from wanflow.store import rebuild
from wanflow.store.take_names import named_takes


def complete_nodes(context: click.Context, parameter: click.Parameter, begin: str) -> list[str]:
    """The nodes that begin as what was typed, and that have a film or shall have one.

    Takes come once the name of their shot was typed, and `cut:main` once its colon was: until then `main` is enough.
    What cannot be read completes nothing.
    """
    del parameter
    try:
        production = open_sound_part(context.obj or ProductionOptions()).production
        if production is None:
            return []
        names = [*production.shots, *(name for name in production.cuts if name not in production.shots)]
        names += map(cut_id, production.cuts) if ":" in begin else ()
        if "." in begin or begin in production.shots:
            names += (node for node, _ in named_takes(rebuild.present_lock(store_of(production))))
    except WanflowError:
        return []
    return [name for name in names if name.startswith(begin)]


def selection(command: Decorated) -> Decorated:
    """Add `SELECT…` and `--exclude`."""
    exclude = click.option(
        "--exclude",
        shell_complete=complete_nodes,
        multiple=True,
        metavar="SELECT",
        help="Leave these out, but not what they need; may be repeated.",
    )
    return click.argument("select", nargs=-1, metavar="[SELECT]...", shell_complete=complete_nodes)(exclude(command))
