"""What measured files and nominal clips say against the rules."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest

from kit.call_count import count_calls
from wanflow.language.delivery_checks import check_delivery
from wanflow.language.media_checks import check_media, file_sources, inline_sources
from wanflow.language.problem import Severity
from wanflow.language.source import Facts, Kind, Unreadable

PICTURE = Facts(Kind.IMAGE, "png", "a" * 64, 1000, 1280, 720)
SOUND = Facts(Kind.AUDIO, "wav", "c" * 64, 1000, samples=240_000, sample_rate=48_000, seconds=Fraction(5))


def video(seconds, **changes):
    """A video with sound of this many seconds at 30 fps."""
    facts = Facts(
        Kind.VIDEO,
        "mp4",
        "b" * 64,
        1000,
        1280,
        720,
        frames=seconds * 30,
        rate=Fraction(30),
        samples=seconds * 48_000,
        sample_rate=48_000,
        seconds=Fraction(seconds),
    )
    return replace(facts, **changes)


def media_problems(reading, shots, table):
    """Places and messages of what the media say."""
    production, problems = reading(shots)
    assert production is not None, problems
    return [(item.place.line, item.place.column, item.message) for item in check_media(production, table)]


def test_what_a_cut_lacks_is_said_where_its_path_is(reading):
    """Not at the item, which may begin with a transition; a broken line of subtitles at that line."""
    production, _ = reading(
        "cuts:\n"
        "  main:\n"
        "    items:\n"
        "      - {transition: fade, file: a.mp4}\n"
        "      - {in: 1, file: song.wav}\n"
        "    music: {gain: -3, file: b.wav}\n"
        "    subtitles:\n"
        "      - {language: en, file: c.srt}\n"
        "      - subs/d.srt\n"
    )
    table = dict.fromkeys(("a.mp4", "b.wav", "c.srt"), Unreadable("does not exist"))
    table |= {
        "song.wav": SOUND,
        "subs/d.srt": Unreadable("invalid time code", line=12, others=(Unreadable("it ends", line=20),)),
    }
    found = [(str(item.place), item.message) for item in check_media(production, table)]
    start = production.cuts["main"].place.line
    assert found == [
        (f"wanflow.yaml:{start + 2}:34", "`a.mp4` does not exist"),
        (f"wanflow.yaml:{start + 3}:9", "`song.wav` is a sound, not a video or a picture"),
        (f"wanflow.yaml:{start + 6}:30", "`c.srt` does not exist"),
        ("subs/d.srt:12:1", "invalid time code"),
        ("subs/d.srt:20:1", "it ends"),
        (f"wanflow.yaml:{start + 4}:29", "`b.wav` does not exist"),
    ]


FRAME = "shots:\n  a: {first_frame: a.png}\n"


def test_a_good_picture_is_silent(reading):
    """Nothing to say of a file within its limits."""
    assert media_problems(reading, FRAME, {"a.png": PICTURE}) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (Unreadable("does not exist"), "`a.png` does not exist"),
        (replace(PICTURE, width=239), "`a.png` has 239x720 pixels; each side takes 240 to 8000"),
        (replace(PICTURE, height=8001), "`a.png` has 1280x8001 pixels; each side takes 240 to 8000"),
        (replace(PICTURE, width=2169, height=271), "`a.png` is more than 8 times as long as it is wide"),
        (replace(PICTURE, alpha=True), "`a.png` has an alpha channel"),
        (replace(PICTURE, format="gif"), "`a.png` is gif inside, not jpeg or png or bmp or webp"),
        (replace(PICTURE, size_bytes=20_000_001), "`a.png` has 20.0 MB; at most 20 MB are taken"),
        (video(5), "`a.png` is a video, and `first_frame` takes a picture"),
        (SOUND, "`a.png` is a sound, and `first_frame` takes a picture"),
    ],
)
def test_a_file_against_its_limits(reading, facts, message):
    """Missing, wrong in size, shape, format, weight or kind: at the value that names it (service.md 3)."""
    assert media_problems(reading, FRAME, {"a.png": facts}) == [(4, 20, message)]


@pytest.mark.parametrize(
    "facts",
    [
        replace(PICTURE, width=240, height=240),
        replace(PICTURE, width=8000, height=1000),
        replace(PICTURE, size_bytes=20_000_000),
    ],
)
def test_bounds_are_included(reading, facts):
    """The limit itself is allowed."""
    assert media_problems(reading, FRAME, {"a.png": facts}) == []


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (2, 0), (10, 0), (11, 1)])
def test_a_clip_lasts_2_to_10_seconds(reading, seconds, count):
    """A first clip's length is measured (service.md 3)."""
    shots = "shots:\n  a: {first_clip: c.mp4, duration: 15}\n"
    assert len(media_problems(reading, shots, {"c.mp4": video(seconds)})) == count


