"""What the service can answer instead of a result, by what the caller does next (service.md 4.7)."""

from __future__ import annotations

from wanflow.errors import WanflowError


class ServiceFault(WanflowError):
    """Something the service or the way to it said no to; `code` is the service's own word, where it sent one."""

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class NotSent(ServiceFault):
    """The request surely never arrived: it may be sent again."""


class Throttled(ServiceFault):
    """Refused for speed, surely not accepted: send it again, slower."""


class ServerFault(ServiceFault):
    """The service failed on a question that is safe to ask again."""


class UnknownFate(ServiceFault):
    """A submission's reply was lost: look it up, never repeat it (law 3)."""


class Refused(ServiceFault):
    """The service refuses this content: change the words or the media."""


class Invalid(ServiceFault):
    """The service can't accept this request as it is."""


class Unauthorised(ServiceFault):
    """The key is wrong, missing or of another region."""


class WrongAddress(ServiceFault):
    """The base address in the environment can't be the one of the region."""


class NoBucket(ServiceFault):
    """The bucket that `uploads` names could not be used; nothing was submitted."""


class AccountBlocked(ServiceFault):
    """The account may not buy: arrears, no permission, quota used up."""


class TaskLost(ServiceFault):
    """The service does not know the task any more."""


class ResultExpired(ServiceFault):
    """The result's address is refused; ask the task for a fresh one."""
