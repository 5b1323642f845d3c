"""The emulator on a socket: a service for any client of the vendor's protocol."""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import uvicorn
from starlette.types import ASGIApp as Application

from wanflow.emulator.api.account import KEY, VENDOR, AccountLimits, AccountTerms
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.fault_script import read_script
from wanflow.emulator.api.task_log import TaskLog
from wanflow.emulator.film.animatic import open_animatic
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.local_jobs import LocalJobs

KEY_VARIABLE = "DASHSCOPE_API_KEY"
FAREWELL_SECONDS = 2
"""How long a client that is still reading is waited for at the end."""


class CannotListen(OSError):
    """The address can't be listened on."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how to serve.

    `port` 0 is any free one; `state` is where tasks and files outlive the emulator, None where they don't; task times
    are divided by `speed`; `strict` judges bodies at submit; `faults` is a script of what goes wrong on purpose. It
    has the models of one `region`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    speed: Fraction = Fraction(1)
    strict: bool = False
    limits: AccountLimits = VENDOR
    faults: Path | None = None
    region: str = "beijing"


async def serve(serving: Serving, environ: Mapping[str, str], jobs: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; `announce` is told the base URL once connections are taken.

    Raises CannotListen, ToolMissing where there is no ffmpeg, StateUnreadable for a state that can't be gone on from,
    ScriptUnreadable for a fault script that is none.
    """
    async with listening(serving, environ, jobs) as (server, base_url), anyio.create_task_group() as group:
        group.start_soon(_end_on_signal, server)
        announce(base_url)
        await server.run()
        group.cancel_scope.cancel()


class Server:
    """A uvicorn server on a socket that listens already."""

    def __init__(self, app: Application, sock: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", timeout_graceful_shutdown=FAREWELL_SECONDS, server_header=False
        )
        self._server = _Quiet(config)
        self._socket = sock

    async def run(self) -> None:
        """Answer until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Take no more connections and end."""
        self._server.should_exit = True


class _Quiet(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again before films are cleaned up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def listening(serving: Serving, environ: Mapping[str, str], jobs: int) -> AsyncIterator[tuple[Server, str]]:
    """A server that is ready to `run`, and its base URL. Leaving it ends what is being filmed."""
    terms = AccountTerms(
        key=environ.get(KEY_VARIABLE) or KEY,
        region=serving.region,
        limits=serving.limits,
        speed=serving.speed,
        strict=serving.strict,
        faults=read_script(serving.faults) if serving.faults is not None else (),
    )
    with _bound(serving.host, serving.port) as sock, _folder(serving.state) as folder:
        host, port = sock.getsockname()[:2]
        origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        ledger = TaskLog(folder / "tasks.jsonl")
        find_ffmpeg(environ)
        filming = LocalJobs(folder, jobs)
        async with open_animatic(folder, filming, root=folder, origin=origin, terms=terms, ledger=ledger) as account:
            yield Server(build_app(account), sock), f"{origin}{BASE}"


async def _end_on_signal(server: Server) -> None:
    ending = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` ignores it
        ending.append(signal.SIGHUP)
    with anyio.open_signal_receiver(*ending) as signals:
        async for _ in signals:
            server.stop()


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as fault:
        raise CannotListen(fault.errno, f"can't listen on {host}: {(fault.strerror or str(fault)).lower()}") from fault
    with sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(128)
        except OSError as fault:
            words = f"can't listen on {host}:{port}: {(fault.strerror or str(fault)).lower()}"
            raise CannotListen(fault.errno, words) from fault
        yield sock


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    if state is not None:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield state
        return
    with TemporaryDirectory(prefix="wanflow-emulator-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
