"""The language in which wanflow speaks to its reader, by the environment: English or simplified Chinese.

It is apart from `messages`, so that what is answered before anything else is imported can ask for it.
"""

from __future__ import annotations

from _collections_abc import Mapping  # `collections` takes 2 ms

SIMPLIFIED = "zh_CN"
LANGUAGE_VARIABLE = "WANFLOW_LANG"


def language_of(environ: Mapping[str, str]) -> str | None:
    """The language of messages, by the variables of gettext; None for English.

    `WANFLOW_LANG` comes before them. Traditional Chinese has no catalog, so it is English.
    """
    if wanted := environ.get(LANGUAGE_VARIABLE):
        return _known(wanted)
    locale = next(filter(None, (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if locale in {"C", "POSIX"}:  # what programs set whose reader is a program
        return None
    for wanted in (environ.get("LANGUAGE") or locale).split(":"):
        if (language := _known(wanted)) or wanted.lower().startswith("en"):
            return language
    return None


def _known(locale: str) -> str | None:
    """The catalog for a locale, as `zh_CN.GBK` or `zh-Hans`; None where there is none."""
    language, *parts = locale.partition(".")[0].partition("@")[0].lower().replace("-", "_").split("_")
    if language != "zh":
        return None
    traditional = {"hant", "tw", "hk", "mo"} & set(parts) and "hans" not in parts
    return None if traditional else SIMPLIFIED
