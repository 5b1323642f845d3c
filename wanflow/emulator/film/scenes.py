"""The scenes of final films as ffmpeg filters: each adds media to a command, and returns its output's name.

Zooms are sub-pixel, so that a slow one does not shake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Protocol

from wanflow.emulator.film.command import FPS, DrawnPicture, FilmCommand, InputVideo, PixelSize
from wanflow.emulator.film.drawing import Box, EditLook
from wanflow.records import immutable

MOTION_FPS = FPS // 2
"""Pictures a second of a zoom into a still: each moves it by about a pixel, and takes longer than all else."""

SCALER = "flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
STILL = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact,format=yuv420p"
LAST_FRAME_SHARE = 0.45
"""Share of the frames that may change after which the last frame begins to appear."""

USUAL_FRAMES = FPS * 5
"""Maximum frames of a film whose zoom goes as far as its target says; the zoom of a longer one goes further."""
MOST_MARGIN = 0.3
"""Maximum margin of a zoom that goes further."""
RAMP_FRAMES = MOTION_FPS // 2
"""Moves in which a zoom reaches its speed, and in which it stops."""

TURN, ZOOM_LEFT = 0.65, 0.25
"""Share of a continuation after which its zoom turns back, and share of the zoom that it has left at its end."""

RAIN_SPEED = 0.045
SNOW_SPEED = 0.004
"""Share of the frame's height that falls from one frame to the next."""


@immutable
class ZoomTarget:
    """Where a zoom goes: a point of the picture (0 to 1 across and down), and the share of the sides that it cuts.

    Where it `grows`, the zoom of a longer film goes further.
    """

    across: float
    down: float
    margin: float
    grows: bool = True


BOARD_TARGET = ZoomTarget(across=0.5, down=0.5, margin=0.05, grows=False)
"""A zoom that stays within the gap around a board, so that it cuts no reference."""


class Scenes(Protocol):
    """What the scenes of a grade are made by: this module for final films, `draft` for drafts."""

    def from_picture(self, command: FilmCommand, picture: DrawnPicture, target: ZoomTarget) -> str:
        """Starts exactly on a picture, and moves."""
        ...

    def continue_clip(self, command: FilmCommand, clip: InputVideo, number: int, target: ZoomTarget) -> str:
        """The clip's own frames, then movement over the last of them; a clip that is longer is cut."""
        ...

    def end_on_picture(
        self, command: FilmCommand, base: str, picture: DrawnPicture, target: ZoomTarget, *, free_from: int = 0
    ) -> str:
        """Dissolves into a picture, which the last frame is; frames before `free_from` stay as they are."""
        ...

    def dissolve(self, command: FilmCommand, first: str, second: str) -> str:
        """A scene that dissolves into another one after its first second."""
        ...

    def show_board(self, command: FilmCommand, board: DrawnPicture, videos: Sequence[tuple[InputVideo, Box]]) -> str:
        """A board of references, with the videos playing in their boxes."""
        ...

    def edit_clip(
        self,
        command: FilmCommand,
        clip: InputVideo,
        number: int,
        look: EditLook,
        over: DrawnPicture | None,
        precipitation: DrawnPicture | None,
    ) -> str:
        """A clip under a look, with rain or snow where a picture of it is given, and `over` it another one."""
        ...

    def overlay_picture(self, command: FilmCommand, base: str, picture: DrawnPicture) -> str:
        """A scene with a picture over all of its frames."""
        ...


def choose_target(seed: int) -> ZoomTarget:
    """A target near the middle, different from seed to seed."""
    dice = Random(seed)  # noqa: S311 - a choice of framing
    across, down = round(dice.uniform(0.3, 0.7), 3), round(dice.uniform(0.35, 0.65), 3)
    return ZoomTarget(across, down, round(dice.uniform(0.08, 0.12), 3))


def from_picture(command: FilmCommand, picture: DrawnPicture, target: ZoomTarget) -> str:
    """Starts exactly on a picture and zooms in slowly."""
    source = command.add_picture(picture)
    return command.add_filter([source], f"{STILL},{_zoomed(command.frames, target, _eased)}")


