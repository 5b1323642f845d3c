"""An emulated service whose films are made beforehand, for tests in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

import anyio
import httpx
import pytest
from PIL import Image

from kit.clock import wall_clock
from wanflow import wiring
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import IN_PROCESS, KEY, NO_LOG, AccountTerms, EmulatedEndpoint, Filming
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.order import FilmFault, Order, Rejected, Rendered, RenderedFilm, RenderedPicture
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.api.tasks import TaskLog
from wanflow.providers.asgi import AsgiTransport
from wanflow.providers.dashscope.http import HttpTransport

HOST = "http://emulator.invalid"

FILM_SECONDS = 60
"""How long a film takes to make here."""

FORBIDDEN = "forbidden"
"""A prompt with this word is refused after half the time."""


def film_bytes(order: Order) -> bytes:
    """The film that an order gets: its seed and its prompt."""
    return f"{order.model} {order.seed} {order.prompt}".encode()


def plain_picture(order: Order, target: Path, mark: str = "") -> RenderedPicture:
    """A PNG of one colour, by prompt and seed, in the size that was asked for; a word for it is 1024 pixels square."""
    width, star, height = str(order.settings["size"]).partition("*")
    size = (int(width), int(height)) if star else (1024, 1024)
    color = sha256(f"{order.model} {order.seed} {order.prompt} {mark}".encode()).digest()
    Image.new("RGB", size, (color[0], color[1], color[2])).save(target, "PNG")
    return RenderedPicture(size)


def write_result(order: Order, target: Path, mark: str = "") -> Rendered:
    """The result of an order, with a mark in its bytes."""
    if order.makes_pictures:
        return plain_picture(order, target, mark)
    target.write_bytes(film_bytes(order) + mark.encode())
    return RenderedFilm(order.seconds * 30)


@asynccontextmanager
async def premade(
    folder: Path,
    jobs: int = 100,
    *,
    terms: AccountTerms = IN_PROCESS,
    ledger: TaskLog = NO_LOG,
    unlike: bool = False,
    filming: Filming | None = None,
) -> AsyncIterator[EmulatedEndpoint]:
    """An endpoint whose films take a minute of virtual time each and are a few bytes; `unlike`: no two are the same.

    At most `jobs` are made at once; `filming` makes them instead.
    """
    limiter = anyio.CapacityLimiter(jobs)

    async def filmed(order: Order, target: Path) -> Rendered:
        async with limiter:
            return await make(order, target)

    async def make(order: Order, target: Path) -> Rendered:
        await anyio.sleep(FILM_SECONDS / 2)
        if FORBIDDEN in order.prompt:
            raise Rejected("DataInspectionFailed", "Output data may contain inappropriate content.")
        await anyio.sleep(FILM_SECONDS / 2)
        return write_result(order, target, target.stem if unlike else "")

    async with anyio.create_task_group() as group:
        bucket = Bucket(folder, HOST, wall_clock)
        yield EmulatedEndpoint(
            bucket, read_catalog(), filming or filmed, group=group, clock=wall_clock, terms=terms, ledger=ledger
        )
        group.cancel_scope.cancel()


@asynccontextmanager
async def in_process(
    endpoint: EmulatedEndpoint, shown: Callable[[], datetime] | None = None
) -> AsyncIterator[HttpTransport]:
    """The way to an endpoint through its front door, without a network.

    `shown` is what the service's clock shows in each answer, in whole seconds; None where answers have no date.
    """

    async def date(response: httpx.Response) -> None:
        if shown is not None:
            response.headers["date"] = format_datetime(shown())

    async with httpx.AsyncClient(
        transport=AsgiTransport(build_app(endpoint)), event_hooks={"response": [date]}
    ) as client:
        yield HttpTransport(client, f"{HOST}{BASE}", KEY, wall_clock, patience=None)


def deliver_faults(monkeypatch: pytest.MonkeyPatch, *faults: FilmFault) -> None:
    """Let the animatic of this process deliver faults: the first task whose film can have a fault gets it.

    Of several that this task can have it gets the first, and the others are over: write `ScriptedFault`s with `skip`.
    """
    script = tuple(ScriptedFault("task", film=fault) for fault in faults)
    monkeypatch.setattr(wiring, "IN_PROCESS", replace(IN_PROCESS, faults=script))
