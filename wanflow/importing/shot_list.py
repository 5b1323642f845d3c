"""A list of shots as people bring it, as rows, whatever its file; and the reading of a CSV table.

Spreadsheets and the planning tools of productions write such tables, each with names of its own for the same columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from fractions import Fraction
from pathlib import Path

from wanflow.characters import name_like
from wanflow.errors import MediaFault
from wanflow.media.text.charset import likely_charset, recognised_encoding
from wanflow.messages import joined, tr
from wanflow.patterns import pattern
from wanflow.records import immutable

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
"""Maximum shots of a list: as many as a production has."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "scene": ("scene", "scene no", "scene number", "sc", "scn", "场景", "场次", "場景", "場次"),
    "shot": (
        "shot",
        "shot no",
        "shot number",
        "shot id",
        "no",
        "number",
        "id",
        "镜号",
        "镜头",
        "镜头号",
        "鏡號",
        "鏡頭",
    ),
    "size": ("size", "shot size", "shot type", "type", "framing", "frame", "景别", "景別"),
    "description": (
        *("description", "shot description", "prompt", "action", "visual", "visuals", "content", "subject", "picture"),
        *("画面", "画面内容", "画面描述", "内容", "描述", "提示词", "畫面", "畫面內容", "內容"),
    ),
    "movement": ("movement", "camera", "camera movement", "move", "运镜", "运动", "镜头运动", "運鏡"),
    "angle": ("angle", "camera angle", "机位", "角度", "機位"),
    "place": ("location", "setting", "set", "place", "地点", "地點"),
    "light": ("light", "lighting", "time of day", "day night", "d n", "光线", "日夜", "光線"),
    "duration": ("duration", "length", "seconds", "secs", "sec", "dur", "时长", "秒数", "秒", "時長", "秒數"),
    "cast": ("cast", "characters", "character", "actors", "actor", "talent", "角色", "人物", "演员", "演員"),
    "dialogue": ("dialogue", "dialog", "line", "lines", "speech", "对白", "台词", "对话", "對白", "台詞"),
    "note": ("note", "notes", "remark", "remarks", "comment", "comments", "备注", "说明", "備註"),
}
"""What a column holds, with the names that tables have for it, in small letters and without signs."""

KEYS = ("model", "negative_prompt", "resolution", "ratio", "size", "seed", "takes", "tags")
"""Keys of a shot that a column may be called by; `size` is one where it has pixels."""

WORDS = ("size", "description", "movement", "angle", "place", "light")
"""Columns whose words the prompt is made of, in this order."""

SIZES: Mapping[str, str] = {
    "ecu": "Extreme close-up",
    "xcu": "Extreme close-up",
    "cu": "Close-up",
    "mcu": "Medium close-up",
    "ms": "Medium shot",
    "mws": "Medium wide shot",
    "mls": "Medium long shot",
    "fs": "Full shot",
    "ws": "Wide shot",
    "ls": "Long shot",
    "ews": "Extreme wide shot",
    "els": "Extreme long shot",
    "ots": "Over-the-shoulder shot",
    "2s": "Two shot",
    "pov": "Point-of-view shot",
}
"""What abbreviations of shot sizes mean: a model reads words."""

KNOWN_SIZES = frozenset({*SIZES, *(word for words in SIZES.values() for word in re.split(r"[ -]", words.casefold()))})
"""Abbreviations of shot sizes, and the words that they mean."""

_SHORT = re.compile(r"[A-Za-z0-9]{1,5}")
"""What may be an abbreviation."""
_UNIT = pattern(r"[(（].*?[)）]")
_SIGNS = pattern(r"[\W_]+")
_NAMES = re.compile(r"\s*(?:[,;/、，；&+\n]|\band\b|和)\s*", re.IGNORECASE)
_SPEAKER = re.compile(r"\s*([^:：\"“”]{1,60}?)\s*[:：]\s*(.+)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[:;]\d{1,2})?")
_SECONDS = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)\s*(?:s|sec|secs|seconds?|秒|\"|″)?", re.IGNORECASE)
_PIXELS = re.compile(r"\d{2,5}\s*[*x×]\s*\d{2,5}")


