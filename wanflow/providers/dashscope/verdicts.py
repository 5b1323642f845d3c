"""What a reply means, by who sent it: the service, its storage, or something on the way (service.md 1.4, 4.7)."""

from __future__ import annotations

import re

from wanflow import decode
from wanflow.messages import tr
from wanflow.providers.dashscope import error_codes
from wanflow.providers.dashscope.http import Answer
from wanflow.providers.dashscope.regions import BASE_VARIABLE
from wanflow.providers.faults import ResultExpired, ServerFault, ServiceFault, UnknownFate

TIMEOUTS = frozenset({408, 499})
"""Statuses after which a request may still have arrived, whoever sends them."""

MESSAGE_KEYS = ("message", "msg", "error")
"""Keys under which a relay or a gateway says what is wrong."""

WAYS_OUT = {
    407: tr("give the proxy's user and password in its variable: `http://USER:PASSWORD@HOST:PORT`"),
    511: tr("sign in to this network in a browser"),
}
"""The hints of statuses that have one cause."""

_STORAGE_ERROR = re.compile(rb"<Error>.{0,2000}?<Code>([^<]{1,200})</Code>", re.DOTALL)
_STORAGE_MESSAGE = re.compile(rb"<Message>([^<]{1,2000})</Message>")


def is_fine(status: int) -> bool:
    """Whether an HTTP status reports a success."""
    return 200 <= status < 300


def fault_of(answer: Answer) -> ServiceFault:
    """The fault that a reply without a result means; only the service's own error is its verdict."""
    code = error_codes.code_of(answer.reply)
    if code is None:
        return in_between(answer)
    fault = error_codes.fault_of_reply(answer.status, code, answer.reply.get("message"))
    fault.retry_after = answer.retry_after
    return fault


def submit_fault(answer: Answer) -> ServiceFault:
    """The fault of a submit whose reply names no task; UnknownFate unless the service certainly refused (law 3).

    Anything in between may have forwarded the request before it replied.
    """
    fault = fault_of(answer)
    if 400 <= answer.status < 500 and answer.status not in TIMEOUTS and fault.code is not None:
        return fault
    return UnknownFate(str(fault), hint=fault.hint, code=fault.code, retry_after=answer.retry_after)


def in_between(answer: Answer, whole: str = tr("the service")) -> ServerFault:
    """The fault of a reply that came from something between here and `whole`, with its address and status."""
    given = (answer.reply.get(key) for key in MESSAGE_KEYS)
    # an error may be a text or an object with a message
    texts = (value.get("message") if isinstance(value, dict) else value for value in given)
    said = next((text for text in texts if isinstance(text, str) and text), None)
    quoted = f" (`{error_codes.brief(said)}`)" if said else ""
    words = tr(
        "something between here and {whole} replied: HTTP {status} with {content}{quoted}, at {address}",
        whole=whole,
        status=answer.status,
        content=answer.content,
        quoted=quoted,
        address=answer.address,
    )
    hint = WAYS_OUT.get(answer.status) or (
        tr("sign in to this network in a browser, or check the proxy")
        if answer.is_page and answer.status < 400
        else tr("check the network, the proxy and {base_variable}", base_variable=BASE_VARIABLE)
    )
    return ServerFault(words, hint=hint, retry_after=answer.retry_after)


def upload_fault(answer: Answer, name: str) -> ServerFault | None:
    """The fault of a reply to an upload; None for a success, which has no body (service.md 5)."""
    if is_fine(answer.status) and _stored(answer.body):
        return None
    said = storage_words(answer.body)
    if said is None:
        return in_between(answer, tr("the storage of uploads"))
    words = tr("the upload of `{name}` was refused (HTTP {status}: {said})", name=name, status=answer.status, said=said)
    return ServerFault(words, hint=tr("run again later"), retry_after=answer.retry_after)


def _stored(body: bytes) -> bool:
    """Whether the body of a success is one of a storage: none, its own XML, or the JSON of a callback without an error.

    OSS gives what a callback replied as the body; a relay of uploads does the same.
    """
    if not body.strip() or b"<PostResponse>" in body:
        return True
    try:
        reply = decode.parse_reply(body)
    except ValueError:
        return False
    return isinstance(reply, dict) and not reply.keys() & {*MESSAGE_KEYS, "code", "error_code"}


def download_fault(answer: Answer) -> ServiceFault | None:
    """The fault of a reply to a download, by the beginning of its body; None for a result.

    A refused address is ResultExpired. A portal replies to everything with a web page of status 200.
    """
    if answer.status in {200, 206} and not answer.is_page:
        return None
    said = storage_words(answer.body)
    if answer.status in {403, 404, 410} and not answer.is_page:
        words = f"HTTP {answer.status}: {said}" if said else f"HTTP {answer.status}"
        return ResultExpired(
            tr("the result's address is refused ({words})", words=words), retry_after=answer.retry_after
        )
    if said is None:
        return in_between(answer, tr("the result"))
    return ServerFault(
        tr("the download failed (HTTP {status}: {said})", status=answer.status, said=said),
        retry_after=answer.retry_after,
    )


def storage_words(body: bytes) -> str | None:
    """What the storage says in its XML error (service.md 5); None for any other body."""
    code, message = _STORAGE_ERROR.search(body), _STORAGE_MESSAGE.search(body)
    if code is None:
        return None
    parts = [found[1].decode(errors="replace") for found in (code, message) if found is not None]
    return error_codes.brief(": ".join(parts))
