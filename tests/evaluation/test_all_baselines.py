from __future__ import annotations

import numpy as np
import pytest

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.evaluation.baseline_methods import baseline_methods, dense_methods, further_methods
from neo.evaluation.evaluate import evaluate
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.search_cases import search_cases
from neo.sids.build import build_sids
from neo.sids.config import SidConfig


@pytest.mark.slow
def test_every_baseline_ranks_every_case_of_a_small_world() -> None:
    config = WorldConfig(shows=20, episodes=100, audiobooks=20, listeners=60, searches_per_listener=3.0)
    data, split = make_world(config).dataset, Split("test", config.cuts["test"], config.horizon_days)
    sids = build_sids(data.catalog, SidConfig(levels=2, codes=16, dim=16))
    vectors = sids.embed(data.catalog, np.arange(len(data.catalog)))
    methods = [
        *baseline_methods(data, split),
        *dense_methods(data, split, sids.embedder, vectors),
        *further_methods(data, split, vectors, 0, print),
    ]
    report = evaluate(methods, recommend_cases(data, split), search_cases(data, split), dataset=data, split=split)
    recommending = [name for name in report.methods if report.find(name, "recommend", "episode")]
    assert recommending[4:] == [
        "dense history, lsa",
        "Markov",
        "trajectory",
        "matrix factorization",
        "SASRec",
        "2T-HGNN",
        "membership RNN",
    ]
    assert report.find("dense, lsa", "search", "all") and report.fit_seconds["SASRec"] > 0
    popular = report.value("popularity", "recommend", "episode", "NDCG@10")
    better = [name for name in recommending[2:] if report.value(name, "recommend", "episode", "NDCG@10") > popular]
    assert len(better) >= 6  # of nine that look at the listener
