"""First meetings of listeners with items: what a model of the next new item learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from neo.catalog.activity import Events


@dataclass(frozen=True, eq=False)
class Meetings:
    """The first meeting of each listener with each item, where the listener had met anything before.

    place: int64[m], into the events; target: int64[m], the item. first: int64[listeners, items], the place of
    the first meeting plus 1.
    """

    events: Events
    place: np.ndarray
    target: np.ndarray
    first: sparse.csr_array

    @classmethod
    def of(cls, events: Events, n_items: int) -> Meetings:
        place = np.flatnonzero(events.first_meetings())
        who, shape = events.listener[place], (events.n_listeners, n_items)
        first = sparse.csr_array((place + 1, (who, events.item[place])), shape=shape)
        kept = place[place > events.offsets[who]]
        return cls(events, kept, events.item[kept].astype(np.int64), first)

    def __len__(self) -> int:
        return len(self.place)

    def recent(self, batch: np.ndarray, length: int) -> np.ndarray:
        """int64[len(batch), length]: what was met before each meeting, the last one first, then -1."""
        places = self.place[batch][:, None] - 1 - np.arange(length)
        known = places >= self.events.offsets[self.events.listener[self.place[batch]]][:, None]
        return np.where(known, self.events.item[places.clip(min=0)], -1).astype(np.int64)

    def met_before(self, batch: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool[len(batch), len(rows)]: which of the items the listener had met before each meeting."""
        place = self.place[batch]
        first = self.first[self.events.listener[place]][:, rows].toarray()
        return (first > 0) & (first <= place[:, None])


def packed(histories: Sequence[np.ndarray], length: int) -> np.ndarray:
    """int64[len(histories), length] of histories (oldest first) as `Meetings.recent` gives them."""
    recent = np.full((len(histories), length), -1, dtype=np.int64)
    for row, history in zip(recent, histories, strict=True):
        tail = np.asarray(history[-length:], dtype=np.int64)
        row[: len(tail)] = tail[::-1]
    return recent
