"""Commands and paths in messages and hints, completed so that they work when pasted.

A layer that gives a hint knows the command that helps, but not which production the user named. It writes the command
in backquotes, `wanflow collect`; the options that name the production are added here, before it is printed. Likewise
it knows paths from the production's folder, and here they become paths from the current folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from wanflow.characters import for_shell
from wanflow.cli.options import ProductionOptions
from wanflow.language.problem import Problem, is_shipped
from wanflow.patterns import pattern
from wanflow.yamldoc.nodes import Place

WITHOUT_PRODUCTION = frozenset({"init", "emulator", "schema", "completion"})
"""Commands without a production, which take none of its options."""
TEXT_KEYS = frozenset({"text", "message", "hint", "notes"})
"""Keys of JSON documents whose values are text for a person, or lists of it."""

_COMMAND = pattern(r"`wanflow (?P<verb>[a-z]+)(?P<rest>[^`]*)`")
_settings: ContextVar[ProductionOptions | None] = ContextVar("_settings", default=None)
"""Options that named the production of this command; None before they were read."""


def name_production(settings: ProductionOptions) -> None:
    """From now on commands in hints name the production, and its backend, with the options of this command."""
    _settings.set(settings)


def command_on(backend: str, verb: str) -> str:
    """A command about this production on a backend, in backquotes."""
    return f"`wanflow {verb} {_options(replace(_settings.get() or ProductionOptions(), backend=backend))}`"


def pasteable(text: str) -> str:
    """A text whose backquoted commands name the production as this one did; one that names a backend is complete."""
    settings = _settings.get()
    options = "" if settings is None else _options(settings)

    def completed(found: re.Match[str]) -> str:
        verb, rest = found["verb"], found["rest"]
        if verb in WITHOUT_PRODUCTION or rest.startswith((f" {options}", " --backend ", " --help")):
            return found[0]
        return f"`wanflow {verb} {options}{rest}`"

    return _COMMAND.sub(completed, text) if options else text


def pasteable_json(document: object, *, is_text: bool = False) -> object:
    """A JSON document whose text for a person names commands that work; `is_text`: it is such a text, or a list."""
    match document:
        case Mapping():
            return {key: pasteable_json(value, is_text=key in TEXT_KEYS) for key, value in document.items()}
        case str():
            return pasteable(document) if is_text else document
        case Sequence():
            return [pasteable_json(item, is_text=is_text) for item in document]
        case _:
            return document


def from_here(path: str | Path) -> str:
    """A path that is relative to the production's folder, as seen from the current folder."""
    settings = _settings.get()
    return Path(os.path.normpath((Path() if settings is None else settings.folder) / path)).as_posix()


def located(problem: Problem) -> Problem:
    """A problem with its files as seen from the current folder."""
    place = problem.place
    uses = tuple(replace(use, file=_shown(use)) for use in place.used_at)
    return replace(problem, place=replace(place, file=_shown(place), used_at=uses))


def _shown(place: Place) -> str:
    return place.file if is_shipped(place) else from_here(place.file)


def _options(settings: ProductionOptions) -> str:
    """The options that name the same production and override the same keys, as a shell reads them."""
    words = [] if settings.backend is None else ["--backend", settings.backend]
    words += [] if settings.named is None else ["-f", str(settings.named)]
    words += [] if settings.region is None else ["--region", settings.region]
    words += [] if settings.root is None else ["--root", str(settings.root)]
    words += ["--untrusted"] if settings.untrusted else []
    for name, value in settings.values.items():
        words += ["--set", f"{name}={value}"]
    return for_shell(*words)
