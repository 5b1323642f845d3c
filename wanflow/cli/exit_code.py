"""How a command ends: the exit code of a failure (cli.md, Exit codes), and what is printed about it."""

from __future__ import annotations

import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import click

import wanflow
from wanflow import looked_at
from wanflow.catalog.provider import load_providers
from wanflow.characters import LONGEST_MESSAGE, shown, shown_lines
from wanflow.cli.hints import pasteable
from wanflow.cli.limits import exceeded, words_of_process
from wanflow.cli.output import ended_by_signals, tolerant_streams
from wanflow.cli.screen import print_json_text, print_problems, say
from wanflow.errors import ExitCode, StoreFault, WanflowError, cause
from wanflow.language.problem import SpecError
from wanflow.masking import without_key, without_signatures
from wanflow.messages import tr, translated
from wanflow.patterns import pattern
from wanflow.report.problem_json import code_of_fault, error_json, problem_json, system_text
from wanflow.store import atomic
from wanflow.store.atomic import STORE_FOLDER
from wanflow.suggest import nearest

DEBUG_VARIABLE = "WANFLOW_DEBUG"


def guarded(work: Callable[[], int]) -> int:
    """Do the work and give its exit code; whatever it raises is printed on stderr and becomes a code.

    SIGTERM and SIGHUP interrupt it as Ctrl-C does.
    """
    with tolerant_streams(), ended_by_signals():
        try:
            return int(work() or ExitCode.DONE)
        except BrokenPipeError:
            return ExitCode.FAILED  # the reader of stdout left a command that only shows something
        except (KeyboardInterrupt, click.Abort):
            say(tr("interrupted"), err=True)
            return ExitCode.INTERRUPTED
        except Exception as fault:  # noqa: BLE001 - the last line of defence: an unforeseen exception is a bug to report
            first = exceeded(cause(fault))
            print_fault(first)
            return code_of(first)


def code_of(fault: Exception) -> ExitCode:
    """The exit code of a failure."""
    match fault:
        case WanflowError():
            return fault.exit_code
        case click.ClickException():
            return ExitCode.WRONG
        case OSError():
            return ExitCode.FAILED
        case _:
            return ExitCode.BUG


_told: ContextVar[Exception | None] = ContextVar("_told", default=None)
"""Failure of this command that was printed already."""


def error(message: str, hint: str | None = None, code: str | None = None) -> None:
    """Print on stderr what is wrong and, where known, the way out; with `--json` on stdout as well, with its code."""
    print_errors([error_json(message, hint and pasteable(hint), code)])
    say_error(message, hint)


def say_error(message: str, hint: str | None = None) -> None:
    """Print on stderr what is wrong and the way out, where stdout has a document of its own."""
    lines = [tr("error: {message}", message=message), *([tr("hint: {hint}", hint=hint)] if hint else [])]
    say(*(shown(translated(line), LONGEST_MESSAGE) for line in lines), err=True)


def print_errors(errors: Iterable[Mapping[str, object]]) -> None:
    """Print errors as one line of JSON on stdout, where the command was asked for JSON (cli.md, JSON)."""
    words = sys.argv[1:] if (given := words_of_process.get()) is None else given
    if not {"--json", "--format=json"}.isdisjoint(words) or ("--format", "json") in pairwise(words):
        head = {}
        if {"run", "collect"} & set(words):
            looked_at.unaccounted("the time of an event")
            head = {"event": "error", "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        print_json_text(json.dumps({**head, "errors": list(errors)}, ensure_ascii=False))


def print_fault(fault: Exception) -> None:
    """Print what ended a command, once, on stderr, and with `--json` on stdout."""
    if _told.get() is not fault:
        _told.set(fault)
        words = fault.message if isinstance(fault, click.ClickException) else None
        _print_fault(fault, code_of_fault(fault, words))


def _print_fault(fault: Exception, code: str) -> None:
    if isinstance(fault, click.ClickException):
        fault.message = translated(fault.message)  # type: ignore[misc]  # click puts it into sentences of its own
    match fault:
        case SpecError(problems=problems):
            print_errors(map(problem_json, problems))
            print_problems(problems)
        case WanflowError():
            error(str(fault), fault.hint, code)
        case click.UsageError():
            path = fault.ctx.command_path if fault.ctx is not None else "wanflow"
            hint: str = tr("`{path} --help` shows what it takes", path=path)
            if isinstance(fault, click.NoSuchOption):  # click names three options that are hardly alike
                near = nearest(fault.option_name.lstrip("-"), [name[2:] for name in fault.possibilities or ()])
                hint = tr("did you mean `{near}`?", near=f"--{near}") if near is not None else hint
                fault.possibilities = None  # type: ignore[misc]  # so that click doesn't name them
            error(_sentence(fault.format_message()), hint, code)
        case click.ClickException():
            error(_sentence(fault.format_message()), code=code)
        case OSError():
            error(system_text(fault), code=code)
            _print_traceback(fault)
        case _:
            _print_bug(fault)


_QUOTED = pattern(r"`[^`]*`|(?<!\w)'([^']*)'(?!\w)")
"""Words in the quotes of click, or in ours; an apostrophe within a word is neither."""

_NUMBERS = {
    "a valid integer range": tr("a whole number"),
    "a valid float range": tr("a number"),
    "integer range": tr("a whole number"),
    "float range": tr("a number"),
}
"""What click calls a number that has a least value, in words."""


def _sentence(text: str) -> str:
    """A message of click in our style: lower-case, with backquotes, without a full stop."""
    words = _QUOTED.sub(lambda found: found[0] if found[1] is None else f"`{found[1]}`", text)
    for kind, plain in _NUMBERS.items():
        words = words.replace(kind, translated(plain))
    return (words[:1].lower() + words[1:]).removesuffix(".")


def _print_bug(fault: Exception) -> None:
    """What a maintainer needs first, and where the traceback is; arguments are private."""
    name = type(fault).__name__
    error(tr("this is a bug in wanflow: {name}", name=name), tr("paste the report below into an issue"), "bug")
    verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    lines = (
        f"  wanflow {wanflow.__version__} {verb}",
        f"  python {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"  {type(fault).__name__}: {without_secrets(str(fault))}",
        f"  traceback: {_keep(_report(fault))}",
    )
    say("", *lines, err=True)
    _print_traceback(fault)


def _print_traceback(fault: Exception) -> None:
    if os.environ.get(DEBUG_VARIABLE):
        say(*_report(fault).split("\n"), err=True)


def _report(fault: Exception) -> str:
    return without_secrets("".join(traceback.format_exception(fault)))


def without_secrets(text: str) -> str:
    """A text that can be pasted: without the key, and with every address cut before its signature."""
    for provider in load_providers().values():
        text = without_key(text, os.environ.get(provider.key_variable or "", "").strip())
    return without_signatures(text)


def _keep(report: str) -> Path:
    """Write a traceback where a person finds it: beside the store, else among the temporary files."""
    folder = Path(STORE_FOLDER)
    try:
        if folder.is_dir():
            atomic.make_folder(folder)
            return _write(report, folder)
    except (OSError, StoreFault):
        return _write(report, None)  # a bug may come with a disk that is full
    return _write(report, None)


def _write(report: str, folder: Path | None) -> Path:
    import tempfile

    handle, name = tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(shown_lines(report))
    return Path(name)
