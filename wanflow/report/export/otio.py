"""Cuts for editing suites: OpenTimelineIO and what its adapters write; the only home of opentimelineio."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from os import path as paths
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from wanflow.language.production import TransitionKind
from wanflow.media.labels import read_labels
from wanflow.report.export.edit_list import EditEvent, EditList
from wanflow.report.text.words import printable

REEL_LETTERS = 8
"""Maximum length of a media name in an EDL."""


def to_otio(cut: EditList, folder: Path, target: Path) -> str:
    """A cut as OpenTimelineIO: media by addresses relative to where it is written, each with the whole take available.

    `folder` is the production's, `target` the folder that the text is written to.
    """
    return str(otio.adapters.write_to_string(_timeline(cut, folder, target), "otio_json"))


def to_edl(cut: EditList, folder: Path, target: Path) -> str:
    """A cut as a CMX 3600 list: its picture at the cut's rate, each medium under a short name of its own."""
    timeline = _timeline(cut, folder, target, at=cut.rate)
    timeline.tracks[:] = [track for track in timeline.tracks if track.kind == otio.schema.TrackKind.Video]
    picture = timeline.tracks[0]
    if picture and isinstance(picture[0], otio.schema.Transition):
        del picture[0]  # a list has no way to come out of black
    return str(otio.adapters.write_to_string(timeline, "cmx_3600", rate=float(cut.rate)))


def _timeline(cut: EditList, folder: Path, target: Path, at: Fraction | None = None) -> otio.schema.Timeline:
    timeline = otio.schema.Timeline(name=printable(cut.title), global_start_time=RationalTime(0, float(cut.rate)))
    timeline.metadata["wanflow"] = {"cut": cut.cut}
    for kind in (otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio):
        track = otio.schema.Track(name=f"{kind[0]}1", kind=kind)
        track.extend(_children(cut, folder, target, kind, at))
        timeline.tracks.append(track)
    return timeline


def _children(
    cut: EditList, folder: Path, target: Path, kind: str, at: Fraction | None
) -> Iterator[otio.core.Composable]:
    files = dict.fromkeys(event.file or event.name for event in cut.events)
    reels = {file: f"M{number:0{REEL_LETTERS - 1}d}" for number, file in enumerate(files, 1)}  # no two alike
    trails = [*(event.lead for event in cut.events[1:]), 0]
    sounding = kind == otio.schema.TrackKind.Audio
    for position, (event, trail) in enumerate(zip(cut.events, trails, strict=True)):
        span = _shown(event, cut.rate, trail, at)
        joined = cut.events[max(0, position - 1) : position + 1]
        if event.lead and (not sounding or all(each.sound for each in joined)):
            yield _transition(event, cut.rate)
        if sounding and not event.sound:
            yield otio.schema.Gap(source_range=span)
            continue
        clip = otio.schema.Clip(
            name=printable(event.name), source_range=span, media_reference=_media(event, folder, target)
        )
        clip.metadata["wanflow"] = _facts(event, folder)
        clip.metadata["cmx_3600"] = {"reel": reels[event.file or event.name]}
        if not sounding:
            clip.markers.append(_marker(event, span))
        yield clip


def _shown(event: EditEvent, rate: Fraction, trail: int, at: Fraction | None) -> TimeRange:
    """The event's frames up to where the next transition begins; what plays on beneath it is the editor's to find."""
    if at is not None:
        return _range(round(event.first / event.rate * at), event.length - trail, at)
    count = event.count - round(trail / rate * event.rate)
    return _range(event.first, max(count, 1), event.rate)


def _smpte_of(kind: TransitionKind) -> str:
    """The type of a transition in OpenTimelineIO, which has no fade through black."""
    match kind:
        case TransitionKind.WIPE:
            return "SMPTE_Wipe"
        case TransitionKind.DISSOLVE | TransitionKind.FADE | TransitionKind.CUT:
            return str(otio.schema.TransitionTypes.SMPTE_Dissolve)


def _transition(event: EditEvent, rate: Fraction) -> otio.schema.Transition:
    """How an event begins, all of it after the cut: so editing lists count."""
    nothing, lead = (RationalTime(frames, float(rate)) for frames in (0, event.lead))
    joined = otio.schema.Transition(
        event.transition.value, _smpte_of(event.transition), in_offset=nothing, out_offset=lead
    )
    joined.metadata["wanflow"] = {"transition": event.transition.value}
    return joined


def _media(event: EditEvent, folder: Path, target: Path) -> otio.core.MediaReference:
    available = _range(0, event.frames, event.rate)
    if event.file is None:
        words = {"text": printable(event.name)}
        return otio.schema.GeneratorReference("title", "Title", available_range=available, parameters=words)
    relative = Path(paths.relpath(folder / event.file, target)).as_posix()
    return otio.schema.ExternalReference(target_url=quote(relative), available_range=available)


def _range(first: int, count: int, rate: Fraction) -> TimeRange:
    return TimeRange(RationalTime(first, float(rate)), RationalTime(count, float(rate)))


def _marker(event: EditEvent, span: TimeRange) -> otio.schema.Marker:
    """The beginning of a shot, with its words."""
    words = {"wanflow": {"prompt": printable(event.shot.written) if event.shot is not None else ""}}
    first = TimeRange(span.start_time, RationalTime(0, span.duration.rate))
    return otio.schema.Marker(name=printable(event.name), marked_range=first, metadata=words)


def _facts(event: EditEvent, folder: Path) -> dict[str, object]:
    """What made a clip, and what its file says of that: a suite that renders again keeps no metadata of files."""
    labels = () if event.file is None else read_labels(folder / event.file)
    facts: dict[str, object] = {"digest": event.digest, "ai_labels": list(labels) or None}
    if event.shot is not None and event.take is not None:
        facts |= {"shot": event.shot.name, "take": event.number, "model": event.take.model}
        facts |= {"seed": event.take.seed, "prompt": event.shot.prompt, "task_id": event.take.task_id}
    return {key: value for key, value in facts.items() if value is not None}
