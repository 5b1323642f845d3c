"""A cut in the words of the production file: what plays, how it is joined, and what is done to the whole."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow import timing
from wanflow.report.sources import source_text
from wanflow.spec.production import Cut, CutItem, Finish, TitleCard


def item_text(item: CutItem) -> str:
    """`shot coast, in 0.5, dissolve 0.5 s`; a title in quotes."""
    card = item.source if isinstance(item.source, TitleCard) else None
    words = [source_text(item.source) if not isinstance(item.source, TitleCard) else f'title "{item.name}"']
    for key, seconds in (("in", item.start), ("out", item.stop)):
        if seconds is not None:
            words.append(f"{key} {seconds:f}")
    if item.seconds is not None:
        words.append(f"{item.seconds:f} s")
    if item.keep_overlap:
        words.append("overlap kept")
    if item.transition is not None:
        words.append(f"{item.transition.kind} {item.transition.seconds:f} s")
    if card is not None:
        words.append("on #{:02x}{:02x}{:02x}".format(*card.background))
    return ", ".join(words)


def finish_rows(cut: Cut) -> Iterator[tuple[str, str]]:
    """Key and value of all that is done to a cut as a whole, defaults included where they change its file."""
    shape, finish = cut.shape, cut.finish
    if shape.size is not None:
        yield "size", f"{shape.size[0]}x{shape.size[1]}"
    if shape.rate is not None:
        yield "fps", timing.rate_text(shape.rate)
    yield "fit", shape.fit
    yield "profile", finish.profile
    yield from _sound_rows(finish)
    for track in finish.subtitles:
        burned = ", burned in" if track.burned else ""
        yield "subtitles", f"{source_text(track.source)}, language {track.language or 'unknown'}{burned}"
    yield "label", "metadata" if finish.labelled else "none"
    if finish.notice is not None:
        yield "opening_notice", f'"{finish.notice.text}", {finish.notice.seconds:f} s'


def _sound_rows(finish: Finish) -> Iterator[tuple[str, str]]:
    music = finish.music
    if music is not None:
        duck = ", ducks" if music.duck else ""
        yield "music", f"{source_text(music.source)}, gain {music.gain:f} dB, fade {music.fade:f} s{duck}"
    if finish.loudness is not None:
        yield "loudness", f"{finish.loudness:f} LUFS"
