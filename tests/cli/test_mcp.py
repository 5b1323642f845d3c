"""`wanflow mcp`: the commands as tools, asked by the official client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from cli.conftest import Wanflow, bought, paid_production
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from kit.project import rewrite
from kit.providers import ANIMATIC
from kit.served import PATIENCE_SECONDS
from wanflow import api
from wanflow.agents.server import INSTRUCTIONS, make_server
from wanflow.agents.tools import MOST_CHARACTERS, TOOLS, CallRefused, Session, bounded
from wanflow.cli.exit_code import without_secrets
from wanflow.cli.hints import pasteable_json
from wanflow.cli.main import COMMANDS
from wanflow.errors import ExitCode
from wanflow.money import Cost, parse_amount
from wanflow.store import run_lock
from wanflow.store.layout import Store

KEYS = {"file", "line", "column", "severity", "message", "hint", "code", "fix"}


LIMIT = parse_amount("5 CNY")


def session(limit: Cost | None = None) -> Session:
    """The production in the current folder."""
    file = Path("wanflow.yaml")
    return Session(lambda backend: api.load_sound_part(file, backend=backend), lambda: api.validate(file), limit)


def call(name: str, given: Mapping[str, object] | None = None, *, with_session: Session | None = None) -> Any:
    """What a tool answers, in this process: its value, which its text says as well."""

    async def ask() -> Any:
        async with Client(make_server(with_session or session(), without_secrets, pasteable_json)) as client:
            return await client.call_tool(name, dict(given or {}))

    result = anyio.run(ask)
    (text,) = result.content
    assert json.loads(text.text) == result.structured_content
    assert "\x1b" not in text.text
    assert result.is_error is ("errors" in result.structured_content)
    return result.structured_content


def printed(wanflow: Wanflow, *words: str) -> Any:
    """The JSON of a command."""
    return json.loads(wanflow(*words).out)


def test_the_tools_answer_as_the_commands_do(wanflow: Wanflow, rendered: Path) -> None:
    """The same JSON, in a mapping."""
    assert call("validate") == {"problems": printed(wanflow, "validate", "--format", "json")}
    assert call("plan", {"select": ["coast"]}) == printed(wanflow, "plan", "coast", "--json")
    assert call("plan", {"backend": "dashscope"}) == printed(wanflow, "plan", "--backend", "dashscope", "--json")
    assert call("show", {"node": "coast"}) == printed(wanflow, "show", "coast", "--json")
    assert call("status") == {"shots": printed(wanflow, "status", "--json"), "problems": []}
    assert call("status", {"select": ["coast"]})["shots"] == printed(wanflow, "status", "--json")[:1]
    assert call("takes", {"exclude": ["coast"]})["takes"] == printed(wanflow, "takes", "--exclude", "coast", "--json")
    assert call("check") == {"takes": printed(wanflow, "check", "--json")}
    assert call("why", {"node": "cut:main"})["lines"] == wanflow("why", "cut:main").out.splitlines()


def test_a_model_retakes_runs_and_picks(wanflow: Wanflow, rendered: Path) -> None:
    """On the animatic, for nothing; each answer says what a run would do next."""
    asked = call("retake", {"select": ["coast"]})
    assert (asked["retakes"], asked["backend"]) == ([{"shot": "coast", "more": 1}], "animatic")
    ended = call("run", {"select": ["coast"]}, with_session=session(LIMIT))
    assert (ended["exit_code"], ended["submitted"], ended["backend"]) == (0, 1, "animatic")
    picked = call("pick", {"shot": "coast", "take": 2})
    assert picked["picked"] == {"shot": "coast", "take": 2, "current": True, "held": False}
    assert "1 take" in picked["next_run"]
    assert [row["take"] for row in printed(wanflow, "takes", "coast", "--json") if row["picked"]] == [2]


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("plan", {"select": ["nowhere"]}, "matches-no-shot-scene-or"),
        ("plan", {"select": "coast"}, "not-list"),
        ("plan", {"file": "../other.yaml"}, "unknown-argument"),
        ("show", {}, "missing"),
        ("show", {"node": "../../secret"}, "no-node-called"),
        ("pick", {"shot": "coast", "take": 0}, "not-whole-number-from-1"),
        ("pick", {"shot": "coast", "take": "1"}, "not-whole-number"),
        ("pick", {"shot": "coast", "take": -1}, "not-whole-number-from-1"),
        ("retake", {"select": ["coast"], "more": 10**9}, "not-whole-number-from-1"),
        ("retake", {"select": []}, "select-empty"),
        ("status", {"backend": "../elsewhere"}, "backend-not-one"),
        ("plan", {"select": ["\x1b[31mcoast"]}, "matches-no-shot-scene-or"),
        ("pick", {"shot": "coast", "take": 7}, "has-no-take"),
        ("run", {}, "no-tool-called"),
        ("delete", {}, "no-tool-called"),
    ],
)
def test_a_wrong_call_is_an_error_with_a_code(film: Path, name: str, given: dict[str, object], code: str) -> None:
    """Never a traceback, and nothing is done; the form is that of every error."""
    before = sorted(Path().rglob("*"))
    (error,) = call(name, given)["errors"]
    assert (set(error), error["code"]) == (KEYS, code)
    assert [path for path in Path().rglob("*") if path not in before and ".wanflow" not in path.parts] == []


def test_a_broken_production_is_told_with_place_and_fix(film: Path) -> None:
    """By each tool that needs it; the shots that are sound are listed beside."""
    rewrite(film, "tail: 2", "tial: 2")
    (problem,) = call("validate")["problems"]
    assert (problem["code"], problem["fix"]["text"], problem["line"]) == ("unknown-key", "tail", 20)
    for name, given in (("plan", {}), ("show", {"node": "coast"}), ("pick", {"shot": "coast", "take": 1})):
        assert call(name, given)["errors"] == [problem]
    listed = call("status")
    assert ([row["shot"] for row in listed["shots"]], listed["problems"]) == (["coast"], [problem])


def test_text_that_is_no_yaml_is_told_with_its_place(film: Path) -> None:
    """By every tool; none ends with a bug."""
    film.write_text("shots: {coast: [", encoding="utf-8")
    (problem,) = call("validate")["problems"]
    assert (problem["file"], problem["line"]) == ("wanflow.yaml", 1)
    assert call("status")["problems"] == call("plan")["errors"] == [problem]


def test_a_long_result_is_cut_and_says_what_it_lacks() -> None:
    """The longest list is halved; a long text is refused."""
    document = {"notes": ["short"], "steps": [{"node": f"shot{number}", "text": "x" * 1000} for number in range(500)]}
    kept = bounded(document)
    assert MOST_CHARACTERS / 3 < len(json.dumps(kept)) < MOST_CHARACTERS
    assert (kept["notes"], kept["left_out"]) == (["short"], {"steps": 500 - len(kept["steps"])})
    assert kept["steps"] == document["steps"][: len(kept["steps"])] != []
    assert bounded({"steps": []}) == {"steps": []}
    with pytest.raises(CallRefused, match="longer than 100000 characters"):
        bounded({"body": {"prompt": "x" * MOST_CHARACTERS}})


def test_a_budget_is_for_all_runs_of_a_server(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that could cost more than what is left is refused before anything is sent; so is another currency."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-secret-0123456789abcdef")
    poor = session(parse_amount("1 CNY"))
    (error,) = call("run", {"backend": "dashscope"}, with_session=poor)["errors"]
    assert error["code"] == "run-would-exceed-limit"
    rich = session(parse_amount("100 CNY"))
    rich.reserved = parse_amount("99.50 CNY").amount or rich.reserved
    (error,) = call("run", {"backend": "dashscope"}, with_session=rich)["errors"]
    assert error["code"] == "run-would-exceed-limit"
    (error,) = call("run", {"backend": "dashscope"}, with_session=session(parse_amount("9 USD")))["errors"]
    assert error["code"] == "prices-in-but-budget-in"


def test_no_key_is_in_an_answer(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a prompt has it."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-secret-0123456789abcdef")
    rewrite(film, "The lighthouse comes near.", "The lighthouse sk-secret-0123456789abcdef comes near.")
    assert "sk-secret-0123456789abcdef" not in json.dumps(call("show", {"node": "approach"}))


def test_a_bug_is_said_without_its_text(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gets its name; the traceback is on stderr."""
    broken = session()
    broken.problems = partial(lambda words: {}[words], "private words")
    (error,) = call("validate", with_session=broken)["errors"]
    assert (error["code"], error["message"]) == ("bug", "this is a bug in wanflow: KeyError")


