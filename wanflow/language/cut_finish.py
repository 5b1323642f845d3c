"""Read a cut, and the settings of the whole film: size, music, subtitles, loudness, encoding, labels."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from wanflow.boundary import Content
from wanflow.catalog.provider import Provider
from wanflow.characters import case_folded
from wanflow.language.cut_items import read_items, slate_of
from wanflow.language.cut_sounds import read_sounds
from wanflow.language.cut_titles import is_true, number_of
from wanflow.language.language_tags import language_in_name, read_language, unknown_language
from wanflow.language.output_paths import FILM, place_output
from wanflow.language.problem import Problem, Severity, defined_again
from wanflow.language.production import (
    AS_FIRST,
    RESULTS_FOLDER,
    Cut,
    CutFinish,
    CutItem,
    CutShape,
    Delivery,
    Form,
    Notice,
    Shot,
    ShotLines,
    SpokenLine,
    Subtitles,
    TitleCard,
)
from wanflow.language.scope import BasePath, Scope
from wanflow.language.source import ENCODINGS, FileSource, ShotSource
from wanflow.messages import joined, tr, trp
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.writing import (
    ENGLISH,
    FONT_FORMATS,
    HONG_KONG,
    JAPANESE,
    KOREAN,
    SIMPLIFIED,
    TRADITIONAL,
    language_of_text,
    script_language,
)
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

FONT_FOLDER = "fonts"
PROFILES = frozenset({"draft", "final"})
"""Encoder efforts."""

POSITIONS = ("bottom", "top")

NOTICES = {
    ENGLISH: "AI-generated",
    SIMPLIFIED: "AI生成",
    TRADITIONAL: "AI生成",
    HONG_KONG: "AI生成",
    JAPANESE: "AI生成",
    KOREAN: "AI 생성",
}
"""Words of the notice by language, where none are written."""
NOTICE_SECONDS, NOTICE_HEIGHT = Decimal(2), Decimal(5)
"""Minimum of the labelling rules: seconds, and percent of the picture's shorter side (ffmpeg.md 6)."""


@immutable
class FilmTexts:
    """What a production says of all its cuts: its `label:`, its language, its title, and all its prompts."""

    label: Node | None = None
    language: str | None = None
    title: str = ""
    prompts: str = ""


def read_cut(
    name: TextNode,
    node: Node,
    film: FilmTexts,
    out: str,
    provider: Provider,
    scope: Scope,
    shots: Mapping[str, Shot],
    problems: list[Problem],
) -> Cut:
    """A cut in its short or its long form; `film` is what the production says of all its cuts.

    `shots` are all that can be used; their lines may become its subtitles.
    """
    listed = node.find("items") if isinstance(node, MapNode) else node
    output = node.find("output") if isinstance(node, MapNode) else None
    nodes = listed.items if isinstance(listed, ListNode) else ()
    shape = read_shape(node, problems)
    items = read_items(nodes, scope, problems, slated=slate_of(node, default=True), crops=shape.fit == "crop")
    path = output.string if isinstance(output, TextNode) else f"{RESULTS_FOLDER}/{name.string}{FILM}"
    if isinstance(output, TextNode) and posixpath.splitext(path)[1].lower() != FILM:
        problems.append(
            Problem(
                output.place,
                tr("the output of a cut must be an {film} file, not `{path}`", film=FILM, path=path),
                tr("end it in `{film}`", film=FILM),
            )
        )
    titles = [title for item in items for _, title in item.titles]
    lines = lines_of_items(items, shots)
    finish = read_finish(node, film, titles, lines, provider.default_profile, scope, problems)
    written = output.place if isinstance(output, TextNode) else None
    deliveries = tuple(_deliveries(name.string, node, out, problems))
    return Cut(name.string, name.place, items, place_output(out, path), shape, finish, written, deliveries)


def _deliveries(cut: str, node: Node, out: str, problems: list[Problem]) -> Iterator[Delivery]:
    """The further files of a cut; names that are equal but for case are reported, since files are called by them."""
    written, seen = node.find("delivery") if isinstance(node, MapNode) else None, dict[str, TextNode]()
    for key, form in written.entries if isinstance(written, MapNode) else ():
        first = seen.setdefault(case_folded(key.string), key)
        if first is not key:
            problems.append(Problem(key.place, defined_again(key.string, first.string, first.place), tr("rename one")))
        elif isinstance(form, TextNode) and form.string in {*Form}:
            kind = Form(form.string)
            output = place_output(out, f"{RESULTS_FOLDER}/{cut}.{key.string}{kind.suffix}")
            yield Delivery(key.string, kind, output, key.place)


