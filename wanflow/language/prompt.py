"""Cast names in a prompt become the identifiers that the model understands (format.md, Interpolation)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wanflow.catalog.model import Model
from wanflow.language.names import CAST_CLOSE, CAST_OPEN, without_marks
from wanflow.language.shot import CastMember

_NAMED = re.compile(f"{CAST_OPEN}([^{CAST_CLOSE}]*){CAST_CLOSE}")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def named_cast(prompt: str) -> tuple[str, ...]:
    """The cast members that a prompt names, in order of first mention."""
    return tuple(dict.fromkeys(_NAMED.findall(prompt)))


def with_identifiers(prompt: str, references: Sequence[CastMember], model: Model) -> str:
    """The prompt as it is sent: each cast name as the model's identifier, counted in the order of the media.

    Chinese identifiers where the prompt contains Han characters (service.md 2.1). A name that has no identifier stays
    as a plain name.
    """
    words = identifiers(references, prompt, model)
    return _NAMED.sub(lambda match: words.get(match.group(1), match.group(1)), prompt)


def identifiers(references: Sequence[CastMember], prompt: str, model: Model) -> dict[str, str]:
    """What a model calls each named reference, in the language of the prompt."""
    language = "zh" if _HAN.search(without_marks(prompt)) else "en"
    return identify(references, model.identifiers.get(language, {}))


def identify(references: Sequence[CastMember], patterns: Mapping[str, str]) -> dict[str, str]:
    """The identifier of each named reference; `any` counts all kinds together, as the 2.6 models do."""
    counts: dict[str, int] = {}
    words: dict[str, str] = {}
    for member in references:
        kind = member.kind if member.kind in patterns else "any"
        counts[kind] = counts.get(kind, 0) + 1
        if kind in patterns:
            words[member.name] = patterns[kind].replace("{n}", str(counts[kind]))
    return words
