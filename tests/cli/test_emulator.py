"""`wanflow emulator` as a process: what it says first, whom it lets in, how it ends, what it keeps."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kit.served import PATIENCE_SECONDS

BODY = {
    "model": "wan2.7-i2v",
    "input": {"prompt": "p", "media": [{"type": "first_frame", "url": "https://h.example/a.png"}]},
    "parameters": {"resolution": "720P", "duration": 2},
}


@contextmanager
def emulator(*words: str, key: str = "") -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The process, and a client with the key that it should have."""
    environ = {**os.environ, "DASHSCOPE_API_KEY": key}
    command = [sys.executable, "-m", "wanflow", "emulator", *words]
    with subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {key or 'sk-animatic'}", "X-DashScope-Async": "enable"}
        try:
            with httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE_SECONDS) as client:
                yield process, client
        finally:
            process.kill()


def submit(client: httpx.Client) -> str:
    """The id of a task."""
    reply = client.post("/services/aigc/video-generation/video-synthesis", json=BODY)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["output"]["task_id"])


def state(client: httpx.Client, task_id: str) -> str:
    """The status of a task."""
    return str(client.get(f"/tasks/{task_id}").json()["output"]["task_status"])


def final_state(client: httpx.Client, task_id: str) -> str:
    """How a task ended; looks as often as it is let."""
    while (now := client.get(f"/tasks/{task_id}")).status_code == 429 or _running(now):
        continue
    return str(now.json()["output"]["task_status"])


def _running(reply: httpx.Response) -> bool:
    return reply.json()["output"]["task_status"] in {"PENDING", "RUNNING"}


def test_its_first_line_is_where_it_is(tmp_path: Path) -> None:
    """Connections are taken by then; its key is `sk-animatic`, and any other is a 401."""
    with emulator("--speed", "100") as (_, client):
        assert str(client.base_url).startswith("http://127.0.0.1:")
        assert str(client.base_url).endswith("/api/v1/")
        assert client.get("/tasks/never-was").status_code == 200
        assert client.get("/tasks/x", headers={"Authorization": "Bearer sk-other"}).status_code == 401
        assert final_state(client, submit(client)) == "SUCCEEDED"


def test_clients_that_complete_the_address_find_theirs_on_stderr() -> None:
    """The first line of stdout stays the base URL."""
    with emulator("--queue", "1000", "--any-model") as (process, client):
        reply = client.post("/services/aigc/image-generation/generation", json={"model": "new-1", "input": {}})
        task = client.get(f"/tasks/{reply.json()['output']['task_id']}").json()["output"]["task_status"]
        process.terminate()
        assert process.stderr is not None
        root = str(client.base_url).removesuffix("/api/v1/")
        assert process.stderr.readline() == f"clients that add `/api/v1` by themselves use {root}\n"
    assert task == "PENDING"


