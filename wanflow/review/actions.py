"""What a page changes, by forms: picks, holds, retakes and runs, by the functions that the commands call."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wanflow import api
from wanflow.errors import WanflowError
from wanflow.language.production import Production
from wanflow.messages import joined, tr
from wanflow.planner.choose import Held, Picked, Released, Retake, ShotChanged
from wanflow.report.page.pages import PageAction
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.text.summary import choice_text, choice_warning, next_run_text

MOST_FORM_BYTES = 10_000
"""Maximum bytes of a form."""
MOST_FIELDS = 20
MOST_RETAKES = 1000
"""Maximum takes to ask for at once, as `retake -n` has it."""
MOST_SAID = 100
"""Maximum messages that are kept until a page shows them."""
SAID_SECONDS = 30
"""Seconds in which a page shows the message of its action."""
_FORM_TYPE = "application/x-www-form-urlencoded"

Decided = Picked | Held | Released | Retake


class ActionRefused(Exception):
    """An action that is not done: the status of the reply, and the reason for a person."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Said:
    """Messages of actions, each shown once, by the next view that the browser opens at the same address."""

    def __init__(self, cookie: str) -> None:
        self._cookie, self._texts = cookie, dict[str, str]()

    def redirect(self, address: str, words: str) -> Response:
        """The reply to an action: the view at an address, which shows the words."""
        while len(self._texts) >= MOST_SAID:
            del self._texts[next(iter(self._texts))]
        key = secrets.token_urlsafe(12)
        self._texts[key] = words
        reply = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        rest = f"Path={address}; Max-Age={SAID_SECONDS}; HttpOnly; SameSite=Strict"
        reply.headers["set-cookie"] = f"{self._cookie}={key}; {rest}"
        return reply

    def taken(self, request: Request) -> str:
        """The message for a view; empty where none waits. A live update of a page takes none from its action."""
        if request.method != "GET" or request.headers.get("x-wanflow-update"):
            return ""
        return self._texts.pop(request.cookies.get(self._cookie, ""), "")


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of an ordinary form; raises ActionRefused for any other body, and for one that is too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", _FORM_TYPE}:
        raise ActionRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, tr("an action takes an ordinary form"))
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_FORM_BYTES:
            raise ActionRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, tr("the form is too large"))
    if data and not kind:
        raise ActionRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, tr("an action takes an ordinary form"))
    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as fault:
        raise ActionRefused(HTTPStatus.BAD_REQUEST, tr("the form cannot be read")) from fault
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ActionRefused(HTTPStatus.BAD_REQUEST, tr("the form has a field twice"))
    return fields


def decide(action: PageAction, snapshot: Snapshot, shot: str, form: Mapping[str, str]) -> str:
    """Do an action on a shot as the form asks; gives what was done, as the command prints it.

    A form with `seen` is refused where the shot changed since. Raises ActionRefused.
    """
    production, plan = usable_production(snapshot), snapshot.plan
    if plan is None or shot not in snapshot.rows:
        raise ActionRefused(HTTPStatus.NOT_FOUND, tr("`{shot}` is not a shot of this production", shot=shot))
    seen = form.get("seen")
    if seen is not None and not secrets.compare_digest(seen.encode(), snapshot.seen(shot).encode()):
        raise ActionRefused(HTTPStatus.CONFLICT, tr("`{shot}` changed meanwhile: nothing was done", shot=shot))
    work = _work(action, snapshot, shot, form)
    try:
        choice = work(production, since=None if seen is None else plan.inventory.lock)
    except ShotChanged as changed:
        raise ActionRefused(HTTPStatus.CONFLICT, str(changed)) from changed
    except WanflowError as fault:
        raise ActionRefused(HTTPStatus.CONFLICT, joined("; ", filter(None, (str(fault), fault.hint)))) from fault
    warning = choice_warning(choice)
    warned = [] if warning is None else [tr("warning: {warning}", warning=warning)]
    return joined("; ", [choice_text(choice), *warned, next_run_text(api.plan(production))])


def usable_production(snapshot: Snapshot) -> Production:
    """The production that an action changes; raises ActionRefused where it has errors, as every command does."""
    if snapshot.plan is None or not snapshot.whole:
        raise ActionRefused(HTTPStatus.CONFLICT, tr("the production has errors: fix them first"))
    return snapshot.plan.graph.production


def _work(action: PageAction, snapshot: Snapshot, shot: str, form: Mapping[str, str]) -> Callable[..., Decided]:
    """The function of an action, which takes the production and the lock that it was decided on."""
    match action:
        case PageAction.PICK:
            take = whole_number(form, "take")
            if all(row.number != take or row.state == "gone" for row in snapshot.takes_of.get(shot, ())):
                raise ActionRefused(HTTPStatus.NOT_FOUND, tr("`{shot}` has no take {number}", shot=shot, number=take))
            return lambda production, since: api.pick(production, shot, take, since=since)
        case PageAction.HOLD:
            return lambda production, since: api.hold(production, [shot], since=since)[0]
        case PageAction.RELEASE:
            return lambda production, since: api.release(production, [shot], since=since)[0]
        case PageAction.RETAKE:
            more = whole_number(form, "count", 1)
            if not 1 <= more <= MOST_RETAKES:
                words = tr("`count` is a number from 1 to {most}", most=MOST_RETAKES)
                raise ActionRefused(HTTPStatus.UNPROCESSABLE_ENTITY, words)
            return lambda production, since: api.retake(production, [shot], more, since=since)[0]
        case PageAction.RUN:
            raise TypeError("a run decides about all shots")


def whole_number(form: Mapping[str, str], name: str, default: int | None = None) -> int:
    """A whole number in a form; raises ActionRefused for anything else."""
    written = form.get(name, "")
    if not written and default is not None:
        return default
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise ActionRefused(HTTPStatus.UNPROCESSABLE_ENTITY, tr("`{name}` is a whole number", name=name))
    return int(written)