@pytest.mark.parametrize(("clip", "count"), [("{shot: a, tail: 2}", 0), ("{shot: a, tail: 4}", 1), ("{shot: a}", 1)])
def test_a_continuation_must_be_longer_than_its_clip(reading, clip, count):
    """The result contains the clip; of a shot the nominal length counts."""
    shots = f"{FRAME}  b: {{first_clip: {clip}, duration: 4}}\n"
    found = media_problems(reading, shots, {"a.png": PICTURE})
    assert [(line, column) for line, column, _ in found] == [(5, 3)] * count


def test_what_is_of_a_wrong_kind_is_called_by_its_own_name(reading):
    """The shot, not the slot that it was given to."""
    for source, words in (
        ("{shot: a}", "`a` is a video, and `first_frame` takes a picture"),
        ("{shot: a, tail: 2}", "the piece of `a` is a video, and `first_frame` takes a picture"),
        ("{shot: a, track: audio}", "the piece of `a` is a sound, and `first_frame` takes a picture"),
    ):
        found = media_problems(reading, f"{FRAME}  b: {{first_frame: {source}}}\n", {"a.png": PICTURE})
        assert [message for _, _, message in found] == [words]


@pytest.mark.parametrize(
    ("piece", "hint"),
    [
        ("tail: 9", "take a shorter piece"),
        ("head: 0.001", "take a longer piece"),
        ("from: 9", "write an earlier `from`"),
        ("from: 1, to: 9", "write an earlier `to`"),
        ("from: 3, to: 2", "write an earlier `from` or a later `to`"),
        ("from: 1, to: 1.001", "take a longer piece"),
    ],
)
def test_a_piece_that_does_not_fit_its_clip_has_its_own_way_out(reading, piece, hint):
    """What to change depends on what is wrong."""
    production, problems = reading(f"{FRAME}  b: {{first_clip: {{shot: a, {piece}}}, duration: 15}}\n")
    assert production is not None, problems
    assert [item.hint for item in check_media(production, {"a.png": PICTURE})] == [hint]


def test_a_frame_beyond_the_clip_is_an_error(reading):
    """Checked against the nominal length of the shot."""
    shots = f"{FRAME}  b: {{first_frame: {{shot: a, frame: 9}}}}\n"
    production, problems = reading(shots)
    assert production is not None, problems
    (found,) = check_media(production, {"a.png": PICTURE})
    assert found.place.line == 5
    assert "lies beyond the end of the clip (5 s)" in found.message
    assert found.hint == "write an earlier `frame`, or `frame: last`"


def test_a_video_where_a_picture_belongs_has_a_way_out(reading):
    """A whole shot is not a first frame, one frame of it is."""
    whole, _ = reading(f"{FRAME}  b: {{first_frame: {{shot: a}}}}\n")
    assert [item.hint for item in check_media(whole, {"a.png": PICTURE})] == ["take a frame of it: `frame: last`"]
    frame, _ = reading(f"{FRAME}  b: {{first_frame: {{shot: a, frame: last}}}}\n")
    assert check_media(frame, {"a.png": PICTURE}) == ()


