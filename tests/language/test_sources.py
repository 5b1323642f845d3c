"""Every form of a media source."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest

from wanflow.language.problem import Severity
from wanflow.language.source import DataSource, FileSource, Frame, Head, ShotSource, Sound, Span, Tail, UrlSource

OTHER = "shots:\n  coast: {first_frame: a.png}\n"


def source(reading, written):
    """The source of a shot's first slot."""
    production, problems = reading(f"{OTHER}  b: {{first_frame: {written}}}\n")
    assert production is not None, problems
    return production.shots["b"].media[0].source


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("sets/coast.png", FileSource("sets/coast.png")),
        ("../shared/coast.png", FileSource("../shared/coast.png")),
        ("/films/coast.png", FileSource("/films/coast.png")),
        ("-rf.png", FileSource("-rf.png")),
        ("'a b%20''.png'", FileSource("a b%20'.png")),
        ("https://x.y/z.png", UrlSource("https://x.y/z.png")),
        ("oss://bucket/key.png", UrlSource("oss://bucket/key.png")),
        ("{shot: coast}", ShotSource("coast")),
        ("{shot: coast, tail: 2}", ShotSource("coast", Tail(Decimal(2)))),
        ("{shot: coast, head: 1.5}", ShotSource("coast", Head(Decimal("1.5")))),
        ("{shot: coast, from: 1, to: 3.5}", ShotSource("coast", Span(Decimal(1), Decimal("3.5")))),
        ("{shot: coast, from: 0}", ShotSource("coast", Span(Decimal(0), None))),
        ("{shot: coast, frame: last}", ShotSource("coast", Frame("last"))),
        ("{shot: coast, frame: first}", ShotSource("coast", Frame("first"))),
        ("{shot: coast, frame: 2.5}", ShotSource("coast", Frame(Decimal("2.5")))),
        ("{shot: coast, track: audio}", ShotSource("coast", Sound())),
        ("{file: clips/a.mp4, tail: 2}", FileSource("clips/a.mp4", Tail(Decimal(2)))),
    ],
)
def test_each_form_is_read(reading, written, expected):
    """The forms of format.md, Sources."""
    assert source(reading, written) == expected


def test_a_pinned_address_is_its_digest(reading):
    """`sha256` rides along."""
    pinned = source(reading, f"{{url: 'https://x.y/z.png', sha256: {'ab' * 32}}}")
    assert pinned == UrlSource("https://x.y/z.png", "ab" * 32)


def test_a_data_uri_is_its_decoded_bytes(reading):
    """The digest is of the picture, not of its base64."""
    found = source(reading, "'data:image/png;base64,QUJD'")
    assert isinstance(found, DataSource)
    assert found.digest == "b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"


@pytest.mark.parametrize(
    "host",
    ["localhost:8000", "127.0.0.1", "0x7f.1", "192.168.1.5", "[fe80::1]", "studio.local", "nas", "me:pw@10.0.0.1"],
)
def test_an_address_that_only_this_network_reaches_is_warned_about(reading, host):
    """The service fetches it from the internet (service.md 3); the file itself is the way out."""
    production, problems = reading(f"shots:\n  a: {{first_frame: 'http://{host}/z.png'}}\n")
    assert production is not None
    (problem,) = problems
    assert (problem.severity, problem.place.line) == (Severity.WARNING, 4)
    assert "the service cannot reach" in problem.message
    assert "pw" not in problem.message
    assert "give the file itself" in problem.hint
    assert reading("shots:\n  a: {first_frame: 'oss://bucket/z.png'}\n")[1] == ()


@pytest.mark.parametrize("query", ["Signature=a", "Expires=1", "X-Amz-Expires=60", "a=1&OSSAccessKeyId=b"])
def test_an_address_that_expires_is_to_be_pinned(reading, query):
    """Its text changes with every signature: a warning, none once it is pinned."""
    address = f"https://x.y/z.png?{query}"
    production, problems = reading(f"shots:\n  a: {{first_frame: '{address}'}}\n")
    assert production is not None
    assert [item.severity for item in problems] == [Severity.WARNING]
    assert "pin it" in problems[0].hint
    _, pinned = reading(f"shots:\n  a: {{first_frame: {{url: '{address}', sha256: {'a' * 64}}}}}\n")
    assert pinned == ()


@pytest.mark.parametrize(
    "written",
    ["{shot: coast, tail: 0}", "{shot: coast, tail: -1}", "{shot: coast, to: 2}", "{shot: coast, frame: middle}"],
)
def test_pieces_that_make_no_sense_are_refused(reading, written):
    """Nothing, less than nothing, an end without a beginning, a frame nobody can find."""
    production, problems = reading(f"{OTHER}  b: {{first_frame: {written}}}\n")
    assert production is None
    assert len(problems) == 1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_path_is_found_in_either_unicode_form(reading, tmp_path, form):
    """A file from another system is found, and named as it is on disk."""
    on_disk = unicodedata.normalize(form, "caf\u00e9.png")
    (tmp_path / on_disk).touch()
    other = unicodedata.normalize("NFD" if form == "NFC" else "NFC", on_disk)
    assert source(reading, other) == FileSource(on_disk)
