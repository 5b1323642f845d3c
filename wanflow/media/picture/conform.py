"""Segments: a clip, a picture or a title in the cut's shape, and the transitions between two of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import ffmpeg
from ffmpeg.nodes import FilterableStream
from PIL import Image

from wanflow import timebase
from wanflow.errors import MediaFault
from wanflow.language.production import TransitionKind
from wanflow.language.source import Facts
from wanflow.media import encoder
from wanflow.media.extract import (
    arguments_of,
    exact_sound,
    fed_pictures,
    fed_sound,
    filtered,
    paced_sound,
    require_zscale,
)
from wanflow.media.ffmpeg import path_argument, run_ffmpeg
from wanflow.media.inputs import OWN_TIMES, PICTURE_DEMUXER, generated_input, media_input, own_input
from wanflow.media.jobs import Job, OnProgress, RunningProcesses, Worker
from wanflow.media.join_checks import require_segment
from wanflow.media.look import Look
from wanflow.media.picture.card import draw_strip, fit_still
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe, fit_bars, fit_crop, slate_top
from wanflow.media.picture.still import moves
from wanflow.media.picture.title import Titles, draw_title, draw_words, overlay_titles, typography_of
from wanflow.media.pipe import Animation, Reel, writer_of
from wanflow.media.probe import Footage, examine
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.captions import draw_caption, overlay_captions
from wanflow.media.text.fonts import Ink, Typography
from wanflow.media.text.title_look import TitleOverlay
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

MICROSECONDS = 1_000_000

SILENCE = f"anullsrc=r={SAMPLE_RATE}:cl=stereo"
EDGE_SAMPLES = SAMPLE_RATE * 8 // 1000
"""Samples (8 ms) of the fade at a hard cut, where a sound would click (ffmpeg.md 3.3)."""

EARLY_SECONDS = Fraction(1, 1000)
"""How much too early a frame may be shown: at 24 frames a second none of 23.976 has to be shown twice at the start."""
EARLY_SHARE = 4
"""Divisor of a frame's length that limits it, at rates where a frame lasts about as long."""

DRAWN = Look("bt709", rgb=True)
"""How a picture looks that was drawn, or read by Pillow."""

Captions = Sequence[tuple[Caption, Path]]
"""Captions with their drawn pictures."""


@immutable
class ConformSegment(Job[Facts]):
    """Bring one clip or picture to a cut's shape; `source` is None for a title. `recipe.key()` names what comes out."""

    source: PurePath | None
    recipe: SegmentRecipe
    target: PurePath
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> Facts:
        """Write the segment, and measure what came out."""
        root, target = worker.root, worker.root / self.target
        source, fonts = _below(root, self.source), tuple(root / font for font in self.fonts)
        return conform(
            source, self.recipe, target, fonts=fonts, root=root, processes=worker.processes, progress=worker.progress
        )


@immutable
class JoinClips(Job[Facts]):
    """Make the transition between two clips; a file is None for a title, and where nothing comes before."""

    before: PurePath | None
    after: PurePath | None
    recipe: JoinRecipe
    target: PurePath
    fonts: tuple[PurePath, ...] = ()

    def perform(self, worker: Worker) -> Facts:
        """Write the transition, and measure what came out."""
        root, target = worker.root, worker.root / self.target
        sources, fonts = (
            (_below(root, self.before), _below(root, self.after)),
            tuple(root / font for font in self.fonts),
        )
        return blend(
            sources, self.recipe, target, fonts=fonts, root=root, processes=worker.processes, progress=worker.progress
        )


def _below(root: Path, file: PurePath | None) -> Path | None:
    return None if file is None else root / file


