"""The stamp of a command never lies: what it says is what the command says, whatever happened to the production.

Each history changes a production with nothing left to do, and asks after each change. A stamp that is not true any more
costs a plan; one that is believed wrongly would hide work. So its words are compared with those of the whole command.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.stamped import PARTS, by_stamp, in_full, seeds_of_part, write_idle_film

SECOND = 1_000_000_000
LATER = 10 * SECOND
"""Nanoseconds after which a file that was written counts as written long ago."""
HISTORIES = 40
VERBS = (("plan",), ("run",), ("status",), ("validate",), ("plan", "--json"), ("plan", "one/*"), ("status", "--json"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production with nothing left to do, in which every command has run."""
    folder = tmp_path_factory.mktemp("film") / "film"
    write_idle_film(folder)
    for _ in range(2):
        assert in_full(folder, "run").code == 0
    return folder


def some(folder: Path, chance: random.Random, pattern: str) -> Path | None:
    """One of the files like this."""
    found = sorted(folder.glob(pattern))
    return chance.choice(found) if found else None


def texts(folder: Path, chance: random.Random) -> Path:
    """A text that a person writes."""
    return some(folder, chance, "scenes/*.yaml") or folder / "wanflow.yaml"


def edit(folder: Path, chance: random.Random) -> None:
    """Other words of another length."""
    with texts(folder, chance).open("a", encoding="utf-8") as file:
        file.write(chance.choice(["# a note\n", "cuts: {other: [one/coast]}\n", "notes: [unclosed\n"]))


