"""The download of a result: resumed, checked, tried again, and never thrown away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import anyio

from wanflow.catalog.model import ResultKind
from wanflow.errors import MediaFault
from wanflow.language.source import Facts
from wanflow.media.probe import CheckResult
from wanflow.messages import tr
from wanflow.providers.faults import Oversized, ResultExpired, ServerFault
from wanflow.providers.protocol import DownloadedFile
from wanflow.records import immutable, mutable
from wanflow.runner.context import RunContext
from wanflow.runner.events import Warned
from wanflow.store import blobs

PAUSES = (2, 4)
"""Seconds before a download is tried again, at most twice (cli.md, Downloads)."""


@immutable
class DownloadedResult:
    """A result that passed its check, where its file is, and the address that it came from."""

    path: Path
    digest: str
    facts: Facts
    url: str


@mutable
class _Download:
    """The attempts to download one result of at most `most_bytes`: its task, its address, and its target."""

    task_id: str
    url: str
    kind: ResultKind
    most_bytes: int
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
            return await self.context.service.download(self.url, self.target, self.most_bytes)
        except ResultExpired:
            fresh = (await self.context.service.poll(self.task_id)).url
            if fresh in {None, self.url}:  # the storage may need a moment, or its refusal came from elsewhere
                raise
            self.url = str(fresh)
            return await self.context.service.download(self.url, self.target, self.most_bytes)


async def fetch_result(task_id: str, url: str, model: str, context: RunContext) -> DownloadedResult:
    """Download the result of a task until it is complete and passes its check, at most three times.

    If it never does, the downloaded bytes are set aside, and the task stays open. So it does where the result is larger
    than any of the model, and nothing of it is kept. Raises ServiceFault, MediaFault, StoreFault.
    """
    catalog = context.catalog
    # the model of an earlier run may have left the catalog
    models = [catalog[model]] if model in catalog else catalog.values()
    most_bytes = max(known.most_result_bytes for known in models)
    kind = catalog[model].makes if model in catalog else ResultKind.FILM
    hours = context.provider.result_life // timedelta(hours=1)
    fetching = _Download(task_id, url, kind, most_bytes, context.store.temporary(kind.suffix), context)
    try:
        return await _fetch(
            fetching, tr("`wanflow collect` tries again while the service has it, for {hours} h", hours=hours)
        )
    except Oversized as fault:
        hint = tr(
            "the service has it for {hours} h: look at the task there, then `wanflow collect` tries again", hours=hours
        )
        raise Oversized(
            tr("cannot download the {kind} of task {task_id}: {fault}", kind=kind, task_id=task_id, fault=fault),
            hint=hint,
        ) from fault


async def _fetch(fetching: _Download, hint: str) -> DownloadedResult:
    """The attempts, with their pauses; `hint` is for the last one."""
    task_id, kind, context = fetching.task_id, fetching.kind, fetching.context
    for pause in PAUSES:
        try:
            return await fetching.attempt()
        except (ServerFault, ResultExpired) as fault:  # the next download continues the file
            words, wanted = str(fault), fault.retry_after or 0
        except MediaFault as fault:
            fetching.target.unlink(missing_ok=True)
            words, wanted = str(fault), 0
        wait = max(pause, wanted)
        context.emit(
            Warned(
                tr(
                    "the {kind} of task {task_id}: {words}; next download in {wait} s",
                    kind=kind,
                    task_id=task_id,
                    words=words,
                    wait=wait,
                )
            )
        )
        await anyio.sleep(wait)
    try:
        return await fetching.attempt()
    except (ServerFault, ResultExpired, MediaFault) as fault:
        kept = blobs.set_aside(context.store, fetching.target)
        where = tr("; the downloaded bytes are in `{kept}`", kept=kept) if kept else ""
        words = tr(
            "cannot download the {kind} of task {task_id}: {fault}{where}",
            kind=kind,
            task_id=task_id,
            fault=fault,
            where=where,
        )
        raise ServerFault(words, hint=hint) from fault
