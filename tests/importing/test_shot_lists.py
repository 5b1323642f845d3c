"""`init --from`: a table of shots or a screenplay becomes a production without an error, whatever it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wanflow import api
from wanflow.errors import MediaFault
from wanflow.importing import new_production
from wanflow.importing.shot_list import COLUMNS, read_table, seconds_of
from wanflow.language.problem import Severity
from wanflow.templates import write

TABLE = """\
Scene,Shot #,Shot Type,Description,Camera Movement,Duration,Characters,Dialogue,Lens,Notes
1,1A,WS,The lighthouse stands above a grey sea.,slow pan left,5s,,,35mm,establishing
1,1B,MCU,"Keeper lifts his lantern, and Anna turns.",static,0:06,"Keeper, Anna","KEEPER: Storm tonight.
ANNA: Then nobody sails.",50mm,
2,2A,CU,"It costs $5, says ${nobody}.",,40,Keeper,Hm.,85mm,
"""

CHINESE = "镜号,场景,景别,画面,运镜,时长(秒),角色,对白\n1,码头,近景,老李提起灯笼，望着海面,固定,6,老李,今晚有风暴。\n"

PLAY = """\
Title: The _Last_ Boat

FADE IN:

EXT. HARBOUR - DAWN

Mist over the water. OLD TOM coils a rope.

OLD TOM (V.O.)
(quietly)
We sailed at six.

ANNA
You are late.

OLD TOM ^
Am I?

DISSOLVE TO:

INT. CABIN - NIGHT

Anna lights the lamp. [[which lamp?]]

/* not
this */

