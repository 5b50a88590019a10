"""All baselines, fitted on what a split lets them know. Some take a moment, some take minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from neo.baselines.bm25 import Bm25
from neo.baselines.dense import Dense
from neo.baselines.factorization import Factorization
from neo.baselines.item_cf import ItemCF
from neo.baselines.markov import Markov
from neo.baselines.popularity import Popularity
from neo.baselines.trajectory import Trajectory
from neo.catalog.activity import Dataset
from neo.evaluation.leave_one_out import AnySplit, LeaveOneOut
from neo.evaluation.methods import HistoryMethod, Method, QueryMethod, TimedMethod
from neo.sids.build import embed_items
from neo.sids.embed import Embedder

RECENT_DAYS = 14.0
Fitted = TypeVar("Fitted", HistoryMethod, QueryMethod, TimedMethod)


def baseline_methods(dataset: Dataset, split: AnySplit, recent_days: float = RECENT_DAYS) -> list[Method]:
    """The quick ones: popularity (all-time, recent), item-CF (last 20 events, full past) and BM25.

    `dataset` is whole: the split says what of it is learned from. Leave-one-out has neither days nor searches, so
    that recent popularity and BM25 are left out there.
    """
    events, catalog = split.training(dataset).events, dataset.catalog
    fallback = _fallback(dataset, split, recent_days)
    methods: list[Method] = [
        _timed(lambda: HistoryMethod(Popularity.fit(events, catalog))),
        _timed(lambda: HistoryMethod(ItemCF.fit(events, catalog, fallback=fallback))),
        _timed(lambda: HistoryMethod(ItemCF.fit(events, catalog, fallback=fallback, tail=None))),
    ]
    if isinstance(split, LeaveOneOut):
        return methods
    search = _timed(lambda: QueryMethod(Bm25.fit(catalog, fallback=fallback)))
    return [methods[0], HistoryMethod(fallback), *methods[1:], search]


def further_methods(
    dataset: Dataset,
    split: AnySplit,
    embedder: Embedder,
    parent_weight: float,
    seed: int,
    say: Callable[[str], None],
    recent_days: float = RECENT_DAYS,
) -> list[Method]:
    """Markov, the podcast trajectory, factors, SASRec, 2T-HGNN; in time also the membership RNN and dense retrieval.

    embedder, parent_weight: those of the run's SIDs, which have learned nothing from what is asked for.
    """
    from neo.baselines.membership_rnn import MembershipRnn
    from neo.baselines.sasrec import SMALL, SasRec
    from neo.baselines.two_tower import TwoTower

    events, catalog = split.training(dataset).events, dataset.catalog
    fallback = _fallback(dataset, split, recent_days)
    vectors = embed_items(embedder, catalog, np.arange(len(catalog)), parent_weight)

    def sasrec() -> SasRec:
        if not isinstance(split, LeaveOneOut):
            return SasRec.fit(events, catalog, fallback=fallback, seed=seed, say=say)
        # Short sequences of few listeners want more dropout: see the figures in sasrec.py.
        return SasRec.fit(events, catalog, fallback=fallback, seed=seed, say=say, length=20, dropout=0.5, fitting=SMALL)

    methods: list[Method] = [
        _timed(lambda: HistoryMethod(Markov.fit(events, catalog, fallback=fallback))),
        _timed(lambda: HistoryMethod(Trajectory.fit(events, catalog, fallback=fallback))),
        _timed(lambda: HistoryMethod(Factorization.fit(events, catalog, fallback=fallback, seed=seed))),
        _timed(lambda: HistoryMethod(sasrec())),
        _timed(lambda: HistoryMethod(TwoTower.fit(events, catalog, vectors, fallback=fallback, seed=seed, say=say))),
    ]
    if isinstance(split, LeaveOneOut):
        return methods
    members = _timed(
        lambda: TimedMethod(MembershipRnn.fit(events, catalog, fallback=fallback, seed=seed, say=say), split.cut)
    )
    return [*methods, members, _timed(lambda: QueryMethod(Dense.fit(catalog, embedder, fallback)))]


def _fallback(dataset: Dataset, split: AnySplit, recent_days: float) -> Popularity:
    """What orders items that a method knows nothing about: the latest popularity that is known."""
    events = split.training(dataset).events
    if isinstance(split, LeaveOneOut):
        return Popularity.fit(events, dataset.catalog)
    return Popularity.fit(events, dataset.catalog, before=split.cut, days=recent_days)


def _timed(fit: Callable[[], Fitted]) -> Fitted:
    started = time.perf_counter()
    method = fit()
    method.fit_seconds = time.perf_counter() - started
    return method
