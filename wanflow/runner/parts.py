"""What a run works with: the real parts, or in tests their stand-ins at the seams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wanflow.media.jobs import Jobs
from wanflow.runner.event import Emit
from wanflow.service.limited import Slots
from wanflow.service.port import VideoService
from wanflow.store.journal import Journal
from wanflow.store.layout import Store

Clock = Callable[[], datetime]
"""The wall clock, for dates in records only; time never passes through it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The seams of a run and where it keeps what it makes.

    `folder` is the production's folder, `out` where results go within it.
    """

    folder: Path
    out: Path
    store: Store
    journal: Journal
    service: VideoService
    slots: Slots
    jobs: Jobs
    emit: Emit
    clock: Clock
