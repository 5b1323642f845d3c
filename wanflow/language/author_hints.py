"""Hints for keys, values and shapes that authors know from other tools."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from pathlib import PurePosixPath

from wanflow.characters import for_shell, hint_for_invisible
from wanflow.language.chinese_keys import CHINESE_KEYS
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.suggest import MAX_NAMED, did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

OTHER_KEYS: dict[str, tuple[str, ...]] = {
    **CHINESE_KEYS,
    "aspect": ("ratio", "size"),
    "aspect_ratio": ("ratio", "size"),
    "begin": ("in", "at"),
    "captions": ("subtitles", "lines"),
    "characters": ("cast",),
    "clip": ("first_clip", "shot"),
    "clips": ("items",),
    "count": ("takes",),
    "cues": ("audio",),
    "description": ("prompt",),
    "dialog": ("lines",),
    "dialogue": ("lines",),
    "end": ("out", "to"),
    "end_frame": ("last_frame",),
    "frame_rate": ("fps",),
    "framerate": ("fps",),
    "from": ("in", "at"),
    "image": ("first_frame", "file"),
    "length": ("duration",),
    "negative": ("negative_prompt",),
    "ratio": ("size",),
    "resolution": ("size",),
    "picture": ("first_frame", "image", "file"),
    "seconds": ("duration",),
    "sequence": ("items",),
    "sfx": ("audio",),
    "shots": ("items",),
    "sound_effects": ("audio",),
    "sounds": ("audio",),
    "soundtrack": ("music",),
    "speaker": ("who",),
    "start": ("in", "at"),
    "start_frame": ("first_frame",),
    "stop": ("out", "to"),
    "text": ("prompt", "title"),
    "to": ("out",),
    "variables": ("vars",),
    "variations": ("takes",),
    "version": ("wanflow",),
    "video": ("file",),
    "voiceover": ("audio",),
    "volume": ("gain",),
}
"""Keys by their names in other tools and in Chinese; of several, the first one that a place knows applies there."""

OTHER_TRANSITIONS = {
    "blend": "dissolve",
    "crossdissolve": "dissolve",
    "crossfade": "dissolve",
    "dip": "fade",
    "diptoblack": "fade",
    "fadein": "fade",
    "fadeout": "fade",
    "fadetoblack": "fade",
    "hardcut": "cut",
    "mix": "dissolve",
    "none": "cut",
    "push": "wipe",
    "slide": "wipe",
    "xfade": "dissolve",
}
"""Transitions by their names in editing programs, without spaces, `-` and `_`."""

_OF_ITEMS = tr("trim an item: `{shot: NAME, in: 1, out: 3}`")
_OF_MUSIC = tr("it belongs to the music: `music: {file: …, gain: -6}`")
_OF_CUES = tr("it belongs to a cue: `audio: [{file: …, voice: true}]`")
_IN_CUTS = {
    **dict.fromkeys(
        ("begin", "duration", "end", "from", "in", "length", "out", "start", "stop", "to", "trim"), _OF_ITEMS
    ),
    **dict.fromkeys(("duck", "fade", "gain", "loop", "volume"), _OF_MUSIC),
    **dict.fromkeys(("at", "voice"), _OF_CUES),
    "transition": tr("write it in an item: `{shot: NAME, transition: dissolve}`"),
    "title": tr("write it as an item: `{title: …, duration: 2}`"),
}
_IN_CUTS |= {name: _IN_CUTS[key] for name, keys in CHINESE_KEYS.items() for key in keys if key in _IN_CUTS}
"""Hints for keys that belong to another part of a cut."""

_SERIES = frozenset({"n", "enable_sequential"})
"""Parameters of the service by which one request makes several pictures."""

_TRUE = frozenset({"yes", "on", "y", "true", "是", "对", "對", "开", "開", "真"})
_FALSE = frozenset({"no", "off", "n", "false", "否", "不", "关", "關", "假"})
_MEASURE = pattern(r"(?P<number>[-+]?\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z%×]+|秒[钟鐘]?|[条條个個次帧幀])", re.ASCII)
_NUMERAL = pattern(r"(?:(?P<tens>[1-9]?)十)?(?P<ones>[0-9]?)(?P<unit>\D*)", re.ASCII)
"""A Chinese number below a hundred whose digits are those of ASCII, with its unit."""
_DIGITS = str.maketrans("零一二两兩三四五六七八九", "012223456789")
_CLOCK = pattern(r"(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)", re.ASCII)
_NAMES = pattern(r"[\w/-]+(?:[, ，、] *[\w/-]+)*")
"""A name, or several with commas or spaces, which make a list in brackets."""
_TIMED = pattern(r"(?P<name>[A-Za-z][A-Za-z _-]*?)[ ,]+(?P<seconds>\d+(?:\.\d+)?) *(?:s|sec|seconds?)?")
"""A transition with its length, `crossfade 1s`."""
_UNITS = {
    "db": "dB",
    "dbfs": "dB",
    "fps": tr("frames a second"),
    "lufs": "LUFS",
    **dict.fromkeys(("ms", "s", "sec", "secs", "second", "seconds", "秒", "秒钟", "秒鐘"), tr("seconds")),
}
_FRAMES = frozenset({"f", "frame", "frames", "帧", "幀"})
_VIDEOS = frozenset({".mp4", ".mov", ".webm", ".mkv"})


def hint_for_key(
    key: str, value: Node | None, known: Collection[str], path: Sequence[str | int], given: Collection[str] = ()
) -> str | None:
    """The hint for an unknown key at a place where `known` keys are expected; None where no other name is known.

    `given` are the known keys that the place has already.
    """
    if not path and "shots" in known and isinstance(value, MapNode) and value.keys_among(("model", "prompt", "use")):
        return tr("indent it below `shots`")
    if path[-1:] == ("transition",) and (kind := transition_named(key)) is not None:
        return tr("write `{{type: {kind}, duration: {seconds}}}`", kind=kind, seconds=_seconds_of(value))
    name_here = next((name for name in OTHER_KEYS.get(key, ()) if name in known), None)
    if name_here in given:
        return tr("remove it: `{name}` is given already", name=name_here)
    if name_here is not None:
        return tr("write `wanflow: 1`") if name_here == "wanflow" else tr("write `{name}`", name=name_here)
    in_cuts = _IN_CUTS.get(key) if path[:1] == ("cuts",) else None
    if in_cuts is not None and (len(path) == 2 or in_cuts in {_OF_MUSIC, _OF_CUES} or key == "trim"):
        return in_cuts
    return _hint_for_shot(key, value, known) if "shot" in known else None


def hint_for_series(key: str, value: Node | None, known: Collection[str]) -> str | None:
    """The hint for a parameter of the service by which one request makes several pictures; None for any other key."""
    if key not in _SERIES or "takes" not in known:
        return None
    wanted = value.value if isinstance(value, TextNode) else None
    many = wanted if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted > 1 else 4
    return tr("write `takes: {many}`: each take is a picture of its own", many=many)


def _seconds_of(value: Node | None) -> str:
    return value.string if isinstance(value, TextNode) and isinstance(value.value, int | Decimal) else "0.5"


def is_other_name(key: str, required: str, path: Sequence[str | int]) -> bool:
    """Whether an unknown key says what a missing key should, so that its hint is enough."""
    named = path[-1:] == ("transition",) and required == "type" and transition_named(key) is not None
    return named or required in OTHER_KEYS.get(key, ())


def _hint_for_shot(key: str, value: Node | None, known: Collection[str]) -> str | None:
    """The hint for an item or a source that begins with the name of its shot; inner keys by their names here."""
    if not isinstance(value, MapNode) and not (isinstance(value, TextNode) and value.value is None):
        return None
    written = [name.string for name, _ in value.entries] if isinstance(value, MapNode) else []
    usable = dict[str, None]()
    for name in written:
        inner = ("in", "out") if name == "trim" else (name, *OTHER_KEYS.get(name, ()))
        here = [each for each in inner if each in known and each != "shot"]
        usable |= dict.fromkeys(here if name == "trim" else here[:1])
    entries = ", ".join((f"shot: {key}", *(f"{name}: …" for name in usable)))
    return tr("write `{{{entries}}}`", entries=entries)


def hint_for_choice(value: str, choices: Sequence[str], path: Sequence[str | int]) -> str | None:
    """The hint for a value at a path that is not one of the choices."""
    if "off" in choices and value.lower() in _FALSE | {"none", "null", "never"}:
        return tr("write `{value}`", value="off")
    name, seconds = value, ""
    if "transition" in path and (timed := _TIMED.fullmatch(value)) is not None:
        name, seconds = timed["name"], timed["seconds"]
    transition = transition_named(name) if "transition" in path else None
    if transition not in choices:
        return did_you_mean(value, choices)
    return (
        tr("write `{{type: {transition}, duration: {seconds}}}`", transition=transition, seconds=seconds)
        if seconds
        else tr("write `{transition}`", transition=transition)
    )


def transition_named(name: str) -> str | None:
    """The transition of a name, its own or one of editing programs; None for anything else."""
    plain = re.sub("[ _-]", "", name.lower())
    return plain if plain in OTHER_TRANSITIONS.values() else OTHER_TRANSITIONS.get(plain)


def hint_for_take(name: str) -> str | None:
    """The hint for the name of a take, `coast.t2`, where a shot is expected; None for any other."""
    shot, dot, take = name.rpartition(".t")
    if not dot or not take.isdecimal():
        return None
    return tr(
        "name the shot, `{shot}`, and pick the take: `wanflow pick {name} {take}`",
        shot=shot,
        name=for_shell(shot),
        take=take,
    )


def hint_for_value(
    value: Node, kinds: Collection[str], path: Sequence[str | int], known: Collection[object] = ()
) -> str | None:
    """The hint for a value of a wrong type at a path.

    `kinds` are the schema's names of the expected types, `known` some values that are right.
    """
    if isinstance(value, ListNode):
        return _hint_for_list(value, path)
    if isinstance(value, MapNode):
        return _hint_for_mapping(value, kinds)
    if (unseen := hint_for_invisible(value.string)) is not None:
        return unseen
    group = path[0] if len(path) == 2 and isinstance(value.value, str) else None
    if group == "cast":
        return _hint_for_member(str(path[1]), value.string)
    if group == "cuts":
        return tr("write `[{values}]`", values=_with_commas(value.string))
    if f"{value.string}P" in known:
        return tr("write `{name}P`", name=value.string)
    if "array" in kinds and _NAMES.fullmatch(value.string):
        return tr("write `[{values}]`", values=_with_commas(value.string))
    return _hint_for_scalar(value.string, kinds, str(path[-1]) if path else "")


def _hint_for_member(name: str, file: str) -> str:
    kind = "video" if PurePosixPath(file).suffix.lower() in _VIDEOS else "image"
    return tr("write `{name}: {{{kind}: {file}}}`", name=name, kind=kind, file=file)


def _with_commas(names: str) -> str:
    """Names as the inside of a list; any other text stays as it is."""
    return ", ".join(re.split("[, ，、]+", names)) if _NAMES.fullmatch(names) else names


def _hint_for_mapping(value: MapNode, kinds: Collection[str]) -> str | None:
    """The hint for a text that YAML takes for a mapping: `prompt: {mei}`."""
    if (
        "string" in kinds
        and value.pairs
        and all(isinstance(each, TextNode) and each.value is None for _, each in value.pairs)
    ):
        name = value.pairs[0][0].string
        return tr('put the text in quotes; the value of a name is `"${{{name}}}"`', name=name)
    return None


def _hint_for_list(value: ListNode, path: Sequence[str | int]) -> str | None:
    """The hint for a list of shots, cast members, cuts or vars, each of which needs a name."""
    names = ", ".join(item.string for item in value.items[:MAX_NAMED] if isinstance(item, TextNode))
    names += ", …" if len(value.items) > MAX_NAMED else ""
    match path:
        case ("cast", str() as member) if names and "," not in names:
            return _hint_for_member(member, names)
        case ("cuts",) if names:
            return tr("give the cut a name: `main: [{names}]`", names=names)
        case ("shots" | "cast" | "cuts" | "vars",):
            return tr("give each one a name, without `-`: `NAME: {…}`")
        case _:
            return None


def _hint_for_scalar(text: str, kinds: Collection[str], key: str) -> str | None:
    if "boolean" in kinds and text.lower() in _TRUE | _FALSE:
        return tr("write `{value}`", value=str(text.lower() in _TRUE).lower())
    if "integer" in kinds or "number" in kinds:
        return _hint_for_number(text, key, whole="number" not in kinds)
    return None


def _hint_for_number(text: str, key: str, *, whole: bool) -> str | None:
    """The hint for a number with a unit, a time code, a Chinese number, or decimals where a whole one is expected."""
    number, unit = _number_and_unit(text, key)
    if unit in _FRAMES:
        return tr("write whole seconds, not frames") if whole else tr("write seconds, not frames")
    if number is None:
        return None
    shown = f"`{number.normalize():f}`"
    if whole and number != number.to_integral_value():
        shown = tr("`{below}` or `{above}`", below=int(number), above=int(number) + 1)
    named = tr("whole {unit}", unit=unit) if whole and unit else unit
    return tr("{named}: write {shown}", named=named, shown=shown) if named else tr("write {shown}", shown=shown)


def _number_and_unit(text: str, key: str) -> tuple[Decimal | None, str]:
    numeral = _NUMERAL.fullmatch(text.translate(_DIGITS))
    if numeral is not None and not text.isascii():
        tens = int(numeral["tens"] or 1) if numeral["tens"] is not None else 0
        text = f"{tens or ''}{numeral['ones'] or (0 if tens else '')}{numeral['unit']}"
    clock, measure = _CLOCK.fullmatch(text), _MEASURE.fullmatch(text)
    if clock is not None:
        minutes = 60 * int(clock["hours"] or 0) + int(clock["minutes"])
        return 60 * minutes + Decimal(clock["seconds"]), "seconds"
    if measure is not None:
        unit = measure["unit"].lower()
        scale = Decimal(1000) if unit == "ms" else Decimal(1)
        return Decimal(measure["number"]) / scale, unit if unit in _FRAMES else _UNITS.get(unit, "")
    if re.fullmatch(r"[-+]?\d+(?:\.\d+)?", text, re.ASCII):
        return Decimal(text), "seconds" if key == "duration" else ""
    return None, ""
