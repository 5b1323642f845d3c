"""The emulator on a socket, for any client of the vendor's API."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from wanflow.emulator.api.access import OwnHosts
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.endpoint import KEY, VENDOR, AccountLimits, AccountTerms
from wanflow.emulator.api.fault_script import read_script
from wanflow.emulator.api.order import Grade
from wanflow.emulator.api.tasks import TaskLog
from wanflow.emulator.film.render import open_animatic
from wanflow.errors import ExitCode, WanflowError
from wanflow.file_state import user_number
from wanflow.hosts import is_loopback
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.jobs import LocalJobs
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.schemas import ModelFiles
from wanflow.web.server import Server, listening_socket

KEY_VARIABLE = "DASHSCOPE_API_KEY"
SPARE_BYTES = 10**9
"""Bytes of the disk that uploads leave free."""


class KeyRequired(WanflowError):
    """The default key does not keep other machines out."""

    exit_code = ExitCode.WRONG


class UnsafeState(WanflowError):
    """Other users can read or prepare the folder of `--state`."""

    exit_code = ExitCode.WRONG


@immutable
class Serving:
    """Where and how to serve the models of one `region`.

    `port` 0 means any free port; `names` are host names that requests may have besides `host`. `state` is the folder
    that keeps tasks and files, None a temporary one. Task times are divided by `speed`; `strict` checks bodies at
    submit. A task stays PENDING for `queue` seconds. `any_model` draws cards for models that the catalog does not have.
    `faults` is a fault script. `models` are those that it knows, None for those that ship. Films have
    this `grade`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    names: tuple[str, ...] = ()
    speed: Fraction = Fraction(1)
    strict: bool = False
    queue: float = 0
    any_model: bool = False
    limits: AccountLimits = VENDOR
    faults: Path | None = None
    region: str = "beijing"
    models: ModelFiles | None = None
    grade: Grade = Grade.FINAL


async def serve(serving: Serving, environ: Mapping[str, str], jobs: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; `announce` gets the base URL once the server accepts connections.

    Raises CannotListen, KeyRequired for the default key on an address that is not loopback, ToolMissing without ffmpeg,
    StateUnreadable for a damaged state, UnsafeState for one that other users can reach, and ScriptUnreadable for an
    invalid fault script.
    """
    async with listening(serving, environ, jobs) as (server, base_url):
        await server.run_until_signal(partial(announce, base_url))


@asynccontextmanager
async def listening(serving: Serving, environ: Mapping[str, str], jobs: int) -> AsyncIterator[tuple[Server, str]]:
    """A server that is ready to `run`, and its base URL; leaving it ends all filming.

    Raises as `serve` does.
    """
    key = environ.get(KEY_VARIABLE) or KEY
    if key == KEY and not is_loopback(serving.host):
        raise KeyRequired(
            tr(
                "the emulator needs a key of its own to listen on `{host}`: other machines can reach it",
                host=serving.host,
            ),
            hint=tr("set {key_variable} to a key that you make up, or listen on 127.0.0.1", key_variable=KEY_VARIABLE),
        )
    terms = AccountTerms(
        key=key,
        region=serving.region,
        limits=serving.limits,
        speed=serving.speed,
        strict=serving.strict,
        queue=serving.queue,
        any_model=serving.any_model,
        faults=read_script(serving.faults) if serving.faults is not None else (),
    )
    with listening_socket(serving.host, serving.port) as (sock, origin), _folder(serving.state) as folder:
        ledger = TaskLog(folder / "tasks.jsonl")
        find_ffmpeg(environ)
        filming = LocalJobs(folder, jobs)
        async with open_animatic(
            folder,
            filming,
            root=folder,
            grade=serving.grade,
            origin=origin,
            terms=terms,
            models=serving.models,
            ledger=ledger,
            spare_bytes=SPARE_BYTES,
        ) as account:
            yield Server(OwnHosts(build_app(account), serving.host, serving.names), sock), f"{origin}{BASE}"


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """The folder of the state, which nobody else may have prepared."""
    if state is None:
        with TemporaryDirectory(prefix="wanflow-emulator-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = state.stat()
    if (user := user_number()) and facts.st_uid != user:  # root works in containers, on folders of other users
        raise UnsafeState(
            tr("`{state}` belongs to another user", state=state), hint=tr("name a folder of your own with `--state`")
        )
    if os.name == "posix" and facts.st_mode & stat.S_IWOTH:  # elsewhere the mode says nothing of other users
        hint = tr("`chmod o-w {folder}`, or name another folder with `--state`", folder=shlex.quote(str(state)))
        raise UnsafeState(tr("every user can write to `{state}`", state=state), hint=hint)
    for name in ("uploads", "films", "tasks.jsonl", "secret"):
        if (state / name).is_symlink():
            raise UnsafeState(tr("`{state}` is a symbolic link", state=state / name), hint=tr("remove the link"))
    yield state
