"""Music and cues in the plan of a cut: what it depends on, when it is made again, and which takes they use."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.bookkeeping import FILM, run
from kit.films import COAST, FACTS, actions, codes, edited, place, plan, production, shot, step
from wanflow.language.production import Cut, CutFinish, CutItem, Production, SoundCue
from wanflow.language.source import Facts, FileSource, Kind, ShotSource
from wanflow.planner.cut import Edit, EditSound
from wanflow.planner.removable import named_takes
from wanflow.store.inventory import Inventory
from wanflow.store.lock import pick

STORM = shot("storm", {"first_frame": FileSource("sets/coast.png")})
HEARD = SoundCue(ShotSource("storm"), place(), at=Decimal(1))
SPOKEN = SoundCue(FileSource("vo.wav"), place(), voice=True)
SOUND = Facts(Kind.AUDIO, "wav", "d" * 64, 1000, samples=48_000, sample_rate=48_000)
WITH_SOUND = {**FACTS, "vo.wav": SOUND, "sets/coast.png": FACTS["sets/coast.png"]}


def film(*cues: SoundCue, takes: int = 2, **words: object) -> Production:
    """A cut of one shot with these cues, one of them perhaps of another shot."""
    cut = Cut("main", place(), (CutItem(ShotSource("coast"), place()),), "out/main.mp4", finish=CutFinish(audio=cues))
    return edited(production(COAST, STORM, cuts=(cut,)), "storm", takes=takes, **words)


def picked(have: Inventory, number: int) -> Inventory:
    """The inventory with a take of `storm` picked."""
    entry = have.lock.shots["storm"]
    digest = next(digest for digest, each in entry.numbers.items() if each == number)
    return replace(have, lock=pick(have.lock, "storm", entry.current or "", digest))


def test_a_cut_depends_on_the_shots_that_it_lets_hear() -> None:
    """It waits for them, follows their picks, and says which take it takes now."""
    heard = film(HEARD, SPOKEN)
    assert actions(plan(heard, facts=WITH_SOUND))["storm.t2"] == "render"
    assert "storm.t1" in step(plan(heard, facts=WITH_SOUND), "cut:main").needs
    have, _ = run(heard, facts=WITH_SOUND)
    assert codes(plan(heard, have, WITH_SOUND), "cut:main") == ["up-to-date"]
    other = plan(heard, picked(have, 2), WITH_SOUND)
    assert codes(other, "cut:main") == ["input-changed"]
    assert step(other, "cut:main").reasons[0].text == "edit changed: storm take 1 → 2"
    assert not [action for action in actions(other).values() if action == "render"]
    waiting = film(HEARD, waits_for_pick=True)
    assert codes(plan(waiting, have, WITH_SOUND), "cut:main") == ["needs-pick"]


def test_the_take_of_a_cue_is_in_use() -> None:
    """It is never offered for deletion, and its cut says why when its sound changes."""
    heard = film(HEARD)
    have, _ = run(heard)
    uses = {node: each.uses for node, each in named_takes(plan(heard, have), {}, {}).items()}
    assert uses["storm.t1"] == ("the shot uses it (storm)",)
    assert not uses["storm.t2"]


def test_an_edited_cue_makes_the_cut_again() -> None:
    """Also another content of its file; an order of cues, and a number written otherwise, mean nothing."""
    have, _ = run(film(HEARD, SPOKEN), facts=WITH_SOUND)
    same = film(replace(SPOKEN, gain=Decimal("0.0")), replace(HEARD, at=Decimal("1.00")))
    assert codes(plan(same, have, WITH_SOUND), "cut:main") == ["up-to-date"]
    louder = plan(film(replace(HEARD, gain=Decimal(3)), SPOKEN), have, WITH_SOUND)
    assert codes(louder, "cut:main") == ["input-changed"]
    spoken = {**WITH_SOUND, "vo.wav": replace(SOUND, digest="e" * 64)}
    assert codes(plan(film(HEARD, SPOKEN), have, spoken), "cut:main") == ["input-changed"]


def test_a_take_without_sound_blocks_the_cut() -> None:
    """Such as one that came silent although sound was asked for."""
    have, _ = run(film())
    entry = have.lock.shots["storm"]
    silent = {digest: replace(take, result=replace(FILM, samples=0)) for digest, take in entry.takes.items()}
    mute = replace(have, lock=replace(have.lock, shots={**have.lock.shots, "storm": replace(entry, takes=silent)}))
    stopped = plan(film(HEARD), mute)
    assert codes(stopped, "cut:main") == ["input-failed"]
    assert step(stopped, "cut:main").reasons[0].text == "`storm` has no sound"


def fingerprint(*cues: SoundCue, music: int = 0) -> str | None:
    """The identity of a cut with these sounds, of which the first few are music; each has a file of its own name."""
    cut = Cut("main", place(), (), "out/main.mp4", finish=CutFinish(music=cues[:music], audio=cues[music:]))
    return Edit(cut, (), tuple(EditSound(cue, f"asset:{cue.name}", cue.name, FILM) for cue in cues)).fingerprint()


BED = SoundCue(FileSource("a.wav"), place())


def test_music_of_an_earlier_version_stays_what_it_was() -> None:
    """Made by version 0.2.0: a bed, and one that ducks; as a list of one they are the same."""
    made = {
        BED: "b9d169db0195ff8c1ce6b606aded10803e3a4858a4905ec1318e1342737f08bd",
        replace(
            BED, gain=Decimal(-18), fade=Decimal(1), duck=Decimal(-12)
        ): "cff7012d4dc7c3cbf139eafd41ee6ff21b4fe0432e474e9207ade65a273aeea7",
    }
    assert {cue: fingerprint(cue, music=1) for cue in made} == made


@pytest.mark.parametrize(
    "change",
    [
        {"at": Decimal(1)},
        {"start": Decimal(1)},
        {"stop": Decimal(1)},
        {"gain": Decimal(1)},
        {"fade": Decimal(1)},
        {"duck": Decimal(-6)},
        {"loop": True},
        {"voice": True},
    ],
)
def test_what_is_heard_otherwise_is_another_film(change: dict[str, object]) -> None:
    """Each key of music and cues is part of a cut's identity."""
    edited_sound = replace(BED, **change)  # type: ignore[arg-type]
    for music in (0, 1):
        assert fingerprint(BED, music=music) != fingerprint(edited_sound, music=music)
    assert fingerprint(BED, edited_sound) == fingerprint(edited_sound, BED) == fingerprint(BED, edited_sound, music=2)
