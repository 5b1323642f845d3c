"""Which fault the service's words mean (service.md 4.7)."""

from __future__ import annotations

from collections.abc import Mapping

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
        (400, "invalid_parameter_error", "The provided URL does not appear to be valid", Invalid),
    ],
)
def test_a_code_is_the_fault_that_the_sheet_says(
    status: int, code: str, message: str, kind: type[ServiceFault]
) -> None:
    """Code first, then the part before its last dot, then the HTTP status."""
    fault = error_codes.fault_of_reply(status, code, message)
    assert type(fault) is kind
    assert fault.code == code
    assert (message or code) in str(fault)


@pytest.mark.parametrize(
    "reply",
    [
        {"code": "InvalidParameter", "message": "no", "request_id": "r"},
        {"code": "InvalidParameter", "message": "no"},
        {"code": "NeverHeardOf", "message": "no", "request_id": "r", "more": 1},
        {"code": "Throttling.New", "message": "", "output": None},
    ],
)
def test_the_services_envelope_has_its_code(reply: Mapping[str, object]) -> None:
    """It names the request, or has a documented code and nothing of anybody else."""
    assert error_codes.code_of(reply) == reply["code"]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"code": ""},
        {"code": 404, "message": "not found", "request_id": "r"},
        {"code": ["no"], "request_id": "r"},
        {"message": "no Route matched with those values", "request_id": "r"},
        {"code": "rest_no_route", "message": "No route was found", "data": {"status": 404}},
        {"code": "NotFound", "message": "no", "data": None},
        {"code": "NotFound"},
        {"code": "NotFound", "message": "no", "request_id": None, "path": "/api"},
        {"error": {"code": "invalid_api_key", "message": "Incorrect API key"}},
        {"timestamp": "2026-12-01", "status": 404, "error": "Not Found", "path": "/api/v1"},
    ],
)
def test_json_of_somebody_else_is_no_verdict(reply: Mapping[str, object]) -> None:
    """A relay, a gateway or a framework answers in JSON as well."""
    assert error_codes.code_of(reply) is None


@pytest.mark.parametrize("said", ["Success", "OK", "200", "0", "", None, 200, 0])
def test_a_word_for_success_is_no_error(said: object) -> None:
    """Relays put one beside what they pass on."""
    assert error_codes.code_of({"code": said, "message": "", "request_id": "r"}) is None


def test_words_without_end_are_cut_before_they_are_searched() -> None:
    """A message of addresses would take minutes to search, and a code of points as well."""
    fault = error_codes.fault_of_failure("a." * 1_000_000, "http://" * 1_000_000)
    assert len(str(fault)) < 3000
    assert len(error_codes.code_of({"code": "a." * 1_000_000, "request_id": "r"}) or "") <= error_codes.LONGEST_CODE


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
    fault = error_codes.fault_of_reply(400, "InvalidParameter", words)
    assert "https://host/film.mp4?…" in str(fault)
    assert "secret" not in str(fault)