def test_its_key_is_the_environments() -> None:
    """Where there is one, `sk-animatic` is as wrong as any other."""
    with emulator(key="sk-mine") as (_, client):
        assert client.get("/tasks/x").status_code == 200
        assert client.get("/tasks/x", headers={"Authorization": "Bearer sk-animatic"}).status_code == 401


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_at_once_and_cleanly(sign: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a film is being made: 0, not a word, and nothing left behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with emulator("--speed", "0.01") as (process, client):
        submit(client)
        process.send_signal(sign)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
        assert process.stderr is not None
        assert process.stderr.read().count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_it_was_told_to_keep_outlives_a_kill(tmp_path: Path) -> None:
    """A task that was running goes on after the restart; one that was done stays done."""
    kept = ("--state", str(tmp_path / "kept"))
    with emulator("--speed", "100", *kept) as (_, client):
        done = submit(client)
        assert final_state(client, done) == "SUCCEEDED"
    with emulator("--speed", "0.01", *kept) as (process, client):
        running = submit(client)
        process.kill()
        process.wait()
    with emulator("--speed", "100", *kept) as (_, client):
        assert state(client, done) == "SUCCEEDED"
        assert final_state(client, running) == "SUCCEEDED"


def test_a_port_that_is_taken_is_said(wanflow) -> None:  # type: ignore[no-untyped-def]
    """With the address, and without a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = wanflow("emulator", "--port", str(port))
    assert said.code == 1
    assert f"127.0.0.1:{port}" in said.err
    assert "address already in use" in said.err


def test_a_damaged_state_is_said(wanflow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """With the file, the line and the way out."""
    (tmp_path / "tasks.jsonl").write_text("nonsense\n", encoding="utf-8")
    said = wanflow("emulator", "--state", str(tmp_path))
    assert said.code == 1
    assert "tasks.jsonl` is damaged at line 1" in said.err
    assert "hint: name another folder" in said.err


@pytest.mark.parametrize(
    ("region", "model", "status"),
    [
        ("beijing", "wan2.7-i2v", 200),
        ("virginia", "wan2.7-i2v", 404),
        ("virginia", "wan2.6-r2v", 200),
        ("virginia", "wan2.6-r2v-flash", 404),
    ],
)
def test_it_has_the_models_of_its_region(region: str, model: str, status: int) -> None:
    """What a region does not have does not exist there (service.md 1.2)."""
    body = {**BODY, "model": model}
    with emulator("--region", region) as (_, client):
        reply = client.post("/services/aigc/video-generation/video-synthesis", json=body)
        assert reply.status_code == status, reply.text
        assert status == 200 or reply.json()["message"] == "Model not exist."


def test_a_state_inside_a_store_is_kept_out_of_git(tmp_path: Path) -> None:
    """Films and signed addresses of the emulator are no more for git than those of a run."""
    with emulator("--port", "0", "--state", str(tmp_path / ".wanflow" / "emulated")):
        assert (tmp_path / ".wanflow" / ".gitignore").read_bytes() == b"*\n"


@pytest.mark.parametrize("key", ["", "sk-animatic"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.1"])  # noqa: S104
def test_other_machines_need_a_key_of_ones_own(wanflow, host: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """The default key is known to everybody, so it ends with 2 and the way out."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", key)
    said = wanflow("emulator", "--host", host)
    assert said.code == 2
    assert f"`{host}`" in said.err
    assert "hint: set DASHSCOPE_API_KEY" in said.err


class TestState:
    """The folder of `--state`."""

    def test_its_files_are_private(self, tmp_path: Path) -> None:
        """Prompts, media and signed addresses are in them; the umask does not matter."""
        state = tmp_path / "state"
        before = os.umask(0)
        try:
            with emulator("--speed", "100", "--state", str(state)) as (_, client):
                assert final_state(client, submit(client)) == "SUCCEEDED"
        finally:
            os.umask(before)
        modes = {stat.S_IMODE(path.lstat().st_mode) for path in (state, *state.rglob("*")) if path.is_dir()}
        assert modes == {0o700}
        files = [path for path in state.rglob("*") if path.is_file()]
        assert {path.name for path in files} > {"tasks.jsonl", "secret"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}

    @pytest.mark.parametrize("name", ["uploads", "films", "tasks.jsonl", "secret"])
    def test_a_link_inside_is_refused(self, wanflow, name: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        """It leads elsewhere, where others read or lose what is written."""
        state = tmp_path / "state"
        state.mkdir()
        (state / name).symlink_to(tmp_path / "elsewhere")
        said = wanflow("emulator", "--state", str(state))
        assert (said.code, said.err.splitlines()[0]) == (2, f"error: `{state / name}` is a symbolic link")

    def test_a_folder_that_all_can_write_to_is_refused(self, wanflow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        """Anybody could lay a task there."""
        tmp_path.chmod(0o777)
        said = wanflow("emulator", "--state", str(tmp_path))
        assert said.code == 2
        assert f"hint: `chmod o-w {tmp_path}`" in said.err

    def test_a_folder_of_another_user_is_refused(  # type: ignore[no-untyped-def]
        self, wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They could read all that is kept there; root may use any, as in containers."""
        other = tmp_path.stat().st_uid + 1
        monkeypatch.setattr("wanflow.emulator.api.server.user_number", lambda: other)
        said = wanflow("emulator", "--state", str(tmp_path))
        assert (said.code, said.err.splitlines()[0]) == (2, f"error: `{tmp_path}` belongs to another user")
