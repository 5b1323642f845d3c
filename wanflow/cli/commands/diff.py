"""`wanflow diff`: what the production asks for beyond a revision of git, also as a comment for a pull request."""

from __future__ import annotations

import click

from wanflow import api
from wanflow.cli.hints import pasteable_json
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.screen import print_json, print_report
from wanflow.errors import ExitCode
from wanflow.report.text.comment import diff_markdown, diff_text


@click.command("diff", epilog=example("wanflow diff", "wanflow diff HEAD~1 --format markdown"))
@click.argument("revision", required=False)
@production_options
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    help="How it is printed; `markdown` is a comment for GitHub.",
)
@click.pass_obj
def diff(settings: ProductionOptions, revision: str | None, form: str) -> int:
    """Show the takes, the money and the words of prompts that the production asks for beyond git's REVISION.

    By default this is the commit at which the branch left the main branch; `NAME...` is that of another branch.
    """
    production = open_production(settings)
    found = api.diff(production, revision, backend=settings.backend, region=settings.region, values=settings.values)
    match form:
        case "json":
            print_json(pasteable_json(found.to_json()))
        case "markdown":
            print_report(lambda screen: diff_markdown(found, screen))
        case _:
            print_report(lambda screen: diff_text(found, screen))
    return ExitCode.DONE
