"""Live progress on a terminal; the only home of rich, imported only when there is a terminal and work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from fractions import Fraction

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from wanflow.characters import shown
from wanflow.messages import tr, translated
from wanflow.planner.plan import Plan
from wanflow.report.progress import Progress, RunningCut, progress_of
from wanflow.report.text.events import Verbosity, event_lines
from wanflow.report.text.table import LONGEST_CELL, wrapped
from wanflow.report.text.words import cost_words, count, seconds_text
from wanflow.runner.events import Emit, Event, StepStarted

REFRESHES_PER_SECOND = 8
BAR_CELLS = 28
STATES = {
    "submitted": tr("submitted"),
    "pending": tr("pending"),
    "running": tr("running"),
    "succeeded": tr("succeeded"),
}
"""Words of what a take is doing."""
STYLES = {"error": "red", "warning": "yellow"}


@contextmanager
def live(plan: Plan, verbosity: Verbosity) -> Iterator[Emit]:
    """Show a run while it runs; gives the receiver of its events, and leaves only finished lines behind.

    Finished steps and errors scroll by above; the lines below are redrawn in place.
    """
    console = Console(stderr=True, highlight=False)
    display = Display(progress_of(plan, time.monotonic))
    with Live(display, console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=True):

        def emit(event: Event) -> None:
            display.progress.note(event)
            lines = () if isinstance(event, StepStarted) else event_lines(event, verbosity)
            style = STYLES.get("".join(lines).partition(":")[0], "")
            for part in (part for line in lines for part in wrapped(shown(translated(line)), console.width)):
                console.print(Text(shown(part), style=style), soft_wrap=True)

        yield emit


@contextmanager
def counted(words: str) -> Iterator[Callable[[int, int], None]]:
    """Show in place how much of some work is done; gives what is called with the done part and all of it."""
    console = Console(stderr=True, highlight=False)
    with console.status("") as status:

        def tell(done: int, total: int) -> None:
            text = tr("{words}: {done} of {total}", words=words, done=done, total=total)
            status.update(Text(shown(translated(text))))

        yield tell


class Display:
    """What a run is doing, as rich draws it: computed at every refresh, so that times advance between events."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.context = copy_context()  # rich draws in a thread of its own, which has no language

    def __rich__(self) -> RenderableType:
        return self.context.copy().run(self._drawn)

    def _drawn(self) -> RenderableType:
        progress, now = self.progress, self.progress.stopwatch()
        takes, cuts = Table.grid(padding=(0, 2)), Table.grid(padding=(0, 2))
        for item in progress.in_flight:
            elapsed = translated(seconds_text(Fraction(int(now - item.since))))
            takes.add_row(
                _cell(item.node, "bold"), _cell(STATES.get(item.state, item.state)), elapsed, _cell(item.model, "dim")
            )
        for cut in progress.cuts.values():
            bar = ProgressBar(total=cut.total or None, completed=cut.done, width=BAR_CELLS, pulse=not cut.total)
            cuts.add_row(_cell(cut.node, "bold"), bar, _cell(_frames(cut, now)))
        stored = tr(
            "{takes} rendered ({seconds})",
            takes=count(progress.stored, "take"),
            seconds=seconds_text(progress.rendered) or tr("0 s"),
        )
        cost = tr("cost unknown") if progress.cost.amount is None else cost_words(progress.cost)
        queue = progress.queue_length
        words = tr("{number} in the queue · {stored} · {cost}", number=queue, stored=stored, cost=cost)
        footer = Text(translated(words), style="dim")
        return Group(*(table for table in (takes, cuts) if table.row_count), footer)  # an empty one takes a line


def _cell(text: str, style: str = "") -> Text:
    """A text that is never read as markup, nor broken into lines."""
    return Text(shown(translated(text), LONGEST_CELL), style, no_wrap=True, overflow="ellipsis")


def _frames(cut: RunningCut, now: float) -> str:
    if not cut.total:
        return tr("placing its clips")
    left = cut.seconds_left(now)
    done = tr("{percent} % · {done}/{total} frames", percent=cut.percent, done=cut.done, total=cut.total)
    return done if left is None else tr("{done} · {left} s left", done=done, left=left)
