"""Subtitles: read from what people write, put on a film's frame grid, and written as SRT and WebVTT.

The only home of pysubs2.
"""

from __future__ import annotations

import codecs
import html
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path, PurePath

import pysubs2

from wanflow import timebase
from wanflow.media.container import BadMedia
from wanflow.media.jobs import Job, Worker
from wanflow.media.text.caption_layout import Caption

MOST_BYTES = 10_000_000
MOST_LINES = 20_000
"""Maximum lines of a file: more than a film has, and each takes time in players too."""
MOST_LETTERS = 2_000
"""Maximum letters of one line: eight lines of four-byte letters fit in a sample of an MP4 (65,535 bytes)."""
MOST_AT_ONCE = 8
"""Maximum lines that are shown together; the newest are kept."""

BEGINNING_BYTES = 4_096
"""First bytes of a file that decide whether it has subtitles."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BEGINNINGS = {
    "vtt": re.compile(r"WEBVTT(?!\S)"),
    "ass": re.compile(r"(?:[;!][^\n]*\n\s*)*\[script info\]", re.IGNORECASE),
    "srt": re.compile(r"(?:\d+[ \t\r]*\n\s*)?\d{1,2}:\d{1,2}:\d{1,2}[,.]\d{1,3}[ \t]*-->"),
}
_SRT_TIMES = re.compile(r"[ \t]*\d+[:.,][\d:.,; \t]*-+>")
"""Beginning of a line that is meant as the times of an entry."""
_SRT_TIME = re.compile(r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}")
_MARKUP = {
    "vtt": re.compile(r"<[^<>]*>"),
    "ass": re.compile(r"\{[^{}]*\}"),
    "srt": re.compile(r"\{\\[^{}]*\}|</?[A-Za-z][^<>]*>"),
}
"""Tags and styles; every pattern takes linear time."""
_DRAWING = re.compile(r"\\p[1-9]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_NEXT = "\n\n0\n"
"""A blank line and the number of what follows."""
_CLOCK_TAG = re.compile(r"<[\d:.]+>")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ACTED_ON = re.compile(r"\\|\{(?=\\)|<(?=[/A-Za-z])")
WORD_JOINER = "\u2060"
"""Invisible character after a sign, so that players and ffmpeg do not read it as markup."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be read from `begin_ms` until `end_ms`, thousandths of a second of the film: plain text, in lines."""

    begin_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class _Span:
    """A text from frame `begin` until frame `end`, which doesn't show it."""

    begin: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ReadSubtitles(Job[tuple[Caption, ...]]):
    """Read a subtitle file as captions of a film of `frames` frames."""

    path: PurePath
    frames: int
    rate: Fraction

    def perform(self, worker: Worker) -> tuple[Caption, ...]:
        """Read it, and put its lines on the film's frames."""
        return to_captions(read_lines(worker.root / self.path), frames=self.frames, rate=self.rate)


@dataclass(frozen=True, slots=True)
class FindLinesBeyond(Job[tuple[Line, ...]]):
    """Find the lines of a subtitle file that begin after the end of a film of `frames` frames."""

    path: PurePath
    frames: int
    rate: Fraction

    def perform(self, worker: Worker) -> tuple[Line, ...]:
        """Read the file, and keep those lines in the order of their times."""
        return beyond(read_lines(worker.root / self.path), frames=self.frames, rate=self.rate)


def subtitle_format(beginning: bytes) -> str | None:
    """`srt`, `vtt` or `ass` (SSA as well) by how a file begins, None for everything else."""
    text = _with_newlines(beginning.decode(_encoding(beginning), errors="replace")).lstrip()
    if "\0" in text:
        return None
    return next((written for written, begins in _BEGINNINGS.items() if begins.match(text)), None)


