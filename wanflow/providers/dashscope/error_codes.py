"""The fault that each error code of the service means (service.md 4.7), as data."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.masking import without_signatures
from wanflow.messages import tr
from wanflow.providers.faults import (
    AccountBlocked,
    Invalid,
    Refused,
    ServerFault,
    ServiceFault,
    Throttled,
    Unauthorised,
)

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
    "invalid_parameter_error": Invalid,
}
"""By the service's code; an unknown code is looked up by its part before the last dot."""

STATUSES: Mapping[int, type[ServiceFault]] = {401: Unauthorised, 403: AccountBlocked, 429: Throttled}
"""By HTTP status, where the service's code is unknown; other 4xx are Invalid, 5xx a ServerFault."""

SUCCESS = frozenset({"success", "ok", "200", "0"})
"""Codes that relays put into successful replies."""

ENVELOPE = frozenset({"code", "message", "request_id", "output", "usage", "status_code"})
"""Keys of the service's own error (service.md 1.4)."""

LONGEST_CODE = 200
LONGEST_MESSAGE = 2000
"""Maximum length of a code and of a message that are shown and kept."""

FREE_QUOTA_GONE = "free allocated quota exceeded"
"""The message with which `Throttling.AllocationQuota` does not pass by waiting."""

TEXTS: Mapping[type[ServiceFault], tuple[str, str | None]] = {
    Throttled: (tr("the service asks to slow down"), None),
    ServerFault: (tr("the service failed"), tr("run again later")),
    Refused: (tr("the service refuses this content"), tr("change the prompt or the media")),
    Invalid: (tr("the service cannot accept this request"), None),
    Unauthorised: (tr("the service refuses the key"), tr("a key belongs to one region: check both")),
    AccountBlocked: (
        tr("the account may not do this"),
        tr("look at bills, quota and permissions in the service's console"),
    ),
}
"""The message and the hint of each fault."""


def code_of(reply: Mapping[str, object]) -> str | None:
    """The error code of the service's own envelope (service.md 1.4); None for any other reply.

    This decides whose words a reply has. The service names the request beside its code. Without that name the code must
    be documented, and nothing else in the reply.
    """
    code = said_code(reply)
    if code is None:
        return None
    named = isinstance(reply.get("request_id"), str) and bool(reply["request_id"])
    own = isinstance(reply.get("message"), str) and reply.keys() <= ENVELOPE and _documented(code) is not None
    return code if named or own else None


def said_code(reply: Mapping[str, object]) -> str | None:
    """The code of a reply, whoever sent it; None without one, or for a word of success, as relays send it."""
    said = reply.get("code")
    return said[:LONGEST_CODE] if isinstance(said, str) and said and said.lower() not in SUCCESS else None


def fault_of_reply(status: int, code: str, message: object) -> ServiceFault:
    """The fault that an error of the service means (service.md 4.7)."""
    return _fault(status, code, message if isinstance(message, str) else "")


def fault_of_failure(code: str, message: str) -> ServiceFault:
    """The fault that a failed task with a code means; the codes are those of replies (service.md 4.7)."""
    return _fault(500, code[:LONGEST_CODE], message)


def _fault(status: int, code: str, message: str) -> ServiceFault:
    by_status = STATUSES.get(status, Invalid if status < 500 else ServerFault)
    kind = AccountBlocked if FREE_QUOTA_GONE in message.lower() else _documented(code) or by_status
    sentence, hint = TEXTS[kind]
    said = ": ".join(part for part in (code, brief(message)) if part)
    return kind(tr("{sentence} ({said})", sentence=sentence, said=said), hint=hint, code=code)


def brief(message: str) -> str:
    """The service's message, shortened before its signatures are removed, since all of it may be one address."""
    words = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return without_signatures(words)


def _documented(code: str) -> type[ServiceFault] | None:
    """The fault of a code that the service documents; None for any other code."""
    while code:
        if code in FAULTS:
            return FAULTS[code]
        code = code.rpartition(".")[0]
    return None