def continue_clip(command: FilmCommand, clip: InputVideo, number: int, target: ZoomTarget) -> str:
    """The clip's own frames, then a slow zoom into the last of them and back; a clip that is longer is cut."""
    own = min(clip.frames, command.frames)
    more = command.frames - own
    source, seen = f"{number}:{clip.picture}", fit_clip(command.size, own)
    shown = command.add_filter([source], seen)
    if not more:
        return shown
    # the clip's last frame is the one before the zoom's first
    zoom = _zoomed(more, target, lambda start, end: _in_and_back(start - 1, end))
    held = command.add_filter([source], f"{seen},trim=start_frame={own - 1},{zoom}")
    return command.add_filter([shown, held], "concat")


def end_on_picture(
    command: FilmCommand, base: str, picture: DrawnPicture, target: ZoomTarget, *, free_from: int = 0
) -> str:
    """Dissolves a scene into a picture, which is reached exactly in the last frame.

    Frames before `free_from` stay as they are.
    """
    start = free_from + int((command.frames - free_from) * LAST_FRAME_SHARE)
    rest = command.frames - start
    zoom_out = _zoomed(rest, target, lambda begin, end: f"(1-{_eased(begin, end)})")
    arrival = f"{STILL},{zoom_out},{fade_in(0, rest * 3 // 5)},setpts=PTS+{start}/({FPS}*TB)"
    top = command.add_filter([command.add_picture(picture)], arrival)
    return command.add_filter([base, top], "overlay=format=yuv420")


def dissolve(command: FilmCommand, first: str, second: str) -> str:
    """A scene that dissolves into another one between its first and its second second."""
    top = command.add_filter([second], fade_in(FPS, FPS * 2))
    return command.add_filter([first, top], "overlay=format=yuv420")


def show_board(command: FilmCommand, board: DrawnPicture, videos: Sequence[tuple[InputVideo, Box]]) -> str:
    """A board of references, with the videos playing behind its holes, and a slow zoom over all of it."""
    source = command.add_picture(board)
    if not videos:
        return command.add_filter([source], f"{STILL},{_zoomed(command.frames, BOARD_TARGET, _eased)}")
    width, height = command.size
    black = f"color=black:s={width}x{height}:r={FPS},trim=end_frame={command.frames},format=yuv420p"
    under = command.add_filter([], black)
    for clip, box in videos:
        number = command.add_media(clip.path, endless=True)
        shown = command.add_filter([f"{number}:{clip.picture}"], fit_clip((box.width, box.height), command.frames))
        under = command.add_filter([under, shown], f"overlay=x={box.left}:y={box.top}:format=yuv420")
    over = command.add_filter([source], loop_overlay(command.frames))
    zoom = _zoom(BOARD_TARGET, _eased(0, command.frames - 1))
    return command.add_filter([under, over], f"overlay=format=yuv420,{zoom}")


def edit_clip(
    command: FilmCommand,
    clip: InputVideo,
    number: int,
    look: EditLook,
    over: DrawnPicture | None,
    precipitation: DrawnPicture | None,
) -> str:
    """A clip under a look and a vignette (`over`), with rain or snow where a picture of it is given."""
    seen = command.add_filter([f"{number}:{clip.picture}"], f"{fit_clip(command.size, command.frames)},{look.filter}")
    if precipitation is not None:
        speed = RAIN_SPEED if look.precipitation == "rain" else SNOW_SPEED
        falling = f"{loop_overlay(command.frames)},scroll=vertical={-speed}"
        drops = command.add_filter([command.add_picture(precipitation)], falling)
        seen = command.add_filter([seen, drops], "overlay=format=yuv420")
    return seen if over is None else overlay_picture(command, seen, over)


def overlay_picture(command: FilmCommand, base: str, picture: DrawnPicture) -> str:
    """A scene with a picture over all of its frames."""
    over = command.add_filter([command.add_picture(picture)], loop_overlay(command.frames))
    return command.add_filter([base, over], "overlay=format=yuv420")


def fit_clip(size: PixelSize, frames: int, *, rate: int = FPS, scaler: str = SCALER) -> str:
    """A clip at `rate` frames a second from its first frame on, filling the size; untouched where it has both."""
    width, height = size
    return (
        f"setpts=PTS-STARTPTS,fps={rate},"
        f"scale={width}:{height}:force_original_aspect_ratio=increase:out_range=tv:{scaler},"
        f"crop={width}:{height},setsar=1,format=yuv420p,"
        f"tpad=stop_mode=clone:stop=-1,trim=end_frame={frames},setpts=N/({rate}*TB)"
    )