def read_finish(
    node: Node,
    film: FilmTexts,
    titles: Sequence[TitleCard],
    lines: Sequence[SpokenLine] | None,
    default_profile: str,
    scope: Scope,
    problems: list[Problem],
) -> CutFinish:
    """The settings of the whole film, which has these title cards. Invalid ones are reported and left out.

    `lines` are what is said in its shots, None where one of these has a reported problem.
    """
    base = scope.base
    fonts = _fonts(Place(node.place.file, 1, 1), base, problems)
    subtitles = node.find("subtitles") if isinstance(node, MapNode) else None
    listed = subtitles.items if isinstance(subtitles, ListNode) else () if subtitles is None else (subtitles,)
    tracks = tuple(track for each in listed for track in _tracks(each, lines, base, problems))
    labelled, notice = _label(film, [title.text for title in titles], tracks)
    plain = CutFinish(profile=default_profile, labelled=labelled, notice=notice, fonts=fonts, language=film.language)
    named = {each.font: (each.font_at or node.place, each.font) for each in titles if isinstance(each.font, FileSource)}
    plain = replace(plain, title_fonts=tuple(named.values()))
    if not isinstance(node, MapNode):
        return plain
    profile = node.find("profile")
    return replace(
        plain,
        music=read_sounds(node.find("music"), scope, problems),
        audio=read_sounds(node.find("audio"), scope, problems),
        subtitles=tracks,
        loudness=number_of(node, "loudness"),
        profile=profile.string if isinstance(profile, TextNode) and profile.string in PROFILES else plain.profile,
    )


def _fonts(place: Place, base: BasePath, problems: list[Problem]) -> tuple[tuple[str, int], ...]:
    """The fonts beside the production, with their bytes; one that may not be opened is reported and left out."""
    found = list[tuple[str, int]]()
    refusal = base.boundary.refusal(FONT_FOLDER, Content.MEDIA)
    if refusal is not None:
        problems.append(
            Problem(
                place,
                tr("the folder `{font_folder}` {words}", font_folder=FONT_FOLDER, words=refusal.words),
                refusal.hint,
            )
        )
        return ()
    with suppress(OSError):
        for file in sorted((base.root / FONT_FOLDER).iterdir()):
            name = f"{FONT_FOLDER}/{file.name}"
            if file.suffix.lower() not in FONT_FORMATS:
                continue
            refusal = base.boundary.refusal(name, Content.MEDIA)
            if refusal is None:
                found.append((name, file.stat().st_size))
            else:
                problems.append(
                    Problem(place, tr("the font `{name}` {words}", name=name, words=refusal.words), refusal.hint)
                )
    return tuple(found)


MAX_LINES = 20_000
"""Maximum lines of all shots in a cut with a track of lines: as many as a subtitle file has at most."""


def lines_of_items(items: Sequence[CutItem], shots: Mapping[str, Shot]) -> tuple[SpokenLine, ...] | None:
    """The lines of a cut's shots, in order; None where one of these cannot be used, which is reported.

    Those beyond one more than MAX_LINES are left out.
    """
    named = [item.source.shot for item in items if isinstance(item.source, ShotSource)]
    if any(name not in shots for name in named):
        return None
    return tuple(islice((line for name in named for line in shots[name].lines), MAX_LINES + 1))


def _tracks(
    node: Node, lines: Sequence[SpokenLine] | None, base: BasePath, problems: list[Problem]
) -> Iterator[Subtitles]:
    """The subtitles that one value names: a file, or the lines of the shots, in each language that they have."""
    asked = node.find("lines") if isinstance(node, MapNode) else node
    if not isinstance(asked, TextNode) or (asked is node and asked.string != "lines"):
        yield from _file_tracks(node, base, problems)
        return
    track = Subtitles(ShotLines(None), asked.place)
    chosen: TextNode | None = None
    if isinstance(node, MapNode):
        for key in (key for name in ("language", "encoding") if (key := node.key(name)) is not None):
            message = tr("`{name}` is of subtitle files only", name=key.string)
            problems.append(Problem(key.place, message, tr("the lines are written in the production: remove it")))
        track, chosen = _burned(track, node, problems), None if asked.value is True else asked
    if lines is not None:
        yield from _line_tracks(track, chosen, lines, problems)


