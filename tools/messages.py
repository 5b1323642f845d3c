"""Keep the catalogs of translations up to date with the code: `make messages` runs it.

It writes each `wanflow.po`, with all messages of the code, and each `wanflow.mo`, which wanflow reads. Messages
without a translation are printed, and it ends with 1. New messages get their codes in `codes.txt`.
"""

from __future__ import annotations

import ast
import difflib
import io
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, count
from pathlib import Path

import click
import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import extract_from_ast

from wanflow import codes
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
    known = codes.read(codes.TABLE.read_text(encoding="utf-8")) if codes.TABLE.exists() else {}
    codes.TABLE.write_text(table_of(with_codes(known, frozenset(error_templates()))), encoding="utf-8")
    return min(left, 1)


REWORDED = 0.8
"""Minimum part of two templates that is alike where one took the place of the other."""
NO_ERRORS = {"report", "emulator", "review", "viewing.py", "health.py", "author_hints.py", "suggest.py"}
"""Folders and files whose messages are no errors."""
NO_ERROR_CALLS = {"say", "Reason", "HealthCheck", "Column", "Section", "CommandEntry", "did_you_mean"}
"""Functions and classes whose messages are no errors."""


def error_templates() -> Iterator[str]:
    """The templates of messages that can say what is wrong: not those of hints, headings and reports."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if NO_ERRORS.isdisjoint(file.relative_to(PACKAGE).parts):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            left_out = {
                each for node in ast.walk(tree) for part in parts_without_errors(node) for each in ast.walk(part)
            }
            yield from filter(codes.derived, map(template_of, set(ast.walk(tree)) - left_out))


def template_of(node: ast.AST) -> str:
    """The template that a node of a syntax tree makes a message of; empty where it makes none."""
    match node:
        case ast.Call(func=ast.Name(id="tr" | "trn"), args=[ast.Constant(value=str(template)), *_]):
            return template
    return ""


def parts_without_errors(node: ast.AST) -> list[ast.AST]:
    """What is a hint in a node of a syntax tree, or only shown."""
    match node:
        case ast.keyword(arg="hint", value=value) | ast.Assign(targets=[ast.Name(id="hint")], value=value):
            return [value]
        case ast.Call(func=ast.Name(id="Problem" | "SyntaxHint" | "TextProblem"), args=[_, _, hint, *_]):
            return [hint]
        case ast.Call(func=ast.Name(id=name)) if name in NO_ERROR_CALLS:
            return [node]
        case ast.FunctionDef(name=name) if "hint" in name:
            return [node]
    return []


def with_codes(known: Mapping[str, str], templates: frozenset[str]) -> dict[str, str]:
    """The code of each template, those that were known with theirs.

    A template with other names of values is the same one. One that replaces a very similar template keeps its code,
    and is printed: who gave it another meaning gives it another code there. Any other gets a code that none has.
    """
    found, taken = dict(known), set(known.values())
    shapes = {shape(template): code for template, code in known.items()}
    used = {known[template] for template in templates if template in known}
    gone = [template for template in known if template not in templates and known[template] not in used]
    for template in sorted(templates - known.keys()):
        code = shapes.get(shape(template), "")
        if not code and (near := difflib.get_close_matches(template, gone, 1, REWORDED)):
            code = known[near[0]]
            gone.remove(near[0])
            print(f"{codes.TABLE.name}: `{code}` is now {template!r}, before {near[0]!r}")
        found[template] = shapes[shape(template)] = code or new_code(template, taken)
        taken.add(found[template])
    return found


def new_code(template: str, taken: Collection[str]) -> str:
    """The code of a template that nothing has yet: with more of its words, or with a number."""
    longer = (codes.derived(template, words) for words in range(codes.MAX_WORDS, 3 * codes.MAX_WORDS))
    numbered = (f"{codes.derived(template)}-{number}" for number in count(2))
    return next(code for code in chain(longer, numbered) if code not in taken)


def shape(template: str) -> str:
    """A template without the names of its values."""
    return codes.FIELD.sub("{}", template)


def table_of(found: Mapping[str, str]) -> str:
    """The table of codes as its file has it."""
    lines = sorted((code, template.replace("\n", "\\n")) for template, code in found.items())
    return "".join(f"{code}\t{template}\n" for code, template in lines)


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
