"""The scenes of a draft: those of `scenes`, made so that few pixels change and none is scaled for its movement.

A still is panned by whole pixels, beyond its edges into their mirror image. The encoder finds each picture in the one
before, which costs it little. There are `RATE` pictures a second, and `repetition` makes two frames of each.
"""

from __future__ import annotations

from collections.abc import Sequence

from wanflow.emulator.film.command import FPS, DrawnPicture, FilmCommand, InputVideo, PixelSize
from wanflow.emulator.film.drawing import Box, EditLook
from wanflow.emulator.film.scenes import (
    RAIN_SPEED,
    SNOW_SPEED,
    STILL,
    ZoomTarget,
    fade_in,
    fit_clip,
    loop_overlay,
)

PAN_SHARE = 0.08
"""Share of the width that a pan reaches."""
BOARD_SHARE = 0.035
"""Share of the width that a pan over a board reaches: within the gap around it, so that it cuts no reference."""
SPEED = 1 / 64
"""Share of the width that a pan moves in a second: at 1280 pixels ten steps, since colours allow even pixels only."""
SOFTNESS = 0.99
"""How sharply a pan turns: 1 is at once, and near 0 is a cosine, which stays on one pixel for longer than a second."""
BACK = 5 / 3
"""Ways of a pan that ends at a quarter of its reach, on its way back."""
RATE = FPS // 2
"""Pictures a second."""
DISSOLVE_PICTURES = RATE * 2 // 3
ARRIVAL_SHARE = 0.62
"""Share of the frames that may change after which the last frame appears: as much of it is seen as in a final film."""
ALL_FRAMES = f"fps={FPS},tpad=stop_mode=clone:stop=-1"
"""Shows each picture for two frames, and the last one until the film is cut to its length."""
SCALER = "flags=bilinear"


