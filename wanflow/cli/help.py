"""Help pages in the language of their reader, in lines that fit the cells of a terminal."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable

import click

from wanflow.characters import cells_wide
from wanflow.messages import tr, translated, translated_word
from wanflow.report.text.table import wrapped

AS_WRITTEN = "\b\n"
"""How a block begins whose lines click keeps."""


def in_language(command: click.Command) -> click.Command:
    """The command with its help in the language of this process; one module may serve several languages in turn."""
    shown = copy.copy(command)
    shown.help = command.help and translated_word(as_paragraphs(command.help))
    shown.epilog = command.epilog and "\n".join(map(translated_word, command.epilog.split("\n")))
    shown.params = [copy.copy(parameter) for parameter in command.params]
    for parameter in shown.params:
        if isinstance(parameter, click.Option):
            parameter.help = parameter.help and translated_word(as_paragraphs(parameter.help))
    shown.context_class = HelpContext
    return shown


def as_paragraphs(text: str) -> str:
    """The text of a docstring with each paragraph on one line, as the catalogs of translations have it."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(text))


class CellFormatter(click.HelpFormatter):
    """A formatter that breaks lines by cells, two for a Han character; click counts characters."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how to call a command."""
        first = translated(tr("Usage: {command}", command=prog)).removesuffix(prog) if prefix is None else prefix
        super().write_usage(prog, args, first)

    def write_heading(self, heading: str) -> None:
        """Write the heading of a list."""
        self.write(f"{translated(tr('{heading}:', heading=heading))}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(_broken(text, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of terms, with what each means."""
        rows = list(rows)
        terms = min(max((cells_wide(term) for term, _ in rows), default=0), col_max)
        width = max(self.width - self.current_indent - terms - col_spacing, 10)
        super().write_dl([(term, _broken(text, width)) for term, text in rows], col_max, col_spacing)


def _broken(text: str, width: int) -> str:
    """The text in lines of at most `width` cells; click does that for English."""
    if text.isascii() or text.startswith(AS_WRITTEN):
        return text
    paragraphs = text.split("\n\n")
    lines = ("\n".join(wrapped(" ".join(paragraph.split()), width)) for paragraph in paragraphs)
    return "\n\n".join(
        paragraph if paragraph.startswith(AS_WRITTEN) else AS_WRITTEN + block
        for paragraph, block in zip(paragraphs, lines, strict=True)
    )


class HelpContext(click.Context):
    """A context of click whose help pages count cells."""

    formatter_class = CellFormatter
