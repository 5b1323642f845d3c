"""The last lines of a run in words."""

from __future__ import annotations

from wanflow.errors import ExitCode
from wanflow.report.text.summary import outcome_lines
from wanflow.runner.events import Outcome


def test_a_run_that_waits_for_a_pick_ends_with_what_to_do() -> None:
    """Its last line names the commands; a run that is blocked by something else has no such line."""
    assert "wanflow pick SHOT N" in outcome_lines(Outcome(ExitCode.STOPPED, rendered=2, blocked=1))[-1]
    assert not any("pick" in line for line in outcome_lines(Outcome(ExitCode.FAILED, blocked=1)))
