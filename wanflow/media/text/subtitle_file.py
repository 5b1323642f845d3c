"""Subtitle files as people have them: SRT and WebVTT line by line, ASS and SSA by pysubs2, whose only home this is."""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import field
from fractions import Fraction
from pathlib import Path

from wanflow import digest, timebase
from wanflow.characters import ascii_sign, with_ascii_signs
from wanflow.language.source import Facts, Kind
from wanflow.media.container import BadMedia
from wanflow.media.text.decoding import LEFT_OUT, beginning_text, decoded_text, likelier_charset
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.yamldoc.slips import Slip

MOST_BYTES = 10_000_000
MOST_LINES = 20_000
"""Maximum lines of a file: more than a film has, and each takes time in players too."""
MOST_LETTERS = 2_000
"""Maximum letters of one line: eight lines of four-byte letters fit in a sample of an MP4 (65,535 bytes)."""
MOST_FAULTS = 20
"""Broken entries of a file that are told at once."""

BEGINNING_BYTES = 4_096
"""First bytes of a file that decide whether it has subtitles."""
SUFFIXES = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ass"}
"""Formats by the name of a file, for one whose beginning tells nothing."""

_CLOCK = r"(-?)(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3}))?"
"""Hours and thousandths may be missing, as in `00:04,5` and `00:00:04`."""
_TIMES = re.compile(rf"[ \t]*{_CLOCK}[ \t]*-->[ \t]*{_CLOCK}(?:[ \t].*)?")
_BROKEN = re.compile(
    r"[ \t]*-?\d+[:.,][\d:.,; \t]*[-\u2010-\u2015 \t]+>"
    r"|[\dOolI:.,; \t-]{0,40}-->[ \t]*-?\d+:\d"
    r"|.{0,40}-->[ \t]*-?\d+:\d+:\d+[,.]\d"
    r"|[ \t]*-?\d+:\d+:\d+[,.;:]?\d*[ \t,;|\u2010-\u2015\u2192-]*-?\d+:\d+:\d+[,.;:]?\d*[ \t]*$"
)
"""A line that is meant as the times of an entry, whatever is wrong with them."""
_WHOLE_BROKEN = re.compile(rf"(?=.*\d:\d{{1,3}}:\d)(?:{_BROKEN.pattern})")
"""The same in a line with signs of an input method, where what has no hours is more likely a text."""
_CLOCKLIKE = re.compile(r"\s*[-－]?\d+\s?[:.：﹕︰∶．]")
_ARROW = re.compile(r"(?<![-\s])\s*-[-\s]*[>〉》]\s*")
_TIMES_AHEAD = 200
"""Characters of a line in which times are looked for."""
_BEGINNINGS = {
    "vtt": re.compile(r"WEBVTT(?!\S)"),
    "ass": re.compile(r"(?:[;!][^\n]*\n\s*)*\[script info\]", re.IGNORECASE),
    "srt": re.compile(r"(?:[^\n]*\n)*?[ \t]*-?(?:\d{1,3}:)?\d{1,2}:\d{1,2}(?:[,.]\d{1,3})?[ \t]*-->"),
}
_SLIPPED_DIALOGUE = re.compile(r"^[ \t]*Dialogue[ \t]*([：﹕︰∶])", re.MULTILINE)
_ASS_TIMES = re.compile(r"[^,]*(?:,\s*-?\d+:\d{1,2}:\d{1,2}(?:[.,:]\d+)?\s*){2},")
_MARKUP = {
    "vtt": re.compile(r"<[^<>]*>"),
    "ass": re.compile(r"\{[^{}]*\}"),
    "srt": re.compile(r"\{\\[^{}]*\}|</?[A-Za-z][^<>]*>"),
}
"""Tags and styles; every pattern takes linear time."""
_DRAWING = re.compile(r"\\p[1-9]")
_NOT_CUES = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?!\S)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
EXAMPLE = tr("write for example `00:00:01,000 --> 00:00:04,000`")