@pytest.mark.parametrize(
    ("shot", "said"),
    [
        ("{first_frame: a.srt}", "is a subtitle file, and `first_frame` takes a picture"),
        ("{first_frame: {file: a.srt, frame: last}}", "is a subtitle file: it has no pieces"),
        ("{first_frame: b.png, driving_audio: a.srt}", "is a subtitle file, and `driving_audio` takes a sound"),
        (
            "{first_frame: b.png, driving_audio: {file: a.srt, track: audio}}",
            "is a subtitle file: it has no pieces",
        ),
    ],
)
def test_subtitles_in_another_place_are_named_for_what_they_are(reading, shot, said):
    """Where a picture or a sound is wanted, or a piece of a clip."""
    subtitles = Facts(Kind.SUBTITLES, "srt", "d" * 64, 1000, seconds=Fraction(5))
    found = media_problems(reading, f"shots:\n  a: {shot}\n", {"a.srt": subtitles, "b.png": PICTURE})
    assert [message for _, _, message in found] == [f"`a.srt` {said}"]


def test_the_sound_of_a_silent_file_is_an_error(reading):
    """`track: audio` needs a sound track."""
    shots = "shots:\n  a: {first_frame: a.png, driving_audio: {file: v.mp4, track: audio}}\n"
    silent = {"a.png": PICTURE, "v.mp4": video(5, samples=0, sample_rate=0)}
    assert [message for _, _, message in media_problems(reading, shots, silent)] == ["`v.mp4` has no sound"]
    assert media_problems(reading, shots, {"a.png": PICTURE, "v.mp4": video(5)}) == []


@pytest.mark.parametrize(
    ("item", "count"),
    [
        ("{shot: a, in: 1, out: 5}", 0),
        ("{shot: a, in: 5}", 1),
        ("{shot: a, out: 5.1}", 1),
        ("{shot: a, in: 3, out: 2}", 1),
        ("{file: p.png}", 1),
        ("{file: v.mp4, out: 2}", 0),
    ],
)
def test_the_items_of_a_cut(reading, item, count):
    """`in` and `out` lie within the clip in their order, and a picture is not a clip yet."""
    table = {"a.png": PICTURE, "p.png": PICTURE, "v.mp4": video(3)}
    assert len(media_problems(reading, f"{FRAME}cuts: {{m: [{item}]}}\n", table)) == count


@pytest.mark.parametrize(
    ("path", "facts", "said"),
    [
        ("v.mp4", video(3, hdr="PQ"), ["`v.mp4` is HDR (PQ): it is converted to BT.709"]),
        ("v.mp4", video(3, hdr="HLG"), ["`v.mp4` is HDR (HLG): it is converted to BT.709"]),
        ("p.tiff", replace(PICTURE, format="tiff", pictures=3), ["`p.tiff` has 3 pages: only the first one is shown"]),
        ("p.gif", replace(PICTURE, format="gif", pictures=3), []),
    ],
)
def test_what_a_cut_shows_otherwise_is_said(reading, path, facts, said):
    """As a warning at the item; an animation plays, so there is nothing to say."""
    duration = ", duration: 1" if facts.kind is Kind.IMAGE else ""
    production, _ = reading(f"shots: {{}}\ncuts: {{m: [{{file: {path}{duration}}}]}}\n")
    found = check_media(production, {path: facts})
    assert [(problem.message, problem.severity) for problem in found] == [(words, Severity.WARNING) for words in said]


def test_what_a_model_gets_otherwise_is_said(reading):
    """A frame of an HDR clip is converted, a whole clip is sent as it is; an animation is one picture to a model."""
    table = {"a.png": replace(PICTURE, pictures=3), "v.mp4": video(3, hdr="PQ")}
    assert [message for _, _, message in media_problems(reading, FRAME, table)] == [
        "`a.png` is an animation of 3 pictures: a model may see only the first"
    ]
    frame = "shots:\n  a: {first_frame: {file: v.mp4, frame: first}}\n"
    assert [message for _, _, message in media_problems(reading, frame, table)] == [
        "`v.mp4` is HDR (PQ): it is converted to BT.709"
    ]
    assert media_problems(reading, "shots:\n  a: {first_clip: v.mp4, duration: 5}\n", table) == []


