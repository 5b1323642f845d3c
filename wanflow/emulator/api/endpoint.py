"""The emulated API and the terms of an account: answers calls and films the accepted tasks (service.md 1, 4 and 5)."""

from __future__ import annotations

import hmac
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from wanflow.emulator.api import replies, rules, tasks, validate
from wanflow.emulator.api.bucket import Bucket, TimeSource
from wanflow.emulator.api.fault_script import NO_FAULT, FaultScript, ScriptedFault
from wanflow.emulator.api.order import Order, Rejected, Rendered, RenderedFilm, usage
from wanflow.emulator.api.replies import BEIJING, ReplyBody
from wanflow.emulator.api.rules import ModelCatalog, in_region
from wanflow.emulator.api.tasks import Task, TaskLog
from wanflow.records import immutable, mutable

KEY = "sk-animatic"
"""Default key of the emulator; it is not a secret."""

EARLY_SECONDS = 0.01
"""Seconds by which a timer may end before the clock shows it."""
PICTURE_FRAMES = 60
"""Frames of a film that takes as long as pictures."""

SECONDS_PER_SECOND = Fraction(2, 5)
"""Seconds of task time for a second of film at speed 1: two seconds for a shot of five."""


@immutable
class AccountLimits:
    """The limits of an account; None means unlimited. The catalog has the number of tasks that run at once.

    `submits` counts for each second and model, `queries`, `lists` and `cancels` for each second; `queued` counts the
    PENDING tasks of a model. `running` are the tasks of a model that run at once, where that is fewer than the catalog
    says.
    """

    submits: int | None = None
    queries: int | None = None
    lists: int | None = None
    cancels: int | None = None
    queued: int | None = None
    running: int | None = None


VENDOR = AccountLimits(submits=5, queries=20, lists=20, cancels=20, queued=500)
"""Limits of the 2.7 models by the vendor's pages."""


@immutable
class AccountTerms:
    """The terms of one account in one region.

    Task times are divided by `speed`; with None a task takes as long as its filming. `strict` checks bodies at submit;
    the vendor checks them inside the task. A task stays PENDING for at least `queue` seconds. `any_model` accepts
    models that the catalog does not have. `faults` are the injected faults.
    """

    key: str = KEY
    region: str = "beijing"
    limits: AccountLimits = AccountLimits()
    speed: Fraction | None = None
    strict: bool = False
    queue: float = 0
    any_model: bool = False
    faults: tuple[ScriptedFault, ...] = ()

    def seconds(self, made: Rendered) -> float:
        """Shortest task time for a film, or for pictures."""
        frames = made.frames if isinstance(made, RenderedFilm) else PICTURE_FRAMES
        return 0 if self.speed is None else float(Fraction(frames, 30) * SECONDS_PER_SECOND / self.speed)


SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
"""Longest window of a list."""


@mutable
class CallRates:
    """The calls of the last second, by kind."""

    _calls: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, kind: str, most: int | None, now: datetime) -> None:
        """Count a call; raises Rejected above the limit of a second. A rejected call does not count."""
        if most is None:
            return
        calls = self._calls[kind]
        while calls and now - calls[0] >= SECOND:
            calls.popleft()
        if len(calls) >= most:
            raise Rejected("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", status=429)
        calls.append(now)


Filming = Callable[[Order, Path], Awaitable[Rendered]]
"""Makes the film or one picture of an order, as a file; raises Rejected or WanflowError."""

IN_PROCESS = AccountTerms()
"""Terms without limits and without task times."""
NO_LOG = TaskLog(None)


