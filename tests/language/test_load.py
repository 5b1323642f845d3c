"""A whole production: what comes of it, how fast, and that nothing an author types ends in a traceback."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.call_count import count_calls
from wanflow.language.source import FileSource, ShotSource

MOST_CALLS = 2000
"""Function calls that one more shot may cost; today it is 850."""

LIGHTHOUSE = """\
vars:
  style: soft dawn light
cast:
  keeper:    {image: cast/keeper.png, voice: cast/keeper.wav}
  gull:      {video: cast/gull.mp4}
shots:
  coast:
    first_frame: sets/coast.png
    prompt: The camera drifts towards a lighthouse, ${style}.
    duration: 5
    tags: [sea]
    note: first of all
  approach:
    first_clip: {shot: coast, tail: 2}
    last_frame: sets/door.png
    duration: 12
    takes: 3
  talk:
    model: wan2.7-r2v
    prompt: ${keeper} tells ${gull} of the storm.
    ratio: 16:9
  night:
    model: wan2.7-videoedit
    video: {shot: talk}
cuts:
  main: [coast, approach, night]
  trailer:
    items:
      - {shot: coast, in: 0.5, out: 3, slate: false}
      - {shot: approach, overlap: keep}
      - file: end.mp4
    slate: true
    output: out/short.mp4
"""


def test_a_production_is_what_its_file_says(reading, tmp_path):
    """Shots and cuts in their order, with everything that was written."""
    production, problems = reading(LIGHTHOUSE)
    assert problems == ()
    assert (production.folder, production.file, production.out) == (tmp_path, "wanflow.yaml", "out")
    assert (production.provider.name, production.region) == ("animatic", "beijing")
    assert list(production.shots) == ["coast", "approach", "talk", "night"]
    coast = production.shots["coast"]
    assert (coast.tags, coast.note, coast.place.line) == (("sea",), "first of all", 9)
    assert production.shots["approach"].takes == 3
    assert production.shots["talk"].parameters["ratio"] == "16:9"


def test_cuts_in_both_forms(reading):
    """A list of names, and items with their trims; each cut has its file."""
    production, _ = reading(LIGHTHOUSE)
    main, trailer = production.cuts["main"], production.cuts["trailer"]
    assert [item.source for item in main.items] == [ShotSource("coast"), ShotSource("approach"), ShotSource("night")]
    assert (main.output, trailer.output) == ("out/main.mp4", "out/short.mp4")
    first, second, third = trailer.items
    assert (first.start, first.stop, first.slate) == (Decimal("0.5"), Decimal(3), False)
    assert (first.keep_overlap, second.keep_overlap, second.slate) == (False, True, True)
    assert third.source == FileSource("end.mp4")


def test_origins_lead_to_the_line_that_decided(reading):
    """A value from the defaults points at the defaults."""
    production, _ = reading("shots:\n  a: {first_frame: a.png, duration: 4}\n")
    origins = production.shots["a"].origins
    assert (origins["duration"].place.line, origins["model"].place.line) == (4, 2)


def test_empty_sections_are_fine(reading):
    """A production without shots, or with a section of comments only, is valid."""
    production, problems = reading("vars:\ncast:\nshots:\ncuts:\n")
    assert problems == ()
    assert production.shots == {}


def test_the_order_of_keys_and_comments_change_nothing(reading):
    """Two ways to write one shot are one shot."""
    first, _ = reading("shots:\n  a: {first_frame: a.png, prompt: x, duration: 4}\n")
    second, _ = reading("# a note\nshots:\n  a:\n    duration: 4 # s\n    prompt: 'x'\n    first_frame: a.png\n")
    one, two = first.shots["a"], second.shots["a"]
    assert (one.prompt, dict(one.parameters), one.media[0].source) == (
        two.prompt,
        dict(two.parameters),
        two.media[0].source,
    )


def test_loading_takes_the_same_effort_for_each_shot(reading):
    """A thousand shots cost ten times as much as a hundred, not a hundred times."""

    def load(shots: int) -> int:
        text = "".join(f"  s{n}: {{first_frame: a.png, prompt: shot {n}, duration: 5}}\n" for n in range(shots))
        (production, problems), calls = count_calls(lambda: reading("shots:\n" + text))
        assert problems == ()
        assert len(production.shots) == shots
        return calls

    load(1)  # schemas and the catalog are read once
    few, many = load(100), load(1000)
    assert few / 100 < MOST_CALLS
    assert many < 12 * few


VALUES = ["null", "5", "-1", "[]", "{}", "[1]", "{a: b}", "'${'", "${style}", "true", "1.5", "{shot: 5}", "'\\0'", "中"]
SIGNS = "{}[]:#*&!|>'\"%@`?,-$\t"


def mutated(text, seed):
    """The text with a few lines or characters changed at random."""
    chance, lines = random.Random(seed), text.split("\n")
    for _ in range(chance.randint(1, 4)):
        index = chance.randrange(len(lines))
        line = lines[index]
        cut = chance.randrange(len(line) + 1)
        lines[index] = chance.choice(
            [
                "",
                f"{line.partition(':')[0]}: {chance.choice(VALUES)}",
                " " * chance.randint(0, 6) + line.strip(),
                line[:cut] + chance.choice(SIGNS) + line[cut:],
                f"{line}\n{chance.choice(lines)}",
            ]
        )
    return "\n".join(lines)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=0))
def test_no_mutation_raises(reading, seed):
    """Whatever happens to a file, it is read or its problems are said, each with a place in the file."""
    text = mutated(LIGHTHOUSE, seed)
    production, problems = reading(text)
    assert production is not None or problems
    last = text.count("\n") + 3
    assert all(1 <= item.place.line <= last and item.place.column >= 1 for item in problems)
