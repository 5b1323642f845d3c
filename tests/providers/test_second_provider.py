"""A second paid provider is a folder, two files of the catalog, one line of wiring and `make docs`: nothing else is touched.

The test makes a copy of wanflow, adds Kino to it (an invented vendor: other paths, JSON, states, header and currency),
and renders a film by Kino's service on loopback. `second_provider/` has all that is added.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image

from kit.clips import numbered_clip
from wanflow.catalog.provider import load_providers
from wanflow.schemas import data_folder
from wanflow.wiring import CONNECTORS

HERE = Path(__file__).parent / "second_provider"
CHECKOUT = Path(__file__).parents[2]
KEY = "kino-secret"
FILM = """\
wanflow: 1
backend: kino
budget: 1 USD
defaults: {model: kino-1}
shots:
  sea: {first_frame: sea.png, prompt: "Waves, softly.", duration: 2, seed: 7}
cuts: {main: [sea]}
"""
RENDER = """\
import functools, json
import anyio, wanflow
plan = wanflow.plan(wanflow.load("wanflow.yaml"))
outcome = anyio.run(functools.partial(wanflow.run, plan, poll_seconds=0.05))
failures = [[failure.message, failure.hint] for failure in outcome.failures]
print(json.dumps({"plan": plan.to_json(), "code": outcome.exit_code, "failures": failures}))
"""


@dataclass(slots=True)
class Kino:
    """The vendor's service: what it was asked, and whether the reply to a submission gets lost."""

    film: bytes
    url: str = ""
    silent: bool = False
    submitted: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    looks: int = 0


def handler_of(kino: Kino) -> type[BaseHTTPRequestHandler]:
    """What answers for a service."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def reply(self, status: int, body: bytes) -> None:
            """Send a whole response."""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def read(self) -> bytes:
            """Note a request, and give its body."""
            kino.asked.append((self.command, self.path, dict(self.headers)))
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def do_POST(self) -> None:
            """An upload."""
            self.read()
            self.reply(200, b'{"place": "kino://sea"}')

        def do_PUT(self) -> None:
            """A submission."""
            kino.submitted.append(json.loads(self.read()))
            if kino.silent:
                self.close_connection = True
            else:
                self.reply(201, b'{"job": "job-1"}')

        def do_GET(self) -> None:
            """A look at the job, or the film itself."""
            self.read()
            kino.looks += 1
            if self.path == "/film.mp4":
                self.reply(200, kino.film)
            elif kino.looks == 1:
                self.reply(200, b'{"phase": "working"}')
            else:
                self.reply(200, json.dumps({"phase": "done", "film": f"{kino.url}/film.mp4", "billed_s": 2}).encode())

    return Handler


@pytest.fixture
def kino(tmp_path: Path) -> Iterator[Kino]:
    """The service on loopback."""
    service = Kino(numbered_clip(tmp_path / "film.mp4", 60, (640, 360)).read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service))
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of wanflow with Kino: all that is added or changed is here, and what `make docs` writes of it."""
    root = tmp_path_factory.mktemp("checkout")
    for name, source in (("wanflow", CHECKOUT / "wanflow"), ("schemas", data_folder("schemas"))):
        shutil.copytree(source, root / name)
    shutil.copytree(data_folder("pipelines"), root / "pipelines")
    shutil.copytree(HERE / "kino", root / "wanflow" / "providers" / "kino")
    shutil.copy(HERE / "kino.json", root / "schemas" / "providers")
    shutil.copy(HERE / "kino-1.json", root / "schemas" / "models")
    wiring = root / "wanflow" / "wiring.py"
    text = wiring.read_text(encoding="utf-8")
    line = '    "dashscope": DashScope(),\n'
    assert text.count(line) == 1
    named = text.replace(line, f'{line}    "kino": kino.connector.Kino(),\n')
    imported = "import wanflow.providers.kino.connector\n"
    named = named.replace("from wanflow.", f"{imported}from wanflow.providers import kino\nfrom wanflow.", 1)
    wiring.write_text(named, encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, CHECKOUT / "tools" / "write_help.py"], check=True, env=environ)
    return root


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """The folder of a production for Kino."""
    folder = tmp_path / "production"
    folder.mkdir()
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    Image.linear_gradient("L").resize((640, 360)).save(folder / "sea.png")
    return folder


