"""How a run reaches the provider of its production; imported when there is something to ask of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Literal

import anyio

from wanflow.catalog.provider import Provider
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.endpoint import IN_PROCESS, KEY
from wanflow.emulator.api.order import Grade
from wanflow.emulator.film.render import ORIGIN, open_animatic
from wanflow.errors import MediaFault
from wanflow.language.production import Production
from wanflow.language.source import UrlSource
from wanflow.masking import has_key, without_password
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.jobs import Jobs
from wanflow.messages import tr
from wanflow.providers.bucket import BucketUploads
from wanflow.providers.dashscope.client import DashScope, open_in_process
from wanflow.providers.faults import KeyInProduction, ServiceFault
from wanflow.providers.limited import Limited
from wanflow.providers.poller import Poller
from wanflow.providers.protocol import Connector, Endpoint, WaitingClient
from wanflow.providers.retrying import OnRetry, Retrying
from wanflow.records import immutable
from wanflow.runner.addresses import Addresses, recall
from wanflow.runner.events import Emit, Warned
from wanflow.store import journal
from wanflow.store.layout import Store

CONNECTORS: Mapping[str, Connector] = {
    "dashscope": DashScope(),
}
"""How the providers of the catalog are reached, by name. A new one is a folder, its catalog files and a line here."""

QUOTA_SECONDS = 5
"""Seconds that a run waits for the limits of its account."""


async def quotas_of(production: Production) -> Mapping[str, int]:
    """The account's own limits of the models of a production; none where the service does not tell them in time."""
    if not production.provider.remote:
        return {}
    models = sorted({shot.model for shot in production.shots.values()})
    with anyio.move_on_after(QUOTA_SECONDS), suppress(ServiceFault):
        return await CONNECTORS[production.provider.name].quotas(endpoint_for(production), models)
    return {}


def endpoint_for(production: Production, *, key_needed: bool = True) -> Endpoint:
    """Where a production is rendered, by the environment; raises what its connector does, and KeyInProduction.

    A prompt with the key would be sent, kept by the service, and recorded in the lock.
    """
    provider = production.provider
    endpoint = CONNECTORS[provider.name].endpoint(production.region, os.environ, key_needed=key_needed)
    for shot in production.shots.values():
        sources = [source for media in shot.media for source in (media.source, media.voice)]
        urls = [source.url for source in sources if isinstance(source, UrlSource)]
        if any(has_key(text, endpoint.key) for text in (shot.prompt, shot.negative_prompt, *urls) if text):
            words = tr(
                "the request of `{name}` holds the key that {key_variable} has",
                name=shot.name,
                key_variable=provider.key_variable,
            )
            raise KeyInProduction(words, hint=tr("remove it: the key belongs in the environment alone"))
    return endpoint


@immutable
class Asked:
    """How a run asks its provider: seconds between two polls of a task, hosts that may get local media.

    Films of the animatic have this `grade`. Without `key_needed` a missing key is none.
    """

    poll_seconds: float
    upload_hosts: tuple[str, ...]
    grade: Literal["draft", "final"]
    key_needed: bool


@asynccontextmanager
async def open_service(
    production: Production, store: Store, emit: Emit, jobs: Jobs, asked: Asked
) -> AsyncIterator[tuple[WaitingClient, Addresses]]:
    """The client of a remote provider, or of the emulator in this process, and the addresses that it knows.

    Raises Unauthorised without a usable key, ToolMissing without an ffmpeg for the animatic.
    """
    if production.provider.remote:
        provider, bucket = production.provider, trusted_bucket(production)
        endpoint = replace(endpoint_for(production, key_needed=asked.key_needed), upload_hosts=asked.upload_hosts)
        known = recall(endpoint.account, provider, store, journal.read(store).online, bucket)
        async with open_client(
            provider, endpoint, poll_seconds=asked.poll_seconds, tell=lambda words: emit(Warned(words)), bucket=bucket
        ) as client:
            yield client, known
        return
    find_ffmpeg(os.environ)
    folder, terms = store.temporary(""), replace(IN_PROCESS, region=production.region)
    try:
        async with (
            open_animatic(
                folder, jobs, root=store.folder, grade=Grade(asked.grade), terms=terms, models=production.catalog.files
            ) as account,
            open_in_process(build_app(account), f"{ORIGIN}{BASE}", KEY, account.changed) as service,
        ):
            yield service, Addresses(f"{production.provider.name} {folder.name}", production.provider)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trusted_bucket(production: Production) -> str | None:
    """The bucket that local media go through; raises MediaFault where only an untrusted production names it."""
    if production.untrusted and production.uploads is not None:
        shown = without_password(production.uploads, production.uploads)
        words = tr("`uploads: {shown}` is named by an untrusted production: your media would go there", shown=shown)
        raise MediaFault(words, hint=tr("remove the key, or leave out `--untrusted` if you trust the production"))
    return production.uploads


@asynccontextmanager
async def open_client(
    provider: Provider, endpoint: Endpoint, *, poll_seconds: float, tell: OnRetry, bucket: str | None = None
) -> AsyncIterator[WaitingClient]:
    """A provider's client that keeps within its limits and repeats what is safe; `tell` is told why it takes longer.

    `poll_seconds` is the shortest time between two polls of one task. Local media go through `bucket`, where there is
    one; raises NoBucket where it cannot be used.
    """
    async with CONNECTORS[provider.name].open(endpoint) as client:
        reader = client if bucket is None else BucketUploads(client, bucket)
        limited = Limited(reader, provider.submits_per_second)
        yield Retrying(Poller(limited, poll_seconds, lists=provider.list_reach is not None), tell)
