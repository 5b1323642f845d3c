"""What the models accept, read from the catalog's data files; the client reads the same files with other code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wanflow.emulator.order import Setting
from wanflow.schemas import data_folder


@dataclass(frozen=True, slots=True)
class SettingRule:
    """One parameter: its kind, its choices or bounds, values allowed besides, its default.

    `tighter` lowers the upper bound while media of a type are there.
    """

    kind: type
    default: Setting | None = None
    choices: tuple[Setting, ...] = ()
    low: int | None = None
    high: int | None = None
    also: tuple[int, ...] = ()
    tighter: Mapping[str, int] = field(default_factory=dict)

    def bounds(self, types: Sequence[str]) -> tuple[int | None, int | None]:
        """The bounds for a request with media of these types."""
        if self.high is None:
            return self.low, None
        return self.low, min([self.high, *(high for kind, high in self.tighter.items() if kind in types)])


@dataclass(frozen=True, slots=True)
class ModelRules:
    """One model: the most of each media type, the sets that go together, least and most over groups of types.

    `running` tasks of it run at once, the others wait (api.md 4.4). `fields` are the types that stand under a key of
    their own in `input`, by that key; a model whose media all do has no list of them (api.md 2.5).
    """

    name: str
    media: Mapping[str, int]
    settings: Mapping[str, SettingRule]
    sets: tuple[frozenset[str], ...] = ()
    groups: tuple[tuple[frozenset[str], int, int], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[tuple[str, str], ...] = ()
    prompt_required: bool = False
    running: int = 5
    regions: frozenset[str] = frozenset({"beijing"})


Catalog = Mapping[str, ModelRules]
"""By name, dated snapshots included."""

Data = Mapping[str, Any]
"""A part of a data file; the files ship with us and have their own tests, so that their shape is trusted here."""

KINDS: Mapping[str, type] = {"boolean": bool, "integer": int, "string": str}


def read_catalog() -> Catalog:
    """The rules of every model in `schemas/models`."""
    catalog: dict[str, ModelRules] = {}
    for path in sorted((data_folder("schemas") / "models").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        names = (data["model"], *data.get("snapshots", ()))
        catalog |= {name: _read_model(name, data) for name in names}
    return catalog


def _read_model(name: str, data: Data) -> ModelRules:
    needed = [(frozenset([kind]), rule["min"], rule["max"]) for kind, rule in data["media"].items() if "min" in rule]
    totals = [(frozenset(total["of"]), total["min"], total["max"]) for total in data.get("totals", ())]
    return ModelRules(
        name=name,
        media={kind: rule["max"] for kind, rule in data["media"].items()},
        settings={key: _read_rule(rule) for key, rule in data["parameters"].items()},
        sets=tuple(frozenset(types) for types in data.get("sets", ())),
        groups=(*needed, *totals),
        fields={rule["field"]: kind for kind, rule in data["media"].items() if "field" in rule},
        ignored=tuple((item["parameter"], item["with"]) for item in data.get("ignored", ())),
        prompt_required=data["text"]["prompt"]["required"],
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
        tighter={case["media"]: case["max"] for case in rule.get("when", ())},
    )
