"""`wanflow completion`: a shell completes commands, shots, cuts and takes, and `man wanflow` shows all help."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

import wanflow
from wanflow.cli.options import example
from wanflow.cli.screen import print_report, say
from wanflow.display_language import language_of
from wanflow.errors import ExitCode, UnknownTarget
from wanflow.help_pages import PAGE_END, all_pages, page_name
from wanflow.messages import joined, tr
from wanflow.store.atomic import write_whole

SHELLS: Mapping[str, tuple[str, str, str]] = {
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/wanflow"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/wanflow.fish"),
    "zsh": ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_wanflow"),
}
"""Where each shell looks for completions of a user: a variable, its default below the home, and the file."""
MAN = ("XDG_DATA_HOME", ".local/share", "man/man1/wanflow.1")
MARK = "written by `wanflow completion`"
"""What tells a file of ours: any other file is left as it is."""

_CONTROL = re.compile(r"^([.'])", re.MULTILINE)


@click.command("completion", epilog=example("wanflow completion zsh"))
@click.argument("shell", metavar="[SHELL]", required=False)
@click.option("--print", "prints", is_flag=True, help="Print the shell's script, and install nothing.")
def completion(shell: str | None, *, prints: bool) -> int:
    """Install completion for SHELL (bash, fish or zsh; default: yours), and the man page, for this user."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name) if name in SHELLS else None
    if kind is None:
        known = joined(", ", SHELLS)
        hint = tr("name one: `wanflow completion zsh`")
        raise UnknownTarget(
            tr("no completion for the shell `{name}`: there is {known}", name=name, known=known), hint=hint
        )
    script = script_of(kind)
    if prints:
        print_report(lambda _: script)
        return ExitCode.DONE
    place = below_home(*SHELLS[name])
    install(place, script)
    page = below_home(*MAN)
    install(page, man_page(all_pages(), language_of(os.environ)))
    say(str(place), str(page))
    if name == "zsh":
        line = f"fpath=({place.parent} $fpath); autoload -Uz compinit; compinit"
        say(tr("add to `~/.zshrc`, once: {line}", line=line), err=True)
    say(tr("it works in the next shell that you open; `man wanflow` shows the page"), err=True)
    return ExitCode.DONE


def script_of(kind: type[ShellComplete]) -> str:
    """The script by which a shell asks wanflow, as click has it; its first line stays first, since zsh reads it."""
    made = kind(click.Command("wanflow"), {}, "wanflow", "_WANFLOW_COMPLETE")
    text = ShellComplete.source(made).strip("\n")  # that of bash starts bash to ask for its version
    first, _, rest = text.partition("\n")
    return f"{first}\n# {MARK}\n{rest}\n"


def below_home(variable: str, usual: str, file: str) -> Path:
    """A file of this user, in the folder that a variable of XDG names, or in the usual one."""
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / usual) / file


def install(place: Path, text: str) -> None:
    """Write a file whole; raises UnknownTarget where another one has its name, or where it cannot be written."""
    try:
        if place.exists() and MARK not in place.read_text(encoding="utf-8", errors="replace"):
            hint = tr("move it away, or use `--print`")
            raise UnknownTarget(tr("`{place}` exists already, and nothing is overwritten", place=place), hint=hint)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, text.encode())
    except OSError as fault:
        raise UnknownTarget(
            tr("cannot write `{place}`: {why}", place=place, why=fault.strerror or ""), hint=tr("use `--print`")
        ) from fault


def man_page(pages: str, language: str | None) -> str:
    """All pages of help as one page of man: that of wanflow, then one section for each command."""
    head = f'.\\" {MARK}\n.TH WANFLOW 1 "" "wanflow {wanflow.__version__}"\n'
    return head + "".join(_sections(pages, language))


def _sections(pages: str, language: str | None) -> Iterator[str]:
    wanted = page_name([], language)
    for page in pages.split(PAGE_END):
        name, _, text = page.partition("\n")
        if name == wanted or name.startswith(f"{wanted} "):
            title = "NAME" if name == wanted else name.rpartition(" ")[2].upper()
            body = _CONTROL.sub(r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"))
            intro = "wanflow \\- orchestrates the shots of AI video\n.SH COMMANDS\n" if name == wanted else ""
            yield f".SH {title}\n{intro}.nf\n{body.rstrip()}\n.fi\n"
