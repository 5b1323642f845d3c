"""File systems that cannot do what others can: the system's calls refuse as such a file system makes them refuse."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable

import pytest

Refusing = Callable[..., object]

WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""What NFS without its lock service, AFP and Lustre say."""

LOCKLESS = """
import errno, fcntl, os
def refuse(*_):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
fcntl.flock = refuse
"""
"""The beginning of a program that runs on a file system without locks."""


def refusing(code: int) -> Refusing:
    """A call that fails with an error of the system."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


def without_locks(patch: pytest.MonkeyPatch, code: int = errno.ENOLCK) -> None:
    """No file can be locked."""
    patch.setattr(fcntl, "flock", refusing(code))


def without_modes(patch: pytest.MonkeyPatch, code: int = errno.EPERM) -> None:
    """No mode can be changed."""
    for name in ("chmod", "fchmod"):
        patch.setattr(os, name, refusing(code))


def without_flush(patch: pytest.MonkeyPatch, code: int = errno.EINVAL) -> None:
    """A folder can't be flushed; files can."""
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(code, os.strerror(code))
        real(handle)

    patch.setattr(os, "fsync", fsync)
