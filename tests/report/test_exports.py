"""What editing suites read: every clip begins where it begins in the film, at every rate, or the rate is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlparse
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kit.bookkeeping import run
from kit.films import place, plan, production, still
from wanflow.errors import MediaFault
from wanflow.language import timeline
from wanflow.language.checks import Check
from wanflow.language.production import Cut, CutItem, SoundCue, Subtitles, TitleCard, TransitionKind
from wanflow.language.source import FileSource, ShotSource
from wanflow.language.timeline import TimelineError, TimelineItem
from wanflow.media.text.caption_layout import Caption
from wanflow.report.export.edit_list import EditEvent, EditList, EditSubtitles, EditTitle, PlacedSound, edit_list
from wanflow.report.export.fcp7 import to_fcp7
from wanflow.report.export.left_out import EDL, FCP7, OTIO, left_out
from wanflow.report.export.otio import TIME_CODE_RATES, to_edl, to_otio
from wanflow.store.findings import Finding

FOLDER, TARGET = Path("/films/夜 1"), Path("/films/夜 1/out")
FADE, DISSOLVE, WIPE, CUT = (TransitionKind(kind) for kind in ("fade", "dissolve", "wipe", "cut"))


def event(name: str, begin: int, length: int, rate: Fraction | int, **facts: object) -> EditEvent:
    """A clip of a cut: its whole file where nothing else is said, at the rate of the cut."""
    own = {"file": f"{name}.mp4", "first": 0, "count": length, "frames": length, "rate": Fraction(rate)}
    own |= {"lead": 0, "transition": CUT, "digest": "d" * 64, "sound": True}
    return EditEvent(name=name, begin=begin, length=length, **{**own, **facts})  # type: ignore[arg-type]


def edit(rate: Fraction | int, *events: EditEvent, **more: object) -> EditList:
    """A cut of 640x360 pixels."""
    return EditList("main", "A film", Fraction(rate), events, (640, 360), **more)  # type: ignore[arg-type]


def joined(rate: Fraction | int) -> EditList:
    """Every kind of item and join: a film of 190 frames."""
    return edit(
        rate,
        event("海岸", 0, 50, rate, lead=10, transition=FADE),
        event("The End", 40, 40, rate, file=None, sound=False, lead=10, transition=DISSOLVE),
        event("b", 75, 45, rate, first=5, frames=60, lead=5, transition=WIPE),
        event("still", 120, 30, rate, file="s #1.png", still=True, sound=False),
        event("海岸", 150, 50, rate),
        event("海岸", 190, 50, rate, lead=10, transition=FADE),
    )


def parsed(text: str) -> ET.Element:
    """The elements of what was just written."""
    return ET.fromstring(text)  # noqa: S314


def begins(track: otio.schema.Track) -> list[int]:
    """The first frame of each clip on its timeline, as a suite counts."""
    clips = [child for child in track if not isinstance(child, otio.schema.Transition)]
    return [round(track.range_of_child(clip).start_time.value) for clip in clips]


@pytest.mark.parametrize("rate", sorted(TIME_CODE_RATES), ids=float)
def test_an_edl_of_every_rate_is_read_back(rate):
    """As long as the film, each event where it is, no two media under one name, and how its time code counts is said."""
    shown = to_edl(joined(rate), FOLDER, TARGET)
    drops = round(rate * 1001) % 30_000 == 0 and rate.denominator == 1001
    assert shown.splitlines()[1] == f"FCM: {'DROP FRAME' if drops else 'NON-DROP FRAME'}"
    picture = otio.adapters.read_from_string(shown, "cmx_3600", rate=float(rate)).tracks[0]
    assert round(picture.duration().value) == 240
    assert begins(picture) == [0, 40, 75, 120, 150, 190]
    reels = {line.split()[1] for line in shown.splitlines() if line[:3].isdigit()}
    assert len(reels) == 4
    hours = edit(rate, *(event("a", number * 90_000, 90_000, rate) for number in range(4)))
    long = otio.adapters.read_from_string(to_edl(hours, FOLDER, TARGET), "cmx_3600", rate=float(rate))
    assert begins(long.tracks[0]) == [0, 90_000, 180_000, 270_000]


def test_an_edl_is_ascii_but_for_its_comments():
    """Names of clips stay as they are; each begins at its marker, on the film's clock, which is said once."""
    cut = replace(joined(25), title="灯塔 Café " + "long " * 20)
    shown = to_edl(cut, FOLDER, TARGET).splitlines()
    assert all(line.isascii() for line in shown if not line.startswith("* "))
    assert shown[0] == f"TITLE: {('Cafe ' + 'long ' * 20)[:70].strip()}"
    assert shown.count(f"* TITLE: {cut.title.strip()}") == 1
    assert [line for line in shown if line.startswith("* LOC:")] == [
        "* LOC: 00:00:00:00 RED     海岸",
        "* LOC: 00:00:01:15 RED     The End",
        "* LOC: 00:00:03:00 RED     b",
        "* LOC: 00:00:04:20 RED     still",
        "* LOC: 00:00:06:00 RED     海岸",
        "* LOC: 00:00:07:15 RED     海岸",
    ]
    assert "* FROM CLIP NAME:  海岸" in shown
    assert to_edl(replace(cut, title="灯塔", cut="终"), FOLDER, TARGET).splitlines()[0] == "TITLE: CUT"
    assert to_edl(replace(cut, title="灯塔", cut="main"), FOLDER, TARGET).splitlines()[0] == "TITLE: main"
    titles = {
        "《江南·雨巷》第一集：重逢": "main",
        "《江南》第2集（上）……": "main",
        "《江南》（Jiangnan）：第2集": "Jiangnan 2",
        "Ｌａ ｖｉｅ — l’été": "La vie l'ete",
        "A: B!": "A: B!",
        "1984": "1984",
    }
    for title, shown_title in titles.items():
        edl = to_edl(replace(cut, title=title, cut="main"), FOLDER, TARGET).splitlines()
        assert edl[0] == f"TITLE: {shown_title}"
        assert (f"* TITLE: {title}" in edl) is (title != shown_title)
    read = otio.adapters.read_from_string("\n".join(shown), "cmx_3600", rate=25)
    assert begins(read.tracks[0]) == [0, 40, 75, 120, 150, 190]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("海岸.t1.mp4", "../海岸.t1.mp4"),
        ("jürgen.mp4", "../jürgen.mp4"),
        ("a b#1?%41.mp4", "../a%20b%231%3F%2541.mp4"),
        ("\u202e.mp4", "../%E2%80%AE.mp4"),
        ("\udcff.mp4", "../%FF.mp4"),
    ],
)
def test_an_address_keeps_the_letters_of_any_script(name, address):
    """Resolve reads an address as a path; whatever reads it as an address finds the same file."""
    cut = edit(25, event("a", 0, 10, 25, file=name))
    (clip,) = otio.adapters.read_from_string(to_otio(cut, FOLDER, TARGET), "otio_json").tracks[0]
    assert clip.media_reference.target_url == address
    assert unquote_to_bytes(address) == os.fsencode(f"../{name}")


