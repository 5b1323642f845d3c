"""Which fault the service's words mean (service.md 4.7)."""

from __future__ import annotations

import pytest

from wanflow.providers.dashscope import error_codes
from wanflow.providers.faults import (
    AccountBlocked,
    Invalid,
    Refused,
    ServerFault,
    ServiceFault,
    TaskLost,
    Throttled,
    Unauthorised,
)
from wanflow.providers.protocol import TaskState, TaskStatus


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "InvalidParameter", "Field required: xxx", Invalid),
        (404, "InvalidParameter", "Model not exist.", Invalid),
        (400, "InvalidParameter.DataInspection", "Unable to download", ServerFault),
        (400, "DataInspectionFailed", "Output data may contain", Refused),
        (400, "IPInfringementSuspect", "", Refused),
        (400, "InvalidFile.Duration", "Invalid file duration.", Invalid),
        (400, "InvalidURL.Timeout", "Download xxx timeout", ServerFault),
        (400, "BadRequest.TooLarge", "Payload Too Large", Invalid),
        (400, "Arrearage", "Access denied", AccountBlocked),
        (401, "InvalidApiKey", "No API-key provided.", Unauthorised),
        (403, "AccessDenied", "current user api does not support synchronous calls.", Invalid),
        (403, "AccessDenied.Unpurchased", "", AccountBlocked),
        (403, "Model.AccessDenied", "", AccountBlocked),
        (429, "Throttling.RateQuota", "Requests rate limit exceeded", Throttled),
        (429, "Throttling.AllocationQuota", "Allocated quota exceeded", Throttled),
        (429, "Throttling.AllocationQuota", "Free allocated quota exceeded.", AccountBlocked),
        (429, "PrepaidBillOverdue", "", AccountBlocked),
        (500, "InternalError.Algo", "", ServerFault),
        (503, "ModelServingError", "Too many requests.", Throttled),
        (418, "NeverHeardOf", "", Invalid),
        (502, "", "", ServerFault),
        (401, "", "", Unauthorised),
    ],
)
def test_a_code_is_the_fault_that_the_sheet_says(
    status: int, code: str, message: str, kind: type[ServiceFault]
) -> None:
    """Code first, then the part before its last dot, then the HTTP status."""
    fault = error_codes.fault_of_reply(status, {"code": code, "message": message})
    assert type(fault) is kind
    assert fault.code == (code or None)
    assert (message or code or str(status)) in str(fault)


@pytest.mark.parametrize("status", [302, 304, 403, 404, 407, 408, 413])
def test_a_page_without_a_code_is_not_the_services_word(status: int) -> None:
    """A portal, a proxy, a relay without that path: its status is told, and asking again does no harm."""
    for reply in ({}, {"code": ""}, {"code": 404}, {"code": ["no"]}, {"message": None}):
        fault = error_codes.fault_of_reply(status, reply)
        assert type(fault) is ServerFault
        assert str(fault) == f"something between here and the service replied (HTTP {status})"
        assert not error_codes.is_refusal(status, reply)
        assert not fault.permanent


@pytest.mark.parametrize("said", ["Success", "OK", "200", "0", "", None, 200, 0])
def test_a_word_for_success_is_no_error(said: object) -> None:
    """Relays put one beside what they pass on."""
    assert error_codes.code_of({"code": said}) is None


def test_words_without_end_are_cut_before_they_are_searched() -> None:
    """A message of addresses would take minutes to search, and a code of points as well."""
    fault = error_codes.fault_of_reply(400, {"code": "a." * 1_000_000, "message": "http://" * 1_000_000})
    assert len(str(fault)) < 3000
    assert len(fault.code or "") <= error_codes.LONGEST_CODE


def failed(code: str, message: str = "") -> TaskState:
    """A task that failed with this code."""
    return TaskState("t", TaskStatus.FAILED, "r", fault=error_codes.fault_of_failure(code, message))


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (failed("InvalidParameter", "Field required"), Invalid),
        (failed("DataInspectionFailed"), Refused),
        (failed("InternalError"), ServerFault),
        (TaskState("t", TaskStatus.FAILED, "r"), ServerFault),
        (TaskState("t", TaskStatus.UNKNOWN, "r"), TaskLost),
        (TaskState("t", TaskStatus.CANCELED, "r"), Invalid),
    ],
)
def test_a_task_that_did_not_succeed_is_a_fault(state: TaskState, kind: type[ServiceFault]) -> None:
    """The codes of replies mean the same inside a task; a forgotten task is lost."""
    assert type(state.failure) is kind


def test_an_address_in_the_services_words_loses_its_signature() -> None:
    """The service repeats what it could not download, which may be a result's address that we passed on."""
    words = "Failed to download https://host/film.mp4?Expires=1&Signature=secret, please check"
    fault = error_codes.fault_of_reply(400, {"code": "InvalidParameter", "message": words})
    assert "https://host/film.mp4?…" in str(fault)
    assert "secret" not in str(fault)
