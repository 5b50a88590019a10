"""Batches: every row once an epoch, no batch too large, and a step that sees short rows and long ones."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from neo.training.batches import Steps, plan

lengths_of = st.lists(st.integers(1, 60), min_size=1, max_size=80).map(np.array)


@given(lengths_of, st.integers(1, 200), st.integers(1, 5), st.integers(0, 3))
@example(np.array([1, 3, 3]), 6, 1, 0)  # cut as [1, 3], [3]: both end at 3
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(
    lengths: np.ndarray, tokens: int, per_step: int, seed: int
) -> None:
    steps = plan(lengths, tokens, per_step, np.random.default_rng(seed))
    batches = list(chain.from_iterable(steps))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= tokens for batch in batches)
    # Nothing is cut without need. Batches that end at one length came in the order of where they begin; of those that
    # hold this length alone, the unfinished one was cut last.
    as_cut = sorted(batches, key=lambda batch: (lengths[batch].max(), lengths[batch].min(), -len(batch)))
    for batch, longer in pairwise(as_cut):
        assert (len(batch) + 1) * lengths[longer].min() > tokens
    # The trainer counts a step whenever `per_step` batches have passed.
    assert all(len(step) == per_step for step in steps[:-1])
    assert 0 < len(steps[-1]) <= per_step
    for step in steps[:-1]:
        assert all(lengths[short].max() <= lengths[long].min() for short, long in pairwise(step))


@given(lengths_of, st.integers(1, 200), st.integers(1, 5))
def test_the_order_follows_from_seed_and_epoch(lengths: np.ndarray, tokens: int, per_step: int) -> None:
    one, same = Steps(lengths, tokens, per_step, 5), Steps(lengths, tokens, per_step, 5)
    assert list(one) == list(same)
    assert len(one) == len(list(one))
    for steps in (one, same):
        steps.set_epoch(1)
    assert list(one) == list(same)
    assert len(one) == len(list(one))


@given(lengths_of, st.integers(1, 200), st.integers(1, 5))
def test_the_rows_of_a_step_are_known_before_it_comes(lengths: np.ndarray, tokens: int, per_step: int) -> None:
    steps = Steps(lengths, tokens, per_step, 5)
    step = 0
    for epoch in range(2):
        steps.set_epoch(epoch)
        batches = list(steps)
        for start in range(0, len(batches), per_step):
            assert steps.rows_of(step).tolist() == list(chain.from_iterable(batches[start : start + per_step]))
            step += 1


def test_epochs_and_seeds_differ() -> None:
    lengths = np.full(50, 3)
    steps = Steps(lengths, 12, 2, seed=0)
    first = list(steps)
    steps.set_epoch(1)
    assert list(steps) != first
    assert list(Steps(lengths, 12, 2, seed=1)) != first


@given(lengths_of, st.integers(1, 200), st.integers(1, 5))
def test_padding_is_what_the_batches_hold_beside_their_rows(lengths: np.ndarray, tokens: int, per_step: int) -> None:
    steps = Steps(lengths, tokens, per_step, seed=0)
    read = sum(len(batch) * max(lengths[batch]) for batch in steps)
    assert abs(steps.padding - (1 - lengths.sum() / read)) < 1e-9