def edit_in_secret(folder: Path, chance: random.Random) -> None:
    """Other words of the same length, and the time of the former ones."""
    file = texts(folder, chance)
    before, text = file.stat(), file.read_text(encoding="utf-8")
    with file.open("r+", encoding="utf-8") as opened:
        opened.write(text.replace("dawn", "dusk") if "dawn" in text else text.replace("dusk", "dawn"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_in_secret(folder: Path, chance: random.Random) -> None:
    """Another file of the same length and time under the same name."""
    file = texts(folder, chance)
    before = file.stat()
    file.with_suffix(".new").write_text(file.read_text(encoding="utf-8").replace("coast:", "coats:"), encoding="utf-8")
    os.utime(file.with_suffix(".new"), ns=(before.st_atime_ns, before.st_mtime_ns))
    file.with_suffix(".new").replace(file)


def touch(folder: Path, chance: random.Random) -> None:
    """Another time and nothing else."""
    if (file := some(folder, chance, "**/*.*")) is not None:
        ago = chance.choice([0, 1, -5, 3600, -86_400])
        os.utime(file, ns=(time.time_ns(), time.time_ns() - ago * SECOND))


def rewrite_equally(folder: Path, chance: random.Random) -> None:
    """The same words in another file, as `git checkout` writes them."""
    file = texts(folder, chance)
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data)


def add_scene(folder: Path, chance: random.Random) -> None:
    """A file that an include finds."""
    name = chance.choice(["three", "four"])
    (folder / "scenes").mkdir(exist_ok=True)
    (folder / "scenes" / f"{name}.yaml").write_text(
        f"scene: {name}\nshots:\n  x: {{first_frame: ../cast/coast.png, prompt: New., duration: 2}}\n", encoding="utf-8"
    )


def add_missing(folder: Path, chance: random.Random) -> None:
    """A file that the command may have looked for in vain."""
    name = chance.choice(["out/all.srt", "wanflow.lock", ".gitattributes", ".git", "fonts", ".wanflow/renames.json"])
    if (folder / name).parent.is_dir():
        (folder / name).write_text("", encoding="utf-8")


def add_unrelated(folder: Path, chance: random.Random) -> None:
    """A file that nothing finds."""
    (folder / chance.choice(["notes.txt", "scenes/notes.txt", "out/notes.txt"])).write_text("hello", encoding="utf-8")


def rename_scene(folder: Path, chance: random.Random) -> None:
    """Another name of a scene's file."""
    if (file := some(folder, chance, "scenes/*.yaml")) is not None:
        file.rename(file.with_name(f"{file.stem}x{chance.choice(['.yaml', '.txt'])}"))


def remove(pattern: str) -> Callable[[Path, random.Random], None]:
    """A removal of one of the files like this."""

    def change(folder: Path, chance: random.Random) -> None:
        if (file := some(folder, chance, pattern)) is not None:
            file.unlink()

    return change


def truncate(pattern: str) -> Callable[[Path, random.Random], None]:
    """A loss of the content of one of the files like this, which keeps its name, and perhaps its time and length."""

    def change(folder: Path, chance: random.Random) -> None:
        if (file := some(folder, chance, pattern)) is not None:
            before = file.stat()
            file.chmod(0o644)
            with file.open("r+b") as opened:
                if chance.random() < 0.5:
                    opened.truncate(before.st_size // 2)
                else:
                    opened.write(b"\0" * before.st_size)
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


def other_pick(folder: Path, chance: random.Random) -> None:
    """The lock as another user left it: a take of a shot is missing in it, or a shot is held."""
    lock = folder / ".wanflow" / "animatic.lock"
    if not lock.exists():
        return
    lines = lock.read_text(encoding="utf-8").splitlines()
    takes = [line for line in lines if " takes " in line]
    if takes:
        lines.remove(chance.choice(takes))
    lock.write_text("\n".join(lines) + "\n", encoding="utf-8")


def note(folder: Path, chance: random.Random) -> None:
    """A line of a journal, or of another record."""
    name = chance.choice(["journal.animatic.jsonl", "journal.dashscope.jsonl", "traces.jsonl", "checks.jsonl"])
    with (folder / ".wanflow" / name).open("a", encoding="utf-8") as file:
        file.write(chance.choice(["{}\n", "damaged\n", '{"event": "intent"}\n']))


def copy_folder(folder: Path, chance: random.Random) -> None:
    """A folder replaced by its copy."""
    name = chance.choice(["scenes", "cast", "out", ".wanflow/takes"])
    if (folder / name).is_dir():
        (folder / name).rename(folder / "former")
        shutil.copytree(folder / "former", folder / name, symlinks=True)
        if (folder / "former").is_symlink():
            (folder / "former").unlink()
        else:
            shutil.rmtree(folder / "former")


def link_folder(folder: Path, chance: random.Random) -> None:
    """A folder that is a link, to one place or another."""
    scenes, target = folder / "scenes", folder / chance.choice(["north", "south"])
    if not target.exists():
        shutil.copytree(folder / "scenes", target)
        if (file := some(target, chance, "*.yaml")) is not None and chance.random() < 0.5:
            file.unlink()
    if scenes.is_symlink():
        scenes.unlink()
    else:
        shutil.rmtree(scenes)
    scenes.symlink_to(target.name)


def other_picture(folder: Path, chance: random.Random) -> None:
    """Another picture of a cast member, of the same length."""
    if (file := some(folder, chance, "cast/*.png")) is not None:
        before = file.stat()
        file.write_bytes(file.read_bytes()[:-1] + b"\x00")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    edit,
    edit_in_secret,
    replace_in_secret,
    touch,
    rewrite_equally,
    add_scene,
    add_missing,
    add_unrelated,
    rename_scene,
    remove("scenes/*.yaml"),
    remove(".wanflow/takes/*/*"),
    remove("out/*.mp4"),
    remove("out/shots/**/*.mp4"),
    remove("cast/*"),
    remove(".wanflow/*.*"),
    truncate(".wanflow/takes/*/*"),
    truncate("out/**/*.mp4"),
    other_pick,
    note,
    copy_folder,
    link_folder,
    other_picture,
)


def hold(film: Path, folder: Path, seed: int, patch: pytest.MonkeyPatch) -> int:
    """Live through one history; gives how often a stamp was believed."""
    chance, believed = random.Random(seed), 0
    shutil.copytree(film, folder, symlinks=True)
    words = chance.choice(VERBS)
    for _ in range(chance.randint(2, 5)):
        # either all files are old, or all were written just now, or the clock was set back
        begun = time.time_ns() + chance.choice([LATER, 0, -3600 * SECOND])
        in_full(folder, *words, begun_ns=begun, stamps=True)
        for change in chance.choices(CHANGES, k=chance.choice([0, 0, 1, 1, 1, 2])):
            change(folder, chance)
        if chance.random() < 0.15:
            words = chance.choice(VERBS)
        if chance.random() < 0.15:
            name, value = chance.choice([("FORCE_COLOR", "1"), ("WANFLOW_REGION", "singapore"), ("WANFLOW_LANG", "zh")])
            patch.setenv(name, value)
        said = by_stamp(folder, *words)
        if said.code is not None:
            believed += 1
            assert said == in_full(folder, *words), (seed, words)
        else:
            assert not said.out + said.err
    patch.undo()
    return believed


def live(film: Path, stamps: Path, place: Path, seeds: range) -> None:
    """Live through many histories."""
    believed = 0
    for seed in seeds:
        with pytest.MonkeyPatch.context() as patch:
            believed += hold(film, place / "film", seed, patch)
        shutil.rmtree(place / "film")
        shutil.rmtree(stamps, ignore_errors=True)
    assert believed > len(seeds) // 3  # else nothing was compared


def test_no_stamp_lies(film: Path, stamps: Path, tmp_path: Path) -> None:
    """Some histories, always the same ones."""
    live(film, stamps, tmp_path, range(HISTORIES))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_stamp_lies_in_many_histories(film: Path, stamps: Path, tmp_path: Path, part: int) -> None:
    """As many as a studio has in years, in parts that end in time."""
    live(film, stamps, tmp_path, seeds_of_part(part, HISTORIES))
