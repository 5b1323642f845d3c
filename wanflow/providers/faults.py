"""What a provider can reply instead of a result, by what the caller does next (service.md 4.7)."""

from __future__ import annotations

from typing import ClassVar

from wanflow.errors import ExitCode, WanflowError


class ServiceFault(WanflowError):
    """A provider, or the way to it, failed or refused; `code` is the provider's own, where it sent one.

    `retry_after` is how many seconds the reply asks to wait. `permanent`: the same request would meet the same fault
    again.
    """

    permanent: ClassVar[bool] = False

    def __init__(
        self, message: str, *, hint: str | None = None, code: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.retry_after = retry_after


class NotSent(ServiceFault):
    """The request certainly never arrived: it may be sent again."""


class Throttled(ServiceFault):
    """Refused for speed, certainly not accepted: send it again, slower."""


class ServerFault(ServiceFault):
    """The provider failed on a call that is safe to repeat."""


class UnknownFate(ServiceFault):
    """A submission's reply was lost: look it up, never repeat it (law 3)."""

    exit_code = ExitCode.UNDECIDED
    step_exit_code = ExitCode.UNDECIDED


class Refused(ServiceFault):
    """The provider refuses this content: change the prompt or the media."""

    permanent = True


class Invalid(ServiceFault):
    """The provider cannot accept this request as it is."""

    permanent = True


class Unauthorised(ServiceFault):
    """The key is wrong, missing or of another region."""

    exit_code = ExitCode.WRONG
    step_exit_code = ExitCode.WRONG


class WrongAddress(ServiceFault):
    """The base address in the environment cannot be that of the region."""

    exit_code = ExitCode.WRONG


class KeyInProduction(ServiceFault):
    """A request holds the key itself; nothing was sent."""

    exit_code = ExitCode.WRONG


class UnusableVariable(ServiceFault):
    """A variable of the environment names a proxy or certificates that cannot be used; nothing was sent."""

    exit_code = ExitCode.WRONG


class NoBucket(ServiceFault):
    """The bucket that `uploads` names could not be used; nothing was submitted."""

    exit_code = ExitCode.WRONG


class ForbiddenAddress(ServiceFault):
    """The provider named an address that is not opened, of its result or for an upload; nothing was sent there."""


class Oversized(ServiceFault):
    """A result is larger than any of its model can be; nothing of it is kept."""


class AccountBlocked(ServiceFault):
    """The account may not buy: arrears, no permission, quota used up."""


class TaskLost(ServiceFault):
    """The provider does not know the task any more."""


class ResultExpired(ServiceFault):
    """The result's address is refused; ask the task for a fresh one."""
