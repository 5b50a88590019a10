"""What can be evaluated: anything with a name that ranks cases. Rankers of other shapes are made into such methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from neo.evaluation.protocol import RecommendCase
from neo.evaluation.search_cases import SearchCase

if TYPE_CHECKING:
    from neo.baselines.membership_rnn import MembershipRnn


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


class HistoryRanker(Protocol):
    name: str

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]: ...


class QueryRanker(Protocol):
    name: str

    def rank(self, queries: Sequence[str], type_name: str, k: int) -> list[np.ndarray]: ...


class HistoryMethod:
    """A baseline that ranks from a listener's history."""

    fit_seconds = 0.0

    def __init__(self, ranker: HistoryRanker) -> None:
        self.name = ranker.name
        self.ranker = ranker

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        return _by_type(cases, lambda some, name: self.ranker.rank([cases[i].history for i in some], name, k))


class TimedMethod:
    """A baseline that ranks from a history and its times, asked at the time `now` (seconds)."""

    fit_seconds = 0.0

    def __init__(self, ranker: MembershipRnn, now: int) -> None:
        self.name = ranker.name
        self.ranker, self.now = ranker, now

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        def rank(some: list[int], name: str) -> list[np.ndarray]:
            listeners = [cases[i].listener for i in some]
            histories, times = [cases[i].history for i in some], [cases[i].times for i in some]
            return self.ranker.rank_timed(listeners, histories, times, name, k, self.now)

        return _by_type(cases, rank)


class QueryMethod:
    """A baseline that ranks from a query; who asks does not matter to it."""

    fit_seconds = 0.0

    def __init__(self, ranker: QueryRanker) -> None:
        self.name = ranker.name
        self.ranker = ranker

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        return _by_type(cases, lambda some, name: self.ranker.rank([cases[i].query for i in some], name, k))


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