def test_shots_in_a_circle_end(reading):
    """Lengths that depend on each other are simply unknown; the circle is the graph's to report."""
    shots = (
        "shots:\n  a: {model: wan2.7-videoedit, video: {shot: b}}\n  b: {model: wan2.7-videoedit, video: {shot: a}}\n"
    )
    assert media_problems(reading, shots, {}) == []


def test_the_files_of_a_production_are_listed_once(reading):
    """Media, voices and items of cuts, in order."""
    body = (
        "cast: {k: {image: k.png, voice: k.wav}}\n"
        "shots:\n"
        "  a: {first_frame: a.png}\n"
        "  b: {model: wan2.7-r2v, prompt: '${k} x'}\n"
        "  c: {first_frame: a.png, last_frame: {file: v.mp4, frame: last}}\n"
        "cuts: {m: [a, {file: end.mp4}]}\n"
    )
    production, problems = reading(body)
    assert production is not None, problems
    assert file_sources(production) == ("a.png", "k.png", "k.wav", "v.mp4", "end.mp4")


def warnings(reading, shots, table):
    """What is said without being an error."""
    production, problems = reading(shots)
    assert production is not None, problems
    found = check_media(production, table)
    assert all(item.severity is Severity.WARNING for item in found), found
    return [item.message for item in found]


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (3, ["`driving_audio` lasts 3 s of 5: the last 2 s are silent"]),
        (5, []),
        (8, ["only the first 5 s of `driving_audio` (8 s) are heard"]),
    ],
)
def test_a_sound_of_another_length_than_the_film_is_warned_of(reading, seconds, message):
    """The vendor cuts it off or leaves the rest silent, without a word (service.md 2.2)."""
    sound = replace(SOUND, seconds=Fraction(seconds))
    shots = "shots:\n  a: {first_frame: a.png, driving_audio: s.wav}\n"
    assert warnings(reading, shots, {"a.png": PICTURE, "s.wav": sound}) == message


@pytest.mark.parametrize(("seconds", "count"), [(0, 0), (4, 0), (5, 0), (6, 1)])
def test_an_edit_that_is_longer_than_its_video_is_warned_of(reading, seconds, count):
    """Nobody documents what becomes of it (service.md 2.3)."""
    shots = f"shots:\n  a: {{model: wan2.7-videoedit, video: v.mp4, duration: {seconds}}}\n"
    assert len(warnings(reading, shots, {"v.mp4": video(5)})) == count


def test_a_piece_and_a_frame_have_the_pixels_of_their_file(reading):
    """Known before anything is cut."""
    table = {"v.mp4": video(8, width=200, height=720)}
    said = "`v.mp4` has 200x720 pixels; each side takes 240 to {}"
    piece = "shots:\n  a: {first_clip: {file: v.mp4, tail: 2}}\n"
    assert [words for _, _, words in media_problems(reading, piece, table)] == [said.format(4096)]
    frame = "shots:\n  a: {first_frame: {file: v.mp4, frame: last}}\n"
    assert [words for _, _, words in media_problems(reading, frame, table)] == [said.format(8000)]


def test_the_sound_of_a_silent_shot_is_an_error(reading):
    """`audio: false` makes a film without a sound track; without it there is one (format.md, Sources)."""
    for audio, expected in (("false", ["`driving_audio` has no sound"]), ("true", [])):
        shots = (
            f"shots:\n  a: {{model: wan2.6-r2v-flash, prompt: x, audio: {audio}, references: [{{image: a.png}}]}}\n"
            "  b: {first_frame: a.png, driving_audio: {shot: a, track: audio}}\n"
        )
        assert [words for _, _, words in media_problems(reading, shots, {"a.png": PICTURE})] == expected


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (PICTURE, None),
        (replace(PICTURE, format="jpeg"), "`first_frame` says `image/png` and is jpeg inside"),
        (replace(PICTURE, width=100), "`first_frame` has 100x720 pixels; each side takes 240 to 8000"),
        (replace(PICTURE, alpha=True), "`first_frame` has an alpha channel"),
        (Unreadable("is no picture"), "`first_frame` is no picture"),
    ],
)
def test_a_picture_written_into_the_production_is_looked_into(reading, facts, message):
    """A data URI's bytes are held to the rules of a file, and its words to its bytes (service.md 3)."""
    production, problems = reading("shots:\n  a: {first_frame: 'data:image/png;base64,iVBORw0KGgo='}\n")
    assert production is not None, problems
    (source,) = inline_sources(production)
    found = check_media(production, {source.key: facts})
    assert [item.message for item in found] == ([] if message is None else [message])
    assert all((item.place.line, item.place.column) == (4, 20) for item in found)