@pytest.mark.parametrize("write", [to_edl, to_fcp7])
@pytest.mark.parametrize(
    ("rate", "shown", "other"),
    [
        (Fraction(12), "12", "23.976"),
        (Fraction(15), "15", "23.976"),
        (Fraction(2997, 100), "29.97", "29.97"),
        (Fraction(120), "120", "60"),
    ],
)
def test_a_rate_without_time_code_is_refused(write, rate, shown, other):
    """By its number, with another format and the nearest rate."""
    with pytest.raises(MediaFault, match=rf"cannot have {shown} frames per second, only 23\.976, 24, 25, 29\.97") as no:
        write(joined(rate), FOLDER, TARGET)
    assert no.value.hint == f"use `--format otio`, or give the cut another rate, e.g. `fps: {other}`"


rates = st.sampled_from(
    [Fraction(12), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30), Fraction(22, 7)]
)


@st.composite
def drawn_items(draw: st.DrawFn) -> TimelineItem:
    """A clip of any rate, trimmed and joined somehow."""
    frames, rate = draw(st.integers(1, 300)), draw(rates)
    whole = Decimal(frames) / Decimal(round(rate))
    start = draw(st.none() | st.decimals(0, whole, places=2))
    joins = st.sampled_from([Decimal(0), Decimal("0.04"), Decimal("0.5")])
    return TimelineItem("a", frames, rate, start, None, None, draw(st.sampled_from(tuple(TransitionKind))), draw(joins))


