"""Texts of strangers as bytes: YAML and subtitles end in problems, whatever they are.

    python -m kit.fuzz_texts -max_total_time=60    # in `tests`; needs atheris, which is for Linux and macOS

atheris (libFuzzer) follows the branches that a text takes and changes it until it takes others.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from wanflow.language.problem import Problem, render_problem
from wanflow.media.container import BadMedia
from wanflow.media.text.subtitle_file import read_lines
from wanflow.yamldoc.nodes import plain
from wanflow.yamldoc.parse import parse

SUFFIXES = (".srt", ".vtt", ".ass")


def read_texts(data: bytes) -> None:
    """Read bytes as a production's text and as subtitles; raises what no caller expects."""
    document = parse(data, "a.yaml")
    plain(document.root)
    for found in document.problems:
        line = document.lines[found.place.line - 1]
        render_problem(Problem(found.place, found.message, found.hint, source=line))
    with TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            path = Path(folder) / f"a{suffix}"
            path.write_bytes(data)
            with suppress(BadMedia):
                read_lines(path)


if __name__ == "__main__":
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, read_texts)
    atheris.Fuzz()
