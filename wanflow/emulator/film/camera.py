"""Camera moves as ffmpeg filter text; pure. Sub-pixel, so that a slow move does not tremble."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FPS = 30


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a push goes: the point in the picture (0 to 1 across and down) and how much of the sides it leaves out."""

    across: float
    down: float
    margin: float


def choose_aim(seed: int) -> Aim:
    """An aim near the middle, different from seed to seed."""
    dice = Random(seed)  # noqa: S311 - a choice of framing
    return Aim(round(dice.uniform(0.3, 0.7), 3), round(dice.uniform(0.35, 0.65), 3), round(dice.uniform(0.08, 0.12), 3))


def push(aim: Aim, start: int, end: int) -> str:
    """A push towards the aim; the picture is untouched up to frame `start` and stands still from frame `end` on."""
    return _move(aim, f"({_eased(start, end)})")


def settle(aim: Aim, start: int, end: int) -> str:
    """The way back from the aim; the picture is untouched from frame `end` on."""
    return _move(aim, f"(1-{_eased(start, end)})")


def dissolve(start: int, end: int) -> str:
    """Lets a stream with transparency appear between two frames; wholly there at `end`."""
    return f"format=yuva420p,fade=t=in:alpha=1:start_frame={start}:nb_frames={max(end - start, 1)}"


def still(frames: int) -> str:
    """One picture held for a number of frames, converted once."""
    return (
        "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact,format=yuv420p,"
        f"loop=loop=-1:size=1,trim=end_frame={frames},setpts=N/({FPS}*TB),setsar=1"
    )


def _eased(start: int, end: int) -> str:
    # the filter counts its first frame as 1
    progress = f"clip((on-1-{start})/{max(end - start, 1)},0,1)"
    return f"st(0,{progress})*ld(0)*(3-2*ld(0))"


def _move(aim: Aim, amount: str) -> str:
    left, right = f"W*{aim.margin * aim.across:.5f}*{amount}", f"W*{aim.margin * (1 - aim.across):.5f}*{amount}"
    top, bottom = f"H*{aim.margin * aim.down:.5f}*{amount}", f"H*{aim.margin * (1 - aim.down):.5f}*{amount}"
    corners = {
        "x0": left, "y0": top, "x1": f"W-{right}", "y1": top,
        "x2": left, "y2": f"H-{bottom}", "x3": f"W-{right}", "y3": f"H-{bottom}",
    }  # fmt: skip
    sides = ":".join(f"{name}='{text}'" for name, text in corners.items())
    return f"perspective={sides}:interpolation=cubic:eval=frame"
