"""The characters in the texts of cuts that no font on this machine has."""

from __future__ import annotations

from contextlib import suppress

from wanflow.errors import MediaFault
from wanflow.language.production import Cut, Production
from wanflow.media.text.layout import missing_glyphs
from wanflow.media.text.subtitle_file import read_lines
from wanflow.planner.cut import LATIN, drawn_texts


def missing_characters(production: Production, cut: Cut) -> frozenset[str]:
    """The characters in the texts of a cut, burned subtitles as well, that would be drawn as boxes here."""
    characters = set("".join(drawn_texts(production, cut)))
    for track in cut.finish.subtitles:
        if track.burned:
            with suppress(MediaFault, OSError):  # what is wrong with the file is a problem of its own
                characters.update(*(line.text for line in read_lines(production.folder / track.source.path)))
    fonts = tuple(production.folder / path for path, _ in cut.finish.fonts)
    return frozenset(missing_glyphs("".join(sorted(characters - LATIN)), fonts))
