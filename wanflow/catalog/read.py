"""The catalog: what each model accepts, as data in `schemas/models/`; a model is one file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from pathlib import Path

from wanflow.catalog.model import (
    USUAL_RATE,
    BilledInput,
    BodyForm,
    Call,
    Condition,
    FileRule,
    MediaRule,
    Model,
    ParameterRule,
    ParameterValue,
    PixelBounds,
    PriceList,
    Rate,
    Recommendation,
    Role,
    SharedLength,
    TextRule,
    Total,
)
from wanflow.catalog.model_file import RATE_KEYS, made_by, not_carried, rates_of, without_source
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.schemas import CatalogError, Json, ModelFiles, completed, model_files


@dataclass(frozen=True, eq=False)
class Catalog(Mapping[str, Model]):
    """The models that a production may use, by name, dated snapshots included; `files` are what they were read from.

    `left_out` are models whose files have errors, by name, each with the keys that it would bring to a shot.
    """

    files: ModelFiles
    models: Mapping[str, Model]
    left_out: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Model:
        return self.models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    @property
    def entries(self) -> Sequence[Model]:
        """Each model once, whatever its snapshots."""
        return tuple({model.name: model for model in self.models.values()}.values())

    @cached_property
    def media_keys(self) -> tuple[str, ...]:
        """The keys of a shot that hold one medium, of all models."""
        return tuple(dict.fromkeys(key for model in self.models.values() for key in model.slots))

    @cached_property
    def parameter_keys(self) -> frozenset[str]:
        """The parameters of all models."""
        return frozenset(key for model in self.models.values() for key in model.parameters)


@cache
def load_catalog(folder: Path | None = None) -> Catalog:
    """The catalog that ships.

    Raises CatalogError, with the file and the key, for a file that breaks its schema or holds what no code carries.
    Files that `make docs` checked are not checked again; those of a `folder` always are.
    """
    files, models = model_files(folder), dict[str, Model]()
    for file, raw in files.by_name.items():
        problem = None if files.checked else next(not_carried(raw), None)
        if problem is not None:
            raise CatalogError(file, *problem)
        model = _model(raw)
        for name in (model.name, *model.snapshots):
            if name in models:
                raise CatalogError(file, "model", tr("`{name}` is in the catalog twice", name=name))
            models[name] = model
    return Catalog(files, models)


@lru_cache(maxsize=8)
def with_own_models(own: tuple[tuple[str, str], ...]) -> Catalog:
    """The catalog with the model files of a production before it: their paths, and their content as JSON.

    They were checked. A file that ships is left out where one of them has its model's name, and of two models with one
    name the first counts.
    """
    raws = {f"./{path}": completed(json.loads(text)) for path, text in own}
    named = {raw["model"] for raw in raws.values()}
    shipped = {file: raw for file, raw in model_files().by_name.items() if raw["model"] not in named}
    models: dict[str, Model] = {}
    for model in map(_model, (*raws.values(), *shipped.values())):
        models |= {name: model for name in (model.name, *model.snapshots) if name not in models}
    return Catalog(ModelFiles({**raws, **shipped}), models)


def _model(raw: Json) -> Model:
    limits, call = raw["limits"], raw.get("call", {})
    return Model(
        name=raw["model"],
        provider=raw["provider"],
        does=raw["does"],
        snapshots=tuple(raw["snapshots"]),
        regions=tuple(raw["regions"]),
        text={key: TextRule(rule["max"], rule["required"], rule.get("han", 1)) for key, rule in raw["text"].items()},
        media={key: _media(rule) for key, rule in raw["media"].items()},
        parameters={key: _parameter(rule) for key, rule in raw["parameters"].items()},
        running=limits["running"],
        queued=limits["queued"],
        submits_per_second=limits["submits_per_second"],
        typical_seconds=limits["typical_seconds"],
        call=Call(call.get("path"), BodyForm(call.get("form", BodyForm.MEDIA)), call.get("fixed", {})),
        makes=made_by(raw),
        sets=tuple(map(frozenset, raw.get("sets", ()))),
        totals=tuple(Total(tuple(item["of"]), item["min"], item["max"]) for item in raw.get("totals", ())),
        excludes=tuple(
            (frozenset(pair["groups"][0]), frozenset(pair["groups"][1])) for pair in raw.get("excludes", ())
        ),
        ignored=tuple((item["parameter"], item["with"]) for item in raw.get("ignored", ())),
        unvoiced=tuple(item["with"] for item in raw.get("discouraged", ())),
        identifiers=without_source(raw.get("identifiers", {})),
        sizes=without_source(raw.get("sizes", {})),
        billed=tuple(
            BilledInput(bill["media"], tuple(map(Decimal, bill.get("caps", ()))), tuple(bill.get("shared_by", ())))
            for bill in raw["billed"]["inputs"]
        ),
        prices=None if raw["prices"] is None else _prices(raw["prices"]),
        sounds=raw.get("sound", True),
        rate=raw.get("rate", USUAL_RATE),
    )


def _prices(raw: Json) -> PriceList:
    rates = tuple(
        Rate(
            rate["region"],
            rate.get("tier"),
            Decimal(rate["amount"]),
            {key: value for key, value in rate.items() if key not in RATE_KEYS},
        )
        for rate in rates_of(raw)
    )
    return PriceList(raw["date"], raw["currency"], rates)


def _media(raw: Json) -> MediaRule:
    return MediaRule(
        role=Role(raw["role"]),
        most=raw["max"],
        least=raw.get("min", 0),
        file=_file(raw["file"]),
        voice=_file(raw["voice"]) if "voice" in raw else None,
        field=raw.get("field"),
        listed="list" in raw,
        regions=tuple(raw.get("regions", ())),
        views="views" in raw,
        total_seconds=raw.get("total_seconds"),
    )


def _file(raw: Json) -> FileRule:
    return FileRule(
        kind=raw["kind"],
        formats=tuple(raw["formats"]),
        size_bytes=raw["bytes"],
        pixels=_pair(raw.get("pixels")),
        aspect=_pair(raw.get("aspect")),
        seconds=_pair(raw.get("seconds")),
        alpha=raw.get("alpha", True),
        forms=tuple(raw["forms"]),
    )


def _parameter(raw: Json) -> ParameterRule:
    return ParameterRule(
        type=raw["type"],
        values=tuple(raw.get("values", ())),
        low=raw.get("min"),
        high=raw.get("max"),
        also=tuple(raw.get("also", ())),
        default=raw.get("default"),
        since=raw.get("since", 1),
        when=tuple(
            Condition(case.get("media"), case.get("region"), case.get("max"), tuple(case.get("values", ())))
            for case in raw.get("when", ())
        ),
        pixels=PixelBounds(raw["pixels"][0], raw["pixels"][1], raw["aspect"][1]) if "pixels" in raw else None,
        recommended=Recommendation(raw["recommended"]["value"], raw["recommended"]["references"])
        if "recommended" in raw
        else None,
        open=raw.get("open"),
        shared=SharedLength(shared["media"], shared["max"]) if (shared := raw.get("with_inputs")) else None,
    )


def _pair(bounds: Sequence[int] | None) -> tuple[int, int] | None:
    return None if bounds is None else (bounds[0], bounds[1])


@immutable
class PriceBook:
    """All prices that a production is planned with, in one currency; `own` are lists by model that go before the
    catalog's.

    A list of the catalog in another currency counts for nothing: its model's price is unknown.
    """

    currency: str
    own: Mapping[str, PriceList] = field(default_factory=dict)

    def rate(self, model: Model, region: str, parameters: Mapping[str, ParameterValue]) -> Rate | None:
        """The price of a billed second of a request; None where no list says it."""
        tier = model.tier(parameters)
        rates = (rate for listed in self._lists(model) for rate in listed.rates)
        return next((rate for rate in rates if rate.fits(region, tier, parameters)), None)

    def date(self, models: Iterable[Model]) -> str | None:
        """The day of the oldest list that these models are priced by; None where none is."""
        lists = (next(self._lists(model), None) for model in models)
        return min((listed.date for listed in lists if listed is not None), default=None)

    def _lists(self, model: Model) -> Iterator[PriceList]:
        """One's own list, and behind it the catalog's for what that leaves out."""
        for listed in (self.own.get(model.name), model.prices):
            if listed is not None and listed.currency == self.currency:
                yield listed
