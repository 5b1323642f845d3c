"""The example of stills, from words to pictures, a pick, clips and a cut, paid for over HTTP: the bill is exact."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite
from PIL import Image

from kit.served import Served
from wanflow.emulator.api.tasks import Task

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "06-stills"
A_PICTURE, A_SECOND = Decimal("0.20"), Decimal("0.60")


def price(task: Task) -> Decimal:
    """What the emulator charged for a task, from its usage and the list prices of Beijing at 720P."""
    images, seconds = (Decimal(str(task.usage.get(key, 0))) for key in ("image_count", "duration"))
    return images * A_PICTURE + seconds * A_SECOND


def test_words_become_picked_stills_clips_and_a_cut_and_the_bill_is_exact(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each plan is what its run costs; the plans, the ledger and the charges of the service agree to the fen."""
    text = (EXAMPLE / "wanflow.yaml").read_text(encoding="utf-8")
    text = text.replace("wanflow: 1 ", "backend: dashscope\nchecks: off\nwanflow: 1 ")
    with paid_production(film, text, monkeypatch, frames=120) as service:
        assert _run(wanflow, service, 3) == Decimal("2.60")  # four pictures and 3 s
        assert [Path(f"out/shots/door_still.t{take}.png").is_file() for take in (1, 2, 3)] == [True] * 3
        assert wanflow("pick", "door_still", "2").code == 0
        assert _run(wanflow, service, 0) == Decimal("2.40")  # the clip of the picked one
        sent = service.calls("POST", "video-synthesis")[-1].json["input"]["media"]
        assert [each["type"] for each in sent] == ["first_frame"]
        assert Path("out/main.mp4").is_file()
        assert _run(wanflow, service, 0) == 0
        rewrite("stands at the red door", "leans on the red door")
        assert _run(wanflow, service, 3) == Decimal("0.60")  # three pictures, no clip before the next pick
        rewrite("leans on the red door", "stands at the red door")
        assert _run(wanflow, service, 0) == 0  # undone: the former pick is back
        charged = service.charged()
    assert Counter(task.model for task in charged) == {"wan2.7-image": 7, "wan2.7-r2v": 1, "wan2.7-i2v": 1}
    total = json.loads(wanflow("costs", "--json").out)["total"]
    assert total == {"takes": 9, "failed": 0, "charged": "5.60", "estimate": "5.60"}
    assert sum(map(price, charged)) == Decimal("5.60")


def _run(wanflow: Wanflow, service: Served, code: int) -> Decimal:
    """Run, and give its cost, which is what the plan said and what the service charged."""
    before = sum(map(price, service.charged()))
    planned = json.loads(wanflow("plan", "--json").out)["totals"]["cost"]["amount"]
    done = wanflow(*RUN, "--json")
    last = json.loads(done.out.splitlines()[-1])
    assert done.code == code, done.err
    cost = Decimal(last["cost"]["amount"])
    assert cost == Decimal(planned) == sum(map(price, service.charged())) - before
    return cost


def test_the_example_of_stills_is_typed_as_its_page_says(wanflow: Wanflow, film: Path) -> None:
    """As an animatic: the first run waits for the pick, and the second writes the cut."""
    shutil.copy(EXAMPLE / "wanflow.yaml", film)
    rewrite("wanflow: 1 ", "checks: off\nwanflow: 1 ")
    typed = re.findall(r"^wanflow (.*)$", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [wanflow(*line.split()).code for line in typed] == [0, 3, 0, 0, 0]
    with Image.open("out/shots/door_still.t2.png") as picked:
        assert picked.size == (1280, 720)
    assert Path("out/main.mp4").is_file()
