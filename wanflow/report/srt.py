"""A cut's shots as subtitles: what each of them was asked to show, for a review in any player."""

from __future__ import annotations

from fractions import Fraction

from wanflow.report.editlist import EditList
from wanflow.report.wording import printable


def to_srt(cut: EditList) -> str:
    """One entry a clip, from its first frame to its last: its name, and its prompt as it was written."""
    entries = []
    for number, event in enumerate(cut.events, 1):
        following = cut.events[number].begin if number < len(cut.events) else cut.frames
        begin, end = (_time(frames / cut.rate) for frames in (event.begin, following))
        words = printable(event.shot.written) if event.shot is not None else ""
        entries.append(f"{number}\n{begin} --> {end}\n{printable(event.name)}\n{words}".rstrip() + "\n")
    return "\n".join(entries)


def _time(seconds: Fraction) -> str:
    """`00:01:02,500`."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{rest:03d}"
