"""Faults that a film is delivered with on purpose, as ffmpeg filters at the end of its scene.

Each fault leaves the rest of the film as it is, so that a client can try one of its checks at a time.
"""

from __future__ import annotations

from fractions import Fraction

from wanflow.emulator.api.order import FilmFault, FilmFaultKind
from wanflow.emulator.film.command import FPS, SAMPLE_RATE, FilmCommand

TURNED = "hflip,vflip"
"""Upside down: another picture of the same colours."""
OTHER_PICTURE = "hflip,vflip,negate"
BAR_PERCENT = 13
"""Percent of the height that each bar takes, as for 2.4:1 in 16:9."""
OTHER_RATE = 24
FLASH = "lutyuv=y='clip(val*1.2+12,16,235)'"
DRIFT = "eq=eval=frame:saturation='1-0.7*{share}':contrast='1-0.4*{share}':gamma_r='1+0.5*{share}'"
LOUDER = "volume=48dB"
FOREVER = "tpad=stop_mode=clone:stop=-1"
"""Shows the last frame until the film is cut to its length."""


def inject(command: FilmCommand, video: str, audio: str | None, fault: FilmFault, given: int) -> tuple[str, str | None]:
    """The outputs of a scene with a fault; its first `given` frames are those of the clip that it continues.

    A fault without a time leaves these frames as they are. Changes the length or the rate of the command for a fault
    of these.
    """
    if fault.kind in {FilmFaultKind.SILENT, FilmFaultKind.CLIPPED}:
        return video, None if audio is None else _spoil_sound(command, audio, fault, given)
    if fault.kind is FilmFaultKind.LENGTH:
        return _change_length(command, video, audio, fault)
    if fault.kind is FilmFaultKind.RATE:
        command.rate = OTHER_RATE
        return video, audio
    return command.add_filter([video], _picture_filter(command, fault, given)), audio


def _picture_filter(command: FilmCommand, fault: FilmFault, given: int) -> str:
    """The filters of a fault in the picture of a film."""
    frames = command.frames
    start = given if fault.start is None else round(fault.start * FPS)
    end = frames if fault.end is None else min(round(fault.end * FPS), frames)
    during = f"between(n,{start},{end - 1})"
    middle = (given + frames) // 2 if fault.start is None else start
    match fault.kind:
        case FilmFaultKind.BLACK:
            return f"drawbox=color=black:t=fill:enable='{during}'"
        case FilmFaultKind.FROZEN:
            return f"select='not(between(n,{start + 1},{end - 1}))',fps={FPS},{FOREVER}"
        case FilmFaultKind.FLICKER:
            return f"{FLASH}:enable='{during}*mod(n,2)'"
        case FilmFaultKind.LETTERBOX:
            height = command.size[1]
            bar = height * BAR_PERCENT // 200 * 2
            form = f"h={bar}:color=black:t=fill:enable='{during if fault.start or fault.end else 1}'"
            return f"drawbox=y=0:{form},drawbox=y={height - bar}:{form}"
        case FilmFaultKind.SIZE:
            return "scale=trunc(iw/4)*2:trunc(ih/4)*2:flags=bicubic+bitexact"
        case FilmFaultKind.FIRST_FRAME:
            return _over(OTHER_PICTURE, f"format=yuva420p,fade=t=out:alpha=1:start_frame=0:nb_frames={FPS}")
        case FilmFaultKind.LAST_FRAME:
            fade = f"fade=t=in:alpha=1:start_frame={max(frames - FPS, 0)}:nb_frames={min(FPS, frames) - 1}"
            return _over(OTHER_PICTURE, f"format=yuva420p,{fade}")
        case FilmFaultKind.HEAD:
            return TURNED
        case FilmFaultKind.JUMP:
            return _over(TURNED, "null", enable=f"gte(n,{given})")
        case FilmFaultKind.DRIFT:
            progress = f"clip((n-{start})/{max((end - start) // 2, 1)},0,1)"
            return DRIFT.format(share=f"{progress}*{progress}*(3-2*{progress})")
        case _:
            return _over(OTHER_PICTURE, "null", enable=f"gte(n,{middle})")


def _over(changed: str, alpha: str, *, enable: str = "1") -> str:
    """The film below its own changed picture."""
    return f"split[below][other];[other]{changed},{alpha}[above];[below][above]overlay=format=yuv420:enable='{enable}'"


def _spoil_sound(command: FilmCommand, audio: str, fault: FilmFault, given: int) -> str:
    start = Fraction(given, FPS) if fault.start is None else fault.start
    end = Fraction(command.frames, FPS) if fault.end is None else fault.end
    # volume looks at the time once a frame of samples
    short = f"asetnsamples={SAMPLE_RATE // FPS}"
    during = f"enable='gte(t,{float(start)})*lt(t,{float(end)})'"
    if fault.kind is FilmFaultKind.SILENT:
        return command.add_filter([audio], f"{short},volume=0:{during}")
    # whole numbers have no room above full scale
    return command.add_filter([audio], f"{short},{LOUDER}:{during},aformat=sample_fmts=s16,aformat=sample_fmts=fltp")


def _change_length(command: FilmCommand, video: str, audio: str | None, fault: FilmFault) -> tuple[str, str | None]:
    """A film that ends at the fault's end, else a second early, or in the middle of one that has no two seconds."""
    asked = command.frames
    command.frames = round(fault.end * FPS) if fault.end is not None else max(asked - FPS, asked // 2)
    video = command.add_filter([video], FOREVER)
    return video, None if audio is None else command.add_filter([audio], f"apad,atrim=end_sample={command.samples}")
