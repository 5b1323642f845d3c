"""`wanflow init`: a small working production to start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.settings import example
from wanflow.cli.starter import GITIGNORE, PRODUCTION, draw_summit, draw_valley
from wanflow.schemas import data_folder
from wanflow.store.lockfile import MERGED

KEPT = {".gitignore": GITIGNORE, ".gitattributes": f"{MERGED}\n"}
"""What git is told, by file; one of the author's own stays as it is."""


@click.command("init", epilog=example("wanflow init my-film && cd my-film && wanflow run"))
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> int:
    """Write a small working production with drawn assets into DIR (default: here). Overwrites nothing."""
    files = starting_files()
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


def starting_files() -> Mapping[str, bytes]:
    """What a production starts with, by name; the production file comes last, so that it is never there alone."""
    return {
        "sets/valley.png": draw_valley(),
        "sets/summit.png": draw_summit(),
        "wanflow.schema.json": (data_folder("schemas") / "production.schema.json").read_bytes(),
        **{name: text.encode() for name, text in KEPT.items()},
        "wanflow.yaml": PRODUCTION.encode(),
    }


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if path.name not in KEPT:
            raise
        _check_kept(path, KEPT[path.name])


def _check_kept(path: Path, wanted: str) -> None:
    """A file of the author's own stays as it is; what is missing in it is said."""
    known = path.read_text(encoding="utf-8").splitlines()
    missing = [line for line in wanted.splitlines() if line not in known and line.rstrip("/") not in known]
    if missing:
        click.echo(
            f"warning: `{path}` was left as it is; add {' and '.join(f'`{line}`' for line in missing)}", err=True
        )


def _tell(folder: Path) -> None:
    click.echo(folder / "wanflow.yaml")
    here = folder.resolve() == Path.cwd().resolve()
    click.echo(f"next: {'' if here else f'cd {folder} && '}wanflow plan && wanflow run", err=True)