def test_a_run_tells_its_progress_and_ends_when_it_is_cancelled(film: Path) -> None:
    """Each finished step is one report; a cancelled call leaves a production that the next run completes."""
    told: list[tuple[float, float | None, str | None]] = []

    async def note(done: float, total: float | None, words: str | None) -> None:
        told.append((done, total, words))

    async def cancelled() -> None:
        async with Client(make_server(session(LIMIT), without_secrets, pasteable_json)) as client:
            with anyio.CancelScope() as scope:

                async def stop(done: float, total: float | None, words: str | None) -> None:
                    await note(done, total, words)
                    scope.cancel()

                await client.call_tool("run", {}, progress_callback=stop)

    async def whole() -> Any:
        async with Client(make_server(session(LIMIT), without_secrets, pasteable_json)) as client:
            return await client.call_tool("run", {}, progress_callback=note)

    anyio.run(cancelled)
    assert [words for _, _, words in told] == ["coast.t1: done"]
    ended = anyio.run(whole).structured_content
    assert (ended["exit_code"], ended["submitted"]) == (0, 1)
    assert told[-1][2] == "cut:main: done"


def test_over_stdio_a_client_lists_and_calls(film: Path) -> None:
    """The command in a process of its own, where nothing but the protocol is on stdout."""

    async def ask() -> Any:
        server = StdioServerParameters(command=sys.executable, args=["-m", "wanflow", "mcp", "-f", str(film)])
        async with Client(server) as client:
            return (await client.list_tools()).tools, await client.call_tool("plan", {})

    tools, result = anyio.run(ask)
    assert [tool.name for tool in tools] == [name for name in TOOLS if name != "run"]
    assert {tool.name for tool in tools if not tool.annotations.read_only_hint} == {"check", "pick", "retake"}
    assert list(session(LIMIT).tools) == list(TOOLS)
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
    assert result.structured_content["totals"]["render"] == 2


