"""The graph as a drawing: whatever a name contains, it stays a label."""

from __future__ import annotations

import json

from kit import films
from wanflow.graph import diagram
from wanflow.graph.build import build
from wanflow.language.source import FileSource, UrlSource

HOSTILE = 'sets/"]; click n0 "javascript:alert(1)"\n%%{init}%%\\`<b>#quot;.png'


def _graph(source: FileSource | UrlSource) -> diagram.ShotGraph:
    return build(films.production(films.shot("coast", {"first_frame": source})))


def test_mermaid_draws_every_node_and_edge() -> None:
    """Assets, shots, extracts and cuts, with the arrows in the direction of making."""
    assert diagram.mermaid(build(films.LIGHTHOUSE)).splitlines() == [
        "flowchart LR",
        '  n0[/"sets/coast.png"/]',
        '  n1["coast"]',
        '  n2("approach.first_clip")',
        '  n3["approach"]',
        '  n4[["cut:main"]]',
        "  n0 --> n1",
        "  n1 --> n2",
        "  n2 --> n3",
        "  n1 --> n4",
        "  n3 --> n4",
    ]


def test_mermaid_labels_hold_hostile_names() -> None:
    """Quotes, brackets, line ends, directives and mark-up in a file name stay inside one label."""
    line = diagram.mermaid(_graph(FileSource(HOSTILE))).splitlines()[1]
    inner = line.removeprefix('  n0[/"').removesuffix('"/]')
    assert not set(inner) & set('"[]{}()<>%\\`')
    assert len(diagram.mermaid(_graph(FileSource(HOSTILE))).splitlines()) == 4


def test_dot_labels_hold_hostile_names() -> None:
    """A quote or a backslash can't end the label."""
    line = diagram.dot(_graph(FileSource(HOSTILE))).splitlines()[2]
    label = line.split('label="', 1)[1].removesuffix('"];')
    assert '"' not in label.replace("\\\\", "").replace('\\"', "")


def test_signatures_stay_out_of_drawings() -> None:
    """An address's query is not drawn, yet two addresses that differ in it stay two nodes in JSON."""
    signed = UrlSource("https://host/a.png?Signature=secret")
    drawn = [
        diagram.mermaid(_graph(signed)),
        diagram.dot(_graph(signed)),
        json.dumps(diagram.graph_json(_graph(signed))),
    ]
    assert not any("secret" in text for text in drawn)
    other = UrlSource("https://host/a.png?Signature=other")
    assert diagram.graph_json(_graph(signed))["nodes"] != diagram.graph_json(_graph(other))["nodes"]


def test_json_names_kinds_and_edges() -> None:
    """Programs get ids, kinds and pairs."""
    drawn = diagram.graph_json(build(films.LIGHTHOUSE))
    assert {"id": "cut:main", "kind": "cut"} in drawn["nodes"]  # type: ignore[operator]
    assert ["approach.first_clip", "approach"] in drawn["edges"]  # type: ignore[operator]
