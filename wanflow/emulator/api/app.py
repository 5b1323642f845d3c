"""The emulator's front door: HTTP in, HTTP out, whatever serves it (service.md 1, 5 and 7.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import IO
from uuid import uuid4

import anyio
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wanflow.emulator.api import replies
from wanflow.emulator.api.endpoint import EmulatedEndpoint, call_of
from wanflow.emulator.api.fault_responses import BrokenResponse, beginning, spoilt, storage_error
from wanflow.emulator.api.fault_script import WELL
from wanflow.emulator.api.order import Rejected

BASE = "/api/v1"
"""Where the API begins below the host, as at the vendor's."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What is not there is said by the API itself, in its own envelope."""

CHUNK_BYTES = 1 << 20
MOST_BYTES = 1 << 27
"""More than five pictures of 20 MB as data URIs (service.md 3)."""


def build_app(endpoint: EmulatedEndpoint) -> Starlette:
    """The ASGI application of one emulated account."""
    door = _HttpApp(endpoint)
    return Starlette(
        routes=[
            Route(f"{BASE}/{{path:path}}", door.exchange, methods=METHODS),
            Route("/uploads", door.receive, methods=["POST"]),
            Route("/films/{name}", door.film, methods=["GET"]),
        ]
    )


class _HttpApp:
    """Turns requests into calls of the endpoint, and what it says into responses."""

    def __init__(self, endpoint: EmulatedEndpoint) -> None:
        self._endpoint = endpoint

    async def exchange(self, request: Request) -> Response:
        """A call of the API."""
        path = request.scope["raw_path"].decode("latin-1").removeprefix(BASE)
        query = request.scope["query_string"].decode("latin-1")
        where = f"{path}?{query}" if query else path
        body = await _body(request)
        if body is None:
            large = Rejected("BadRequest.TooLarge", "Payload Too Large", status=413)
            return JSONResponse(replies.error(large, str(uuid4())), large.status, {"connection": "close"})
        asked = _object(body)
        fault = self._endpoint.faults.meet(call_of(request.method, path) or "", _model(asked or {}, request))
        if fault is not None and fault.status is not None:
            await anyio.sleep(fault.late)
            refusal = Rejected(fault.code, fault.message, status=fault.status)
            return JSONResponse(replies.error(refusal, str(uuid4())), fault.status)
        if fault is not None and fault.drop:
            return await spoilt(Response(), fault)
        status, reply = await self._endpoint.exchange(request.method, where, dict(request.headers), asked, fault)
        return await spoilt(JSONResponse(dict(reply), status), fault)

    async def receive(self, request: Request) -> Response:
        """A form with a file as its last part; the answer has no body (service.md 5)."""
        spoiler = self._endpoint.faults.meet("upload")
        if spoiler is not None and (spoiler.status is not None or spoiler.drop):
            return await spoilt(Response(), spoiler)
        try:
            async with request.form(max_files=1, max_fields=20) as form:
                fields = {name: value for name, value in form.items() if isinstance(value, str)}
                self._endpoint.bucket.receive(fields, _file(form))
        except Rejected as fault:
            return storage_error(fault)
        return await spoilt(Response(), spoiler)

    async def film(self, request: Request) -> Response:
        """A result, whole or a range of it; without a key, as its address is signed."""
        query = request.scope["query_string"].decode("latin-1")
        try:
            path = self._endpoint.bucket.film(request.path_params["name"], query)
        except Rejected as fault:
            return storage_error(fault)
        return await self._film(path, request.headers.get("range", ""))

    async def _film(self, path: Path, asked: str) -> Response:
        spoiler = self._endpoint.faults.meet("download") or WELL
        if spoiler.expire:
            self._endpoint.bucket.expire(path)
            return storage_error(Rejected("AccessDenied", "Request has expired.", status=403))
        size = _size(path, spoiler.short)
        first, last, status = _range(asked, size)
        headers = {"accept-ranges": "bytes", "content-length": str(last - first + spoiler.lie)}
        if status == 416:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        if status == 206:
            headers["content-range"] = f"bytes {first}-{last - 1}/{size}"
        if spoiler.lie or spoiler.cut is not None:
            said = beginning(path, first, min(last - first, last if spoiler.cut is None else spoiler.cut))
            return BrokenResponse(status, headers, said)
        return await spoilt(_FileRange(path, first, last, status, headers), spoiler)


class _FileRange(Response):
    """A part of a file, read as it is sent.

    Without a thread, so that time stays virtual in tests; a local disk is quicker than the hand-over.
    """

    def __init__(self, path: Path, first: int, last: int, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, status, {**headers, "content-type": "video/mp4"})
        self._path, self._first, self._last = path, first, last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it in pieces of a megabyte at most."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        first = self._first
        with self._path.open("rb") as file:
            file.seek(first)
            while first < self._last and (chunk := file.read(min(CHUNK_BYTES, self._last - first))):
                first += len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _model(asked: Mapping[str, object], request: Request) -> str | None:
    """The model that a call is about, by its body or its query."""
    named = asked.get("model") or request.query_params.get("model")
    return named if isinstance(named, str) else None


def _file(form: FormData) -> IO[bytes]:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Rejected("InvalidArgument", "POST requires exactly one file upload per request.")
    return file.file


async def _body(request: Request) -> bytes | None:
    """The body of a call; None for one that is larger than any request is."""
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > MOST_BYTES:
                return None
    return bytes(body)


def _object(text: bytes) -> Mapping[str, object] | None:
    """The object of a body; None for what is none."""
    try:
        value = json.loads(text)
        if rb"\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half a sign can be written in JSON, and be no text
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _size(path: Path, short: int) -> int:
    return max(0, path.stat().st_size - short)


def _range(asked: str, size: int) -> tuple[int, int, int]:
    """Where to begin, where to end, and the status that says so; anything but one simple range is the whole."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
    if found is None:
        return 0, size, 200
    first, last = int(found[1]), int(found[2]) + 1 if found[2] else size
    return (first, min(last, size), 206) if first < min(last, size) else (0, 0, 416)
