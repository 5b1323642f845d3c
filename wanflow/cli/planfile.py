"""Plans on disk: written by `plan -o`, read by `run --plan` (cli.md, Saved plans)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from wanflow import decode
from wanflow.characters import escaped_json, for_shell
from wanflow.cli.exit_code import error
from wanflow.cli.options import ProductionOptions
from wanflow.cli.screen import say
from wanflow.errors import words_of_system
from wanflow.messages import tr
from wanflow.planner import saved
from wanflow.planner.plan import Plan
from wanflow.planner.saved import PlanArguments, SavedPlan
from wanflow.store import atomic


def save(plan: Plan, path: Path, select: Sequence[str], exclude: Sequence[str], settings: ProductionOptions) -> None:
    """Write a plan where `run --plan` finds it; raises StoreFault where it cannot be written."""
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(tr("the folder `{parent}` does not exist", parent=path.parent), param_hint="`-o`")
    prices = settings.prices.as_posix() if settings.prices else None
    document = saved.saved_json(plan, PlanArguments(tuple(select), tuple(exclude), settings.values, prices))
    text = escaped_json(json.dumps(document, ensure_ascii=False, indent=2))
    atomic.write_whole(path, f"{text}\n".encode())
    say(
        tr("saved as {path}: `wanflow run --plan {path_2}` runs it, and no more", path=path, path_2=for_shell(path)),
        err=True,
    )


def read(path: Path) -> SavedPlan:
    """A saved plan; raises BadParameter for any other file."""
    try:
        return saved.read_saved(decode.parse_json(path.read_bytes()))
    except OSError as fault:
        words = words_of_system(fault)
        raise click.BadParameter(
            tr("`{path}` cannot be read: {words}", path=path, words=words), param_hint="`--plan`"
        ) from fault
    except ValueError as fault:
        words = tr("`{path}` is not a plan that `wanflow plan -o` saved", path=path)
        raise click.BadParameter(words, param_hint="`--plan`") from fault


def as_saved(settings: ProductionOptions, before: SavedPlan) -> ProductionOptions:
    """The options of a command with those of the saved plan; raises BadParameter where the two differ."""
    if settings.values and settings.values != before.values:
        said = " ".join(f"--set {name}={value}" for name, value in before.values.items()) or tr("no `--set`")
        raise click.BadParameter(tr("the plan was saved with {said}", said=said), param_hint="`--set`")
    prices = settings.prices or (Path(before.prices) if before.prices else None)
    return replace(settings, values=before.values, prices=prices, backend=settings.backend or before.backend)


def fits(plan: Plan, before: SavedPlan) -> bool:
    """Whether a plan does no more than the saved one; what it does beyond it is printed on stderr (exit 3)."""
    found = list(saved.unapproved(plan, before))
    for words in found:
        error(words)
    if found:
        say(tr("hint: `wanflow plan -o FILE` saves a new one"), err=True)
    return not found
