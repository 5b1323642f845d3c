"""The emulated API: what arrives is answered, what was accepted is filmed (service.md 1, 4 and 5)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from wanflow.emulator.api import replies, tasks, validate
from wanflow.emulator.api.account import AccountTerms, CallRates
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.fault_script import WELL, FaultScript, ScriptedFault
from wanflow.emulator.api.order import Order, Rejected, RenderedFilm, usage
from wanflow.emulator.api.replies import BEIJING, Json
from wanflow.emulator.api.rules import Catalog, in_region
from wanflow.emulator.api.task_log import TaskLog
from wanflow.emulator.api.tasks import Task

Filming = Callable[[Order, Path], Awaitable[RenderedFilm]]
"""Films an order into a file; raises Rejected or WanflowError."""

Clock = Callable[[], datetime]

IN_PROCESS = AccountTerms()
"""Without limits and without any time but that of filming."""
FORGETFUL = TaskLog(None)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request that was let in: headers by lower-case name, the query, the body, the task id of its path.

    `fault` is what goes wrong with it on purpose.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object] | None
    task_id: str
    fault: ScriptedFault = WELL


class EmulatedEndpoint:
    """One emulated account in one region.

    `group` is where tasks wait for their films; a task is RUNNING until its film exists and its time is over. What
    `ledger` has of earlier tasks goes on.
    """

    def __init__(
        self,
        bucket: Bucket,
        catalog: Catalog,
        filming: Filming,
        *,
        group: TaskGroup,
        clock: Clock,
        terms: AccountTerms = IN_PROCESS,
        ledger: TaskLog = FORGETFUL,
    ) -> None:
        self.bucket = bucket
        self.faults = FaultScript(terms.faults)
        self._catalog = in_region(catalog, terms.region)
        self._terms = terms
        self._ledger = ledger
        self._rates = CallRates()
        self._slots = {name: rules.running for name, rules in catalog.items()}
        self._filming = filming
        self._group = group
        self._clock = clock
        self._tasks = ledger.read()
        self._over: list[Task] = []
        self._changes: dict[str, anyio.Event] = {}
        self._start()

    async def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None,
        fault: ScriptedFault | None = None,
    ) -> tuple[int, Json]:
        """Answer one request: the HTTP status and the JSON that goes with it; `path` is below the base address."""
        await checkpoint()
        self._forget()
        where, _, query = path.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            _check_key(lowered, self._terms.key)
            answer, task_id = _route(method, where)
            return 200, answer(self, ApiCall(lowered, dict(parse_qsl(query)), body, task_id, fault or WELL))
        except Rejected as no:
            return no.status, replies.error(no, _new_id())

    async def changed(self, task_id: str) -> None:
        """Wait for the next change of a task; return at once where it is final or unknown."""
        task = tasks.look(self._tasks, task_id, self._clock())
        if task is None or task.status in tasks.FINAL:
            await checkpoint()
        else:
            await self._changes.setdefault(task_id, anyio.Event()).wait()

    def charged(self) -> tuple[Task, ...]:
        """The tasks that the account was charged for, forgotten ones included, oldest first (service.md 6.1)."""
        return (*self._over, *tasks.charged(self._tasks))

    def submit(self, call: ApiCall) -> Json:
        """Take a request in; what is judged at once is only what service.md 4.2 names."""
        if call.body is None:
            raise Rejected("BadRequest.IllegalInput", "The input parameter requires json format.")
        model = validate.check_envelope(call.headers, call.body, self._catalog)
        self._rates.count(f"submit {model}", self._terms.limits.submits, self._clock())
        self._check_queue(model)
        if self._terms.strict:
            validate.judge(call.body, self._catalog, self._terms.region)
        task = Task(_new_id(), _new_id(), model, call.body, self._clock())
        self._tasks = tasks.submit(self._tasks, task)
        self._ledger.write(task)
        self._start()
        return replies.submitted(task)

    def query(self, call: ApiCall) -> Json:
        """Say what is known of a task."""
        self._rates.count("query", self._terms.limits.queries, self._clock())
        task = tasks.look(self._tasks, call.task_id, self._clock())
        if task is None or call.fault.forget:
            return replies.unknown(call.task_id, _new_id())
        if task.url is not None and not self.bucket.is_fresh(task.id):
            task = replace(task, url=self.bucket.film_url(task.id))
        return replies.state(task, _new_id())

    def list(self, call: ApiCall) -> Json:
        """List tasks of a window of at most a day, the last one if none is named (service.md 4.5)."""
        self._rates.count("list", self._terms.limits.lists, self._clock())
        since, until = _shown(_window(call.query, self._clock()), call.fault, self._clock())
        found = tasks.listed(
            self._tasks, since=since, until=until, model=call.query.get("model_name"), status=call.query.get("status")
        )
        if wanted := call.query.get("task_id"):
            found = tuple(task for task in found if task.id == wanted)
        return replies.page(found, _count(call.query, "page_no", 1), _count(call.query, "page_size", 10), _new_id())

    def cancel(self, call: ApiCall) -> Json:
        """Cancel a PENDING task, refuse any other (service.md 4.5)."""
        self._rates.count("cancel", self._terms.limits.cancels, self._clock())
        self._tasks, done = tasks.cancel(self._tasks, call.task_id, self._clock())
        if not done:
            words = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise Rejected("UnsupportedOperation", words)
        self._note(call.task_id)
        return {"request_id": _new_id()}

    def allow_upload(self, call: ApiCall) -> Json:
        """Give leave to upload one file (service.md 5)."""
        model = call.query.get("model")
        if call.query.get("action") != "getPolicy" or not model:
            raise Rejected("InvalidParameter", "Field required: action, model")
        return replies.policy(self.bucket.allow(model), _new_id())

    def _start(self) -> None:
        self._tasks, started = tasks.start(self._tasks, self._clock(), self._slots)
        for task in started:
            self._note(task.id)
            self._group.start_soon(self._shoot, task)

    async def _shoot(self, task: Task) -> None:
        began = anyio.current_time()
        try:
            order = self._judge(task)
            await self._befall(task)
            film = await self._filming(order, self.bucket.film_place(task.id))
            await anyio.sleep_until(began + self._terms.seconds(film.frames))
        except Rejected as fault:
            self._fail(task, fault.code, fault.message)
        except Exception as fault:  # noqa: BLE001 - one task that nobody foresaw must not take the others with it
            self._fail(task, "InternalError.Algo", str(fault) or type(fault).__name__)
        else:
            url = self.bucket.film_url(task.id)
            self._tasks = tasks.succeed(self._tasks, task.id, self._clock(), url=url, usage=usage(order, film))
        self._note(task.id)
        self._start()

    def _fail(self, task: Task, code: str, message: str) -> None:
        self._tasks = tasks.fail(self._tasks, task.id, self._clock(), code=code, message=message)

    def _check_queue(self, model: str) -> None:
        """What the 501st gets is not documented; it surely is not taken (service.md 4.4 and 8, 22)."""
        if self._terms.limits.queued is not None and tasks.waiting(self._tasks, model) >= self._terms.limits.queued:
            words = "Allocated quota exceeded, please increase your quota limit."
            raise Rejected("Throttling.AllocationQuota", words, status=429)

    def _judge(self, task: Task) -> Order:
        """What a task is to film; raises Rejected where it is refused."""
        order = validate.judge(task.body, self._catalog, self._terms.region)
        self._check_uploads(order)
        return order

    async def _befall(self, task: Task) -> None:
        """What happens to a task on purpose: it never ends, or fails, which is raised as Rejected."""
        fault = self.faults.meet("task", task.model)
        if fault is not None and fault.stall:
            await anyio.sleep_forever()
        if fault is not None:
            raise Rejected(fault.code, fault.message)

    def _check_uploads(self, order: Order) -> None:
        for item in order.media:
            for url in filter(None, (item.url, item.voice)):
                self.bucket.check_upload(url, order.model)

    def _note(self, task_id: str) -> None:
        """A task changed: write it down, then tell who waits for it."""
        self._ledger.write(self._tasks.by_id[task_id])
        event = self._changes.pop(task_id, None)
        if event is not None:
            event.set()

    def _forget(self) -> None:
        before = self._tasks
        self._tasks, gone = tasks.forget(before, self._clock())
        self._over += (task for task in tasks.charged(before) if task in gone)
        for task in gone:
            self.bucket.drop_film(task.id)


Answer = Callable[[EmulatedEndpoint, ApiCall], Json]

ROUTES: Mapping[str, tuple[str, str, Answer]] = {
    "submit": ("POST", r"/services/aigc/video-generation/video-synthesis", EmulatedEndpoint.submit),
    "list": ("GET", r"/tasks/?", EmulatedEndpoint.list),
    "query": ("GET", r"/tasks/([^/]+)/?", EmulatedEndpoint.query),  # the SDK's asynchronous client ends it with a slash
    "cancel": ("POST", r"/tasks/([^/]+)/cancel/?", EmulatedEndpoint.cancel),
    "policy": ("GET", r"/uploads", EmulatedEndpoint.allow_upload),
}
"""By the name of the call: its method, its path, and who answers it."""


def call_of(method: str, path: str) -> str | None:
    """The name of the call that a method and a path without its query mean, None where there is none."""
    return next(
        (name for name, (known, pattern, _) in ROUTES.items() if known == method and re.fullmatch(pattern, path)), None
    )


def _route(method: str, path: str) -> tuple[Answer, str]:
    name = call_of(method, path)
    if name is None:
        raise Rejected("NotFound", "Not found.", status=404)
    _, pattern, answer = ROUTES[name]
    found = re.fullmatch(pattern, path)
    return answer, unquote("".join(found.groups() if found else ()))


def _check_key(headers: Mapping[str, str], key: str) -> None:
    given = headers.get("authorization", "")
    if not given:
        raise Rejected("InvalidApiKey", "No API-key provided.", status=401)
    if given != f"Bearer {key}":
        raise Rejected("InvalidApiKey", "Invalid API-key provided.", status=401)


def _window(query: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    since, until = _moment(query, "start_time"), _moment(query, "end_time")
    day = timedelta(hours=24)
    if since is None:
        return (until or now) - day, until or now
    return since, min(until or since + day, since + day)


def _shown(window: tuple[datetime, datetime], fault: ScriptedFault, now: datetime) -> tuple[datetime, datetime]:
    """What a list shows of its window where it is late or short on purpose."""
    since, until = window
    if fault.reach is not None:
        since = max(since, now - timedelta(seconds=fault.reach))
    return since, min(until, now - timedelta(seconds=fault.lag))


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        return datetime.strptime(query[name], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Rejected("InvalidParameter", f"Input should be YYYYMMDDhhmmss: {name}") from None


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or not int(text):
        raise Rejected("InvalidParameter", f"Input should be greater than 0: {name}")
    return int(text)


def _new_id() -> str:
    return str(uuid4())