def pictures(frames: int) -> int:
    """How many pictures become this many frames of a film; the last one may be one frame alone."""
    return -(-frames * RATE // FPS)


def from_picture(command: FilmCommand, picture: DrawnPicture, target: ZoomTarget) -> str:
    """Starts exactly on a picture and pans slowly over it."""
    count = pictures(command.frames)
    pan = _panned(command.size, count, target, _way(count, _ways(count, PAN_SHARE)))
    return command.add_filter([command.add_picture(picture)], f"{STILL},{pan}")


def continue_clip(command: FilmCommand, clip: InputVideo, number: int, target: ZoomTarget) -> str:
    """The clip's own pictures, then a slow pan over the last of them and most of the way back."""
    own = pictures(min(clip.frames, command.frames))
    more = pictures(command.frames) - own
    source, seen = f"{number}:{clip.picture}", fit_clip(command.size, own, rate=RATE, scaler=SCALER)
    shown = command.add_filter([source], seen)
    if not more:
        return shown
    ways = max(_ways(more, PAN_SHARE) // 2 * 2 - 2, 0) + BACK
    pan = _panned(command.size, more, target, _way(more, ways))
    held = command.add_filter([source], f"{seen},trim=start_frame={own - 1},{pan}")
    return command.add_filter([shown, held], "concat")


def end_on_picture(
    command: FilmCommand, base: str, picture: DrawnPicture, target: ZoomTarget, *, free_from: int = 0
) -> str:
    """Dissolves a scene into a picture, which is reached exactly in the last one."""
    free = pictures(free_from)
    start = free + int((pictures(command.frames) - free) * ARRIVAL_SHARE)
    rest = pictures(command.frames) - start
    pan = _panned(command.size, rest, target, _way(rest, 1, "+"))
    top = command.add_filter([command.add_picture(picture)], f"{STILL},{pan}")
    return _dissolved(command, base, top, start, rest)


def dissolve(command: FilmCommand, first: str, second: str) -> str:
    """A scene that dissolves into another one after its first second."""
    count = pictures(command.frames)
    start = min(RATE, count // 2)
    return _dissolved(command, first, second, start, count - start)


def show_board(command: FilmCommand, board: DrawnPicture, videos: Sequence[tuple[InputVideo, Box]]) -> str:
    """A board of references with the videos playing on it, and a slow pan over all of it."""
    count, (width, _) = pictures(command.frames), command.size
    reach = _even(width * BOARD_SHARE)
    canvas = f"{STILL},{_mirrored(command.size, (reach, 0), (0, 0))},{_looped(count)}"
    shown = command.add_filter([command.add_picture(board)], canvas)
    for clip, box in videos:
        number = command.add_media(clip.path, endless=True)
        fitted = fit_clip((box.width, box.height), count, rate=RATE, scaler=SCALER)
        playing = command.add_filter([f"{number}:{clip.picture}"], fitted)
        shown = command.add_filter([shown, playing], f"overlay=x={box.left}:y={box.top}:format=yuv420")
    way = _way(count, _ways(count, BOARD_SHARE))
    return command.add_filter([shown], _cropped(command.size, (reach, 0), (0, 0), way))


def edit_clip(
    command: FilmCommand,
    clip: InputVideo,
    number: int,
    look: EditLook,
    over: DrawnPicture | None,
    precipitation: DrawnPicture | None,
) -> str:
    """A clip under a look, with rain or snow where a picture of it is given, and the pictures that came with it."""
    count = pictures(command.frames)
    fitted = fit_clip(command.size, count, rate=RATE, scaler=SCALER)
    seen = command.add_filter([f"{number}:{clip.picture}"], f"{fitted},{look.filter}")
    if precipitation is not None:
        speed = (RAIN_SPEED if look.precipitation == "rain" else SNOW_SPEED) * FPS / RATE
        falling = f"{loop_overlay(count, rate=RATE)},scroll=vertical={-speed}"
        drops = command.add_filter([command.add_picture(precipitation)], falling)
        seen = command.add_filter([seen, drops], "overlay=format=yuv420")
    return seen if over is None else overlay_picture(command, seen, over)


def overlay_picture(command: FilmCommand, base: str, picture: DrawnPicture) -> str:
    """A scene with a picture over all of it."""
    looped = loop_overlay(pictures(command.frames), rate=RATE)
    over = command.add_filter([command.add_picture(picture)], looped)
    left, top = picture.at
    return command.add_filter([base, over], f"overlay=x={left}:y={top}:format=yuv420")


def _dissolved(command: FilmCommand, base: str, top: str, start: int, rest: int) -> str:
    """A scene that another one of `rest` pictures replaces from one on; a film has one of these.

    Only the pictures that show both are mixed: `xfade` would touch all of them, at three times the work.
    """
    mixed, again = max(min(DISSOLVE_PICTURES, rest * 4 // 5), 1), f"setpts=N/({RATE}*TB)"
    return command.add_filter(
        [base],
        f"split[base][base_mixed];[{top}]split[top_mixed][top];"
        f"[base]trim=end_frame={start}[before];"
        f"[base_mixed]trim=start_frame={start}:end_frame={start + mixed},{again}[under];"
        f"[top_mixed]trim=end_frame={mixed},{fade_in(0, mixed)}[over];"
        f"[under][over]overlay=format=yuv420[dissolve];"
        f"[top]trim=start_frame={mixed}:end_frame={rest},{again}[after];"
        f"[before][dissolve][after]concat=n=3,{again},fps={RATE}",
    )


def _panned(size: PixelSize, count: int, target: ZoomTarget, way: str) -> str:
    """A picture that is shown `count` times, and how far the pan over it is at each: from 0 to 1 of its reach."""
    share = min(1.0, count / _pictures_of_way(PAN_SHARE))
    reach = _even(size[0] * PAN_SHARE * share), _even(size[1] * PAN_SHARE * share / 2)
    # against the target, so that it comes nearer to the middle
    towards = int(target.across < 0.5), int(target.down < 0.5)
    return f"{_mirrored(size, reach, towards)},{_looped(count)},{_cropped(size, reach, towards, way)}"


def _mirrored(size: PixelSize, reach: PixelSize, towards: tuple[int, int]) -> str:
    """A picture with a margin of `reach` to the right and below, or where `towards` is 1 to the left and above."""
    (width, height), (across, down) = size, reach
    left, top = (margin * side for margin, side in zip(reach, towards, strict=True))
    return (
        f"pad={width + across}:{height + down}:{left}:{top},"
        f"fillborders=left={left}:right={across - left}:top={top}:bottom={down - top}:mode=mirror"
    )


def _looped(count: int) -> str:
    return f"loop=loop=-1:size=1,trim=end_frame={count},setpts=N/({RATE}*TB),setsar=1"


def _cropped(size: PixelSize, reach: PixelSize, towards: tuple[int, int], way: str) -> str:
    """The part of a picture with margins that is seen; the filter takes the even pixel below a place."""
    places = [f"{margin}*(1-{way})" if side else f"{margin}*{way}" for margin, side in zip(reach, towards, strict=True)]
    return f"crop={size[0]}:{size[1]}:x='{places[0]}':y='{places[1]}'"


def _ways(count: int, share: float) -> int:
    """How often a pan goes to its end or comes back: it keeps its speed in a longer film."""
    return max(1, round(count / _pictures_of_way(share)))


def _pictures_of_way(share: float) -> float:
    return share / SPEED * RATE


def _way(count: int, ways: float, sign: str = "-") -> str:
    """How far a pan is at each picture: from 0 to 1 of its reach and back, with the sign `+` from 1 to 0.

    It turns softly, in less than a second.
    """
    angle = f"PI*{ways:.6f}*n/{max(count - 1, 1)}"
    return f"(1{sign}asin({SOFTNESS}*cos({angle}))/asin({SOFTNESS}))/2"


def _even(pixels: float) -> int:
    return int(pixels) // 2 * 2
