"""A model file as it is written: how its keys are read, and what in it no code would check, send or draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wanflow.catalog.model import BodyForm, ParameterValue, ResultKind, Role
from wanflow.messages import joined, tr
from wanflow.schemas import Json, common_keys

ROLE_KINDS: Mapping[Role, frozenset[str]] = {
    Role.OPENING: frozenset({"image"}),
    Role.ENDING: frozenset({"image"}),
    Role.CONTINUED: frozenset({"video"}),
    Role.EDITED: frozenset({"video"}),
    Role.SOUND: frozenset({"audio"}),
    Role.GUIDE: frozenset({"image"}),
    Role.REFERENCE: frozenset({"image", "video", "audio"}),
    Role.DOCUMENT: frozenset({"document", "page"}),
}
"""The kinds of file that can play each part."""

COMPUTED = {"seed": "integer", "duration": "integer", "audio": "boolean"} | dict.fromkeys(
    ("resolution", "size", "ratio"), "string"
)
"""Types of the parameters that wanflow computes with; every other parameter is only sent."""

RATE_KEYS = frozenset({"region", "tier", "amount"})
"""Keys of a rate; its other keys are parameters that narrow it."""

OF_COLORS = frozenset({"about", "type", "min", "max", "since", "source"})
"""Keys of a parameter that is a list of colours."""

ONE_RESULT: Mapping[str, ParameterValue] = {"n": 1, "enable_sequential": False}
"""Parameters by which a task would make several results, and be billed for each; their values for one."""

UNITS: Mapping[ResultKind, str] = {ResultKind.FILM: "a_second", ResultKind.PICTURE: "a_picture"}
"""The key of a price list's rates by what the model makes, and so by what is billed."""


def made_by(raw: Json) -> ResultKind:
    """What the model makes."""
    return ResultKind(raw.get("makes", ResultKind.FILM))


def without_source(tables: Json) -> Json:
    """Tables of a model file without the section of the vendor's page."""
    return {key: table for key, table in tables.items() if key != "source"}


def rates_of(prices: Json) -> Sequence[Json]:
    """The rates of a price list, of whichever unit."""
    return [rate for unit in UNITS.values() for rate in prices.get(unit, ())]


def not_carried(raw: Json) -> Iterator[tuple[str, str]]:
    """The keys of a model file that no code would check, send or draw, each with the reason."""
    roles: set[tuple[str, str]] = set()
    for key, rule in raw["media"].items():
        why = _not_carried_medium(key, rule, raw["parameters"], roles)
        if why is not None:
            yield f"media.{key}", why
    yield from _nameless(raw, sorted(kind for role, kind in roles if role == Role.REFERENCE))
    yield from _unknown_names(raw)
    for key, rule in raw["parameters"].items():
        if key in common_keys():
            yield f"parameters.{key}", tr("another key of a shot is called `{key}`", key=key)
        elif rule["type"] != COMPUTED.get(key, rule["type"]):
            yield f"parameters.{key}", tr("the type must be {type}", type=COMPUTED[key])
        elif (why := _wrong_default(rule)) is not None:
            yield f"parameters.{key}", why
        elif "recommended" in rule and rule["recommended"]["value"] not in rule.get("values", ()):
            yield f"parameters.{key}", tr("`recommended` is not among `values`")
    yield from _wrong_unit(raw)
    yield from _wrong_rates(raw)
    yield from _wrong_form(raw)


