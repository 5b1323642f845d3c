"""The emulator on a socket of this machine, in a thread of its own, for clients that know only HTTP."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any
from uuid import uuid4

import anyio
from anyio.from_thread import BlockingPortal

from kit.emulated import plain_picture
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import AccountTerms, EmulatedEndpoint, Filming
from wanflow.emulator.api.order import Order, Rejected, Rendered, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.api.server import Serving, listening
from wanflow.emulator.api.tasks import Task
from wanflow.web.server import Server

PATIENCE_SECONDS = 120
"""Seconds after which the service, or a call that has to reach it, counts as hung."""
OPEN_TERMS = AccountTerms()
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trust of clients that speak plain HTTP: httpx parses a hundred certificates for each client, which takes 20 ms."""

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


@dataclass
class Exchange:
    """One request and its reply, as they went over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0
    reply: bytes = b""
    over: bool = False

    @property
    def json(self) -> Any:
        """The request's body."""
        return json.loads(self.body)

    @property
    def answer(self) -> Any:
        """The reply's body."""
        return json.loads(self.reply)


@dataclass
class Served:
    """A running emulator: its base URL ends in `/api/v1`; `seen` is all that passed.

    Where films are `held`, tasks run until `release`, which ends these and all later ones.
    """

    base_url: str
    seen: list[Exchange] = field(default_factory=list)
    charged: Callable[[], tuple[Task, ...]] = tuple
    release: Callable[[], object] = tuple
    arrival: Condition = field(default_factory=Condition)

    def calls(self, method: str, part: str) -> list[Exchange]:
        """What was asked with a method, under paths that have a part."""
        return [exchange for exchange in self.seen if exchange.method == method and part in exchange.path]

    def await_call(self, method: str, part: str) -> None:
        """Wait until something was asked with a method, under a path that has a part."""
        with self.arrival:
            assert self.arrival.wait_for(lambda: self.calls(method, part), PATIENCE_SECONDS), f"no {method} {part}"

    def await_answers(self, method: str, part: str, count: int) -> None:
        """Wait until this many calls with a method, under a path that has a part, were answered."""

        def answered() -> bool:
            return sum(exchange.status > 0 for exchange in self.calls(method, part)) >= count

        with self.arrival:
            assert self.arrival.wait_for(answered, PATIENCE_SECONDS), f"no {count} answers to {method} {part}"

    def await_end(self, method: str, part: str) -> None:
        """Wait until nothing more is done for a call with a method, under a path that has a part."""

        def over() -> bool:
            return any(exchange.over for exchange in self.calls(method, part))

        with self.arrival:
            assert self.arrival.wait_for(over, PATIENCE_SECONDS), f"{method} {part} does not end"


@contextmanager
def served(serving: Serving, key: str = "sk-animatic", *, jobs: int = 2) -> Iterator[Served]:
    """The emulator as `wanflow emulator` serves it; films are made by ffmpeg, `jobs` at once."""
    with _thread(partial(_serve, serving, key, jobs)) as service:
        yield service


@contextmanager
def recorded(terms: AccountTerms = OPEN_TERMS, *, held: bool = False) -> Iterator[Served]:
    """An emulator whose films are a few bytes, made at once or `held` until `release`; it remembers what passed.

    A prompt with the word `forbidden` is refused, one with `slow` runs until the end.
    """
    with _thread(partial(_record, terms, in_name_only, held)) as service:
        yield service


@contextmanager
def playing(
    clip: Path, terms: AccountTerms = OPEN_TERMS, *, film_seconds: float = 0, held: bool = False
) -> Iterator[Served]:
    """An emulator whose films are all this clip, which can be played, and no two of them the same bytes.

    Each takes this many seconds, and is `held` until `release` where asked. A prompt with the word `forbidden` is refused.
    """
    with _thread(partial(_record, terms, partial(_copied, clip, film_seconds), held)) as service:
        yield service


async def _copied(clip: Path, film_seconds: float, order: Order, target: Path) -> Rendered:
    await anyio.sleep(film_seconds)
    _refuse_forbidden(order)
    return _marked(clip, order, target)


def _marked(clip: Path, order: Order, target: Path) -> Rendered:
    if order.makes_pictures:
        return plain_picture(order, target, uuid4().hex)
    mark = uuid4().bytes
    target.write_bytes(clip.read_bytes() + (8 + len(mark)).to_bytes(4, "big") + b"free" + mark)
    return RenderedFilm((order.seconds or 5) * 30)


async def in_name_only(order: Order, target: Path) -> Rendered:
    """A film of the right length in name only."""
    _refuse_forbidden(order)
    if "slow" in order.prompt:
        await anyio.sleep_forever()
    return _written(order, target)


def _refuse_forbidden(order: Order) -> None:
    if "forbidden" in order.prompt:
        raise Rejected("DataInspectionFailed", "Output data may contain inappropriate content.")


def _written(order: Order, target: Path) -> Rendered:
    if order.makes_pictures:
        return plain_picture(order, target)
    target.write_bytes(f"{order.model} {order.seed} {order.prompt}".encode())
    return RenderedFilm((order.seconds or 5) * 30)


Begun = SimpleQueue[tuple[Server, Served]]


@contextmanager
def _thread(serve: Callable[[Begun], Awaitable[None]]) -> Iterator[Served]:
    begun: Begun = SimpleQueue()
    thread = Thread(target=partial(anyio.run, serve, begun))
    thread.start()
    server, service = begun.get(timeout=PATIENCE_SECONDS)
    try:
        yield service
    finally:
        server.stop()
        thread.join(PATIENCE_SECONDS)


async def _serve(serving: Serving, key: str, jobs: int, begun: Begun) -> None:
    environ = {**os.environ, "DASHSCOPE_API_KEY": key}
    async with listening(serving, environ, jobs) as (server, base_url):
        begun.put((server, Served(base_url)))
        await server.run()


async def _record(terms: AccountTerms, filming: Filming, held: bool, begun: Begun) -> None:
    with TemporaryDirectory() as folder, socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        origin = f"http://127.0.0.1:{sock.getsockname()[1]}"
        service = Served(f"{origin}{BASE}")
        gate = anyio.Event()
        if not held:
            gate.set()

        async def filmed(order: Order, target: Path) -> Rendered:
            await gate.wait()
            return await filming(order, target)

        async with BlockingPortal() as portal, anyio.create_task_group() as group:
            bucket = Bucket(Path(folder), origin, _now)
            account = EmulatedEndpoint(bucket, read_catalog(), filmed, group=group, clock=_now, terms=terms)
            service.charged = account.charged
            service.release = partial(portal.call, gate.set)
            server = Server(_Recorder(build_app(account), service), sock)
            begun.put((server, service))
            await server.run()
            group.cancel_scope.cancel()


class _Recorder:
    """Passes everything through and remembers it."""

    def __init__(self, app: Application, service: Served) -> None:
        self._app, self._service = app, service

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode() + (f"?{query}" if query else "")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        exchange = Exchange(scope["method"], path, headers)
        with self._service.arrival:
            self._service.seen.append(exchange)
            self._service.arrival.notify_all()

        async def hear() -> Message:
            message = await receive()
            exchange.body += message.get("body", b"")
            return message

        async def say(message: Message) -> None:
            exchange.status = message.get("status", exchange.status)
            exchange.reply += message.get("body", b"")
            await send(message)

        await self._app(scope, hear, say)
        with self._service.arrival:
            exchange.over = True
            self._service.arrival.notify_all()


def _now() -> datetime:
    return datetime.now(UTC)