@immutable
class Speech:
    """What somebody says in a shot; `seen` is false for a voice from elsewhere, which the picture does not show."""

    text: str
    who: str | None = None
    seen: bool = True


@immutable
class ListedShot:
    """A shot of the list: its words in parts, the names of who is in it, what is said, and its seconds where given.

    `keys` are keys of the production file as they were written. `joined` is the transition from the shot before.
    """

    words: tuple[str, ...]
    scene: str = ""
    name: str = ""
    cast: tuple[str, ...] = ()
    speech: tuple[Speech, ...] = ()
    seconds: Fraction | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    joined: str | None = None


@immutable
class ShotList:
    """All shots in order, the title of the film, and what was not understood, in sentences."""

    shots: tuple[ListedShot, ...]
    title: str = ""
    notes: tuple[str, ...] = ()


def read_text(file: Path) -> str:
    """The text of a file, in UTF-8 or the likeliest encoding. Raises MediaFault for a file without text."""
    try:
        size, data = file.stat().st_size, b""
        if size <= MAX_BYTES:
            data = file.read_bytes()
    except OSError as fault:
        raise MediaFault(tr("cannot read `{file}`: {why}", file=file, why=fault.strerror or "")) from fault
    if size > MAX_BYTES:
        raise MediaFault(tr("`{file}` is larger than 10 MB", file=file), hint=tr("split it into several files"))
    if data.startswith(b"PK\x03\x04"):
        hint = tr("export it as CSV, or as Fountain")
        raise MediaFault(tr("`{file}` is a packed document, not text", file=file), hint=hint)
    codec = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        known = recognised_encoding(data) or likely_charset(data)
        if known is None:
            raise MediaFault(tr("`{file}` is not UTF-8 text", file=file), hint=tr("save it as UTF-8")) from None
        text = data.decode(known, errors="replace")
    return "".join(sign if sign.isprintable() or sign in "\n\r\t" else " " for sign in text)


def read_table(file: Path) -> ShotList:
    """The shots of a CSV table with a line of headings. Raises MediaFault where there are none."""
    text = read_text(file)
    head = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t|", key=head.count)
    rows = [row for row in _rows(file, text, delimiter) if any(map(str.strip, row))]
    columns = _columns(rows[0]) if rows else {}
    if "description" not in columns.values() and "dialogue" not in columns.values():
        hint = tr("its first line names the columns, e.g. `scene,shot,description,duration,cast,dialogue`")
        raise MediaFault(tr("`{file}` has no column with what is seen", file=file), hint=hint)
    if not 1 < len(rows) <= MAX_ROWS + 1:
        raise MediaFault(tr("`{file}` has {rows} shots, not 1 to {most}", file=file, rows=len(rows) - 1, most=MAX_ROWS))
    notes: list[str] = []
    shots = tuple(_listed(number, row, rows[0], columns, notes) for number, row in enumerate(rows[1:], 2))
    unknown = [f"`{head.strip()}`" for at, head in enumerate(rows[0]) if at not in columns and head.strip()]
    if unknown:
        notes.append(tr("unknown columns, kept as keys that begin with `x-`: {names}", names=joined(", ", unknown)))
    return ShotList(shots, notes=tuple(notes))


def _rows(file: Path, text: str, delimiter: str) -> Iterator[list[str]]:
    reader, line = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True), 1
    try:
        for row in reader:
            yield row
            line = reader.line_num + 1
    except csv.Error as fault:
        hint = tr('close each quote that begins a cell, and write one inside of it as `""`')
        message = tr("`{file}` is not a CSV table: line {line}: {why}", file=file, line=line, why=str(fault))
        raise MediaFault(message, hint=hint) from fault


