"""`wanflow init` and `schema`: a production to start from, and the JSON Schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wanflow import api
from wanflow.cli.options import example
from wanflow.errors import ExitCode
from wanflow.schemas import PIPELINE, PRODUCTION, bundled
from wanflow.templates import templates, title_of


class InitCommand(click.Command):
    """The command, whose help lists the templates."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the templates with what their pipelines do."""
        super().format_options(ctx, formatter)
        with formatter.section("Templates"):
            formatter.write_dl([(name, title_of(name)) for name in templates()])


@click.command("init", cls=InitCommand, epilog=example("wanflow init my-film && cd my-film && wanflow run"))
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=lambda context, option, begin: [name for name in templates() if name.startswith(begin)],  # noqa: ARG005
    help="Begin with a pipeline that comes with wanflow, one of those below.",
)
def init(folder: Path, template: str | None) -> int:
    """Write a small working production with drawn assets into DIR (default: here). Overwrites nothing."""
    for path, lines in api.init(folder, template).items():
        click.echo(f"added {' and '.join(f'`{line}`' for line in lines)} to `{path}`", err=True)
    click.echo(folder / "wanflow.yaml")
    here = folder.resolve() == Path.cwd().resolve()
    click.echo(f"next: {'' if here else f'cd {folder} && '}wanflow plan && wanflow run", err=True)
    return ExitCode.DONE


@click.command("schema", epilog=example("wanflow schema > wanflow.schema.json"))
@click.option("--pipeline", is_flag=True, help="Print the schema of a pipeline's file instead.")
def schema(*, pipeline: bool) -> int:
    """Print the JSON Schema of the production file, for editors that complete and check as you type."""
    click.echo(json.dumps(bundled(PIPELINE if pipeline else PRODUCTION), ensure_ascii=False, indent=2))
    return ExitCode.DONE
