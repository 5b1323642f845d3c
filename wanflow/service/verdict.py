"""Which fault the service's words mean (api.md 4.7), as data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wanflow.service.fault import (
    AccountBlocked,
    Invalid,
    Refused,
    ServerFault,
    ServiceFault,
    TaskLost,
    Throttled,
    Unauthorised,
)
from wanflow.service.port import TaskState, TaskStatus

FAULTS: Mapping[str, type[ServiceFault]] = {
    "AccessDenied": Invalid,
    "AccessDenied.Unpurchased": AccountBlocked,
    "AllocationQuota.FreeTierOnly": AccountBlocked,
    "Arrearage": AccountBlocked,
    "BadRequest": Invalid,
    "CommodityNotPurchased": AccountBlocked,
    "Conflict": Invalid,
    "CustomRoleBlocked": Refused,
    "DataInspectionFailed": Refused,
    "IPInfringementSuspect": Refused,
    "InternalError": ServerFault,
    "InvalidApiKey": Unauthorised,
    "InvalidFile": Invalid,
    "InvalidImage": Invalid,
    "InvalidParameter": Invalid,
    "InvalidParameter.DataInspection": ServerFault,
    "InvalidURL": ServerFault,
    "LimitRequests": Throttled,
    "Model.AccessDenied": AccountBlocked,
    "ModelNotFound": Invalid,
    "ModelServiceFailed": ServerFault,
    "ModelServingError": Throttled,
    "ModelUnavailable": ServerFault,
    "NOT AUTHORIZED": Unauthorised,
    "NotFound": Invalid,
    "PostpaidBillOverdue": AccountBlocked,
    "PrepaidBillOverdue": AccountBlocked,
    "RequestTimeOut": ServerFault,
    "SystemError": ServerFault,
    "Throttling": Throttled,
    "UnsupportedOperation": Invalid,
    "WorkSpaceNotFound": Invalid,
    "Workspace.AccessDenied": AccountBlocked,
}
"""By the service's code; a code that isn't here is looked up by its part before the last dot."""

STATUSES: Mapping[int, type[ServiceFault]] = {401: Unauthorised, 403: AccountBlocked, 429: Throttled}
"""By HTTP status, where the code is unknown; other 4xx are Invalid, 5xx a ServerFault."""

SIGNED = re.compile(r"""(https?://[^\s?"'<>]+)\?[^\s"'<>]+""")
"""An address with a query, which may be a signature: the service repeats ours in its words."""

FREE_QUOTA_GONE = "free allocated quota exceeded"
"""`Throttling.AllocationQuota` with these words won't pass by waiting."""

SAYINGS: Mapping[type[ServiceFault], tuple[str, str | None]] = {
    Throttled: ("the service asks to slow down", None),
    ServerFault: ("the service failed", "run again later"),
    Refused: ("the service refuses this content", "change the prompt or the media"),
    Invalid: ("the service can't accept this request", None),
    Unauthorised: ("the service refuses the key", "a key belongs to one region: check both"),
    AccountBlocked: ("the account may not do this", "look at bills, quota and permissions in the service's console"),
    TaskLost: ("the service does not know the task any more", "run again to plan it anew"),
}
"""What each fault is to a person, and the way out."""


def without_signatures(text: str) -> str:
    """A text with every address cut before its query, so that nobody can fetch what it names."""
    return SIGNED.sub(r"\1?…", text)


def fault_of_reply(status: int, reply: Mapping[str, object]) -> ServiceFault:
    """The fault that an error reply means: the flat envelope `code`, `message` (api.md 1.4)."""
    return _fault(status, str(reply.get("code") or ""), str(reply.get("message") or ""))


def fault_of_state(state: TaskState) -> ServiceFault:
    """The fault that a final state other than SUCCEEDED means; the same codes as in replies (api.md 4.7)."""
    if state.status is TaskStatus.UNKNOWN:
        sentence, hint = SAYINGS[TaskLost]
        return TaskLost(sentence, hint=hint)
    if state.status is TaskStatus.CANCELED:
        return Invalid("the task was cancelled", hint="run again to submit it anew")
    return _fault(500, state.code or "", state.message or "")


def repeats_itself(fault: ServiceFault) -> bool:
    """Whether the same request would meet the same fault again: the service says no to what is asked (api.md 4.7)."""
    return isinstance(fault, Refused | Invalid)


def _fault(status: int, code: str, message: str) -> ServiceFault:
    kind = _kind(status, code, message)
    sentence, hint = SAYINGS[kind]
    said = ": ".join(part for part in (code, without_signatures(message)) if part) or f"HTTP {status}"
    return kind(f"{sentence} ({said})", hint=hint, code=code or None)


def _kind(status: int, code: str, message: str) -> type[ServiceFault]:
    if FREE_QUOTA_GONE in message.lower():
        return AccountBlocked
    word = code
    while word:
        if word in FAULTS:
            return FAULTS[word]
        word = word.rpartition(".")[0]
    return STATUSES.get(status, Invalid if status < 500 else ServerFault)