def _columns(heads: Iterable[str]) -> dict[int, str]:
    """What each known column holds, by its position; the first of two with the same meaning."""
    known = {name: what for what, names in COLUMNS.items() for name in names}
    found: dict[int, str] = {}
    for at, head in enumerate(heads):
        plain = _SIGNS.sub(" ", _UNIT.sub("", head).casefold()).strip()
        what = known.get(plain) or (plain.replace(" ", "_") if plain.replace(" ", "_") in KEYS else None)
        if what is not None and what not in found.values():
            found[at] = what
    return found


def _listed(number: int, row: list[str], heads: list[str], columns: Mapping[int, str], notes: list[str]) -> ListedShot:
    """The shot of a row; `number` is the row's, from 1 for the headings."""
    cells = {columns[at]: cell.strip() for at, cell in enumerate(row) if at in columns and cell.strip()}
    size = cells.get("size", "")
    if _SHORT.fullmatch(size) and size.casefold() not in KNOWN_SIZES:
        words = tr("row {number}: the shot size `{size}` is unknown: the prompt has it so", number=number, size=size)
        notes.append(words)
    keys = _keys(cells) | {
        f"x-{name_like(head).lower()}": cell.strip()
        for at, (head, cell) in enumerate(zip(heads, row, strict=False))
        if at not in columns and cell.strip() and name_like(head)
    }
    seconds = None
    if (written := cells.get("duration")) is not None and (seconds := seconds_of(written)) is None:
        notes.append(tr("row {number}: `{written}` is not a length in seconds", number=number, written=written))
    cast = tuple(filter(None, _NAMES.split(cells.get("cast", ""))))
    speech = tuple(each for each in _speeches(cells.get("dialogue", ""), cast) if each.text)
    if beyond := [cell for cell in row[len(heads) :] if cell.strip()]:
        told = tr("row {number} has more cells than headings: {cells}", number=number, cells=joined(", ", beyond[:3]))
        notes.append(told)
    return ListedShot(
        words=tuple(cells[key] for key in WORDS if key in cells),
        scene=cells.get("scene", ""),
        name=cells.get("shot", ""),
        cast=cast,
        speech=speech,
        seconds=seconds,
        keys=keys,
    )


def _keys(cells: dict[str, str]) -> dict[str, str]:
    """Keys of a shot that a row has; a size in pixels is one, any other becomes words."""
    keys = {key: cells[key] for key in (*KEYS, "note") if key in cells and key != "size"}
    size = cells.get("size", "")
    if _PIXELS.fullmatch(size):
        keys["size"] = re.sub(r"\s*[x×*]\s*", "*", cells.pop("size"))
    elif size.casefold() in SIZES:
        cells["size"] = SIZES[size.casefold()]
    return keys


def seconds_of(written: str) -> Fraction | None:
    """A length as people write it: `5`, `5 s`, `4,5 秒`, `0:05`, `00:00:05:12`; None for anything else, and for 0."""
    if clock := _CLOCK.fullmatch(written.strip()):
        hours_or_minutes = int(clock[1] or 0)
        return Fraction(hours_or_minutes * 3600 + int(clock[2]) * 60 + int(clock[3])) or None
    plain = _SECONDS.fullmatch(written.strip())
    return (Fraction(plain[1].replace(",", ".")) or None) if plain else None


def _speeches(cell: str, cast: tuple[str, ...]) -> Iterator[Speech]:
    """What is said, a line each; a speaker may be named before a colon, and who is alone in a shot needs no name."""
    alone = cast[0] if len(cast) == 1 else None
    for line in filter(None, map(str.strip, cell.splitlines())):
        named = _SPEAKER.fullmatch(line)
        known = {name.casefold(): name for name in cast}
        if named and (not cast or named[1].casefold() in known):
            yield Speech(_unquoted(named[2]), known.get(named[1].casefold(), named[1]))
        else:
            yield Speech(_unquoted(line), alone)


def _unquoted(text: str) -> str:
    """A text without the pair of quotes around all of it; quotes of parts of it stay."""
    plain = text.strip()
    ends, inside = plain[:1] + plain[-1:], plain[1:-1]
    return inside.strip() if ends in {'""', "“”"} and not set(inside) & set(ends) else plain