def read_lines(path: Path) -> tuple[Line, ...]:
    """The lines of an SRT, WebVTT, ASS or SSA file in the order of their times, without tags and styles.

    What shows nothing is left out: empty lines, drawings, comments, lines that end before they begin. Raises BadMedia
    for another file, for text that is neither UTF-8 nor UTF-16 with its mark, and for more than a film can have.
    """
    data = _bytes(path)
    written = subtitle_format(data[:BEGINNING_BYTES])
    if written is None:
        if path.suffix.lower() == ".srt":
            _require_times(path, _with_newlines(data.decode(_encoding(data), errors="replace")))
        raise BadMedia(path, "is not a subtitle file", hint="wanflow reads srt, vtt and ass")
    try:
        text = _with_newlines(data.decode(_encoding(data)))
    except UnicodeDecodeError as fault:
        raise BadMedia(path, "is not UTF-8 text", hint="save it as UTF-8") from fault
    found = _events(path, written, text)
    said = (event for event in found if not event.is_comment)
    lines = [Line(max(0, event.start), event.end, _plain(event.text, written)) for event in said]
    shown = [line for line in lines if line.text and line.end_ms > line.begin_ms]
    for line in shown:
        if len(line.text) > MOST_LETTERS:
            where = timebase.decimal_text(Fraction(line.begin_ms, 1000), 3)
            raise BadMedia(
                path, f"has {len(line.text)} letters at {where} s, at most {MOST_LETTERS}", hint="split them"
            )
    return tuple(sorted(shown, key=lambda line: (line.begin_ms, line.end_ms)))


def to_srt(lines: Sequence[Line], *, frames: int, rate: Fraction) -> str:
    """Lines as the SRT of a film of `frames` frames, empty where none is left.

    Each begins and ends with the nearest frame and is seen for one at least; what lies beyond the film's end is cut
    off. Lines that overlap become one text after the other, with all that is to be read at a time: an MP4 shows one
    text and would drop the others.
    """
    spans = _on_grid(lines, frames, rate)
    return "\n".join(
        f"{number}\n{_times(span, rate, ',')}\n{_in_srt(span.text)}\n" for number, span in enumerate(spans, 1)
    )


def to_vtt(lines: Sequence[Line], *, frames: int, rate: Fraction) -> str:
    """The same as WebVTT, which begins with its name even where no line is left."""
    spans = _on_grid(lines, frames, rate)
    cues = (f"{_times(span, rate, '.')}\n{html.escape(span.text, quote=False)}\n" for span in spans)
    return "\n".join(("WEBVTT\n", *cues))


def to_captions(lines: Sequence[Line], *, frames: int, rate: Fraction) -> tuple[Caption, ...]:
    """The same as captions to be burned into the film's picture, which find room for all that are shown at once."""
    return tuple(Caption(span.text, span.begin, span.end) for span in _snapped(lines, frames, rate) if span.text)


def beyond(lines: Sequence[Line], *, frames: int, rate: Fraction) -> tuple[Line, ...]:
    """The lines that begin after the end of a film of `frames` frames, and are never shown."""
    return tuple(line for line in lines if _frame(line.begin_ms, rate) >= frames)


def track_options(languages: Sequence[str | None]) -> dict[str, str | int]:
    """Options of ffmpeg's output for soft subtitles, a track for each: languages of three letters, None if unknown.

    ffmpeg marks the first one as enabled and has no option against it; none is forced.
    """
    named = {f"metadata:s:s:{track}": f"language={code or 'und'}" for track, code in enumerate(languages)}
    return {"c:s": "mov_text", **named}


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BadMedia(path, f"cannot be opened: {fault.strerror}") from fault
    if len(data) > MOST_BYTES:
        raise BadMedia(path, f"has more than {MOST_BYTES // 1_000_000} MB of subtitles", hint="split it")
    return data


def _encoding(data: bytes) -> str:
    return "utf-16" if data.startswith(_UTF16) else "utf-8-sig"


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _events(path: Path, written: str, text: str) -> pysubs2.SSAFile:
    if text.count("Dialogue:" if written == "ass" else "-->") > MOST_LINES:
        raise BadMedia(path, f"has more than {MOST_LINES} lines of subtitles", hint="split it")
    match written:
        case "srt":
            _require_times(path, text)
            # pysubs2 reads every blank line again and again, and takes a last number for the next one
            text = _BLANK_LINES.sub("\n\n", text) + _NEXT
        case "vtt":
            text = _cues(text)
        case _:
            # a mistake in a style must not keep the words from being read
            text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("Style:"))
    try:
        with warnings.catch_warnings():
            # they are about margins and layers, which are not used here
            warnings.simplefilter("ignore", RuntimeWarning)
            return pysubs2.SSAFile.from_string(text, format_=written, keep_html_tags=True)
    except (pysubs2.Pysubs2Error, ValueError) as fault:
        raise BadMedia(path, f"cannot be read as {written}: {fault}"[:200], hint="save it again as srt") from fault


