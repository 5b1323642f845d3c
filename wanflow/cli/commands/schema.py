"""`wanflow schema`: the JSON Schema of the production file, for editors."""

from __future__ import annotations

import json

import click

from wanflow.cli.exit_code import ExitCode
from wanflow.cli.options import example
from wanflow.schemas import PIPELINE, PRODUCTION, bundled


@click.command("schema", epilog=example("wanflow schema > wanflow.schema.json"))
@click.option("--pipeline", is_flag=True, help="That of a pipeline's file instead.")
def command(*, pipeline: bool) -> int:
    """Print the JSON Schema of the production file, for editors that complete and check as you type."""
    click.echo(json.dumps(bundled(PIPELINE if pipeline else PRODUCTION), ensure_ascii=False, indent=2))
    return ExitCode.DONE