@immutable
class Line:
    """What is to be read from `begin_ms` until `end_ms`, thousandths of a second of the film: plain text, in lines.

    `number` is the line of the file that has its times, 0 where that is not known.
    """

    begin_ms: int
    end_ms: int
    text: str
    number: int = field(default=0, compare=False)


def subtitle_format(beginning: bytes) -> str | None:
    """`srt`, `vtt` or `ass` (SSA as well) by how a file begins, None for everything else.

    A note may come before the first entry of an SRT.
    """
    text = beginning_text(beginning).lstrip("\ufeff \t\n")
    if "\0" in text:
        return None
    return next((written for written, begins in _BEGINNINGS.items() if begins.match(text)), None)


def measure_subtitles(path: Path, encoding: str | None = None) -> Facts:
    """The facts of a subtitle file. Raises BadMedia as `read_lines` does, and for a file without lines."""
    data = _bytes(path)
    charset = likelier_charset(data, encoding)
    try:
        lines = read_lines(path, encoding)
        if not lines:
            raise BadMedia(path, tr("is a subtitle file without lines"), hint=tr("add some, or leave it out"))
    except BadMedia as bad:
        if charset is None or bad.line is not None:
            raise
        why = tr("is not {encoding} text; it looks like {charset}", encoding=encoding, charset=charset)
        raise BadMedia(path, why, hint=LEFT_OUT) from bad
    written = subtitle_format(data[:BEGINNING_BYTES]) or SUFFIXES.get(path.suffix.lower(), "srt")
    seconds = Fraction(max(line.end_ms for line in lines), 1000)
    flaws: tuple[str, ...] = ()
    if charset is not None:
        flaws = (tr("looks like {charset}: leave `encoding: {encoding}` out", charset=charset, encoding=encoding),)
    return Facts(Kind.SUBTITLES, written, digest.of_file(path), len(data), seconds=seconds, flaws=flaws)