@dataclass(frozen=True, slots=True)
class Machine:
    """The copy at work in a production's folder."""

    copy: Path
    film: Path
    kino: Kino

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the copy."""
        environ = {**os.environ, "PYTHONPATH": str(self.copy), "KINO_URL": self.kino.url, "KINO_KEY": KEY}
        argv = [sys.executable, *words]
        return subprocess.run(argv, check=False, cwd=self.film, env=environ, capture_output=True, text=True)

    def render(self) -> dict[str, Any]:
        """Load, plan and run by the Python API."""
        done = self.call("-c", RENDER)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def wanflow(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return self.call("-m", "wanflow", *words)


@pytest.fixture
def machine(copy: Path, film: Path, kino: Kino) -> Machine:
    """Everything together."""
    return Machine(copy, film, kino)


def test_each_remote_provider_of_the_catalog_can_be_reached() -> None:
    """A provider without its line of wiring, or with a line alone, is found here and not by a run."""
    assert set(CONNECTORS) == {name for name, provider in load_providers().items() if provider.remote}


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_film_by_a_second_provider(machine: Machine) -> None:
    """Planned in its currency, sent in its JSON with its key, charged by its bill, recorded under its name."""
    done = machine.render()
    assert (done["code"], done["failures"]) == (0, [])
    assert done["plan"]["backend"] == "kino"
    assert done["plan"]["region"] == "paris"
    assert done["plan"]["totals"]["cost"] == {"amount": "0.10", "currency": "USD", "bound": "exact"}
    kino = machine.kino
    body = {"engine": "kino-1", "text": "Waves, softly.", "start_image": "kino://sea"}
    assert kino.submitted == [{**body, "render": {"length_s": 2, "noise": 7}}]
    keys = {path: headers.get("X-Kino-Key") for _, path, headers in kino.asked}
    assert keys == {"/v2/files": KEY, "/v2/films": KEY, "/v2/films/job-1": KEY, "/film.mp4": None}
    store = machine.film / ".wanflow"
    lock = (machine.film / "wanflow.lock").read_text(encoding="utf-8")
    assert '"kino-1"' in lock
    assert '"0.10"' in lock
    assert '"USD"' in lock
    events = [record["event"] for record in lines(store / "journal.kino.jsonl")]
    assert [event for event in events if event in {"intended", "accepted", "succeeded", "stored"}] == [
        *("intended", "accepted", "succeeded", "stored")
    ]
    (trace,) = lines(store / "traces.jsonl")
    assert trace["recipe"]["backend"] == "kino"
    assert (machine.film / "out" / "shots" / "sea.t1.mp4").read_bytes() == kino.film
    assert (machine.film / "out" / "main.mp4").is_file()
    assert KEY not in "".join(file.read_text(encoding="utf-8") for file in store.glob("*.json*"))
    again = machine.render()
    assert (again["code"], len(kino.submitted)) == (0, 1)


def test_a_lost_submission_goes_to_a_person_where_there_is_no_list(machine: Machine) -> None:
    """It is never sent again by itself, and the way out is named."""
    machine.kino.silent = True
    done = machine.render()
    assert done["code"] == 5
    ((message, hint),) = [failure for failure in done["failures"] if "unknown" in failure[0]]
    assert "its provider has no list of tasks" in message
    assert "wanflow resolve sea --take 1" in hint
    again = machine.render()
    assert (again["code"], len(machine.kino.submitted)) == (5, 1)
    machine.kino.silent = False
    resolved = machine.wanflow("resolve", "sea", "--take", "1", "--adopt", "job-1")
    assert resolved.returncode == 0, resolved.stderr
    assert (machine.render()["code"], len(machine.kino.submitted)) == (0, 1)


def test_the_commands_know_it(machine: Machine) -> None:
    """It is shown as it is sent, checked by `doctor`, and its models are not those of another provider."""
    shown = json.loads(machine.wanflow("show", "sea", "--json").stdout)
    assert shown["body"]["engine"] == "kino-1"
    assert shown["body"]["render"]["noise"] == 7
    assert "KINO_KEY is set" in machine.wanflow("doctor").stdout
    assert "animatic|dashscope|kino" in machine.wanflow("plan", "--help").stdout
    other = machine.wanflow("plan", "--backend", "dashscope")
    assert other.returncode != 0
    assert "`kino-1` is a model of `kino`, and the backend is `dashscope`" in other.stderr
    assert machine.wanflow("gc").returncode == 0


def test_nothing_else_was_touched(copy: Path) -> None:
    """What differs from the checkout is one line of wiring with its import; what is new is the folder and two files."""
    changed, new = [], []
    for file in copy.rglob("*"):
        if file.is_file() and file.suffix in {".py", ".json"}:
            name = file.relative_to(copy)
            origin = CHECKOUT / name
            if not origin.is_file():
                new.append(name.as_posix())
            elif origin.read_bytes() != file.read_bytes():
                changed.append(name.as_posix())
    assert changed == ["wanflow/wiring.py"]
    assert sorted(new) == [
        "schemas/models/kino-1.json",
        "schemas/providers/kino.json",
        *(f"wanflow/providers/kino/{name}.py" for name in ("__init__", "connector", "messages")),
    ]
