"""A process in which the code of wanflow finds itself on Windows, as far as Linux can pretend.

`python -X warn_default_encoding -P windows.py FOLDER` reads commands as JSON from its input: words for `wanflow`, each
of them in FOLDER. It imports every module of wanflow, runs the commands, and prints what happened as JSON.

Modules, functions and flags that Windows lacks do not exist for wanflow; other packages see the system as it is. Below
FOLDER the file system has the rules of Windows: its names, no links without a right, no rename or removal of a file
that is open or read-only, no folder that is opened as a file, no mode but read-only. In a command whose first word is
a backslash, a path has backslashes wherever wanflow turns one into text. A word `<FILE` keeps a file open meanwhile.
"""

# pathlib would ask the very functions that are judged here
# ruff: noqa: PTH100, PTH112, PTH115, PTH206, PTH208

from __future__ import annotations

import asyncio
import builtins
import contextlib
import errno
import fcntl
import importlib
import io
import json
import os
import pathlib
import pkgutil
import re
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

ABSENT_MODULES = frozenset({"fcntl", "pwd", "grp", "resource", "termios", "pty", "tty", "readline", "syslog", "posix"})
ABSENT = {
    "os": """
        chown chroot confstr copy_file_range ctermid environb eventfd fchdir fchmod fchown fdatasync fork forkpty
        getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid getxattr killpg
        lchown lockf memfd_create mkfifo mknod nice openpty pipe2 posix_fadvise posix_fallocate posix_spawn pread
        preadv pwrite sched_getaffinity sched_yield sendfile setpgid setpriority setsid setuid setxattr statvfs sync
        sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid PRIO_PROCESS WIFEXITED WEXITSTATUS
        O_CLOEXEC O_DIRECTORY O_DSYNC O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC O_TMPFILE
    """,
    "signal": """
        SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU
        SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer
        pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait sigwaitinfo
    """,
    "socket": "AF_UNIX MSG_DONTWAIT SO_REUSEPORT",
    "time": "tzset pthread_getcpuclockid CLOCK_MONOTONIC clock_gettime",
    "sys": "",
}
VALUES: Mapping[str, Mapping[str, object]] = {
    "os": {
        "name": "nt",
        "startfile": lambda _: None,
        "supports_dir_fd": frozenset(),
        "supports_fd": frozenset({os.stat, os.truncate}),
    },
    "sys": {"platform": "win32"},
}
REAL = {"os": os, "signal": signal, "socket": socket, "time": time, "sys": sys}

DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE | re.DOTALL)
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]\Z')
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

backslashes = set[str]()
"""Words of the command that is run while a path becomes text with backslashes; empty in between."""


class ModuleOnWindows(ModuleType):
    """A module as code on Windows finds it; what code sets there is set in the real one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__dict__.update(real=REAL[name], absent=frozenset(ABSENT[name].split()), values=VALUES.get(name, {}))

    def __getattr__(self, name: str) -> Any:
        if name in self.absent:
            raise AttributeError(f"module `{self.__name__}` has no `{name}` on Windows")
        return self.values[name] if name in self.values else getattr(self.real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.real, name, value)


def of_wanflow(depth: int) -> bool:
    """Whether code of wanflow called the caller of this."""
    return sys._getframe(depth + 1).f_globals.get("__name__", "").split(".")[0] == "wanflow"


def hide_what_windows_lacks() -> None:
    """Give wanflow modules as Windows has them; asyncio has no handlers of signals for anybody."""
    modules, real = {name: ModuleOnWindows(name) for name in ABSENT}, builtins.__import__

    def imported(name: str, names: Any = None, *rest: Any, **options: Any) -> Any:
        if (names or {}).get("__name__", "").split(".")[0] == "wanflow":
            if name in ABSENT_MODULES:
                raise ModuleNotFoundError(f"no module named `{name}` on Windows")
            if name in modules:
                return modules[name]
        return real(name, names, *rest, **options)

    def no_handler(*_: object) -> None:
        raise NotImplementedError

    builtins.__import__ = imported
    asyncio.SelectorEventLoop.add_signal_handler = no_handler


def refused(code: int, path: object) -> OSError:
    """The error of a system for a path."""
    return OSError(code, os.strerror(code), str(path))


def fault_of_name(path: str, root: str) -> bool:
    """Whether Windows takes no such name below the folder."""
    below = os.path.relpath(path, root).split(os.sep) if path.startswith(root + os.sep) else []
    return any(part != ".." and (DEVICES.fullmatch(part) or REFUSED.search(part)) for part in below)


def open_here(path: str) -> bool:
    """Whether this process has a file or a folder open."""
    held = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            held.add(os.readlink(f"/proc/self/fd/{number}"))
    return os.path.realpath(path) in held


def is_read_only(path: str) -> bool:
    """Whether a file has the attribute of Windows."""
    with contextlib.suppress(OSError):
        return stat.S_ISREG(os.lstat(path).st_mode) and not os.lstat(path).st_mode & stat.S_IWUSR
    return False


class RulesOfWindows:
    """The rules of its file system below one folder, as a hook of Python's events."""

    def __init__(self, root: str) -> None:
        self.root, self.busy = os.path.realpath(root), False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.busy or not (event == "open" or event.startswith("os.")):
            return
        self.busy = True
        try:
            self.judge(event, arguments)
        finally:
            self.busy = False

    def judge(self, event: str, arguments: tuple[Any, ...]) -> None:
        paths = [os.path.abspath(os.fsdecode(each)) for each in arguments[:2] if isinstance(each, str | bytes)]
        paths = [each for each in paths if each.startswith(self.root + os.sep)]
        if not paths:
            return
        match event:
            case "open":
                self.opened(paths[0], arguments[2], by_number=arguments[1] is None)
            case "os.mkdir" | "os.link" if fault_of_name(paths[-1], self.root):
                raise refused(errno.EINVAL, paths[-1])
            case "os.symlink":
                raise refused(errno.EPERM, paths[-1])
            case "os.rename" | "os.remove" | "os.rmdir":
                if fault_of_name(paths[-1], self.root):
                    raise refused(errno.EINVAL, paths[-1])
                loser = paths[-1]
                if any(open_here(each) for each in paths) or is_read_only(loser):
                    raise refused(errno.EACCES, loser)

    def opened(self, path: str, flags: int, *, by_number: bool) -> None:
        if fault_of_name(path, self.root):
            raise refused(errno.EINVAL, path)
        if (by_number and os.path.isdir(path)) or (flags & WRITING and is_read_only(path)):
            raise refused(errno.EACCES, path)