def test_a_signal_ends_a_server_whose_client_stays(film: Path) -> None:
    """Nothing waits for the next line of stdin."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    command = [sys.executable, "-m", "wanflow", "mcp", "-f", str(film)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(call).encode() + b"\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "wanflow"
        server.terminate()
        assert server.wait(PATIENCE_SECONDS) == ExitCode.INTERRUPTED


@pytest.mark.parametrize("words", [("--allow-run",), ("--budget", "5 CNY")])
def test_spending_needs_leave_and_a_limit(wanflow: Wanflow, film: Path, words: tuple[str, ...]) -> None:
    """One without the other is a mistake."""
    done = wanflow("mcp", *words)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: `--allow-run` and `--budget` need each other")


def test_a_missing_production_ends_the_command(wanflow: Wanflow) -> None:
    """With what every command says, before a client is served."""
    done = wanflow("mcp", "-f", "nope.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err == wanflow("plan", "-f", "nope.yaml").err != ""


def test_commands_in_messages_are_tools_by_name() -> None:
    """The instructions say so, and every tool has the name of a command."""
    assert "such as `wanflow plan`, call the tool of its name" in INSTRUCTIONS
    assert "A `-f` in it names this production" in INSTRUCTIONS
    assert set(TOOLS) <= COMMANDS.keys()


def test_without_its_package_the_command_says_what_to_install(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named as pip takes it."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"mcp", "mcp_types"}]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "wanflow.agents.server", raising=False)
    done = wanflow("mcp")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: the package `mcp` is not installed\nhint: `pip install 'wanflow[mcp]'` installs it\n"


def test_what_a_run_spends_is_no_longer_there_for_the_next(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan says what the budget lacks; a retake beyond it is refused and sends nothing."""
    text = "wanflow: 1\nbackend: dashscope\ndefaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}\n"
    text += "shots:\n  coast: {first_frame: sets/coast.png, prompt: a coast}\n"
    with paid_production(film, text, monkeypatch) as service:
        limited = session(parse_amount("2 CNY"))
        ended = call("run", with_session=limited)
        assert (ended["exit_code"], ended["cost"]["amount"]) == (0, "1.20")
        assert limited.left == parse_amount("0.80 CNY")
        call("retake", {"select": ["coast"]}, with_session=limited)
        assert "0.80 CNY" in call("plan", with_session=limited)["notes"][0]
        (error,) = call("run", with_session=limited)["errors"]
        assert (error["code"], bought(service)) == ("run-would-exceed-limit", 1)


def test_a_run_that_another_one_excludes_costs_nothing(rendered: Path) -> None:
    """Two servers of one production: each says that the other works, and its budget stays."""
    call("retake", {"select": ["coast"]})
    mine = session(LIMIT)
    with run_lock.hold(Store(rendered.parent, ANIMATIC)):
        assert call("status")["shots"][0]["shot"] == "coast"
        (error,) = call("run", with_session=mine)["errors"]
    assert "another" in error["message"]
    assert mine.left == LIMIT
