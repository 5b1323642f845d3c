"""The texts that are drawn into a film: titles, slates, burned lines, the notice, and the prompts on cards."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from wanflow.language.production import Cut, CutItem, DrawnText, Production, Shot, SpokenLine
from wanflow.language.references import language_of
from wanflow.language.source import ShotSource
from wanflow.planner.plan import ON_SLATE
from wanflow.writing import ENGLISH, SIMPLIFIED, is_latin, language_of_text, script_language

CAPTION_CHARACTERS = 90
"""Maximum length of the prompt's beginning on a slate."""


def prompt_language(shot: Shot) -> str:
    """The likely language of a shot's prompt, one of `wanflow.writing`; a Chinese name makes no English one Chinese."""
    likely = language_of_text(shot.written)
    return ENGLISH if likely == SIMPLIFIED and language_of(shot.written) != "zh" else likely


def slate_words(shot: Shot) -> str:
    """The beginning of a shot's prompt, as its slate has it."""
    return " ".join(shot.written.split())[:CAPTION_CHARACTERS]


def lines_of(item: CutItem, shots: Mapping[str, Shot]) -> tuple[SpokenLine, ...]:
    """What is said in the shot of an item."""
    shot = shots.get(item.source.shot) if isinstance(item.source, ShotSource) else None
    return () if shot is None else shot.lines


def slate_line(line: SpokenLine, language: str | None) -> str:
    """A spoken line as a slate has it, with its speaker; `language` is the film's."""
    words = " ".join(line.text_for(language).split())
    return words if line.who is None else f"{line.who}: {words}"


def drawn_texts(production: Production, cut: Cut) -> Iterator[DrawnText]:
    """What is drawn into a cut beside subtitle files: title cards, slates, burned lines, the notice."""
    burned = [track.language for track in cut.finish.subtitles if track.burned and track.file is None]
    for item in cut.items:
        said = lines_of(item, production.shots)
        yield from (
            DrawnText(line.texts[language], line.places[language], "subtitle", language=language)
            for line in said
            for language in burned
            if language in line.texts
        )
        slated = item.slate and (production.provider.slated or item.takes_all)
        for place, title in item.titles:
            yield DrawnText(title.text, place, "title", title=title)
        if isinstance(item.source, ShotSource) and slated and item.source.shot in production.shots:
            yield from _slate_texts(production.shots[item.source.shot], cut, () if burned else said)
    notice = cut.finish.notice
    if notice is not None:
        yield DrawnText(notice.text, notice.place, "notice", notice.height)


def _slate_texts(shot: Shot, cut: Cut, said: Sequence[SpokenLine]) -> Iterator[DrawnText]:
    """What the slate of a shot has, and the lines that are said over it."""
    own = script_language(cut.finish.language) if cut.finish.language else prompt_language(shot)
    signs = "".join(ON_SLATE.get(own or "", ())).replace("{}", " ")
    yield DrawnText(f"{shot.name}{signs}", shot.place, "slate")
    yield from (DrawnText(slate_line(line, cut.finish.language), line.place, "slate") for line in said)
    yield _of_prompt(shot, slate_words(shot), "slate")


def card_texts(production: Production, shots: Container[str]) -> Iterator[DrawnText]:
    """The prompts on the animatic's cards, which shots without pictures and videos have; without those on slates."""
    on_slates = {
        item.source.shot
        for cut in production.cuts.values()
        for item in cut.items
        if item.slate and isinstance(item.source, ShotSource)
    }
    for name, shot in production.shots.items() if production.provider.slated else ():
        if name in shots and name not in on_slates and all(media.type.endswith("audio") for media in shot.media):
            yield _of_prompt(shot, shot.prompt or "", "card")


def _of_prompt(shot: Shot, text: str, kind: str) -> DrawnText:
    written = shot.origins.get("prompt")
    return DrawnText(text, shot.place if written is None else written.place, kind, written=written)


def is_drawn_anywhere(production: Production, cut: Cut) -> bool:
    """Whether every machine can draw the texts of a cut, with room; burned subtitle files are not known here."""
    burned = any(track.burned and track.file is not None for track in cut.finish.subtitles)
    texts = tuple(drawn_texts(production, cut))
    if any(text.title is not None and text.title.font is not None for text in texts):
        return False
    return not burned and is_latin("".join(text.text for text in texts)) and not any(text.is_long for text in texts)