def _zoomed(frames: int, target: ZoomTarget, amount: Callable[[int, int], str]) -> str:
    """One picture for a number of frames, under a zoom whose `amount` goes from the first to the last of them."""
    moves = -(-frames * MOTION_FPS // FPS)
    return (
        f"loop=loop=-1:size=1,trim=end_frame={moves},setpts=N/({MOTION_FPS}*TB),setsar=1,"
        f"{_zoom(_further(target, frames), amount(0, moves - 1))},"
        f"fps={FPS},tpad=stop_mode=clone:stop=-1,trim=end_frame={frames},setpts=N/({FPS}*TB)"
    )


def _further(target: ZoomTarget, frames: int) -> ZoomTarget:
    """A target that a longer film reaches at a speed that is still seen."""
    if not target.grows:
        return target
    return replace(target, margin=min(target.margin * max(frames / USUAL_FRAMES, 1), MOST_MARGIN))


def loop_overlay(frames: int, *, rate: int = FPS) -> str:
    """A picture with transparency for a number of frames."""
    return (
        f"format=rgba,scale=out_color_matrix=bt709:out_range=tv:{SCALER},format=yuva420p,"
        f"loop=loop=-1:size=1,trim=end_frame={frames},setpts=N/({rate}*TB),setsar=1"
    )


def fade_in(start: int, end: int) -> str:
    """Lets a stream with transparency appear between two frames."""
    return f"format=yuva420p,fade=t=in:alpha=1:start_frame={start}:nb_frames={max(end - start, 1)}"


def _eased(start: int, end: int) -> str:
    """Amount of a zoom between two frames: the picture is untouched up to `start`, and stays from `end` on."""
    return f"(st(0,{_progress(start, end)})*0+{_ramped('ld(0)', end - start)})"


def _in_and_back(start: int, end: int) -> str:
    """Amount of a zoom that goes to its target and most of the way back between two frames, as `_eased` does.

    A chain of continuations would otherwise zoom into a few pixels, whose colours are not those of its first shot.
    """
    way = f"st(1,if(lt(ld(0),{TURN}),ld(0)/{TURN},(1-ld(0))/(1-{TURN})))*0"
    ramped = f"({way}+{_ramped('ld(1)', int((end - start) * (1 - TURN)))})"
    back = f"{ZOOM_LEFT}+(1-{ZOOM_LEFT})*{ramped}"
    return f"(st(0,{_progress(start, end)})*0+if(lt(ld(0),{TURN}),{ramped},{back}))"


def _progress(start: int, end: int) -> str:
    """The time between two frames, from 0 to 1."""
    # the filter counts its first frame as 1
    return f"clip((on-1-{start})/{max(end - start, 1)},0,1)"


def _ramped(progress: str, frames: int) -> str:
    """The way of what starts and stops gently, and goes at one speed between, so that it is seen to move throughout."""
    ramp = min(RAMP_FRAMES / max(frames, 1), 0.5)
    ends = f"{2 * ramp * (1 - ramp):.6f}"
    start, stop = f"{progress}*{progress}/{ends}", f"1-(1-{progress})*(1-{progress})/{ends}"
    steady = f"({progress}-{ramp / 2:.6f})/{1 - ramp:.6f}"
    return f"if(lt({progress},{ramp:.6f}),{start},if(gt({progress},{1 - ramp:.6f}),{stop},{steady}))"


def _zoom(target: ZoomTarget, amount: str) -> str:
    margin, across, down = target.margin, target.across, target.down
    left, right = f"W*{margin * across:.5f}*{amount}", f"W*{margin * (1 - across):.5f}*{amount}"
    top, bottom = f"H*{margin * down:.5f}*{amount}", f"H*{margin * (1 - down):.5f}*{amount}"
    corners = {
        "x0": left, "y0": top, "x1": f"W-{right}", "y1": top,
        "x2": left, "y2": f"H-{bottom}", "x3": f"W-{right}", "y3": f"H-{bottom}",
    }  # fmt: skip
    sides = ":".join(f"{name}='{text}'" for name, text in corners.items())
    return f"perspective={sides}:interpolation=linear:eval=frame"
