"""`wanflow`: the table of its commands, and nothing else; a command is imported when it is called.

This is the only file of the command line that imports late: `wanflow --help` must not pay for the graph library, and
a run with nothing to do must not pay for the live display.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from importlib import import_module
from typing import NamedTuple, cast

import click
from click.shell_completion import CompletionItem

import wanflow
from wanflow.cli.encoding import language_of_streams, use_utf8_file_names
from wanflow.cli.exit_code import guarded
from wanflow.cli.help import in_language
from wanflow.cli.limits import words_of_process
from wanflow.cli.options import file_option
from wanflow.cli.screen import print_report
from wanflow.errors import ExitCode
from wanflow.messages import tr, translated, translated_word, translations


class CommandEntry(NamedTuple):
    """A command: its `module:attribute` below `wanflow.cli.commands`, and what it does in one line."""

    home: str
    help: str


COMMANDS: Mapping[str, CommandEntry] = {
    "init": CommandEntry("validate:init", "Write a small working production to start from."),
    "validate": CommandEntry("validate:validate", "Report every problem of the production file."),
    "plan": CommandEntry("plan:plan", "Show what a run would do, why, and at what price."),
    "run": CommandEntry("run:run", "Render what changed and write the cuts."),
    "status": CommandEntry("look:status", "Show each shot's picked take and state."),
    "why": CommandEntry("look:why", "Explain why a node is rendered, or is not."),
    "show": CommandEntry("look:show", "Show a node as it will be requested or made."),
    "list": CommandEntry("look:nodes", "List the nodes that match a selector."),
    "graph": CommandEntry("look:graph", "Draw the graph of shots and cuts."),
    "takes": CommandEntry("look:takes", "List every take with its seed, cost and file."),
    "diff": CommandEntry("diff:diff", "Show what is asked for beyond a revision of git."),
    "check": CommandEntry("check:check", "Measure takes: black, frozen, silent and more."),
    "play": CommandEntry("play:play", "Open a take or a cut in this system's player."),
    "pick": CommandEntry("choose:pick", "Use a take from now on."),
    "retake": CommandEntry("choose:retake", "Ask for more takes although nothing changed."),
    "hold": CommandEntry("choose:hold", "Keep takes although their shots change."),
    "release": CommandEntry("choose:release", "Stop holding takes."),
    "review": CommandEntry("review:review", "Serve the page on which takes are watched and picked."),
    "costs": CommandEntry("look:costs", "Show what was charged, by shot, day or model."),
    "collect": CommandEntry("tasks:collect", "Finish what is in flight; never submits."),
    "cancel": CommandEntry("tasks:cancel", "Cancel tasks that are still queued at the service."),
    "resolve": CommandEntry("tasks:resolve", "Decide a submission of unknown fate."),
    "export": CommandEntry("share:export", "Write a cut for an editing suite."),
    "report": CommandEntry("report:report", "Write the page to one file that can be sent."),
    "push": CommandEntry("share:push", "Send paid takes to the remote."),
    "pull": CommandEntry("share:pull", "Fetch paid takes from the remote."),
    "gc": CommandEntry("upkeep:gc", "Show, and remove, what nothing uses any more."),
    "models": CommandEntry("look:models", "Show what each model accepts."),
    "emulator": CommandEntry("emulator:emulator", "Serve the emulated API on this machine."),
    "mcp": CommandEntry("mcp:mcp", "Serve a language model by the Model Context Protocol."),
    "schema": CommandEntry("validate:schema", "Print the JSON Schema of the production file."),
    "completion": CommandEntry("completion:completion", "Install completion for your shell, and the man page."),
    "doctor": CommandEntry("upkeep:doctor", "Check that this machine can render."),
}

EPILOG = """\b
Example:
  wanflow plan && wanflow run

\b
Shell completion and the man page:
  wanflow completion
"""


def import_attribute(home: str) -> object:
    """The object at `module:attribute`, whose module is imported now and not before."""
    module, _, attribute = home.partition(":")
    found: object = getattr(import_module(module), attribute)
    return found


def find_command(name: str) -> click.Command:
    """A command of the table."""
    command = import_attribute(f"wanflow.cli.commands.{COMMANDS[name].home}")
    if not isinstance(command, click.Command):
        raise TypeError(f"not a command: {COMMANDS[name].home}")
    return command


class CommandTable(click.Group):
    """The commands of the table; their help is printed without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None where there is none."""
        del ctx
        return in_language(find_command(cmd_name)) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; raises UsageError, with the nearest name, for one that isn't there."""
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        import difflib

        near = difflib.get_close_matches(args[0], COMMANDS, n=1)
        suggestion = tr("; did you mean `{near}`?", near=near[0]) if near else ""
        raise click.UsageError(
            tr("no command is called `{name}`{suggestion}", name=args[0], suggestion=suggestion), ctx
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        del ctx
        with formatter.section(translated(tr("Commands"))):
            formatter.write_dl([(name, translated_word(entry.help)) for name, entry in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin as what was typed."""
        del ctx
        return [
            CompletionItem(name, help=translated_word(entry.help))
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]


@click.group(
    "wanflow",
    cls=CommandTable,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(wanflow.__version__, prog_name="wanflow", message="%(prog)s %(version)s")
@file_option
@click.pass_context
def commands(context: click.Context) -> int:
    """Scene specs in YAML become shot graphs, takes and final cuts; a second run renders only what changed."""
    _look_for_garbage()  # the command is imported by now
    if context.invoked_subcommand is not None:
        logs = cast(Callable[[], AbstractContextManager[None]], import_attribute("wanflow.cli.logs:printed_logs"))
        context.with_resource(logs())
        return ExitCode.DONE
    print_report(lambda _: context.get_help(), err=True)
    return ExitCode.WRONG


GARBAGE_AFTER = 50_000
"""New objects between two looks for circles among them. Plans are many small values that live to the end and have no
circles: at Python's own threshold the looking takes a sixth of the time of a plan of 1,000 shots (benchmarks/plan.py).
"""


def _look_for_garbage() -> None:
    """Have Python look for garbage, and not among what a process imported meanwhile (`wanflow.process`)."""
    gc.set_threshold(GARBAGE_AFTER)
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; `arguments` are those of the process where none are given."""
    if arguments is None:
        use_utf8_file_names()
    words = None if arguments is None else list(arguments)
    with translations(language_of_streams(os.environ)):
        # what a command notes about itself in context variables ends with it
        context = copy_context()
        context.run(words_of_process.set, words)
        program = in_language(commands)
        return context.run(guarded, lambda: program.main(words, prog_name="wanflow", standalone_mode=False))