@immutable
class Side:
    """What a segment, or one side of a transition, is made from: measured footage, a drawn picture, or an animation.

    `strip` is the drawn slate, None for a clean picture. `words` are those of a card on which they fade. `second`:
    it is the later side. `fed` and `heard` are how many fed clips, and fed sounds, come before it.
    """

    recipe: SegmentRecipe
    footage: Footage | None = None
    picture: Path | None = None
    animation: Animation | None = None
    strip: Path | None = None
    words: Titles = ()
    second: bool = False
    fed: int = 0
    heard: int = 0

    @property
    def reels(self) -> list[Reel | Animation]:
        """What ffmpeg is fed of it: nothing where it can read the file itself, and for a picture."""
        recipe, footage = self.recipe, self.footage
        if self.animation is not None:
            return [self.animation]
        if footage is None or footage.plain:
            return []
        moments = (number / recipe.rate + EARLY_SECONDS for number in range(recipe.skip, recipe.skip + recipe.frames))
        pace = footage.rate * recipe.speed
        places = [recipe.first + min(recipe.count - 1, int(moment * pace)) for moment in moments]
        sound = _read_samples(recipe, footage) if footage.facts.samples and recipe.sounding else None
        fields = footage.look.interlaced
        return [Reel(footage.path, footage.clock, places, recipe.rate, sound, interlaced=fields)]

    @property
    def apart(self) -> Mapping[str, int]:
        """An option for inputs of the later side: ffmpeg-python takes equal inputs of two sides for one, and fails."""
        return {"stream_loop": 0} if self.second else {}


def conform(
    source: Path | None,
    recipe: SegmentRecipe,
    target: Path,
    *,
    processes: RunningProcesses,
    progress: OnProgress | None,
    fonts: tuple[Path, ...] = (),
    root: Path = Path(),
) -> Facts:
    """Write the segment that a recipe describes: a MOV of H.264 and exactly as much PCM sound (ffmpeg.md 3.4).

    A clip without sound, or with too little, gets silence. `source` is None for a title. `fonts` go before those of
    the machine, and titles name theirs below `root`. It is checked, which gives its facts. Raises MediaFault.
    """
    with replacing(target) as part, TemporaryDirectory(prefix="wanflow-") as folder:
        drawing = Drawing(Path(folder), (recipe.width, recipe.height), Typography(fonts, recipe.language), root)
        side = prepare(source, recipe, drawing, "clip")
        titles, captions = drawing.titles(recipe.titles), drawing.captions(recipe.captions)
        stdin = writer_of(side.reels)
        arguments = segment_arguments(side, captions, part, titles)
        run_ffmpeg(arguments, processes=processes, progress=progress, stdin=stdin)
        return require_segment(part, recipe)


def blend(
    sources: tuple[Path | None, Path | None],
    recipe: JoinRecipe,
    target: Path,
    *,
    processes: RunningProcesses,
    progress: OnProgress | None,
    fonts: tuple[Path, ...] = (),
    root: Path = Path(),
) -> Facts:
    """Write a transition: both clips for as long as it takes, as a segment of its own (ffmpeg.md 3.2).

    Of the two `sources` one is None for a title, and where there is nothing before. Gives its facts. Raises MediaFault.
    """
    with replacing(target) as part, TemporaryDirectory(prefix="wanflow-") as name:
        before, after = recipe.before, recipe.after
        drawing = Drawing(Path(name), (after.width, after.height), Typography(fonts, after.language), root)
        first = None if before is None else prepare(sources[0], before, drawing, "before")
        fed = [] if first is None else first.reels
        second = replace(
            prepare(sources[1], after, drawing, "after"),
            second=before is not None,
            fed=len(fed),
            heard=sum(isinstance(reel, Reel) and reel.sound is not None for reel in fed),
        )
        titles, captions = drawing.titles(recipe.titles), drawing.captions(recipe.captions)
        arguments = join_arguments(first, second, recipe, captions, part, titles)
        stdin = writer_of([*fed, *second.reels])
        run_ffmpeg(arguments, processes=processes, progress=progress, stdin=stdin)
        return require_segment(part, recipe)


@immutable
class Drawing:
    """Where and how the pictures of a segment are drawn: into `folder`, for a picture of `size`, with these letters.

    Fonts of titles are below `root`.
    """

    folder: Path
    size: tuple[int, int]
    typography: Typography
    root: Path

    def captions(self, captions: Sequence[Caption]) -> Captions:
        """The captions with their pictures."""
        files = [self.folder / f"caption{number}.png" for number in range(len(captions))]
        for caption, file in zip(captions, files, strict=True):
            draw_caption(caption, self.size, self.typography).save(file, "PNG")
        return list(zip(captions, files, strict=True))

    def titles(self, titles: Sequence[TitleOverlay], name: str = "title", ground: Ink | None = None) -> Titles:
        """The titles with their pictures, and where those lie; `ground` is that of a card, None over an item."""
        found = []
        for number, title in enumerate(titles):
            file = self.folder / f"{name}{number}.png"
            letters = typography_of(title.look, self.typography, self.root)
            picture, at = draw_words(title.text, self.size, letters, title.look, ground)
            picture.save(file, "PNG")
            found.append((title, file, at))
        return found


