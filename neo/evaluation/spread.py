"""Beside how often a list is right: how much of the catalog lists show, how well known it is, and how far from a taste.

A recommender can gain by naming what everybody meets anyway. These figures show it: whoever names popular items only
has a small coverage, nothing of the long tail and little novelty. And who is steered to the unknown can be steered too
far: then what is named is about other things than a listener ever met.
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
    distance: over the places of listeners with a history, the mean of 1 - cosine between what the item says and the
    mean of what their history says; the right items' own is what a good list has. None without such listeners.
    """

    method: str
    group: str
    lists: int
    k: int
    coverage: float
    tail: float
    novelty: float
    distance: float | None = None


class Met:
    """How many listeners met each item, of the events that may be learned from.

    content: float32 [items, d], what items say; without it no distance is measured.
    """

    def __init__(self, events: Events, catalog: Catalog, content: np.ndarray | None = None) -> None:
        self.content = content
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
            asked = [case for case in cases if case.type == name]
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
                    distance=distance(lists, asked, self.content),
                )
            )
        return found


def distance(lists: Sequence[np.ndarray], cases: Sequence[RecommendCase], content: np.ndarray | None) -> float | None:
    """How far lists are from the taste of those who are asked for; see `Spread`. content: float32 [items, d]."""
    far: list[np.ndarray] = []
    for rows, case in zip(lists, cases, strict=True):
        if content is not None and len(rows) and len(case.history):
            far.append(1 - _unit(content[rows]) @ _unit(content[case.history].mean(axis=0)))
    return float(np.concatenate(far).mean()) if far else None


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
