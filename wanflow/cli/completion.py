"""Completion of nodes in a shell: shots, cuts and takes of the production that the command line names so far."""

from __future__ import annotations

import click

from wanflow.cli.opening import open_sound_part
from wanflow.cli.options import ProductionOptions
from wanflow.errors import WanflowError
from wanflow.graph.node import cut_id
from wanflow.loading import store_of
from wanflow.store import lockfile
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
            names += (node for node, _ in named_takes(lockfile.read(store_of(production).lock)))
    except WanflowError:
        return []
    return [name for name in names if name.startswith(begin)]
