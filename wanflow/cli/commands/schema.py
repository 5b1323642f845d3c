"""`wanflow schema`: the JSON Schema of the production file, for editors."""

from __future__ import annotations

import json

import click

from wanflow.cli.exit_code import ExitCode
from wanflow.cli.options import example
from wanflow.schemas import PIPELINE, PRODUCTION, bundled, data_folder


@click.command("schema", epilog=example("wanflow schema > wanflow.schema.json"))
@click.option("--pipeline", is_flag=True, help="That of a pipeline's file instead.")
def command(*, pipeline: bool) -> int:
    """Print the JSON Schema of the production file, for editors that complete and check as you type."""
    if pipeline:
        click.echo(json.dumps(bundled(PIPELINE), ensure_ascii=False, indent=2))
    else:
        click.echo((data_folder("schemas") / PRODUCTION).read_text(encoding="utf-8"), nl=False)
    return ExitCode.DONE
