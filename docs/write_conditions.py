"""Writes what each model takes into `schemas/production.schema.json`, so that editors know it while somebody types.

.venv/bin/python docs/write_conditions.py

Everything comes from the catalog and stands under `$defs/conditions`, which wanflow itself leaves out: its own rules see
more (who a prompt names, the region, the files) and say it better. A condition refuses nothing that those accept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wanflow.catalog.model import Model, ParameterRule
from wanflow.catalog.read import load_catalog
from wanflow.language.schema_problems import known_parameters
from wanflow.language.shot import SLOTS
from wanflow.schemas import CONDITIONS, data_folder

Json = dict[str, Any]

FILE = data_folder("schemas") / "production.schema.json"
HERE = f"#/$defs/{CONDITIONS}/$defs"
VARIABLE = {"$ref": "#/$defs/variable"}
VARIABLE_IN_TEXT = r"\$\{"
FREE: Json = {"^x-": True}
UNSEEN: Json = {"doNotSuggest": True}
"""Keeps yaml-language-server from offering a key once more."""
REFERENCE = "reference_"
BESIDE_USE = ("use", "with", "matrix", "takes", "pick", "tags", "note")
"""What a shot may hold that a pipeline stands in for."""


def main() -> None:
    """Write the conditions into the schema."""
    FILE.write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole schema, as it should be."""
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    schema["$defs"][CONDITIONS] = conditions(schema["$defs"]["shot"]["properties"])
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def conditions(keys: Mapping[str, object]) -> Json:
    """What holds for a file with `defaults` and `shots`, by the models that they name; `keys` are those of a shot."""
    models = _models()
    return {
        "description": "What each model takes. Written by docs/write_conditions.py from the catalog, for editors only.",
        "properties": {
            "defaults": {
                **UNSEEN,
                "properties": {"model": {"$ref": f"{HERE}/model"}, "models": _defaults_of_models(models)},
            },
            "shots": {**UNSEEN, **_each_shot({"$ref": f"{HERE}/shot"})},
        },
        "allOf": [_by_default(model) for model in models],
        "$defs": {
            "model": _name_of(models),
            "shot": _shot(models, keys),
            **{name: part for model in models for name, part in _definitions(model)},
        },
    }


def _definitions(model: Model) -> Iterator[tuple[str, Json]]:
    yield model.name, {"description": model.does, "allOf": [*_shot_of(model)]}
    yield f"{model.name}-parameters", {"allOf": [*_unknown_parameters(model), {"properties": _parameters(model)}]}


def _defaults_of_models(models: list[Model]) -> Json:
    by_name = {name: {"$ref": f"{HERE}/{model.name}-parameters"} for model in models for name in _names(model)}
    return {
        "properties": by_name,
        "patternProperties": FREE,
        "additionalProperties": False,
        "errorMessage": "no model is called so",
    }


def _by_default(model: Model) -> Json:
    """The model of `defaults` holds for the shots that name none."""
    named = {"required": ["model"], "properties": {"model": {"enum": _names(model)}}}
    own = {"anyOf": [{"required": ["model"]}, {"required": ["use"]}]}
    shots = UNSEEN | _each_shot({"if": own, "else": {"$ref": f"{HERE}/{model.name}"}})
    return {
        "if": {"required": ["defaults"], "properties": {"defaults": named}},
        "then": {"properties": {"shots": shots}},
    }


def _each_shot(schema: Json) -> Json:
    return {"patternProperties": FREE, "additionalProperties": schema}


def _name_of(models: list[Model]) -> Json:
    names = sorted(name for model in models for name in _names(model))
    return {"if": VARIABLE, "else": {"enum": names, "errorMessage": f"no model is called so; there are {_all(names)}"}}


def _shot(models: list[Model], keys: Mapping[str, object]) -> Json:
    named = [
        {
            "if": {"required": ["model"], "properties": {"model": {"enum": _names(model)}}},
            "then": {"$ref": f"{HERE}/{model.name}"},
        }
        for model in models
    ]
    beside = f"beside `use` stand only {_all(key for key in BESIDE_USE if key != 'use')}"
    return {
        "properties": {"model": {"$ref": f"{HERE}/model"}},
        "if": {"required": ["use"]},
        "then": _none_of([key for key in keys if key not in BESIDE_USE], beside),
        "else": {**_none_of(["with"], "`with` gives a pipeline its inputs, and there is no `use`"), "allOf": named},
    }


def _shot_of(model: Model) -> Iterator[Json]:
    yield {"$ref": f"{HERE}/{model.name}-parameters"}
    yield from _strange_media(model)
    yield from _needed(model)
    yield from _sets(model)
    yield from _references(model)
    yield from _tighter(model)
    yield {"properties": _texts(model) | _addresses(model)}


def _strange_media(model: Model) -> Iterator[Json]:
    for slot in SLOTS:
        if slot not in model.media:
            others = _would(other for other in _models() if slot in other.media)
            yield _none_of([slot], f"`{model.name}` takes no `{slot}`{others}")


def _needed(model: Model) -> Iterator[Json]:
    texts = [key for key, rule in model.text.items() if rule.required]
    media = [key for key, rule in model.media.items() if rule.least and key in SLOTS]
    for key in [*texts, *media]:
        yield {"required": [key], "errorMessage": f"`{model.name}` needs a `{key}`"}


