"""What is burned into a cut's picture: subtitles where they are wanted there, and the notice over its opening."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from wanflow import timing
from wanflow.media.captioning import Caption
from wanflow.media.jobs import ReadSubtitles
from wanflow.media.segment import Recipe, SegmentRecipe
from wanflow.media.typeset import missing_glyphs
from wanflow.planner.edit import Edit
from wanflow.runner.event import Warned
from wanflow.runner.montage import Montage
from wanflow.runner.parts import Parts


async def captions_of(edit: Edit, frames: int, rate: Fraction, parts: Parts) -> tuple[Caption, ...]:
    """All captions of a film of so many frames; raises MediaFault where subtitles can't be read."""
    found: list[Caption] = []
    for track in edit.cut.finish.subtitles:
        if track.burned:
            job = ReadSubtitles(parts.folder / track.source.path, frames, rate)
            found += await parts.jobs(job, parts.limiter)
    notice = edit.cut.finish.notice
    if notice is not None:
        shown = min(frames, timing.to_frames(notice.seconds, rate))
        found.append(Caption(notice.text, 0, shown, "top", notice.height))
    return tuple(found)


def warn_of_boxes(node: str, montage: Montage, parts: Parts) -> None:
    """Say once that the words drawn into a cut have characters that no font on this machine has."""
    drawn = {segment.recipe.key(): segment.recipe for segment in montage.segments}.values()
    words = "".join(words for recipe in drawn for words in _words(recipe))
    missing = sorted(missing_glyphs(words, font_files(montage.edit, parts)))
    if missing:
        shown = "".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        hint = "put one that has it into `fonts/`, or install one, e.g. Noto Sans CJK"
        parts.emit(Warned(f"no font here has `{shown}`, so boxes are drawn: {hint}", node))


def font_files(edit: Edit, parts: Parts) -> tuple[Path, ...]:
    """The fonts that the production brings."""
    return tuple(parts.folder / path for path, _ in edit.cut.finish.fonts)


def _words(recipe: Recipe) -> Iterator[str]:
    if not isinstance(recipe, SegmentRecipe):
        sides = (recipe.before, recipe.after)
        yield from (words for side in sides if side is not None for words in _words(side))
        yield from (caption.text for caption in recipe.captions)
        return
    yield from recipe.slate
    yield from (caption.text for caption in recipe.captions)
    if recipe.card is not None and recipe.card.text is not None:
        yield recipe.card.text
