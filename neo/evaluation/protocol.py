"""The protocol: one cut in time. What lies before it is known to every method, what comes after is asked for.

(`leave_one_out.py` has the one that public sequence sets are measured by.)

Candidates are all items of the type, released or not, minus those of the listener's history. A search without a time
lies on neither side of the cut: its query decides (see `queries.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neo.catalog.activity import Dataset, Events, Searches
from neo.evaluation.queries import LEARNED, parts
from neo_sdk.errors import InvalidRequestError

DAY = 86_400
HORIZON_DAYS = 7.0
NEW_LISTENER_EVENTS = 5


@dataclass(frozen=True)
class Split:
    """What is known (before `cut`) and what is asked for (from `cut` on and before `end`). Seconds, UTC."""

    ks: ClassVar[tuple[int, ...]] = (10, 30)  # how long the judged lists are

    name: str
    cut: int
    horizon_days: float = HORIZON_DAYS

    def __post_init__(self) -> None:
        if self.horizon_days <= 0:
            raise InvalidRequestError(f"horizon_days is {self.horizon_days}, expected a number above 0")

    @property
    def end(self) -> int:
        return self.cut + int(self.horizon_days * DAY)

    def training(self, dataset: Dataset) -> Dataset:
        """The dataset as it was known at the cut. The catalog stays whole: every item is a candidate.

        Of the searches without a time, those whose query is learned from and whose item was out.
        """
        searches = dataset.searches
        out = np.isin(searches.item, self.visible(dataset))
        known = (searches.time < self.cut) | ((parts(searches) == LEARNED) & out)
        return Dataset(dataset.catalog, dataset.listeners, dataset.events.before(self.cut), searches.where(known))

    def asks(self, searches: Searches) -> np.ndarray:
        """bool[n]: the searches asked for, those within the horizon and those of this split's queries."""
        return ((searches.time >= self.cut) & (searches.time < self.end)) | (parts(searches) == self.name)

    def visible(self, dataset: Dataset) -> np.ndarray:
        """int64[]: rows of the items that were out at the cut. Undated ones came out with their parent, or always.

        What somebody has met before the cut was out, whatever its date says: dates are of days, the cut is of a second.
        """
        dates = dataset.catalog.released
        out = np.isnat(dates) | (dates < np.datetime64(self.cut, "s").astype("datetime64[D]"))
        out[dataset.events.before(self.cut).item] = True
        return np.flatnonzero(out)


@dataclass(frozen=True, eq=False)
class RecommendCase:
    """What will this listener meet next?

    `history` int32[]: the catalog rows known of them, oldest first; `times` int64[]: when, in seconds, one an event.
    """

    listener: int
    history: np.ndarray
    times: np.ndarray
    type: str
    target: int

    @property
    def relevant(self) -> np.ndarray:
        """int64[1]: the right item, as `SearchCase` has its right items."""
        return np.array([self.target])

    @property
    def is_new(self) -> bool:
        """True for a listener of whom fewer than 5 events are known."""
        return len(self.history) < NEW_LISTENER_EVENTS


def recommend_cases(
    dataset: Dataset, split: Split, max_per_type: int | None = None, seed: int = 0
) -> list[RecommendCase]:
    """One case for each listener and type: the first new item of the type that is met from the cut on.

    Listeners who meet no new item of a type within the horizon give no case for it. With `max_per_type`, a
    sample drawn by `seed`. In the order of the catalog's types, then of listeners.
    """
    listener, item = _first_new(dataset.events, split)
    types = dataset.catalog.type_codes[item]
    cases: list[RecommendCase] = []
    for code, name in enumerate(dataset.catalog.type_names):
        # Within a listener the rows are in time order, so that the first of a listener is the earliest.
        of_type = np.flatnonzero(types == code)
        _, first = np.unique(listener[of_type], return_index=True)
        for i in sample(of_type[first], max_per_type, [seed, code]):
            who = int(listener[i])
            history = dataset.events.history(who, before=split.cut)
            times = dataset.events.times(who, before=split.cut)
            cases.append(RecommendCase(who, history, times, name, int(item[i])))
    return cases


def _first_new(events: Events, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """(listener, item) of the events within the horizon whose item the listener had not met by the cut."""
    n_items = int(events.item.max()) + 1 if len(events) else 1
    pair = events.listener.astype(np.int64) * n_items + events.item
    asked = (events.time >= split.cut) & (events.time < split.end)
    new = ~np.isin(pair[asked], pair[events.time < split.cut])
    return events.listener[asked][new], events.item[asked][new]


def sample(places: np.ndarray, size: int | None, seed: list[int]) -> np.ndarray:
    """At most `size` of the places, in their order."""
    if size is None or len(places) <= size:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, size, replace=False))