def _line_tracks(
    track: Subtitles, chosen: TextNode | None, lines: Sequence[SpokenLine], problems: list[Problem]
) -> Iterator[Subtitles]:
    """The tracks of a cut's lines like `track`: in the `chosen` language, or one in each that they have."""
    if len(lines) > MAX_LINES:
        message = tr("the shots of the cut have more than {most} lines", most=MAX_LINES)
        problems.append(Problem(track.place, message, tr("split the cut")))
        return
    languages = dict.fromkeys(language for line in lines for language in line.texts)
    if chosen is None and not languages:
        hint = tr("write `lines` in a shot: `lines: [{at: 0.5, to: 2, text: …}]`")
        message = tr("no shot of the cut has `lines`, so there are no subtitles")
        problems.append(Problem(track.place, message, hint, Severity.WARNING))
    for language in languages if chosen is None else _chosen_language(chosen, languages, problems):
        message = tr("the line has no text in {language}", language=_named(language))
        problems += (
            Problem(line.place, message, tr("its subtitles lack it"), Severity.WARNING)
            for line in lines
            if language not in line.texts
        )
        yield replace(track, source=ShotLines(language), language=language)


def _chosen_language(
    asked: TextNode, languages: Collection[str | None], problems: list[Problem]
) -> tuple[str | None, ...]:
    """The language of lines that is asked for, or the only one of it with a script or a region; none with a problem."""
    tag = read_language(asked.string)
    near = [each for each in languages if tag is not None and each is not None and each.startswith(f"{tag}-")]
    if tag is not None and (tag in languages or len(near) == 1):
        return (tag,) if tag in languages else (near[0],)
    known = joined(", ", map(_named, languages))
    hint: str = tr("their languages: {known}", known=known) if languages else tr("no shot of the cut has `lines`")
    if None in languages:
        hint = tr("{hint}; the film's own is the key `language` at the top", hint=hint)
    message = tr("no line of the cut is in `{name}`", name=asked.string)
    problems.append(Problem(asked.place, message, hint))
    return ()


def _named(language: str | None) -> str:
    return trp("language", "unknown") if language is None else f"`{language}`"


def _file_tracks(node: Node, base: BasePath, problems: list[Problem]) -> Iterator[Subtitles]:
    """Subtitles from a file, with the default of what is reported as invalid; none without a file."""
    named = _file(node, base, Content.TEXT)
    if named is None:
        return
    source, place = named
    track = Subtitles(source, place, language_in_name(source.path))
    if not isinstance(node, MapNode):
        yield track
        return
    language, encoding = (node.find(key) for key in ("language", "encoding"))
    if isinstance(language, TextNode):
        track = replace(track, language=read_language(language.string))
        if track.language is None:
            problems.append(unknown_language(language))
    if isinstance(encoding, TextNode):
        source = replace(source, encoding=encoding.string)
        track = replace(track, source=source)
        if source.codec is None:
            known = ", ".join(ENCODINGS)
            hint = tr("leave it out to have it recognised, or write one of {known}", known=known)
            problems.append(Problem(encoding.place, tr("unknown encoding `{name}`", name=encoding.string), hint))
    yield _burned(track, node, problems)


def _burned(track: Subtitles, node: MapNode, problems: list[Problem]) -> Subtitles:
    """Subtitles with what their mapping says of burning them in."""
    track = replace(track, burned=is_true(node, "burn"))
    key, position = node.key("position"), node.find("position")
    if key is None or not isinstance(position, TextNode):
        return track
    if not track.burned:
        hint = tr("add `burn: true`: players place the subtitles of a track themselves")
        problems.append(Problem(key.place, tr("`position` is of burned subtitles only"), hint))
    return replace(track, position=_position(position, problems))


def _position(node: TextNode, problems: list[Problem]) -> str | Decimal:
    """Where burned subtitles are: by name, or as a share of the height; `bottom` where it is invalid."""
    share = node.value
    if share in POSITIONS:
        return node.string
    if isinstance(share, int | Decimal) and not isinstance(share, bool) and 0 <= share <= 1:
        return Decimal(share)
    hint = tr("write `top`, `bottom`, or a share of the height from 0 (top) to 1 (bottom), e.g. `0.8`")
    problems.append(Problem(node.place, tr("unknown position `{name}`", name=node.string), hint))
    return "bottom"


