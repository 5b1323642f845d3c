"""A result from its address to a file on disk: resumed, checked, fetched again, and never thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anyio

from wanflow.errors import MediaFault
from wanflow.language.facts import Facts
from wanflow.media.probe import CheckResult
from wanflow.providers.faults import ResultExpired, ServerFault
from wanflow.providers.protocol import DownloadedFile
from wanflow.runner.context import RunContext
from wanflow.runner.events import Warned
from wanflow.store import blobs
from wanflow.store.take import ResultKind

PAUSES = (2, 4)
"""Seconds before a download is fetched again, at most twice (cli.md, Downloads)."""


@dataclass(frozen=True, slots=True)
class DownloadedResult:
    """A result that passed its check, where its file is, and the address that it came from."""

    path: Path
    digest: str
    facts: Facts
    url: str


@dataclass(slots=True)
class _Download:
    """The tries at one result: its task, where it is, and where it goes."""

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
        """An address that is refused is asked for anew, once (cli.md, Downloads)."""
        try:
            return await self.context.service.download(self.url, self.target)
        except ResultExpired:
            fresh = (await self.context.service.poll(self.task_id)).url
            if fresh in {None, self.url}:
                raise
            self.url = str(fresh)
            return await self.context.service.download(self.url, self.target)


async def fetch_result(task_id: str, url: str, kind: ResultKind, context: RunContext) -> DownloadedResult:
    """Fetch the result of a task until it came whole and passed its check, at most three times.

    What came in the end is kept aside where it did not, and its task stays open. Raises ServiceFault, MediaFault,
    StoreFault.
    """
    fetching = _Download(task_id, url, kind, context.store.temporary(kind.suffix), context)
    for pause in PAUSES:
        try:
            return await fetching.attempt()
        except ServerFault as fault:  # what came stays, and is gone on with
            words = str(fault)
        except MediaFault as fault:
            fetching.target.unlink(missing_ok=True)
            words = str(fault)
        context.emit(Warned(f"the {kind} of task {task_id}: {words}; it is fetched again in {pause} s"))
        await anyio.sleep(pause)
    try:
        return await fetching.attempt()
    except (ServerFault, MediaFault) as fault:
        raise _given_up(fault, fetching) from fault


def _given_up(fault: ServerFault | MediaFault, fetching: _Download) -> ServerFault:
    """The last fault, with where the bytes are that came."""
    kept = blobs.set_aside(fetching.context.store, fetching.target)
    where = f"; what came is kept as `{kept}`" if kept else ""
    hint = "`wanflow collect` fetches it again while the service has it, which is 24 h"
    return ServerFault(
        f"the {fetching.kind} of task {fetching.task_id} could not be fetched: {fault}{where}", hint=hint
    )
