"""Popularity: everybody gets the items of the type that most listeners met, minus those already met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

DAY = 86_400


class Popularity:
    """All-time popularity, or that of the last days. Also what the other baselines fall back on."""

    def __init__(self, name: str, orders: dict[str, np.ndarray]) -> None:
        """`orders`: for each type all its catalog rows (int64), best first."""
        self.name = name
        self._orders = orders

    @classmethod
    def fit(cls, events: Events, catalog: Catalog, before: int | None = None, days: float | None = None) -> Popularity:
        """Counts the listeners of each item, strictly before the time `before` (seconds; None: all events).

        With `days`, the last `days` days before `before` decide. Equals go by the all-time count, then by
        catalog row: the order is complete, and the same in every run.
        """
        if days is not None and days <= 0:
            raise InvalidRequestError(f"days is {days}, expected a number above 0, or None for all time")
        if before is not None:
            events = events.before(before)
        elif len(events):
            before = int(events.time.max()) + 1
        counts = recent = events.met_by(len(catalog))
        if days is not None and before is not None:
            recent = events.where(events.time >= before - days * DAY).met_by(len(catalog))
        orders = {}
        for name in catalog.type_names:
            rows = catalog.rows_of(name)
            orders[name] = rows[np.lexsort((rows, -counts[rows], -recent[rows]))]
        return cls("popularity" if days is None else f"popularity, {days:g} days", orders)

    @property
    def type_names(self) -> tuple[str, ...]:
        return tuple(self._orders)

    def order(self, type_name: str) -> np.ndarray:
        """int64[]: all rows of a type, best first. Raises InvalidRequestError for an unknown type."""
        if type_name not in self._orders:
            known = ", ".join(self._orders)
            raise InvalidRequestError(f"no item type {type_name!r}, expected one of: {known}")
        return self._orders[type_name]

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows) at most `k` rows of the type, best first, none from the history."""
        order = self.order(type_name)
        return [first_unmet(order, history, k) for history in histories]


def first_unmet(order: np.ndarray, met: np.ndarray, k: int) -> np.ndarray:
    """int64[<= k]: the first `k` rows of `order` that are not in `met`. Looks no deeper than it has to."""
    head = order[: k + len(met)]
    return head[~np.isin(head, met)][:k]


def fill_up(found: np.ndarray, order: np.ndarray, met: np.ndarray, k: int) -> np.ndarray:
    """int64[<= k]: `found`, then the first rows of `order` that are neither found nor met."""
    if len(found) >= k:
        return found[:k]
    rest = first_unmet(order, np.concatenate([met, found]), k - len(found))
    return np.concatenate([found, rest])