ANNA
Storm tonight.
"""


def begun(folder: Path, name: str, content: str | bytes) -> tuple[api.Production, tuple[str, ...]]:
    """A production that begins with a file; it has no problem. Gives what was noted as well."""
    source = folder / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    started = api.init(folder / "film", source=source)
    assert api.validate(folder / "film" / "wanflow.yaml") == ()
    return api.load(folder / "film" / "wanflow.yaml"), tuple(map(str, started.notes))


def test_a_table_becomes_scenes_cast_and_shots(tmp_path: Path) -> None:
    """Each scene is a file; sizes are written out, names become references, and what is said becomes lines."""
    production, notes = begun(tmp_path, "shots.csv", TABLE)
    assert list(production.shots) == ["1/1A", "1/1B", "2/2A"]
    wide, both, dear = production.shots.values()
    assert wide.prompt == "Wide shot. The lighthouse stands above a grey sea. Slow pan left."
    assert (wide.model, wide.parameters["duration"], wide.note) == ("wan2.7-t2v", 5, "establishing")
    assert both.written == (
        "Medium close-up. Keeper lifts his lantern, and Anna turns. Static. "
        'Keeper says: "Storm tonight." Anna says: "Then nobody sails."'
    )
    assert [media.cast for media in both.media] == ["Keeper", "Anna"]
    assert [(line.who, dict(line.texts)) for line in both.lines] == [
        ("Keeper", {None: "Storm tonight."}),
        ("Anna", {None: "Then nobody sails."}),
    ]
    assert "It costs $5, says ${nobody}." in (dear.prompt or "")
    assert notes == (
        "unknown columns, kept as keys that begin with `x-`: `Lens`",
        "`2/2A` lasts 15 s, not 40",
    )
    scene = (tmp_path / "film" / "scenes" / "001-1.yaml").read_text(encoding="utf-8")
    assert "x-lens: 35mm" in scene
    assert [item.name for item in production.cuts["main"].items] == list(production.shots)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_chinese_table_keeps_its_names(tmp_path: Path, encoding: str) -> None:
    """Headings, scenes and characters in Chinese, in the encodings that spreadsheets write."""
    production, notes = begun(tmp_path, "镜头.csv", CHINESE.encode(encoding))
    (shot,) = production.shots.values()
    assert shot.name == "码头/1"
    assert shot.written == "近景。老李提起灯笼，望着海面。固定。老李说：“今晚有风暴。”"
    assert (shot.parameters["duration"], notes) == (6, ())


def test_words_without_a_speaker_are_named(tmp_path: Path) -> None:
    """Where a row has two people and does not say who speaks, the words are lines, and the prompt leaves them out."""
    table = 'scene,shot,description,cast,dialogue\n1,1A,They wait.,"Keeper; Anna",Storm tonight.\n'
    production, notes = begun(tmp_path, "shots.csv", table)
    (shot,) = production.shots.values()
    assert [(line.who, dict(line.texts)) for line in shot.lines] == [(None, {None: "Storm tonight."})]
    assert "Storm" not in (shot.written or "")
    assert notes == ("the prompt of `1/1A` leaves out “Storm tonight.”: it does not say who speaks",)


def test_quotes_that_are_no_pair_stay(tmp_path: Path) -> None:
    """A pair around all words goes; a prompt, which quotes them itself, has single quotes inside."""
    said = ['"Storm tonight."', '"Run," he said. "Run."', "“今晚”有风暴", '"']
    rows = "".join(f'{number},Sea.,Tom,"{each.replace(chr(34), chr(34) * 2)}"\n' for number, each in enumerate(said))
    production, _ = begun(tmp_path, "shots.csv", f"shot,description,cast,dialogue\n{rows}")
    texts = [line.texts[None] for shot in production.shots.values() for line in shot.lines]
    assert texts == ["Storm tonight.", '"Run," he said. "Run."', "“今晚”有风暴"]
    prompts = [shot.written or "" for shot in production.shots.values()]
    assert prompts[0].endswith('Tom says: "Storm tonight."')
    assert prompts[1].endswith("Tom says: \"'Run,' he said. 'Run.'\"")
    assert prompts[2].endswith('Tom says: "‘今晚’有风暴"')


def test_lyrics_and_centred_text_are_no_shots(tmp_path: Path) -> None:
    """They are named; what a character sings is said by that character."""
    play = "EXT. SEA - DAY\n\nA boat.\n\n~Row, row\n~to shore\n\n~ROW ON\n~AND ON\n\nTOM\n~Row home\n\n> THE END <\n"
    production, notes = begun(tmp_path, "boat.fountain", play)
    (shot,) = production.shots.values()
    assert [(line.who, dict(line.texts)) for line in shot.lines] == [("tom", {None: "Row home"})]
    left = ["Row, row", "to shore", "ROW ON AND ON", "THE END"]
    assert notes == tuple(f"“{each}” is left out: it is sung, or centred on the page" for each in left)


def test_a_number_that_two_shots_have_is_named(tmp_path: Path) -> None:
    """Names are equal where file systems take them for one."""
    production, notes = begun(tmp_path, "shots.csv", "scene,shot,description\n1,1A,Sea.\n1,1a,Sail.\n2,1A,Gull.\n")
    assert list(production.shots) == ["1/1A", "1/1a-2", "2/1A"]
    assert notes == ("two shots are called `1a`: the later one is `1/1a-2`",)


def test_an_unknown_shot_size_is_named(tmp_path: Path) -> None:
    """Words are none, in any script, and neither are the abbreviations that become words."""
    rows = "".join(f"{size},Sea.\n" for size in ("XYZ", "MCU", "Wide", "Close-up", "近景", "Insert of a hand"))
    production, notes = begun(tmp_path, "shots.csv", f"size,description\n{rows}")
    assert next(iter(production.shots.values())).written == "XYZ. Sea."
    assert notes == ("row 2: the shot size `XYZ` is unknown: the prompt has it so",)


@pytest.mark.parametrize("who", ["Con", "AUX", "nul", "com1"])
def test_a_cast_member_has_a_file_on_windows_too(tmp_path: Path, who: str) -> None:
    """Names of devices are those of no file there."""
    production, _ = begun(tmp_path, "shots.csv", f"shot,description,cast\n{who},Sea.,{who}\n")
    assert (tmp_path / "film" / "cast" / f"{who.lower() if who.isupper() else who}-1.png").is_file()
    assert [name.lower() for name in production.shots] == [f"{who.lower()}-1"]


@pytest.mark.parametrize("ending", ["FADE OUT.", "FADE TO BLACK.", "DISSOLVE TO:"])
def test_a_transition_after_the_last_shot_is_named(tmp_path: Path, ending: str) -> None:
    """A cut joins shots, so it has no place."""
    _, notes = begun(tmp_path, "boat.fountain", f"EXT. SEA - DAY\n\nA boat.\n\nDISSOLVE TO:\n\nA sail.\n\n{ending}\n")
    assert notes == (f"the transition `{ending}` is left out",)


def test_a_screenplay_becomes_shots(tmp_path: Path) -> None:
    """A paragraph of action is a shot; a voice from elsewhere has lines, and is not asked to be seen."""
    production, _ = begun(tmp_path, "boat.fountain", PLAY)
    assert production.title == "The Last Boat"
    mist, talk, lamp = production.shots.values()
    assert mist.written == "Exterior, harbour, dawn. Mist over the water. old-tom coils a rope."
    assert [(line.who, dict(line.texts)) for line in mist.lines] == [("old-tom", {None: "We sailed at six."})]
    assert [line.who for line in talk.lines] == ["anna", "old-tom"]
    assert lamp.written == 'Interior, cabin, night. anna lights the lamp. anna says: "Storm tonight."'
    assert [item.transition and item.transition.kind.value for item in production.cuts["main"].items] == [
        "fade",
        None,
        "dissolve",
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "no column with what is seen"),
        ("a.csv", b"scene,shot\n1,2\n", "no column with what is seen"),
        ("a.csv", b"description\n", "has 0 shots"),
        ("a.csv", b"description\n" + b"x\n" * 20_001, "has 20001 shots"),
        ("a.csv", b"PK\x03\x04rest", "packed document"),
        ("a.csv", b"description\n" + b"x" * 200_000, "not a CSV table: line 2"),
        ("a.csv", b'shot,description\n1,A boat.\n2,"A sail.\n3,A gull.\n', "not a CSV table: line 3"),
        ("a.csv", b'shot,description\n1,"A boat.\n2,"A sail."\n', "not a CSV table: line 2"),
        ("a.fdx", b"<FinalDraft/>", r"ends in none of \.csv"),
        ("a.docx", b"shot,description\n1,A boat.\n", r"ends in none of \.csv"),
        ("a.fountain", b"", "has 0 shots"),
        ("a.fountain", b"x " * 6_000, "line of more than 10000 characters"),
        ("a.fountain", b"x\n" * 5_000_001, "larger than 10 MB"),
    ],
)
def test_a_file_without_shots_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    """With what is wrong, and nothing is written."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaFault, match=told):
        api.init(tmp_path / "film", source=tmp_path / name)
    assert not (tmp_path / "film").exists()


