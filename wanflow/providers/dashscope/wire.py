"""Requests and replies as they go over the wire; pure (service.md 1, 2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from wanflow import decode
from wanflow.catalog.model import BodyForm, MediaRule
from wanflow.digest import Canonical
from wanflow.masking import MASK
from wanflow.messages import tr
from wanflow.providers.dashscope.error_codes import brief, fault_of_failure, said_code
from wanflow.providers.faults import ServerFault, ServiceFault
from wanflow.providers.protocol import Accepted, Request, TaskState, TaskStatus, TaskSummary

LONGEST_NAME = 1000
"""Maximum length of a task's or a request's id; the service's own have 36 characters."""
LAST_MILLISECOND = 4_102_444_800_000
"""Milliseconds until the year 2100; a later date of a task is taken for none."""

PAGE_KEYS = frozenset({"request_id", "total", "total_page", "page_no"})
"""Keys of which a page of the task list has at least one beside its rows (service.md 4.5)."""

OSS = "oss://"
VIDEO_PATH = "/services/aigc/video-generation/video-synthesis"
"""Where requests for videos are posted, unless the catalog names another path (service.md 1.1)."""
_WORDS = frozenset({"prompt", "negative_prompt", "text"})
"""Keys of a body that hold words, where an address means nothing."""

Reply = Mapping[str, object]
"""The JSON object of a reply."""


def submit_path(request: Request) -> str:
    """Where a request is posted, below the base address."""
    return request.rules.call.path or VIDEO_PATH


def request_json(request: Request) -> dict[str, Canonical]:
    """The body of a submit in the form of its model (service.md 1.4, 2.1 to 2.5, 9.1).

    What is None or empty is left out; the seed joins the parameters. Beside messages so does what must not be seen
    (service.md 9.4).
    """
    rules, call = request.rules.media, request.rules.call
    more: dict[str, Canonical] = {} if request.seed is None else {"seed": request.seed}
    if call.form is BodyForm.MESSAGES:
        content = _message_json(request, rules)
        more |= {"negative_prompt": request.negative_prompt} if request.negative_prompt else {}
    else:
        content = _input_json(request, rules)
    return {
        "model": request.model,
        "input": content,
        "parameters": {**request.parameters, **call.fixed, **more},
    }


def _input_json(request: Request, rules: Mapping[str, MediaRule]) -> dict[str, Canonical]:
    """Texts and media of a request: entries of `media`, or addresses under a key of their own.

    Under such a key, which the catalog names, an address is alone or in a list (service.md 2.4, 2.5). A continued clip
    is first, as in the vendor's samples (service.md 2.2); a fingerprint keeps the order of the catalog.
    """
    texts = {"prompt": request.prompt, "negative_prompt": request.negative_prompt}
    given: dict[str, Canonical] = {key: text for key, text in texts.items() if text}
    media: list[Canonical] = []
    for item in sorted(request.media, key=lambda item: item.type not in rules or not rules[item.type].continued):
        rule = rules.get(item.type)
        if rule is None or rule.field is None:
            voice = {} if item.voice_url is None else {"reference_voice": item.voice_url}
            media.append({"type": item.type, "url": item.url, **voice})
        elif rule.listed:
            before = given.get(rule.field)
            given[rule.field] = [*(before if isinstance(before, list) else []), item.url]
        else:
            given[rule.field] = item.url
    return {**given, "media": media} if media else given


def _message_json(request: Request, rules: Mapping[str, MediaRule]) -> dict[str, Canonical]:
    """One message of pictures and words; the words are last, as in the vendor's examples (service.md 9.1)."""
    pictures: list[Canonical] = [{rules[item.type].file.kind: item.url} for item in request.media]
    words: list[Canonical] = [{"text": request.prompt}] if request.prompt else []
    return {"messages": [{"role": "user", "content": [*pictures, *words]}]}


def submit_headers(body: Mapping[str, Canonical]) -> dict[str, str]:
    """The headers of a submit: asynchronous, and resolving `oss://` where one is sent (service.md 1.3)."""
    headers = {"X-DashScope-Async": "enable"}
    if _mentions_oss(body):
        headers["X-DashScope-OssResourceResolve"] = "enable"
    return headers


def read_accepted(reply: Reply) -> Accepted | None:
    """The task that the reply to a submit names; None where it names none."""
    task_id = _name(_object(reply, "output"), "task_id")
    return None if task_id is None else Accepted(task_id, _name(reply, "request_id") or "")


def is_state(reply: Reply) -> bool:
    """Whether a reply has the state of a task (service.md 1.4)."""
    return _text(_object(reply, "output"), "task_status") is not None


def is_page(reply: Reply) -> bool:
    """Whether a reply is a page of the task list (service.md 4.5).

    An empty page would mean that a lost submission was never accepted, so it has to be the service's own.
    """
    rows = _rows(reply)
    if rows:
        return any(isinstance(row, Mapping) and _name(row, "task_id") is not None for row in rows)
    return rows is not None and said_code(reply) is None and bool(reply.keys() & PAGE_KEYS)


def is_policy(reply: Reply) -> bool:
    """Whether a reply has an upload policy with a host and a folder (service.md 5)."""
    policy = read_policy(reply)
    return "upload_dir" in policy and policy.get("upload_host", "").startswith(("http://", "https://"))


