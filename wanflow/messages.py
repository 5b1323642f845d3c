"""Messages for people: English texts that know their template, and their translation where they are printed.

All layers write messages in English, by `tr`, `trn`, `trp` and `joined`. A message is a `str` and equals its text, so
that JSON, records and comparisons have the English one. The command line prints it in the language of its reader, by
`translated`, with the catalog in `locale/`, which `make messages` keeps up to date.
"""

from __future__ import annotations

import gettext
import os
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from pathlib import Path
from typing import Self

from wanflow.patterns import letters

DOMAIN = "wanflow"
LOCALE = Path(__file__).parent / "locale"
"""Folder with a catalog for each language: `zh_CN/LC_MESSAGES/wanflow.mo`."""

_catalog: ContextVar[gettext.NullTranslations | None] = ContextVar("_catalog", default=None)
"""Translations into the language of this command; None for English."""


class Translatable(str):
    """A text in English that can be translated, by its template and the values in it.

    `plural` is the template of several things, where the text counts them: then `template` is that of one. `meaning`
    says what the words mean here, where they have several meanings.
    """

    __slots__ = ("meaning", "plural", "template", "values")
    template: str
    values: Mapping[str, object]
    plural: str
    meaning: str

    def __new__(
        cls, text: str, template: str, values: Mapping[str, object], plural: str = "", meaning: str = ""
    ) -> Self:
        """The text of a template that is filled in."""
        made = super().__new__(cls, text)
        made.template, made.values, made.plural, made.meaning = template, values, plural, meaning
        return made

    def __str__(self) -> str:
        """The message itself, so that an exception gives back the one that it was made with."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str.__str__(self), self.template, self.values, self.plural, self.meaning)

    def with_values(self, text: str, values: Mapping[str, object]) -> Self:
        """The same message with other values, and the text that they give."""
        return type(self)(text, self.template, values, self.plural, self.meaning)

    def translation(self, catalog: gettext.NullTranslations) -> str:
        """The text by a catalog; what that lacks stays in English."""
        template = self.template
        if self.plural:
            number = self.values["number"]
            template = catalog.ngettext(template, self.plural, number if isinstance(number, int) else 1)
        elif self.meaning:
            template = catalog.pgettext(self.meaning, template)
        elif template:  # that of "" is the header of the file
            template = catalog.gettext(template)
        return self._filled(template) if self.values else template

    def _filled(self, template: str) -> str:
        """A translated template with the values; a name keeps the blanks around it."""
        text, values, is_name = "", self._translated_values(), False
        for words, name, form, conversion in _FORMATTER.parse(template):
            text = text + words if is_name else _beside(text, words)
            if name is not None:
                field = "".join(("{", name, f"!{conversion}" if conversion else "", f":{form}" if form else "", "}"))
                is_name = not isinstance(self.values[name], (Translatable, Exception))
                shown = field.format_map(values)
                text = text + shown if is_name else _beside(text, shown)
        return text

    def _translated_values(self) -> dict[str, object]:
        shown = {name: str(value) if isinstance(value, Exception) else value for name, value in self.values.items()}
        return {name: translated(value) if isinstance(value, str) else value for name, value in shown.items()}


class _Joined(Translatable):
    """Texts one after another; the separator is the template."""

    __slots__ = ()

    def translation(self, catalog: gettext.NullTranslations) -> str:
        separator = catalog.gettext(self.template) if self.template else ""
        if all(type(part) is str for part in self.values.values()):
            return separator.join(map(str, self.values.values()))
        first, *others = map(str, self._translated_values().values())
        return reduce(_beside, (part for other in others for part in (separator, other)), first)


_FORMATTER = string.Formatter()
_HAN = letters("[\u3400-\u9fff]")
_FULL_WIDTH = letters("[\u3000-\u303f\uff00-\uffef]")
"""Chinese punctuation, which has its own room on both sides; quotation marks are those of English too."""


def _beside(text: str, following: str) -> str:
    """Two texts in one: a blank between them goes where Chinese has none, as between two Han characters."""
    if text.endswith(" ") and _is_without_blank(text[-2:-1], following[:1]):
        return text[:-1] + following
    if following.startswith(" ") and _is_without_blank(text[-1:], following[1:2]):
        return text + following[1:]
    return text + following


def _is_without_blank(left: str, right: str) -> bool:
    both_han = _HAN.match(left) and _HAN.match(right)
    return bool(both_han or (left and right and (_FULL_WIDTH.match(left) or _FULL_WIDTH.match(right))))


def tr(template: str, /, **values: object) -> Translatable:
    """A message: the template with values in the places of `{name}`; without any value the template as it is.

    Values that are messages are translated with it, and no others.
    """
    return Translatable(template.format_map(values) if values else template, template, values)


def trp(meaning: str, template: str, /) -> Translatable:
    """A message of words that mean something else in another one: `meaning` says what, to the translator alone."""
    return Translatable(template, template, {}, meaning=meaning)


def trn(singular: str, plural: str, number: int, /, **values: object) -> Translatable:
    """A message about a number of things; `{number}` is that number in both templates."""
    values = {"number": number, **values}
    return Translatable((singular if number == 1 else plural).format_map(values), singular, values, plural)


def joined(separator: str, texts: Iterable[str]) -> Translatable:
    """Texts one after another, each of which is translated if it is a message, and the separator with them."""
    parts = tuple(texts)
    return _Joined(separator.join(parts), separator, {str(at): part for at, part in enumerate(parts)})


def renamed(text: str, name: str, other: str) -> str:
    """A text that has another name in backticks; a message stays one."""
    written = text.replace(f"`{name}`", f"`{other}`")
    if written == text:
        return text
    if not isinstance(text, Translatable):
        return written
    values = {
        key: value if not isinstance(value, str) else other if value == name else renamed(value, name, other)
        for key, value in text.values.items()
    }
    return text.with_values(written, values)


def translated(text: str) -> str:
    """A message in the language of this command; any other text as it is."""
    catalog = _catalog.get()
    return text if catalog is None or not isinstance(text, Translatable) else text.translation(catalog)


def translated_word(text: str) -> str:
    """A text of a library in the language of this command, where the catalog has it word for word."""
    catalog = _catalog.get()
    return text if catalog is None or not text else catalog.gettext(text)


@contextmanager
def translations(language: str | None) -> Iterator[None]:
    """Let `translated` give texts in a language that has a catalog; None is English.

    Libraries that translate by gettext, as click does, have the same catalog meanwhile.
    """
    if language is None:
        yield
        return
    domain, languages = gettext.textdomain(), os.environ.get("LANGUAGE")
    token = _catalog.set(gettext.translation(DOMAIN, LOCALE, [language]))
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language  # libraries look for their catalog by this variable alone
    try:
        yield
    finally:
        _catalog.reset(token)
        gettext.textdomain(domain)
        if languages is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = languages
