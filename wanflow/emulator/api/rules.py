"""What the models accept, read from the catalog's data files; the client reads the same files with other code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any

from wanflow.records import immutable
from wanflow.schemas import ModelFiles, model_files

Setting = bool | int | str
"""A parameter's value."""

Palette = tuple[tuple[str, str], ...]
"""Colours of a picture with their shares, `("#C2D1E6", "23.51%")` (service.md 9.1)."""

VIDEO_PATH = "/services/aigc/video-generation/video-synthesis"
"""Path of submissions to models whose file names none (service.md 1.1)."""

UNSEEN = "reference"
"""The type of a reference whose kind only its file tells (service.md 2.4)."""


@immutable
class SettingRule:
    """One parameter: its kind, its choices or bounds, values allowed besides, its default.

    `open` is the value of a length with which the model decides it; with media of a type it has at most `shared`
    seconds together. `tighter` lowers the upper bound while media of a type are there, of a size that of its pixels;
    `only` are the values that a region takes, `beside` those that it takes with media of a type.
    Of a list of colours, whose kind is `list`, the bounds are those of their number.
    Beside its choices it may be a size `width*height` with `pixels` between these bounds, whose one side is at most
    `longest_side` times the other.
    """

    kind: type
    default: Setting | None = None
    choices: tuple[Setting, ...] = ()
    low: int | None = None
    high: int | None = None
    also: tuple[int, ...] = ()
    pixels: tuple[int, int] | None = None
    longest_side: int = 1
    open: int | None = None
    shared: tuple[str, int] | None = None
    tighter: Mapping[str, int] = field(default_factory=dict)
    only: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    beside: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)

    def bounds(self, types: Sequence[str]) -> tuple[int | None, int | None]:
        """The bounds for a request with media of these types."""
        if self.high is None:
            return self.low, None
        return self.low, min([self.high, *(high for kind, high in self.tighter.items() if kind in types)])


@immutable
class FileRules:
    """What a file has to be: its kind, its formats, its most bytes, bounds of its sides, its shape and its length."""

    kind: str
    formats: tuple[str, ...]
    most_bytes: int
    sides: tuple[int, int] | None = None
    shape: tuple[int, int] | None = None
    seconds: tuple[int, int] | None = None
    alpha: bool = True
    inline: bool = False


@immutable
class InputBill:
    """Input media that are billed: each up to a cap that falls with the number of media of the `counted` types."""

    kind: str
    caps: tuple[Decimal, ...]
    counted: frozenset[str]


