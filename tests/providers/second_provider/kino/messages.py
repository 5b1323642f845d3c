"""Kino's JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wanflow.providers.faults import (
    AccountBlocked,
    Invalid,
    Refused,
    ServerFault,
    ServiceFault,
    Throttled,
    Unauthorised,
)
from wanflow.providers.protocol import Request, TaskState, TaskStatus

STATES = {"queued": TaskStatus.PENDING, "working": TaskStatus.RUNNING, "done": TaskStatus.SUCCEEDED}
FAULTS = {401: Unauthorised, 402: AccountBlocked, 404: Invalid, 422: Refused, 429: Throttled}


def request_json(request: Request) -> dict[str, Any]:
    """The body of a submit."""
    frames = {item.type: item.url for item in request.media}
    return {
        "engine": request.model,
        "text": request.prompt,
        "start_image": frames["first_frame"],
        "render": {"length_s": request.parameters["duration"], "noise": request.seed},
    }


def read_state(task_id: str, job: Any) -> TaskState:
    """What Kino says of a job."""
    status = STATES.get(job["phase"], TaskStatus.FAILED)
    return TaskState(
        task_id,
        status,
        "",
        url=job.get("film"),
        fault=Refused(f"Kino refuses this content ({job['why']})", code=job["why"]) if "why" in job else None,
        billed=Decimal(str(job["billed_s"])) if "billed_s" in job else None,
    )


def fault_of(status: int, text: str) -> ServiceFault:
    """The meaning of a status other than success."""
    kind = FAULTS.get(status, ServerFault)
    return kind(f"Kino replied {status}: {text}")
