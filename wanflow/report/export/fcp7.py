"""Cuts as Final Cut Pro 7 XML, which Premiere and Resolve read, by OpenTimelineIO's adapter."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path, PurePath
from urllib.parse import quote
from xml.etree import ElementTree as ET

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from wanflow import timebase
from wanflow.characters import shown_lines
from wanflow.language.production import TransitionKind
from wanflow.report.export.edit_list import EditEvent, EditList, PlacedSound
from wanflow.report.export.otio import TIME_CODE_RATES, build_timeline, require_time_code, written
from wanflow.report.text.words import on_one_line

XML = "fcp_xml"
"""Metadata of OpenTimelineIO that its adapter writes as elements."""
ROOT = "file://localhost"
"""Beginning of a path's address, as Premiere and Final Cut Pro write it; they find no relative ones."""
LOUDEST = 10 ** (12 / 20)
"""Maximum of the level filter: 12 dB as a factor."""

Elements = dict[str, object]


def to_fcp7(cut: EditList, folder: Path, target: Path) -> str:
    """A cut as FCP7 XML: picture, sound, music and cues at the cut's rate, media by absolute addresses.

    `folder` is the production's, `target` the folder that the text is written to. Subtitles are markers. Raises
    MediaFault for a rate that has no time code.
    """
    require_time_code(cut, "FCP7 XML")
    timeline = build_timeline(cut, folder, target, at=cut.rate)
    timeline.metadata[XML] = _formats(cut)
    picture, sound, *others = timeline.tracks
    for track in (picture, sound):
        _complete_clips(track, cut, folder)
        _centre_transitions(track, cut.rate)
    heard = list(cut.sound_tracks)
    for track, (_, sounds) in zip(others, heard, strict=False):
        for clip, placed in zip(track.find_clips(), sounds, strict=True):
            _complete_sound(clip, placed, cut.rate, folder)
    for track in others[len(heard) :]:
        for number, clip in enumerate(track.find_clips()):
            clip.metadata["wanflow"]["mark"] = f"{track.name} {number}"
            clip.media_reference = _title(clip.metadata["wanflow"]["title"])
    root = ET.fromstring(written(timeline, XML))  # noqa: S314 - written just now, here
    _complete_items(root, cut)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{ET.tostring(root, encoding="unicode")}\n'


def _formats(cut: EditList) -> Elements:
    """Size and rate of the sequence: without them Premiere takes a size of its own."""
    width, height = cut.size or (0, 0)
    picture = {"width": width, "height": height, "pixelaspectratio": "square", "fielddominance": "none"}
    sound = {"depth": 16, "samplerate": timebase.SAMPLE_RATE}
    return {
        "media": {
            "video": {"format": {"samplecharacteristics": picture}} if width else {},
            "audio": {"numOutputChannels": 2, "format": {"samplecharacteristics": sound}},
        }
    }


def _complete_clips(track: otio.schema.Track, cut: EditList, folder: Path) -> None:
    """Give the clips their media, and a mark of their own: the adapter writes two equal clips as one."""
    longest: dict[str | None, int] = {}
    for event in cut.events:
        longest[event.file] = max(event.frames, longest.get(event.file, 0))  # a still may be shown twice
    children = [child for child in track if not isinstance(child, otio.schema.Transition)]
    for number, (clip, event) in enumerate(zip(children, cut.parts, strict=True)):
        if isinstance(clip, otio.schema.Clip):
            clip.metadata["wanflow"]["mark"] = f"{track.kind} {number}"
            media = _title(event.name) if event.file is None else _file(event, longest[event.file], cut.rate, folder)
            clip.media_reference = media
            if event.frozen:
                clip.metadata[XML] = {"stillframe": "TRUE", "stillframeoffset": int(clip.source_range.start_time.value)}
            elif event.speed != 1:
                _change_speed(clip, event.speed, track.kind.lower())


def _change_speed(clip: otio.schema.Clip, speed: Fraction, kind: str) -> None:
    """Let a clip play faster or slower: its frames are then counted as they play."""
    for marked in (clip, *clip.markers):
        span = marked.source_range if marked is clip else marked.marked_range
        first, count = span.start_time, span.duration
        begin = RationalTime(round(first.value / speed), first.rate)
        if marked is clip:
            marked.source_range = TimeRange(begin, count)
        else:
            marked.marked_range = TimeRange(begin, RationalTime(round(count.value / speed), count.rate))
    values = {"variablespeed": "0", "speed": f"{float(speed * 100):g}", "reverse": "FALSE", "frameblending": "FALSE"}
    parameters = [{"parameterid": key, "name": key, "value": value} for key, value in values.items()]
    about = {"effectcategory": "motion", "effecttype": "motion", "mediatype": kind}
    effect = {"name": "Time Remap", "effectid": "timeremap", **about, "parameter": parameters}
    clip.metadata[XML] = {"filter": {"effect": effect}}


def _title(words: str) -> otio.schema.GeneratorReference:
    text = {"parameterid": "str", "name": "Text", "value": shown_lines(words)}
    kind = {"effecttype": "generator", "mediatype": "video", "effectcategory": "Text"}
    return otio.schema.GeneratorReference("Text", "Text", metadata={XML: {**kind, "parameter": text}})


def _file(event: EditEvent, frames: int, rate: Fraction, folder: Path) -> otio.schema.ExternalReference:
    """A file at its own rate if that has time code, else counted in frames of the cut."""
    if event.rate not in TIME_CODE_RATES:
        frames = timebase.to_frames(frames / event.rate, rate)
    own = event.rate if event.rate in TIME_CODE_RATES else rate
    shape = {} if event.size is None else {"width": event.size[0], "height": event.size[1]}
    media: Elements = {"video": {"samplecharacteristics": shape} if shape else {}}
    if event.sound:
        media["audio"] = {"samplecharacteristics": {"samplerate": timebase.SAMPLE_RATE}}
    return _reference(event.file or "", frames, own, media, folder)


