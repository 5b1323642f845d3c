"""Why a step is what it is: the closed set of reasons (cli.md, JSON)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The reasons that exist; adding one means documenting it in cli.md."""

    NEW = "new"
    PROMPT_CHANGED = "prompt-changed"
    PARAMETER_CHANGED = "parameter-changed"
    INPUT_CHANGED = "input-changed"
    INPUT_WILL_CHANGE = "input-will-change"
    MORE_TAKES = "more-takes"
    RETAKE = "retake"
    TASK_LOST = "task-lost"
    REFUSED_BEFORE = "refused-before"
    UP_TO_DATE = "up-to-date"
    IN_STORE = "in-store"
    TWIN = "twin"
    HELD = "held"
    IN_FLIGHT = "in-flight"
    NOT_HERE = "not-here"
    NEEDS_PICK = "needs-pick"
    INPUT_FAILED = "input-failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code for programs and a text for people; the text names what differs."""

    code: Code
    text: str

    def to_json(self) -> dict[str, str]:
        """As `plan --json` prints it."""
        return {"code": self.code.value, "text": self.text}