def prepare(source: Path | None, recipe: SegmentRecipe, drawing: Drawing, name: str) -> Side:
    """Measure the clip, or draw the picture, that a recipe speaks of."""
    size, strip, folder, typography = drawing.size, None, drawing.folder, drawing.typography
    if recipe.slate:
        strip = folder / f"{name}.slate.png"
        draw_strip(recipe.slate, size, typography).save(strip, "PNG")
    if recipe.card is None:
        return Side(recipe, footage=_footage(source, recipe), strip=strip)
    picture = folder / f"{name}.png"
    words, look = recipe.card.text, recipe.card.look
    if words is None and moves(_given(source)):
        played = Animation(_given(source), size, recipe.fit, recipe.skip, recipe.frames, recipe.rate, recipe.focus)
        return Side(recipe, animation=played, strip=strip)
    if words is None:
        drawn = fit_still(_given(source), size, recipe.fit, recipe.focus)
    elif look.fade:
        ground = recipe.card.background
        shown = TitleOverlay(words, look, 0, recipe.frames, recipe.count, recipe.skip)
        Image.new("RGB", size, ground).save(picture, "PNG")
        return Side(recipe, picture=picture, strip=strip, words=drawing.titles([shown], f"{name}.words", ground))
    else:
        drawn = draw_title(words, size, recipe.card.background, typography_of(look, typography, drawing.root), look)
    drawn.save(picture, "PNG")
    return Side(recipe, picture=picture, strip=strip)