def _nameless(raw: Json, kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """References of these kinds for which prompts have no name."""
    if kinds and "identifiers" not in raw:
        yield "identifiers", tr("a model with references needs them")
    languages = without_source(raw.get("identifiers", {})).values()
    for kind in kinds:
        if any(not names.keys() & {kind, "any"} for names in languages):
            yield "identifiers", tr("a name for each {kind} is missing: `{kind}` or `any`", kind=kind)


def _wrong_default(rule: Json) -> str | None:
    """Why the default or the values of a parameter cannot be sent."""
    kind, default = rule["type"], rule.get("default")
    if kind == "colors":
        other = joined(", ", (f"`{key}`" for key in sorted(rule.keys() - OF_COLORS)))
        missing = not {"min", "max"} <= rule.keys()
        message = tr("`colors` needs `min` and `max`, the bounds of their number") if missing else None
        return tr("`colors` has no {keys}", keys=other) if other else message
    if "values" in rule and kind != "string":
        return tr("only text has `values`; numbers have `min` and `max`")
    if default is None:
        return None
    if type(default) is not {"string": str, "integer": int, "boolean": bool}[kind]:
        return tr("`default` is not of the type {type}", type=kind)
    if "values" in rule and default not in rule["values"]:
        return tr("`default` is not among `values`")
    bounds = rule.get("min", default), rule.get("max", default)
    if kind == "integer" and not bounds[0] <= default <= bounds[1] and default not in rule.get("also", ()):
        return tr("`default` is outside of `min` and `max`")
    return None


def _wrong_form(raw: Json) -> Iterator[tuple[str, str]]:
    """What a body of the model's form would not carry, or would carry in the place of something else."""
    call, fields = raw.get("call", {}), dict[str, bool]()
    for key, value in call.get("fixed", {}).items():
        if key in raw["parameters"]:
            yield f"call.fixed.{key}", tr("a parameter is called `{key}`: remove one of them", key=key)
        elif value != ONE_RESULT.get(key, value):
            yield f"call.fixed.{key}", tr("a take is one result: the value must be {value}", value=ONE_RESULT[key])
    for key in raw["parameters"].keys() & ONE_RESULT:
        yield f"parameters.{key}", tr("a take is one result: `{key}` belongs under `call.fixed`", key=key)
    for key, rule in raw["media"].items():
        why = _wrong_field(rule, BodyForm(call.get("form", BodyForm.MEDIA)), fields)
        if why is not None:
            yield f"media.{key}", why


def _wrong_field(rule: Json, form: BodyForm, fields: dict[str, bool]) -> str | None:
    """Why a body of this form does not carry a medium; `fields` are those before it, and whether each has a list."""
    field, listed = rule.get("field"), "list" in rule
    clashes = field in fields and not (listed and fields[field])
    fields |= {} if field is None else {field: listed}
    wrong = {
        BodyForm.MESSAGES: tr("the form `{form}` carries pictures, without a `field`", form=form.value),
        BodyForm.REFERENCE_URLS: tr("the form `{form}` needs a `field` with `list`", form=form.value),
        BodyForm.FIELDS: tr("the form `{form}` needs a `field` without `list`", form=form.value),
    }
    carried = {
        BodyForm.MESSAGES: field is None and rule["file"]["kind"] == "image",
        BodyForm.REFERENCE_URLS: listed,
        BodyForm.FIELDS: field is not None and not listed,
    }
    if not carried.get(form, True):
        return wrong[form]
    if "voice" in rule and (field is not None or form is BodyForm.MESSAGES):
        return tr("a voice is sent in the list of media only: remove `voice`")
    if clashes or field in {"prompt", "negative_prompt", "media", "messages"}:
        return tr("another part of the request is under `{field}`", field=field)
    alone = field is not None and not listed and rule["max"] > 1
    return tr("a `field` without `list` carries one address: `max` must be 1") if alone else None


def _wrong_unit(raw: Json) -> Iterator[tuple[str, str]]:
    """What does not fit what the model makes: rates of another unit, parts of media that only a film has."""
    makes = made_by(raw)
    tiers = any("tier" in rate for rate in rates_of(raw["prices"] or {}))
    if tiers and not raw["parameters"].keys() & {"resolution", "size"}:
        yield "parameters", tr("`resolution` or `size` is missing: one of them decides the price")
    if raw["prices"] is not None and UNITS[makes] not in raw["prices"]:
        yield "prices", tr("a model that makes a {makes} needs `{unit}`", makes=makes, unit=UNITS[makes])
    if makes is ResultKind.PICTURE:
        for key, rule in raw["media"].items():
            if rule["role"] != Role.REFERENCE:
                yield f"media.{key}", tr("a model that makes pictures takes references only")


def _wrong_rates(raw: Json) -> Iterator[tuple[str, str]]:
    """Rows of prices that no request has: of another region, another parameter, or a value that it cannot have."""
    for unit in UNITS.values():
        for number, rate in enumerate((raw["prices"] or {}).get(unit, ())):
            where, region = f"prices.{unit}.{number}", rate["region"]
            if region not in raw["regions"]:
                yield f"{where}.region", tr("`{name}` is not among `{what}`", name=region, what="regions")
            for key in rate.keys() - RATE_KEYS:
                rule, value = raw["parameters"].get(key), rate[key]
                if rule is None:
                    yield f"{where}.{key}", tr("`{name}` is not among `{what}`", name=key, what="parameters")
                elif value not in rule.get("values", (value,)):
                    yield f"{where}.{key}", tr("`{name}` is not among `{what}`", name=value, what="values")


def _not_carried_medium(key: str, rule: Json, parameters: Json, roles: set[tuple[str, str]]) -> str | None:
    """Why a media key is not carried; `roles` are those of the media before it, and gets its own."""
    role, kind = Role(rule["role"]), rule["file"]["kind"]
    part = (role.value, kind if role is Role.REFERENCE else "")
    taken = part in roles and role not in {Role.GUIDE, Role.DOCUMENT}
    roles.add(part)
    if key in common_keys() or key in parameters:
        return tr("another key of a shot is called `{key}`", key=key)
    if kind not in ROLE_KINDS[role]:
        return tr(
            "the role `{role}` takes {kinds}, not {kind}",
            role=role,
            kinds=joined(tr(" or "), sorted(ROLE_KINDS[role])),
            kind=kind,
        )
    if taken:
        return tr("another media key has the role `{role}`", role=role)
    if role is not Role.REFERENCE and (rule["max"] > 1 or "list" in rule):
        return tr("a shot holds one source under a media key: `max` must be 1, without `list`")
    if role is not Role.REFERENCE and rule.keys() & {"views", "voice"}:
        return tr("only a reference can have a voice or several views")
    return tr("`list` needs a `field`") if "list" in rule and "field" not in rule else None


def _unknown_names(raw: Json) -> Iterator[tuple[str, str]]:
    """Media and parameters that other keys name and the model does not have."""
    whens = [(key, case) for key, rule in raw["parameters"].items() for case in rule.get("when", ())]
    media: list[tuple[str, Sequence[str]]] = [
        *((f"sets.{number}", names) for number, names in enumerate(raw.get("sets", ()))),
        *((f"totals.{number}", total["of"]) for number, total in enumerate(raw.get("totals", ()))),
        *(
            (f"excludes.{number}", [key for group in pair["groups"] for key in group])
            for number, pair in enumerate(raw.get("excludes", ()))
        ),
        *(
            (f"parameters.{key}", [rule["with_inputs"]["media"]])
            for key, rule in raw["parameters"].items()
            if "with_inputs" in rule
        ),
        *(("ignored", [item["with"]]) for item in raw.get("ignored", ())),
        *(("discouraged", [item["with"]]) for item in raw.get("discouraged", ())),
        *(("billed", [bill["media"], *bill.get("shared_by", ())]) for bill in raw["billed"]["inputs"]),
        *((f"parameters.{key}", [case["media"]]) for key, case in whens if "media" in case),
    ]
    parameters = [("ignored", [item["parameter"]]) for item in raw.get("ignored", ())]
    for what, named in (("media", media), ("parameters", parameters)):
        for where, names in named:
            yield from (
                (where, tr("`{name}` is not among `{what}`", name=name, what=what))
                for name in names
                if name not in raw[what]
            )
