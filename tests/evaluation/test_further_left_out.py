"""The baselines that are trained, under leave-one-out; with few steps, since nobody asks here how good they are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from neo.baselines import sasrec
from neo.baselines.two_tower import TwoTower
from neo.catalog.activity import Dataset
from neo.evaluation.baseline_methods import further_methods
from neo.evaluation.evaluate import evaluate
from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases


def test_all_but_the_membership_rnn_are_fitted_and_rank_every_case(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sasrec, "SMALL", replace(sasrec.SMALL, steps=4))
    monkeypatch.setattr(TwoTower, "fit", partial(TwoTower.fit, graph_steps=2, tower_steps=2))
    split, said = LeaveOneOut("test"), list[str]()
    vectors = np.eye(len(tiny_dataset.catalog), dtype=np.float32)
    methods = further_methods(tiny_dataset, split, vectors, 0, said.append)
    names = ["Markov", "trajectory", "matrix factorization", "SASRec", "2T-HGNN"]
    assert [method.name for method in methods] == names
    assert any(line.startswith("SASRec: step 4/4") for line in said)
    cases = left_out_cases(tiny_dataset, split)
    assert {case.type for case in cases} == {"show", "episode", "audiobook"}
    evaluate(methods, cases, [], split.ks, dataset=tiny_dataset, split=split)  # refuses what is no candidate
    assert all(len(rows) == 5 for method in methods for rows in method.recommend(cases, 5))
