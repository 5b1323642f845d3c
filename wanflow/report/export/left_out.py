"""What the formats of editing suites cannot say of a cut, a sentence for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow.language.production import TitleCard, TransitionKind
from wanflow.messages import Translatable, tr
from wanflow.report.export.edit_list import EditList

EDL, FCP7, OTIO = "edl", "fcp7", "otio"


def left_out(cut: EditList, kind: str) -> Iterator[Translatable]:
    """What a cut has and its export as this format lacks, or has in another way."""
    if sum(event.held > 0 for event in cut.events) > sum(part.frozen for part in cut.parts):
        yield tr("a held frame under a transition is left out: the clip goes on there")
    if cut.notice is not None:
        yield tr("the notice over the opening is left out")
    if any(event.slate for event in cut.events):
        yield tr("the slates of the animatic are left out")
    if kind == EDL:
        yield from _of_edl(cut)
    yield from _of_titles(cut, kind)
    if kind == OTIO and any(event.transition is TransitionKind.FADE and event.lead for event in cut.events):
        yield tr("a fade through black is a dissolve there")
    if cut.music or cut.audio:
        yield from _of_sounds(cut, kind)


def _of_sounds(cut: EditList, kind: str) -> Iterator[Translatable]:
    cues = [sound.cue for sound in (*cut.music, *cut.audio)]
    if kind == OTIO:
        yield tr("level, fades and ducking of sounds are metadata, which suites do not read")
    if kind == FCP7 and any(cue.duck is not None for cue in cues):
        yield tr("ducking is left out")
    if kind == FCP7 and any(cue.loop and cue.fade for cue in cues):
        yield tr("fades of repeated music are left out")


def _of_titles(cut: EditList, kind: str) -> Iterator[Translatable]:
    cards = [event.title for event in cut.events if event.title is not None]
    over = [each.title for event in cut.events for each in event.over]
    if kind == EDL and cards:
        yield tr("titles are events without a file")
    if kind == EDL and over:
        yield tr("titles over clips are markers there")
    if all(title == TitleCard(title.text, title.background) for title in (*cards, *over)):
        return
    if kind == OTIO:
        yield tr("font, colour, size, position and fade of titles are parameters, which suites may not read")
    else:
        yield tr("font, colour, size, position and fade of titles are left out")


def _of_edl(cut: EditList) -> Iterator[Translatable]:
    if cut.music or cut.audio or any(event.sound for event in cut.events):
        yield tr("an EDL has one track of pictures: all sound is left out")
    if cut.subtitles:
        yield tr("subtitles are left out")
    dissolves = {TransitionKind.FADE, TransitionKind.WIPE}
    if any(event.transition in dissolves and event.lead for event in cut.events):
        yield tr("fades and wipes are dissolves there")
    if cut.events and cut.events[0].lead:
        yield tr("the fade from black at the beginning is left out")