def segment_arguments(side: Side, captions: Captions, target: Path, titles: Titles = ()) -> list[str]:
    """The arguments of the ffmpeg that makes a segment; pure."""
    video = overlay_titles(_with_slates(_picture(side), side), titles, side.recipe.rate)
    video = overlay_captions(video, captions).filter("setparams", **encoder.TAGS)
    sound, recipe = _sound(side), side.recipe
    edge = min(EDGE_SAMPLES, recipe.samples // 2)
    if recipe.opens:
        sound = sound.filter("afade", type="in", start_sample=0, nb_samples=edge)
    if recipe.closes and not recipe.stops:
        sound = sound.filter("afade", type="out", start_sample=recipe.samples - edge, nb_samples=edge)
    return _output(video, sound, recipe, target)


def join_arguments(
    before: Side | None, after: Side, recipe: JoinRecipe, captions: Captions, target: Path, titles: Titles = ()
) -> list[str]:
    """The arguments of the ffmpeg that makes a transition; pure."""
    if before is None:
        video = _picture(after).filter("fade", type="in", start_frame=0, nb_frames=recipe.frames)
        sound = _sound(after).filter("afade", type="in", start_sample=0, nb_samples=recipe.samples)
    elif (xfade := _xfade_of(recipe.kind)) is None:
        video, sound = _through_black(before, after, recipe)
    else:
        seconds = timebase.decimal_text(timebase.to_seconds(recipe.frames, recipe.rate))
        # what is fed has a clock of its own, and the filter takes one alone
        clock = {"expr": f"1/({timebase.rate_text(recipe.rate)})"}
        sides = [_picture(side).filter("settb", **clock) for side in (before, after)]
        video = ffmpeg.filter(sides, "xfade", transition=xfade, duration=seconds, offset=0)
        # the powers of both sounds add up to one
        curve = {"start_sample": 0, "nb_samples": recipe.samples, "curve": "qsin"}
        sounds = ((_sound(before), "out"), (_sound(after), "in"))
        sound = _mixed(*(sound.filter("afade", type=way, **curve) for sound, way in sounds))
    video = _with_slates(video, *((after,) if before is None else (before, after)))
    video = overlay_captions(overlay_titles(video, titles, recipe.rate), captions)
    video = video.filter("setparams", **encoder.TAGS)
    return _output(video, sound, recipe.after, target)


def _output(video: FilterableStream, sound: FilterableStream, recipe: SegmentRecipe, target: Path) -> list[str]:
    options = encoder.segment(recipe.rate, recipe.profile)
    return arguments_of(ffmpeg.output(video, sound, path_argument(target), **options, **OWN_TIMES))


def _xfade_of(kind: TransitionKind) -> str | None:
    """The name of a transition in ffmpeg's filter `xfade`, whose own `dissolve` is noise; None: through black."""
    match kind:
        case TransitionKind.DISSOLVE:
            return "fade"
        case TransitionKind.WIPE:
            return "wiperight"
        case TransitionKind.FADE | TransitionKind.CUT:
            return None


def _through_black(before: Side, after: Side, recipe: JoinRecipe) -> tuple[FilterableStream, FilterableStream]:
    """One side goes to black in the first half, the other comes out of it in the second."""
    half, middle = recipe.frames // 2, recipe.samples // 2
    out = _sound(before).filter("afade", type="out", start_sample=0, nb_samples=max(1, middle))
    come = _sound(after).filter("afade", type="in", start_sample=middle, nb_samples=recipe.samples - middle)
    later = _timed(_picture(after).filter("trim", start_frame=half), "PTS-STARTPTS", recipe.rate)
    later = later.filter("fade", type="in", start_frame=0, nb_frames=recipe.frames - half)
    if half == 0:
        return later, _mixed(out, come)
    earlier = _picture(before).filter("trim", end_frame=half)
    earlier = earlier.filter("fade", type="out", start_frame=0, nb_frames=half)
    both = ffmpeg.concat(earlier, later, v=1, a=0)
    # joining a single frame, the filter has to guess how long it lasts
    return _timed(both, f"N/({timebase.rate_text(recipe.rate)})/TB", recipe.rate), _mixed(out, come)


def _timed(video: FilterableStream, stamp: str, rate: Fraction) -> FilterableStream:
    """Frames at a rate under other stamps; ffmpeg 7 forgets the rate by that, and how long the last frame lasts."""
    return video.filter("setpts", stamp).filter("fps", fps=timebase.rate_text(rate))


def _mixed(one: FilterableStream, other: FilterableStream) -> FilterableStream:
    return ffmpeg.filter([one, other], "amix", inputs=2, duration="first", normalize=0)


def _picture(side: Side) -> FilterableStream:
    """The frames that a recipe shows, in the cut's size, rate and colours."""
    recipe = side.recipe
    if side.picture is not None or side.animation is not None:
        drawn = fed_pictures(side.fed, DRAWN) if side.picture is None else _png(side.picture, recipe.rate)
        video = filtered(drawn, DRAWN.filters(recipe.width, recipe.height))
    elif side.footage is not None:
        video = _moving(side, side.footage)
    else:
        raise MediaFault(tr("a segment of a clip needs the clip"))
    # what is fed begins with the first frame that is seen
    skip = 0 if side.reels else recipe.skip
    video = (
        video.filter("setsar", 1)
        .filter("tpad", stop_mode="clone", stop=-1)
        .filter("trim", start_frame=skip, end_frame=skip + recipe.frames)
    )
    return overlay_titles(_timed(video, "PTS-STARTPTS", recipe.rate), side.words, recipe.rate)


def _with_slates(video: FilterableStream, *sides: Side | None) -> FilterableStream:
    """A picture with the slate of its side; in a transition the later side's takes over in the middle.

    Mixed, two texts could not be read.
    """
    for side in sides:
        if side is None or side.strip is None:
            continue
        half = side.recipe.frames // 2
        shown = {"enable": f"gte(n,{half})" if side.second else f"lt(n,{half})"} if len(sides) > 1 else {}
        video = video.overlay(_png(side.strip), x=0, y=slate_top(side.recipe), **shown)
    return video


def _moving(side: Side, footage: Footage) -> FilterableStream:
    """The clip's own frames at the cut's rate, in its size and colours: at any moment the frame that the clip shows.

    Rounding up does just that; rounding to the nearest shows the second frame first when 60 frames become 24.
    """
    recipe, crops = side.recipe, side.recipe.fit == "crop"
    shape = (footage.facts.width, footage.facts.height, recipe.width, recipe.height)
    window = fit_crop(*shape, recipe.focus) if crops else fit_bars(*shape)
    if footage.plain:
        early = min(EARLY_SECONDS, 1 / (EARLY_SHARE * footage.rate))
        video = media_input(footage.path, footage.begin, **side.apart)[str(footage.picture)].filter(
            "trim", start_frame=recipe.first, end_frame=recipe.first + recipe.count
        )
        if recipe.played is not None:  # faster, the very last picture of the clip would not be reached
            video = video.filter("tpad", stop_mode="clone", stop=math.ceil(recipe.speed) + 1)
        video = (
            # pictures are counted, not timed: stamps wander
            video.filter("settb", expr=f"1/{MICROSECONDS}")
            .filter("setpts", f"N*{MICROSECONDS / (footage.rate * recipe.speed)}-{early * MICROSECONDS}")
            .filter("fps", fps=timebase.rate_text(recipe.rate), round="up")
        )
    else:
        video = fed_pictures(side.fed, footage.look)
    video = filtered(video, footage.look.filters(window.width, window.height))
    return video.filter("crop" if crops else "pad", recipe.width, recipe.height, window.left, window.top)


def _sound(side: Side) -> FilterableStream:
    """Exactly the samples beside a recipe's frames; silence where its source has none, and while a frame is held."""
    recipe, footage = side.recipe, side.footage
    if footage is None or not footage.facts.samples or not recipe.sounding:
        return generated_input(SILENCE, **side.apart).audio.filter("atrim", end_sample=recipe.samples)
    track, (begin, stop) = footage.sound, _read_samples(recipe, footage)
    if footage.plain:
        source = media_input(footage.path, footage.begin, **side.apart)[str(track.stream)]
        begin, stop = begin + footage.lead, stop + footage.lead
    else:  # what is fed begins with the first sample that is read
        source, begin, stop = fed_sound(side.heard, track), 0, stop - begin
    if recipe.speed == 1:
        sound = exact_sound(source, begin, recipe.samples, track.channels, stop=stop)
    else:
        whole = exact_sound(source, begin, stop - begin, track.channels)
        sound = paced_sound(whole, recipe.speed, recipe.begin, recipe.samples)
    if recipe.stops:
        edge = min(EDGE_SAMPLES, recipe.sounding)
        sound = sound.filter("afade", type="out", start_sample=recipe.sounding - edge, nb_samples=edge)
    return sound


def _read_samples(recipe: SegmentRecipe, footage: Footage) -> tuple[int, int]:
    """The first sample and the end of what is read of a clip's sound, counted at 48 kHz from its first picture.

    At another speed that is all of the clip's, so that the sounds of two segments of one clip fit together.
    """
    first, end = (timebase.to_samples(frame, footage.rate) for frame in (recipe.first, recipe.first + recipe.count))
    if recipe.speed != 1:
        return first, end
    begin = first + recipe.begin
    return begin, max(begin, min(begin + recipe.samples, end))


def _png(picture: Path, rate: Fraction | None = None) -> FilterableStream:
    timed = {} if rate is None else {"framerate": timebase.rate_text(rate)}
    return own_input(picture, PICTURE_DEMUXER, **timed).video


def _footage(source: Path | None, recipe: SegmentRecipe) -> Footage:
    footage = examine(_given(source))
    require_zscale(footage.path, footage.look)
    if recipe.first < 0 or recipe.count < 1 or recipe.first + recipe.count > footage.facts.frames:
        last = recipe.first + recipe.count - 1
        raise MediaFault(
            tr(
                "`{name}` has no frames {first} to {last}: it has {frames} frames",
                name=footage.path.name,
                first=recipe.first,
                last=last,
                frames=footage.facts.frames,
            )
        )
    return footage


def _given(source: Path | None) -> Path:
    if source is None:
        raise MediaFault(tr("a segment of a clip or a picture needs its file"))
    return source