def _sets(model: Model) -> Iterator[Json]:
    """The combinations that the model takes; each key of another one is refused, so that an editor marks it."""
    if not model.sets:
        return
    slots = [kind for kind in model.media if kind in SLOTS]
    listed = "; ".join(" + ".join(f"`{kind}`" for kind in slots if kind in chosen) for chosen in model.sets)
    refused = _none_of(slots, f"`{model.name}` takes {listed}")
    fitting = [_exactly(chosen, slots) for chosen in model.sets]
    yield {"if": {"anyOf": [*fitting, *(_open(slot) for slot in slots)]}, "else": refused}
    if frozenset() not in model.sets:
        message = f"`{model.name}` needs media: {listed}"
        yield {"anyOf": [{"required": [slot], "errorMessage": message} for slot in slots]}


def _exactly(chosen: frozenset[str], slots: list[str]) -> Json:
    missing = {slot: False for slot in slots if slot not in chosen}
    return {"required": [slot for slot in slots if slot in chosen], "properties": missing}


def _open(slot: str) -> Json:
    """Media that a pipeline's user may leave out."""
    known_later = {"anyOf": [VARIABLE, {"type": "object", "required": ["input"]}]}
    return {"required": [slot], "properties": {slot: known_later}}


def _references(model: Model) -> Iterator[Json]:
    """How many references there may be; those that a prompt names can't be counted here."""
    kinds = [kind for kind in model.media if kind.startswith(REFERENCE)]
    if not kinds:
        some = {"required": ["references"], "properties": {"references": {"minItems": 1}}}
        yield {"if": some, "then": _none_of(["references"], f"`{model.name}` takes no `references`")}
        return
    totals = [total for total in model.totals if set(total.types) == set(kinds)]
    least = max(total.least for total in totals) if totals else 0
    most = min([sum(model.media[kind].most for kind in kinds), *(total.most for total in totals)])
    yield {"properties": {"references": {**UNSEEN, "minItems": least, "maxItems": most}}}
    strange = [kind for kind in ("image", "video") if REFERENCE + kind not in model.media]
    for kind in strange:
        refused = _none_of([kind], f"`{model.name}` takes no `{REFERENCE}{kind}`")
        yield {"properties": {"references": {**UNSEEN, "items": refused}}}
    for kind in kinds:
        if model.media[kind].most < most:
            yield {"properties": {"references": _at_most(model, kind)}}
    if least:
        message = f"`{model.name}` needs references: name cast members here, or list `references`"
        named = {"properties": {"prompt": {"pattern": VARIABLE_IN_TEXT, "patternErrorMessage": message}}}
        yield {"if": {"required": ["references"]}, "else": named}


def _at_most(model: Model, kind: str) -> Json:
    shown, most = kind.removeprefix(REFERENCE), model.media[kind].most
    message = f"`{model.name}` takes {most} of `{shown}` at most"
    return {**UNSEEN, "contains": _shows(shown), "minContains": 0, "maxContains": most, "errorMessage": message}


def _shows(kind: str) -> Json:
    return {"type": "object", "required": [kind]}


def _tighter(model: Model) -> Iterator[Json]:
    """Bounds beside media of a type; those of a region are left to wanflow, which knows the region."""
    for key, rule in model.parameters.items():
        for condition in rule.when:
            if condition.media is None:
                continue
            reference = condition.media.removeprefix(REFERENCE)
            listed = {"required": ["references"], "properties": {"references": {"contains": _shows(reference)}}}
            beside = listed if reference != condition.media else {"required": [condition.media]}
            bound = {"maximum": condition.high} if condition.high is not None else {"enum": list(condition.values)}
            yield {"if": beside, "then": {"properties": {key: {"if": {"type": "number"}, "then": bound}}}}


def _texts(model: Model) -> Json:
    """How long a text may be that has no `$` in it: with one it may become another."""
    found: Json = {}
    for key, rule in model.text.items():
        found[key] = {"if": {"pattern": r"\$"}, "else": {"maxLength": rule.most}}
        if rule.required:
            found[key] |= {"pattern": r"\S", "patternErrorMessage": f"`{model.name}` needs a `{key}`"}
    return found


def _addresses(model: Model) -> Json:
    data = {
        "if": {"type": "string"},
        "then": {"pattern": "^(?!data:)", "patternErrorMessage": f"`{model.name}` takes no data URI here"},
    }
    return {slot: data for slot in SLOTS if slot in model.media and "data" not in model.media[slot].file.forms}


def _unknown_parameters(model: Model) -> Iterator[Json]:
    for key in sorted(known_parameters() - model.parameters.keys()):
        others = _would(other for other in _models() if key in other.parameters)
        yield _none_of([key], f"`{model.name}` has no parameter `{key}`{others}")


def _parameters(model: Model) -> Json:
    limited = {key: _values(key, rule, model) for key, rule in model.parameters.items()}
    return {key: part for key, part in limited.items() if part}


def _values(key: str, rule: ParameterRule, model: Model) -> Json:
    default = {} if rule.default is None else {"default": rule.default}
    if rule.values:
        message = f"`{key}` of `{model.name}` is one of {_all(rule.values)}"
        words = {"enum": list(rule.values), "errorMessage": message}
        return {**default, "examples": list(rule.values), "if": VARIABLE, "else": words}
    bounds = {"minimum": rule.low, "maximum": rule.high}
    inside = {word: bound for word, bound in bounds.items() if bound is not None}
    if inside and rule.also:
        return {**default, "if": {"enum": list(rule.also)}, "else": inside}
    return {**default, **inside}


def _none_of(keys: list[str], message: str) -> Json:
    """Keys that may not stand here, with the words for it."""
    return {"properties": dict.fromkeys(keys, False), "errorMessage": message}


def _would(models: Iterable[Model]) -> str:
    names = sorted(model.name for model in models)
    return f"; {_all(names)} would" if names else ""


def _models() -> list[Model]:
    return list({model.name: model for model in load_catalog().values()}.values())


def _names(model: Model) -> list[str]:
    return [model.name, *model.snapshots]


def _all(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    main()
