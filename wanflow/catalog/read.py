"""The catalog: what each model accepts, as data in `schemas/models/`; adding a model is adding a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from wanflow.catalog.model import (
    BilledInput,
    Condition,
    FileRule,
    MediaRule,
    Model,
    ParameterRule,
    PriceList,
    Rate,
    TextRule,
    Total,
    Value,
)
from wanflow.errors import WanflowError
from wanflow.schemas import data_folder

Json = Mapping[str, object]


class CatalogError(WanflowError):
    """A model file that breaks the catalog's own rules."""


@cache
def load_catalog(folder: Path | None = None) -> Mapping[str, Model]:
    """All models by name, dated snapshots included; raises CatalogError for a file that can't be read."""
    models: dict[str, Model] = {}
    for path in sorted((folder or data_folder("schemas") / "models").glob("*.json"), key=lambda path: path.stem):
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
        queued=_whole(_object(raw["limits"])["queued"]),
        typical_seconds=_whole(_object(raw["limits"])["typical_seconds"]),
        sets=tuple(frozenset(_words(item)) for item in _list(raw.get("sets", []))),
        totals=tuple(_total(_object(item)) for item in _list(raw.get("totals", []))),
        ignored=tuple(
            (str(_object(item)["parameter"]), str(_object(item)["with"])) for item in _list(raw.get("ignored", []))
        ),
        unvoiced=tuple(str(_object(item)["with"]) for item in _list(raw.get("discouraged", []))),
        identifiers=_tables(_object(raw.get("identifiers", {}))),
        sizes=_tables(_object(raw.get("sizes", {}))),
        billed=tuple(_billed(_object(item)) for item in _list(_object(raw.get("billed", {})).get("inputs", []))),
        prices=None if raw.get("prices") is None else _prices(_object(raw["prices"])),
    )


def _tables(raw: Json) -> dict[str, dict[str, str]]:
    """The tables of an object, without the words beside them."""
    found = {key: value for key, value in raw.items() if isinstance(value, Mapping)}
    return {key: {str(name): str(word) for name, word in table.items()} for key, table in found.items()}


def _billed(raw: Json) -> BilledInput:
    caps = tuple(_amount(cap) for cap in _list(raw.get("caps", [])))
    return BilledInput(str(raw["media"]), caps, _words(raw.get("shared_by", [])))


def _prices(raw: Json) -> PriceList:
    rates = tuple(_rate(_object(item)) for item in _list(raw["a_second"]))
    return PriceList(str(raw["date"]), str(raw["currency"]), rates)


def _rate(raw: Json) -> Rate:
    further = {key: _value(value) for key, value in raw.items() if key not in {"region", "tier", "amount"}}
    return Rate(str(raw["region"]), str(raw["tier"]), _amount(raw["amount"]), further)


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
        listed=raw.get("list") is True,
        edited=raw.get("edited") is True,
        regions=_words(raw.get("regions", [])),
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
        forms=_words(raw["forms"]),
    )


def _parameter(raw: Json) -> ParameterRule:
    kind, default = raw["type"], raw.get("default")
    if kind not in {"string", "integer", "boolean"}:
        raise ValueError(f"no such type: {kind!r}")
    return ParameterRule(
        type=kind,
        values=_words(raw.get("values", [])),
        low=None if raw.get("min") is None else _whole(raw["min"]),
        high=None if raw.get("max") is None else _whole(raw["max"]),
        also=tuple(_whole(item) for item in _list(raw.get("also", []))),
        default=None if default is None else _value(default),
        since=_whole(raw["since"]),
        when=tuple(_condition(_object(item)) for item in _list(raw.get("when", []))),
    )


def _condition(raw: Json) -> Condition:
    return Condition(
        media=None if raw.get("media") is None else str(raw["media"]),
        region=None if raw.get("region") is None else str(raw["region"]),
        high=None if raw.get("max") is None else _whole(raw["max"]),
        values=tuple(_whole(item) for item in _list(raw.get("values", []))),
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


def _value(value: object) -> Value:
    if not isinstance(value, bool | int | str):
        raise TypeError(f"no value of a parameter: {value!r}")
    return value


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not a number: {value!r}") from None


def _pair(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    low, high = _list(value)
    return _whole(low), _whole(high)