@settings(deadline=None)
@given(st.lists(drawn_items(), min_size=1, max_size=12), rates, st.sampled_from([to_otio, to_edl, to_fcp7]))
def test_clips_begin_where_they_begin_in_the_film(items, rate, write):
    """Over mixed rates, trims and transitions: no frame is lost or added, however many clips there are."""
    try:
        placed = timeline.place(items, rate)
    except TimelineError:
        assume(False)
    sources = [items[clip.item] for clip in placed]
    events = (
        EditEvent("a", "a.mp4", clip.first, clip.count, source.frames, source.rate, clip.begin, clip.length, clip.lead,
                  clip.transition, "d", sound=True)
        for clip, source in zip(placed, sources, strict=True)
    )  # fmt: skip
    cut = edit(rate, *events)
    if write is to_otio:
        track = otio.adapters.read_from_string(write(cut, FOLDER, TARGET), "otio_json").tracks[0]
        starts = [clip.source_range.start_time for clip in track.find_clips()]
        assert [(start.value, start.rate) for start in starts] == [
            (clip.first, float(source.rate)) for clip, source in zip(placed, sources, strict=True)
        ]
        shift = [0] * len(placed)
    else:
        assume(rate in TIME_CODE_RATES)
        kind = "cmx_3600" if write is to_edl else "fcp_xml"
        words = {"rate": float(rate)} if write is to_edl else {}
        track = otio.adapters.read_from_string(write(cut, FOLDER, TARGET), kind, **words).tracks[0]
        shift = [clip.lead // 2 if at else 0 for at, clip in enumerate(placed)] if write is to_fcp7 else [0] * 99
    assert begins(track) == [clip.begin + moved for clip, moved in zip(placed, shift, strict=False)]
    assert round(track.duration().value) == timeline.total_frames(placed)


def test_sixty_clips_of_another_rate_are_as_long_as_the_film():
    """A second of 25 frames at 24 is 31 frames at 30: the timeline lasts 62 s, as the film does."""
    events = (event("a", 31 * at, 31, 24, count=25, frames=25) for at in range(60))
    shown = otio.adapters.read_from_string(to_otio(edit(30, *events), FOLDER, TARGET), "otio_json")
    assert shown.duration().to_seconds() == 62
    assert begins(shown.tracks[0]) == list(accumulate([31] * 59, initial=0))


def finished() -> EditList:
    """A cut of 190 frames at 25 with music, 4 s long at -18 dB, and two subtitles that overlap."""
    cue = SoundCue(FileSource("m/曲.wav"), place(), gain=Decimal(-18), fade=Decimal(1), duck=Decimal(-12))
    music = PlacedSound(cue, "m/曲.wav", 192_000, 48_000, 0, 100)
    lines = (Caption("Hello\nthere", 10, 60), Caption("你好", 50, 90))
    subtitles = EditSubtitles(Subtitles(FileSource("subs/en.srt"), place(), "en"), lines)
    cut = joined(25)
    return edit(25, *cut.events, music=(music,), subtitles=(subtitles,))


def test_music_and_subtitles_are_in_the_timeline():
    """Music on a track of its own with its level, subtitles as markers with the file that they come from."""
    shown = otio.adapters.read_from_string(to_otio(finished(), FOLDER, TARGET), "otio_json")
    assert [(track.name, track.kind) for track in shown.tracks] == [
        ("V1", "Video"),
        ("A1", "Audio"),
        ("Music", "Audio"),
    ]
    (music,) = shown.tracks[2]
    assert music.duration().to_seconds() == music.available_range().duration.to_seconds() == 4
    assert music.media_reference.target_url == "../m/曲.wav"
    assert dict(music.metadata["wanflow"]) == {"gain": -18, "fade": 1, "duck": -12, "voice": False}
    markers = [
        (mark.name, mark.marked_range.start_time.value, mark.marked_range.duration.value)
        for mark in shown.tracks.markers
    ]
    assert markers == [("Hello there", 10, 50), ("你好", 50, 40)]
    facts = dict(shown.tracks.markers[0].metadata["wanflow"])
    assert facts == {"subtitles": "../subs/en.srt", "language": "en", "burned": False, "text": "Hello\nthere"}


def test_fcp7_has_the_whole_cut():
    """Read back with the adapter: joins around their cuts, each file once, sound beside picture, music with its level."""
    text = to_fcp7(finished(), FOLDER, TARGET)
    picture, sound, music = otio.adapters.read_from_string(text, "fcp_xml").tracks
    assert [child.name for child in picture] == [
        *("Dip to Color Dissolve", "海岸", "Cross Dissolve", "The End", "Edge Wipe", "b", "still", "海岸"),
        *("Dip to Color Dissolve", "海岸"),
    ]
    assert begins(picture) == [0, 45, 77, 120, 150, 195]
    assert [clip.name for clip in sound.find_clips()] == ["海岸", "b", "海岸", "海岸"]
    assert picture.duration() == sound.duration() == otio.opentime.RationalTime(240, 25)
    root = parsed(text)
    files = [file for file in root.iter("file") if file.find("pathurl") is not None]
    paths = [urlparse(file.findtext("pathurl")) for file in files]
    assert {path.netloc for path in paths} == {"localhost"}
    assert sorted(unquote(path.path) for path in paths) == [
        f"/films/夜 1/{name}" for name in ("b.mp4", "m/曲.wav", "s #1.png", "海岸.mp4")
    ]
    characteristics = root.find(".//sequence/media/video/format/samplecharacteristics")
    assert (characteristics.findtext("width"), characteristics.findtext("height")) == ("640", "360")
    (heard,) = music
    level = heard.effects[0].metadata["fcp_xml"]["parameter"]
    assert [(mark["when"], mark["value"]) for mark in level["keyframe"]] == [
        *(("0", "0"), ("25", "0.125893"), ("75", "0.125893"), ("100", "0")),
    ]
    title = root.find(".//generatoritem/effect/parameter")
    assert title.findtext("value") == "The End"


@pytest.mark.parametrize(
    ("rate", "base", "ntsc"), [(Fraction(24000, 1001), "24", "TRUE"), (Fraction(50), "50", "FALSE")]
)
def test_fcp7_tells_broadcast_rates_apart(rate, base, ntsc):
    """By the whole rate and a flag, of the sequence and of every clip."""
    root = parsed(to_fcp7(joined(rate), FOLDER, TARGET))
    assert {(each.findtext("timebase"), each.findtext("ntsc")) for each in root.iter("rate")} == {(base, ntsc)}


def test_fcp7_says_how_long_each_medium_is():
    """Not how much of it is seen: a suite would take the rest for missing."""
    root = parsed(to_fcp7(finished(), FOLDER, TARGET))
    lengths = {event.name: round(event.frames / event.rate * 25) for event in finished().events if not event.still}
    items = [item for item in root.iter("clipitem") if item.findtext("name") in lengths]
    assert len(items) > len(lengths)
    assert [int(item.findtext("duration")) for item in items] == [lengths[item.findtext("name")] for item in items]
    assert all(int(item.findtext("out")) <= int(item.findtext("duration")) for item in root.iter("clipitem"))


def test_fcp7_links_sound_to_its_picture():
    """Each clip with sound names both of its parts, so that a suite moves them together."""
    root = parsed(to_fcp7(joined(25), FOLDER, TARGET))
    items = {item.get("id"): item for item in [*root.iter("clipitem"), *root.iter("generatoritem")]}
    for item in items.values():
        linked = [items[link.findtext("linkclipref")].findtext("name") for link in item.iterfind("link")]
        assert linked in ([], [item.findtext("name")] * 2)
    assert sum(1 for item in items.values() if item.find("link") is not None) == 8


def test_a_file_without_time_code_is_counted_in_frames_of_the_cut():
    """A clip of 15 frames a second in a cut of 30."""
    root = parsed(to_fcp7(edit(30, event("slow", 0, 60, 15, count=30, frames=30)), FOLDER, TARGET))
    file = root.find(".//file")
    assert (file.findtext("rate/timebase"), file.findtext("duration")) == ("30", "60")


def test_findings_are_markers_at_their_places():
    """In the part that plays, on the file's clock; in a list of cuts at their time in the film."""
    found = (
        Finding(Check.BLACK, 0.8, 0.25, Fraction(6, 5), Fraction(2)),
        Finding(Check.SILENT, -90, -60),
        Finding(Check.HARD_CUT, 9, 4, Fraction(4), Fraction(4)),
    )
    clip = event("a", 50, 50, 25, first=25, frames=150, findings=found)
    cut = edit(25, event("b", 0, 50, 25), clip)
    timeline = otio.adapters.read_from_string(to_otio(cut, FOLDER, TARGET), "otio_json")
    _, *markers = timeline.tracks[0][1].markers
    placed = [(mark.name, mark.marked_range.start_time.value, mark.marked_range.duration.value) for mark in markers]
    assert placed == [("black from 1.2 s to 2 s", 30, 20), ("silent, although sound was asked for", 25, 0)]
    assert markers[0].metadata["wanflow"]["check"] == "black"
    lines = to_edl(cut, FOLDER, TARGET).splitlines()
    assert "* LOC: 00:00:02:05 YELLOW  black from 1.2 s to 2 s" in lines
    names = [name.text for name in parsed(to_fcp7(cut, FOLDER, TARGET)).iterfind(".//clipitem/marker/name")]
    assert "black from 1.2 s to 2 s" in names


def test_a_still_is_a_picture_that_lasts_as_long_as_its_item() -> None:
    """With its pixels; every take of it that is here can be shown instead."""
    main = Cut("main", place(), (CutItem(ShotSource("door"), place(), seconds=Decimal(2)),), "out/main.mp4")
    film = production(still("door", takes=2), cuts=(main,))
    made = edit_list(plan(film, run(film)[0]), "main")
    (shown,) = made.events
    assert (shown.still, shown.sound, shown.size, shown.name) == (True, False, (1280, 720), "door.t1")
    assert (shown.length, made.frames / made.rate) == (made.frames, 2)
    files = [each.file for each in shown.takes]
    assert [each.name for each in shown.takes] == ["door.t1", "door.t2"]
    assert files[0] == shown.file
    assert all(file.endswith(".png") for file in files)
    assert {each.frames for each in shown.takes} == {shown.frames}
    timeline_read = otio.adapters.read_from_string(to_otio(made, FOLDER, TARGET), "otio_json")
    (clip,) = timeline_read.video_tracks()[0]
    assert unquote(clip.media_reference.target_url).endswith(files[0])
    assert clip.source_range.duration.to_seconds() == 2
    element = parsed(to_fcp7(made, FOLDER, TARGET)).find(".//clipitem/file/media/video/samplecharacteristics/width")
    assert element is not None
    assert element.text == "1280"


def retimed(rate: Fraction | int = 30) -> EditList:
    """A clip at half speed, one at double speed without sound whose last frame is held, and a dissolve over a held one."""
    return edit(
        rate,
        event("slow", 0, 60, rate, first=30, count=30, frames=90, speed=Fraction(1, 2)),
        event("fast", 60, 75, rate, first=15, count=60, frames=90, speed=Fraction(2), held=45, sound=False),
        event("slow", 123, 30, rate, count=60, frames=90, lead=12, transition=DISSOLVE, speed=Fraction(2)),
        event("end", 148, 35, rate, count=25, frames=90, lead=5, transition=DISSOLVE, held=10),
        event("last", 173, 20, rate, frames=90, lead=10, transition=DISSOLVE),
    )


HELD = [("slow", 0, 60), ("fast", 60, 30), ("fast", 90, 45), ("slow", 123, 30), ("end", 148, 35), ("last", 173, 20)]
"""Name, beginning and length of its parts: only what no transition covers is a clip of its own."""


def test_a_held_frame_is_a_clip_of_its_own() -> None:
    """Silent, and of the last frame; where a transition covers it, the clip before goes on."""
    cut = retimed()
    assert [(part.name, part.begin, part.length) for part in cut.parts] == HELD
    (frozen,) = (part for part in cut.parts if part.frozen)
    assert (frozen.first, frozen.count, frozen.sound, frozen.lead) == (74, 1, False, 0)


@pytest.mark.parametrize("kind", ["otio", "edl", "fcp7"])
def test_speed_and_held_frames_are_read_back(kind: str) -> None:
    """Each clip where it is, as fast as it plays, from the frame of its file that it begins with."""
    cut = retimed()
    if kind == "otio":
        timeline = otio.adapters.read_from_string(to_otio(cut, FOLDER, TARGET), "otio_json")
    elif kind == "edl":
        timeline = otio.adapters.read_from_string(to_edl(cut, FOLDER, TARGET), "cmx_3600", rate=30.0)
    else:
        timeline = otio.adapters.read_from_string(to_fcp7(cut, FOLDER, TARGET), "fcp_xml")
    picture = timeline.video_tracks()[0]
    assert round(picture.duration().value) == cut.frames
    shift = {"slow": 6, "end": 2, "last": 5} if kind == "fcp7" else {}  # there a cut is in the middle of its transition
    expected = [begin + (shift.get(name, 0) if begin else 0) for name, begin, _ in HELD]
    assert begins(picture) == expected
    if kind != "fcp7":
        found = [[effect.time_scalar for effect in clip.effects] for clip in picture.find_clips()]
        assert found == [[0.5], [2.0], [0.0], *([[2.0]] if kind == "otio" else found[3:4]), [], []]


def test_an_edl_takes_as_many_frames_of_a_file_as_it_plays() -> None:
    """Two seconds at half speed are one second of the file; the motion is that of the reel."""
    lines = to_edl(retimed(), FOLDER, TARGET).splitlines()
    assert "001  M0000001 V     C        00:00:01:00 00:00:02:00 00:00:00:00 00:00:02:00" in lines
    assert "M2   M0000001 015.0                00:00:01:00" in lines
    assert "002  M0000002 V     C        00:00:00:15 00:00:02:15 00:00:02:00 00:00:03:00" in lines
    assert "* * FREEZE FRAME" in lines
    assert any(line.endswith(" 00:00:00:00 00:00:01:20 00:00:04:03 00:00:04:28") for line in lines), lines


def test_xml_counts_the_frames_of_a_clip_as_they_play() -> None:
    """As suites do: a clip at half speed begins at twice its frame, and is twice as long; picture and sound alike."""
    root = parsed(to_fcp7(retimed(), FOLDER, TARGET))
    slow, fast, frozen = root.findall(".//video/track/clipitem")[:3]
    assert [slow.findtext(key) for key in ("in", "out", "duration")] == ["60", "120", "180"]
    assert [fast.findtext(key) for key in ("in", "out", "duration")] == ["8", "38", "45"]
    assert (frozen.findtext("stillframe"), frozen.findtext("in")) == ("TRUE", "74")
    speeds = [
        item.findtext("filter/effect[effectid='timeremap']/parameter[parameterid='speed']/value")
        for item in root.iterfind(".//clipitem")
    ]
    assert speeds == ["50", "200", None, "200", None, None, "50", "200", None, None]


def test_a_finding_is_marked_where_it_is_seen_in_a_faster_clip() -> None:
    """A second into a clip at double speed is half a second into the film."""
    found = (Finding(Check.HARD_CUT, 9, 4, Fraction(1), Fraction(1)),)
    cut = edit(30, event("fast", 0, 30, 30, count=60, frames=60, speed=Fraction(2), findings=found))
    assert f"* LOC: 00:00:00:15 YELLOW  {found[0].text}" in to_edl(cut, FOLDER, TARGET)
    marker = parsed(to_fcp7(cut, FOLDER, TARGET)).findall(".//clipitem/marker")[-1]
    assert marker.findtext("in") == "15"


def titled() -> EditList:
    """Two clips with three titles over them, of which two are shown at the same time."""
    ada = TitleCard("Ada & <b>", position="lower-third", color=(255, 215, 0), size=Decimal("0.1"), fade=Decimal("0.5"))
    over = (EditTitle(ada, 5, 20), EditTitle(TitleCard("海岸", font=FileSource("f/own.ttf")), 10, 30))
    return edit(25, event("a", 0, 50, 25, over=over), event("b", 50, 50, 25, over=(EditTitle(ada, 60, 10),)))


def test_titles_over_clips_have_tracks_of_their_own() -> None:
    """As many as are shown at the same time, each at its frames, with their looks as parameters."""
    shown = otio.adapters.read_from_string(to_otio(titled(), FOLDER, TARGET), "otio_json")
    _, _, first, second = shown.tracks
    assert [(track.name, track.kind) for track in (first, second)] == [("Titles 1", "Video"), ("Titles 2", "Video")]
    spans = [
        [(clip.name, track.range_of_child(clip).start_time.value, clip.duration().value) for clip in track.find_clips()]
        for track in (first, second)
    ]
    assert spans == [[("Ada & <b>", 5, 20), ("Ada & <b>", 60, 10)], [("海岸", 10, 30)]]
    looks = [dict(next(iter(track.find_clips())).media_reference.parameters) for track in (first, second)]
    assert looks == [
        {"text": "Ada & <b>", "color": "#ffd700", "size": 0.1, "position": "lower-third", "fade": 0.5},
        {"text": "海岸", "font": "f/own.ttf"},
    ]


def test_titles_over_clips_are_generators_in_xml_and_markers_in_a_list() -> None:
    """On tracks above the picture; a list names them where they begin."""
    tracks = otio.adapters.read_from_string(to_fcp7(titled(), FOLDER, TARGET), "fcp_xml").tracks
    assert [track.kind for track in tracks] == ["Video", "Video", "Video", "Audio"]
    assert [begins(track) for track in tracks] == [[0, 50], [0, 5, 25, 60], [0, 10], [0, 50]], "with gaps"
    root = parsed(to_fcp7(titled(), FOLDER, TARGET))
    words = [item.findtext("effect/parameter/value") for item in root.iter("generatoritem")]
    assert words == ["Ada & <b>", "Ada & <b>", "海岸"]
    listed = to_edl(titled(), FOLDER, TARGET)
    assert "* LOC: 00:00:00:05 CYAN    Ada & <b>\n* LOC: 00:00:00:10 CYAN    海岸\n" in listed
    assert "* LOC: 00:00:02:10 CYAN    Ada & <b>\n" in listed
    assert [*left_out(titled(), EDL)][1:] == [
        "titles over clips are markers there",
        "font, colour, size, position and fade of titles are left out",
    ]
    assert [*left_out(titled(), FCP7)] == ["font, colour, size, position and fade of titles are left out"]
    assert [*left_out(titled(), OTIO)] == [
        "font, colour, size, position and fade of titles are parameters, which suites may not read"
    ]


def test_what_a_format_cannot_say_is_said() -> None:
    """A line for each kind of thing that the cut has, none for what it has not."""
    assert {kind: [*left_out(edit(30, event("b", 0, 9, 30, sound=False)), kind)] for kind in (EDL, FCP7, OTIO)} == {
        kind: [] for kind in (EDL, FCP7, OTIO)
    }
    held = "a held frame under a transition is left out: the clip goes on there"
    assert [*left_out(retimed(), OTIO)] == [held]
    assert [*left_out(retimed(), EDL)] == [held, "an EDL has one track of pictures: all sound is left out"]
    music = (PlacedSound(SoundCue(FileSource("a.wav"), place(), duck=Decimal(-12)), "a.wav", 480, 48_000, 0, 9),)
    assert [*left_out(edit(30, *joined(30).events, music=music), FCP7)] == ["ducking is left out"]
    assert [*left_out(edit(30, *joined(30).events, music=music), OTIO)] == [
        "a fade through black is a dissolve there",
        "level, fades and ducking of sounds are metadata, which suites do not read",
    ]
    assert [*left_out(joined(30), EDL)][-2:] == [
        "fades and wipes are dissolves there",
        "the fade from black at the beginning is left out",
    ]
