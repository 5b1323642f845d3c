"""Subtitles of a film: lines put on its frame grid, and written as SRT and WebVTT."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import PurePath

from wanflow import timebase
from wanflow.media.jobs import Job, Worker
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitle_file import Line, read_lines, without_blanks
from wanflow.messages import tr, trn
from wanflow.records import immutable

MOST_AT_ONCE = 8
"""Maximum lines that are shown together; the newest are kept."""

_ACTED_ON = re.compile(r"\\|\{(?=\\)|<(?=[/A-Za-z])")
WORD_JOINER = "\u2060"
"""Invisible character after a sign, so that players and ffmpeg do not read it as markup."""


@immutable
class _Span:
    """A text from frame `begin` until frame `end`, which doesn't show it."""

    begin: int
    end: int
    text: str


@immutable
class ReadSubtitles(Job[tuple[Caption, ...]]):
    """Read a subtitle file as captions of a film of `frames` frames, at their `place` and `edge` in the picture."""

    path: PurePath
    frames: int
    rate: Fraction
    encoding: str | None = None
    place: str = "bottom"
    edge: Decimal | None = None

    def perform(self, worker: Worker) -> tuple[Caption, ...]:
        """Read it, and put its lines on the film's frames."""
        lines = read_lines(worker.root / self.path, self.encoding)
        captions = to_captions(lines, frames=self.frames, rate=self.rate)
        return tuple(replace(caption, place=self.place, edge=self.edge) for caption in captions)


@immutable
class FindLinesBeyond(Job[str]):
    """Say which lines of a subtitle file begin after the end of a film of `frames` frames; empty if none does."""

    path: PurePath
    frames: int
    rate: Fraction
    encoding: str | None = None

    def perform(self, worker: Worker) -> str:
        """Read the file, and look at the times of its lines."""
        return words_beyond(read_lines(worker.root / self.path, self.encoding), frames=self.frames, rate=self.rate)


def to_lines(spans: Iterable[tuple[int, int, str]], rate: Fraction) -> tuple[Line, ...]:
    """Texts that are seen from a first frame until another one, as lines of subtitles."""
    return tuple(Line(int(begin * 1000 / rate), int(end * 1000 / rate), text) for begin, end, text in spans)


def to_srt(lines: Sequence[Line], *, frames: int, rate: Fraction) -> str:
    """Lines as the SRT of a film of `frames` frames, empty where none is left.

    Each begins and ends with the nearest frame and is seen for one at least; what lies beyond the film's end is cut
    off. Lines that overlap become one text after the other, with all that is to be read at a time: an MP4 shows one
    text and would drop the others.
    """
    spans = _on_grid(lines, frames, rate)
    entries = []
    for number, span in enumerate(spans, 1):
        # nothing in a text begins an entry or is markup
        text = _ACTED_ON.sub(rf"\g<0>{WORD_JOINER}", span.text.replace("-->", "→"))
        entries.append(f"{number}\n{_times(span, rate, ',')}\n{text}\n")
    return "\n".join(entries)


def to_vtt(lines: Sequence[Line], *, frames: int, rate: Fraction) -> str:
    """The same as WebVTT, which begins with its name even where no line is left."""
    spans = _on_grid(lines, frames, rate)
    cues = (f"{_times(span, rate, '.')}\n{html.escape(span.text, quote=False)}\n" for span in spans)
    return "\n".join(("WEBVTT\n", *cues))


def to_captions(lines: Sequence[Line], *, frames: int, rate: Fraction) -> tuple[Caption, ...]:
    """The same as captions to be burned into the film's picture, which find room for all that are shown at once."""
    return tuple(Caption(span.text, span.begin, span.end) for span in _snapped(lines, frames, rate) if span.text)


def words_beyond(lines: Sequence[Line], *, frames: int, rate: Fraction) -> str:
    """What is said of the lines that begin after the end of a film of `frames` frames, and are never shown.

    It is how many, where the first is, and whether any line is shown; empty where all begin before the end.
    """
    late = [line for line in lines if _frame(line.begin_ms, rate) >= frames]
    if not late:
        return ""
    length = timebase.decimal_text(timebase.to_seconds(frames, rate), 3)
    number, clock = late[0].number, clock_text(late[0].begin_ms)
    first = tr("at {clock} (line {number})", clock=clock, number=number) if number else tr("at {clock}", clock=clock)
    words = trn(
        "{number} subtitle begins after the end of the cut ({length} s), {first}",
        "{number} subtitles begin after the end of the cut ({length} s), the first {first}",
        len(late),
        length=length,
        first=first,
    )
    return words if len(late) < len(lines) else tr("{words}; no subtitle is shown", words=words)


def track_words(tracks: Sequence[tuple[str, str | None]]) -> list[str]:
    """Words of ffmpeg's output for soft subtitles: for each track its language in three letters, and its title.

    Players show the title: some read it from the track's name, some from its handler. ffmpeg marks the first track as
    enabled and has no option against it; none is forced.
    """
    words = ["-c:s", "mov_text"] if tracks else []
    for track, (code, title) in enumerate(tracks):
        titles = () if title is None else (f"title={title}", f"handler_name={title}")
        words += [word for told in (f"language={code}", *titles) for word in (f"-metadata:s:s:{track}", told)]
    return words


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
        begin, text = _frame(line.begin_ms, rate), without_blanks(line.text)
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
