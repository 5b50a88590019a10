"""Beside how often a list is right: how much of the catalog lists show, and how well known it is.

A recommender can gain by naming what everybody meets anyway. These figures show it: whoever names popular items only
has a small coverage, nothing of the long tail and little novelty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.catalog.strict import Strict
from neo.evaluation.protocol import RecommendCase

TAIL = 0.2  # of a type's meetings: the least met items that together have no more than these are its long tail


class Spread(Strict):
    """What a method's lists show of an item type.

    coverage: the share of the type's items that are in any of the `lists`; it grows with their number. tail: the share
    of the places in lists that the long tail holds. novelty: the mean of -log2(share of listeners who have met the
    item) over these places, in bits: of n + 1 listeners, and an item that nobody has met counts as met by one.
    """

    method: str
    group: str
    lists: int
    k: int
    coverage: float
    tail: float
    novelty: float


class Met:
    """How many listeners met each item, of the events that may be learned from."""

    def __init__(self, events: Events, catalog: Catalog) -> None:
        self.met = events.met_by(len(catalog))
        self.novelty = -np.log2(np.maximum(self.met, 1) / (np.count_nonzero(np.diff(events.offsets)) + 1))
        self.rows = {name: catalog.rows_of(name) for name in catalog.type_names}
        self.tail = np.zeros(len(catalog), dtype=np.bool_)
        for rows in self.rows.values():
            rare = rows[np.argsort(self.met[rows], kind="stable")]
            self.tail[rare] = np.cumsum(self.met[rare]) <= TAIL * self.met[rare].sum()

    def spread(self, method: str, ranked: Sequence[np.ndarray], cases: Sequence[RecommendCase], k: int) -> list[Spread]:
        """One row for each type that is asked for; ranked: the lists, best first, of which the first `k` count."""
        found = []
        for name in dict.fromkeys(case.type for case in cases):
            lists = [rows[:k] for rows, case in zip(ranked, cases, strict=True) if case.type == name]
            shown = np.concatenate(lists)
            found.append(
                Spread(
                    method=method,
                    group=name,
                    lists=len(lists),
                    k=k,
                    coverage=len(np.unique(shown)) / len(self.rows[name]),
                    tail=float(self.tail[shown].mean()) if len(shown) else 0.0,
                    novelty=float(self.novelty[shown].mean()) if len(shown) else 0.0,
                )
            )
        return found
