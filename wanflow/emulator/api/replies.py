"""The JSON of the emulator's replies; pure (service.md 1.4, 4.5 and 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from wanflow.emulator.api.bucket import UploadPermit
from wanflow.emulator.api.order import Rejected
from wanflow.emulator.api.tasks import Task

BEIJING = timezone(timedelta(hours=8))
"""Time zone of the times that the service writes without one."""

ReplyBody = dict[str, object]


def error(fault: Rejected, request_id: str) -> ReplyBody:
    """The flat envelope of an error."""
    return {"code": fault.code, "message": fault.message, "request_id": request_id}


def submitted(task: Task) -> ReplyBody:
    """The reply to a submit, always PENDING."""
    return {"output": {"task_status": "PENDING", "task_id": task.id}, "request_id": task.request_id}


def state(task: Task, request_id: str) -> ReplyBody:
    """The reply to a query; times as the vendor writes them, usage only after success."""
    output: ReplyBody = {
        "task_id": task.id,
        "task_status": task.status.value,
        "submit_time": _local_time(task.submitted),
    }
    if task.started is not None:
        output["scheduled_time"] = _local_time(task.started)
    if task.ended is not None:
        output["end_time"] = _local_time(task.ended)
    if task.urls:
        output |= _results(task)
    if task.code is not None:
        output |= {"code": task.code, "message": task.message}
    usage = dict[str, object](task.usage)
    for name, value in task.usage.items():
        if isinstance(value, Decimal):
            usage[name] = float(value) if "." in str(value) else int(value)
    return {"output": output, **({"usage": usage} if usage else {}), "request_id": request_id}


def _results(task: Task) -> ReplyBody:
    """A film, or pictures as the vendor writes them: a choice each, or one choice for a series (service.md 9.1)."""
    if "image_count" not in task.usage:
        given = task.body.get("input")
        prompt = str(given.get("prompt") or "") if isinstance(given, Mapping) else ""
        return {"orig_prompt": prompt, "video_url": task.urls[0]}
    parts = [{"image": url, "type": "image"} for url in task.urls]
    asked = task.body.get("parameters")
    series = isinstance(asked, Mapping) and asked.get("enable_sequential") is True
    contents = [parts] if series else [[part] for part in parts]
    choices = [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}} for content in contents]
    return {"finished": True, "choices": choices}


def unknown(task_id: str, request_id: str) -> ReplyBody:
    """The reply to a query for a task that never existed or expired."""
    return {"output": {"task_id": task_id, "task_status": "UNKNOWN"}, "request_id": request_id}


def page(tasks: Sequence[Task], number: int, size: int, request_id: str) -> ReplyBody:
    """One page of the task list; rows carry neither prompt nor result."""
    rows = [_row(task) for task in tasks[(number - 1) * size : number * size]]
    return {
        "request_id": request_id,
        "page_no": number,
        "page_size": size,
        "total_page": -(-len(tasks) // size),
        "total": len(tasks),
        "data": rows,
    }


def quota(model: str, running: int, submits: int | None, queued: int | None) -> ReplyBody:
    """The limits of a model (service.md 4.4)."""
    return {
        "model": model,
        "workspace_id": "llm-emulator",
        "model_limit": {
            "request_limit": submits,
            "request_limit_period": None if submits is None else 1,
            "usage_limit": None,
            "usage_limit_field": None,
            "usage_limit_period": None,
            "async_user_queue_limit": queued,
            "async_user_concurrency_limit": running,
        },
        "workspace_limit": None,
    }


def quotas(rows: Sequence[ReplyBody], number: int, size: int, request_id: str) -> ReplyBody:
    """One page of limits."""
    shown = list(rows[(number - 1) * size : number * size])
    listed = {"total": len(rows), "page_no": number, "page_size": size, "quotas": shown}
    return {"code": None, "message": None, "success": True, "output": listed, "request_id": request_id}


def policy(permit: UploadPermit, request_id: str) -> ReplyBody:
    """Permission to upload one file."""
    data = {
        "policy": permit.policy,
        "signature": permit.signature,
        "upload_dir": permit.folder,
        "upload_host": permit.host,
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "capacity_limit_mb": 999999999,
        "oss_access_key_id": "emulated",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    return {"request_id": request_id, "data": data}


def _row(task: Task) -> ReplyBody:
    started = {} if task.started is None else {"start_time": _milliseconds(task.started)}
    ended = {} if task.ended is None else {"end_time": _milliseconds(task.ended)}
    return {
        "api_key_id": "0",
        "caller_parent_id": "0",
        "caller_uid": "0",
        "gmt_create": _milliseconds(task.submitted),
        **started,
        **ended,
        "region": "cn-beijing",
        "request_id": task.request_id,
        "status": task.status.value,
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:{task.path.removeprefix('/services/').replace('/', ':')}:{task.model}",
        "model_name": task.model,
    }


def _local_time(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _milliseconds(moment: datetime) -> int:
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
