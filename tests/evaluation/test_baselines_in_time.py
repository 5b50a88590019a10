"""No baseline sees what comes after the cut. The split is what cuts, so all of them are asked through it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from neo.baselines import membership_rnn, sasrec
from neo.baselines.membership_rnn import MembershipRnn
from neo.baselines.sasrec import SasRec
from neo.baselines.two_tower import TwoTower
from neo.catalog.activity import Dataset, Events
from neo.evaluation.baseline_methods import baseline_methods, further_methods
from neo.evaluation.methods import Recommender
from neo.evaluation.protocol import Split, recommend_cases

NAMES = ["popularity", "popularity, 14 days", "item-CF", "item-CF, full past"]
FURTHER = ["Markov", "trajectory", "matrix factorization", "SASRec", "2T-HGNN", "membership RNN"]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps: enough to learn from every event that is there."""
    sas, rnn = replace(sasrec.FITTING, steps=6), replace(membership_rnn.FITTING, steps=6)
    monkeypatch.setattr(SasRec, "fit", partial(SasRec.fit, fitting=sas))
    monkeypatch.setattr(MembershipRnn, "fit", partial(MembershipRnn.fit, fitting=rnn, topics=8))
    monkeypatch.setattr(TwoTower, "fit", partial(TwoTower.fit, graph_steps=3, tower_steps=3))


@pytest.mark.usefixtures("hasty")
def test_what_comes_after_the_cut_changes_no_ranking(tiny_dataset: Dataset) -> None:
    data = tiny_dataset
    split = Split("test", int(np.quantile(data.events.time, 0.7)), 30)
    assert 0 < len(split.training(data).events) < len(data.events)
    rankings = [_rankings(world, split, data) for world in (data, _with_another_future(data, split.cut))]
    assert list(rankings[0]) == [*NAMES, *FURTHER]
    for name, mine in rankings[0].items():
        assert mine and all(map(np.array_equal, mine, rankings[1][name])), name


@pytest.mark.usefixtures("hasty")
def test_what_comes_before_the_cut_changes_every_ranking(tiny_dataset: Dataset) -> None:
    """Else the test above could not fail."""
    data = tiny_dataset
    split = Split("test", int(np.quantile(data.events.time, 0.7)), 30)
    earlier = replace(data, events=data.events.where(data.events.listener % 2 == 0))
    mine, theirs = (_rankings(world, split, data) for world in (data, earlier))
    for name in mine:
        assert not all(map(np.array_equal, mine[name], theirs[name])), name


def _with_another_future(data: Dataset, cut: int) -> Dataset:
    """From the cut on every listener meets something else."""
    events = data.events
    item = np.where(events.time < cut, events.item, (events.item + 7) % len(data.catalog))
    changed = Events.from_arrays(events.listener, item, events.time, events.kind, events.n_listeners)
    return replace(data, events=changed)


def _rankings(world: Dataset, split: Split, asked: Dataset) -> dict[str, list[np.ndarray]]:
    """What every method that recommends, fitted on a world, ranks for the same cases."""
    vectors, cases = np.eye(len(world.catalog), dtype=np.float32), recommend_cases(asked, split)
    methods = [*baseline_methods(world, split), *further_methods(world, split, vectors, 0, lambda line: None)]
    return {method.name: method.recommend(cases, 5) for method in methods if isinstance(method, Recommender)}
