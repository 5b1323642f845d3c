"""`wanflow schema`: the JSON Schema of the production file, for editors."""

from __future__ import annotations

import click

from wanflow.cli.exit_code import ExitCode
from wanflow.cli.settings import example
from wanflow.schemas import data_folder


@click.command("schema", epilog=example("wanflow schema > wanflow.schema.json"))
def command() -> int:
    """Print the JSON Schema of the production file, for editors that complete and check as you type."""
    click.echo((data_folder("schemas") / "production.schema.json").read_text(encoding="utf-8"), nl=False)
    return ExitCode.DONE