@immutable
class ModelRules:
    """One model: the most of each media type and its part in the film, the sets that go together, least and most over
    groups of types.

    Requests are posted to `path`, in the body form `form`; its results are what it `makes`. It may make a `series`.
    `running` tasks of it run at once (service.md 4.4). `fields` are the types that have a key of
    their own in `input`, by that key; a model with such media only has no list (service.md 2.5). Under the keys of
    `lists` are lists of addresses, whose kinds the files tell (service.md 2.4). `regional` are the regions
    of types that not all regions of the model take; `told` is what `usage` says besides the seconds, and `floats` are
    the seconds of it that are written with a point. `together` are the most seconds of all media of a type; of
    `excludes` never two groups come together. A `mute` model makes no sound.
    """

    name: str
    media: Mapping[str, int]
    roles: Mapping[str, str]
    settings: Mapping[str, SettingRule]
    makes: str = "film"
    path: str = VIDEO_PATH
    form: str = "media"
    series: bool = False
    files: Mapping[str, FileRules] = field(default_factory=dict)
    voices: Mapping[str, FileRules] = field(default_factory=dict)
    together: Mapping[str, int] = field(default_factory=dict)
    excludes: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    sets: tuple[frozenset[str], ...] = ()
    groups: tuple[tuple[frozenset[str], int, int], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    regional: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identifiers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sizes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    billed: tuple[InputBill, ...] = ()
    told: tuple[str, ...] = ()
    floats: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    mute: bool = False
    prompt_required: bool = False
    prompt_signs: int = 5000
    running: int = 5
    regions: frozenset[str] = frozenset({"beijing"})

    @property
    def needs_media(self) -> bool:
        """Whether a request without any media is refused."""
        return (bool(self.sets) and frozenset() not in self.sets) or any(least for _, least, _ in self.groups)


ModelCatalog = Mapping[str, ModelRules]
"""By name, dated snapshots included."""

Data = Mapping[str, Any]
"""A part of a data file; it was held against its schema, so that its shape is trusted here."""

ANY_FORM = "any"
"""Form of bodies in which nothing is checked."""
ANY_SIZES: Mapping[str, Mapping[str, str]] = {
    "720P": {"16:9": "1280*720", "9:16": "720*1280", "1:1": "960*960", "4:3": "1104*832", "3:4": "832*1104"}
}
"""Sizes of cards for models that the catalog does not have."""

KINDS: Mapping[str, type] = {"boolean": bool, "integer": int, "string": str, "colors": list}


def read_catalog(files: ModelFiles | None = None) -> ModelCatalog:
    """The rules of every model that these files describe, None for those that ship; of two with a name the first."""
    catalog: dict[str, ModelRules] = {}
    for data in (files or model_files()).by_name.values():
        names = (data["model"], *data.get("snapshots", ()))
        catalog |= {name: _read_model(name, data) for name in names if name not in catalog}
    return catalog


def of_any_model(name: str, path: str) -> ModelRules:
    """Rules for a model that the catalog does not have: it takes anything, and its result is a card with its words."""
    return ModelRules(name, {}, {}, {}, "film" if "video" in path else "picture", path, ANY_FORM, sizes=ANY_SIZES)


def in_region(catalog: ModelCatalog, region: str) -> ModelCatalog:
    """The models that a region has."""
    return {name: rules for name, rules in catalog.items() if region in rules.regions}


def _read_model(name: str, data: Data) -> ModelRules:
    needed = [(frozenset([kind]), rule["min"], rule["max"]) for kind, rule in data["media"].items() if "min" in rule]
    totals = [(frozenset(total["of"]), total["min"], total["max"]) for total in data.get("totals", ())]
    call = data.get("call", {})
    alone = {kind: rule for kind, rule in data["media"].items() if "field" in rule and not rule.get("list")}
    return ModelRules(
        name=name,
        media={kind: rule["max"] for kind, rule in data["media"].items()},
        roles={kind: rule["role"] for kind, rule in data["media"].items()},
        files={kind: _read_file(rule["file"]) for kind, rule in data["media"].items()},
        voices={kind: _read_file(rule["voice"]) for kind, rule in data["media"].items() if "voice" in rule},
        together={kind: rule["total_seconds"] for kind, rule in data["media"].items() if "total_seconds" in rule},
        excludes=tuple(
            (frozenset(pair["groups"][0]), frozenset(pair["groups"][1])) for pair in data.get("excludes", ())
        ),
        mute=data.get("sound") is False,
        settings={key: _read_rule(rule) for key, rule in data["parameters"].items()},
        makes=data.get("makes", "film"),
        path=call.get("path", VIDEO_PATH),
        form=call.get("form", "media"),
        series="enable_sequential" in call.get("fixed", {}),
        sets=tuple(frozenset(types) for types in data.get("sets", ())),
        groups=(*needed, *totals),
        fields={rule["field"]: kind for kind, rule in alone.items()},
        lists={
            key: frozenset(kind for kind, rule in data["media"].items() if rule.get("list") and rule["field"] == key)
            for key in dict.fromkeys(rule["field"] for rule in data["media"].values() if rule.get("list"))
        },
        regional={kind: frozenset(rule["regions"]) for kind, rule in data["media"].items() if "regions" in rule},
        identifiers={key: words for key, words in data.get("identifiers", {}).items() if key != "source"},
        sizes={key: sizes for key, sizes in data.get("sizes", {}).items() if key != "source"},
        billed=tuple(
            InputBill(bill["media"], tuple(map(Decimal, bill.get("caps", ()))), frozenset(bill.get("shared_by", ())))
            for bill in data["billed"]["inputs"]
        ),
        told=tuple(data.get("usage", {}).get("also", ())),
        floats=tuple(data.get("usage", {}).get("floats", ())),
        ignored=tuple((item["parameter"], item["with"]) for item in data.get("ignored", ())),
        prompt_required=data["text"]["prompt"]["required"],
        prompt_signs=data["text"]["prompt"]["max"],
        running=data["limits"]["running"],
        regions=frozenset(data["regions"]),
    )


def _read_rule(rule: Data) -> SettingRule:
    return SettingRule(
        kind=KINDS[rule["type"]],
        default=rule.get("default"),
        choices=tuple(rule.get("values", ())),
        low=rule.get("min"),
        high=rule.get("max"),
        also=tuple(rule.get("also", ())),
        pixels=_pair(rule.get("pixels")),
        longest_side=rule["aspect"][1] if "aspect" in rule else 1,
        open=rule.get("open"),
        shared=(rule["with_inputs"]["media"], rule["with_inputs"]["max"]) if "with_inputs" in rule else None,
        tighter={case["media"]: case["max"] for case in rule.get("when", ()) if {"media", "max"} <= case.keys()},
        beside={
            case["media"]: tuple(case["values"]) for case in rule.get("when", ()) if {"media", "values"} <= case.keys()
        },
        only={case["region"]: tuple(case["values"]) for case in rule.get("when", ()) if "region" in case},
    )


def _read_file(rule: Data) -> FileRules:
    return FileRules(
        kind=rule["kind"],
        formats=tuple(rule["formats"]),
        most_bytes=rule["bytes"],
        sides=_pair(rule.get("pixels")),
        shape=_pair(rule.get("aspect")),
        seconds=_pair(rule.get("seconds")),
        alpha=rule.get("alpha", True),
        inline="data" in rule["forms"],
    )


def _pair(bounds: Sequence[int] | None) -> tuple[int, int] | None:
    return None if bounds is None else (bounds[0], bounds[1])
