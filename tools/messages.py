"""Keep the catalogs of translations up to date with the code: `make messages` runs it.

It writes each `wanflow.po`, with all messages of the code, and each `wanflow.mo`, which wanflow reads. Messages
without a translation are printed, and it ends with 1.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import extract_from_ast

from wanflow.catalog.read import load_catalog
from wanflow.cli.help import as_paragraphs
from wanflow.cli.main import COMMANDS, commands, find_command
from wanflow.messages import DOMAIN, LOCALE
from wanflow.templates import templates, title_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wanflow"
HEADER = """\
Messages and help of wanflow.

`make messages` adds the messages of the code, removes those that are gone, and compiles this file.
Translate what it names; `{name}` and texts in backticks stay as they are. One term has one translation:

"""
CLICK = ("core", "exceptions", "formatting", "decorators", "parser", "types", "termui")
"""Modules of click whose words people read."""

Found = tuple[str, str | tuple[str, str], str | None]
"""The file of a message, from the root of the checkout, its text, or both of a counted one, and its meaning."""


def main() -> int:
    """Write the catalogs."""
    left = 0
    for po in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalog = updated(po)
        po.write_bytes(text_of(catalog))
        po.with_suffix(".mo").write_bytes(compiled(catalog))
        missing = [message.id for message in catalog if message.id and not complete(message.string)]
        left += len(missing)
        for text in missing:
            print(f"{po.relative_to(ROOT).as_posix()}: no translation of {text!r}")
    return min(left, 1)


def updated(po: Path) -> Catalog:
    """A catalog with the messages of the code, and its own translations of them."""
    catalog = read(po)
    known = {(message.id, message.context): message.string for message in catalog if message.id}
    fresh = Catalog(catalog.locale, DOMAIN, catalog.header_comment, fuzzy=False, creation_date=catalog.creation_date)
    fresh.revision_date = catalog.creation_date
    for file, text, meaning in extracted():
        fresh.add(text, known.get((text, meaning), ""), locations=[(file, 0)], context=meaning)
    return fresh


def read(po: Path) -> Catalog:
    """The catalog in a file."""
    with po.open("rb") as file:
        return read_po(file, po.parts[-3], DOMAIN)


def text_of(catalog: Catalog) -> bytes:
    """A catalog as its file has it, without numbers of lines, which every change of the code would change."""
    written = io.BytesIO()
    write_po(written, catalog, width=0, include_lineno=False)
    return b"\n".join(line for line in written.getvalue().split(b"\n") if not line.startswith(b'"Generated-By'))


def compiled(catalog: Catalog) -> bytes:
    """A catalog as gettext reads it."""
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def complete(translation: str | Sequence[str] | None) -> bool:
    """Whether a translation has a text in all its forms."""
    return bool(translation) and all(translation or "")


def extracted() -> Iterator[Found]:
    """All messages: of the code, the help, the titles of pipelines, what models do, and the words of click."""
    for file in sorted(PACKAGE.rglob("*.py")):
        yield from messages_in(ast.parse(file.read_text(encoding="utf-8")), file.relative_to(ROOT).as_posix())
    for file in sorted(PACKAGE.glob("report/page/templates/**/*.html")):
        yield from messages_in_template(file.read_text(encoding="utf-8"), file.relative_to(ROOT).as_posix())
    for text in dict.fromkeys(help_texts()):
        yield "wanflow/cli/commands", text, None
    for name in templates():
        yield "pipelines", title_of(name), None
    for model in load_catalog().values():
        yield "schemas/models", model.does, None
        yield "schemas/models", f"{model.does[0].upper()}{model.does[1:]}", None
    for module in CLICK:
        tree = ast.parse((Path(click.__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
        yield from messages_in(tree, f"click/{module}.py")


def messages_in(tree: ast.AST, file: str) -> Iterator[Found]:
    """The messages of a module, by the functions that make them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            match node.func.id, [argument.value for argument in node.args if isinstance(argument, ast.Constant)]:
                case "tr" | "_", [str(text), *_]:
                    yield file, text, None
                case "trp", [str(meaning), str(text)]:
                    yield file, text, meaning
                case "trn" | "ngettext", [str(one), str(many), *_]:
                    yield file, (one, many), None
                case "count", [str(noun)]:
                    yield file, (f"{{number}} {noun}", f"{{number}} {noun}s"), None
                case "joined", [str(separator), *_] if separator.strip():
                    yield file, separator, None


def messages_in_template(source: str, file: str) -> Iterator[Found]:
    """The messages of a template of the page."""
    for _, function, found in extract_from_ast(jinja2.Environment(autoescape=True).parse(source), ("tr", "trn", "trp")):
        texts = [text for text in ((found,) if isinstance(found, str) else found) if text is not None]
        match function, texts:
            case "tr", [text, *_]:
                yield file, text, None
            case "trp", [meaning, text]:
                yield file, text, meaning
            case "trn", [one, many, *_]:
                yield file, (one, many), None


def help_texts() -> Iterator[str]:
    """What `--help` shows of all commands."""
    yield from (entry.help for entry in COMMANDS.values())
    for command in (commands, *map(find_command, COMMANDS)):
        yield as_paragraphs(command.help or "")
        yield from (line for line in (command.epilog or "").split("\n") if line.endswith(":"))
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.help:
                yield as_paragraphs(parameter.help)


if __name__ == "__main__":
    sys.exit(main())
