"""Pictures whose shape is not that of what they become: of their shot, or of the cut that it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from fractions import Fraction

from wanflow.catalog.model import Model, ResultKind, Role
from wanflow.language.cut_checks import Expect, ExpectedClip
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Cut, Media, Production, Shot, TitleCard
from wanflow.language.source import FileSource, Kind, ShotSource, Source
from wanflow.messages import tr
from wanflow.records import immutable

ALIKE = Fraction(3, 100)
"""Maximum difference of two shapes that count as one: a film that follows a picture differs about as much from it."""

_LEADING = (Role.OPENING, Role.CONTINUED, Role.EDITED)
"""Roles of media whose shape a film has where its request names none (service.md 2.2)."""
_USUAL = tuple(Fraction(*pair) for pair in ((16, 9), (9, 16), (1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (21, 9), (5, 4)))


def differ(one: Fraction, other: Fraction) -> bool:
    """Whether two shapes, width to height, differ by more than a film may from its first frame."""
    return abs(one - other) > ALIKE * max(one, other)


def check_shapes(production: Production, expect: Expect) -> Iterator[Problem]:
    """Warnings of frames of another shape than their shot, and of first frames of another shape than their cut.

    Only shapes that are known before a run are compared; `expect` says what a source will be.
    """
    shapes = Shapes(production, expect)
    for shot in production.shots.values():
        yield from shapes.frames(shot)
    yield from shapes.cuts()


@immutable
class Shapes:
    """The shapes of shots and sources as far as they are known; `known` are those of shots that were looked at."""

    production: Production
    expect: Expect
    known: dict[str, Fraction | None] = field(default_factory=dict)

    def of(self, source: Source) -> Fraction | None:
        """Width to height of a source; None where that is known only after a run."""
        expected = self.expect(source)
        if isinstance(expected, ExpectedClip) and expected.sides and all(expected.sides):
            return Fraction(*expected.sides)
        return self.of_shot(source.shot) if isinstance(source, ShotSource) else None

    def of_shot(self, name: str) -> Fraction | None:
        """Width to height of what a shot makes: as its request says, else as the media that it follows."""
        path: list[str] = []
        shape: Fraction | None = None
        while name in self.production.shots and name not in self.known and name not in path:
            path.append(name)
            shot = self.production.shots[name]
            shape = asked_shape(shot)
            leading = None if shape else leading_media(shot)
            if leading is None:
                break
            expected = self.expect(leading.source)
            if isinstance(expected, ExpectedClip) and expected.sides and all(expected.sides):
                shape = Fraction(*expected.sides)
                break
            name = leading.source.shot if isinstance(leading.source, ShotSource) else ""
        else:
            shape = self.known.get(name)
        self.known.update(dict.fromkeys(path, shape))
        return shape

    def frames(self, shot: Shot) -> Iterator[Problem]:
        """Warnings of first and last frames whose shape is not that of their own shot."""
        asked, leading = asked_shape(shot), leading_media(shot)
        wanted = asked or (None if leading is None else self.of(leading.source))
        for item in shot.media if wanted is not None else ():
            framing = any(shot.rules.has_role(item.type, role) for role in (Role.OPENING, Role.ENDING))
            shape = self.of(item.source) if framing and (asked or item is not leading) else None
            if wanted is not None and shape is not None and differ(shape, wanted):
                yield self._in_film(item, shape, shot, wanted, None if asked else leading)

    def _in_film(self, item: Media, shape: Fraction, shot: Shot, wanted: Fraction, leading: Media | None) -> Problem:
        """The warning of a frame; `leading` are the media that the film follows, None where it follows none."""
        words = {
            "picture": self._described(item.source, item.title),
            "shape": shape_text(shape),
            "wanted": shape_text(wanted),
        }
        message = (
            tr(
                "{picture} is {shape}, and `{shot}` asks for {wanted}: the model may crop or stretch it",
                shot=shot.name,
                **words,
            )
            if leading is None
            else tr(
                "{picture} is {shape}, and the film follows {first}, {wanted}: the model may crop or stretch it",
                first=self._described(leading.source, leading.title),
                **words,
            )
        )
        hint = self._for_still(item.source, wanted) or tr("crop it to {wanted}", wanted=words["wanted"])
        return Problem(item.place, message, hint, Severity.WARNING)

    def cuts(self) -> Iterator[Problem]:
        """Warnings of first frames whose shots fit none of the cuts that they are in, each once."""
        told: set[tuple[object, Fraction]] = set()
        for name, found in self._placed().items():
            shot, shape = self.production.shots[name], self.of_shot(name)
            model = shot.rules
            first = leading_media(shot)
            cut, wanted = found[0]
            if first is None or not model.has_role(first.type, Role.OPENING) or (first.place, wanted) in told:
                continue
            if shape is not None and all(differ(shape, other) for _, other in found):
                told.add((first.place, wanted))
                yield self._in_cut(first, shape, cut, wanted, model)

    def _placed(self) -> dict[str, list[tuple[Cut, Fraction]]]:
        """The cuts that each shot is in, with their shapes, as far as these are known."""
        placed: dict[str, list[tuple[Cut, Fraction]]] = {}
        for cut in self.production.cuts.values():
            wanted = self._of_cut(cut)
            sources = (item.source for item in cut.items if wanted is not None)
            for name in dict.fromkeys(source.shot for source in sources if isinstance(source, ShotSource)):
                if wanted is not None and name in self.production.shots:
                    placed.setdefault(name, []).append((cut, wanted))
        return placed

    def _in_cut(self, first: Media, shape: Fraction, cut: Cut, wanted: Fraction, model: Model) -> Problem:
        words = {
            "picture": self._described(first.source, first.title),
            "shape": shape_text(shape),
            "cut": cut.name,
            "wanted": shape_text(wanted),
        }
        message = (
            tr("{picture} is {shape}, and the cut `{cut}` is {wanted}: the cut crops its shot", **words)
            if cut.shape.fit == "crop"
            else tr("{picture} is {shape}, and the cut `{cut}` is {wanted}: its shot gets bars", **words)
        )
        hint = self._for_still(first.source, wanted) or tr(
            "a film of `{name}` follows its first frame: crop the picture to {wanted}",
            name=model.name,
            wanted=words["wanted"],
        )
        return Problem(first.place, message, hint, Severity.WARNING)

    def _for_still(self, source: Source, wanted: Fraction) -> str | None:
        """What to do about a picture that a shot makes; None for any other."""
        shot = self.production.shots.get(source.shot) if isinstance(source, ShotSource) else None
        if shot is None or shot.rules.makes is not ResultKind.PICTURE:
            return None
        return tr("give `{shot}` a `size` of {wanted}", shot=shot.name, wanted=shape_text(wanted))

    def _of_cut(self, cut: Cut) -> Fraction | None:
        """Width to height of a cut: its `size`, else that of its first video."""
        if cut.shape.size is not None:
            return Fraction(*cut.shape.size)
        for item in cut.items:
            if isinstance(item.source, TitleCard):
                continue
            expected = self.expect(item.source)
            if isinstance(expected, ExpectedClip) and expected.kind is Kind.VIDEO:
                return self.of(item.source)
            if not isinstance(expected, ExpectedClip):
                return None
        return None

    def _described(self, source: Source, slot: str) -> str:
        """A picture by its file, its shot or its slot, with its pixels where they are known."""
        name = slot
        if isinstance(source, FileSource):
            name = source.path
        elif isinstance(source, ShotSource) and source.piece is None:
            name = source.shot
        expected = self.expect(source)
        sides = expected.sides if isinstance(expected, ExpectedClip) else None
        return f"`{name}` ({sides[0]}x{sides[1]})" if sides else f"`{name}`"


def asked_shape(shot: Shot) -> Fraction | None:
    """Width to height that a request names by `size` or `ratio`; None where its media decide, or the model."""
    for key, between in (("size", "*"), ("ratio", ":")):
        width, _, height = str(shot.parameters.get(key, "")).partition(between)
        if width.isdecimal() and height.isdecimal() and int(width) and int(height):
            return Fraction(int(width), int(height))
    return None


def leading_media(shot: Shot) -> Media | None:
    """The media whose shape a film has that names none itself: its first frame, or the clip that goes in."""
    return next((each for role in _LEADING for each in shot.media if shot.rules.has_role(each.type, role)), None)


def shape_text(shape: Fraction) -> str:
    """`16:9`; `1.85:1` for an unusual shape."""
    usual = next((each for each in _USUAL if abs(each - shape) <= each / 100), None)
    return f"{float(shape):.2f}:1" if usual is None else f"{usual.numerator}:{usual.denominator}"
