"""The schemas of the wire, and a transport that answers from a list, for tests of the client."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from jsonschema import Draft202012Validator

from kit.served import Exchange
from wanflow.emulator.api.app import BASE
from wanflow.providers.dashscope.http import Answer, Download, Transport

SCHEMAS = Path(__file__).parents[2] / "schemas" / "wire"

SNAPSHOT = r"-[0-9]{4}-[0-9]{2}-[0-9]{2}$"
"""How the name of a dated model ends; its requests are those of its model."""

Reply = tuple[int, Mapping[str, object]] | Answer


def complaints(schema: str, value: object) -> list[str]:
    """What a wire schema has against a value; empty where it is valid."""
    checker = Draft202012Validator(json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8")))
    return [error.message for error in checker.iter_errors(value)]


def problems(exchange: Exchange) -> list[str]:
    """What the wire schemas have against a request and its reply, as they were recorded.

    A request that was refused or that failed may be anything; uploads and films are no JSON.
    """
    method, path = exchange.method, exchange.path.removeprefix(BASE)
    if path == exchange.path:
        return []
    found = complaints(_schema_of(method, path) if exchange.status == 200 else "error", exchange.answer)
    model = exchange.json.get("model") if exchange.status == 200 and path.endswith("video-synthesis") else None
    if model is not None and "nonsense" not in (exchange.json["input"].get("prompt") or ""):
        found += complaints(f"request-{re.sub(SNAPSHOT, '', model)}", exchange.json)
    return [f"{method} {path}: {words}" for words in found]


@dataclass
class Scripted:
    """A transport that answers with what it was given, in order, and remembers what it was asked.

    An answer that is an exception is raised; `chunks` is the body of every download, an exception in it breaks off.
    """

    answers: Sequence[Reply | Exception] = ()
    chunks: Sequence[bytes | Exception] = ()
    download_status: int = 200
    length: int | None = None
    ahead: timedelta = timedelta()
    base_url: str = "https://h/api/v1"
    asked: list[tuple[str, str, Mapping[str, str], Mapping[str, object]]] = field(default_factory=list)
    sent: list[tuple[str, Mapping[str, str], Path]] = field(default_factory=list)

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Answer with the next of `answers`."""
        self.asked.append((method, path, headers, body))
        answer = self.answers[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(*answer)

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> Answer:
        """Take any file."""
        self.sent.append((url, fields, path))
        return Answer(200)

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Give `chunks` under the scripted status and length."""
        headers = {} if self.length is None else {"content-length": str(self.length)}
        yield Answer(self.download_status), headers, self._body()

    async def _body(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


@dataclass
class BrokenDownload(Scripted):
    """A transport with one film, which breaks off at each of `cuts` in turn; `starts` are the bytes that it began at.

    Asked to go on it does so, or by its `manner` sends it `whole`, a part from `elsewhere`, or is `unwilling`.
    """

    film: bytes = b""
    cuts: Sequence[int] = ()
    manner: str = "on"
    starts: list[int] = field(default_factory=list)

    def __init__(self, film: bytes, cuts: Sequence[int] = (), manner: str = "on") -> None:
        super().__init__()
        self.film, self.cuts, self.manner, self.starts = film, cuts, manner, []

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Give the film from a byte on."""
        self.starts.append(start)
        first = {"on": start, "whole": 0}.get(self.manner, start - 1 if start else 0)
        body = self.film[first:]
        headers = {"content-length": str(len(body)), "content-range": f"bytes {first}-{len(self.film) - 1}/99"}
        status = 416 if start and self.manner == "unwilling" else 206 if first else 200
        yield Answer(status), headers, self._until(first, self.cuts[len(self.starts) - 1 :])

    async def _until(self, first: int, cuts: Sequence[int]) -> AsyncIterator[bytes]:
        yield self.film[first : cuts[0] if cuts else None]
        if cuts:
            raise ConnectionResetError("cut")


class Checked:
    """A transport whose every request and reply must be what `schemas/wire` says; passes all through."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.ahead = inner.ahead
        self.base_url = inner.base_url
        self.send_file = inner.send_file
        self.open = inner.open

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Check the request, ask, check the reply."""
        model = body.get("model")
        if (SCHEMAS / f"request-{model}.json").exists():
            assert complaints(f"request-{model}", body) == []
        answer = await self._inner.exchange(method, path, headers, body)
        assert complaints(_schema_of(method, path) if answer.status == 200 else "error", answer.reply) == []
        return answer


def _schema_of(method: str, path: str) -> str:
    if method == "POST":
        return "cancel-reply" if path.endswith("/cancel") else "submit-reply"
    if path.startswith("/uploads"):
        return "policy-reply"
    if path.startswith(("/models/limits", "/quotas")):
        return "quotas-reply"
    return "list-reply" if path.startswith(("/tasks/?", "/tasks?")) or path in {"/tasks", "/tasks/"} else "task-reply"
