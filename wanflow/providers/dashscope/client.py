"""DashScope's client over a transport, opened over the network or in process for the animatic."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import anyio
import httpx

import wanflow
from wanflow import decode
from wanflow.digest import Canonical
from wanflow.messages import tr
from wanflow.providers.asgi import Application, AsgiTransport
from wanflow.providers.dashscope import upload_host, verdicts, wire
from wanflow.providers.dashscope.http import (
    LIMITS,
    TIMEOUT,
    HttpTransport,
    Transport,
    Unreachable,
)
from wanflow.providers.dashscope.regions import endpoint_of
from wanflow.providers.faults import NotSent, Oversized, ServerFault, ServiceFault, Unauthorised, UnknownFate
from wanflow.providers.network import RoutedTransport, read_network
from wanflow.providers.poller import CompletionPoller
from wanflow.providers.protocol import (
    Accepted,
    DownloadedFile,
    Endpoint,
    ProviderClient,
    Request,
    TaskState,
    TaskSummary,
    WaitingClient,
)
from wanflow.store import atomic

PAGE_ROWS = 50
MOST_PAGES = 1000
"""Maximum pages of a list; one with more counts as endless."""
LIST_SECONDS = 600
"""Maximum seconds in which all pages of a list are read."""
CHUNK_BYTES = 1 << 20
UPLOAD_FIELDS = {
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}
"""Form fields of an upload, with their keys in the policy (service.md 5)."""

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


class DashScopeClient:
    """A `ProviderClient` in the vendor's protocol; its transport has the address and the key.

    `key_hint` is what to do where the service refuses the key; `upload_hosts` may get files beside the known ones.
    """

    def __init__(
        self, transport: Transport, *, key_hint: str | None = None, upload_hosts: Collection[str] = ()
    ) -> None:
        self._transport = transport
        self._key_hint = key_hint
        self._upload_hosts = upload_hosts

    async def submit(self, request: Request) -> Accepted:
        """Send a request once; a reply that names a task is that task, whatever else it says.

        Unless the service certainly refused it, the fate of any other is unknown (law 3). Cancelled on the way it ends
        with its reply, so that a stopped run knows what it bought.
        """
        with _named_faults(tr("the service"), lost=UnknownFate), anyio.CancelScope(shield=True):
            body = wire.request_json(request)
            headers = wire.submit_headers(body)
            answer = await self._transport.exchange("POST", wire.submit_path(request), headers, body)
        accepted = wire.read_accepted(answer.reply)
        if accepted is None:
            raise self._hinted(verdicts.submit_fault(answer))
        return accepted

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once (service.md 1.4)."""
        state = wire.read_state(task_id, await self._ask("GET", _task_path(task_id), wire.is_state))
        encrypted = state.url is not None and self._transport.base_url.startswith("https:")
        return replace(state, url=_encrypted(state.url or "")) if encrypted else state

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The pages of the list without a time window, which covers the last 24 h (service.md 4.5)."""
        rows: dict[str, TaskSummary] = {}
        try:
            with anyio.fail_after(LIST_SECONDS):
                async with aclosing(self._pages(model)) as pages:
                    async for page in pages:
                        rows |= {row.task_id: row for row in page}
                        if wanted and rows.keys() >= set(wanted):
                            break
        except TimeoutError as fault:
            raise ServerFault(
                tr("the service's task list does not end within {list_seconds} s", list_seconds=LIST_SECONDS)
            ) from fault
        ahead = self._transport.ahead
        dated = (replace(row, ahead=ahead) for row in rows.values())
        return sorted(dated, key=lambda row: row.created, reverse=True)

    async def _pages(self, model: str | None) -> AsyncGenerator[Sequence[TaskSummary], None]:
        """The rows of one page after the other."""
        for page in range(1, MOST_PAGES + 1):
            about = {} if model is None else {"model_name": model}
            query = urlencode({**about, "page_no": page, "page_size": PAGE_ROWS})
            summaries, pages = wire.read_page(model or "", await self._ask("GET", f"/tasks/?{query}", wire.is_page))
            yield summaries[:PAGE_ROWS]
            if not summaries or (len(summaries) < PAGE_ROWS if pages is None else page >= pages):
                return
        raise ServerFault(tr("the service's task list has more than {most_pages} pages", most_pages=MOST_PAGES))

    async def cancel(self, task_id: str) -> bool:
        """Cancel a PENDING task; for any other the service replies UnsupportedOperation (service.md 4.5)."""
        try:
            await self._ask("POST", f"{_task_path(task_id)}/cancel", wire.is_confirmation)
        except ServiceFault as fault:
            if fault.code == "UnsupportedOperation":
                return False
            raise
        return True

    async def quotas(self, models: Iterable[str]) -> Mapping[str, int]:
        """How many tasks of some models the account may have running at once, as far as the service says it.

        Its pages name two paths for the same question (service.md 4.4).
        """
        found: dict[str, int] = {}
        for model in models:
            query = urlencode({"model": model, "page_no": 1, "page_size": PAGE_ROWS})
            try:
                reply = await self._ask("GET", f"{QUOTAS_PATH}?{query}", wire.is_quotas)
            except ServiceFault:
                reply = await self._ask("GET", f"{OTHER_QUOTAS_PATH}?{query}", wire.is_quotas)
            found |= {name: running for name, running in wire.read_quotas(reply).items() if name == model}
        return found

    async def upload(self, path: Path, model: str) -> str:
        """Fetch a policy, post the file, and give its `oss://` address, valid 48 h for this model (service.md 5)."""
        query = urlencode({"action": "getPolicy", "model": model})
        policy = wire.read_policy(await self._ask("GET", f"/uploads?{query}", wire.is_policy))
        url = policy["upload_host"]
        upload_host.check(url, self._transport.base_url, self._upload_hosts)
        # a new name that needs no escaping: overwriting is forbidden
        suffix = path.suffix.lower() if _SUFFIX.fullmatch(path.suffix) else ""
        key = f"{policy['upload_dir']}/{uuid4().hex}{suffix}"
        fields = {field: policy.get(name, "") for field, name in UPLOAD_FIELDS.items()}
        with _named_faults(tr("the upload")):
            answer = await self._transport.send_file(url, {**fields, "key": key, "success_action_status": "200"}, path)
        fault = verdicts.upload_fault(answer, path.name)
        if fault is not None:
            raise fault
        return f"{wire.OSS}{key}"

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Stream into `target`, after the bytes of an earlier attempt, and check the length."""
        try:
            with _named_faults(tr("the download")):
                return await self._fetch(url, target, most_bytes)
        except Oversized as fault:
            raise _discarded(target, fault) from None

    async def _ask(self, method: str, path: str, is_result: Callable[[wire.Reply], bool]) -> wire.Reply:
        """The reply of the service that has what was asked for; a fault for any other reply."""
        with _named_faults(tr("the service")):
            answer = await self._transport.exchange(method, path, {}, {})
        if not verdicts.is_fine(answer.status) or not is_result(answer.reply):
            raise self._hinted(verdicts.fault_of(answer))
        return answer.reply

    def _hinted(self, fault: ServiceFault) -> ServiceFault:
        """A fault; for a refused key with this region's hint."""
        if isinstance(fault, Unauthorised):
            fault.hint = self._key_hint or fault.hint
        return fault

    async def _fetch(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        have = _size(target)
        async with self._transport.open(url, have) as (answer, headers, chunks):
            continues = headers.get("content-range", "").startswith(f"bytes {have}-")
            if answer.status == 416 or (answer.status == 206 and not continues):
                raise _discarded(
                    target,
                    ServerFault(
                        tr(
                            "the download cannot continue after {have} bytes (HTTP {status})",
                            have=have,
                            status=answer.status,
                        )
                    ),
                )
            start = have if answer.status == 206 else 0
            fault = None if start else verdicts.download_fault(answer)
            if fault is not None:
                raise fault
            promised = decode.count(headers.get("content-length"))
            if start + (promised or 0) > most_bytes:
                raise _oversized(most_bytes)
            async with aclosing(cast(AsyncGenerator[bytes, None], chunks)):
                fetched = await _save(chunks, target, start, most_bytes)
        whole = fetched.size_bytes if promised is None else start + promised
        if fetched.size_bytes > whole:  # its end cannot be continued
            raise _discarded(
                target,
                ServerFault(
                    tr(
                        "the download has {size_bytes} bytes instead of {whole}",
                        size_bytes=fetched.size_bytes,
                        whole=whole,
                    )
                ),
            )
        if fetched.size_bytes < whole:
            raise ServerFault(
                tr(
                    "the download was cut off after {size_bytes} of {whole} bytes",
                    size_bytes=fetched.size_bytes,
                    whole=whole,
                )
            )
        return fetched


def _size(target: Path) -> int:
    return target.stat().st_size if target.exists() else 0


def _discarded(target: Path, fault: ServiceFault) -> ServiceFault:
    """The fault of a download that cannot be continued; its file is removed."""
    target.unlink(missing_ok=True)
    return fault


def _oversized(most_bytes: int) -> Oversized:
    return Oversized(
        tr(
            "it has more than {most_bytes:.0f} MB, the most that a file of its kind can have",
            most_bytes=most_bytes / 1e6,
        )
    )


def _encrypted(url: str) -> str:
    """An address with `https` in place of `http`: what a service told in encrypted form is not fetched in the clear."""
    found = re.match(r"http://([^/?#]*)", url, re.IGNORECASE)
    return url if found is None else f"https://{found[1].removesuffix(':80')}{url[found.end() :]}"


async def _save(chunks: AsyncIterator[bytes], target: Path, start: int, most_bytes: int) -> DownloadedFile:
    """Write without a thread: a megabyte to a local disk takes less time than a thread, and tests keep virtual time."""
    sha = hashlib.sha256()
    with atomic.faults_of(target):
        file = target.open("r+b" if start else "wb")
    with file:
        while chunk := file.read(CHUNK_BYTES) if start else b"":
            sha.update(chunk)
        async for chunk in chunks:
            if file.tell() + len(chunk) > most_bytes:
                raise _oversized(most_bytes)
            with atomic.faults_of(target):
                file.write(chunk)
            sha.update(chunk)
        with atomic.faults_of(target):
            file.flush()
            os.fsync(file.fileno())
        size = file.tell()
    return DownloadedFile(sha.hexdigest(), size)


@contextmanager
def _named_faults(what: str, lost: type[ServiceFault] = ServerFault) -> Iterator[None]:
    try:
        yield
    except ConnectionRefusedError as fault:
        why = tr(" ({fault})", fault=fault) if str(fault) else ""
        hint = fault.hint if isinstance(fault, Unreachable) else None
        raise NotSent(
            tr("{what} could not be reached{why}", what=what, why=why),
            hint=hint or tr("check the network and the address"),
        ) from fault
    except ConnectionError as fault:
        raise lost(tr("{what} broke off without a reply ({fault})", what=what, fault=fault)) from fault


def _task_path(task_id: str) -> str:
    return f"/tasks/{quote(task_id, safe='')}"


QUOTAS_PATH, OTHER_QUOTAS_PATH = "/models/limits", "/quotas"
"""Where the service tells the limits of an account, by two versions of its page."""

UNKNOWN_TASK = "00000000-0000-0000-0000-000000000000"
"""The id of no task: the service reports it as UNKNOWN to anybody with a key (service.md 1.4)."""


class DashScope:
    """The `Connector` of the paid service."""

    def request_json(self, request: Request) -> Mapping[str, Canonical]:
        """The body of a submission."""
        return wire.request_json(request)

    def endpoint(self, region: str, environ: Mapping[str, str], *, key_needed: bool = True) -> Endpoint:
        """The endpoint of a region by the environment; raises Unauthorised, WrongAddress."""
        return endpoint_of(region, environ, key_needed=key_needed)

    def open(self, endpoint: Endpoint) -> AbstractAsyncContextManager[ProviderClient]:
        """A client of a region's service."""
        return _open(endpoint)

    async def reach(self, endpoint: Endpoint) -> None:
        """Ask for a task that does not exist."""
        async with _open(endpoint) as client:
            await client.poll(UNKNOWN_TASK)

    async def quotas(self, endpoint: Endpoint, models: Iterable[str]) -> Mapping[str, int]:
        """The account's limits of tasks that run at once."""
        async with connect(endpoint) as transport:
            return await DashScopeClient(transport, key_hint=endpoint.key_hint).quotas(models)


@asynccontextmanager
async def connect(endpoint: Endpoint) -> AsyncIterator[HttpTransport]:
    """The way to a region's service; its connections are shared and closed at the end. Raises UnusableVariable."""
    agent = {"User-Agent": f"wanflow/{wanflow.__version__}"}
    trusted = (urlsplit(f"//{host}").hostname or "" for host in endpoint.upload_hosts)
    home = urlsplit(endpoint.base_url).hostname or ""
    way = RoutedTransport(read_network(os.environ), LIMITS, home, frozenset(trusted))
    # no cookie of a reply is kept or sent back
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(timeout=TIMEOUT, headers=agent, transport=way, cookies=cookies) as client:
        yield HttpTransport(client, endpoint.base_url, endpoint.key)


@asynccontextmanager
async def _open(endpoint: Endpoint) -> AsyncIterator[ProviderClient]:
    async with connect(endpoint) as transport:
        yield DashScopeClient(transport, key_hint=endpoint.key_hint, upload_hosts=endpoint.upload_hosts)


@asynccontextmanager
async def open_in_process(
    app: Application, base_url: str, key: str, changed: Callable[[str], Awaitable[None]]
) -> AsyncIterator[WaitingClient]:
    """The same client bound to an application in this process; `changed` waits for a task's next change."""
    async with httpx.AsyncClient(transport=AsgiTransport(app), timeout=None) as client:  # noqa: S113 - no network
        yield CompletionPoller(DashScopeClient(HttpTransport(client, base_url, key, patience=None)), changed)
