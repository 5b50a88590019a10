"""What can be evaluated: anything with a name that ranks cases. The baselines, made into such methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from neo.baselines.bm25 import Bm25
from neo.baselines.item_cf import WINDOW, ItemCF
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Dataset
from neo.evaluation.leave_one_out import AnySplit, LeaveOneOut
from neo.evaluation.protocol import RecommendCase, SearchCase

RECENT_DAYS = 14.0


@runtime_checkable
class Recommender(Protocol):
    name: str

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        """For each case at most `k` catalog rows of its type, best first, none of its history."""
        ...


@runtime_checkable
class Searcher(Protocol):
    name: str

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        """For each case at most `k` catalog rows of its type, best first."""
        ...


Method = Recommender | Searcher


class HistoryMethod:
    """A baseline that ranks from a listener's history."""

    def __init__(self, ranker: Popularity | ItemCF) -> None:
        self.name = ranker.name
        self.ranker = ranker

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        return _by_type(cases, lambda some, name: self.ranker.rank([cases[i].history for i in some], name, k))


class QueryMethod:
    """A baseline that ranks from a query; who asks does not matter to it."""

    def __init__(self, ranker: Bm25) -> None:
        self.name = ranker.name
        self.ranker = ranker

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        return _by_type(cases, lambda some, name: self.ranker.rank([cases[i].query for i in some], name, k))


def baseline_methods(dataset: Dataset, split: AnySplit, recent_days: float = RECENT_DAYS) -> list[Method]:
    """Popularity (all-time, recent), item-CF (last 20 events, full past) and BM25, fitted before the cut.

    `dataset` is whole: the split says what of it is learned from. Leave-one-out has neither days nor searches, so
    that recent popularity and BM25 are left out there.
    """
    events, catalog = split.training(dataset).events, dataset.catalog
    if isinstance(split, LeaveOneOut):
        popular = Popularity.fit(events, catalog)
        tails = [ItemCF.fit(events, catalog, fallback=popular, tail=tail) for tail in (WINDOW, None)]
        return [HistoryMethod(popular), *map(HistoryMethod, tails)]
    recent = Popularity.fit(events, catalog, before=split.cut, days=recent_days)
    return [
        HistoryMethod(Popularity.fit(events, catalog)),
        HistoryMethod(recent),
        HistoryMethod(ItemCF.fit(events, catalog, fallback=recent)),
        HistoryMethod(ItemCF.fit(events, catalog, fallback=recent, tail=None)),
        QueryMethod(Bm25.fit(catalog, fallback=recent)),
    ]


def _by_type(
    cases: Sequence[RecommendCase | SearchCase], rank: Callable[[list[int], str], list[np.ndarray]]
) -> list[np.ndarray]:
    """Ranks the cases of one type after the other: `rank` gets their places and the type."""
    places: dict[str, list[int]] = {}
    for i, case in enumerate(cases):
        places.setdefault(case.type, []).append(i)
    ranked: list[np.ndarray] = [np.empty(0, dtype=np.int64)] * len(cases)
    for name, some in places.items():
        for i, rows in zip(some, rank(some, name), strict=True):
            ranked[i] = rows
    return ranked
