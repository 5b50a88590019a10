"""Leave-one-out, the protocol of public sequence sets: a listener's last item tests, the second-last validates.

An item counts where a listener first meets it: to meet it again is no new item, and could not be recommended. So the
last item is the one that was met for the first time last, and what comes after it, which is all known items, is left
out. Events at one time are in the order of the file.

Nothing is ever trained on either. So one model serves both: asked for the last item it reads the second-last in the
history, although it was trained without it. But what stands before a validation item was trained on to the last item,
and a model that knows it by heart looks better there than it will on the test: to choose settings, withhold three.
Candidates are all items of the type, minus those of the history as it is given: its last 20. There is no cut in time:
one listener's test may lie before what another's training holds, so these figures compare methods with published ones
and say less of the future than those of `protocol.Split`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neo.catalog.activity import Dataset, Events, Searches
from neo.evaluation.protocol import RecommendCase, Split, sample
from neo.evaluation.queries import LEARNED, parts
from neo_sdk.errors import InvalidRequestError

HISTORY = 20
PLACES = {"validation": 0, "test": 1}  # in a listener's last two items


@dataclass(frozen=True)
class LeaveOneOut:
    """Which of the two is asked for, "validation" or "test", after at most `history` items.

    `withheld`: how many last items of a listener are not learned from, the two or the one before them as well.

    Listeners with fewer than three different items are trained on whole and never asked: of two items one is history
    and one is held out, which leaves nothing to validate on.
    """

    ks: ClassVar[tuple[int, ...]] = (5, 10)  # what is published for these sets

    name: str
    history: int = HISTORY
    withheld: int = 2

    def __post_init__(self) -> None:
        if self.withheld not in (2, 3):
            raise InvalidRequestError(f"withheld is {self.withheld}, expected 2 or 3 items")
        if self.name not in PLACES:
            raise InvalidRequestError(f"leave-one-out knows {' and '.join(PLACES)}, got {self.name!r}")
        if self.history < 1:
            raise InvalidRequestError(f"history is {self.history}, expected 1 or more items")

    def training(self, dataset: Dataset) -> Dataset:
        """What may be learned from: each listener's events before the withheld items, whatever is asked for.

        Of the searches, those without a time whose query is learned from: which of the others came before a held-out
        event is not known.
        """
        events, searches = dataset.events, dataset.searches
        listeners, places = _last(events, self.withheld)
        ends = events.offsets[1:].copy()
        ends[listeners] = places[:, 0]
        known = np.arange(len(events)) < np.repeat(ends, np.diff(events.offsets))
        learned = searches.where(parts(searches) == LEARNED)
        return Dataset(dataset.catalog, dataset.listeners, events.where(known), learned)

    def asks(self, searches: Searches) -> np.ndarray:
        """bool[n]: the searches asked for, those without a time of this split's queries."""
        return parts(searches) == self.name

    def visible(self, dataset: Dataset) -> np.ndarray:
        """int64[]: all rows. An item's words are known, though nobody may have met it."""
        return np.arange(len(dataset.catalog))


AnySplit = Split | LeaveOneOut


def left_out_cases(
    dataset: Dataset, split: LeaveOneOut, max_per_type: int | None = None, seed: int = 0
) -> list[RecommendCase]:
    """One case for each listener with three different items or more: the held-out one, after the last before it.

    With `max_per_type`, a sample drawn by `seed`. In the order of the catalog's types, then of listeners.
    """
    events = dataset.events
    listeners, places = _last(events, 2)
    at = places[:, PLACES[split.name]]
    types = dataset.catalog.type_codes[events.item[at]]
    cases: list[RecommendCase] = []
    for code, name in enumerate(dataset.catalog.type_names):
        for i in sample(np.flatnonzero(types == code), max_per_type, [seed, code]):
            listener, end = int(listeners[i]), int(at[i])
            known = slice(max(int(events.offsets[listener]), end - split.history), end)
            cases.append(
                RecommendCase(
                    listener=listener,
                    history=events.item[known],
                    times=events.time[known],
                    type=name,
                    target=int(events.item[end]),
                )
            )
    return cases


def _last(events: Events, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Listeners with three different items or more, int64[m], and where they first meet the last `count`, up to three.

    The places: int64[m, count], ascending.
    """
    first = np.flatnonzero(events.first_meetings())
    items = np.bincount(events.listener[first], minlength=events.n_listeners)
    listeners = np.flatnonzero(items >= 3)
    ends = np.cumsum(items)[listeners]
    return listeners, first[ends[:, None] - np.arange(count, 0, -1)]
