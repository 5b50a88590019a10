from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sequences import events_of, fit_popular
from torch.nn import functional as F

from neo.baselines.fitting import Fitting
from neo.baselines.popularity import Popularity
from neo.baselines.sasrec import SasRec, full_softmax_losses
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

ITEMS, SHOWS = 20, 10
TABLE = {"id": [f"i{row}" for row in range(ITEMS)], "title": ["x"] * ITEMS}
CATALOG = Catalog.from_table(pa.table({**TABLE, "type": ["show"] * SHOWS + ["audiobook"] * (ITEMS - SHOWS)}))
HISTORIES = st.lists(st.lists(st.integers(0, ITEMS - 1), max_size=25), min_size=1, max_size=5)


def walks(count: int, length: int) -> list[list[int]]:
    """Show n leads to audiobook n + 10, and that to show n + 1; everybody starts somewhere else."""
    circle = [row for show in range(SHOWS) for row in (show, show + SHOWS)]
    starts = np.random.default_rng(0).integers(0, ITEMS, count)
    return [[circle[(start + step) % ITEMS] for step in range(length)] for start in starts]


def fitting_of(steps: int) -> Fitting:
    return Fitting(learning_rate=0.01, weight_decay=0.0, tokens=128, steps=steps)


def fitted(pasts: list[list[int]], seed: int = 0, steps: int = 60) -> SasRec:
    fitting = fitting_of(steps)
    return fit_popular(SasRec, events_of(pasts), CATALOG, seed=seed, width=16, length=12, dropout=0.0, fitting=fitting)


@pytest.fixture(scope="module")
def walker() -> SasRec:
    return fitted(walks(60, 15))


def test_a_circle_is_learned(walker: SasRec) -> None:
    asked = [np.array(past[:-1], dtype=np.int32) for past in walks(40, 8)]
    wanted = [past[-1] for past in walks(40, 8)]
    for history, row in zip(asked, wanted, strict=True):
        name = "show" if row < SHOWS else "audiobook"
        assert walker.rank([history], name, 1)[0].tolist() == [row]


def test_the_order_of_the_past_matters() -> None:
    """Only the item before the last tells what follows: a Markov chain cannot know."""
    pasts = [[0, 2, 4], [1, 2, 5], [0, 3, 6], [1, 3, 7]] * 20
    ranker = fitted(pasts, steps=80)
    ranked = [ranker.rank([np.array(past[:2])], "show", 1)[0].tolist() for past in pasts[:4]]
    assert ranked == [[4], [5], [6], [7]]


def test_the_loss_is_torchs_cross_entropy() -> None:
    hidden, items = (torch.randn(rows, 4, dtype=torch.float64, requires_grad=True) for rows in (5, 7))
    targets, weights = torch.tensor([0, 6, 6, 3, 1]), torch.rand(5, dtype=torch.float64)
    plain = F.cross_entropy(hidden @ items.T, targets, reduction="none")
    expected = torch.autograd.grad((plain * weights).sum(), (hidden, items))
    ours = full_softmax_losses(hidden, items, targets)
    torch.testing.assert_close(ours, plain)
    torch.testing.assert_close(torch.autograd.grad((ours * weights).sum(), (hidden, items)), expected)


def test_equal_seeds_give_equal_weights() -> None:
    weights = [fitted(walks(20, 6), seed, steps=6).model.state_dict() for seed in (0, 0, 1)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not torch.equal(weights[0]["items.weight"], weights[2]["items.weight"])


def test_torch_draws_outside_go_on_as_if_nothing_had_been() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    fitted(walks(5, 4), steps=3)
    assert torch.equal(torch.rand(3), expected)


@settings(deadline=None, max_examples=30)
@given(histories=HISTORIES, k=st.integers(1, 12))
def test_distinct_rows_of_the_type_none_of_the_history(walker: SasRec, histories: list[list[int]], k: int) -> None:
    arrays = [np.array(history, dtype=np.int32) for history in histories]
    for history, rows in zip(histories, walker.rank(arrays, "audiobook", k), strict=True):
        candidates = set(range(SHOWS, ITEMS)) - set(history)
        assert len(rows) == len(set(rows.tolist())) == min(k, len(candidates))
        assert set(rows.tolist()) <= candidates


@settings(deadline=None, max_examples=30)
@given(HISTORIES)
def test_what_fills_a_batch_up_changes_no_score(walker: SasRec, histories: list[list[int]]) -> None:
    pasts = [torch.tensor([history[:12] or [0]]) for history in histories]
    longest = max(past.shape[1] for past in pasts)
    filled = torch.cat([torch.nn.functional.pad(past, (0, longest - past.shape[1]), value=3) for past in pasts])
    with torch.inference_mode():
        together = walker.model.hidden(filled)
        for row, past in enumerate(pasts):
            torch.testing.assert_close(
                together[row, : past.shape[1]], walker.model.hidden(past)[0], rtol=1e-4, atol=1e-5
            )


def test_a_new_listener_gets_the_fallback(walker: SasRec) -> None:
    popular = Popularity.fit(events_of([[3, 3], [3, 4], [4], [4]]), CATALOG)
    ranker = SasRec(walker.model, popular)
    ranked = ranker.rank([np.empty(0, dtype=np.int32), np.array([0])], "show", 2)
    assert ranked[0].tolist() == [4, 3]
    assert ranked[1].tolist() != [4, 3]


def test_nothing_to_learn_from_still_ranks() -> None:
    ranker = fitted([[], [2]], steps=3)
    assert ranker.rank([np.empty(0, dtype=np.int32)], "show", 2)[0].tolist() == [2, 0]
    assert len(ranker.rank([np.array([2])], "show", 20)[0]) == SHOWS - 1


def test_progress_is_told() -> None:
    lines: list[str] = []
    fit_popular(SasRec, events_of(walks(20, 6)), CATALOG, width=8, fitting=fitting_of(20), say=lines.append)
    assert len(lines) >= 2 and all(line.startswith("SASRec: step") for line in lines)


def test_k_below_one_is_told(walker: SasRec) -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        walker.rank([], "show", 0)