def read_lines(path: Path, encoding: str | None = None) -> tuple[Line, ...]:
    """The lines of an SRT, WebVTT, ASS or SSA file in the order of their times, without tags and styles.

    `encoding` is what the author names, None to recognise it; of an unknown one, which is reported with the production,
    only the times are read. A line that begins below zero is shown from 0. What shows nothing is left out: empty lines,
    drawings, comments, and in ASS lines that end before they begin. Raises BadMedia for another file, for text in an
    encoding that is not sure or not the one given, for more than a film can have, and for times that are broken or end
    before they begin: `others` has the faults behind the first one.
    """
    data = _bytes(path)
    text = decoded_text(path, data, encoding)
    written = subtitle_format(data[:BEGINNING_BYTES]) or SUFFIXES.get(path.suffix.lower())
    if written is None:
        raise BadMedia(path, tr("is not a subtitle file"), hint=tr("wanflow reads srt, vtt and ass"))
    if text.count("Dialogue:" if written == "ass" else "-->") > MOST_LINES:
        raise BadMedia(
            path, tr("has more than {most_lines} lines of subtitles", most_lines=MOST_LINES), hint=tr("split it")
        )
    faults: list[BadMedia] = []
    match written:
        case "srt":
            found = list(_srt_lines(path, text, faults))
        case "vtt":
            found = list(_vtt_lines(path, text, faults))
        case _:
            found = list(_ass_lines(path, text))
    if faults:
        first, *others = faults[:MOST_FAULTS]
        raise BadMedia(path, first.why, hint=first.hint, line=first.line, others=tuple(others))
    if not found and written == "srt" and text.strip():
        raise BadMedia(path, tr("is not a subtitle file: it has no times"), hint=EXAMPLE)
    lines = (Line(line.begin_ms, line.end_ms, _plain(line.text, written), line.number) for line in found)
    shown = [line for line in lines if line.text and line.end_ms > line.begin_ms]
    for line in shown:
        if len(line.text) > MOST_LETTERS:
            where = timebase.decimal_text(Fraction(line.begin_ms, 1000), 3)
            raise BadMedia(
                path,
                tr(
                    "has {number} letters at {where} s, at most {most_letters}",
                    number=len(line.text),
                    where=where,
                    most_letters=MOST_LETTERS,
                ),
                hint=tr("split them"),
            )
    return tuple(sorted(shown, key=lambda line: (line.begin_ms, line.end_ms)))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BadMedia(path, tr("cannot be opened: {strerror}", strerror=fault.strerror)) from fault
    if len(data) > MOST_BYTES:
        raise BadMedia(
            path,
            tr("has more than {most_bytes} MB of subtitles", most_bytes=MOST_BYTES // 1_000_000),
            hint=tr("split it"),
        )
    return data


def _srt_lines(path: Path, text: str, faults: list[BadMedia]) -> Iterator[Line]:
    """The entries of an SRT; numbers may be missing or doubled, and what comes before the first times is a note."""
    times: tuple[int, int, int] | None = None
    words: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = _times_of(path, number, line, faults)
        if found is None:
            if line.strip() or (words and words[-1]):
                words.append(line.strip())
            continue
        if times is not None:
            yield _entry(times, _without_number(words))
        times, words = found, []
    if times is not None:
        yield _entry(times, words)


def _entry(times: tuple[int, int, int], words: Sequence[str]) -> Line:
    begin, end, number = times
    return Line(begin, end, "\n".join(words), number)


def _without_number(words: list[str]) -> list[str]:
    """The words of an entry without the number of the next one, which may be doubled, or have a blank line below it."""
    end = len(words) - (words[-1:] == [""])
    first = end
    while first and words[first - 1].isdecimal():
        first -= 1
    if first == end:
        return words
    if first and words[first - 1]:
        # words directly above it: only the last one can be a number, and only directly above the times
        return words[: end - 1] if end == len(words) else words
    alone = first == 0 and end < len(words)
    return words if alone else words[:first]  # a number is all that is said


def _vtt_lines(path: Path, text: str, faults: list[BadMedia]) -> Iterator[Line]:
    """The timed blocks of WebVTT, without the names, notes and styles between them."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append((number, line))
            continue
        named = block[:1] and not _NOT_CUES.match(block[0][1].lstrip("\ufeff"))
        for place, (at, written) in enumerate(block[:2] if named else ()):
            times = _times_of(path, at, written, faults)
            if times is not None:
                yield _entry(times, [words for _, words in block[place + 1 :]])
                break
        block = []


def _times_of(path: Path, number: int, line: str, faults: list[BadMedia]) -> tuple[int, int, int] | None:
    """When an entry begins and ends, and its line; None for a line that is not times.

    `faults` receives times that are broken: as words they would be shown.
    """
    ahead = line[:_TIMES_AHEAD]
    found = _TIMES.fullmatch(ahead)
    if found is None and not _CLOCKLIKE.match(ahead) and not _BROKEN.match(ahead):
        return None
    begin, end = _clocks(found)
    if begin is None or end is None:
        fault = _broken_times(path, number, line, is_times=found is not None)
        faults += [] if fault is None else [fault]
        return None
    shown = line.strip()[:60]
    if end <= begin:
        why = tr("the subtitle ends before it begins: `{shown}`", shown=shown)
        if end == begin:
            why = tr("the subtitle ends when it begins: `{shown}`", shown=shown)
        faults.append(BadMedia(path, why, hint=tr("give it a later end, or delete it"), line=number))
    elif end <= 0:
        why = tr("the subtitle ends before the film begins: `{shown}`", shown=shown)
        faults.append(BadMedia(path, why, hint=tr("delete it, or move its times"), line=number))
    return max(0, begin), end, number


def _broken_times(path: Path, number: int, line: str, *, is_times: bool) -> BadMedia | None:
    """What is wrong with a line that is meant as times, with the way to write them; None for another line."""
    ahead, shown, hint = line[:_TIMES_AHEAD], line.strip()[:60], EXAMPLE
    meant = _ARROW.sub(" --> ", with_ascii_signs(ahead)) if _CLOCKLIKE.match(ahead) else ""
    if None not in _clocks(_TIMES.fullmatch(meant)):
        hint = tr("write `{meant}`", meant=meant.strip())
    elif not is_times and not _BROKEN.match(ahead) and not _WHOLE_BROKEN.match(meant):
        return None
    why = _with_slip(tr("invalid time code `{shown}`", shown=shown), shown if meant else "")
    return BadMedia(path, why, hint=hint, line=number)


def _with_slip(why: str, times: str) -> str:
    """What is wrong with times, with the first sign of an input method in them."""
    for sign in times:
        if (meant := ascii_sign(sign)) is not None:
            return joined(": ", (why, Slip(0, 0, sign, meant).message))
    return why


def _clocks(times: re.Match[str] | None) -> tuple[int | None, int | None]:
    """When times begin and end, None for each that is not valid."""
    return (None, None) if times is None else (_clock(times.groups()[:5]), _clock(times.groups()[5:]))


def _clock(parts: Sequence[str | None]) -> int | None:
    """Thousandths of a second; None for a time that no clock shows, or that could be minutes as well as hours."""
    sign, hours, minutes, seconds, thousandths = parts
    if (hours is None and thousandths is None) or int(minutes or 0) > 59 or int(seconds or 0) > 59:
        return None
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    found = whole * 1000 + int((thousandths or "").ljust(3, "0"))
    return -found if sign else found


def _ass_lines(path: Path, text: str) -> Iterator[Line]:
    import pysubs2

    colon = _SLIPPED_DIALOGUE.search(text)
    if colon is not None:  # as an unknown key it would be left out in silence
        number, slip = text[: colon.start(1)].count("\n") + 1, Slip(0, 0, colon[1], ":")
        raise BadMedia(path, slip.message, hint=tr("write `{meant}`", meant="Dialogue: "), line=number)
    # a mistake in a style must not keep the words from being read
    kept = [line for line in text.split("\n") if not line.lstrip().startswith("Style:")]
    numbers = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(("Dialogue:", "Comment:"))]
    try:
        with warnings.catch_warnings():
            # they are about margins and layers, which are not used here
            warnings.simplefilter("ignore", RuntimeWarning)
            events = pysubs2.SSAFile.from_string("\n".join(kept), format_="ass", keep_html_tags=True).events
    except (pysubs2.Pysubs2Error, ValueError) as fault:
        raise _bad_dialogue(path, text, str(fault)) from fault
    known = numbers if len(numbers) == len(events) else [0] * len(events)
    for event, number in zip(events, known, strict=True):
        if not event.is_comment:
            yield Line(max(0, event.start), event.end, event.text, number)


def _bad_dialogue(path: Path, text: str, fault: str) -> BadMedia:
    """What is wrong with an ASS that pysubs2 does not read: the first times that are broken, else what it says."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("Dialogue:") and not _ASS_TIMES.match(line):
            invalid = tr("invalid time code in `{shown}`", shown=line.strip()[:60])
            why = _with_slip(invalid, ",".join(line.split(",")[:3]))
            return BadMedia(path, why, hint=tr("write for example `0:00:01.00`"), line=number)
    return BadMedia(path, f"cannot be read as ass: {fault}"[:200], hint=tr("save it again as srt"))


def _plain(text: str, written: str) -> str:
    if written == "ass":
        text = "" if _DRAWING.search(text) else text.replace(r"\h", " ").replace(r"\n", r"\N")
    text = _MARKUP[written].sub("", text).replace(r"\N", "\n")
    if written == "vtt":
        text = html.unescape(text)
    return without_blanks(text)


def without_blanks(text: str) -> str:
    """Text without empty lines, which end an entry, and without control characters."""
    lines = (_CONTROL.sub("", line).replace("\t", " ").strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
