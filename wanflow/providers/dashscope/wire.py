"""Requests and replies as they stand on the wire; pure (service.md 1, 2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from wanflow import decode
from wanflow.digest import Canonical
from wanflow.providers.faults import ServerFault
from wanflow.providers.protocol import Accepted, Request, TaskState, TaskStatus, TaskSummary

LONGEST_NAME = 1000
"""Characters of a task's or a request's name; the service's own has 36."""
LAST_MILLISECOND = 4_102_444_800_000
"""The year 2100: a task of later was not made then."""

OSS = "oss://"
SUBMIT_PATH = "/services/aigc/video-generation/video-synthesis"

Reply = Mapping[str, object]
"""The JSON object of a reply."""


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One entry of `input.media`: its type, its address, and for a reference the address of its voice.

    With `field` it stands under that key of `input` instead: an address alone (service.md 2.5), or where `listed` in a
    list of addresses (service.md 2.4).
    """

    type: str
    url: str
    voice_url: str | None = None
    field: str | None = None
    listed: bool = False

    def to_json(self) -> dict[str, Canonical]:
        """As it is sent; `reference_voice` only where there is one."""
        voice = {} if self.voice_url is None else {"reference_voice": self.voice_url}
        return {"type": self.type, "url": self.url, **voice}


def request_body(
    model: str,
    *,
    prompt: str | None,
    negative_prompt: str | None,
    media: Sequence[MediaItem],
    parameters: Mapping[str, bool | int | str],
    seed: int | None,
) -> Request:
    """The body of a submit in the protocol of its model (service.md 1.4, 2.1 to 2.5).

    What is None or empty is left out; `seed` joins the parameters.
    """
    words = {"prompt": prompt, "negative_prompt": negative_prompt}
    given: dict[str, Canonical] = {key: text for key, text in words.items() if text}
    listed = [item.to_json() for item in media if item.field is None]
    given |= {"media": listed} if listed else {}
    for item in media:
        if item.field is not None:
            before = given.get(item.field, [])
            given[item.field] = [*before, item.url] if item.listed and isinstance(before, list) else item.url
    settings: dict[str, Canonical] = dict(parameters)
    if seed is not None:
        settings["seed"] = seed
    return Request(model, {"model": model, "input": given, "parameters": settings})


def submit_headers(request: Request) -> dict[str, str]:
    """The headers of a submit: asynchronous, and resolving `oss://` where one is sent (service.md 1.3)."""
    headers = {"X-DashScope-Async": "enable"}
    if _mentions_oss(request.body):
        headers["X-DashScope-OssResourceResolve"] = "enable"
    return headers


def read_accepted(reply: Reply) -> Accepted | None:
    """The task that the reply to a submit names; None where it names none."""
    task_id = _name(_object(reply, "output"), "task_id")
    return None if task_id is None else Accepted(task_id, _name(reply, "request_id") or "")


def is_answer(reply: Reply) -> bool:
    """Whether a reply has what a question asks for: the state of a task, rows of the list, or leave to upload."""
    return bool(_text(_object(reply, "output"), "task_status") or reply.get("data") or reply.get("tasks"))


def is_confirmation(reply: Reply) -> bool:
    """Whether a reply without an error confirms a request: the service names it (service.md 4.5)."""
    return _name(reply, "request_id") is not None


def read_state(task_id: str, reply: Reply) -> TaskState:
    """The reply to a query about a task; a state that we don't know counts as running, so that it is asked again.

    It is about the task that was asked, whatever name it has for it: a relay may repeat the name of another account.
    """
    output = _object(reply, "output")
    usage = _object(reply, "usage")
    return TaskState(
        task_id=task_id,
        status=_status(_text(output, "task_status")),
        request_id=_name(reply, "request_id") or "",
        url=_text(output, "video_url"),
        code=_text(output, "code"),
        message=_text(output, "message"),
        usage={key: _canonical(value) for key, value in usage.items()} or None,
        prompt=_text(output, "orig_prompt"),
    )


def read_page(model: str, reply: Reply) -> tuple[tuple[TaskSummary, ...], int | None]:
    """One page of the task list and the number of pages, None where it does not say how many.

    Rows are under `data` or `tasks` (service.md 8, 17); one without a task is left out. Raises ServerFault where there
    are no rows to read.
    """
    rows = reply.get("data") or reply.get("tasks") or ()
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not reply.keys() & {"data", "tasks", "total"}:
        raise ServerFault("the service's task list is no list")
    found = (_summary(model, row) for row in rows if isinstance(row, Mapping))
    return tuple(row for row in found if row is not None), decode.count(reply.get("total_page")) or None


def billed_seconds(usage: Mapping[str, Canonical] | None) -> Decimal | None:
    """The seconds that a task was billed for (`usage.duration`, service.md 6.1), None where the reply did not say.

    They come as integer, float or text (service.md 8, 10). Fewer than none are no answer.
    """
    seconds = None if usage is None else decode.number(usage.get("duration"))
    return seconds if seconds is not None and seconds >= 0 else None


def _summary(model: str, row: Reply) -> TaskSummary | None:
    task_id = _name(row, "task_id")
    if task_id is None:
        return None
    created = decode.count(row.get("gmt_create"))
    # a task that does not say when it was made may have been made just now, and be the one that is looked for
    unsaid = created is None or created > LAST_MILLISECOND
    moment = datetime.now(UTC) if created is None or unsaid else datetime.fromtimestamp(created / 1000, UTC)
    return TaskSummary(
        task_id=task_id,
        status=_status(_text(row, "status")),
        model=_text(row, "model_name") or model,
        created=moment,
        request_id=_name(row, "request_id") or "",
    )


def _status(word: str | None) -> TaskStatus:
    known = {status.value for status in TaskStatus}
    return TaskStatus(word) if word in known else TaskStatus.RUNNING


def _object(reply: Reply, key: str) -> Reply:
    value = reply.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(reply: Reply, key: str) -> str | None:
    value = reply.get(key)
    return value if isinstance(value, str) and value else None


def _name(reply: Reply, key: str) -> str | None:
    """A name that the service gave to something, as text or as a number."""
    value = reply.get(key)
    text = str(decode.count(value)) if isinstance(value, int) and decode.count(value) is not None else value
    return text if isinstance(text, str) and 0 < len(text) <= LONGEST_NAME else None


def _canonical(value: object) -> Canonical:
    """Floats become plain decimal text, so that a figure can be hashed and written exactly; None without bounds."""
    if isinstance(value, float):
        exact = decode.number(value)
        if exact is None:
            return None
        return int(exact) if exact == exact.to_integral_value() else format(exact, "f")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_canonical(item) for item in value]
    return str(value)


def _mentions_oss(value: Canonical) -> bool:
    if isinstance(value, str):
        return value.startswith(OSS)
    if isinstance(value, Mapping):
        return any(_mentions_oss(item) for key, item in value.items() if key not in {"prompt", "negative_prompt"})
    return isinstance(value, Sequence) and any(_mentions_oss(item) for item in value)
