"""What the checks of takes measure in films with and without faults, by which their limits are chosen, and their cost.

    PYTHONPATH=.:tests python benchmarks/checks.py [--size 1280x720] [--check drift] [--films FOLDER] [--write]

Films are drawn and encoded as H.264 with x264's `veryfast` at CRF 23. `--films` measures other films as well, for
example those of a rendered production; `--write` puts the table of measures into docs/checks.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from kit.drawn_takes import (
    RATE,
    Picture,
    barred,
    coloured,
    grained,
    lit,
    pan,
    scene,
    sharp_scene,
    tone,
    under,
    view,
    write_take,
)
from wanflow.language.checks import Check
from wanflow.media.checks.film_series import Measurement
from wanflow.media.checks.picture_check import thumbnail_of
from wanflow.media.checks.take_check import measure_take
from wanflow.media.jobs import Worker
from wanflow.store.findings import ALIKE_LEVELS, Expected, Finding, Given, difference_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
HEAD = "| check | film or picture | measure | finding |"
DOWNLOADED = {"preset": "veryfast", "crf": "23"}
FRAMES = 48
BLURS = (1, 2, 4, 8, 18, 40)
"""Standard deviations of blur, in pixels of a picture that is 1280 wide."""
Draw = Callable[[], Sequence[Picture]]


@dataclass(frozen=True)
class Case:
    """A film, what was given for it, and the check that it is for: a fault, or the innocent film nearest to one.

    `still` is a picture that is measured instead of a film, and `other` an earlier take that it is compared with.
    """

    check: Check
    name: str
    draw: Draw
    given: dict[str, Draw | Picture] = field(default_factory=dict)
    sound: tuple[float, float] | None = None
    faulty: bool = True
    still: Picture | None = None
    other: Picture | None = None


class Studio:
    """Draws the films of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.one, self.two = scene(1, size), scene(2, size)
        self.pan = pan(self.one, FRAMES, 0.1, 0.3, size)
        self.other = pan(self.two, FRAMES, 0.1, 0.3, size)
        self.still = view(self.one, 0.3, size=size)

    def cases(self) -> Iterator[Case]:
        """All films, by check."""
        yield from self._black()
        yield from self._frozen()
        yield from self._sound()
        yield from self._flicker()
        yield from self._bars()
        yield from self._given_pictures()
        yield from self._continuations()
        yield from self._cuts()
        yield from self._stills()

    def _innocent(self, check: Check, name: str, draw: Draw, **more: object) -> Case:
        return Case(check, name, draw, faulty=False, **more)  # type: ignore[arg-type]

    def _black(self) -> Iterator[Case]:
        dark = Image.new("RGB", self.size)
        yield self._innocent(Check.BLACK, "night", lambda: grained(under(self.pan, lambda _: 0.12), 2))
        yield self._innocent(Check.BLACK, "fade from black, 1 s", lambda: under(self.pan, lambda n: min(1, n / RATE)))
        yield self._innocent(Check.BLACK, "fade to black, 2 s", lambda: under(self.pan, lambda n: 1 - n / (FRAMES - 1)))
        for frames in (3, 6, 12, 18, 24):
            yield Case(
                Check.BLACK,
                f"black for {frames / RATE:.2f} s",
                lambda frames=frames: [*self.pan[:12], *[dark] * frames, *self.pan[12:24]],
            )

    def _frozen(self) -> Iterator[Case]:
        yield self._innocent(Check.FROZEN, "still scene with grain", lambda: grained([self.still] * FRAMES, 4))
        yield self._innocent(Check.FROZEN, "blinking eye in a still", lambda: [self._eye(n) for n in range(FRAMES)])
        yield self._innocent(
            Check.FROZEN,
            "zoom of 1 % a second",
            lambda: [view(self.one, 0.3, size=self.size, zoom=1 + 0.01 * n / RATE) for n in range(FRAMES)],
        )
        yield self._innocent(
            Check.FROZEN, "pan of 3 pixels a second", lambda: pan(self.one, FRAMES, 0.3, 0.3047, self.size)
        )
        yield self._innocent(Check.FROZEN, "drawn on threes", self._threes)
        for frames in (12, 18, 24, 36, 48):
            yield Case(
                Check.FROZEN,
                f"stops for {frames / RATE:.2f} s",
                lambda frames=frames: [*self.pan[:12], *[self.pan[12]] * frames, *self.pan[12:24]],
            )

    def _sound(self) -> Iterator[Case]:
        for level in (0.5, 0.05, 0.004):
            yield self._innocent(Check.SILENT, f"tone at {level:g} of full scale", self._short, sound=(level, 1.0))
        for level in (0.0005, 0.0):
            yield Case(Check.SILENT, f"tone at {level:g} of full scale", self._short, sound=(level, 1.0))
        for level in (0.9, 1.0):
            yield self._innocent(Check.CLIPPED, f"tone at {level:g} of full scale", self._short, sound=(level, 1.0))
        for level, seconds in ((1.05, 1.0), (1.3, 0.01), (1.3, 0.1), (2.0, 1.0)):
            name = f"tone at {level:g} of full scale for {seconds:g} s"
            yield Case(Check.CLIPPED, name, self._short, sound=(level, seconds))

    def _flicker(self) -> Iterator[Case]:
        strokes = {10: 3.0, 11: 0.9, 12: 2.5, 13: 1.5, 30: 3.0, 31: 2.0}
        yield self._innocent(Check.FLICKER, "lightning", lambda: under(self.pan, lambda n: strokes.get(n, 1.0) * 0.5))
        yield self._innocent(Check.FLICKER, "camera in the hand", self._handheld)
        yield self._innocent(Check.FLICKER, "fire light", lambda: under(self.pan, _fire()))
        yield self._innocent(
            Check.FLICKER, "fade on threes", lambda: under(self._threes(), lambda n: 1 - (n // 3 * 3) / FRAMES)
        )
        for swing in (0.01, 0.02, 0.04, 0.08, 0.2):
            for period in (2, 3):
                yield Case(
                    Check.FLICKER,
                    f"{swing:.0%} brighter every {period} pictures",
                    lambda swing=swing, period=period: under(self.pan, lambda n: 1 + swing * (n % period == 0)),
                )

    def _bars(self) -> Iterator[Case]:
        yield self._innocent(Check.LETTERBOX, "thing before black", lambda: [self._thing(n) for n in range(FRAMES)])
        yield self._innocent(Check.LETTERBOX, "moon over a black sea", lambda: [self._sea(n) for n in range(FRAMES)])
        yield self._innocent(Check.LETTERBOX, "night", lambda: grained(under(self.pan, lambda _: 0.12), 2))
        for share in (0.01, 0.02, 0.04, 0.06, 0.12, 0.25):
            yield Case(
                Check.LETTERBOX, f"bars of {share:.0%} of the height", lambda share=share: barred(self.pan, share)
            )
        yield Case(Check.LETTERBOX, "bars of 25% of the width", lambda: barred(self.pan, 0.25, pillars=True))
        yield Case(
            Check.LETTERBOX,
            "bars of 12% in a night",
            lambda: barred(grained(under(self.pan, lambda _: 0.25), 2), 0.12),
        )

    def _given_pictures(self) -> Iterator[Case]:
        check, wide = Check.FIRST_FRAME, (round(self.size[0] * 1.2), self.size[1])
        picture, margin = view(self.one, 0.3, size=wide), (wide[0] - self.size[0]) // 2
        cut = picture.crop((margin, 0, margin + self.size[0], self.size[1]))

        def zoomed(zoom: float) -> Picture:
            width, height = self.size[0] / zoom, self.size[1] / zoom
            left, top = (self.size[0] - width) / 2, (self.size[1] - height) / 2
            return self.still.resize(self.size, box=(left, top, left + width, top + height))

        shown: list[tuple[str, Picture, Picture, bool]] = [
            ("same picture", self.still, self.still, False),
            ("softer", self.still, self.still.filter(ImageFilter.GaussianBlur(self.size[0] / 300)), False),
            ("with grain", self.still, grained([self.still], 6)[0], False),
            ("10 % darker", self.still, lit(self.still, 0.9), False),
            ("cut from a wider picture", picture, cut, False),
            ("stretched from a wider picture", picture, picture.resize(self.size), False),
            *((f"closer by {zoom - 1:.0%}", self.still, zoomed(zoom), zoom > 1.05) for zoom in (1.01, 1.02, 1.05, 1.1)),
            ("camera elsewhere in the scene", self.still, view(self.one, 0.5, size=self.size), True),
            ("mirrored", self.still, self.still.transpose(Image.Transpose.FLIP_LEFT_RIGHT), True),
            ("another scene", self.still, view(self.two, 0.3, size=self.size), True),
        ]
        for name, given, first, faulty in shown:
            yield Case(check, name, lambda first=first: [first] * 6, {"first_frame": given}, faulty=faulty)

    def _continuations(self) -> Iterator[Case]:
        half, grey = FRAMES // 2, Image.new("RGB", self.size, "grey")
        head: dict[str, Draw | Picture] = {"clip": lambda: self.pan[:half]}
        chain: dict[str, Draw | Picture] = {"chain_head": lambda: self.pan}
        longer = pan(self.one, FRAMES + 20, 0.1, 0.1 + 0.2 * (FRAMES + 19) / (FRAMES - 1), self.size)
        yield self._innocent(Check.SEAM, "continues", lambda: self.pan, given=head)
        for late in (1, 2, 4):
            name = f"continues, {late} pictures early"
            yield self._innocent(Check.SEAM, name, lambda late=late: longer[late:FRAMES], given=head)
        soft = ImageFilter.GaussianBlur(self.size[0] / 400)
        yield self._innocent(Check.SEAM, "softer", lambda: [each.filter(soft) for each in self.pan], given=head)
        yield Case(Check.SEAM, "head of another scene", lambda: [*self.other[:half], *self.pan[half:]], head)
        yield Case(
            Check.SEAM, "half of the head", lambda: [*self.pan[:12], *self.other[12:half], *self.pan[half:]], head
        )
        for places in (2, 4, 8, 16):
            name = f"hand-over jumps by {places} pictures"
            yield Case(Check.SEAM, name, lambda n=places: [*longer[:half], *longer[half + n : FRAMES + n]], head)
        for light in (0.98, 0.95, 0.9, 0.8):
            name = f"hand-over darker by {1 - light:.0%}"
            yield Case(Check.SEAM, name, lambda e=light: under(self.pan, lambda n: 1 if n < half else e), head)
        yield self._innocent(Check.DRIFT, "same look", lambda: self.pan, given=chain)
        yield self._innocent(Check.DRIFT, "another part of the scene", lambda: longer[20:], given=chain)
        closer = [view(self.one, 0.2, size=self.size, zoom=1.3 + 0.01 * number) for number in range(FRAMES)]
        yield self._innocent(Check.DRIFT, "closer view of the scene", lambda: closer, given=chain)
        for name, saturation, contrast, red in (
            ("colours 1.1 times as strong", 1.1, 1.0, 1.0),
            ("colours 1.5 times as strong", 1.5, 1.0, 1.0),
            ("colours twice as strong", 2.0, 1.0, 1.0),
            ("contrast 1.3 times", 1.0, 1.3, 1.0),
            ("contrast 1.6 times", 1.0, 1.6, 1.0),
            ("red 1.1 times", 1.0, 1.0, 1.1),
            ("red 1.3 times", 1.0, 1.0, 1.3),
        ):
            drifted = saturation, contrast, red
            yield Case(Check.DRIFT, name, lambda drifted=drifted: coloured(self.pan, *drifted), chain)
        washed = [Image.blend(each, grey, 0.5) for each in self.pan]
        yield Case(Check.DRIFT, "washed out by half", lambda: washed, chain)
        for light in (0.9, 0.8, 0.6):
            yield Case(Check.DRIFT, f"darker by {1 - light:.0%}", lambda e=light: under(self.pan, lambda _: e), chain)

    def _cuts(self) -> Iterator[Case]:
        white = Image.new("RGB", self.size, "white")
        for name, draw in (
            ("flash of white", lambda: [*self.pan[:20], white, *self.pan[21:]]),
            ("dissolve of 1/4 s", lambda: self._dissolve(6)),
            ("dissolve of 1 s", lambda: self._dissolve(24)),
            ("whip pan", self._whip),
            ("drawn on threes", self._threes),
            ("fade from black", lambda: under(self.pan, lambda n: min(1, n / 12))),
        ):
            yield self._innocent(Check.HARD_CUT, name, draw)
        for light in (1.0, 0.4, 0.15):
            name = f"cut to another scene, light {light:.0%}"
            yield Case(Check.HARD_CUT, name, lambda e=light: under([*self.pan[:24], *self.other[:24]], lambda _: e))
        elsewhere = pan(self.one, 24, 0.6, 0.7, self.size)
        yield Case(Check.HARD_CUT, "cut within the scene", lambda: [*self.pan[:24], *elsewhere])
        yield Case(Check.HARD_CUT, "another scene for 1/8 s", lambda: [*self.pan[:24], *self.other[:3], *self.pan[27:]])

    def _stills(self) -> Iterator[Case]:
        sharp, dark, plain = (
            sharp_scene(1, self.size),
            Image.new("RGB", self.size),
            Image.new("RGB", self.size, "#406080"),
        )
        unit = self.size[0] / 1280

        def blurred(radius: float) -> Picture:
            return sharp.filter(ImageFilter.GaussianBlur(radius * unit))

        def with_thing(picture: Picture, width: float, colour: str = "#e0e0e0") -> Picture:
            made, (left, top) = picture.copy(), (self.size[0] // 2, self.size[1] // 2)
            ImageDraw.Draw(made).ellipse((left, top, left + width * unit, top + width * unit), fill=colour)
            return made

        fog = Image.blend(Image.new("RGB", self.size, "#c8ccd0"), sharp, 0.08)
        small = self.size[0] // 4, self.size[1] // 4
        clouds = Image.effect_noise((40, 23), 90).resize(self.size, Image.Resampling.BICUBIC).convert("RGB")
        clear = sharp.copy()
        clear.putalpha(Image.linear_gradient("L").resize(self.size))
        opaque = sharp.copy()
        opaque.putalpha(255)
        for check, name, still, faulty in (
            (Check.BLACK, "picture of a night", lit(sharp, 0.12), False),
            (Check.BLACK, "picture of a moon", with_thing(dark, 60, "#fff0c0"), False),
            (Check.BLACK, "black picture", dark, True),
            (
                Check.FLAT,
                "small thing on white",
                with_thing(Image.new("RGB", self.size, "white"), 30, "#404040"),
                False,
            ),
            (Check.FLAT, "fog", fog, False),
            (Check.FLAT, "one colour with grain", grained([plain], 4)[0], True),
            (Check.FLAT, "one colour", plain, True),
            (Check.BLURRED, "sharp picture", sharp, False),
            (Check.BLURRED, "sharp thing before a blurred scene", with_thing(blurred(8), 300), False),
            (Check.BLURRED, "night", lit(sharp, 0.12), False),
            (Check.BLURRED, "fog", fog, False),
            (
                Check.BLURRED,
                "enlarged four times",
                sharp.resize(small).resize(self.size, Image.Resampling.BICUBIC),
                False,
            ),
            *((Check.BLURRED, f"blurred by {radius:g} pixels", blurred(radius), radius > 3) for radius in BLURS),
            (Check.BLURRED, "soft clouds alone", clouds, True),
            (Check.LETTERBOX, "picture with bars of 12% of the height", barred([sharp], 0.12)[0], True),
            (Check.ALPHA, "opaque picture without alpha", sharp, False),
            (Check.ALPHA, "opaque picture with alpha", opaque, True),
            (Check.ALPHA, "picture that fades out", clear, True),
        ):
            yield Case(check, name, tuple, faulty=faulty, still=still)
        for name, still, faulty in (
            ("same picture", sharp, True),
            ("with grain", grained([sharp], 6)[0], True),
            ("1% darker", lit(sharp, 0.99), True),
            ("5% darker", lit(sharp, 0.95), False),
            ("moved by 4 pixels", ImageChops.offset(sharp, round(4 * unit), 0), False),
            ("one thing of an eightieth of the width more", with_thing(sharp, 16), False),
            ("another scene", sharp_scene(2, self.size), False),
        ):
            yield Case(Check.DUPLICATE, name, tuple, faulty=faulty, still=still, other=sharp)

    def _short(self) -> list[Picture]:
        return self.pan[:RATE]

    def _threes(self) -> list[Picture]:
        return [self.pan[number // 3 * 3] for number in range(FRAMES)]

    def _handheld(self) -> list[Picture]:
        dice = Random(3)
        return [
            view(self.one, 0.3 + dice.gauss(0, 0.002), 0.5 + dice.gauss(0, 0.002), self.size) for _ in range(FRAMES)
        ]

    def _whip(self) -> list[Picture]:
        return [view(self.one, 0.05 + 0.9 / (1 + 2.718 ** ((24 - n) / 2)), size=self.size) for n in range(FRAMES)]

    def _dissolve(self, frames: int) -> list[Picture]:
        shares = [min(1.0, max(0.0, (number - 16) / frames)) for number in range(FRAMES)]
        return [Image.blend(*both) for both in zip(self.pan, self.other, shares, strict=True)]

    def _eye(self, number: int) -> Picture:
        picture, unit = self.still.copy(), self.size[0] // 40
        box = (self.size[0] // 2, self.size[1] // 2, self.size[0] // 2 + unit, self.size[1] // 2 + unit)
        ImageDraw.Draw(picture).ellipse(box, fill="#e0e0e0" if number % 20 < 10 else "#202020")
        return picture

    def _thing(self, number: int) -> Picture:
        picture, (width, height) = Image.new("RGB", self.size), self.size
        box = (width * 0.3 + number, height * 0.2, width * 0.55 + number, height * 0.8)
        ImageDraw.Draw(picture).ellipse(box, fill="#c08040")
        return picture

    def _sea(self, number: int) -> Picture:
        picture, (width, height) = Image.new("RGB", self.size), self.size
        draw, moon = ImageDraw.Draw(picture), height // 9
        draw.rectangle((0, height * 3 // 5, width, height), fill="#203040")
        draw.ellipse((width // 4 + number, moon, width // 4 + moon + number, 2 * moon), fill="#fff0c0")
        return picture


def _fire() -> Callable[[int], float]:
    dice, light, lights = Random(4), 1.0, list[float]()
    for _ in range(FRAMES):
        light = light * 0.8 + 0.2 + dice.gauss(0, 0.03)
        lights.append(light)
    return lambda number: lights[number]


def measured(case: Case, folder: Path) -> list[Measurement]:
    """Draw a film and what was given for it, and measure it by its check."""
    if case.still is not None:
        return measured_still(case, case.still, folder)
    sound = None
    if case.sound is not None:
        level, seconds = case.sound
        sound = tone(seconds, level) + tone(1 - seconds, 0.3)
    take = write_take(folder / "take.mp4", case.draw(), sound=sound, options=DOWNLOADED)
    given = {}
    for key, drawn in case.given.items():
        file = PurePath(f"{key}.png" if isinstance(drawn, Image.Image) else f"{key}.mp4")
        if isinstance(drawn, Image.Image):
            drawn.save(folder / file)
        else:
            write_take(folder / file, drawn())
        given[key] = Given(key, file)
    expected = Expected(sound=True, **given)
    return [each for each in measure_take(take, expected, Worker(folder))[0] if each.finding.check is case.check]


def measured_still(case: Case, still: Picture, folder: Path) -> list[Measurement]:
    """Measure a picture by its check."""
    still.save(folder / "take.png", compress_level=1)
    measured, thumbnail = measure_take(folder / "take.png", Expected(), Worker(folder))
    if case.other is not None:
        most = difference_of(thumbnail, thumbnail_of(case.other), most=255)
        return [Measurement(Finding(Check.DUPLICATE, most, ALIKE_LEVELS), most <= ALIKE_LEVELS)]
    return [each for each in measured if each.finding.check is case.check]


def spent(folder: Path, studio: Studio) -> float:
    """CPU seconds for each second of a film that continues a clip, with everything measured."""
    film = pan(studio.one, 5 * RATE, 0.1, 0.5, studio.size)
    take = write_take(folder / "take.mp4", grained(film, 2), sound=tone(5.0, 0.3), options=DOWNLOADED)
    write_take(folder / "clip.mp4", film[: 2 * RATE], options=DOWNLOADED)
    film[0].save(folder / "first.png")
    clip, first = Given("clip", PurePath("clip.mp4")), Given("first", PurePath("first.png"))
    for name, expected in (
        ("alone", Expected(sound=True)),
        ("with a first frame", Expected(sound=True, first_frame=first)),
        ("with a clip of 2 s and the head of its chain", Expected(sound=True, clip=clip, chain_head=clip)),
    ):
        began = time.process_time()
        measure_take(take, expected, Worker(folder))
        print(f"{(time.process_time() - began) / 5:.3f} CPU seconds for a second of film, {name}")
    bits = take.stat().st_size * 8 / 5 / 10**6
    sharp_scene(1, studio.size).save(folder / "take.png", compress_level=1)
    began = time.process_time()
    measure_take(folder / "take.png", Expected(), Worker(folder))
    print(f"{time.process_time() - began:.3f} CPU seconds for a picture")
    print(f"({studio.size[0]} x {studio.size[1]} at {RATE} frames a second, {bits:.1f} Mbit/s)")


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--check", type=Check, nargs="*", default=list(Check), help="only films for these checks")
    parser.add_argument("--films", type=Path, nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    studio = Studio((int(width), int(height)))
    lines = [HEAD, "|---|---|---|---|"]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for case in (each for each in studio.cases() if each.check in chosen.check):
            found = measured(case, folder)
            figures = " and ".join(f"{each.finding.measure:.2f}" for each in found) or "none"
            finding = "yes" if any(each.found for each in found) else "no"
            lines.append(f"| `{case.check}` | {case.name} | {figures} | {finding} |")
            surprise = case.faulty != (finding == "yes")
            print(f"{lines[-1]}{' (!)' if surprise else ''}", flush=True)
        if not chosen.write:
            spent(folder, studio)
    for film in (each for folder in chosen.films for each in sorted(folder.rglob("*.mp4"))):
        found = [each for each in measure_take(film.absolute(), Expected(sound=True), Worker(Path()))[0] if each.found]
        print(film.name, *(f"{each.finding.check} {each.finding.measure:.2f}" for each in found))
    if chosen.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(HEAD)
        _, _, after = rest.partition("\n\n")
        PAGE.write_text(before + "\n".join(lines) + "\n\n" + after, encoding="utf-8")


if __name__ == "__main__":
    main()