@immutable
class ApiCall:
    """An authorised request: headers by lower-case name, query, body, its path and the task id in it.

    `fault` is the injected fault.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object] | None
    path: str
    task_id: str
    fault: ScriptedFault = NO_FAULT


class EmulatedEndpoint:
    """One emulated account in one region.

    Results are made in `group`; a task is RUNNING until they exist and its task time has passed. Unfinished tasks
    of `ledger` continue.
    """

    def __init__(
        self,
        bucket: Bucket,
        catalog: ModelCatalog,
        filming: Filming,
        *,
        group: TaskGroup,
        clock: TimeSource,
        terms: AccountTerms = IN_PROCESS,
        ledger: TaskLog = NO_LOG,
    ) -> None:
        self.bucket = bucket
        self.faults = FaultScript(terms.faults)
        self._catalog = in_region(catalog, terms.region)
        self._terms = terms
        self._ledger = ledger
        self._rates = CallRates()
        most = terms.limits.running
        self._slots = {name: min(model.running, most or model.running) for name, model in catalog.items()}
        self._filming = filming
        self._group = group
        self._clock = clock
        self._tasks = ledger.read()
        self._expired: list[Task] = []
        self._changes: dict[str, anyio.Event] = {}
        self._start()
        for task in self._tasks.by_id.values():
            self._start_when_ready(task)

    def has_key(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has the key of the account; `headers` are by lower-case name."""
        given, key = headers.get("authorization", ""), f"Bearer {self._terms.key}"
        return hmac.compare_digest(given.encode(), key.encode())

    async def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None,
        fault: ScriptedFault | None = None,
    ) -> tuple[int, ReplyBody]:
        """Answer one request with an HTTP status and JSON; `path` is below the base address."""
        await checkpoint()
        before = self._tasks
        self._tasks, expired = tasks.drop_expired(before, self._clock())
        self._expired += (task for task in tasks.charged(before) if task in expired)
        for task in expired:
            self.bucket.drop(task.urls)
        where, _, query = path.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            if not lowered.get("authorization"):
                raise Rejected("InvalidApiKey", "No API-key provided.", status=401)
            if not self.has_key(lowered):
                raise Rejected("InvalidApiKey", "Invalid API-key provided.", status=401)
            asked = method == "POST" and any(rules.path == where for rules in self._catalog.values())
            name = "submit" if asked else call_of(method, where)
            if name is None:
                raise Rejected("NotFound", "Not found.", status=404)
            _, pattern, operation = ROUTES[name]
            found = re.fullmatch(pattern, where)
            task_id = unquote("".join(found.groups() if found else ()))
            return 200, operation(
                self, ApiCall(lowered, dict(parse_qsl(query)), body, where, task_id, fault or NO_FAULT)
            )
        except Rejected as refusal:
            return refusal.status, replies.error(refusal, _new_id())

    async def changed(self, task_id: str) -> None:
        """Wait for the next change of a task; return at once if it is final or unknown."""
        task = tasks.find(self._tasks, task_id, self._clock())
        if task is None or task.status in tasks.FINAL:
            await checkpoint()
        else:
            await self._changes.setdefault(task_id, anyio.Event()).wait()

    def charged(self) -> tuple[Task, ...]:
        """The tasks that the account was charged for, expired ones included, oldest first (service.md 6.1)."""
        return (*self._expired, *tasks.charged(self._tasks))

    def submit(self, call: ApiCall) -> ReplyBody:
        """Accept a request; only what service.md 4.2 names is checked at once."""
        if call.body is None:
            raise Rejected("BadRequest.IllegalInput", "The input parameter requires json format.")
        model = validate.check_envelope(call.headers, call.body, self._known(call.body, call.path), call.path)
        self._rates.count(f"submit {model}", self._terms.limits.submits, self._clock())
        queued = self._terms.limits.queued
        if queued is not None and tasks.waiting(self._tasks, model) >= queued:
            # the reply to a submit beyond the full queue is not documented (service.md 4.4 and 8, 22)
            message = "Allocated quota exceeded, please increase your quota limit."
            raise Rejected("Throttling.AllocationQuota", message, status=429)
        if self._terms.strict:
            validate.check_request(call.body, self._known(call.body, call.path), self._terms.region)
        now, wait = self._clock(), max(self._terms.queue, call.fault.queue)
        ready = now + timedelta(seconds=wait) if wait else None
        task = Task(_new_id(), _new_id(), model, call.body, now, call.path, ready)
        self._tasks = tasks.submit(self._tasks, task)
        self._ledger.write(task)
        self._start()
        self._start_when_ready(task)
        return replies.submitted(task)

    def query(self, call: ApiCall) -> ReplyBody:
        """Answer with the state of a task."""
        self._rates.count("query", self._terms.limits.queries, self._clock())
        task = tasks.find(self._tasks, call.task_id, self._clock())
        if task is None or call.fault.forget:
            return replies.unknown(call.task_id, _new_id())
        task = replace(task, urls=tuple(map(self.bucket.renewed, task.urls)))
        return replies.state(task, _new_id())

    def list(self, call: ApiCall) -> ReplyBody:
        """List tasks of a window of at most a day; the default is the last day (service.md 4.5)."""
        self._rates.count("list", self._terms.limits.lists, self._clock())
        now = self._clock()
        since, until = _moment(call.query, "start_time"), _moment(call.query, "end_time")
        if since is None:
            until = until or now
            since = until - DAY
        else:
            until = min(until or since + DAY, since + DAY)
        if call.fault.reach is not None:
            since = max(since, now - timedelta(seconds=call.fault.reach))
        until = min(until, now - timedelta(seconds=call.fault.lag))
        found = tasks.listed(
            self._tasks, since=since, until=until, model=call.query.get("model_name"), status=call.query.get("status")
        )
        if wanted := call.query.get("task_id"):
            found = tuple(task for task in found if task.id == wanted)
        return replies.page(found, _count(call.query, "page_no", 1), _count(call.query, "page_size", 10), _new_id())

    def cancel(self, call: ApiCall) -> ReplyBody:
        """Cancel a PENDING task and refuse any other (service.md 4.5)."""
        self._rates.count("cancel", self._terms.limits.cancels, self._clock())
        self._tasks, done = tasks.cancel(self._tasks, call.task_id, self._clock())
        if not done:
            message = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise Rejected("UnsupportedOperation", message)
        self._publish(call.task_id)
        return {"request_id": _new_id()}

    def quotas(self, call: ApiCall) -> ReplyBody:
        """Tell the limits of the account, of one model or of all (service.md 4.4)."""
        asked, limits = call.query.get("model"), self._terms.limits
        known = [name for name in self._catalog if asked in {None, name}]
        rows = [replies.quota(name, self._slots[name], limits.submits, limits.queued) for name in known]
        number, size = _count(call.query, "page_no", 1), _count(call.query, "page_size", 20)
        return replies.quotas(rows, number, size, _new_id())

    def allow_upload(self, call: ApiCall) -> ReplyBody:
        """Permit the upload of one file (service.md 5)."""
        missing = [key for key in ("action", "model") if not call.query.get(key)]
        if missing:
            raise Rejected("InvalidParameter", f"Field required: {', '.join(missing)}")
        if call.query["action"] != "getPolicy":
            raise Rejected("InvalidParameter", "Input should be 'getPolicy': action")
        model = call.query["model"]
        if model not in self._known(call.query, rules.VIDEO_PATH):
            raise Rejected("InvalidParameter", "Model not exist.", status=404)
        return replies.policy(self.bucket.allow(model), _new_id())

    def _known(self, asked: Mapping[str, object], path: str) -> ModelCatalog:
        """The rules of the models, with those of the model that is asked for on a path where any is taken."""
        model = asked.get("model")
        if not self._terms.any_model or not isinstance(model, str) or not model or model in self._catalog:
            return self._catalog
        return {**self._catalog, model: rules.of_any_model(model, path)}

    def _start_when_ready(self, task: Task) -> None:
        """Start a task once its wait is over, if it has one."""

        async def start(seconds: float) -> None:
            await anyio.sleep(seconds)
            self._start()

        if task.status is tasks.Status.PENDING and task.ready is not None:
            left = (task.ready - self._clock()).total_seconds()
            self._group.start_soon(start, max(left, 0) + EARLY_SECONDS)

    def _start(self) -> None:
        self._tasks, started = tasks.start(self._tasks, self._clock(), self._slots)
        for task in started:
            self._publish(task.id)
            self._group.start_soon(self._film, task)

    async def _film(self, task: Task) -> None:
        began = anyio.current_time()
        try:
            order = validate.check_request(task.body, self._known(task.body, task.path), self._terms.region)
            order = replace(order, repeat=tasks.repeats(self._tasks, task))
            for item in order.media:
                for url in filter(None, (item.url, item.voice)):
                    self.bucket.check_upload(url, order.model)
            fault = self.faults.next_fault("task", task.model, order.can_show)
            if fault is not None and fault.stall:
                await anyio.sleep_forever()
            if fault is not None and fault.film is None:
                raise Rejected(fault.code, fault.message)
            if fault is not None:
                order = replace(order, fault=fault.film)
            made, places = await self._make(order, task.id)
            await anyio.sleep_until(began + self._terms.seconds(made[0]))
        except Rejected as refusal:
            self._fail(task, refusal.code, refusal.message)
        except Exception as error:  # noqa: BLE001 - an unexpected error of one task must not end the others
            self._fail(task, "InternalError.Algo", str(error) or type(error).__name__)
        else:
            urls = tuple(map(self.bucket.address, places))
            self._tasks = tasks.succeed(self._tasks, task.id, self._clock(), urls=urls, usage=usage(order, made))
        self._publish(task.id)
        self._start()

    async def _make(self, order: Order, task_id: str) -> tuple[Sequence[Rendered], Sequence[Path]]:
        """All results of a task, and their files."""
        numbers = range(order.pictures) if order.makes_pictures else range(1)
        suffix = ".png" if order.makes_pictures else ".mp4"
        places = [self.bucket.result_place(task_id, suffix, number) for number in numbers]
        made = [
            await self._filming(replace(order, number=at), place) for at, place in zip(numbers, places, strict=True)
        ]
        return made, places

    def _fail(self, task: Task, code: str, message: str) -> None:
        self._tasks = tasks.fail(self._tasks, task.id, self._clock(), code=code, message=message)

    def _publish(self, task_id: str) -> None:
        """Write a changed task to disk, then wake whoever waits for it."""
        self._ledger.write(self._tasks.by_id[task_id])
        event = self._changes.pop(task_id, None)
        if event is not None:
            event.set()


