"""Leave-one-out, the protocol of public sequence sets: a listener's last item tests, the second-last validates.

Nothing is ever trained on either. So one model serves both: asked for the last item it reads the second-last in the
history, although it was trained without it. Candidates are all items of the type, minus those of the history as it
is given: its last 20. There is no cut in time: one listener's test may lie before what another's training holds, so
these figures compare methods with published ones and say less of the future than those of `protocol.Split`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neo.catalog.activity import Dataset, Events, Searches
from neo.evaluation.protocol import RecommendCase, Split, sample
from neo_sdk.errors import InvalidRequestError

HISTORY = 20
HELD_OUT = 2  # events of each listener: the one that validates, and the one that tests
PLACES = {"validation": 2, "test": 1}  # counted from a listener's end


@dataclass(frozen=True)
class LeaveOneOut:
    """Which of the two is asked for, "validation" or "test", after at most `history` items.

    Listeners with fewer than three events are trained on whole and never asked.
    """

    ks: ClassVar[tuple[int, ...]] = (5, 10)  # what is published for these sets

    name: str
    history: int = HISTORY

    def __post_init__(self) -> None:
        if self.name not in PLACES:
            raise InvalidRequestError(f"leave-one-out knows {' and '.join(PLACES)}, got {self.name!r}")
        if self.history < 1:
            raise InvalidRequestError(f"history is {self.history}, expected 1 or more items")

    def training(self, dataset: Dataset) -> Dataset:
        """What may be learned from: each listener's events before the second-last, whatever is asked for.

        Without searches: which of them came before a held-out event is not known.
        """
        return Dataset(dataset.catalog, dataset.listeners, _without_held_out(dataset.events), Searches.none())


AnySplit = Split | LeaveOneOut


def left_out_cases(
    dataset: Dataset, split: LeaveOneOut, max_per_type: int | None = None, seed: int = 0
) -> list[RecommendCase]:
    """One case for each listener with three events or more: the held-out item, after the last items before it.

    An item that the listener had met before gives no case, as it could not be recommended. With `max_per_type`, a
    sample drawn by `seed`. In the order of the catalog's types, then of listeners.
    """
    events = dataset.events
    listeners = np.flatnonzero(np.diff(events.offsets) > HELD_OUT)
    at = events.offsets[listeners + 1] - PLACES[split.name]
    types = dataset.catalog.type_codes[events.item[at]]
    cases: list[RecommendCase] = []
    for code, name in enumerate(dataset.catalog.type_names):
        of_type = [place for place in np.flatnonzero(types == code).tolist() if _is_new(events, int(at[place]))]
        for i in sample(np.array(of_type, dtype=np.int64), max_per_type, [seed, code]):
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


def _without_held_out(events: Events) -> Events:
    counts = np.diff(events.offsets)
    kept = np.where(counts > HELD_OUT, counts - HELD_OUT, counts)
    keep = np.arange(len(events)) < np.repeat(events.offsets[:-1] + kept, counts)
    offsets = np.concatenate(([0], np.cumsum(kept)))
    return Events(
        events.listener[keep], events.item[keep], events.time[keep], events.kind_codes[keep], events.kinds, offsets
    )


def _is_new(events: Events, at: int) -> bool:
    """Whether the listener of an event meets its item there for the first time."""
    start = events.offsets[events.listener[at]]
    return not (events.item[start:at] == events.item[at]).any()
