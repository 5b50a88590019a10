from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.training.examples import walks as module
from neo.training.examples.walks import DECAY, LENGTH, SPREAD, Walks

ROWS = np.array([3, 5, 8, 13, 21, 34])


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 1000), count=st.integers(0, 30), items=st.integers(0, 12), near=st.integers(1, 20))
def test_walks_are_of_different_items_and_each_lies_near_one_before(
    seed: int, count: int, items: int, near: int
) -> None:
    rng = np.random.default_rng(seed)
    rows, vectors = np.arange(items) * 2, rng.normal(size=(items, 4)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NEAR", near)
        drawn = list(Walks.among(rows, vectors).draw(count, rng))
    assert len(drawn) == (count if items else 0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-(unit @ unit.T), axis=1)[:, : near + 1]
    for walk in drawn:
        assert 1 <= len(walk) <= LENGTH and len(set(walk)) == len(walk) and set(walk) <= set(rows.tolist())
        places = [row // 2 for row in walk]
        for at in range(1, len(places)):
            assert any(places[at] in nearest[before] for before in places[:at])


def test_where_a_walk_goes_is_drawn_by_how_near_it_is_to_what_came_before() -> None:
    """Every item is a neighbor of every other, so where the second and third come from is known exactly."""
    rng = np.random.default_rng(0)
    vectors = np.eye(4)[[0, 0, 0, 0, 0, 0]] + 0.25 * rng.normal(size=(6, 4))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    drawn = list(Walks.among(ROWS, vectors).draw(60_000, rng))
    assert {len(walk) for walk in drawn} == {LENGTH}
    place = {row: at for at, row in enumerate(ROWS.tolist())}
    found = Counter((place[walk[0]], place[walk[1]], place[walk[2]]) for walk in drawn)
    for first in range(6):
        for second in {*range(6)} - {first}:
            mean = DECAY * unit[first] + unit[second]
            chances = np.exp(unit @ (mean / np.linalg.norm(mean)) / SPREAD)
            chances[[first, second]] = 0
            chances /= chances.sum()
            times = np.array([found[first, second, third] for third in range(6)])
            if times.sum() > 500:
                assert times / times.sum() == pytest.approx(chances, abs=4 * np.sqrt(0.25 / times.sum()))
    assert len(found) > 30


def test_the_same_seed_walks_the_same_ways() -> None:
    vectors = np.random.default_rng(0).normal(size=(6, 3))
    first, second = (list(Walks.among(ROWS, vectors).draw(50, np.random.default_rng(1))) for _ in range(2))
    assert first == second


def test_what_has_no_neighbors_is_a_walk_of_its_own() -> None:
    assert list(Walks.among(ROWS[:1], np.ones((1, 3))).draw(2, np.random.default_rng(0))) == [(3,), (3,)]