Operation = Callable[[EmulatedEndpoint, ApiCall], ReplyBody]

ROUTES: Mapping[str, tuple[str, str, Operation]] = {
    "submit": ("POST", r"/services/aigc/[a-z0-9-]+/[a-z0-9-]+", EmulatedEndpoint.submit),
    "list": ("GET", r"/tasks/?", EmulatedEndpoint.list),
    "query": ("GET", r"/tasks/([^/]+)/?", EmulatedEndpoint.query),  # the SDK's asynchronous client ends it with a slash
    "cancel": ("POST", r"/tasks/([^/]+)/cancel/?", EmulatedEndpoint.cancel),
    "policy": ("GET", r"/uploads", EmulatedEndpoint.allow_upload),
    "quotas": ("GET", r"/models/limits|/quotas", EmulatedEndpoint.quotas),
}
"""Method, path and operation of each call, by its name."""


def call_of(method: str, path: str) -> str | None:
    """The name of the call with this method and path (without query); None for an unknown one."""
    return next(
        (name for name, (known, pattern, _) in ROUTES.items() if known == method and re.fullmatch(pattern, path)), None
    )


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        if not re.fullmatch("[0-9]{14}", query[name]):
            raise ValueError
        moment = datetime.strptime(query[name], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        _ = moment - DAY, moment + DAY  # the list looks a day back or ahead
    except (ValueError, OverflowError):
        raise Rejected("InvalidParameter", f"Input should be YYYYMMDDhhmmss: {name}") from None
    return moment


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise Rejected("InvalidParameter", f"Input should be greater than 0: {name}")
    return int(text)


def _new_id() -> str:
    return str(uuid4())
