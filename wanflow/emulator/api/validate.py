"""Says no as the service does: a little at once, the rest inside the task (service.md 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from wanflow.emulator.api.order import HOME, Order, OrderItem, Rejected
from wanflow.emulator.api.rules import (
    ANY_FORM,
    UNSEEN,
    VIDEO_PATH,
    ModelCatalog,
    ModelRules,
    Palette,
    Setting,
    SettingRule,
)

OSS = "oss://"
DATA = "data:"
WORDS = ("prompt", "negative_prompt", "text")
CARD_TIER, CARD_SECONDS, MOST_CARD_SECONDS = "720P", 5, 60
"""Tier, usual length and maximum length of a card for a model that the catalog does not have."""
DEPRECATED: Mapping[str, str] = {"reference_urls": "reference_video_urls"}
"""Keys of input that earlier clients send, by the key that replaced them (service.md 2.4)."""
MOST_PICTURES, MOST_OF_SERIES = 4, 12
"""Maximum pictures of a task, and of a series (service.md 9.1)."""
COLOR_PARTS: Mapping[str, re.Pattern[str]] = {
    "hex": re.compile("#[0-9A-Fa-f]{6}"),
    "ratio": re.compile(r"[0-9]{1,3}\.[0-9]{2}%"),
}
"""Keys of a colour, and the form of each (service.md 9.1)."""
EXCLUSIVE = (
    "The two modes are mutually exclusive. Do not pass reference_xx and first_frame/last_frame at the same time."
)
"""What a task says that has media of two groups (service.md 2.6)."""


def check_envelope(
    headers: Mapping[str, str], body: Mapping[str, object], catalog: ModelCatalog, path: str = VIDEO_PATH
) -> str:
    """What is judged at submit: the async header, the parts of the body, the model and its path. Gives its name.

    Raises Rejected. Headers are by lower-case name.
    """
    if headers.get("x-dashscope-async") != "enable":
        raise Rejected("AccessDenied", "current user api does not support synchronous calls.", status=403)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Rejected("BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    if model not in catalog:
        raise Rejected("InvalidParameter", "Model not exist.", status=404)
    if catalog[model].path != path:
        raise _invalid("url error, please check url！")
    if not isinstance(body.get("input"), Mapping):
        raise Rejected("BadRequest.EmptyInput", "Required input parameter missing from request.")
    if not isinstance(body.get("parameters", {}), Mapping):  # the vendor's pages call them optional
        raise Rejected("BadRequest.EmptyParameters", "Required parameters missing from request.")
    uploaded = any(text.startswith(OSS) for key, text in _texts(_mapping(body, "input")) if key not in WORDS)
    if uploaded and headers.get("x-dashscope-ossresourceresolve") != "enable":
        raise Rejected("invalid_parameter_error", "The provided URL does not appear to be valid.")
    return model


def check_request(body: Mapping[str, object], catalog: ModelCatalog, region: str = HOME) -> Order:
    """What is checked inside the task: media, words and parameters. Gives what is to be filmed.

    Raises Rejected with the texts seen live where they are known; the others are ours. What the model does not know
    is ignored, and a prompt that is too long is cut off (service.md 2).
    """
    rules = catalog.get(str(body.get("model")))
    if rules is None:  # a task of another catalog, from a folder of `--state`
        raise _invalid("Model not exist.")
    if rules.form == ANY_FORM:
        return _order_of_card(body, rules, region)
    given = _mapping(body, "input")
    if rules.form == "messages":
        text, media = _read_message(given.get("messages"), rules)
    else:
        text, media = given.get("prompt"), _read_media(given, rules)
    check_counts(media, rules, region)
    prompt = _read_prompt(text, rules)
    if not prompt.strip() and not media:
        raise _invalid("Field required: input.prompt or input.media")
    types = [item.type for item in media]
    settings = _read_settings(_mapping(body, "parameters"), rules, types, region)
    colors = _read_colors(_mapping(body, "parameters"), rules)
    if colors and settings.get("enable_sequential") is True:
        raise _invalid("color_palette is only supported when enable_sequential is false")
    return Order(rules, prompt[: rules.prompt_signs], media, settings, region, colors=colors)


def _order_of_card(body: Mapping[str, object], rules: ModelRules, region: str) -> Order:
    """What is drawn for a model that the catalog does not have: its words, in the length and ratio asked for."""
    given, asked = _mapping(body, "input"), _mapping(body, "parameters")
    words = " ".join(text for key, text in _texts(given) if key in {"prompt", "text"})
    duration, ratio, seed = (asked.get(key) for key in ("duration", "ratio", "seed"))
    settings: dict[str, Setting] = {
        "duration": duration if type(duration) is int and 1 <= duration <= MOST_CARD_SECONDS else CARD_SECONDS,
        "ratio": ratio if isinstance(ratio, str) and ratio in rules.sizes[CARD_TIER] else "16:9",
        "seed": seed if type(seed) is int else 0,
        "resolution": CARD_TIER,
    }
    size = rules.sizes[CARD_TIER][str(settings["ratio"])]
    return Order(rules, words, (), settings | ({"size": size} if rules.makes == "picture" else {}), region)


def check_counts(media: Sequence[OrderItem], rules: ModelRules, region: str) -> None:
    """Raise Rejected for media that a model does not take together, or not in this region.

    Media whose kind is not known yet count for each kind that they may be of.
    """
    types = [item.type for item in media]
    for kind in dict.fromkeys(types):
        _check_type(kind, types, rules, region)
    if rules.sets and frozenset(types) not in rules.sets:
        raise _invalid(f"The combination of media types is not supported: {', '.join(types)}")
    if any(one & set(types) and other & set(types) for one, other in rules.excludes):
        raise _invalid(EXCLUSIVE)
    for group, least, most in rules.groups:
        _check_group(types, group, (least, most), rules)


def _check_type(kind: str, types: Sequence[str], rules: ModelRules, region: str) -> None:
    most = rules.media.get(kind, len(types))
    if types.count(kind) > most:
        raise _invalid(f"Multiple {kind} items are not allowed" if most == 1 else f"Too many {kind} items")
    if region not in rules.regional.get(kind, {region}):
        raise _invalid(f"Input type {kind} is not supported in this region")


def _check_group(types: Sequence[str], group: frozenset[str], bounds: tuple[int, int], rules: ModelRules) -> None:
    least, most = bounds
    found = sum(kind in group or kind == UNSEEN for kind in types)
    if found < least and {rules.roles.get(kind) for kind in types} == {"opening"}:
        raise _invalid("Only first frame provided is not allowed")
    if not least <= found <= most:
        raise _invalid(f"The number of {_either(sorted(group))} should be between {least} and {most}")


def _read_prompt(prompt: object, rules: ModelRules) -> str:
    if prompt is not None and not isinstance(prompt, str):
        raise _invalid("Input should be a valid string: input.prompt")
    if not (prompt or "").strip() and rules.prompt_required:
        raise _invalid("Field required: input.prompt" if prompt is None else "prompt must contain words")
    return prompt or ""


def _read_media(given: Mapping[str, object], rules: ModelRules) -> tuple[OrderItem, ...]:
    alone = tuple(_read_field(given.get(key), key, kind, rules) for key, kind in rules.fields.items() if given.get(key))
    if rules.lists:
        named = ((key, given.get(key) or given.get(DEPRECATED.get(key, key))) for key in rules.lists)
        return (
            *alone,
            *(item for key, urls in named if urls or rules.needs_media for item in _read_list(urls, key, rules)),
        )
    if len(rules.fields) == len(rules.media):
        return alone  # a stray list is ignored
    listed = given.get("media")
    if not listed and not rules.needs_media:
        return alone
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise _invalid("Field required: input.media")
    return (*alone, *(_read_item(entry, number, rules) for number, entry in enumerate(listed)))


def _read_message(messages: object, rules: ModelRules) -> tuple[object, tuple[OrderItem, ...]]:
    """The words and the pictures of the one message of a request (service.md 9.1)."""
    if not isinstance(messages, list) or not messages:
        raise _invalid("Field required: input.messages")
    message = messages[0]
    if len(messages) > 1 or not isinstance(message, Mapping) or message.get("role") != "user":
        raise _invalid("input.messages must be one message of the role 'user'")
    content = message.get("content")
    if not isinstance(content, list) or not content:
        raise _invalid("Field required: input.messages.0.content")
    texts: list[object] = []
    media: list[OrderItem] = []
    for number, part in enumerate(content):
        where = f"input.messages.0.content.{number}"
        if not isinstance(part, Mapping):
            raise _invalid(f"Input should be a valid dictionary: {where}")
        texts += [part["text"]] if part.get("text") is not None else []
        media += _read_part(part, where, rules)
    if len(texts) > 1:
        raise _invalid("content must have exactly one text: input.messages.0.content")
    return next(iter(texts), None), tuple(media)


def _read_part(part: Mapping[str, object], where: str, rules: ModelRules) -> Iterator[OrderItem]:
    """The medium of a part of a message, which is named by its kind."""
    for kind, file in rules.files.items():
        if file.kind not in part:
            continue
        url = part[file.kind]
        if not isinstance(url, str) or not url:
            raise _invalid(f"Input should be a valid string: {where}.{file.kind}")
        yield OrderItem(kind, _address(url, inline=file.inline))


def _read_field(url: object, key: str, kind: str, rules: ModelRules) -> OrderItem:
    if not isinstance(url, str):
        raise _invalid(f"Input should be a valid string: input.{key}")
    return OrderItem(kind, _address(url, inline=rules.files[kind].inline))


def _address(url: str, *, inline: bool) -> str:
    """An address that somebody may look behind; raises Rejected for one that is none, or is data where none may be."""
    try:
        urlsplit(url)
    except ValueError:
        raise _invalid("url error, please check url！") from None
    if url.startswith(DATA) and not inline:
        raise _invalid("url error, please check url！")
    return url


def _read_list(listed: object, key: str, rules: ModelRules) -> Iterator[OrderItem]:
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise _invalid(f"Field required: input.{key}")
    inline = all(rules.files[kind].inline for kind in rules.lists[key])
    for number, url in enumerate(listed):
        if not isinstance(url, str) or not url:
            raise _invalid(f"Input should be a valid string: input.{key}.{number}")
        yield OrderItem(UNSEEN, _address(url, inline=inline))


def _read_item(entry: object, number: int, rules: ModelRules) -> OrderItem:
    where = f"input.media.{number}"
    if not isinstance(entry, Mapping):
        raise _invalid(f"Input should be a valid dictionary: {where}")
    kind, url, voice = entry.get("type"), entry.get("url"), entry.get("reference_voice")
    if kind is None:
        raise _invalid(f"Field required: {where}.type")
    if not isinstance(kind, str) or kind not in rules.media:
        raise _invalid(f"Input should be {_either(list(rules.media))}: {where}.type")
    if not isinstance(url, str) or not url:
        raise _invalid(f"Field required: {where}.url")
    spoken = voice if isinstance(voice, str) and voice and kind in rules.voices else None
    heard = None if spoken is None else _address(spoken, inline=rules.voices[kind].inline)
    return OrderItem(kind, _address(url, inline=rules.files[kind].inline), heard)


def _read_settings(
    given: Mapping[str, object], rules: ModelRules, types: Sequence[str], region: str
) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    ignored = {name for name, kind in rules.ignored if kind in types}
    for name, rule in rules.settings.items():
        if rule.kind is list:
            continue
        value = None if name in ignored else given.get(name)
        if value is not None:
            settings[name] = _read_setting(name, value, rule, types, region)
        elif rule.default is not None:
            settings[name] = rule.default
    return settings | _read_number(given, rules) if rules.makes == "picture" else settings


def _read_colors(given: Mapping[str, object], rules: ModelRules) -> Palette:
    """The colours that a picture is asked for in; their shares make 100 per cent together (service.md 9.1)."""
    found: list[tuple[str, str]] = []
    for name, rule in rules.settings.items():
        colors = given.get(name)
        if rule.kind is not list or colors is None:
            continue
        if not isinstance(colors, list):
            raise _invalid(f"Input should be a valid list: parameters.{name}")
        if not (rule.low or 0) <= len(colors) <= (rule.high or len(colors)):
            raise _invalid(f"{name} should have {rule.low} to {rule.high} colors")
        read = [_read_color(color, f"parameters.{name}.{number}") for number, color in enumerate(colors)]
        if sum(Decimal(share.removesuffix("%")) for _, share in read) != Decimal(100):
            raise _invalid(f"The sum of all ratio values in {name} must be 100.00%")
        found += read
    return tuple(found)


def _read_color(color: object, where: str) -> tuple[str, str]:
    if not isinstance(color, Mapping):
        raise _invalid(f"Input should be a valid dictionary: {where}")
    parts: list[str] = []
    for key, form in COLOR_PARTS.items():
        value = color.get(key)
        if value is None:
            raise _invalid(f"Field required: {where}.{key}")
        if not isinstance(value, str):
            raise _invalid(f"Input should be a valid string: {where}.{key}")
        if form.fullmatch(value) is None:
            raise _invalid(f"Invalid value: {where}.{key}")
        parts.append(value)
    return parts[0], parts[1]


def _read_number(given: Mapping[str, object], rules: ModelRules) -> dict[str, Setting]:
    """How many pictures are asked for; models without series make four where nothing is said (service.md 9.1)."""
    series = rules.series and _read_setting("enable_sequential", given.get("enable_sequential", False), BOOLEAN, (), "")
    most = MOST_OF_SERIES if series else MOST_PICTURES
    default = most if series or not rules.series else 1
    number = _read_setting("n", given.get("n", default), SettingRule(int, low=1, high=most), (), "")
    return {"enable_sequential": series, "n": number}


def _read_setting(name: str, value: object, rule: SettingRule, types: Sequence[str], region: str) -> Setting:
    if rule.kind is not type(value) or not isinstance(value, bool | int | str):
        raise _invalid(f"Input should be a valid {_KIND_WORDS[rule.kind]}: parameters.{name}")
    if name == "size" and rule.pixels is not None:
        _check_pixels(str(value), rule, types)
        return value
    if rule.choices and value not in rule.choices and name == "size":
        raise _invalid(f"size must be in {','.join(sorted(map(str, rule.choices)))}")
    if rule.choices and value not in rule.choices:
        raise _invalid(f"Input should be {_either(sorted(map(str, rule.choices)))}")
    low, high = rule.bounds(types)
    if not isinstance(value, int) or isinstance(value, bool) or low is None or high is None or value in rule.also:
        return value
    if value not in rule.only.get(region, (value,)):
        raise _invalid(f"{name.capitalize()} should be {' or '.join(map(str, rule.only[region]))}")
    if not low <= value <= high:
        raise _invalid(f"{name.capitalize()} should be between {low} and {high}")
    return value


def _check_pixels(size: str, rule: SettingRule, types: Sequence[str]) -> None:
    """Raise Rejected for a size that is neither a choice nor `width*height` within the bounds (service.md 9.1)."""
    low, high = rule.pixels or (0, 0)
    high = min([high, *(most for kind, most in rule.tighter.items() if kind in types)])
    choices = next((values for kind, values in rule.beside.items() if kind in types), rule.choices)
    if size in choices:
        return
    found = re.fullmatch(r"([0-9]{1,5})\*([0-9]{1,5})", size)
    sides = sorted((int(found[1]), int(found[2]))) if found else [0, 0]
    if not low <= sides[0] * sides[1] <= high or sides[1] > sides[0] * rule.longest_side:
        raise _invalid(
            f"size must be in {','.join(map(str, choices))} or width*height with {low} to {high} pixels and an "
            f"aspect ratio of 1:{rule.longest_side} to {rule.longest_side}:1"
        )


BOOLEAN = SettingRule(bool)
_KIND_WORDS: Mapping[type, str] = {bool: "boolean", int: "integer", str: "string"}


def _texts(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """All texts in a part of a request, each with the key that it is under."""
    parts: list[tuple[str, object]] = [("", given)]
    while parts:
        key, part = parts.pop()
        if isinstance(part, Mapping):
            parts += part.items()
        elif isinstance(part, list):
            parts += ((key, item) for item in part)
        elif isinstance(part, str):
            yield key, part


def _mapping(body: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _either(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _invalid(message: str) -> Rejected:
    return Rejected("InvalidParameter", message)
