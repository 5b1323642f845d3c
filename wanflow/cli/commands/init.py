"""`wanflow init`: a small working production to start from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.init_templates import GITIGNORE, pictures, production, templates
from wanflow.cli.options import example
from wanflow.errors import UnknownTarget
from wanflow.language.pipeline import shipped
from wanflow.report.text.words import printable
from wanflow.schemas import PRODUCTION, bundled
from wanflow.store.lockfile import MERGED
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import MapNode, TextNode
from wanflow.yamldoc.parse import parse

KEPT = {".gitignore": GITIGNORE, ".gitattributes": f"{MERGED}\n"}
"""Lines that git is told, by file; a file that exists keeps its own lines and gets those that it lacks."""


class Init(click.Command):
    """The command, whose help lists the templates."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the templates with what their pipelines do."""
        super().format_options(ctx, formatter)
        with formatter.section("Templates"):
            formatter.write_dl([(name, _title(shipped()[name])) for name in templates()])


def _complete(context: click.Context, option: click.Parameter, incomplete: str) -> list[str]:
    del context, option
    return [name for name in templates() if name.startswith(incomplete)]


@click.command("init", cls=Init, epilog=example("wanflow init my-film && cd my-film && wanflow run"))
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=_complete,
    help="Begin with a pipeline that comes with wanflow, one of those below.",
)
def command(folder: Path, template: str | None) -> int:
    """Write a small working production with drawn assets into DIR (default: here). Overwrites nothing."""
    files = starting_files(template)
    there = [name for name in files if name not in KEPT and (folder / name).exists()]
    if there:
        error(
            f"`{folder / there[0]}` is there already, and nothing is overwritten",
            "name another folder: `wanflow init DIR`",
        )
        return ExitCode.WRONG
    for name, content in files.items():
        _write(folder / name, content)
    _tell(folder)
    return ExitCode.DONE


def starting_files(template: str | None = None) -> Mapping[str, bytes]:
    """What a production starts with, by name; the production file comes last, so that it is never there alone.

    Raises UnknownTarget where no template has the name.
    """
    text = production(None if template is None else _template(template))
    return {
        **pictures(text),
        "wanflow.schema.json": json.dumps(bundled(PRODUCTION), ensure_ascii=False, indent=2).encode() + b"\n",
        **{name: text.encode() for name, text in KEPT.items()},
        "wanflow.yaml": text.encode(),
    }


def _template(name: str) -> Path:
    known = templates()
    if name in known:
        return known[name]
    hints = (did_you_mean(name, known), f"they are {', '.join(known)}")
    raise UnknownTarget(f"no template is called `{printable(name)}`", hint=" ".join(filter(None, hints)))


def _title(pipeline: Path) -> str:
    """What a pipeline does, in the words of its file."""
    root = parse(pipeline.read_bytes(), pipeline.name).root
    title = root.find("title") if isinstance(root, MapNode) else None
    return title.text if isinstance(title, TextNode) else ""


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if path.name not in KEPT:
            raise
        _add_lines(path, KEPT[path.name])


def _add_lines(path: Path, wanted: str) -> None:
    """Append the lines that a file of the author lacks, and say so; a line about the same path, as `!out`, counts."""
    known = path.read_bytes()
    subjects = {line.split()[0].strip(b"!/") for line in known.splitlines() if line.split()}
    missing = [line for line in wanted.splitlines() if line.split()[0].strip("/").encode() not in subjects]
    if not missing:
        return
    with path.open("ab") as file:
        file.write(b"\n" * (bool(known) and not known.endswith(b"\n")))
        file.write("".join(f"{line}\n" for line in missing).encode())
    click.echo(f"added {' and '.join(f'`{line}`' for line in missing)} to `{path}`", err=True)


def _tell(folder: Path) -> None:
    click.echo(folder / "wanflow.yaml")
    here = folder.resolve() == Path.cwd().resolve()
    click.echo(f"next: {'' if here else f'cd {folder} && '}wanflow plan && wanflow run", err=True)