def obey_windows(root: str) -> None:
    """Let files below the folder obey the rules of Windows, whoever touches them."""
    rename, fsync, chmod = os.rename, os.fsync, os.chmod

    def rename_to_a_free_name(source: Any, target: Any, **options: Any) -> None:
        if os.path.lexists(target):
            raise refused(errno.EEXIST, target)
        rename(source, target, **options)

    def flush_of_a_writer(handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise refused(errno.EBADF, handle)
        fsync(handle)

    def mark_read_only(path: Any, mode: int, **options: Any) -> None:
        chmod(path, mode if os.path.isdir(path) else 0o666 if mode & stat.S_IWUSR else 0o444, **options)

    os.rename, os.fsync, os.chmod = rename_to_a_free_name, flush_of_a_writer, mark_read_only
    shutil._use_fd_functions = False  # Windows has none, and its way opens folders
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # there it is this one, which closes before it removes
    sys.addaudithook(RulesOfWindows(root))


def write_paths_with_backslashes() -> None:
    """Make a path text with backslashes where wanflow turns it into text, while that is asked for."""
    plain = pathlib.PurePath.__str__

    def written(path: pathlib.PurePath) -> str:
        return plain(path).replace("/", "\\") if backslashes and of_wanflow(1) else plain(path)

    pathlib.PurePath.__str__ = written
    pathlib.PurePath.__fspath__ = plain


def import_all() -> list[str]:
    """Import each module of wanflow; gives a line for each that failed."""
    failed = []
    package = importlib.import_module("wanflow")
    for found in pkgutil.walk_packages(package.__path__, "wanflow."):
        if not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except (ImportError, AttributeError) as fault:
                failed.append(f"{found.name}: {fault}")
    return failed


class Served(io.TextIOWrapper):
    """Output that ends a server as soon as it says its address."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if "http://127.0.0.1:" in text:
            signal.raise_signal(signal.SIGINT)
        return written


def run(words: list[str]) -> dict[str, object]:
    """What one command printed, and its exit code; for a crash its traceback."""
    start = importlib.import_module("wanflow.start")
    sys.argv = ["wanflow", *words]
    out, err = (Served(io.BytesIO(), "cp1252", "strict", write_through=True) for _ in range(2))
    crash = ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = start.main()
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
            code, crash = None, traceback.format_exc()
    texts = (stream.buffer.getvalue().decode("cp1252") for stream in (out, err))
    return {"words": words, "code": code, "crash": crash, **dict(zip(("out", "err"), texts, strict=True))}


def main() -> None:
    """Import all, run the commands, and print what happened."""
    warnings.filterwarnings("ignore", category=EncodingWarning)
    warnings.filterwarnings("error", category=EncodingWarning, module="wanflow")
    root = sys.argv[1]
    hide_what_windows_lacks()
    write_paths_with_backslashes()
    obey_windows(root)
    failed, told = import_all(), []
    os.chdir(root)
    for words in json.load(sys.stdin):
        backslashes.update(words[1:] if words[0] == "\\" else ())
        with contextlib.ExitStack() as held:
            for word in words:
                if word.startswith("<"):
                    held.enter_context(pathlib.Path(word[1:]).open("rb"))
            told.append(run([word for word in words if word[0] not in "<\\"]))
        backslashes.clear()
    print(json.dumps({"failed": failed, "told": told}))


if __name__ == "__main__":
    main()
