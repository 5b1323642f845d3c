"""Who renders, as data in `schemas/providers/`: the facts in which one provider differs from another.

The files are in the catalog, below language, planner and store, since all of these ask for them. The code that speaks
to a provider is in the folder under `wanflow/providers/` that `wanflow/wiring.py` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from wanflow.records import immutable
from wanflow.schemas import CatalogError, provider_files

KEYS = frozenset(
    {
        *("provider", "does", "models", "paid", "remote", "slated", "default_profile", "currency", "regions"),
        *("key_variable", "address_variables", "submits_per_second", "uploads", "hours", "source"),
    }
)
"""Keys of a provider's file; `does` and `source` are for people."""


@immutable
class Provider:
    """A provider; `name` is the value of `backend:`, of `--backend`, of fingerprints and of JSON.

    `models` names the provider whose models it renders: itself, or the one that it replaces for free.
    `paid`: its takes cost money, and their lock is in git. `remote`: tasks survive this process, and media may be
    at addresses of the network. `slated`: its pictures carry a slate. `default_profile` is the encoder's effort for its
    cuts. `currency` is that of its price lists. `regions` begin with the default. `key_variable` is the environment
    variable with its key, None where it needs none; `address_variables` those that choose another address.

    `upload_regions` are those whose temporary storage is documented; elsewhere pictures of up to `inline_bytes` are
    written into the request. `upload_life` and `result_life` are how long an upload can be named and a result fetched;
    `task_life` is how long a task is known, `list_reach` how far back the task list goes, None without a list.
    """

    name: str
    models: str
    paid: bool
    remote: bool
    slated: bool
    default_profile: str
    currency: str
    regions: tuple[str, ...]
    key_variable: str | None
    address_variables: tuple[str, ...]
    submits_per_second: int
    upload_regions: frozenset[str]
    upload_life: timedelta
    inline_bytes: int
    result_life: timedelta
    task_life: timedelta
    list_reach: timedelta | None


@cache
def load_providers() -> Mapping[str, Provider]:
    """All providers by name, free ones first; raises CatalogError for a file that cannot be used."""
    found: dict[str, Provider] = {}
    for file, facts in provider_files().items():
        try:
            provider = _provider(facts)
        except (KeyError, TypeError, ValueError) as error:
            raise CatalogError(file, "", str(error), kind="provider") from error
        found[provider.name] = provider
    return found


def default_provider() -> Provider:
    """Who renders where a production names no backend: the first that is free."""
    return next(iter(load_providers().values()))


def providers_of(models: str) -> tuple[Provider, ...]:
    """All providers that render the models of one of them, free ones first."""
    return tuple(provider for provider in load_providers().values() if provider.models == models)


def known_regions() -> tuple[str, ...]:
    """The regions of all providers, each once."""
    return tuple(dict.fromkeys(region for provider in load_providers().values() for region in provider.regions))


def _provider(facts: Mapping[str, Any]) -> Provider:
    """A provider by the keys of its file; raises KeyError, TypeError or ValueError for one that does not fit."""
    if unknown := facts.keys() - KEYS:
        raise ValueError(f"unknown key {', '.join(f'`{key}`' for key in sorted(unknown))}")
    uploads, hours = facts["uploads"], facts["hours"]
    return Provider(
        name=facts["provider"],
        models=facts["models"],
        paid=facts["paid"],
        remote=facts["remote"],
        slated=facts["slated"],
        default_profile=facts["default_profile"],
        currency=facts["currency"],
        regions=tuple(facts["regions"]),
        key_variable=facts["key_variable"],
        address_variables=tuple(facts["address_variables"]),
        submits_per_second=facts["submits_per_second"],
        upload_regions=frozenset(uploads["regions"]),
        upload_life=timedelta(hours=uploads["hours"]),
        inline_bytes=uploads["inline_bytes"],
        result_life=timedelta(hours=hours["result"]),
        task_life=timedelta(hours=hours["task"]),
        list_reach=None if hours["list"] is None else timedelta(hours=hours["list"]),
    )