def _reference(file: str, frames: int, rate: Fraction, media: Elements, folder: Path) -> otio.schema.ExternalReference:
    available = TimeRange(RationalTime(0, float(rate)), RationalTime(frames, float(rate)))
    path = (folder / file).as_posix().lstrip("/")  # on Windows it begins with its drive
    found = otio.schema.ExternalReference(f"{ROOT}/{quote(os.fsencode(path))}", available, {XML: {"media": media}})
    found.name = on_one_line(PurePath(file).name)
    return found


def _complete_sound(clip: otio.schema.Clip, sound: PlacedSound, rate: Fraction, folder: Path) -> None:
    """Give music or a cue its file and its level, as a filter with key frames where it fades."""
    first = timebase.to_frames(sound.first, rate)
    frames = max(first + sound.length, timebase.to_frames(Fraction(sound.samples, sound.sample_rate), rate))
    media: Elements = {"audio": {"samplecharacteristics": {"samplerate": sound.sample_rate}}}
    if sound.file is not None:
        clip.media_reference = _reference(sound.file, frames, rate, media, folder)
    level = f"{min(10 ** (float(sound.cue.gain) / 20), LOUDEST):.6f}"
    parameter: Elements = {"parameterid": "level", "name": "Level", "valuemin": 0, "valuemax": LOUDEST, "value": level}
    fade = min(timebase.to_frames(sound.cue.fade, rate), sound.length // 2)
    if fade:
        marks = ((0, "0"), (fade, level), (sound.length - fade, level), (sound.length, "0"))
        parameter["keyframe"] = [{"when": first + when, "value": value} for when, value in marks]
    kind = {"effectcategory": "audiolevels", "effecttype": "audiolevels", "mediatype": "audio"}
    effect = {"name": "Audio Levels", "effectid": "audiolevels", **kind, "parameter": parameter}
    clip.metadata[XML] = {"filter": {"effect": effect}}


def _centre_transitions(track: otio.schema.Track, rate: Fraction) -> None:
    """Move each cut into the middle of its transition, as suites count; one from black begins at its start."""
    for before, transition in pairwise([None, *track]):
        if not isinstance(transition, otio.schema.Transition):
            continue
        kind = TransitionKind(transition.metadata["wanflow"]["transition"])
        sounding = track.kind == otio.schema.TrackKind.Audio
        transition.metadata[XML] = {"effect": _effect(kind, sounding=sounding)}
        if before is None:
            continue
        after = track[track.index(transition) + 1]
        half = RationalTime(transition.out_offset.value // 2, float(rate))
        transition.metadata[XML]["alignment"] = "center" if half.value else "start"
        transition.in_offset, transition.out_offset = half, transition.out_offset - half
        before.source_range = TimeRange(before.source_range.start_time, before.source_range.duration + half)
        after.source_range = TimeRange(after.source_range.start_time + half, after.source_range.duration - half)


def _effect(kind: TransitionKind, *, sounding: bool) -> Elements:
    """A transition by the name that Final Cut Pro 7 gave it."""
    if sounding:
        name, known_as, category, media = "Cross Fade (+3dB)", "KGAudioTransCrossFade3dB", "Cross Fade", "audio"
    else:
        name, category = _picture_effect(kind)
        known_as, media = name, "video"
    return {
        "name": name,
        "effectid": known_as,
        "effectcategory": category,
        "effecttype": "transition",
        "mediatype": media,
    }


def _picture_effect(kind: TransitionKind) -> tuple[str, str]:
    """The name and the category of a transition of the picture."""
    match kind:
        case TransitionKind.WIPE:
            return "Edge Wipe", "Wipe"
        case TransitionKind.FADE:
            return "Dip to Color Dissolve", "Dissolve"
        case TransitionKind.DISSOLVE | TransitionKind.CUT:
            return "Cross Dissolve", "Dissolve"


def _complete_items(root: ET.Element, cut: EditList) -> None:
    """Link each clip's picture with its sound, so that suites move them together, and say how long its medium is.

    The adapter writes the visible length in place of the medium's, and a rate twice.
    """
    pictures = [item for item in root.iterfind(".//video/track[1]/*") if item.tag in {"clipitem", "generatoritem"}]
    sounds = root.findall(".//audio/track[1]/clipitem")
    placed = list(zip(pictures, cut.parts, strict=True))
    sounding = [(place, item, event) for place, (item, event) in enumerate(placed, 1) if event.sound]
    for number, ((place, picture, _), sound) in enumerate(zip(sounding, sounds, strict=True), 1):
        for item in (picture, sound):
            item.extend((_link("video", picture, place), _link("audio", sound, number)))
    heard = ((sound, event) for (_, _, event), sound in zip(sounding, sounds, strict=True))
    for item, event in (*placed, *heard):
        length, end = item.find("duration"), item.findtext("out")
        if length is not None and end is not None:
            # a still is longer by half of its transitions
            length.text = str(max(timebase.to_frames(event.frames / event.rate / event.speed, cut.rate), int(end)))
    for item in root.iter("clipitem"):
        for extra in item.findall("rate")[1:]:
            item.remove(extra)


def _link(media: str, item: ET.Element, place: int) -> ET.Element:
    link = ET.Element("link")
    facts = {"linkclipref": item.get("id"), "mediatype": media, "trackindex": "1", "clipindex": str(place)}
    for tag, text in facts.items():
        ET.SubElement(link, tag).text = text
    return link
