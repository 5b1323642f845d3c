"""Cuts for editing suites: OpenTimelineIO, and edit decision lists by its adapter."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from wanflow import timebase
from wanflow.boundary import path_from
from wanflow.characters import escaped_json
from wanflow.errors import MediaFault, ToolMissing
from wanflow.language.cut_titles import colour_text
from wanflow.language.language_tags import UNKNOWN
from wanflow.language.production import TitleCard, TransitionKind
from wanflow.language.source import FileSource
from wanflow.media.labels import read_labels
from wanflow.messages import joined, tr
from wanflow.patterns import pattern
from wanflow.report.export.edit_list import EditEvent, EditList, PlacedSound
from wanflow.report.text.words import on_one_line

EVENT = pattern(
    r"(?P<head>\d+ +(?P<reel>\S+) .*?)(?P<first>[\d:;]{11}) [\d:;]{11} "
    r"(?P<rest>(?P<begin>[\d:;]{11}) (?P<end>[\d:;]{11}))"
)
"""Line of an EDL with the time codes of an event: those in its file, then those in the film."""
MOTION = pattern(r"M2   (?P<name>.*)\t\t(?P<rate>[\d.]+)\t\t\t(?P<first>[\d:;]{11})")
"""Line of an EDL with the speed of a clip, as the adapter writes it: the frames of its file that play in a second."""

TITLE_LETTERS = 70
"""Maximum length of the title of an EDL."""
REEL_LETTERS = 8
"""Maximum length of a media name in an EDL."""

DROP_RATES = frozenset({Fraction(30000, 1001), Fraction(60000, 1001)})
"""Rates whose time code leaves out numbers, so that it follows the clock."""
TIME_CODE_RATES = DROP_RATES | {Fraction(24000, 1001), Fraction(48000, 1001), *map(Fraction, (24, 25, 30, 48, 50, 60))}
"""Rates for which SMPTE time code is defined, as OpenTimelineIO reads and writes it."""


def to_otio(cut: EditList, folder: Path, target: Path) -> str:
    """A cut as OpenTimelineIO: media by addresses relative to where it is written, each with the whole take available.

    `folder` is the production's, `target` the folder that the text is written to. Lengths are the film's own frames.
    Music, cues and titles over clips have tracks of their own; each line of the subtitles is a marker of the timeline.
    """
    return escaped_json(written(build_timeline(cut, folder, target), "otio_json"))


def to_edl(cut: EditList, folder: Path, target: Path) -> str:
    """A cut as a CMX 3600 list: its picture at the cut's rate, each medium under a short name of its own.

    The format is of ASCII: its title and its reels are. Comments are in UTF-8: the whole title, the names of the clips,
    by which suites find files, and `LOC`, a marker where each clip begins in the film and for each finding. Raises
    MediaFault for a rate that has no time code.
    """
    require_time_code(cut, tr("an EDL"))
    timeline = build_timeline(cut, folder, target, at=cut.rate)
    picture = timeline.tracks[0]
    del timeline.tracks[1:]
    if picture and isinstance(picture[0], otio.schema.Transition):
        del picture[0]  # a list has no way to come out of black
    whole = timeline.name
    timeline.name = (_ascii(whole) or _ascii(cut.cut) or "CUT")[:TITLE_LETTERS].strip()
    told = [] if timeline.name == whole else [f"TITLE: {whole}"]
    clips = (child for child in picture if isinstance(child, otio.schema.Clip))
    for clip, event in zip(clips, cut.parts, strict=True):
        # the adapter would put the name of a marker into capitals, and count from the beginning of the clip's file
        begin = _timecode(cut, event.film_frame_of(event.first / event.rate, cut.rate))
        found = [
            f"LOC: {_timecode(cut, event.film_frame_of(start, cut.rate))} {'YELLOW':7} {finding.text}"
            for finding, start, _ in event.visible_findings
        ]
        found += [f"LOC: {_timecode(cut, over.begin)} {'CYAN':7} {on_one_line(over.title.text)}" for over in event.over]
        clip.metadata["cmx_3600"]["comments"] = [f"LOC: {begin} {'RED':7} {clip.name}", *found, *told]
        clip.markers.clear()
        told.clear()  # readers know comments of events only
    text = written(timeline, "cmx_3600", rate=float(cut.rate))
    title, *events = _with_speeds(text.split("\n"), cut, _reels(cut))
    head = [title, f"FCM: {'DROP FRAME' if cut.rate in DROP_RATES else 'NON-DROP FRAME'}"]
    marked, lines = set[str](), list[str]()
    for line in (*head, *events):
        if line not in marked:  # a clip before a transition is in two events
            lines.append(line)
        if line.startswith(("* LOC:", "* TITLE:")):
            marked.add(line)
    return "\n".join(lines)


def _timecode(cut: EditList, frame: int) -> str:
    """The time code of a frame of the film."""
    return str(otio.opentime.to_timecode(RationalTime(frame, float(cut.rate)), float(cut.rate)))


def _with_speeds(lines: Sequence[str], cut: EditList, reels: Mapping[str, str]) -> Iterator[str]:
    """The lines of an EDL in which clips of another speed take as much of their files as they play.

    The adapter divides by the speed where suites multiply, and writes the name of the clip in the place of its reel.
    """
    reel_of = {on_one_line(part.name): reels[part.file or part.name] for part in cut.parts}
    event: list[str] = []
    for line in lines:
        if EVENT.fullmatch(line) and event and not EVENT.fullmatch(event[-1]):
            yield from _with_speed(event, reel_of, float(cut.rate))
            event = []
        event.append(line)
    yield from _with_speed(event, reel_of, float(cut.rate))


def _with_speed(event: Sequence[str], reel_of: Mapping[str, str], rate: float) -> Iterator[str]:
    """The lines of one event, or of a transition and the two clips that it joins."""
    motions = {line: found for line in event if (found := MOTION.fullmatch(line))}
    speeds = {reel_of[found["name"]]: Fraction(found["rate"]) / Fraction(rate) for found in motions.values()}
    for line in event:
        if found := motions.get(line):
            yield f"M2   {reel_of[found['name']]:8} {float(found['rate']):05.1f}                {found['first']}"
        elif (words := EVENT.fullmatch(line)) and (speed := speeds.get(words["reel"])):
            first, begin, end = (otio.opentime.from_timecode(words[key], rate) for key in ("first", "begin", "end"))
            last = first + RationalTime(round((end - begin).value * speed), rate)
            yield f"{words['head']}{words['first']} {otio.opentime.to_timecode(last, rate)} {words['rest']}"
        else:
            yield line


def _ascii(text: str) -> str:
    """What of a text is ASCII, letters without their accents; empty where only digits and signs are left.

    Signs of other scripts separate words: their ASCII forms alone would say nothing.
    """
    composed = unicodedata.normalize("NFC", text.replace("’", "'"))
    spaced = (" " if sign > "\x7f" and unicodedata.category(sign)[0] in "PSZ" else sign for sign in composed)
    words = " ".join(unicodedata.normalize("NFKD", "".join(spaced)).encode("ascii", "ignore").decode().split())
    return words if text.isascii() or any(map(str.isalpha, words)) else ""


def written(timeline: otio.schema.Timeline, adapter: str, **options: float) -> str:
    """A timeline as an adapter of OpenTimelineIO writes it. Raises ToolMissing where that is not installed."""
    try:
        return str(otio.adapters.write_to_string(timeline, adapter, **options))
    except otio.exceptions.NotSupportedError as missing:
        hint = tr("install wanflow again with its dependencies, or use `--format otio`")
        raise ToolMissing(tr("OpenTimelineIO lacks its adapter `{adapter}`", adapter=adapter), hint=hint) from missing


def require_time_code(cut: EditList, what: str) -> None:
    """Raise MediaFault for a cut at a rate without time code; `what` is the format that needs it."""
    if cut.rate not in TIME_CODE_RATES:
        rate = timebase.decimal_text(cut.rate, 3)
        rates = joined(", ", (timebase.decimal_text(each, 3) for each in sorted(TIME_CODE_RATES)))
        nearest = min(TIME_CODE_RATES, key=lambda each: abs(each - cut.rate))
        hint = tr(
            "use `--format otio`, or give the cut another rate, e.g. `fps: {decimal}`",
            decimal=timebase.decimal_text(nearest, 3),
        )
        raise MediaFault(
            tr("{what} cannot have {rate} frames per second, only {rates}", what=what, rate=rate, rates=rates),
            hint=hint,
        )


def build_timeline(cut: EditList, folder: Path, target: Path, at: Fraction | None = None) -> otio.schema.Timeline:
    """A cut as a timeline whose clips begin where they begin in the film.

    `at` is the rate at which the first frame of a clip is counted, None for that of its file.
    """
    timeline = otio.schema.Timeline(name=on_one_line(cut.title), global_start_time=RationalTime(0, float(cut.rate)))
    timeline.metadata["wanflow"] = {"cut": cut.cut}
    for kind in (otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio):
        track = otio.schema.Track(name=f"{kind[0]}1", kind=kind)
        track.extend(_children(cut, folder, target, kind, at))
        timeline.tracks.append(track)
    for name, sounds in cut.sound_tracks:
        track, end = otio.schema.Track(name=name, kind=otio.schema.TrackKind.Audio), 0
        for sound in sounds:
            if sound.begin > end:
                track.append(otio.schema.Gap(source_range=_range(0, sound.begin - end, cut.rate)))
            track.append(_sound(sound, cut.rate, folder, target))
            end = sound.end
        timeline.tracks.append(track)
    timeline.tracks.extend(_title_tracks(cut))
    timeline.tracks.markers.extend(_subtitle_markers(cut, folder, target))
    return timeline


def _children(
    cut: EditList, folder: Path, target: Path, kind: str, at: Fraction | None
) -> Iterator[otio.core.Composable]:
    events, reels = tuple(cut.parts), _reels(cut)
    trails = [*(event.lead for event in events[1:]), 0]
    sounding = kind == otio.schema.TrackKind.Audio
    for position, (event, trail) in enumerate(zip(events, trails, strict=True)):
        # what plays on beneath the next transition is the editor's to find
        length = RationalTime(event.length - trail, float(cut.rate))
        counted = event.rate if at is None else at
        first = RationalTime(timebase.to_frames(event.first / event.rate, counted), float(counted))
        span = TimeRange(first, length)
        joined = events[max(0, position - 1) : position + 1]
        if event.lead and (not sounding or all(each.sound for each in joined)):
            yield _transition(event, cut.rate)
        if sounding and not event.sound:
            yield otio.schema.Gap(source_range=span)
            continue
        clip = otio.schema.Clip(name=on_one_line(event.name), source_range=span)
        clip.set_media_references(*_media(event, folder, target))
        clip.metadata["wanflow"] = _facts(event, folder)
        clip.metadata["cmx_3600"] = {"reel": reels[event.file or event.name]}
        if event.frozen:
            clip.effects.append(otio.schema.FreezeFrame())
        elif event.speed != 1:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(event.speed)))
        if not sounding:
            clip.markers.append(_marker(event, span))
            clip.markers.extend(_finding_markers(event, counted))
        yield clip


def _reels(cut: EditList) -> dict[str, str]:
    """A short name for each medium, of which no two are alike."""
    files = dict.fromkeys(event.file or event.name for event in cut.events)
    return {file: f"M{number:0{REEL_LETTERS - 1}d}" for number, file in enumerate(files, 1)}


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


def _media(event: EditEvent, folder: Path, target: Path) -> tuple[dict[str, otio.core.MediaReference], str]:
    """The media of a clip by their keys, and the key of the one that is shown: a shot has all its takes."""
    available = _range(0, event.frames, event.rate)
    if event.file is None:
        title = _generator(event.title or TitleCard(event.name), available)
        return {otio.schema.Clip.DEFAULT_MEDIA_KEY: title}, otio.schema.Clip.DEFAULT_MEDIA_KEY
    shown = _reference(event.file, available, folder, target)
    if event.take is None:
        return {otio.schema.Clip.DEFAULT_MEDIA_KEY: shown}, otio.schema.Clip.DEFAULT_MEDIA_KEY
    takes = {
        take.name: _reference(take.file, _range(0, take.frames, take.rate), folder, target) for take in event.takes
    }
    return {**takes, event.name: shown}, event.name


def _reference(file: str, available: TimeRange, folder: Path, target: Path) -> otio.schema.ExternalReference:
    return otio.schema.ExternalReference(_address(file, folder, target), available)


def _address(file: str, folder: Path, target: Path) -> str:
    """A file relative to where the list is written, as an address with letters of all scripts (RFC 3987).

    Resolve takes an address for a path and decodes none of it; other readers decode what is encoded.
    """
    path = path_from(target, folder / file)
    return "".join(sign if sign > "\x7f" and sign.isprintable() else quote(os.fsencode(sign)) for sign in path)


def _range(first: int, count: int, rate: Fraction) -> TimeRange:
    return TimeRange(RationalTime(first, float(rate)), RationalTime(count, float(rate)))


def _sound(sound: PlacedSound, rate: Fraction, folder: Path, target: Path) -> otio.schema.Clip:
    """Music or a cue: OpenTimelineIO has no word for its level, so it is metadata."""
    cue, available = sound.cue, _range(0, sound.samples, Fraction(sound.sample_rate))
    missing = otio.schema.MissingReference(available_range=available)
    clip = otio.schema.Clip(
        name=on_one_line(cue.name),
        media_reference=missing if sound.file is None else _reference(sound.file, available, folder, target),
        source_range=_range(timebase.to_frames(sound.first, rate), sound.length, rate),
    )
    duck = False if cue.duck is None else float(cue.duck)
    clip.metadata["wanflow"] = {"gain": float(cue.gain), "fade": float(cue.fade), "duck": duck, "voice": cue.voice}
    return clip


def _title_tracks(cut: EditList) -> list[otio.schema.Track]:
    """Tracks of the titles over clips, as few as keep those apart that are shown at the same time."""
    tracks, ends = list[otio.schema.Track](), list[int]()
    for over in sorted((over for event in cut.events for over in event.over), key=lambda each: each.begin):
        number = next((at for at, end in enumerate(ends) if end <= over.begin), len(tracks))
        if number == len(tracks):
            tracks.append(otio.schema.Track(name=f"Titles {number + 1}", kind=otio.schema.TrackKind.Video))
            ends.append(0)
        if over.begin > ends[number]:
            tracks[number].append(otio.schema.Gap(source_range=_range(0, over.begin - ends[number], cut.rate)))
        span = _range(0, over.length, cut.rate)
        clip = otio.schema.Clip(on_one_line(over.title.text), _generator(over.title, span), span)
        clip.metadata["wanflow"] = {"title": over.title.text}
        tracks[number].append(clip)
        ends[number] = over.begin + over.length
    return tracks


def _generator(title: TitleCard, available: TimeRange) -> otio.schema.GeneratorReference:
    """The words of a title, and of its look what is not as usual."""
    look: dict[str, object] = {}
    if title.font is not None:
        look["font"] = title.font.path if isinstance(title.font, FileSource) else title.font
    if title.color is not None:
        look["color"] = colour_text(title.color)
    if title.size is not None:
        look["size"] = float(title.size)
    if title.position != "center":
        look["position"] = title.position
    if title.fade:
        look["fade"] = float(title.fade)
    words = {"text": on_one_line(title.text), **look}
    return otio.schema.GeneratorReference("title", "Title", available_range=available, parameters=words)


def _subtitle_markers(cut: EditList, folder: Path, target: Path) -> Iterator[otio.schema.Marker]:
    """A marker for each line: every suite shows markers, and OpenTimelineIO has no track of text."""
    for subtitles in cut.subtitles:
        track = subtitles.track
        source = "lines" if track.file is None else _address(track.file.path, folder, target)
        facts = {"subtitles": source, "language": track.language or UNKNOWN}
        for line in subtitles.lines:
            yield otio.schema.Marker(
                name=on_one_line(line.text),
                marked_range=_range(line.first, line.end - line.first, cut.rate),
                color=otio.schema.MarkerColor.YELLOW,
                metadata={"wanflow": {**facts, "burned": track.burned, "text": line.text}},
            )


def _marker(event: EditEvent, span: TimeRange) -> otio.schema.Marker:
    """The beginning of a shot, with its words."""
    words = {"wanflow": {"prompt": on_one_line(event.shot.written) if event.shot is not None else ""}}
    first = TimeRange(span.start_time, RationalTime(0, span.duration.rate))
    return otio.schema.Marker(name=on_one_line(event.name), marked_range=first, metadata=words)


def _finding_markers(event: EditEvent, rate: Fraction) -> Iterator[otio.schema.Marker]:
    """What checks found in a take, each at its place in the part that plays, counted at `rate`."""
    for finding, start, end in event.visible_findings:
        first, last = timebase.to_frames(start, rate), timebase.to_frames(end, rate)
        yield otio.schema.Marker(
            name=str(finding.text),
            marked_range=_range(first, last - first, rate),
            color=otio.schema.MarkerColor.RED,
            metadata={"wanflow": finding.to_json()},
        )


def _facts(event: EditEvent, folder: Path) -> dict[str, object]:
    """What made a clip, and what its file says of that: a suite that renders again keeps no metadata of files."""
    labels = () if event.file is None else read_labels(folder / event.file)
    facts: dict[str, object] = {"digest": event.digest, "ai_labels": list(labels) or None}
    if event.shot is not None and event.take is not None:
        facts |= {"shot": event.shot.name, "take": event.number, "model": event.take.model}
        facts |= {"seed": event.take.seed, "prompt": event.shot.prompt, "task_id": event.take.task_id}
    return {key: value for key, value in facts.items() if value is not None}