def test_local_media_without_a_store_is_warned_of_once(reading):
    """Where no temporary store is documented, only small pictures travel inside a request (format.md, uploads)."""
    model, frame = "model: wan3.0-video", "shots:\n  a: {model: wan3.0-video, first_frame: a.png}\n"
    shots = (
        f"{frame}  b: {{{model}, prompt: x, references: [{{video: v.mp4}}]}}\n"
        f"  c: {{{model}, prompt: x, references: [{{video: {{file: w.mp4, tail: 2}}}}]}}\n"
    )
    table = {"a.png": PICTURE, "v.mp4": video(4), "w.mp4": video(9)}

    def said(body, region, **pictures):
        production, problems = reading(body, region=region)
        assert production is not None, problems
        return [(item.place.line, item.message) for item in check_delivery(production, {**table, **pictures})]

    words = "`v.mp4` and 1 more need an upload, and the region `tokyo` has no documented temporary storage"
    assert said(shots, "tokyo") == [(5, words)]
    assert said(shots, "beijing") == said(shots, "singapore") == []
    assert said(f"uploads: s3://bucket/films\n{shots}", "tokyo") == []
    assert said(frame, "tokyo") == []
    heavy = {"a.png": replace(PICTURE, size_bytes=8_000_000)}
    assert [line for line, _ in said(frame, "tokyo", **heavy)] == [4]


def test_what_a_film_loses_of_a_file_is_said_once(reading):
    """A warning at the first place that names it, whatever uses it."""
    flawed = video(5, flaws=("has 2 damaged frames",))
    text = "shots:\n  a: {first_frame: {file: v.mp4, frame: last}}\ncuts:\n  m: [{file: v.mp4}, a]\n"
    production, _ = reading(text)
    found = [(each.place.line, each.message, each.severity) for each in check_media(production, {"v.mp4": flawed})]
    assert found == [(4, "`v.mp4` has 2 damaged frames", Severity.WARNING)]


def test_a_cue_is_a_sound(reading):
    """A picture's shot, a shot that is silent for certain, a file without sound; a shot with sound is one."""
    shots = (
        "  still: {model: wan2.7-image, prompt: x}\n"
        "  mute: {model: wan2.6-i2v-flash, first_frame: a.png, prompt: x, audio: false}\n"
        "cuts:\n  m:\n    items: [a]\n    audio: [{shot: a}, {shot: still}, {shot: mute}, {file: v.mp4}]\n"
    )
    table = {"a.png": PICTURE, "v.mp4": video(5, samples=0, sample_rate=0)}
    assert [message for _, _, message in media_problems(reading, FRAME + shots, table)] == [
        "`still` is a picture, and `audio` takes a sound",
        "`mute` is a video without sound, and `audio` takes a sound",
        "`v.mp4` is a video without sound, and `audio` takes a sound",
    ]


def test_checking_cues_takes_time_in_proportion(reading):
    """Ten times as many cost ten times the work, each with a warning of its own."""
    table = {"a.png": PICTURE, "a.mp4": video(5), "s.wav": SOUND}
    calls = []
    for count in (200, 2000):
        cues = "".join(f"      - {{file: s.wav, at: {number}}}\n" for number in range(count))
        production, problems = reading(f"cuts:\n  m:\n    items: [{{file: a.mp4}}]\n    audio:\n{cues}")
        assert production is not None, problems
        found, made = count_calls(partial(check_media, production, table))
        assert len(found) == count - 1
        calls.append(made)
    assert calls[1] < 11 * calls[0]
