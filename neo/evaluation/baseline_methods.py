"""All baselines, fitted on what a split lets them know. Some take a moment, some take minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from neo.baselines.bm25 import Bm25
from neo.baselines.dense import Dense, DenseHistory
from neo.baselines.factorization import Factorization
from neo.baselines.item_cf import ItemCF
from neo.baselines.markov import Markov
from neo.baselines.popularity import Popularity
from neo.baselines.trajectory import Trajectory
from neo.catalog.activity import Dataset
from neo.evaluation.leave_one_out import AnySplit, LeaveOneOut
from neo.evaluation.methods import HistoryMethod, Method, QueryMethod, TimedMethod
from neo.evaluation.protocol import Split
from neo.sids.embed import Embedder

RECENT_DAYS = 14.0
Fitted = TypeVar("Fitted", HistoryMethod, QueryMethod, TimedMethod)


def baseline_methods(dataset: Dataset, split: AnySplit) -> list[Method]:
    """The quick ones: popularity (all-time, recent), item-CF (last 20 events, full past) and BM25.

    `dataset` is whole: the split says what of it is learned from. Leave-one-out has no days, so that recent popularity
    is left out there, and so is BM25 where it has no searches.
    """
    events, catalog = split.training(dataset).events, dataset.catalog
    fallback = _fallback(dataset, split)
    methods: list[Method] = [
        _timed(lambda: HistoryMethod(Popularity.fit(events, catalog))),
        _timed(lambda: HistoryMethod(ItemCF.fit(events, catalog, fallback=fallback))),
        _timed(lambda: HistoryMethod(ItemCF.fit(events, catalog, fallback=fallback, tail=None))),
    ]
    if isinstance(split, Split):
        methods.insert(1, HistoryMethod(fallback))
    if _searched(dataset, split):
        methods.append(_timed(lambda: QueryMethod(Bm25.fit(catalog, fallback=fallback))))
    return methods


def dense_methods(dataset: Dataset, split: AnySplit, embedder: Embedder, vectors: np.ndarray) -> list[Method]:
    """Dense retrieval from histories and, where there are searches, from queries: as quick as the embedder.

    embedder, vectors: those of the run's SIDs, which have learned nothing from what is asked for; `vectors`
    float32[n, dim] are the items' in the catalog's order.
    """
    fallback = _fallback(dataset, split)
    methods: list[Method] = [HistoryMethod(DenseHistory(embedder.name, vectors, fallback))]
    if _searched(dataset, split):
        methods.append(_timed(lambda: QueryMethod(Dense.fit(dataset.catalog, embedder, fallback))))
    return methods


def further_methods(
    dataset: Dataset,
    split: AnySplit,
    vectors: np.ndarray,
    seed: int,
    say: Callable[[str], None],
) -> list[Method]:
    """Those that are trained for minutes: Markov, the podcast trajectory, factors, SASRec, 2T-HGNN; in time also the
    membership RNN.

    vectors: as for `dense_methods`.
    """
    from neo.baselines.membership_rnn import MembershipRnn
    from neo.baselines.sasrec import SMALL, SasRec
    from neo.baselines.two_tower import TwoTower

    events, catalog = split.training(dataset).events, dataset.catalog
    fallback, visible = _fallback(dataset, split), split.visible(dataset)

    def sasrec() -> SasRec:
        if not isinstance(split, LeaveOneOut):
            return SasRec.fit(events, catalog, fallback=fallback, seed=seed, say=say)
        # Short sequences of few listeners want more dropout: see the figures in sasrec.py.
        return SasRec.fit(events, catalog, fallback=fallback, seed=seed, say=say, length=20, dropout=0.5, fitting=SMALL)

    def two_tower() -> TwoTower:
        return TwoTower.fit(events, catalog, vectors, fallback=fallback, visible=visible, seed=seed, say=say)

    methods: list[Method] = [
        _timed(lambda: HistoryMethod(Markov.fit(events, catalog, fallback=fallback))),
        _timed(lambda: HistoryMethod(Trajectory.fit(events, catalog, fallback=fallback, visible=visible))),
        _timed(lambda: HistoryMethod(Factorization.fit(events, catalog, fallback=fallback, seed=seed))),
        _timed(lambda: HistoryMethod(sasrec())),
        _timed(lambda: HistoryMethod(two_tower())),
    ]
    if isinstance(split, LeaveOneOut):
        return methods
    members = _timed(
        lambda: TimedMethod(MembershipRnn.fit(events, catalog, fallback=fallback, seed=seed, say=say), split.cut)
    )
    return [*methods, members]


def _searched(dataset: Dataset, split: AnySplit) -> bool:
    """Whether there can be searches to ask for; without a cut, those with a time are never asked for."""
    return isinstance(split, Split) or not dataset.searches.timed.all()


def _fallback(dataset: Dataset, split: AnySplit) -> Popularity:
    """What orders items that a method knows nothing about: the latest popularity that is known."""
    events = split.training(dataset).events
    if isinstance(split, LeaveOneOut):
        return Popularity.fit(events, dataset.catalog)
    return Popularity.fit(events, dataset.catalog, before=split.cut, days=RECENT_DAYS)


def _timed(fit: Callable[[], Fitted]) -> Fitted:
    started = time.perf_counter()
    method = fit()
    method.fit_seconds = time.perf_counter() - started
    return method
