"""The ASGI application of the emulator, with injected faults (service.md 1, 5 and 7.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from html import escape
from pathlib import Path
from uuid import uuid4

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wanflow.emulator.api import bucket, replies, upload_form
from wanflow.emulator.api.endpoint import EmulatedEndpoint, call_of
from wanflow.emulator.api.fault_script import NO_FAULT, ScriptedFault
from wanflow.emulator.api.order import Rejected

BASE = "/api/v1"
"""Path of the API, as at the vendor's host."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""HTTP methods that the API handles, also for unknown paths."""

CHUNK_BYTES = 1 << 20
NO_HEADERS: Mapping[str, str] = {}
REQUEST_ID = "x-request-id"
CLOSE = {"connection": "close"}
"""Header of a reply to a request whose body was not read to its end."""
MOST_BYTES = 1 << 27
"""Maximum bytes of a request: more than five pictures of 20 MB as data URIs (service.md 3)."""
MEDIA_TYPES = {".mp4": "video/mp4", ".png": "image/png"}
TWO_SIGNATURES = "The header and the query of a request must not both have a signature."
"""Message to a download with the API key in its header; the storage calls this case 0002-00000039."""
MOST_UPLOAD_BYTES = bucket.MOST_BYTES + upload_form.MOST_FIELD_BYTES
"""Maximum bytes of an upload form, roughly."""