CELL = st.text(st.characters(max_codepoint=0x17F), max_size=20) | st.sampled_from(
    ["${x}", "$$", "../../etc", "KEEPER: hm", "a, b", "=1+1", "10", "yes", "- a", "# no", "\u202e", "\x1b[31m", "5 s"]
)
ROW = st.fixed_dictionaries(dict.fromkeys([*COLUMNS, "tags", "lens"], CELL))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=4))
def test_whatever_a_table_says_the_production_has_no_error(tmp_path_factory, rows: list[dict[str, str]]) -> None:
    """No cell breaks the YAML, leaves the folder, or becomes a name that the format refuses."""
    folder = tmp_path_factory.mktemp("begun")
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    (folder / "shots.csv").write_text("\n".join(quoted), encoding="utf-8", newline="")
    try:
        shots = read_table(folder / "shots.csv")
    except MediaFault:
        return  # all cells are blank, or a line is longer than a table has it
    files, _ = new_production.starting_files(shots, "Film")
    assert all(".." not in name and not name.startswith("/") for name in files)
    write(folder / "film", files)
    problems = api.validate(folder / "film" / "wanflow.yaml")
    assert [str(each.message) for each in problems if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("5", 5),
        ("5 s", 5),
        ("4,5 秒", 4.5),
        ("0:06", 6),
        ("1:02:03", 3723),
        ("00:00:05:12", 5),
        ("0", None),
        ("x", None),
    ],
)
def test_lengths_are_read_as_people_write_them(written: str, seconds: float | None) -> None:
    """In seconds, as a clock shows them, and as editors count."""
    assert seconds_of(written) == seconds
