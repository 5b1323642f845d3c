"""Kino over HTTP: other paths, another header for the key, uploads as raw bodies, and no list of jobs."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

from wanflow.digest import Canonical
from wanflow.providers.faults import NotSent, ResultExpired, ServerFault, Unauthorised, UnknownFate
from wanflow.providers.kino import messages
from wanflow.providers.protocol import (
    Accepted,
    DownloadedFile,
    Endpoint,
    ProviderClient,
    Request,
    TaskState,
    TaskStatus,
    TaskSummary,
)


class Kino:
    """The connector."""

    def request_json(self, request: Request) -> Mapping[str, Canonical]:
        """The body of a submission."""
        return messages.request_json(request)

    def endpoint(self, region: str, environ: Mapping[str, str], *, key_needed: bool = True) -> Endpoint:
        """The address and the key by the environment."""
        key = environ.get("KINO_KEY", "")
        if key_needed and not key:
            raise Unauthorised("KINO_KEY is not set", hint="export KINO_KEY")
        return Endpoint(region, environ.get("KINO_URL", f"https://{region}.kino.example"), key)

    def open(self, endpoint: Endpoint) -> AbstractAsyncContextManager[ProviderClient]:
        """A client."""
        return _open(endpoint)

    async def reach(self, endpoint: Endpoint) -> None:
        """Ask for no job."""
        async with _open(endpoint) as client:
            await client.poll("none")

    async def quotas(self, endpoint: Endpoint, models: Iterable[str]) -> Mapping[str, int]:
        """Kino tells no limits."""
        return {}


@asynccontextmanager
async def _open(endpoint: Endpoint) -> AsyncIterator[ProviderClient]:
    trust = httpx.create_ssl_context()
    async with (
        httpx.AsyncClient(headers={"X-Kino-Key": endpoint.key}, verify=trust) as http,
        httpx.AsyncClient(verify=trust) as files,
    ):
        yield KinoClient(endpoint.base_url, http, files)


class KinoClient:
    """The client; `files` has no key."""

    def __init__(self, base_url: str, http: httpx.AsyncClient, files: httpx.AsyncClient) -> None:
        self._base_url, self._http, self._files = base_url, http, files

    async def submit(self, request: Request) -> Accepted:
        """Send a request once."""
        try:
            reply = await self._http.put(f"{self._base_url}/v2/films", json=messages.request_json(request))
        except httpx.ConnectError as fault:
            raise NotSent("Kino cannot be reached") from fault
        except httpx.HTTPError as fault:
            raise UnknownFate(f"the fate of a request is unknown: {fault}") from fault
        return Accepted(self._checked(reply)["job"], "")

    async def poll(self, task_id: str) -> TaskState:
        """Look at a job."""
        reply = await self._ask("GET", f"/v2/films/{task_id}")
        if reply.status_code == 404:
            return TaskState(task_id, TaskStatus.UNKNOWN, "")
        return messages.read_state(task_id, self._checked(reply))

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """Kino has no list, and its catalog entry says so."""
        raise AssertionError("nobody asks for a list that does not exist")

    async def cancel(self, task_id: str) -> bool:
        """Cancel a job that is queued."""
        return (await self._ask("DELETE", f"/v2/films/{task_id}")).status_code == 204

    async def upload(self, path: Path, model: str) -> str:
        """Send a file as it is."""
        reply = await self._ask("POST", "/v2/files", await anyio.Path(path).read_bytes())
        return str(self._checked(reply)["place"])

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Fetch a film whole."""
        reply = await self._files.get(url)
        if reply.status_code != 200:
            raise ResultExpired(f"the film is gone ({reply.status_code})")
        await anyio.Path(target).write_bytes(reply.content)
        return DownloadedFile(hashlib.sha256(reply.content).hexdigest(), len(reply.content))

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        try:
            return await self._http.request(method, f"{self._base_url}{path}", content=content)
        except httpx.HTTPError as fault:
            raise ServerFault(f"Kino did not reply: {fault}") from fault

    def _checked(self, reply: httpx.Response) -> Any:
        if not reply.is_success:
            raise messages.fault_of(reply.status_code, reply.text)
        return reply.json()
