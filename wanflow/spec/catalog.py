"""The catalog: what each model accepts, as data in `schemas/models/`; adding a model is adding a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from wanflow.errors import WanflowError
from wanflow.schemas import data_folder
from wanflow.spec.production import Value

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FileRule:
    """What a media file has to be (api.md 3): bounds are included, sizes in bytes, lengths in seconds."""

    kind: str
    formats: tuple[str, ...]
    size_bytes: int
    pixels: tuple[int, int] | None = None
    aspect: tuple[int, int] | None = None
    seconds: tuple[int, int] | None = None
    alpha: bool = True


@dataclass(frozen=True, slots=True)
class MediaRule:
    """How often a type of media may stand in a request, what its file has to be, and whether a voice rides on it.

    `continued`: the result contains it, so that it has to be shorter than the result. `field` is the key of a request's
    `input` that carries its address, None where it stands in the list of media.
    """

    most: int
    least: int
    file: FileRule
    voice: FileRule | None = None
    continued: bool = False
    field: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """A parameter's type, values and default; `default` None: the vendor decides where it is left out.

    `when` are tighter bounds beside a type of media; `also` are values outside the range; `since` is the key version
    that introduced it (law 5).
    """

    type: Literal["string", "integer", "boolean"]
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    also: tuple[int, ...] = ()
    default: Value | None = None
    since: int = 1
    when: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TextRule:
    """How long a text may be, in characters, and whether it is required."""

    most: int
    required: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """How many media of several types there may be together."""

    types: tuple[str, ...]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the service and its rules.

    `sets` are the only combinations of media that it takes, empty where counts alone decide. `ignored` are
    parameters that the vendor drops beside a type of media; `unvoiced` the types beside which a voice is not advised.
    `identifiers` name references in prompts by language and kind, with `{n}` for the number. `typical_seconds` is how
    long a task takes, as far as that was seen (api.md 4.1).
    """

    name: str
    does: str
    snapshots: tuple[str, ...]
    regions: tuple[str, ...]
    text: Mapping[str, TextRule]
    media: Mapping[str, MediaRule]
    parameters: Mapping[str, ParameterRule]
    running: int
    typical_seconds: int
    sets: tuple[frozenset[str], ...] = ()
    totals: tuple[Total, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    unvoiced: tuple[str, ...] = ()
    identifiers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """The media keys of a shot that this model takes; references stand under `references`."""
        return frozenset("references" if kind.startswith("reference_") else kind for kind in self.media)


class CatalogError(WanflowError):
    """A model file that breaks the catalog's own rules."""


@cache
def load_catalog(folder: Path | None = None) -> Mapping[str, Model]:
    """All models by name, dated snapshots included; raises CatalogError for a file that can't be read."""
    models: dict[str, Model] = {}
    for path in sorted((folder or data_folder("schemas") / "models").glob("*.json")):
        try:
            model = _model(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise CatalogError(f"the model file `{path.name}` can't be used: {error!r}") from error
        models |= dict.fromkeys((model.name, *model.snapshots), model)
    return models


def _model(raw: Json) -> Model:
    return Model(
        name=str(raw["model"]),
        does=str(raw["does"]),
        snapshots=_words(raw["snapshots"]),
        regions=_words(raw["regions"]),
        text={key: _text(_object(rule)) for key, rule in _object(raw["text"]).items()},
        media={key: _media(_object(rule)) for key, rule in _object(raw["media"]).items()},
        parameters={key: _parameter(_object(rule)) for key, rule in _object(raw["parameters"]).items()},
        running=_whole(_object(raw["limits"])["running"]),
        typical_seconds=_whole(_object(raw["limits"])["typical_seconds"]),
        sets=tuple(frozenset(_words(item)) for item in _list(raw.get("sets", []))),
        totals=tuple(_total(_object(item)) for item in _list(raw.get("totals", []))),
        ignored=tuple(
            (str(_object(item)["parameter"]), str(_object(item)["with"])) for item in _list(raw.get("ignored", []))
        ),
        unvoiced=tuple(str(_object(item)["with"]) for item in _list(raw.get("discouraged", []))),
        identifiers=_identifiers(_object(raw.get("identifiers", {}))),
    )


def _identifiers(raw: Json) -> dict[str, dict[str, str]]:
    languages = {key: value for key, value in raw.items() if isinstance(value, Mapping)}
    return {language: {str(kind): str(word) for kind, word in words.items()} for language, words in languages.items()}


def _text(raw: Json) -> TextRule:
    return TextRule(_whole(raw["max"]), raw.get("required") is True)


def _total(raw: Json) -> Total:
    return Total(_words(raw["of"]), _whole(raw["min"]), _whole(raw["max"]))


def _media(raw: Json) -> MediaRule:
    voice = raw.get("voice")
    return MediaRule(
        most=_whole(raw["max"]),
        least=_whole(raw.get("min", 0)),
        file=_file(_object(raw["file"])),
        voice=None if voice is None else _file(_object(voice)),
        continued=raw.get("continued") is True,
        field=None if raw.get("field") is None else str(raw["field"]),
    )


def _file(raw: Json) -> FileRule:
    return FileRule(
        kind=str(raw["kind"]),
        formats=_words(raw["formats"]),
        size_bytes=_whole(raw["bytes"]),
        pixels=_pair(raw.get("pixels")),
        aspect=_pair(raw.get("aspect")),
        seconds=_pair(raw.get("seconds")),
        alpha=raw.get("alpha") is not False,
    )


def _parameter(raw: Json) -> ParameterRule:
    kind, default = raw["type"], raw.get("default")
    if kind not in {"string", "integer", "boolean"}:
        raise ValueError(f"no such type: {kind!r}")
    if default is not None and not isinstance(default, bool | int | str):
        raise TypeError(f"no such default: {default!r}")
    return ParameterRule(
        type=kind,
        values=_words(raw.get("values", [])),
        low=None if raw.get("min") is None else _whole(raw["min"]),
        high=None if raw.get("max") is None else _whole(raw["max"]),
        also=tuple(_whole(item) for item in _list(raw.get("also", []))),
        default=default,
        since=_whole(raw["since"]),
        when=tuple((str(_object(item)["media"]), _whole(_object(item)["max"])) for item in _list(raw.get("when", []))),
    )


def _object(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError(f"not an object: {value!r}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"not a list: {value!r}")
    return value


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(value))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _pair(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    low, high = _list(value)
    return _whole(low), _whole(high)
