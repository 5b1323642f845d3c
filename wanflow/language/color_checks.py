"""Colours with their shares of a picture, as a parameter of a shot (service.md 9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from wanflow.catalog.model import Colors, Model, ParameterRule
from wanflow.language.problem import Problem
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

UNFILLED = "${"
"""The beginning of a name in a value that was not filled in; that it is unknown is said elsewhere."""

FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "hex": (pattern("#[0-9A-Fa-f]{6}"), tr("`#` and six hexadecimal digits")),
    "ratio": (pattern(r"[0-9]{1,3}\.[0-9]{2}%"), tr("a percentage with two decimals")),
}
"""The parts of a colour, in the order in which they are sent, and what each has to be."""

WHOLE = Decimal("100.00")
"""The sum of all shares, in per cent."""

_DIGITS = pattern("#?([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")
_SHARE = pattern(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) ?[%％]?", re.ASCII)


def sent_colors(key: str, written: Node, rule: ParameterRule, model: Model, problems: list[Problem]) -> Colors | None:
    """Colours as they are sent; None where something is wrong with them, which is added to `problems`."""
    if not isinstance(written, ListNode):
        message = tr("`{key}` of `{model}` is a list of colours", key=key, model=model.name)
        problems.append(Problem(written.place, message, tr("""write `[{{hex: "#C2D1E6", ratio: 23.51%}}, …]`""")))
        return None
    before = len(problems)
    problems += _check_number(key, written, rule, model)
    colors = [_color(item, problems) for item in written.items if isinstance(item, MapNode)]
    whole = len(colors) == len(written.items) and all(color.keys() == FORMS.keys() for color in colors)
    if not whole or any(UNFILLED in part for color in colors for part in color.values()):
        return None  # reported already
    if len(problems) == before:
        problems += _check_sum(key, written, colors)
    return colors if len(problems) == before else None


def _check_number(key: str, written: ListNode, rule: ParameterRule, model: Model) -> Iterator[Problem]:
    found, low, high = len(written.items), rule.low or 0, rule.high or 0
    if not low <= found <= high:
        place = written.items[high].place if found > high else written.place
        message = tr(
            "`{key}` of `{model}` takes {low} to {high} colours, not {found}",
            key=key,
            model=model.name,
            low=low,
            high=high,
            found=found,
        )
        yield Problem(place, message)


def _color(item: MapNode, problems: list[Problem]) -> dict[str, str]:
    """A colour; what is wrong with a part is added to `problems`, except what breaks the schema."""
    color: dict[str, str] = {}
    for name, (form, words) in FORMS.items():
        part = item.find(name)
        if not isinstance(part, TextNode):
            continue
        color[name] = part.string
        if UNFILLED not in part.string and form.fullmatch(part.string) is None:
            message = tr("`{name}` must be {words}, not `{value}`", name=name, words=words, value=part.string)
            if part.value is None:
                message = tr("`{name}` must be {words}, not nothing", name=name, words=words)
            problems.append(Problem(part.place, message, _hint(name, part)))
    return color


def _hint(name: str, part: TextNode) -> str:
    """The value that was probably meant, else an example."""
    if name == "hex" and part.value is None:
        return tr('an unquoted `#` begins a comment: write `hex: "#C2D1E6"`')
    if name == "hex":
        digits = _DIGITS.fullmatch(part.string)
        meant = "C2D1E6" if digits is None else digits[1] if len(digits[1]) == 6 else "".join(c * 2 for c in digits[1])
        return tr('write `hex: "#{digits}"`', digits=meant)
    share = _SHARE.fullmatch(part.string)
    return tr("write `ratio: {share}%`", share=f"{Decimal(share[1]):.2f}" if share else "23.51")


def _check_sum(key: str, written: ListNode, colors: Sequence[Mapping[str, str]]) -> Iterator[Problem]:
    shares = [Decimal(color["ratio"].removesuffix("%")) for color in colors]
    total = sum(shares, Decimal(0))
    if total != WHOLE:
        message = tr("the shares of `{key}` make {total}% together, not {whole}%", key=key, total=total, whole=WHOLE)
        last = shares[-1] + WHOLE - total
        hint = tr("with `{last}%` the last one would fit", last=last) if last > 0 else tr("make them smaller")
        yield Problem(written.place, message, hint)
