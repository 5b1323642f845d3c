"""Every command prints names, paths, prompts and words of a service so that nothing acts on them."""

from __future__ import annotations

import errno
import json
import logging
import re
import shutil
import subprocess
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import pytest
from PIL import Image

from kit.scripted_server import Answer, reply, scripted_server
from kit.terminals import Printed, printed
from wanflow import api
from wanflow.catalog.model import Model
from wanflow.cli.exit_code import guarded
from wanflow.cli.main import COMMANDS, find_command
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE

UNSEEN = "\u202e\u2066\u061c\u200e\u200b a\u200d\u2028\u2029\ufeff\xad\U000e0041"
"""Directions, characters without width, other line ends, a tag."""
WORDS = f"\nEVIL: x\n  ::error::x\n\u3000::stop-commands::y ##[group]x ##vso[a]b {UNSEEN} `$(touch pwned)` [red]x %0A::"
"""What a text of YAML can hold: also commands of GitHub and Azure, of a shell, and marks of rich."""
HOSTILE = f"{WORDS}\r\x1b[31mX\x1b]0;title\x07\x1b]8;;http://e\x1b\\\x1bP1$r\x9b2J\x85\r\n::error::z"
"""What an argument or a service can say beside that: escape sequences."""
NAME = WORDS.replace("/", "")
"""A name of a file."""

KEY = "sk-0123456789abcdef0123456789abcdef"

PLAIN = "wanflow: 1\ndefaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}\n"


def quoted(text: str) -> str:
    """A text in double quotes, as YAML has them."""
    return json.dumps(text, ensure_ascii=False)


FILM = f"""\
{PLAIN}
title: {quoted(WORDS)}
vars: {{light: {quoted(WORDS)}}}
cast: {{keeper: {{image: {quoted(f"sets/{NAME}.png")}, note: {quoted(WORDS)}}}}}
label: {{opening_notice: {{text: {quoted(WORDS)}}}}}
shots:
  coast:
    first_frame: {quoted(f"sets/{NAME}.png")}
    prompt: {quoted("The ${light}" + WORDS)}
    negative_prompt: {quoted(WORDS)}
    tags: [{quoted(WORDS)}]
cuts:
  main:
    output: {quoted(f"out/{NAME}.mp4")}
    subtitles: [{quoted(f"{NAME}.srt")}]
    items: [{{title: {quoted("T" + WORDS)}, duration: 1}}, coast]
"""

BROKEN = f"""\
{PLAIN}
{quoted(WORDS)}: {quoted(WORDS)}
long: {quoted(WORDS * 200)}
vars: {{{quoted(WORDS)}: {quoted(WORDS)}}}
pipelines: {{{quoted(WORDS)}: {quoted(NAME)}, p: {quoted(NAME + ".yaml")}}}
include: [{quoted(NAME)}, {quoted("x" + WORDS + "*.yaml")}]
cast: {{{quoted(WORDS)}: {{image: {quoted(NAME)}}}}}
shots:
  {quoted(WORDS)}: {{first_frame: {quoted(NAME)}, prompt: {quoted("${" + WORDS)}}}
  coast:
    model: {quoted(WORDS)}
    resolution: {quoted(WORDS * 200)}
    first_frame: {{shot: {quoted(WORDS)}, frame: {quoted(WORDS)}}}
    prompt: "plain ${{{WORDS.split(maxsplit=1)[0]}}}"
    seed: {quoted(WORDS)}
cuts:
  {quoted(WORDS)}: [{quoted(WORDS)}, {{shot: {quoted(WORDS)}, transition: {quoted(WORDS)}}}]
  main: {{output: {quoted("../" + NAME)}, items: [{quoted(WORDS)}]}}
"""

MODES: Mapping[str, int | None] = {"pipe": None, "terminal": 44}

