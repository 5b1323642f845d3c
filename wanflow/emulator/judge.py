"""Says no as the service does: a little at once, the rest inside the task (api.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wanflow.emulator.order import Item, Order, Rejected, Setting
from wanflow.emulator.rules import Catalog, ModelRules, SettingRule

OSS = "oss://"
PROMPT_SIGNS = 5000
"""What is longer is cut off, not refused (api.md 2)."""


def check_envelope(headers: Mapping[str, str], body: Mapping[str, object], catalog: Catalog) -> str:
    """What is judged at submit: the async header, the parts of the body, the model. Gives the model's name.

    Raises Rejected. Headers are by lower-case name.
    """
    if headers.get("x-dashscope-async") != "enable":
        raise Rejected("AccessDenied", "current user api does not support synchronous calls.", status=403)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Rejected("BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    if model not in catalog:
        raise Rejected("InvalidParameter", "Model not exist.", status=404)
    if not isinstance(body.get("input"), Mapping):
        raise Rejected("BadRequest.EmptyInput", "Required input parameter missing from request.")
    if not isinstance(body.get("parameters", {}), Mapping):  # the vendor's pages call them optional
        raise Rejected("BadRequest.EmptyParameters", "Required parameters missing from request.")
    if OSS in _addresses(body) and headers.get("x-dashscope-ossresourceresolve") != "enable":
        raise Rejected("invalid_parameter_error", "The provided URL does not appear to be valid.")
    return model


def judge(body: Mapping[str, object], catalog: Catalog) -> Order:
    """What is judged inside the task: media, words and parameters. Gives what is to be filmed.

    Raises Rejected with the texts seen live where they are known; the others are ours. What the model does not know
    is ignored.
    """
    rules = catalog[str(body.get("model"))]
    given = _mapping(body, "input")
    media = _read_media(given, rules)
    _check_counts(media, rules)
    prompt = given.get("prompt")
    if not prompt and rules.prompt_required:
        raise _invalid("Field required: input.prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise _invalid("Input should be a valid string: input.prompt")
    types = [item.type for item in media]
    settings = _read_settings(_mapping(body, "parameters"), rules, types)
    return Order(rules.name, (prompt or "")[:PROMPT_SIGNS], media, settings)


def _read_media(given: Mapping[str, object], rules: ModelRules) -> tuple[Item, ...]:
    alone = tuple(_read_field(given.get(key), key, kind) for key, kind in rules.fields.items() if given.get(key))
    if len(rules.fields) == len(rules.media):
        return alone  # a stray list is ignored
    listed = given.get("media")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise _invalid("Field required: input.media")
    return (*alone, *(_read_item(entry, number, rules) for number, entry in enumerate(listed)))


def _read_field(url: object, key: str, kind: str) -> Item:
    if not isinstance(url, str):
        raise _invalid(f"Input should be a valid string: input.{key}")
    return Item(kind, url)


def _read_item(entry: object, number: int, rules: ModelRules) -> Item:
    where = f"input.media.{number}"
    if not isinstance(entry, Mapping):
        raise _invalid(f"Input should be a valid dictionary: {where}")
    kind, url, voice = entry.get("type"), entry.get("url"), entry.get("reference_voice")
    if kind is None:
        raise _invalid(f"Field required: {where}.type")
    if kind not in rules.media:
        raise _invalid(f"Input should be {_either(list(rules.media))}: {where}.type")
    if not isinstance(url, str) or not url:
        raise _invalid(f"Field required: {where}.url")
    return Item(str(kind), url, voice if isinstance(voice, str) and voice else None)


def _check_counts(media: Sequence[Item], rules: ModelRules) -> None:
    types = [item.type for item in media]
    for kind, most in rules.media.items():
        if types.count(kind) > most:
            raise _invalid(f"Multiple {kind} items are not allowed" if most == 1 else f"Too many {kind} items")
    if rules.sets and frozenset(types) not in rules.sets:
        raise _invalid(f"The combination of media types is not supported: {', '.join(types)}")
    for group, least, most in rules.groups:
        found = sum(kind in group for kind in types)
        if found < least and set(types) == {"first_frame"}:
            raise _invalid("Only first frame provided is not allowed")
        if not least <= found <= most:
            raise _invalid(f"The number of {_either(sorted(group))} should be between {least} and {most}")


def _read_settings(given: Mapping[str, object], rules: ModelRules, types: Sequence[str]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    ignored = {name for name, kind in rules.ignored if kind in types}
    for name, rule in rules.settings.items():
        value = None if name in ignored else given.get(name)
        if value is not None:
            settings[name] = _read_setting(name, value, rule, types)
        elif rule.default is not None:
            settings[name] = rule.default
    return settings


def _read_setting(name: str, value: object, rule: SettingRule, types: Sequence[str]) -> Setting:
    if rule.kind is not type(value) or not isinstance(value, bool | int | str):
        raise _invalid(f"Input should be a valid {_KIND_WORDS[rule.kind]}: parameters.{name}")
    if rule.choices and value not in rule.choices:
        raise _invalid(f"Input should be {_either(sorted(map(str, rule.choices)))}")
    low, high = rule.bounds(types)
    if not isinstance(value, int) or isinstance(value, bool) or low is None or high is None or value in rule.also:
        return value
    if not low <= value <= high:
        raise _invalid(f"{name.capitalize()} should be between {low} and {high}")
    return value


_KIND_WORDS: Mapping[type, str] = {bool: "boolean", int: "integer", str: "string"}


def _addresses(body: Mapping[str, object]) -> set[str]:
    """The `oss://` beginnings among the addresses of a request; media that are no list of objects have none."""
    listed = _mapping(body, "input").get("media")
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    values = [entry.get(key) for entry in entries for key in ("url", "reference_voice")]
    values += _mapping(body, "input").values()
    return {OSS for value in values if isinstance(value, str) and value.startswith(OSS)}


def _mapping(body: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _either(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _invalid(message: str) -> Rejected:
    return Rejected("InvalidParameter", message)
