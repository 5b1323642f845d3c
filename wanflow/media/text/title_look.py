"""Titles as values: how their words look, and in which frames they lie over a film. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from wanflow import digest
from wanflow.records import immutable

DEFAULT_POSITION = "center"
LETTERS_PERCENT = {DEFAULT_POSITION: 10, "top": 7, "lower-third": 6}
"""The height of letters at each position, in percent of the picture's height."""


@immutable
class TitleFont:
    """The font of a title: a file, or a family of the machine.

    `identity` tells it from another one of this name: the digest of a file; what the machine has of a family, empty
    where that is nothing.
    """

    name: str
    is_file: bool
    identity: str


@immutable
class TitleLook:
    """How the words of a title look; `size` is a share of the picture's height, and `fade` is in frames.

    None is what suits the position: `center`, `top` or `lower-third`. `fade` is at both ends.
    """

    font: TitleFont | None = None
    color: tuple[int, int, int] | None = None
    size: Decimal | None = None
    position: str = DEFAULT_POSITION
    fade: int = 0

    def canonical(self) -> dict[str, digest.Canonical]:
        """What goes into a key: all that is not as it always was."""
        found: dict[str, digest.Canonical] = {}
        if self.font is not None:
            found["font"] = [self.font.name, self.font.is_file, self.font.identity]
        if self.color is not None:
            found["color"] = list[digest.Canonical](self.color)
        if self.size is not None:
            found["size"] = format(self.size.normalize(), "f")
        if self.position != DEFAULT_POSITION:
            found["position"] = self.position
        if self.fade:
            found["fade"] = self.fade
        return found


PLAIN_LOOK = TitleLook()


def asked_letters(size: tuple[int, int], position: str, share: Decimal | None) -> int:
    """How high the letters of a title are in a picture of `size` pixels, in pixels, where its words have room.

    `share` is the title's own `size`. Raises KeyError for an unknown position.
    """
    width, height = size
    if share is not None:
        return max(1, round(height * share))
    percent = LETTERS_PERCENT[position]
    # a narrow picture would have a line of a few letters
    return max(1, min(height * percent // 100, width * percent * 5 // 400))


@immutable
class TitleOverlay:
    """A title over the frames `first` to `end` - 1 of a film or of a segment.

    It is `length` frames long, and `passed` of them lie before `first`, in an earlier segment.
    """

    text: str
    look: TitleLook
    first: int
    end: int
    length: int
    passed: int = 0

    def canonical(self) -> digest.Canonical:
        """What goes into a segment's key; where nothing fades, a frame is as any other."""
        shown: list[digest.Canonical] = [self.text, self.look.canonical(), self.first, self.end]
        return [*shown, self.passed, self.length] if self.look.fade else shown


def titles_within(titles: Iterable[TitleOverlay], begin: int, frames: int) -> tuple[TitleOverlay, ...]:
    """The titles of a film in a segment of `frames` frames that begins at film frame `begin`, in its own frames."""
    return tuple(
        replace(
            title,
            first=max(0, title.first - begin),
            end=min(frames, title.end - begin),
            passed=title.passed + max(0, begin - title.first),
        )
        for title in titles
        if title.first < begin + frames and begin < title.end
    )