CALLS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "init": (("init", NAME), ("init", NAME), ("init", "--template", WORDS)),
    "validate": tuple(("validate", "--format", form) for form in ("text", "json", "github")),
    "plan": (("plan",), ("plan", "-v"), ("plan", "-q"), ("plan", "--json"), ("plan", "-o", f"{NAME}.plan")),
    "run": (("run", "--json"), ("run", "-v"), ("run", "--plan", f"{NAME}.plan")),
    "status": (("status",), ("status", "-v"), ("status", "--json")),
    "why": (("why", "coast"), ("why", "cut:main"), ("why", f"asset:sets/{NAME}.png")),
    "show": (("show", "coast"), ("show", "coast", "--json"), ("show", "cut:main")),
    "list": (("list",), ("list", "+coast")),
    "graph": tuple(("graph", "--format", form) for form in ("mermaid", "dot", "json")),
    "takes": (("takes",), ("takes", "-v", "--all"), ("takes", "--json")),
    "diff": tuple(("diff", WORDS, "--format", form) for form in ("text", "markdown", "json")),
    "check": (("check",), ("check", "--json")),
    "play": (("play", "coast"), ("play", "cut:main")),
    "pick": (("pick", "coast", "1"), ("pick", "coast", "--file", f"out/{NAME}.mp4")),
    "retake": (("retake", "coast"),),
    "hold": (("hold", "coast"),),
    "release": (("release", "coast"),),
    "review": (("review", "--host", WORDS),),
    "costs": (("costs",), ("costs", "--json"), ("costs", "--backend", "dashscope", "--by", "model")),
    "collect": (("collect",), ("collect", "--json")),
    "cancel": (("cancel",), ("cancel", "--json")),
    "resolve": (("resolve", "coast", "--adopt", WORDS),),
    "export": (
        *(("export", "--format", form, "-o", "-") for form in ("otio", "edl", "fcp7", "srt")),
        ("export", "-o", f"{NAME}.otio"),
    ),
    "report": (("report",), ("report", "-o", f"{NAME}.html")),
    "push": (("push",),),
    "pull": (("pull",),),
    "gc": (("gc",), ("gc", "--apply")),
    "models": (("models",), ("models", "wan2.7-i2v")),
    "emulator": (("emulator", "--host", WORDS), ("emulator", "--faults", NAME)),
    "mcp": (("mcp", "--allow-run", "--budget", WORDS),),
    "schema": (("schema",),),
    "completion": (("completion", "bash", "--print"),),
    "doctor": (("doctor",), ("doctor", "--repair")),
}
"""Calls of every command in a production whose every text is hostile."""

ENDLESS = {"emulator": ("--faults", NAME), "mcp": ("--budget", WORDS), "review": ("--host", WORDS)}
"""Arguments by which commands that serve never begin."""

STYLE = re.compile(r"\x1b\[(0|1|2|31|32|33|36)m")
DRAWING = re.compile(r"\x1b\[(\?25[lh]|2K|1A)|\r")
"""Sequences by which rich draws a live display line by line; it has styles of its own."""
ANNOTATION = re.compile(r"::(error|warning) file=[^\s:,]*wanflow.yaml,line=[0-9]+,col=[0-9]+::")


