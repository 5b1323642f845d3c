"""What of the texts of a cut cannot be read in its picture: characters without a font, and ends that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import groupby, islice
from pathlib import Path, PurePath

from wanflow.characters import without_font
from wanflow.errors import MediaFault
from wanflow.language.cut_finish import NOTICE_HEIGHT
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import DrawnText, Subtitles
from wanflow.language.source import FileSource
from wanflow.media.jobs import Job, Worker
from wanflow.media.picture.segment import PartRecipe, SegmentRecipe
from wanflow.media.picture.title import place_title, typography_of
from wanflow.media.text.caption_layout import SHARE
from wanflow.media.text.captions import rows_of, set_caption, surely_fits
from wanflow.media.text.font_files import families, find_family
from wanflow.media.text.fonts import Typography, shapes_letters
from wanflow.media.text.layout import missing_glyphs
from wanflow.media.text.subtitle_file import read_lines
from wanflow.media.text.title_look import TitleFont, TitleLook
from wanflow.messages import joined, tr, trn
from wanflow.records import immutable
from wanflow.suggest import did_you_mean
from wanflow.writing import has_joined, is_latin
from wanflow.yamldoc.nodes import Place

Letters = Callable[[DrawnText], Typography]
"""The typography of each text."""

MOST_CUT_OFF = 100
"""Maximum texts that are counted as cut off; each takes some hundredths of a second to find."""

KINDS = {"title": tr("title"), "notice": tr("AI notice"), "subtitle": tr("subtitle")}


@immutable
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
        letters = partial(_of, typography=typography, root=worker.root)
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
        unread = (*_unknown_families(texts, typography.fonts), *_unjoined(texts), *_without_font(texts, letters))
        return (*unread, *(_cut_off(texts, letters, self.size) if self.size else ()))


@immutable
class FindMissing(Job[str]):
    """Find which characters of a text no font has, sorted by code point; `fonts` are files of the production."""

    text: str
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> str:
        """Look each different character up once."""
        return "".join(sorted(missing_glyphs(self.text, Typography(tuple(worker.root / font for font in self.fonts)))))


@immutable
class FindFamilies(Job[dict[str, str]]):
    """Find what this machine has of font families, file and bytes, empty for nothing; `fonts` as in FindMissing."""

    names: tuple[str, ...]
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> dict[str, str]:
        """Look each family up."""
        fonts = tuple(worker.root / font for font in self.fonts)
        faces = {name: find_family(name, fonts) for name in self.names}
        return {
            name: "" if face is None else f"{face.path.name} {face.index} {face.path.stat().st_size}"
            for name, face in faces.items()
        }


@immutable
class FindCovered(Job[tuple[int, ...]]):
    """Find the titles that captions are drawn over, as positions in `segments`; `fonts` are files of the production."""

    segments: tuple[PartRecipe, ...]
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> tuple[int, ...]:
        """Set each title and the captions over it."""
        fonts = tuple(worker.root / font for font in self.fonts)
        return tuple(at for at, recipe in enumerate(self.segments) if _is_covered(recipe, fonts, worker.root))


def _is_covered(recipe: PartRecipe, fonts: tuple[Path, ...], root: Path) -> bool:
    """Whether captions cover letters of a title; the room above and below its lines may be covered."""
    shape = recipe if isinstance(recipe, SegmentRecipe) else recipe.after
    size, typography = (shape.width, shape.height), Typography(fonts, shape.language)
    card = shape.card if isinstance(recipe, SegmentRecipe) else None
    shown = [(title.text, title.look, title.first, title.end, True) for title in recipe.titles]
    if card is not None and card.text is not None:
        shown.append((card.text, card.look, 0, recipe.frames, False))
    return any(
        each.first < end and first < each.end and line.start < rows.stop and rows.start < line.stop
        for text, look, first, end, over in shown
        for rows in [place_title(text, size, typography_of(look, typography, root), look, over=over).rows]
        for each in recipe.captions
        for line in [rows_of(each, size, typography)]
    )


def _unknown_families(texts: Sequence[DrawnText], fonts: tuple[Path, ...]) -> Iterator[Problem]:
    """A warning for each family that is not on this machine, at the first title that names it."""
    named = {text.title.font: text for text in reversed(texts) if text.title and isinstance(text.title.font, str)}
    for name, text in reversed(named.items()):
        if find_family(name, fonts) is None and text.title is not None:
            hint = did_you_mean(name, families(fonts)) or tr("install it, or name a font file beside the production")
            message = tr("this machine has no font `{name}`: the title has the usual letters", name=name)
            yield Problem(text.title.font_at or text.place, message, hint, Severity.WARNING)


def _unjoined(texts: Sequence[DrawnText]) -> Iterator[Problem]:
    """A warning at the first text whose letters would have to be joined, where this machine cannot do it."""
    first = None if shapes_letters() else next((text for text in texts if has_joined(text.text)), None)
    if first is not None:
        words = tr("FriBiDi is missing: Arabic and Indic letters are not joined")
        hint = tr("install it: `libfribidi0` (Debian, Ubuntu), `fribidi`")
        yield Problem(first.place, words, hint, Severity.WARNING)


def _cut_off(texts: Sequence[DrawnText], letters: Letters, size: tuple[int, int]) -> Iterator[Problem]:
    for text in texts:
        if text.title is not None and text.title.size is not None:
            placed = place_title(text.text, size, letters(text), _look_of(text))
            if placed.shrunk and not placed.setting.cut_off:
                share = Decimal(placed.setting.size) / size[1]
                message = tr(
                    "the title does not fit at `size: {size}`: it is drawn at {share:.2f}",
                    size=text.title.size,
                    share=share,
                )
                yield Problem(text.place, message, tr("write fewer words, or a smaller `size`"), Severity.WARNING)
    cut_off = [*islice((text for text in texts if _is_cut_off(text, letters, size)), MOST_CUT_OFF)]
    for kind, group in groupby(sorted(cut_off, key=lambda text: text.kind), key=lambda text: text.kind):
        first, *others = group
        shown = f"{size[0]}x{size[1]}"
        words = tr("the {kind} does not fit into {shown}: its end is cut off", kind=KINDS[kind], shown=shown)
        if others:
            words = joined("; ", (words, trn("so is {number} more", "so are {number} more", len(others))))
        smaller = kind == "notice" and (first.share or 0) > NOTICE_HEIGHT
        hint = tr("write fewer words, or a smaller `height`") if smaller else tr("write fewer words")
        yield Problem(first.place, words, hint, Severity.WARNING)


def _without_font(texts: Sequence[DrawnText], letters: Letters) -> Iterator[Problem]:
    missing, lost, total, kinds = dict[str, None](), 0, 0, set[str]()
    first: Place | None = None
    for text in texts:
        found = set() if is_latin(text.text) else missing_glyphs(text.text, letters(text))
        total += sum(not character.isspace() for character in text.text)
        if found:
            hidden = [character for character in text.text if character in found]
            missing, lost = missing | dict.fromkeys(hidden), lost + len(hidden)
            first = first or text.place_of(hidden[0])
            kinds.add(text.kind)
    if first is not None:
        words, hint = without_font([*missing], lost, total, kinds)
        yield Problem(first, words, hint, Severity.WARNING)


def _is_cut_off(text: DrawnText, letters: Letters, size: tuple[int, int]) -> bool:
    if not text.is_long:
        return False
    own = letters(text)
    if text.share is None:
        return place_title(text.text, size, own, _look_of(text)).setting.cut_off
    share, notice = Fraction(text.share), text.kind == "notice"
    if surely_fits(text.text, share, size, own, notice=notice):
        return False
    return set_caption(text.text, share, size, own, notice=notice).cut_off


def _of(text: DrawnText, typography: Typography, root: Path) -> Typography:
    """The typography of one text: `zh` means every Chinese script, and leaves the choice to the film."""
    own = replace(typography, language=text.language if text.language not in {None, "zh"} else typography.language)
    return typography_of(_look_of(text), own, root)


def _look_of(text: DrawnText) -> TitleLook:
    """How a title is set; its colour and its fades take no room."""
    title = text.title
    if title is None:
        return TitleLook()
    font = None
    if title.font is not None:
        is_file = isinstance(title.font, FileSource)
        font = TitleFont(title.font.path if isinstance(title.font, FileSource) else title.font, is_file, "")
    return TitleLook(font, size=title.size, position=title.position)
