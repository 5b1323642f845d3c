"""The download of a result: resumed, checked, tried again, and never thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio

from wanflow.errors import MediaFault
from wanflow.language.source import Facts
from wanflow.media.probe import CheckResult
from wanflow.providers.faults import ResultExpired, ServerFault
from wanflow.providers.protocol import DownloadedFile
from wanflow.runner.context import RunContext
from wanflow.runner.events import Warned
from wanflow.store import blobs
from wanflow.store.take import ResultKind

PAUSES = (2, 4)
"""Seconds before a download is tried again, at most twice (cli.md, Downloads)."""


@dataclass(frozen=True, slots=True)
class DownloadedResult:
    """A result that passed its check, where its file is, and the address that it came from."""

    path: Path
    digest: str
    facts: Facts
    url: str


@dataclass(slots=True)
class _Download:
    """The attempts to download one result: its task, its address, and its target."""

    task_id: str
    url: str
    kind: ResultKind
    target: Path
    context: RunContext

    async def attempt(self) -> DownloadedResult:
        """Fetch and check once; raises ServiceFault for an incomplete file, MediaFault for one that fails its check."""
        fetched = await self._download()
        facts = await self.context.jobs(CheckResult(self.kind, self.context.relative(self.target)))
        return DownloadedResult(self.target, fetched.digest, facts, self.url)

    async def _download(self) -> DownloadedFile:
        """Download; where the address is refused, poll the task for a new one, once (cli.md, Downloads)."""
        try:
            return await self.context.service.download(self.url, self.target)
        except ResultExpired:
            fresh = (await self.context.service.poll(self.task_id)).url
            if fresh in {None, self.url}:  # the storage may need a moment, or its refusal came from elsewhere
                raise
            self.url = str(fresh)
            return await self.context.service.download(self.url, self.target)


async def fetch_result(task_id: str, url: str, kind: ResultKind, context: RunContext) -> DownloadedResult:
    """Download the result of a task until it is complete and passes its check, at most three times.

    If it never does, the downloaded bytes are set aside, and the task stays open. Raises ServiceFault, MediaFault,
    StoreFault.
    """
    fetching = _Download(task_id, url, kind, context.store.temporary(kind.suffix), context)
    for pause in PAUSES:
        try:
            return await fetching.attempt()
        except (ServerFault, ResultExpired) as fault:  # the next download continues the file
            words, wanted = str(fault), fault.retry_after or 0
        except MediaFault as fault:
            fetching.target.unlink(missing_ok=True)
            words, wanted = str(fault), 0
        wait = max(pause, wanted)
        context.emit(Warned(f"the {kind} of task {task_id}: {words}; next download in {wait} s"))
        await anyio.sleep(wait)
    try:
        return await fetching.attempt()
    except (ServerFault, ResultExpired, MediaFault) as fault:
        kept = blobs.set_aside(context.store, fetching.target)
        where = f"; the downloaded bytes are in `{kept}`" if kept else ""
        words = f"cannot download the {kind} of task {task_id}: {fault}{where}"
        hours = context.provider.result_life // timedelta(hours=1)
        raise ServerFault(
            words, hint=f"`wanflow collect` tries again while the service has it, for {hours} h"
        ) from fault
