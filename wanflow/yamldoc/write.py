"""Write a YAML text that wanflow reads as it was meant: for files that people go on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

WIDTH = 100
"""Characters of a line after which a long text goes on in the next one."""

YamlValue = str | int | float | bool | None | Sequence["YamlValue"] | Mapping[str, "YamlValue"]


class _Flow(dict[str, "YamlValue"]):
    """A mapping on one line."""


class _Dumper(yaml.SafeDumper):
    """Keeps the order of keys, indents lists, and folds long texts whose lines break at blanks only."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent the items of a list below their key as well."""
        super().increase_indent(flow, False)


def on_one_line(value: Mapping[str, YamlValue]) -> Mapping[str, YamlValue]:
    """A mapping that is written on one line."""
    return _Flow(value)


def written(value: Mapping[str, YamlValue]) -> str:
    """A mapping as a text of YAML, in block style."""
    text = yaml.dump(
        dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=False
    )
    return str(text)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if len(text) > WIDTH - 20 and text.isprintable() and text == " ".join(text.split()):
        # a line that ends between two Han characters is read without a blank, so only ASCII is broken into lines
        style = ">" if text.isascii() else "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _Flow, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)
)
