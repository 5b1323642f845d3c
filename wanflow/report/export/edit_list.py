"""A cut as editors speak of it: which frames of which file play when, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter

from wanflow import timebase
from wanflow.boundary import Content
from wanflow.errors import MediaFault, UnknownTarget
from wanflow.graph.node import CutVertex, ShotVertex, asset_name, cut_id
from wanflow.language.cut_sounds import SoundOutside, heard_samples
from wanflow.language.language_tags import UNKNOWN, read_language
from wanflow.language.production import Production, Shot, SoundCue, Subtitles, TitleCard, TransitionKind
from wanflow.language.source import ShotSource
from wanflow.language.timeline import PlacedClip, total_frames
from wanflow.media.sound.soundtrack import in_lanes
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitle_file import read_lines
from wanflow.media.text.subtitles import clock_text, to_captions, to_lines
from wanflow.media.text.subtitles import to_srt as subtitles_as_srt
from wanflow.messages import joined, tr, trp
from wanflow.planner.cut import Edit, EditItem, EditSound, arrange, film_size, placed_at
from wanflow.planner.cut_layout import frame_rate, notice_caption, place_items, place_titles
from wanflow.planner.cut_lines import PlacedLine, lines_in, place_lines
from wanflow.planner.expected import known_findings
from wanflow.planner.inputs import inputs_of, outputs_of
from wanflow.planner.plan import Plan, ReasonCode
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.report.text.words import on_one_line
from wanflow.store.findings import Finding
from wanflow.store.layout import Store
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Film, Take
from wanflow.store.take_names import present_file, take_file, take_node
from wanflow.suggest import did_you_mean


@immutable
class TakeFile:
    """A take that could be shown instead: its name, its file, and how many frames that has at which rate."""

    name: str
    file: str
    frames: int
    rate: Fraction


@immutable
class EditTitle:
    """A title over an event, from frame `begin` of the cut for `length` frames."""

    title: TitleCard
    begin: int
    length: int


@immutable
class EditEvent:
    """One clip of a cut. `first` and `count` are frames of its file, which has `frames` of them at `rate`.

    `begin` and `length` are frames of the cut; of them the first `lead` are a `transition` from the event before, or
    from black. `file` is relative to the production's folder, None for a title; `still`: it is a picture. `size` is
    its width and height, None where that is not known. `take`, `shot` and `number` are None for a file that somebody
    brought; `takes` are all takes of the shot whose files are here, this one among them, by number. `title` is a card
    of words, `slate` what the animatic writes over it. `missing`: its take is not rendered yet, and has no digest.
    `findings` are what checks found in the take. It plays `speed` times as fast, and in the last `held` frames of its
    `length` its last frame is held; `frozen`: it is such a frame alone, as suites have it. `over` are titles over it.
    """

    name: str
    file: str | None
    first: int
    count: int
    frames: int
    rate: Fraction
    begin: int
    length: int
    lead: int
    transition: TransitionKind
    digest: str
    sound: bool
    still: bool = False
    shot: Shot | None = None
    number: int | None = None
    take: Take | None = None
    size: tuple[int, int] | None = None
    takes: tuple[TakeFile, ...] = ()
    title: TitleCard | None = None
    slate: tuple[str, ...] = ()
    missing: bool = False
    findings: tuple[Finding, ...] = ()
    speed: Fraction = Fraction(1)
    held: int = 0
    frozen: bool = False
    over: tuple[EditTitle, ...] = ()

    def film_frame_of(self, second: Fraction, rate: Fraction) -> int:
        """The frame of the cut, which has `rate` frames a second, at which a second of its file plays."""
        return self.begin + timebase.to_frames((second - self.first / self.rate) / self.speed, rate)

    def source_seconds_at(self, frame: int, rate: Fraction) -> Fraction:
        """The second of its file that a frame of the cut shows, which has `rate` frames a second."""
        moved = self.first / self.rate + (frame - self.begin) * self.speed / rate
        return min(moved, (self.first + self.count - 1) / self.rate)

    @property
    def visible_findings(self) -> Iterator[tuple[Finding, Fraction, Fraction]]:
        """The findings in the part that plays, each with its first and last second in the file.

        One that is about the whole take is at the first second that plays.
        """
        begin, end = self.first / self.rate, (self.first + self.count) / self.rate
        for finding in self.findings:
            start = begin if finding.start is None else finding.start
            stop = start if finding.end is None else finding.end
            if start < end and stop >= begin:
                yield finding, max(start, begin), min(stop, end)


@immutable
class PlacedSound:
    """Music or a cue of a cut: the file has `samples` at `sample_rate`, and is heard from frame `begin` of the cut on.

    It is heard for `length` frames, from second `first` of the file on; of a loop `period` are the seconds that are
    repeated, None for none. `file` is relative to the production's folder, None for a take that is missing. `digest` is
    that of its file.
    """

    cue: SoundCue
    file: str | None
    samples: int
    sample_rate: int
    begin: int
    length: int
    first: Fraction = Fraction(0)
    period: Fraction | None = None
    digest: str = ""

    @property
    def end(self) -> int:
        """The frame of the cut after its last."""
        return self.begin + self.length

    def rounds(self, rate: Fraction) -> Iterator[PlacedSound]:
        """Itself, or each round of a loop that lasts a frame at least; rounds of several do not fade."""
        if self.period is None or self.period * rate < 1 or self.period * rate >= self.length:
            yield replace(self, period=None)
            return
        count = -(-self.length // (self.period * rate))
        cue = replace(self.cue, fade=Decimal(0))
        begins = [timebase.to_frames(self.period * number, rate) for number in range(int(count) + 1)]
        for begin, end in pairwise(begins):
            if begin < self.length:
                length = min(end, self.length) - begin
                yield replace(self, cue=cue, begin=self.begin + begin, length=length, period=None)


@immutable
class EditSubtitles:
    """A subtitle file of a cut, and its lines in frames of the cut, placed as burned ones are; they may overlap."""

    track: Subtitles
    lines: tuple[Caption, ...]


@immutable
class EditList:
    """A cut at its frame rate; `size` is the width and height of its picture, `notice` the words over its opening.

    `lines` are what its shots say, whether or not it has subtitles of them.
    """

    cut: str
    title: str
    rate: Fraction
    events: tuple[EditEvent, ...]
    size: tuple[int, int] | None = None
    music: tuple[PlacedSound, ...] = ()
    audio: tuple[PlacedSound, ...] = ()
    subtitles: tuple[EditSubtitles, ...] = ()
    notice: Caption | None = None
    lines: tuple[PlacedLine, ...] = ()

    @property
    def parts(self) -> Iterator[EditEvent]:
        """The events as suites have them: a held last frame is a clip of its own, in silence.

        One that a transition to the next event covers is not: the clip before it goes on.
        """
        for event, trail in zip(self.events, [*(each.lead for each in self.events[1:]), 0], strict=True):
            played = event.length - event.held
            if not event.held > trail or event.lead > played:
                yield event
                continue
            yield replace(event, length=played, held=0)
            last, begin = event.first + event.count - 1, event.begin + played
            held = replace(event, first=last, count=1, begin=begin, length=event.held, held=0, lead=0, frozen=True)
            yield replace(held, transition=TransitionKind.CUT, sound=False, speed=Fraction(1), findings=(), over=())

    @property
    def sound_tracks(self) -> Iterator[tuple[str, tuple[PlacedSound, ...]]]:
        """Music and cues in tracks, in which they follow one another; a loop is a clip for each round."""
        for name, sounds in (("Music", self.music), ("Audio", self.audio)):
            for number, lane in enumerate(lanes_of(sounds), 1):
                clips = tuple(part for sound in lane for part in sound.rounds(self.rate))
                yield f"{name} {number}" if number > 1 else name, clips

    @property
    def frames(self) -> int:
        """How long the cut is."""
        return max((event.begin + event.length for event in self.events), default=0)


def lanes_of(sounds: Sequence[PlacedSound]) -> list[list[PlacedSound]]:
    """Sounds in lanes, as few as possible: in each lane they follow one another."""
    ordered = sorted(sounds, key=lambda each: each.begin)
    return [[ordered[position] for position in lane] for lane in in_lanes(ordered)]


def edit_list(plan: Plan, cut: str, *, whole: bool = True) -> EditList:
    """A cut of a plan's production as it would be assembled now.

    Without `whole` takes may be missing: their clips are as long as they are expected to be.

    Raises UnknownTarget for a cut that isn't there, or with `whole` for one that lacks a take: a shot waits for a pick,
    or a take is not rendered yet. Raises MediaFault where an `in` or `out` lies beyond a clip, the length of a missing
    one is not known, or a subtitle file cannot be read.
    """
    production = plan.graph.production
    if cut not in production.cuts:
        hint = did_you_mean(cut, production.cuts) or tr(
            "cuts here: {cuts}", cuts=joined(", ", production.cuts) if production.cuts else trp("cuts", "none")
        )
        raise UnknownTarget(tr("no cut is called `{cut}`", cut=cut), hint=hint)
    vertex = plan.graph.vertex(cut_id(cut))
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {cut}")
    inputs = inputs_of(vertex, outputs_of(plan, plan.inventory, vertex.id), plan.graph)
    edit = arrange(vertex.cut, inputs, production.shots, production.provider)
    if whole:
        _require_takes(edit)
    rate = frame_rate(edit)
    clips = place_items(edit, rate)
    events = tuple(_event(plan, edit.items[clip.item], clip, rate) for clip in clips)
    frames = total_frames(clips)
    lines = place_lines(edit, clips)
    subtitles = tuple(_subtitles(edit, track, lines, frames, rate, production) for track in edit.cut.finish.subtitles)
    notice = notice_caption(edit.cut, frames, rate)
    placed, count = [_sound(plan, sound, frames, rate) for sound in edit.sounds], len(edit.cut.finish.music)
    music, audio = (tuple(filter(None, part)) for part in (placed[:count], placed[count:]))
    size, title = film_size(edit), production.title or cut
    return EditList(cut, title, rate, events, size, music, audio, subtitles, notice, lines)


def _require_takes(edit: Edit) -> None:
    """Raises UnknownTarget where a take of a cut is missing."""
    for part in edit.parts:
        if part.digest is None and part.vertex is not None:
            obstacle = part.obstacle
            if obstacle is not None and obstacle.code in {ReasonCode.NEEDS_PICK, ReasonCode.NO_SUCH_TAKE}:
                raise UnknownTarget(obstacle.text)
            words = tr("`{missing}` is not rendered yet", missing=part.name)
            raise UnknownTarget(words, hint=tr("`wanflow run` first"))


def _subtitles(
    edit: Edit,
    track: Subtitles,
    lines: Sequence[PlacedLine],
    frames: int,
    rate: Fraction,
    production: Production,
) -> EditSubtitles:
    place, edge = placed_at(track.position, film_size(edit)) if track.burned else ("bottom", None)
    if track.file is None:
        read = to_lines(lines_in(lines, track.language), rate)
    else:
        read = read_lines(production.opened(track.file.path, Content.TEXT), track.file.encoding)
    captions = to_captions(read, frames=frames, rate=rate)
    return EditSubtitles(track, tuple(replace(line, place=place, edge=edge) for line in captions))


def _event(plan: Plan, item: EditItem, clip: PlacedClip, rate: Fraction) -> EditEvent:
    film = item.film
    event = EditEvent(
        name=item.name,
        file=None if item.vertex is None else asset_name(item.vertex),
        first=clip.first,
        count=clip.count,
        frames=clip.count if film is None else film.frames,
        rate=rate if film is None else film.rate,
        begin=clip.begin,
        length=clip.length,
        lead=clip.lead,
        transition=clip.transition,
        digest=item.digest or "",
        sound=film is not None and film.samples > 0 and item.item.keep_sound,
        still=film is None,
        size=None if film is None else (film.width, film.height),
        title=item.item.source if isinstance(item.item.source, TitleCard) else None,
        slate=item.slate,
        missing=item.digest is None,
        speed=clip.speed,
        held=clip.held,
        over=tuple(EditTitle(*placed) for placed in place_titles(item.item, clip, rate)),
    )
    vertex = None if item.vertex is None else plan.graph.vertex(item.vertex)
    if not isinstance(vertex, ShotVertex):
        return event
    if item.digest is None:
        return replace(event, file=None, shot=vertex.shot)
    entry = plan.inventory.lock.shots[vertex.id]
    number = item.item.take or entry.numbers[item.digest]
    name, take = take_node(vertex.id, number), entry.takes[item.digest]
    file = _present_file(plan, vertex.id, number, take)
    takes = tuple(_take_files(plan, vertex.id, entry, event))
    shot = planned_request(plan, vertex.shot).shot
    found = known_findings(plan.graph.production, plan.inventory, vertex.id, take) or ()
    size = (take.result.width, take.result.height)
    made = replace(event, name=name, file=file, shot=shot, number=number, take=take, takes=takes, size=size)
    return replace(made, findings=found)


def _take_files(plan: Plan, shot: str, entry: ShotEntry, event: EditEvent) -> Iterator[TakeFile]:
    """The takes of a shot whose files are here; a picture is as long as the event."""
    for digest, number in sorted(entry.numbers.items(), key=itemgetter(1)):
        take = entry.takes[digest]
        film = take.result if isinstance(take.result, Film) else None
        if take.gone or digest not in plan.inventory.here or (film is None) is not event.still:
            continue
        length = (event.frames, event.rate) if film is None else (film.frames, film.rate)
        yield TakeFile(take_node(shot, number), _present_file(plan, shot, number, take), *length)


def _present_file(plan: Plan, shot: str, number: int, take: Take) -> str:
    production = plan.graph.production
    named = take_file(production.out, shot, number, take.suffix)
    return present_file(Store(production.folder, production.provider), take.digest, named)


def _sound(plan: Plan, sound: EditSound, frames: int, rate: Fraction) -> PlacedSound | None:
    """A sound on the frames of a cut; None where it is not heard, or its length is not known yet."""
    cue, film = sound.cue, sound.film
    begin = timebase.to_frames(cue.at, rate)
    if film is None or not film.samples or begin >= frames:
        return None
    try:
        first, last = heard_samples(cue, Fraction(film.samples, film.sample_rate))
    except SoundOutside as outside:
        raise MediaFault(str(outside)) from outside
    seconds = Fraction(last - first, timebase.SAMPLE_RATE)
    length = frames - begin if cue.loop else min(frames - begin, timebase.to_frames(seconds, rate))
    file: str | None = asset_name(sound.vertex)
    if isinstance(cue.source, ShotSource):
        entry = plan.inventory.lock.shots.get(sound.vertex)
        take = None if entry is None else entry.takes.get(sound.digest or "")
        number = None if entry is None else entry.numbers.get(sound.digest or "")
        file = None if take is None or number is None else _present_file(plan, sound.vertex, number, take)
    return PlacedSound(
        cue=cue,
        file=file,
        samples=film.samples,
        sample_rate=film.sample_rate,
        begin=begin,
        length=max(1, length),
        first=Fraction(first, timebase.SAMPLE_RATE),
        period=seconds if cue.loop else None,
        digest=sound.digest or "",
    )


def lines_to_srt(cut: EditList, language: str) -> str:
    """What the shots of a cut say in a language, as its track of lines; raises UnknownTarget where no line is in it."""
    known = dict.fromkeys(tag or UNKNOWN for each in cut.lines for tag in each.line.texts)
    tag = read_language(language) or language
    if tag not in known:
        hint = tr("their languages: {known}", known=joined(", ", known)) if known else None
        raise UnknownTarget(tr("no line of `{cut}` is in `{name}`", cut=cut.cut, name=language), hint=hint)
    said = lines_in(cut.lines, None if tag == UNKNOWN else tag)
    return subtitles_as_srt(to_lines(said, cut.rate), frames=cut.frames, rate=cut.rate)


def to_srt(cut: EditList) -> str:
    """One entry a clip, from its first frame to its last: its name, and its prompt as it was written."""
    entries = []
    for number, event in enumerate(cut.events, 1):
        following = cut.events[number].begin if number < len(cut.events) else cut.frames
        begin, end = (clock_text(round(frames * 1000 / cut.rate)) for frames in (event.begin, following))
        words = on_one_line(event.shot.written) if event.shot is not None else ""
        entries.append(f"{number}\n{begin} --> {end}\n{on_one_line(event.name)}\n{words}".rstrip() + "\n")
    return "\n".join(entries)
