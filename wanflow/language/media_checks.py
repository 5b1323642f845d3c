"""Media files, and clips that will be, against the rules of models (service.md 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from fractions import Fraction

from wanflow import timebase
from wanflow.boundary import Content
from wanflow.catalog.model import FileRule, MediaRule, ResultKind, Role, sides_of
from wanflow.language.aspect_checks import check_shapes
from wanflow.language.cut_checks import NAMED, ExpectedClip, check_cut, expected_length, shown_otherwise
from wanflow.language.cut_sounds import check_sounds
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media, Production, Shot, TitleCard
from wanflow.language.source import (
    DataSource,
    Facts,
    FactsTable,
    FileSource,
    Frame,
    Kind,
    Piece,
    PieceOutside,
    ShotSource,
    Sound,
    Source,
    Unreadable,
    frame_span,
)
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.timebase import NOMINAL_RATE
from wanflow.yamldoc.nodes import Place


def file_sources(production: Production) -> tuple[str, ...]:
    """All local files that a production names, each once, in order."""
    return tuple(dict.fromkeys(source.path for source in file_readings(production)))


def text_sources(production: Production) -> frozenset[str]:
    """Those of the local files that are read as text: subtitles."""
    read = (pair for cut in production.cuts.values() for pair in cut.finish.contents.items())
    return frozenset(path for path, content in read if content is Content.TEXT)


def document_sources(production: Production) -> frozenset[str]:
    """Those of the local files that a film is made from as documents: they are not measured."""
    return frozenset(
        media.source.path
        for shot in production.shots.values()
        for media in shot.media
        if shot.rules.has_role(media.type, Role.DOCUMENT) and isinstance(media.source, FileSource)
    )


def file_readings(production: Production) -> tuple[FileSource, ...]:
    """The whole files that a production names, in order: each once, and once for each encoding that is named."""
    return tuple(dict.fromkeys(_whole(source) for _, source in _sources(production) if isinstance(source, FileSource)))


def _whole(source: FileSource) -> FileSource:
    return source if source.piece is None else replace(source, piece=None)


def inline_sources(production: Production) -> tuple[DataSource, ...]:
    """All pictures that are written into a production, each once, in order."""
    found = [source for _, source in _sources(production) if isinstance(source, DataSource)]
    return tuple({source.key: source for source in found}.values())


def check_media(production: Production, facts: FactsTable) -> tuple[Problem, ...]:
    """All problems of the media themselves, by what was measured of the files."""
    check = _MediaCheck(production, facts)
    found = [problem for shot in production.shots.values() for problem in check.shot(shot)]
    for cut in production.cuts.values():
        found += check_cut(cut, check.expect, production.shots)
        if cut.finish.sounds:
            length = expected_length(cut, check.expect, production.shots)
            found += check_sounds(cut, check.expect, None if length is None else length[0] / length[1])
    found += check_shapes(production, check.expect)
    found += _flaws(production, facts)
    return tuple(dict.fromkeys(found))


def _flaws(production: Production, facts: FactsTable) -> Iterator[Problem]:
    """A warning for all that a film loses of a file, at the first place that names the file."""
    places = {
        _whole(source): place
        for place, source in reversed(list(_sources(production)))
        if isinstance(source, FileSource)
    }
    for source, place in places.items():
        known = facts.get(source.key)
        for flaw in known.flaws if isinstance(known, Facts) else ():
            yield Problem(place, tr("`{path}` {flaw}", path=source.path, flaw=flaw), None, Severity.WARNING)


def expected_lengths(production: Production, facts: FactsTable) -> dict[str, tuple[int, Fraction]]:
    """The frames and the rate of the cuts with subtitles, by name, as far as their lengths are known before a run."""
    check = _MediaCheck(production, facts)
    lengths = {
        name: expected_length(cut, check.expect, production.shots)
        for name, cut in production.cuts.items()
        if cut.finish.subtitles
    }
    return {name: length for name, length in lengths.items() if length is not None}


Outlook = ExpectedClip | Unreadable | None
"""What a source will be, why it cannot be read, or None where that is not known yet."""


@immutable
class _MediaCheck:
    """The facts of files and shots; `clips` are the shots that were looked at before."""

    production: Production
    facts: FactsTable
    clips: dict[str, Outlook] = field(default_factory=dict)

    def shot(self, shot: Shot) -> Iterator[Problem]:
        rules = shot.rules.media
        for media in shot.media:
            rule = rules.get(media.type)
            if rule is None:
                continue  # the checks of the shot report it
            yield from self._source(media.place, media.source, rule.file, media.title)
            if media.voice is not None and rule.voice is not None:
                yield from self._source(media.spoken_at, media.voice, rule.voice, f"{media.title}.voice")
            if rule.continued:
                yield from self._continued(shot, media)
            else:
                yield from self._unequal(shot, media, rule)
        yield from self._together(shot)
        yield from self._lines_beyond(shot)

    def _lines_beyond(self, shot: Shot) -> Iterator[Problem]:
        """Warnings of lines beyond the end of a shot, as far as its length is known before it is rendered."""
        clip = self._clip(shot.name) if shot.lines else None
        if not isinstance(clip, ExpectedClip) or clip.kind is not Kind.VIDEO or clip.seconds is None:
            return
        length = timebase.decimal_text(clip.seconds, 2)
        for line in shot.lines:
            if line.at >= clip.seconds:
                message = tr("the line begins after the end of `{name}` ({length} s)", name=shot.name, length=length)
                yield Problem(line.place, message, tr("it is never shown: let it begin earlier"), Severity.WARNING)
            elif line.to > clip.seconds:
                message = tr("the line ends after the end of `{name}` ({length} s)", name=shot.name, length=length)
                yield Problem(line.place, message, tr("its end is cut off"), Severity.WARNING)

    def _together(self, shot: Shot) -> Iterator[Problem]:
        """Media of a type that are too long together, by themselves or with the result (service.md 2.6)."""
        model = shot.rules
        for key, rule in model.media.items():
            given = self._seconds(shot, key)
            if rule.total_seconds is not None and given > rule.total_seconds:
                message = tr(
                    "`{name}` has {length} s of `{key}` in all; `{model}` takes at most {most} s",
                    name=shot.name,
                    length=timebase.decimal_text(given, 2),
                    key=key,
                    model=model.name,
                    most=rule.total_seconds,
                )
                yield Problem(shot.place, message, tr("take shorter pieces: `head: 5`"))
        length = model.parameters.get("duration")
        wanted, shared = model.seconds(shot.parameters), None if length is None else length.shared
        if shared is None or wanted is None:
            return
        given = self._seconds(shot, shared.media)
        if given and given + wanted > shared.most:
            message = tr(
                "`duration` {wanted} and {length} s of `{key}` are more than the {most} s that `{model}` takes of both",
                wanted=wanted,
                length=timebase.decimal_text(given, 2),
                key=shared.media,
                most=shared.most,
                model=model.name,
            )
            yield Problem(shot.place, message, tr("ask for less, or take a shorter piece"))

    def _seconds(self, shot: Shot, key: str) -> Fraction:
        """How long the media of a type are together, as far as that is known; without those that are too long alone."""
        bounds = shot.rules.media[key].file.seconds
        expected = (self.expect(media.source) for media in shot.media if media.type == key)
        known = (each.seconds for each in expected if isinstance(each, ExpectedClip) and each.seconds is not None)
        return sum((seconds for seconds in known if bounds is None or _within(seconds, bounds)), Fraction(0))

    def _continued(self, shot: Shot, media: Media) -> Iterator[Problem]:
        clip, wanted = self.expect(media.source), shot.rules.seconds(shot.parameters)
        if not isinstance(clip, ExpectedClip) or clip.kind is not Kind.VIDEO or wanted is None or clip.seconds is None:
            return
        if clip.seconds >= wanted:
            length = timebase.decimal_text(clip.seconds, 2)
            message = tr(
                "`duration` {wanted} is not longer than the clip of {length} s that `{name}` continues",
                wanted=wanted,
                length=length,
                name=shot.name,
            )
            yield Problem(
                shot.place, message, tr("the result contains the clip: ask for more, or take a shorter piece")
            )

    def _unequal(self, shot: Shot, media: Media, rule: MediaRule) -> Iterator[Problem]:
        """A sound or a video that is not as long as the film made with it: the vendor cuts or stretches one of them."""
        given, wanted = self.expect(media.source), shot.rules.seconds(shot.parameters)
        if not isinstance(given, ExpectedClip) or given.seconds is None or wanted is None:
            return
        if given.kind.value != rule.file.kind or not _within(given.seconds, rule.file.seconds or (0, wanted)):
            return  # the checks of its file report it
        length = timebase.decimal_text(given.seconds, 2)
        if rule.role is Role.SOUND and given.seconds > wanted:
            message, hint = (
                tr(
                    "only the first {wanted} s of `{slot}` ({length} s) are heard",
                    wanted=wanted,
                    slot=media.slot,
                    length=length,
                ),
                None,
            )
        elif rule.role is Role.SOUND and given.seconds < wanted:
            rest = timebase.decimal_text(wanted - given.seconds, 2)
            message, hint = (
                tr(
                    "`{slot}` lasts {length} s of {wanted}: the last {rest} s are silent",
                    slot=media.slot,
                    length=length,
                    wanted=wanted,
                    rest=rest,
                ),
                None,
            )
        elif rule.edited and given.seconds < wanted:
            message = tr(
                "`duration` {wanted} is longer than the video of {length} s: undocumented", wanted=wanted, length=length
            )
            hint = tr("leave `duration` out: the result is as long as the video")
        else:
            return
        yield Problem(media.place, message, hint, Severity.WARNING)

    def _source(self, place: Place, source: Source, rule: FileRule, slot: str) -> Iterator[Problem]:
        try:
            expected = self._expect(source)
        except PieceOutside as outside:
            yield Problem(place, tr("`{slot}`: {outside}", slot=slot, outside=outside), outside.hint)
            return
        if isinstance(expected, Unreadable):
            path = source.path if isinstance(source, FileSource) else slot
            if isinstance(source, ShotSource) and self._makes_picture(source.shot):
                path = source.shot
            yield Problem(place, tr("`{path}` {why}", path=path, why=expected.why), expected.hint_at(place))
        elif expected is not None:
            yield from _source_problems(place, source, expected, rule, slot)
            yield from self._otherwise(place, source, rule)

    def _otherwise(self, place: Place, source: Source, rule: FileRule) -> Iterator[Problem]:
        """What a model sees of a file otherwise than a person does."""
        whole = self.facts.get(source.path) if isinstance(source, FileSource) else None
        if not isinstance(source, FileSource) or not isinstance(whole, Facts):
            return
        if source.piece is not None and not isinstance(source.piece, Sound) and (words := shown_otherwise(whole)):
            yield Problem(place, tr("`{path}` {words}", path=source.path, words=words), None, Severity.WARNING)
        elif whole.pictures > 1 and whole.format in rule.formats:
            message = tr(
                "`{path}` is an animation of {pictures} pictures: a model may see only the first",
                path=source.path,
                pictures=whole.pictures,
            )
            yield Problem(place, message, tr("save the picture that you mean as a png"), Severity.WARNING)

    def expect(self, source: Source) -> Outlook:
        """What a source will be; None also where a piece lies outside its clip, which `_source` reports."""
        try:
            return self._expect(source)
        except PieceOutside:
            return None

    def _expect(self, source: Source) -> Outlook:
        match source:
            case FileSource():
                return _part(self._file(source.key), source.piece)
            case DataSource():
                return self._file(source.key)
            case ShotSource(name, piece):
                return _part(self._clip(name), piece)
            case _:
                return None

    def _file(self, key: str) -> ExpectedClip | Unreadable:
        known = self.facts.get(key) or Unreadable(tr("was not looked at"))
        if isinstance(known, Unreadable):
            return known
        rate = known.rate or NOMINAL_RATE
        frames = known.frames or None
        silent = known.kind is Kind.VIDEO and known.samples == 0
        shown = known.kind in {Kind.IMAGE, Kind.VIDEO}
        sides = (known.width, known.height) if shown else None
        return ExpectedClip(known.kind, known, sides, frames, rate, known.seconds or None, silent, known.pace)

    def _makes_picture(self, name: str) -> bool:
        shot = self.production.shots.get(name)
        return shot is not None and shot.rules.makes is ResultKind.PICTURE

    def _clip(self, name: str) -> Outlook:
        """What a shot will be; the shots that it is as long as are looked at first."""
        path: dict[str, Shot] = {}
        wanted = name
        while name in self.production.shots and name not in self.clips and name not in path:
            path[name] = self.production.shots[name]
            edited = _edited(path[name])
            name = edited.source.shot if edited is not None and isinstance(edited.source, ShotSource) else ""
        self.clips.update(dict.fromkeys(path))  # the length of shots in a circle is unknown
        for each, shot in reversed(path.items()):
            self.clips[each] = self._shot(shot)
        return self.clips.get(wanted)

    def _shot(self, shot: Shot) -> Outlook:
        """A clip of its nominal length: `duration`, or for 0 as long as the video that goes in (service.md 2.3).

        A still has the pixels that it is asked for, and unknown ones where that is a word.
        """
        model = shot.rules
        if model.makes is ResultKind.PICTURE:
            return ExpectedClip(Kind.IMAGE, sides=sides_of(shot.parameters.get("size")))
        frames = timebase.to_frames(model.seconds(shot.parameters) or 0, NOMINAL_RATE)
        silent = model.is_silent(shot.parameters)
        edited = _edited(shot)
        if edited is not None:
            given = self.expect(edited.source)
            return replace(given, facts=None, sides=None, silent=False) if isinstance(given, ExpectedClip) else given
        seconds = timebase.to_seconds(frames, NOMINAL_RATE)
        return ExpectedClip(Kind.VIDEO, None, None, frames or None, NOMINAL_RATE, seconds or None, silent)


def _edited(shot: Shot) -> Media | None:
    """The video that a shot is as long as; None where its own duration says how long it is."""
    edited = (media for media in shot.media if shot.rules.has_role(media.type, Role.EDITED))
    return None if shot.rules.seconds(shot.parameters) else next(edited, None)


def _part(whole: Outlook, piece: Piece | None) -> Outlook:
    """What a piece of something will be; raises PieceOutside where it reaches beyond a clip of known length."""
    if piece is None or not isinstance(whole, ExpectedClip):
        return whole
    if whole.kind is Kind.IMAGE:
        match piece:
            case Sound():
                return Unreadable(tr("is a picture: it has no sound"), tr("give a sound, or leave this out"))
            case Frame():
                return Unreadable(tr("is a picture: it has no frames"), tr("leave `frame` out"))
            case _:
                return Unreadable(tr("is a picture: it has no pieces"), tr("use the whole picture"))
    if whole.kind is Kind.SUBTITLES:
        return Unreadable(tr("is a subtitle file: it has no pieces"))
    if whole.kind is Kind.DOCUMENT:
        return Unreadable(tr("is a document: it has no pieces"))
    if isinstance(piece, Sound):
        sound = replace(whole, kind=Kind.AUDIO, facts=None, sides=None)
        return Unreadable(tr("has no sound")) if whole.silent else sound
    if whole.kind is Kind.AUDIO:
        return Unreadable(tr("is a sound: it has no frames"), tr("take the whole sound"))
    if whole.frames is None:
        return replace(whole, kind=Kind.IMAGE if isinstance(piece, Frame) else Kind.VIDEO, facts=None, seconds=None)
    first, last = frame_span(piece, whole.frames, whole.rate)
    if isinstance(piece, Frame):
        return ExpectedClip(Kind.IMAGE, sides=whole.sides)
    count = last - first + 1
    seconds = timebase.to_seconds(count, whole.rate)
    return ExpectedClip(Kind.VIDEO, None, whole.sides, count, whole.rate, seconds, whole.silent)


def _wrong_kind(place: Place, source: Source, kind: Kind, wanted: Kind, slot: str) -> Problem:
    """A video where a picture belongs, and the like: named by its file or shot, with the way out for a video."""
    name = f"`{slot}`"
    if isinstance(source, FileSource):
        name = f"`{source.path}`"
    elif isinstance(source, ShotSource):
        name = f"`{source.shot}`" if source.piece is None else tr("the piece of `{shot}`", shot=source.shot)
    extracts = {Kind.IMAGE: tr("take a frame of it: `frame: last`"), Kind.AUDIO: tr("take its sound: `track: audio`")}
    hint = extracts.get(wanted) if kind is Kind.VIDEO else None
    if kind is Kind.IMAGE and wanted is Kind.VIDEO and isinstance(source, ShotSource):
        hint = tr("use it as a `first_frame`, or name a shot that makes a film")
    if wanted is Kind.PAGE:
        hint = tr("write the address of a public page: `https://…`")
    return Problem(
        place,
        tr(
            "{name} is {named}, and `{slot}` takes {named_2}",
            name=name,
            named=NAMED[kind],
            slot=slot,
            named_2=NAMED[wanted],
        ),
        hint,
    )


def _source_problems(
    place: Place, source: Source, expected: ExpectedClip, rule: FileRule, slot: str
) -> Iterator[Problem]:
    name = f"`{source.path}`" if isinstance(source, FileSource) else f"`{slot}`"
    if expected.kind.value != rule.kind:
        yield _wrong_kind(place, source, expected.kind, Kind(rule.kind), slot)
        return
    still = isinstance(source, ShotSource) and source.piece is None and expected.kind is Kind.IMAGE
    if still and isinstance(source, ShotSource):
        name = f"`{source.shot}`"
    for message, hint in unfit(name, slot, expected, rule):
        yield Problem(place, message, tr("give it another `size`") if still else hint)
    facts = expected.facts
    if isinstance(source, DataSource) and facts is not None and source.mime != f"image/{facts.format}":
        yield Problem(
            place,
            tr("{name} says `{mime}` and is {format} inside", name=name, mime=source.mime, format=facts.format),
            tr("write what it is"),
        )


def unfit(name: str, slot: str, expected: ExpectedClip, rule: FileRule) -> Iterator[tuple[str, str | None]]:
    """Why a model does not take a file of the right kind: a message and a hint for each broken rule (service.md 3).

    `name` is what the file is called in messages, the name of its `slot` where it has no other.
    """
    if rule.seconds and expected.seconds is not None and not _within(expected.seconds, rule.seconds):
        length = timebase.decimal_text(expected.seconds, 2)
        low, high = rule.seconds
        message = (
            tr("`{slot}` lasts {length} s; it takes {low} to {high} s", slot=slot, length=length, low=low, high=high)
            if name == f"`{slot}`"
            else tr(
                "{name} lasts {length} s; `{slot}` takes {low} to {high} s",
                name=name,
                length=length,
                slot=slot,
                low=low,
                high=high,
            )
        )
        piece = (
            tr("take a piece of it: `head: {seconds}`", seconds=rule.seconds[1])
            if rule.kind == "video"
            else tr("make it shorter")
        )
        yield message, piece if expected.seconds > rule.seconds[1] else tr("take a longer one")
    if expected.facts is not None:
        yield from _written(name, expected.facts, rule)
    sides = expected.sides
    if sides and rule.pixels and not all(_within(Fraction(side), rule.pixels) for side in sides):
        low, high = rule.pixels
        message = tr(
            "{name} has {sides}x{sides_2} pixels; each side takes {low} to {high}",
            name=name,
            sides=sides[0],
            sides_2=sides[1],
            low=low,
            high=high,
        )
        yield message, tr("scale it")
    elif sides and rule.aspect and max(sides) * rule.aspect[0] > rule.aspect[1] * min(sides):
        times = timebase.decimal_text(Fraction(rule.aspect[1], rule.aspect[0]), 2)
        message = tr("{name} is more than {aspect} times as long as it is wide", name=name, aspect=times)
        yield message, tr("crop it")


def _written(name: str, facts: Facts, rule: FileRule) -> Iterator[tuple[str, str | None]]:
    """What a file's bytes are: the format, the weight, whether it is see-through."""
    if facts.format not in rule.formats:
        message = tr(
            "{name} is {format} inside, not {formats}",
            name=name,
            format=facts.format,
            formats=joined(tr(" or "), rule.formats),
        )
        yield message, tr("convert it")
    if facts.size_bytes > rule.size_bytes:
        message = tr(
            "{name} has {megabytes}; at most {size_bytes} MB are taken",
            name=name,
            megabytes=f"{facts.size_bytes / 1e6:.1f} MB",
            size_bytes=rule.size_bytes // 1_000_000,
        )
        yield message, tr("make it smaller")
    if facts.alpha and not rule.alpha:
        yield tr("{name} has an alpha channel", name=name), tr("save it without transparency")


def _sources(production: Production) -> Iterator[tuple[Place, Source]]:
    for shot in production.shots.values():
        for media in shot.media:
            yield media.place, media.source
            if media.voice is not None:
                yield media.spoken_at, media.voice
    for cut in production.cuts.values():
        for item in cut.items:
            if not isinstance(item.source, TitleCard):
                yield item.place, item.source
        yield from cut.finish.sources


def _within(value: Fraction, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= value <= bounds[1]
