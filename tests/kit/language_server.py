"""The yaml-language-server that VS Code, Neovim and others run, asked as an editor asks it: JSON-RPC over stdio."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

VERSION = "1.25.0"
"""Pinned; 2.0 asks for a newer Node than Debian has."""
SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
CURSOR = "|"

Json = dict[str, Any]


class NotInstalled(Exception):
    """Node is missing, or the package cannot be fetched; the text says which."""


def install(folder: Path) -> Path:
    """Fetch the server into a folder; gives the file that Node runs. Raises NotInstalled."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotInstalled("there is no Node.js with npm on this machine")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix", str(folder)]
    argv = [npm, "install", *quiet, f"yaml-language-server@{VERSION}"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        raise NotInstalled(f"npm can't fetch yaml-language-server: {done.stderr.strip()[-200:]}")
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


@dataclass
class LanguageServer:
    """A server that runs, and the documents that were opened in it, all in one folder."""

    folder: Path
    _asks: IO[bytes]
    _says: IO[bytes]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _noted: dict[str, list[Json]] = field(default_factory=dict)

    def marks(self, text: str) -> list[tuple[int, int, str]]:
        """What it marks in a text: line and column as people count them, and the words."""
        uri = self._open(text)
        while uri not in self._noted:
            self._take()
        starts = [(mark["range"]["start"], mark["message"]) for mark in self._noted[uri]]
        return sorted((start["line"] + 1, start["character"] + 1, message) for start, message in starts)

    def proposals(self, text: str) -> list[str]:
        """What it would complete at the cursor, `|`."""
        found = self._at_cursor("textDocument/completion", text)
        return [item["label"] for item in (found["items"] if isinstance(found, dict) else found)]

    def hover(self, text: str) -> str:
        """What it shows over the cursor, `|`."""
        found = self._at_cursor("textDocument/hover", text)
        return str(found["contents"]["value"]) if found else ""

    def start(self) -> None:
        """Shake hands."""
        capabilities = {
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            }
        }
        self._ask("initialize", {"processId": None, "rootUri": self.folder.as_uri(), "capabilities": capabilities})
        self._note("initialized", {})
        self._note("workspace/didChangeConfiguration", {"settings": {"yaml": SETTINGS}})

    def stop(self) -> None:
        """Say goodbye."""
        self._ask("shutdown", None)
        self._note("exit", None)

    def _at_cursor(self, method: str, text: str) -> Any:
        before, _, after = text.partition(CURSOR)
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self._ask(method, {"textDocument": {"uri": self._open(before + after)}, "position": position})

    def _open(self, text: str) -> str:
        uri = (self.folder / f"{next(self._numbers)}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._note("textDocument/didOpen", {"textDocument": document})
        return uri

    def _ask(self, method: str, parameters: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _note(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _take(self) -> Json:
        """The server's next message; what it asks is answered, and what it marks kept."""
        message = self._receive()
        if "method" in message and "id" in message:
            wanted = message["params"]["items"] if message["method"] == "workspace/configuration" else []
            answers = [SETTINGS if item.get("section") == "yaml" else None for item in wanted]
            self._send({"id": message["id"], "result": answers or None})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._noted[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._asks.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._asks.flush()

    def _receive(self) -> Json:
        size = 0
        for line in iter(self._says.readline, b"\r\n"):
            assert line, "the server ended"
            name, _, value = line.decode().partition(":")
            size = int(value) if name.lower() == "content-length" else size
        message: Json = json.loads(self._says.read(size))
        return message


@contextmanager
def running(server: Path, folder: Path) -> Iterator[LanguageServer]:
    """The server, working for an editor that has a folder open."""
    argv = ["node", str(server), "--stdio"]
    with subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            client = LanguageServer(folder, process.stdin, process.stdout)
            client.start()
            yield client
            client.stop()
        finally:
            process.kill()