def is_quotas(reply: Reply) -> bool:
    """Whether a reply lists limits of models (service.md 4.4)."""
    return isinstance(_object(reply, "output").get("quotas"), list | tuple)


def read_quotas(reply: Reply) -> dict[str, int]:
    """How many tasks of each model an account may have running at once; the lower one of account and workspace.

    Models without such a limit are left out, and so is what makes no sense.
    """
    found: dict[str, int] = {}
    for row in _objects(_object(reply, "output").get("quotas")):
        limits = (_object(row, key) for key in ("model_limit", "workspace_limit"))
        known = [decode.count(limit.get("async_user_concurrency_limit")) for limit in limits]
        running, model = [each for each in known if each], _name(row, "model")
        if model is not None and running:
            found[model] = min(running)
    return found


def is_confirmation(reply: Reply) -> bool:
    """Whether a reply confirms a request: the service names it, and no error (service.md 4.5)."""
    return _name(reply, "request_id") is not None and said_code(reply) is None


def read_policy(reply: Reply) -> Mapping[str, str]:
    """The texts of an upload policy by key."""
    return {name: value for name, value in _object(reply, "data").items() if isinstance(value, str) and value}


def read_state(task_id: str, reply: Reply) -> TaskState:
    """The reply to a poll; an unknown state counts as running, so that the task is polled again.

    The id is the one that was asked for: a relay may repeat that of another account.
    """
    output = _object(reply, "output")
    status, url = _status(_text(output, "task_status")), _text(output, "video_url") or _picture_url(output)
    request_id = _name(reply, "request_id") or ""
    return TaskState(
        task_id=task_id,
        status=status,
        request_id=request_id,
        url=None if MASK in (url or "") else url,
        fault=_failure(task_id, request_id, output) if status is TaskStatus.FAILED else None,
        billed=billed_units(_object(reply, "usage")),
        prompt=_text(output, "orig_prompt"),
    )


def _failure(task_id: str, request_id: str, output: Reply) -> ServiceFault:
    """What the failure of a task means; without a code only the service's support can say, by the ids."""
    code, message = _text(output, "code"), _text(output, "message") or ""
    if code is not None:
        return fault_of_failure(code, message)
    said = f" ({brief(message)})" if message else ""
    asked = tr(", request {request_id}", request_id=request_id) if request_id else ""
    words = tr(
        "the service failed without saying why{said}: task {task_id}{asked}", said=said, task_id=task_id, asked=asked
    )
    return ServerFault(words, hint=tr("run again later, or name these ids to the service's support"))


def read_page(model: str, reply: Reply) -> tuple[tuple[TaskSummary, ...], int | None]:
    """One page of the task list and the number of pages, None where it does not say how many.

    A row without a task is left out.
    """
    found = (_summary(model, row) for row in _rows(reply) or () if isinstance(row, Mapping))
    return tuple(row for row in found if row is not None), decode.count(reply.get("total_page")) or None


def _rows(reply: Reply) -> Sequence[object] | None:
    """The rows of a page, under `data` or `tasks` (service.md 8, 17); None for a reply without a list."""
    if not reply.keys() & {"data", "tasks", "total"}:
        return None
    rows = reply.get("data") or reply.get("tasks") or ()
    return rows if isinstance(rows, list | tuple) else None


def _picture_url(output: Reply) -> str | None:
    """The address of the first picture of a task that made pictures (service.md 9.1)."""
    for choice in _objects(output.get("choices")):
        for part in _objects(_object(choice, "message").get("content")):
            if _text(part, "image") is not None:
                return _text(part, "image")
    return None


def billed_units(usage: Reply) -> Decimal | None:
    """What a task was billed for: seconds (`duration`, service.md 6.1), else pictures (`image_count`, service.md 9.3).

    They come as integer, float or text (service.md 8, 10); a negative number counts as none. None where the reply did
    not say.
    """
    units = decode.number(usage.get("duration", usage.get("image_count")))
    return units if units is not None and units >= 0 else None


def _summary(model: str, row: Reply) -> TaskSummary | None:
    task_id = _name(row, "task_id")
    if task_id is None:
        return None
    created = decode.count(row.get("gmt_create"))
    # a task without a date may be new, and be the one that is looked for
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


def _objects(value: object) -> Sequence[Reply]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _object(reply: Reply, key: str) -> Reply:
    value = reply.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(reply: Reply, key: str) -> str | None:
    value = reply.get(key)
    return value if isinstance(value, str) and value else None


def _name(reply: Reply, key: str) -> str | None:
    """An id of the service, as text or as a number; one that had the key in it is none."""
    value = reply.get(key)
    text = str(decode.count(value)) if isinstance(value, int) and decode.count(value) is not None else value
    return text if isinstance(text, str) and 0 < len(text) <= LONGEST_NAME and MASK not in text else None


def _mentions_oss(value: Canonical) -> bool:
    if isinstance(value, str):
        return value.startswith(OSS)
    if isinstance(value, Mapping):
        return any(_mentions_oss(item) for key, item in value.items() if key not in _WORDS)
    return isinstance(value, Sequence) and any(_mentions_oss(item) for item in value)
