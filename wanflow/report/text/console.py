"""Live progress on a terminal; the only home of rich, imported only when there is a terminal and work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from wanflow.planner.plan import Plan
from wanflow.report.progress import Progress, RunningCut, progress_of
from wanflow.report.text.events import Verbosity, event_text
from wanflow.report.text.words import cost_words, count, seconds_text
from wanflow.runner.events import Emit, Event, StepStarted

REFRESHES_PER_SECOND = 8
BAR_CELLS = 28


@contextmanager
def live(plan: Plan, loudness: Verbosity) -> Iterator[Emit]:
    """Show a run while it runs; gives what the run's events are told to, and leaves only finished lines behind.

    What is finished or wrong scrolls by above; the lines below are redrawn in place.
    """
    console = Console(stderr=True, highlight=False)
    display = Display(progress_of(plan, time.monotonic))
    with Live(display, console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=True) as drawn:

        def emit(event: Event) -> None:
            display.progress.note(event)
            text = None if isinstance(event, StepStarted) else event_text(event, loudness)
            if text is not None:
                drawn.console.print(Text(text, style=_style(text)))

        yield emit


class Display:
    """What a run is doing, as rich draws it: asked anew at every refresh, so that times go on between events."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __rich__(self) -> RenderableType:
        tables = (self._takes(), self._cuts())  # an empty one would still take a line
        return Group(*(table for table in tables if table.row_count), self._footer())

    def _takes(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for item in self.progress.in_flight:
            elapsed = int(self.progress.stopwatch() - item.since)
            table.add_row(Text(item.node, style="bold"), item.state, f"{elapsed} s", Text(item.model, style="dim"))
        return table

    def _cuts(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for cut in self.progress.cuts.values():
            table.add_row(Text(cut.node, style="bold"), _bar(cut), _frames(cut, self.progress.stopwatch()))
        return table

    def _footer(self) -> Text:
        progress = self.progress
        stored = f"{count(progress.stored, 'take')} rendered ({seconds_text(progress.rendered) or '0 s'})"
        cost = "cost unknown" if progress.cost.amount is None else cost_words(progress.cost)
        return Text(f"{progress.queue_length} in the queue · {stored} · {cost}", style="dim")


def _bar(cut: RunningCut) -> ProgressBar:
    return ProgressBar(total=cut.total or None, completed=cut.done, width=BAR_CELLS, pulse=not cut.total)


def _frames(cut: RunningCut, now: float) -> str:
    if not cut.total:
        return "placing its clips"
    left = cut.seconds_left(now)
    return f"{cut.percent} % · {cut.done}/{cut.total} frames" + (f" · {left} s left" if left is not None else "")


def _style(text: str) -> str:
    return {"error": "red", "warning": "yellow"}.get(text.partition(":")[0], "")
