"""The fault that each error code of the service means (service.md 4.7), as data."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.errors import without_signatures
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
}
"""By the service's code; an unknown code is looked up by its part before the last dot."""

STATUSES: Mapping[int, type[ServiceFault]] = {401: Unauthorised, 403: AccountBlocked, 429: Throttled}
"""By HTTP status, where the code is unknown; other 4xx are Invalid, 5xx a ServerFault."""

TURNED_AWAY = frozenset({401, 429})
"""Statuses that refuse a request before it is processed, whoever sends them."""

SUCCESS = frozenset({"success", "ok", "200", "0"})
"""Codes that relays put into successful replies."""

LONGEST_CODE = 200
LONGEST_MESSAGE = 2000
"""Maximum length of a code and of a message that are shown and kept."""

FREE_QUOTA_GONE = "free allocated quota exceeded"
"""The message with which `Throttling.AllocationQuota` does not pass by waiting."""

TEXTS: Mapping[type[ServiceFault], tuple[str, str | None]] = {
    Throttled: ("the service asks to slow down", None),
    ServerFault: ("the service failed", "run again later"),
    Refused: ("the service refuses this content", "change the prompt or the media"),
    Invalid: ("the service cannot accept this request", None),
    Unauthorised: ("the service refuses the key", "a key belongs to one region: check both"),
    AccountBlocked: ("the account may not do this", "look at bills, quota and permissions in the service's console"),
}
"""The message and the hint of each fault."""


def code_of(reply: Mapping[str, object]) -> str | None:
    """The error code of a reply (service.md 1.4); None without one, or for a word of success, as relays send it."""
    said = reply.get("code")
    return said[:LONGEST_CODE] if isinstance(said, str) and said and said.lower() not in SUCCESS else None


def is_refusal(status: int, reply: Mapping[str, object]) -> bool:
    """Whether the reply to a submit says that the request was certainly not accepted.

    Only the service's own error says so, or a status that refuses everything. Any other 4xx, and every 3xx, comes from
    something in between, which may have forwarded the request.
    """
    return status in TURNED_AWAY or (400 <= status < 500 and code_of(reply) is not None)


def fault_of_reply(status: int, reply: Mapping[str, object]) -> ServiceFault:
    """The fault that an error reply means: the flat envelope `code`, `message` (service.md 1.4).

    A reply without a code is not the service's own, unless its status refuses everything.
    """
    said = reply.get("message")
    message = said if isinstance(said, str) else ""
    code = code_of(reply)
    if code is None and status < 500 and status not in TURNED_AWAY:
        words = f"HTTP {status}: {_brief(message)}" if message else f"HTTP {status}"
        return ServerFault(f"something between here and the service replied ({words})", hint="check the network")
    return _fault(status, code or "", message)


def fault_of_failure(code: str, message: str) -> ServiceFault:
    """The fault that a failed task means; the codes are those of replies (service.md 4.7)."""
    return _fault(500, code[:LONGEST_CODE], message)


def _fault(status: int, code: str, message: str) -> ServiceFault:
    kind = _kind(status, code, message)
    sentence, hint = TEXTS[kind]
    said = ": ".join(part for part in (code, _brief(message)) if part) or f"HTTP {status}"
    return kind(f"{sentence} ({said})", hint=hint, code=code or None)


def _brief(message: str) -> str:
    """The service's message, shortened before its signatures are removed, since all of it may be one address."""
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
