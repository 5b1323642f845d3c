"""Deliveries of a cut in a run: those that are due are encoded from its film, published and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePath

import anyio

from wanflow import timebase
from wanflow.errors import WanflowError
from wanflow.language.production import Cut, Delivery, Form
from wanflow.media.delivery import EncodeDelivery
from wanflow.messages import tr
from wanflow.planner.cut import delivery_recipe
from wanflow.records import immutable, mutable
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.events import CutProgress, Warned
from wanflow.store import atomic, cut_records, outputs

LARGE_GIF_BYTES = 20_000_000
"""Size from which a GIF is a warning: browsers load all of it before it plays smoothly."""


@mutable
class CutMeter:
    """How far the work on a cut is, in frames of all its parts; `total` is known before the first one begins."""

    node: str
    context: RunContext
    total: int
    _frames: dict[str, int] = field(default_factory=dict)

    def note(self, part: str, frames: int) -> None:
        """A part has this many frames by now."""
        self._frames[part] = frames
        self.context.emit(CutProgress(self.node, sum(self._frames.values()), self.total))


@immutable
class DeliverableFilm:
    """The finished film of a cut: its digest, its frames at `rate`, and the size of its picture in pixels."""

    cut: Cut
    digest: str
    frames: int
    rate: Fraction
    size: tuple[int, int]


async def make_deliveries(
    film: DeliverableFilm, due: Sequence[Delivery], meter: CutMeter, run_state: RunState, context: RunContext
) -> tuple[dict[str, str], list[WanflowError]]:
    """Make these deliveries side by side; gives the paths of those that were made by name, and what others failed by.

    Former deliveries are removed before.
    """
    production, made, faults = run_state.plan.graph.production, set[str](), list[WanflowError]()
    outputs.remove_former_files(production, film.cut, context.store)
    cut_records.keep_deliveries(context.store, film.cut.name, [each.output for each in film.cut.deliveries])

    async def make(delivery: Delivery) -> None:
        try:
            await _make(film, delivery, meter, run_state, context)
            made.add(delivery.name)
        except WanflowError as fault:
            faults.append(fault)

    async with anyio.create_task_group() as group:
        for delivery in due:
            group.start_soon(make, delivery)
    run_state.add_deliveries(film.cut.name, cut_records.delivered(context.store).get(film.cut.name, {}))
    return {delivery.name: delivery.output for delivery in due if delivery.name in made}, faults


async def _make(
    film: DeliverableFilm, delivery: Delivery, meter: CutMeter, run_state: RunState, context: RunContext
) -> None:
    store, cut, production = context.store, film.cut, run_state.plan.graph.production
    made, source = store.temporary(delivery.form.suffix), PurePath(cut.output)
    job = EncodeDelivery(delivery.form, source, film.frames, film.rate, film.size, context.relative(made))
    content = await context.jobs(job, partial(meter.note, delivery.name))
    outputs.require_outputs(production, cut, store)
    target, recipe = store.folder / delivery.output, delivery_recipe(delivery)
    facts = (store, cut.name, delivery.output, recipe, film.digest, content)
    if delivery.form is Form.PNG:
        outputs.replace_folder(target, made, store.temporary(""))
        cut_records.remember_delivery(*facts, target)  # a move may change the time of a folder
    else:
        with atomic.replacing(target, made) as draft:
            cut_records.remember_delivery(*facts, draft)
    meter.note(delivery.name, film.frames)
    if delivery.form is Form.GIF:
        _warn_of_size(meter.node, delivery, target, film, context)


def _warn_of_size(node: str, delivery: Delivery, target: Path, film: DeliverableFilm, context: RunContext) -> None:
    size = target.stat().st_size
    if size >= LARGE_GIF_BYTES:
        seconds = timebase.decimal_text(timebase.to_seconds(film.frames, film.rate), 1)
        words = tr(
            "`{file}` has {size} MB for {seconds} s: a film in `h264` is far smaller",
            file=delivery.output,
            size=size // 1_000_000,
            seconds=seconds,
        )
        context.emit(Warned(words, node))