def _label(film: FilmTexts, titles: Sequence[str], tracks: Sequence[Subtitles]) -> tuple[bool, Notice | None]:
    """Whether the metadata of a cut say that it is made by AI, and the notice over its opening."""
    node, words = film.label, NOTICES[_spoken(film, titles, tracks)]
    if not isinstance(node, MapNode):
        return True, None
    wanted, notice = node.find("metadata"), node.find("opening_notice")
    labelled = not (isinstance(wanted, TextNode) and wanted.value is False)
    if isinstance(notice, MapNode):
        written, seconds, height = notice.find("text"), number_of(notice, "seconds"), number_of(notice, "height")
        text, place = words, notice.place
        if isinstance(written, TextNode) and written.string.strip():
            text, place = written.string, written.place
        return labelled, Notice(text, seconds or NOTICE_SECONDS, height or NOTICE_HEIGHT, place)
    if not isinstance(notice, TextNode) or notice.value in {None, False}:
        return labelled, None
    text = notice.string if isinstance(notice.value, str) and notice.string.strip() else words
    return labelled, Notice(text, NOTICE_SECONDS, NOTICE_HEIGHT, notice.place)


def _spoken(film: FilmTexts, titles: Sequence[str], tracks: Sequence[Subtitles]) -> str:
    """The language that a film is in: as written, else that of its titles, its subtitles, its prompts."""
    if film.language is not None:
        return script_language(film.language) or ENGLISH
    shown = " ".join((film.title, *titles))
    if any(map(str.isalpha, shown)):
        return language_of_text(shown)
    named = [track.language for track in tracks if track.language is not None]
    return script_language(named[0]) or ENGLISH if named else language_of_text(film.prompts)


def _file(node: Node | None, base: BasePath, content: Content) -> tuple[FileSource, Place] | None:
    written = node.find("file") if isinstance(node, MapNode) else node
    if not isinstance(written, TextNode) or not written.string:
        return None
    return FileSource(base.path(written.text, content)), written.place


BROADCAST = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
"""Broadcast rates by their short form: they mean n/1001."""
SIDES = range(16, 8193, 2)
"""Pixels of a side: H.264 in yuv420p needs an even number."""
MAX_RATE = 120
"""Maximum frames a second."""

_SIZE = pattern(r"([0-9]{1,5})x([0-9]{1,5})")
_TIMES = pattern(r"\s*[×✕*X]\s*")


def _sides(size: TextNode, problems: list[Problem]) -> tuple[int, int] | None:
    """Width and height in pixels; None, and a problem, for anything else."""
    found = _SIZE.fullmatch(size.string)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if sides[0] in SIDES and sides[1] in SIDES:
        return sides
    meant = _TIMES.sub("x", size.string)
    mended = found is None and _SIZE.fullmatch(meant) is not None
    message = tr("`size` must be width x height in even numbers of pixels, not `{name}`", name=size.string)
    hint = tr("write `{value}`", value=meant) if mended else tr("e.g. `1280x720`")
    problems.append(Problem(size.place, message, hint))
    return None


def read_shape(node: Node, problems: list[Problem]) -> CutShape:
    """The size, rate and fit of a cut in its long form; invalid ones are reported and left at the default."""
    if not isinstance(node, MapNode):
        return AS_FIRST
    size, fps, fit = (node.find(key) for key in ("size", "fps", "fit"))
    sides, rate = _sides(size, problems) if isinstance(size, TextNode) else None, None
    if isinstance(fps, TextNode):
        number = fps.value
        rate = Fraction(number) if isinstance(number, int | Decimal) and not isinstance(number, bool) else Fraction(0)
        rate = BROADCAST.get(fps.string, rate)
        if not 1 <= rate <= MAX_RATE:
            message = tr(
                "`fps` must be 1 to {max_rate} frames a second, not `{name}`", max_rate=MAX_RATE, name=fps.string
            )
            problems.append(Problem(fps.place, message, tr("e.g. `24`, or `23.976`")))
            rate = None
    return CutShape(sides, rate, fit.string if isinstance(fit, TextNode) else AS_FIRST.fit)