def _require_times(path: Path, text: str) -> None:
    """Raise BadMedia for the first line of an SRT whose times are broken; pysubs2 would show it as words."""
    for number, line in enumerate(text.split("\n"), 1):
        if _SRT_TIMES.match(line) and ("-->" not in line or len(_SRT_TIME.findall(line)) != 2):
            raise BadMedia(
                path,
                f"has an invalid time code in line {number}: `{line.strip()[:60]}`",
                hint="write for example `00:00:01,000 --> 00:00:04,000`",
            )


def _cues(text: str) -> str:
    """The timed blocks of WebVTT; pysubs2 would read names, notes and styles that lie between them aloud."""
    cues = []
    for block in _BLANK_LINES.sub("\n\n", text).split("\n\n"):
        lines = block.strip("\n").split("\n")
        timed = next((number for number, line in enumerate(lines[:2]) if "-->" in line), None)
        if timed is not None:
            cues.append("\n".join([lines[timed], *(_CLOCK_TAG.sub("", line) for line in lines[timed + 1 :])]))
    return "".join(f"{cue}{_NEXT}" for cue in cues)


def _plain(text: str, written: str) -> str:
    if written == "ass":
        text = "" if _DRAWING.search(text) else text.replace(r"\h", " ").replace(r"\n", r"\N")
    text = _MARKUP[written].sub("", text).replace(r"\N", "\n")
    if written == "vtt":
        text = html.unescape(text)
    return _without_blanks(text)


def _without_blanks(text: str) -> str:
    """Text without empty lines, which end an entry, and without control characters."""
    lines = (_CONTROL.sub("", line).replace("\t", " ").strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _on_grid(lines: Sequence[Line], frames: int, rate: Fraction) -> list[_Span]:
    """One text at a time, in frames of the film; neighbours that show the same are one."""
    found: list[_Span] = []
    for span in _one_at_a_time(list(_snapped(lines, frames, rate))):
        if found and (found[-1].end, found[-1].text) == (span.begin, span.text):
            found[-1] = _Span(found[-1].begin, span.end, span.text)
        else:
            found.append(span)
    return found


def _snapped(lines: Sequence[Line], frames: int, rate: Fraction) -> Iterator[_Span]:
    for line in sorted(lines, key=lambda line: line.begin_ms):
        begin, text = _frame(line.begin_ms, rate), _without_blanks(line.text)
        if begin < frames and text:
            yield _Span(begin, min(max(begin + 1, _frame(line.end_ms, rate)), frames), text)


def _one_at_a_time(spans: list[_Span]) -> Iterator[_Span]:
    marks = sorted({mark for span in spans for mark in (span.begin, span.end)})
    waiting = iter([*spans, None])
    following = next(waiting)
    shown: list[_Span] = []
    for begin, end in pairwise(marks):
        shown = [span for span in shown if span.end > begin]
        while following is not None and following.begin == begin:
            shown.append(following)
            following = next(waiting)
        shown = shown[-MOST_AT_ONCE:]
        if shown:
            yield _Span(begin, end, "\n".join(dict.fromkeys(span.text for span in shown)))


def _frame(milliseconds: int, rate: Fraction) -> int:
    return timebase.to_frames(Fraction(milliseconds, 1000), rate)


def _times(span: _Span, rate: Fraction, point: str) -> str:
    return f"{_clock(span.begin, rate, point)} --> {_clock(span.end, rate, point)}"


def _clock(frame: int, rate: Fraction, point: str) -> str:
    """`00:01:02,500`, rounded down: a text that began a moment after its frame would be seen with the next."""
    return clock_text(int(frame * 1000 / rate), point)


def clock_text(milliseconds: int, point: str = ",") -> str:
    """A time as SRT writes it: `00:01:02,500`."""
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{thousandths:03d}"


def _in_srt(text: str) -> str:
    """Text without anything that would begin an entry or be markup."""
    return _ACTED_ON.sub(rf"\g<0>{WORD_JOINER}", text.replace("-->", "→"))
