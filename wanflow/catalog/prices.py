"""What the seconds of a model cost: the catalog's price lists, and before them the production's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wanflow.catalog.model import Model, ParameterValue, PriceList, Rate
from wanflow.catalog.read import load_catalog


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All prices that a production is planned with, in one currency; `own` are lists by model that go before the
    catalog's.

    A list of the catalog in another currency counts for nothing: its model's price is unknown.
    """

    currency: str
    own: Mapping[str, PriceList] = field(default_factory=dict)

    def rate(self, model: Model, region: str, parameters: Mapping[str, ParameterValue]) -> Rate | None:
        """The price of a billed second of a request; None where no list says it."""
        tier = model.tier(parameters)
        rates = (rate for listed in self._lists(model) for rate in listed.rates)
        return next((rate for rate in rates if rate.fits(region, tier, parameters)), None)

    def date(self, models: Iterable[str]) -> str | None:
        """The day of the oldest list that these models are priced by; None where none is."""
        catalog = load_catalog()
        lists = (next(self._lists(catalog[name]), None) for name in models)
        return min((listed.date for listed in lists if listed is not None), default=None)

    def _lists(self, model: Model) -> Iterator[PriceList]:
        """One's own list, and behind it the catalog's for what that leaves out."""
        for listed in (self.own.get(model.name), model.prices):
            if listed is not None and listed.currency == self.currency:
                yield listed