def dangers(text: str, *, wraps: bool = False) -> list[str]:
    """What in a printed text would act on a terminal, on a build service, or on a reader's trust."""
    found = list[str]()
    for line in text.split("\n"):
        seen = [char for at, char in enumerate(line) if not (char == "\u200d" and line[:at][-1:] > "\x7f")]
        acting = [char for char in seen if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
        found += [f"U+{ord(char):04X} in {line[:200]!r}" for char in dict.fromkeys(acting)]
        if line.strip().startswith("::") or re.search(r"##\w*\[", line):
            found.append(f"command: {line[:200]!r}")
        if not wraps and line.strip().startswith("EVIL"):
            found.append(f"forged line: {line[:200]!r}")
        if len(line) > 25_000:
            found.append(f"{len(line)} characters: {line[:200]!r}")
    return found


def dangers_of(told: Printed, mode: str, *, lines: bool = False) -> list[str]:
    """The same for all that a command wrote in a mode: beside annotations, our own styles, and own `lines` of a text."""
    out = "\n".join(ANNOTATION.sub("", line) for line in told.out.split("\n"))
    if mode == "pipe":
        return dangers(out, wraps=lines) + dangers(told.err)
    raw = [f"raw style: {text[:200]!r}" for text in told[1:] if "\x1b[31mX" in text]
    drawn = DRAWING.sub("\n", re.sub(r"\x1b\[[0-9;]*m", "", told.err))
    return raw + dangers(STYLE.sub("", out), wraps=True) + dangers(drawn, wraps=True)


@pytest.fixture(autouse=True)
def _environment(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no address and no wishes of the machine."""
    for name in (KEY_VARIABLE, BASE_VARIABLE, "WANFLOW_REMOTE", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANFLOW_PLAYER", "true")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Printed]:
    """The folder of the hostile production, which was run on a terminal, and what that showed; not to be changed."""
    folder = tmp_path_factory.mktemp("hostile") / NAME
    (folder / "sets").mkdir(parents=True)
    Image.new("RGB", (320, 240), (70, 110, 150)).save(folder / "sets" / f"{NAME}.png")
    (folder / f"{NAME}.srt").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{WORDS}\n", encoding="utf-8")
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        return folder, printed(patched, ("run", "-v"), 44)


def test_the_live_display_of_a_run_shows_no_text_raw(made: tuple[Path, Printed]) -> None:
    """Neither while it runs nor at its end."""
    _, told = made
    assert told.code == 0, told.err
    assert "EVIL" in told.out
    assert "\x1b[?25l" in told.err
    assert dangers_of(told, "terminal") == []


@pytest.mark.parametrize("mode", MODES)
def test_every_command_shows_hostile_texts_safely(
    mode: str, made: tuple[Path, Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a production, a path or an argument holds, on a pipe and on a narrow terminal with colours."""
    assert list(CALLS) == list(COMMANDS)
    folder = tmp_path / NAME
    shutil.copytree(made[0], folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WANFLOW_REMOTE", str(tmp_path / NAME / "remote"))
    found = dict[tuple[str, ...], list[str]]()
    for calls in CALLS.values():
        for words in calls:
            told = printed(monkeypatch, words, MODES[mode])
            assert told.code != 70, told.err
            assert told.out or told.err, words
            found[words] = dangers_of(told, mode, lines="fcp7" in words)  # a title has its lines
            if "--json" in words or words[-1] == "json":
                for document in told.out.splitlines() if words[0] == "run" else [told.out]:
                    assert not document or json.loads(document) is not None
    assert {words: each for words, each in found.items() if each} == {}


def test_json_keeps_every_character(made: tuple[Path, Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    """Escapes lose nothing: a program reads the prompt as it is sent."""
    monkeypatch.chdir(made[0])
    told = json.loads(printed(monkeypatch, ("show", "coast", "--json"), None).out)
    assert {row["key"]: row["value"] for row in told["request"]}["negative_prompt"] == WORDS


@pytest.mark.parametrize("mode", MODES)
def test_every_argument_is_quoted_safely(mode: str, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message repeats what was typed: each parameter of each command is fed with escape sequences and commands."""
    found = dict[str, list[str]]()
    for name in COMMANDS:
        command = find_command(name)
        needed = sum(isinstance(parameter, click.Argument) for parameter in command.params)
        given = [[HOSTILE], [f"--{HOSTILE}"], [HOSTILE] * (needed + 1)]
        options = (each for each in command.params if isinstance(each, click.Option) and not each.is_flag)
        given += [[*["coast"] * needed, max(option.opts, key=len), HOSTILE] for option in options]
        for typed in given:
            words = (name, *typed, *ENDLESS.get(name, ()))
            told = printed(monkeypatch, words, MODES[mode])
            assert told.code != 70, (words, told.err)
            found[" ".join(words)] = dangers_of(told, mode)
    found["no command"] = dangers_of(printed(monkeypatch, (HOSTILE,), MODES[mode]), mode)
    assert {words: each for words, each in found.items() if each} == {}
    assert len(found) > 100


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", [BROKEN, f"{PLAIN}{quoted(HOSTILE)}: 1", f"{PLAIN}shots: {WORDS} {{[", HOSTILE])
def test_problems_of_a_production_quote_it_safely(
    mode: str, text: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, values, names and source lines, in every format of `validate`, also where the lines are long."""
    film.write_text(text, encoding="utf-8", newline="")
    excerpts = {f"forged line: {f'  {line}'!r}" for line in text.split("\n")}  # a line of the file below its place
    problems = 0
    for words in (*CALLS["validate"], ("plan",), ("status",), ("run", "--json")):
        told = printed(monkeypatch, words, MODES[mode])
        assert told.code == 2, told.err
        assert {*dangers_of(told, mode)} <= excerpts
        if words[-1] == "json":
            problems = len(json.loads(told.out))
    assert problems >= (10 if text == BROKEN else 1)


SAID = {"code": f"Invalid{HOSTILE}", "message": HOSTILE, "request_id": HOSTILE}


@pytest.fixture
def paid(film: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A production on the paid backend, with a key."""
    film.write_text(
        f"{PLAIN}backend: dashscope\nshots: {{coast: {{first_frame: {{url: https://host.example/a.png}}, prompt: a}}}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(KEY_VARIABLE, "sk-any")
    monkeypatch.setattr("wanflow.providers.retrying.LONGEST_SECONDS", 0)
    return film


def conversation(monkeypatch: pytest.MonkeyPatch, mode: str, answers: Mapping[str, Answer], calls: str) -> str:
    """All that commands write while a service gives these answers, by a part of what it is asked."""

    def answer(method: str, path: str) -> Answer:
        return next(found for part, found in answers.items() if part in f"{method} {path}")

    texts = list[str]()
    with scripted_server(answer) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        for call in calls.split(" + "):
            told = printed(monkeypatch, tuple(call.split()), MODES[mode], said="y\n")
            assert told.code != 70, (call, told)
            assert dangers_of(told, mode) == [], call
            texts += [told.out, told.err]
        assert service.asked
    return "".join(texts)


WAITING = "--poll-interval 0.01 --timeout 0.3"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_errors_of_a_service_are_quoted_safely(
    mode: str, status: int, paid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code, the message and the id of a refusal, as an error, as an event, and as a reason later."""
    calls = f"run {WAITING} + run --yes {WAITING} --grace 0 --resubmit never + run --yes --json {WAITING} --grace 0"
    said = conversation(monkeypatch, mode, {"": reply(status, **SAID)}, calls)
    assert "EVIL" in said
    told = printed(monkeypatch, ("plan",), MODES[mode])
    assert dangers_of(told, mode) == []


@pytest.mark.parametrize("mode", MODES)
def test_tasks_of_a_service_are_named_safely(mode: str, paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose id, state and failure are hostile: while it runs, when it is cancelled, and when it failed."""
    accepted = reply(output={"task_id": HOSTILE, "task_status": HOSTILE}, request_id=HOSTILE)
    running = reply(output={"task_id": HOSTILE, "task_status": HOSTILE}, request_id=HOSTILE)
    failed = reply(output={"task_id": HOSTILE, "task_status": "FAILED", **SAID}, request_id=HOSTILE)
    waits = {"/cancel": reply(400, **SAID), "POST": accepted, "GET": running}
    said = conversation(
        monkeypatch, mode, waits, f"run --yes -v {WAITING} + collect -v {WAITING} + collect --json {WAITING} + cancel"
    )
    assert "EVIL" in said
    told = printed(monkeypatch, ("status", "-v"), MODES[mode])
    assert "EVIL" in told.out
    assert dangers_of(told, mode) == []
    said = conversation(monkeypatch, mode, {"GET": failed}, f"collect {WAITING} + run --json --yes {WAITING}")
    assert "EVIL" in said


def test_a_bug_is_reported_safely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its words, its traceback on stderr and in a file, and the path in an error of the system."""

    def fail(fault: Exception) -> Callable[[], int]:
        def work() -> int:
            raise fault

        return work

    monkeypatch.setenv("WANFLOW_DEBUG", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    for fault in (ValueError(HOSTILE), OSError(errno.ENOENT, HOSTILE, NAME)):
        guarded(fail(fault))
        err = capsys.readouterr().err
        assert "Traceback" in err
        assert dangers(err, wraps=True) == []  # a traceback has the lines that Python gives it
    (report,) = tmp_path.glob("bug-*.txt")
    assert dangers(report.read_text(encoding="utf-8"), wraps=True) == []


@pytest.mark.parametrize("mode", MODES)
def test_records_and_warnings_of_libraries_are_printed_safely(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each without the key, a traceback on its own; what comes after the command is as it was."""
    before, log = warnings.showwarning, logging.getLogger("some.library")

    def models(*_files: object, **_choices: object) -> Mapping[str, Model]:
        log.warning("it said %s %s", KEY, HOSTILE)
        warnings.warn(HOSTILE, stacklevel=1)
        try:
            raise ValueError(KEY + HOSTILE)
        except ValueError:
            log.exception("broken")
        return {}

    monkeypatch.setattr(api, "models", models)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        told = printed(monkeypatch, ("models",), MODES[mode])
    assert told.err.startswith("warning: some.library: it said ")
    assert "UserWarning" in told.err
    assert "error: some.library: broken\nTraceback" in told.err
    assert dangers(told.err, wraps=True) == []
    assert KEY not in told.err
    assert warnings.showwarning is before


def test_a_pasted_hint_changes_to_a_folder_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that `init` prints goes to the new folder, and runs nothing that the name says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    told = printed(monkeypatch, ("init", NAME), None)
    change = told.err.removeprefix("next: ").partition(" && ")[0]
    bash = shutil.which("bash") or "bash"
    assert subprocess.check_output([bash, "-c", f"{change} && pwd"], text=True) == f"{tmp_path / NAME}\n"
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
