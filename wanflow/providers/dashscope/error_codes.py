"""Which fault the service's words mean (service.md 4.7), as data."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.providers.faults import (
    AccountBlocked,
    Invalid,
    Refused,
    ServerFault,
    ServiceFault,
    Throttled,
    Unauthorised,
)
from wanflow.redaction import without_signatures

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

TURNED_AWAY = frozenset({401, 429})
"""Statuses that turn a request away before anything is done for it, whoever says so."""

SUCCESS = frozenset({"success", "ok", "200", "0"})
"""Codes that relays put into answers that succeeded."""

LONGEST_CODE = 200
LONGEST_MESSAGE = 2000
"""Characters of the service's words that are shown and kept."""

FREE_QUOTA_GONE = "free allocated quota exceeded"
"""`Throttling.AllocationQuota` with these words won't pass by waiting."""

SAYINGS: Mapping[type[ServiceFault], tuple[str, str | None]] = {
    Throttled: ("the service asks to slow down", None),
    ServerFault: ("the service failed", "run again later"),
    Refused: ("the service refuses this content", "change the prompt or the media"),
    Invalid: ("the service can't accept this request", None),
    Unauthorised: ("the service refuses the key", "a key belongs to one region: check both"),
    AccountBlocked: ("the account may not do this", "look at bills, quota and permissions in the service's console"),
}
"""What each fault is to a person, and the way out."""


def code_of(reply: Mapping[str, object]) -> str | None:
    """The error that a reply names at its top (service.md 1.4); None where it names none, or success, as relays do."""
    said = reply.get("code")
    return said[:LONGEST_CODE] if isinstance(said, str) and said and said.lower() not in SUCCESS else None


def is_refusal(status: int, reply: Mapping[str, object]) -> bool:
    """Whether an answer to a submit says that the request was surely not accepted.

    Only the service's own error says so, or a status that turns everything away: any other page of 4xx, and every 3xx,
    is of something in between, which may have passed the request on.
    """
    return status in TURNED_AWAY or (400 <= status < 500 and code_of(reply) is not None)


def fault_of_reply(status: int, reply: Mapping[str, object]) -> ServiceFault:
    """The fault that an error reply means: the flat envelope `code`, `message` (service.md 1.4).

    A page without a code is not the service's word about the request, unless its status is one for everybody.
    """
    said = reply.get("message")
    message = said if isinstance(said, str) else ""
    code = code_of(reply)
    if code is None and status < 500 and status not in TURNED_AWAY:
        words = f"HTTP {status}: {_brief(message)}" if message else f"HTTP {status}"
        return ServerFault(f"something between here and the service answered ({words})", hint="check the network")
    return _fault(status, code or "", message)


def fault_of_failure(code: str, message: str) -> ServiceFault:
    """The fault that a failed task means; the codes are those of replies (service.md 4.7)."""
    return _fault(500, code[:LONGEST_CODE], message)


def _fault(status: int, code: str, message: str) -> ServiceFault:
    kind = _kind(status, code, message)
    sentence, hint = SAYINGS[kind]
    said = ": ".join(part for part in (code, _brief(message)) if part) or f"HTTP {status}"
    return kind(f"{sentence} ({said})", hint=hint, code=code or None)


def _brief(message: str) -> str:
    """The service's words, as long as anybody reads them; shortened first, since an address may be all of them."""
    words = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return without_signatures(words)


def _kind(status: int, code: str, message: str) -> type[ServiceFault]:
    if FREE_QUOTA_GONE in message.lower():
        return AccountBlocked
    word = code
    while word:
        if word in FAULTS:
            return FAULTS[word]
        word = word.rpartition(".")[0]
    return STATUSES.get(status, Invalid if status < 500 else ServerFault)
