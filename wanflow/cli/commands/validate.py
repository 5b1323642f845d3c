"""`wanflow init`, `schema` and `validate`: a new production file, its JSON Schema, and its problems, offline."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from wanflow import api
from wanflow.boundary import path_from
from wanflow.characters import for_shell
from wanflow.cli.opening import problems_of
from wanflow.cli.options import ProductionOptions, allowing_outside, example, production_options
from wanflow.cli.screen import print_annotation, print_json, print_problems, say
from wanflow.errors import ExitCode
from wanflow.language.problem import Problem, Severity
from wanflow.messages import joined, tr, translated, translated_word
from wanflow.report.problem_json import located_message, problem_json
from wanflow.report.text.words import count
from wanflow.schemas import PIPELINE, PRODUCTION, bundled
from wanflow.templates import templates, title_of


class InitCommand(click.Command):
    """The command, whose help lists the templates."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the templates with what their pipelines do."""
        super().format_options(ctx, formatter)
        with formatter.section(translated(tr("Templates"))):
            formatter.write_dl([(name, translated_word(title_of(name))) for name in templates()])


@click.command("init", cls=InitCommand, epilog=example("wanflow init my-film && cd my-film && wanflow run"))
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=lambda context, option, begin: [name for name in templates() if name.startswith(begin)],  # noqa: ARG005
    help="Begin with a pipeline that comes with wanflow, one of those below.",
)
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin with the shots of a list (`.csv`) or a screenplay (`.fountain`).",
)
def init(folder: Path, template: str | None, source: Path | None) -> int:
    """Write a small working production with drawn assets into DIR (default: here). Overwrites nothing."""
    if template is not None and source is not None:
        raise click.UsageError(tr("`--template` and `--from` exclude each other"))
    started = api.init(folder, template, source)
    for note in started.notes:
        say(tr("note: {note}", note=note), err=True)
    for path, lines in started.added.items():
        say(
            tr("added {lines} to `{path}`", lines=joined(tr(" and "), (f"`{line}`" for line in lines)), path=path),
            err=True,
        )
    say(str(folder / "wanflow.yaml"))
    here = folder.resolve() == Path.cwd().resolve()
    folder_first = "" if here else f"cd {for_shell(folder)} && "
    say(tr("next: {first}wanflow plan && wanflow run", first=folder_first), err=True)
    return ExitCode.DONE


@click.command("schema", epilog=example("wanflow schema > wanflow.schema.json"))
@click.option("--pipeline", is_flag=True, help="Print the schema of a pipeline's file instead.")
def schema(*, pipeline: bool) -> int:
    """Print the JSON Schema of the production file, for editors that complete and check as you type."""
    print_json(bundled(PIPELINE if pipeline else PRODUCTION))
    return ExitCode.DONE


@click.command("validate", epilog=example("wanflow validate --format github"))
@production_options
@allowing_outside
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "github")), default="text", help="How problems are printed."
)
@click.pass_obj
def validate(settings: ProductionOptions, form: str) -> int:
    """Report every problem of the production file on stdout; contacts nothing. Warnings alone exit with 0."""
    problems = problems_of(settings)
    match form:
        case "json":
            print_json([problem_json(problem) for problem in problems])
        case "github":
            for problem in problems:
                _annotate(problem, settings.folder)
        case _:
            print_problems(problems, err=False)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    found = (
        tr("{errors} and {warnings}", errors=count(errors, "error"), warnings=count(len(problems) - errors, "warning"))
        if problems
        else tr("no problems")
    )
    say(tr("{found} in {file}", found=found, file=settings.file), err=True)
    return ExitCode.WRONG if errors else ExitCode.DONE


def _annotate(problem: Problem, folder: Path) -> None:
    """Print a problem as a workflow command; `file` is relative to the checkout, or to the current folder."""
    place, message = located_message(problem)
    checkout = os.environ.get("GITHUB_WORKSPACE") or os.curdir
    file = path_from(checkout, folder / place.file)
    hint = [f"hint: {problem.hint}"] if problem.hint else []
    print_annotation(problem.severity.value, replace(place, file=file), message, *hint)
