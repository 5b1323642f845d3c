"""What a run works with: the real parts, or in tests their stand-ins at the seams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath

from wanflow import timebase
from wanflow.catalog.provider import Provider
from wanflow.media.jobs import Jobs
from wanflow.providers.limited import TaskSlots
from wanflow.providers.protocol import ProviderClient
from wanflow.runner.addresses import Addresses
from wanflow.runner.events import Emit
from wanflow.runner.lost_submissions import LostSubmissions
from wanflow.runner.spending import Spending
from wanflow.store.journal import Journal
from wanflow.store.layout import Store

Clock = Callable[[], datetime]
"""The wall clock, for dates in records only; time never passes through it."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The seams of a run and where it keeps what it makes.

    `out` is where results go, relative to the production's folder; `addresses` what need not be uploaded;
    `lost_submissions` what became of submissions; `spending` what may be spent.
    """

    out: str
    store: Store
    journal: Journal
    service: ProviderClient
    slots: TaskSlots
    addresses: Addresses
    lost_submissions: LostSubmissions
    spending: Spending
    jobs: Jobs
    emit: Emit
    clock: Clock
    provider: Provider

    @property
    def folder(self) -> Path:
        """The production's folder."""
        return self.store.folder

    def relative(self, file: Path) -> PurePath:
        """A file of the store as jobs name it: relative to the production's folder."""
        return file.relative_to(self.folder)

    def stamp(self) -> str:
        """Now, as records have it: RFC 3339 in UTC, to the second."""
        return timebase.stamp(self.clock())