def build_app(endpoint: EmulatedEndpoint) -> Starlette:
    """The ASGI application of one emulated account."""
    routes = _Routes(endpoint)
    app = Starlette(
        routes=[
            Route(f"{BASE}/{{path:path}}", routes.call, methods=METHODS),
            Route("/uploads", routes.upload, methods=["POST"]),
            Route("/films/{name}", routes.film, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _no_route},
    )
    app.router.redirect_slashes = False  # the base address alone would get an empty reply
    return app


def _no_route(_: Request, fault: Exception) -> Response:
    """The reply to a path or a method without a route, such as a path with a line break."""
    status = fault.status_code if isinstance(fault, HTTPException) else 404
    return _refused(Rejected("NotFound", "Not found.", status=status))


def _refused(refusal: Rejected, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    return _answer(replies.error(refusal, str(uuid4())), refusal.status, headers)


def _answer(reply: replies.ReplyBody, status: int, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """A reply of the API, whose id is in a header too."""
    return JSONResponse(reply, status, {REQUEST_ID: str(reply["request_id"]), **headers})


class _Routes:
    """Turns HTTP requests into calls of the endpoint, and its replies into responses."""

    def __init__(self, endpoint: EmulatedEndpoint) -> None:
        self._endpoint = endpoint

    async def call(self, request: Request) -> Response:
        """Answer a call of the API."""
        path = request.scope["raw_path"].decode("latin-1").removeprefix(BASE)
        query = request.scope["query_string"].decode("latin-1")
        data = bytearray()
        kept = self._endpoint.has_key(request.headers)  # without the key a body is read and thrown away
        size = 0
        try:
            async with aclosing(request.stream()) as chunks:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > MOST_BYTES:
                        return _refused(Rejected("BadRequest.TooLarge", "Payload Too Large", status=413), CLOSE)
                    if kept:
                        data += chunk
        except ClientDisconnect:
            return Response(status_code=400)  # it reaches nobody
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = _json_object(bytes(data)) if kind == "application/json" else None
        model = (body or {}).get("model") or request.query_params.get("model")
        fault = self._endpoint.faults.next_fault(
            call_of(request.method, path) or "", model if isinstance(model, str) else None
        )
        if fault is not None and fault.status is not None:
            await anyio.sleep(fault.late)
            return _refused(Rejected(fault.code, fault.message, status=fault.status))
        if fault is not None and fault.drop:
            return await apply_fault(Response(), fault)
        target = f"{path}?{query}" if query else path
        status, reply = await self._endpoint.exchange(request.method, target, dict(request.headers), body, fault)
        return await apply_fault(_answer(reply, status), fault)

    async def upload(self, request: Request) -> Response:
        """Store the file of a form (service.md 5)."""
        fault = self._endpoint.faults.next_fault("upload")
        if fault is not None and (fault.status is not None or fault.drop):
            return await apply_fault(Response(), fault)
        try:
            if int(request.headers.get("content-length", 0)) > MOST_UPLOAD_BYTES:
                raise bucket.too_large()
            async with aclosing(request.stream()) as chunks:
                kind = request.headers.get("content-type", "")
                fields = await upload_form.read_upload(kind, chunks, self._endpoint.bucket.receiving)
        except Rejected as refusal:
            response = storage_error(refusal)
            response.headers.update(CLOSE)  # the rest of the body stays unread
            return response
        except ClientDisconnect:
            return Response(status_code=400)
        return await apply_fault(_stored(fields), fault)

    async def film(self, request: Request) -> Response:
        """Send a result, whole or a range; its address is signed, so it needs no key."""
        query = request.scope["query_string"].decode("latin-1")
        if "authorization" in request.headers:
            return storage_error(Rejected("InvalidArgument", TWO_SIGNATURES))
        try:
            path = self._endpoint.bucket.result(request.path_params["name"], query)
        except Rejected as refusal:
            return storage_error(refusal)
        fault = self._endpoint.faults.next_fault("download") or NO_FAULT
        if fault.expire:
            self._endpoint.bucket.expire(path)
            return storage_error(Rejected("AccessDenied", "Request has expired.", status=403))
        size = max(0, path.stat().st_size - fault.short)
        first, end, status = _range(request.headers.get("range", ""), size)
        if status == 416:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        headers = {"accept-ranges": "bytes", "content-length": str(end - first + fault.lie)}
        if status == 206:
            headers["content-range"] = f"bytes {first}-{end - 1}/{size}"
        if fault.lie or fault.cut is not None:
            with path.open("rb") as file:
                file.seek(first)
                sent = file.read(min(end - first, end if fault.cut is None else fault.cut))
            return BrokenResponse(status, headers, sent)
        return await apply_fault(_FileRange(path, first, end, status, headers), fault)


class _FileRange(Response):
    """A part of a file, read while it is sent.

    It uses no thread, so that time stays virtual in tests; a local disk is faster than handing over to a thread.
    """

    def __init__(self, path: Path, first: int, end: int, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, status, {**headers, "content-type": MEDIA_TYPES[path.suffix]})
        self._path, self._first, self._end = path, first, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it in chunks."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        first = self._first
        with self._path.open("rb") as file:
            file.seek(first)
            while first < self._end and (chunk := file.read(min(CHUNK_BYTES, self._end - first))):
                first += len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class BrokenResponse(Response):
    """A response that announces more bytes than it sends before the connection is closed."""

    def __init__(self, status: int, headers: Mapping[str, str], sent: bytes) -> None:
        super().__init__(status_code=status, headers=headers)
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the beginning and stop."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._sent, "more_body": True})


class StalledResponse(Response):
    """A response that never comes: the connection stays open until the client disconnects."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the client to disconnect."""
        del scope, send
        while (await receive())["type"] != "http.disconnect":
            continue


async def apply_fault(response: Response, fault: ScriptedFault | None) -> Response:
    """The response that a fault leaves: late, lost, an error, or not JSON."""
    if fault is None:
        return response
    await anyio.sleep(fault.late)
    if fault.lose or fault.drop:
        return BrokenResponse(200, {"content-length": "1000"}, b"")
    if fault.stall:
        return StalledResponse()
    if fault.status is not None:
        return storage_error(Rejected(fault.code, fault.message, status=fault.status))
    return HTMLResponse("<html><p>Please log in.</p></html>") if fault.garbage else response


def _stored(fields: Mapping[str, str]) -> Response:
    """The reply to a form by its field `success_action_status`: 200, 201 with XML, or else 204 (service.md 5)."""
    match fields.get("success_action_status"):
        case "200":
            return Response()
        case "201":
            text = f"<PostResponse><Key>{escape(fields.get('key', ''))}</Key></PostResponse>"
            return Response(text, 201, media_type="application/xml")
        case _:
            return Response(status_code=204)


def storage_error(refusal: Rejected) -> Response:
    """An error of the vendor's storage, which answers in XML; it repeats nothing of the request."""
    text = f"<Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error>"
    return Response(text, refusal.status, media_type="application/xml")


def _json_object(body: bytes) -> Mapping[str, object] | None:
    """The JSON object of a body; None for anything else, also for text with half a surrogate pair."""
    try:
        text = body.decode()  # not left to `json`, which reads surrogates and UTF-16 from bytes
        value = json.loads(text)
        if r"\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _range(header: str, size: int) -> tuple[int, int, int]:
    """First byte, end and status for a Range header; anything but one simple range is the whole file."""
    found = re.fullmatch(r"bytes=([0-9]{1,18})-([0-9]{0,18})", header)
    if found is None:
        return 0, size, 200
    first, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    return (first, min(end, size), 206) if first < min(end, size) else (0, 0, 416)
