"""What the commands that only ask promise to programs and to people: keys, order, overrides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kit.project import rewrite
from wanflow.catalog.read import load_catalog
from wanflow.schemas import bundled

NODES = ["coast.t1", "approach.first_clip", "approach.t1", "cut:main"]


def test_the_plan_s_steps_come_in_an_order_in_which_they_can_be_done(wanflow, film: Path) -> None:
    """The document has the head and the totals of the contract; the animatic costs nothing."""
    document = json.loads(wanflow("plan", "--json").out)
    assert list(document) == ["format", "backend", "region", "steps", "totals"]
    assert (document["backend"], document["region"]) == ("animatic", "beijing")
    assert [step["node"] for step in document["steps"]] == NODES
    assert [step["kind"] for step in document["steps"]] == ["take", "extract", "take", "cut"]
    assert document["totals"]["render"] == 2
    assert document["totals"]["cost"] == {"amount": "0", "currency": "CNY", "bound": "exact"}
    assert document["totals"]["list_price"] == {"amount": "3.00", "currency": "CNY", "bound": "exact"}


def test_the_plan_is_the_same_text_twice(wanflow, film: Path) -> None:
    """Texts can be compared by a machine."""
    assert wanflow("plan").out == wanflow("plan").out


def test_verbose_lists_what_is_up_to_date(wanflow, rendered: Path) -> None:
    """`plan` is short where there is nothing to do; `-v` names every node."""
    assert not any(node in wanflow("plan").out for node in NODES)
    assert all(node in wanflow("plan", "-v").out for node in NODES)


def test_the_region_is_the_option_s_then_the_environment_s(
    wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--region`, then WANFLOW_REGION, then the file."""
    monkeypatch.setenv("WANFLOW_REGION", "singapore")
    assert json.loads(wanflow("plan", "--json").out)["region"] == "singapore"
    assert json.loads(wanflow("plan", "--json", "--region", "beijing").out)["region"] == "beijing"


def test_set_gives_a_var_another_value(wanflow, film: Path) -> None:
    """Several may be given; everything behind the first equals sign is the value."""
    assert "The coast a = b." in wanflow("show", "coast", "--set", "light=a = b").out


def test_status_has_the_keys_of_the_contract(wanflow, rendered: Path) -> None:
    """One line a shot for people, then the cuts and the totals; one object a shot for programs."""
    heading, coast, approach, gap, titles, cut, end, totals = wanflow("status").out.splitlines()
    assert (heading.split()[:2], titles.split()[:2]) == (["shot", "state"], ["cut", "state"])
    assert [line.split()[:4] for line in (coast, approach)] == [
        ["coast", "current", "take", "1"],
        ["approach", "current", "take", "1"],
    ]
    assert (gap, end, cut.split()[:3]) == ("", "", ["cut:main", "current", "out/main.mp4"])
    assert totals == "2 shots, 2 takes, free"
    rows = json.loads(wanflow("status", "--json").out)
    assert [" ".join(row) for row in rows] == ["shot state picked takes in_flight expires reasons"] * 2
    assert (rows[0]["takes"], rows[0]["in_flight"], rows[0]["expires"]) == (1, [], None)


def test_takes_have_the_keys_of_the_contract(wanflow, rendered: Path) -> None:
    """Number, seed, digest and file of each."""
    rows = json.loads(wanflow("takes", "--json").out)
    keys = "shot take picked chosen held seed model state cost date task_id digest file findings"
    assert [" ".join(row) for row in rows] == [keys] * 2
    assert [row["state"] for row in rows] == ["current", "current"]


def test_an_edit_leaves_what_does_not_depend_on_it_up_to_date(wanflow, rendered: Path) -> None:
    """`why` says so for the shot before the edited one."""
    rewrite(rendered, "comes near", "comes nearer")
    assert wanflow("why", "coast").out.startswith("coast.t1: up to date\n")
    assert "[-near-]{+nearer+}" in wanflow("why", "approach").out


def test_a_description_names_what_a_model_takes(wanflow) -> None:
    """Every model of the catalog is listed; one of them is told with its media and parameters."""
    listed = wanflow("models").out
    assert all(model.name in listed for model in load_catalog().values())
    assert all(word in wanflow("models", "wan2.7-i2v").out for word in ("last_frame", "duration", "resolution"))


def test_schema_is_the_packaged_one(wanflow) -> None:
    """One document, with what each model takes, that needs no other file."""
    printed = json.loads(wanflow("schema").out)
    assert printed == bundled("production.schema.json")
    assert ".schema.json#" not in json.dumps(printed)


def test_the_schema_of_a_pipeline_is_printed_whole(wanflow) -> None:
    """With what it shares with the production's inside, so that an editor needs the one file."""
    printed = json.loads(wanflow("schema", "--pipeline").out)
    assert printed["title"] == "wanflow pipeline"
    assert "production.schema.json" not in json.dumps(printed)
    wrong = {"pipeline": "p", "shots": {"a": {"takes": 0}}, "output": "a"}
    assert [list(error.absolute_path) for error in Draft202012Validator(printed).iter_errors(wrong)] == [
        ["shots", "a", "takes"]
    ]
