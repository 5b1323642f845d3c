"""The tools that wanflow is measured against, and how all of them are measured: in turns, by CPU and memory.

Each command runs below a small process of its own, since Linux counts the memory of a parent as its child's peak. CPU
is that of the command and of all that it started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ENVIRONMENT = Path(__file__).parents[1] / ".venv-peers"
"""Where `--install-peers` puts the peers of PyPI; wanflow's own environment stays as it is."""
INSTALLED = ("ninja", "doit")
WAYS = {
    "ninja": "--install-peers",
    "make": "GNU make of the system",
    "doit": "--install-peers",
    "dvc": "--install-peers dvc",
    "snakemake": "--install-peers snakemake",
}
"""How each peer is installed."""

LAUNCHER = """
import os, posix, sys
nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
child = posix.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, status, used = posix.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""

DODO = """\
def task_copy():
    for shot in range(SHOTS):
        yield {"name": str(shot), "actions": [f"cp in{shot} out/{shot}"],
               "file_dep": [f"in{shot}"], "targets": [f"out/{shot}"]}


def task_film():
    return {"actions": ["touch film"], "file_dep": [f"out/{shot}" for shot in range(SHOTS)], "targets": ["film"]}
"""

SNAKEFILE = """\
rule film:
    input: [f"out/{shot}" for shot in range(SHOTS)]
    output: "film"
    shell: "touch film"

rule copy:
    input: "in{shot}"
    output: "out/{shot}"
    shell: "cp {input} {output}"
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, folder and environment; `prepare` is called before each run."""

    argv: Sequence[str]
    folder: Path
    environ: Mapping[str, str]
    prepare: Callable[[], object] | None = None


@dataclass(slots=True)
class Figures:
    """What the runs of a command took: milliseconds of CPU of each, and MiB at the peak of the largest."""

    runs: list[float] = field(default_factory=list)
    memory: float = 0.0

    @property
    def best(self) -> float:
        """The fewest milliseconds."""
        return min(self.runs)

    @property
    def middle(self) -> float:
        """The median of the milliseconds."""
        return median(self.runs)

    def __str__(self) -> str:
        return f"{self.best:.1f} ms (median {self.middle:.1f}), {self.memory:.0f} MiB"


def alternate(commands: Mapping[str, Command], rounds: int, *, warm: int = 1) -> dict[str, Figures]:
    """Run all commands in turns, so that a busy machine is busy for each of them; the `warm` first rounds don't count.

    Raises RuntimeError with the words of a command that fails.
    """
    found = {name: Figures() for name in commands}
    for number in range(-warm, rounds):
        for name, command in commands.items():
            cpu, memory = spend(command)
            if number >= 0:
                found[name].runs.append(cpu)
                found[name].memory = max(found[name].memory, memory)
    return found


def spend(command: Command) -> tuple[float, float]:
    """Milliseconds of CPU and MiB of one run."""
    if command.prepare:
        command.prepare()
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command.argv]
    told = subprocess.run(
        launched, cwd=command.folder, env=command.environ, check=True, capture_output=True, encoding="ascii"
    )
    code, cpu, memory = told.stdout.split()
    if code != "0":
        raise RuntimeError(f"{' '.join(command.argv)} ended with {code}")
    return float(cpu) * 1000, float(memory) / 1024


def install(names: Sequence[str]) -> None:
    """Install peers from PyPI in an environment of their own."""
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *(names or INSTALLED)], check=True)


def program(name: str) -> str | None:
    """The path of a peer, if it is installed."""
    return shutil.which(name, path=f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}")


def write_peers(folder: Path, shots: int) -> None:
    """A rule for each shot and one for the film in the files of each peer, with everything made."""
    (folder / "out").mkdir(parents=True)
    names = [f"out/{shot}" for shot in range(shots)]
    for shot, name in enumerate(names):
        (folder / f"in{shot}").write_text(str(shot), encoding="utf-8")
        (folder / name).write_text(str(shot), encoding="utf-8")
    (folder / "film").write_text("film", encoding="utf-8")
    everything = " ".join(names)
    rules = "".join(f"build {name}: copy in{shot}\n" for shot, name in enumerate(names))
    head = "rule copy\n  command = cp $in $out\nrule join\n  command = touch $out\n"
    (folder / "build.ninja").write_text(f"{head}{rules}build film: join {everything}\n", encoding="utf-8")
    targets = "".join(f"{name}: in{shot}\n\tcp $< $@\n" for shot, name in enumerate(names))
    (folder / "Makefile").write_text(f"film: {everything}\n\ttouch $@\n{targets}", encoding="utf-8")
    (folder / "dodo.py").write_text(DODO.replace("SHOTS", str(shots)), encoding="utf-8")
    (folder / "Snakefile").write_text(SNAKEFILE.replace("SHOTS", str(shots)), encoding="utf-8")
    stages = "".join(
        f"  copy{shot}:\n    cmd: cp in{shot} out/{shot}\n    deps: [in{shot}]\n    outs: [out/{shot}]\n"
        for shot in range(shots)
    )
    (folder / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")


def idle(folder: Path, environ: Mapping[str, str], shots: int) -> dict[str, Command]:
    """What each installed peer runs where nothing is to be done; DVC only for 100 shots, as it takes hours for more."""
    words = {
        "ninja": ["film"],
        "make": ["-rR", "film"],
        "doit": ["-v0"],
        "snakemake": ["--cores", "1", "-q"],
        "dvc": ["repro", "-q"],
    }
    if program("dvc") and shots <= 100:
        subprocess.run([str(program("dvc")), "init", "--no-scm", "-q", "-f"], cwd=folder, check=True)
    else:
        del words["dvc"]
    return _commands(words, folder, environ)


def dry(folder: Path, environ: Mapping[str, str]) -> dict[str, Command]:
    """What each installed peer runs to say what an edit of one shot makes it do."""
    words = {
        "ninja": ["-n", "film"],
        "make": ["-rRn", "film"],
        "doit": ["list", "--all", "--status"],
        "snakemake": ["-n", "-q"],
    }
    return _commands(words, folder, environ)


def started(folder: Path, environ: Mapping[str, str]) -> dict[str, Command]:
    """What each installed peer runs to print its version."""
    return _commands({name: ["--version"] for name in WAYS}, folder, environ)


def _commands(words: Mapping[str, Sequence[str]], folder: Path, environ: Mapping[str, str]) -> dict[str, Command]:
    paths = {name: program(name) for name in words}
    return {name: Command([path, *words[name]], folder, environ) for name, path in paths.items() if path}
