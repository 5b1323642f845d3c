"""What of the texts of a cut cannot be read in its picture: characters without a font, and ends that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, islice
from pathlib import PurePath

from wanflow.characters import without_font
from wanflow.errors import MediaFault
from wanflow.language.cut_finish import NOTICE_HEIGHT
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import DrawnText, Subtitles
from wanflow.media.jobs import Job, Worker
from wanflow.media.picture.card import set_title
from wanflow.media.picture.segment import SegmentRecipe
from wanflow.media.text.caption_layout import SHARE
from wanflow.media.text.captions import rows_of, set_caption, surely_fits
from wanflow.media.text.fonts import Typography, shapes_letters
from wanflow.media.text.layout import missing_glyphs
from wanflow.media.text.subtitle_file import read_lines
from wanflow.messages import joined, tr, trn
from wanflow.writing import has_joined, is_latin
from wanflow.yamldoc.nodes import Place

MOST_CUT_OFF = 100
"""Maximum texts that are counted as cut off; each takes some hundredths of a second to find."""

KINDS = {"title": tr("title"), "notice": tr("AI notice"), "subtitle": tr("subtitle")}


@dataclass(frozen=True, slots=True)
class CheckTexts(Job[tuple[Problem, ...]]):
    """Find what of the texts of a cut cannot be read: those in `texts`, and the lines of burned `subtitles`.

    `fonts` are files of the production, and `language` is the film's. `size` is that of the picture, None where it is
    not known, and so not whether the texts fit.
    """

    texts: tuple[DrawnText, ...]
    subtitles: tuple[Subtitles, ...]
    fonts: tuple[PurePath, ...] = ()
    language: str | None = None
    size: tuple[int, int] | None = None

    def perform(self, worker: Worker) -> tuple[Problem, ...]:
        """Read the subtitles, and give warnings, each at the first text that it is about."""
        typography = Typography(tuple(worker.root / font for font in self.fonts), self.language)
        texts = [replace(text, share=Decimal(SHARE)) if text.kind == "subtitle" else text for text in self.texts]
        for track in self.subtitles:
            if track.file is None:
                continue  # its lines are among `texts`
            path = track.file.path
            with suppress(MediaFault):  # what is wrong with the file is a problem of its own
                texts += [
                    DrawnText(
                        line.text, Place(path, max(1, line.number), 1), "subtitle", Decimal(SHARE), track.language
                    )
                    for line in read_lines(worker.root / path, track.file.encoding)
                ]
        unread = (*_unjoined(texts), *_without_font(texts, typography))
        return (*unread, *(_cut_off(texts, typography, self.size) if self.size else ()))


@dataclass(frozen=True, slots=True)
class FindMissing(Job[str]):
    """Find which characters of a text no font has, sorted by code point; `fonts` are files of the production."""

    text: str
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> str:
        """Look each different character up once."""
        return "".join(sorted(missing_glyphs(self.text, Typography(tuple(worker.root / font for font in self.fonts)))))


@dataclass(frozen=True, slots=True)
class FindCovered(Job[tuple[int, ...]]):
    """Find the titles that captions are drawn over, as positions in `segments`; `fonts` are files of the production."""

    segments: tuple[SegmentRecipe, ...]
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> tuple[int, ...]:
        """Set each title and the captions over it."""
        fonts = tuple(worker.root / font for font in self.fonts)
        return tuple(
            at for at, recipe in enumerate(self.segments) if _is_covered(recipe, Typography(fonts, recipe.language))
        )


def _is_covered(recipe: SegmentRecipe, typography: Typography) -> bool:
    """Whether captions cover letters of a title; the room above and below its lines may be covered."""
    if recipe.card is None or recipe.card.text is None:
        return False
    size = (recipe.width, recipe.height)
    title = set_title(recipe.card.text, size, typography)
    top, room = (size[1] - title.height) // 2, title.size // 4
    letters = range(top + room, top + title.height - room)
    spoken = (rows_of(caption, size, typography) for caption in recipe.captions)
    return any(rows.start < letters.stop and letters.start < rows.stop for rows in spoken)


def _unjoined(texts: Sequence[DrawnText]) -> Iterator[Problem]:
    """A warning at the first text whose letters would have to be joined, where this machine cannot do it."""
    first = None if shapes_letters() else next((text for text in texts if has_joined(text.text)), None)
    if first is not None:
        words = tr("FriBiDi is missing: Arabic and Indic letters are not joined")
        hint = tr("install it: `libfribidi0` (Debian, Ubuntu), `fribidi`")
        yield Problem(first.place, words, hint, Severity.WARNING)


def _cut_off(texts: Sequence[DrawnText], typography: Typography, size: tuple[int, int]) -> Iterator[Problem]:
    cut_off = [*islice((text for text in texts if _is_cut_off(text, typography, size)), MOST_CUT_OFF)]
    for kind, group in groupby(sorted(cut_off, key=lambda text: text.kind), key=lambda text: text.kind):
        first, *others = group
        shown = f"{size[0]}x{size[1]}"
        words = tr("the {kind} does not fit into {shown}: its end is cut off", kind=KINDS[kind], shown=shown)
        if others:
            words = joined("; ", (words, trn("so is {number} more", "so are {number} more", len(others))))
        smaller = kind == "notice" and (first.share or 0) > NOTICE_HEIGHT
        hint = tr("write fewer words, or a smaller `height`") if smaller else tr("write fewer words")
        yield Problem(first.place, words, hint, Severity.WARNING)


def _without_font(texts: Sequence[DrawnText], typography: Typography) -> Iterator[Problem]:
    missing, lost, total, kinds = dict[str, None](), 0, 0, set[str]()
    first: Place | None = None
    for text in texts:
        own = _of(text, typography)
        found = set() if is_latin(text.text) else missing_glyphs(text.text, own)
        total += sum(not character.isspace() for character in text.text)
        if found:
            hidden = [character for character in text.text if character in found]
            missing, lost = missing | dict.fromkeys(hidden), lost + len(hidden)
            first = first or text.place_of(hidden[0])
            kinds.add(text.kind)
    if first is not None:
        words, hint = without_font([*missing], lost, total, kinds)
        yield Problem(first, words, hint, Severity.WARNING)


def _is_cut_off(text: DrawnText, typography: Typography, size: tuple[int, int]) -> bool:
    own = _of(text, typography)
    if not text.is_long:
        return False
    if text.share is None:
        return set_title(text.text, size, own).cut_off
    share, notice = Fraction(text.share), text.kind == "notice"
    if surely_fits(text.text, share, size, own, notice=notice):
        return False
    return set_caption(text.text, share, size, own, notice=notice).cut_off


def _of(text: DrawnText, typography: Typography) -> Typography:
    """The typography of one text: `zh` means every Chinese script, and leaves the choice to the film."""
    return replace(typography, language=text.language if text.language not in {None, "zh"} else typography.language)
