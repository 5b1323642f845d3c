"""The scenes that an animatic is made of: each puts pictures and clips on a shoot and names the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wanflow.emulator.film.camera import FPS, Aim, dissolve, push, settle, still
from wanflow.emulator.film.frame_size import Size
from wanflow.emulator.film.grade import Grade
from wanflow.emulator.film.inputs import InputVideo
from wanflow.emulator.film.picture import Box
from wanflow.emulator.film.shoot import FilmCommand

SCALER = "flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
LANDING = 0.45
"""Where in a film the last frame begins to appear, as a part of what is free to move."""

RAIN_SPEED = 0.045
SNOW_SPEED = 0.004
"""How much of the frame's height falls in one frame."""


def from_picture(shoot: FilmCommand, picture: Path, aim: Aim) -> str:
    """Starts exactly on a picture and pushes slowly towards the aim."""
    source = f"{shoot.load(picture)}:v"
    return shoot.chain([source], f"{still(shoot.frames)},{push(aim, 0, shoot.frames - 1)}")


def going_on(shoot: FilmCommand, clip: InputVideo, number: int, aim: Aim) -> str:
    """The clip's own frames, then a slow push from the last of them; a clip that is longer is cut."""
    old = min(clip.frames, shoot.frames)
    more = shoot.frames - old
    held = f",tpad=stop_mode=clone:stop={more},{push(aim, old - 1, shoot.frames - 1)}" if more else ""
    return shoot.chain([f"{number}:v:0"], f"{conform(shoot.size, old)}{held}")


def landing(shoot: FilmCommand, base: str, picture: Path, aim: Aim, *, free_from: int = 0) -> str:
    """Dissolves what was there into a picture and comes to rest exactly on it in the last frame.

    Frames before `free_from` stay as they are.
    """
    free = shoot.frames - free_from
    start = free_from + int(free * LANDING)
    rest = shoot.frames - start
    arrive = f"{still(rest)},{settle(aim, 0, rest - 1)},{dissolve(0, rest * 3 // 5)}"
    top = shoot.chain([f"{shoot.load(picture)}:v"], f"{arrive},setpts=PTS+{start}/({FPS}*TB)")
    return shoot.chain([base, top], "overlay=format=yuv420")


def opening(shoot: FilmCommand, first: str, then: str) -> str:
    """A scene that gives way to another within its second second."""
    top = shoot.chain([then], dissolve(FPS, FPS * 2))
    return shoot.chain([first, top], "overlay=format=yuv420")


def gathering(shoot: FilmCommand, board: Path, moving: Sequence[tuple[InputVideo, Box]], aim: Aim) -> str:
    """A board of references with the videos moving behind its holes, and a slow push over all of it."""
    source = f"{shoot.load(board)}:v"
    if not moving:
        return shoot.chain([source], f"{still(shoot.frames)},{push(aim, 0, shoot.frames - 1)}")
    width, height = shoot.size
    under = shoot.chain([], f"color=black:s={width}x{height}:r={FPS},trim=end_frame={shoot.frames},format=yuv420p")
    for clip, box in moving:
        number = shoot.load(clip.path, "-stream_loop", "-1")
        shown = shoot.chain([f"{number}:v:0"], conform((box.width, box.height), shoot.frames))
        under = shoot.chain([under, shown], f"overlay=x={box.left}:y={box.top}:format=yuv420")
    over = shoot.chain([source], laid(shoot.frames))
    return shoot.chain([under, over], f"overlay=format=yuv420,{push(aim, 0, shoot.frames - 1)}")


def graded(shoot: FilmCommand, number: int, grade: Grade, veil: Path, falling: Path | None) -> str:
    """A clip under a grade, a veil, and rain or snow where it falls."""
    seen = shoot.chain([f"{number}:v:0"], f"{conform(shoot.size, shoot.frames)},{grade.filter}")
    if falling is not None:
        speed = RAIN_SPEED if grade.weather == "rain" else SNOW_SPEED
        drops = shoot.chain([f"{shoot.load(falling)}:v"], f"{laid(shoot.frames)},scroll=vertical={-speed}")
        seen = shoot.chain([seen, drops], "overlay=format=yuv420")
    over = shoot.chain([f"{shoot.load(veil)}:v"], laid(shoot.frames))
    return shoot.chain([seen, over], "overlay=format=yuv420")


def marked(shoot: FilmCommand, base: str, mark: Path) -> str:
    """A scene with a picture held over all of it."""
    over = shoot.chain([f"{shoot.load(mark)}:v"], laid(shoot.frames))
    return shoot.chain([base, over], "overlay=format=yuv420")


def conform(size: Size, frames: int) -> str:
    """A clip at 30 frames a second from its first frame on, filling the size; untouched where it has both."""
    width, height = size
    return (
        f"setpts=PTS-STARTPTS,fps={FPS},"
        f"scale={width}:{height}:force_original_aspect_ratio=increase:out_range=tv:{SCALER},"
        f"crop={width}:{height},setsar=1,format=yuv420p,"
        f"tpad=stop_mode=clone:stop=-1,trim=end_frame={frames},setpts=N/({FPS}*TB)"
    )


def laid(frames: int) -> str:
    """A picture with transparency held over other streams."""
    return (
        f"format=rgba,scale=out_color_matrix=bt709:out_range=tv:{SCALER},format=yuva420p,"
        f"loop=loop=-1:size=1,trim=end_frame={frames},setpts=N/({FPS}*TB),setsar=1"
    )
