from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.sids.quantize import ResidualKMeans
from neo.sids.table import pack_codes
from neo.sids.unique import make_unique
from neo_sdk.errors import ConfigError


def case(seed: int, items: int, levels: int, size: int) -> tuple[np.ndarray, np.ndarray, ResidualKMeans, np.ndarray]:
    """Codes of clustered vectors, many of them equal, and a popularity with ties and gaps."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(4, 5))[rng.integers(0, 4, items)] + 0.2 * rng.normal(size=(items, 5)) * rng.integers(
        0, 2
    )
    vectors = vectors.astype(np.float32)
    quantizer = ResidualKMeans.fit(vectors, levels, size, seed)
    popularity = rng.integers(0, 3, items).astype(float)
    popularity[rng.random(items) < 0.2] = np.nan
    return quantizer.encode(vectors), vectors, quantizer, popularity


def priority(popularity: np.ndarray) -> list[int]:
    known = np.where(np.isnan(popularity), -np.inf, popularity)
    return sorted(range(len(known)), key=lambda item: (-known[item], item))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 4), st.floats(0, 1))
def test_every_tuple_is_different_up_to_the_last_one(seed: int, levels: int, size: int, filled: float) -> None:
    items = max(1, round(filled * size**levels))
    codes, vectors, quantizer, popularity = case(seed, items, levels, size)
    unique = make_unique(codes, vectors, quantizer, popularity=popularity)
    assert unique.dtype == np.uint16 and (unique < size).all()
    assert len(np.unique(pack_codes(unique, size))) == items
    again = make_unique(codes, vectors, quantizer, popularity=popularity)
    assert np.array_equal(unique, again)
    keepers: dict[tuple[int, ...], int] = {}
    for item in priority(popularity):
        keepers.setdefault(tuple(codes[item].tolist()), item)
    for item in keepers.values():
        assert np.array_equal(unique[item], codes[item])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_whoever_can_moves_to_the_nearest_free_sibling(seed: int, items: int) -> None:
    """Against a loop over items: each takes the nearest code of its prefix that is free when it is served."""
    size = 5
    codes, vectors, quantizer, popularity = case(seed, items, 2, size)
    unique = make_unique(codes, vectors, quantizer, popularity=popularity)
    served = priority(popularity)
    owner: dict[tuple[int, ...], int] = {}
    for item in served:
        owner.setdefault(tuple(codes[item].tolist()), item)
    taken = set(owner)
    for item in served:
        prefix, own = int(codes[item, 0]), tuple(codes[item].tolist())
        if owner[own] == item:
            continue
        free = [code for code in range(size) if (prefix, code) not in taken]
        if not free:
            assert unique[item, 0] != prefix
            continue
        left = vectors[item] - quantizer.codebooks[0, prefix]
        away = ((left - quantizer.codebooks[1]) ** 2).sum(axis=1)
        got = int(unique[item, 1])
        assert unique[item, 0] == prefix and got in free
        assert away[got] <= away[free].min() + 1e-5
        taken.add((prefix, got))


def test_a_full_prefix_sends_its_least_popular_to_the_nearest_other_one() -> None:
    books = np.zeros((2, 3, 2), np.float32)
    books[0] = [[0, 0], [1, 0], [5, 0]]
    books[1] = [[0, 0.1], [0, 0.2], [0, 0.3]]
    quantizer = ResidualKMeans(books, (3, 3))
    vectors = np.tile(np.array([[0.0, 0.1]], np.float32), (5, 1))
    popularity = np.array([1.0, 5.0, 2.0, 4.0, 3.0])
    unique = make_unique(quantizer.encode(vectors), vectors, quantizer, popularity=popularity)
    assert unique.tolist() == [[1, 1], [0, 0], [1, 0], [0, 1], [0, 2]]


def test_beam_looks_past_the_nearest_branch() -> None:
    """Branch 1 is nearer at its own level, its free leaves are far; branch 2 has the best tuple."""
    books = np.zeros((2, 4, 1), np.float32)
    books[0, :, 0] = [0.0, 1.0, -1.2, 50.0]
    books[1, :, 0] = [0.0, 0.01, 0.02, 1.2]
    quantizer = ResidualKMeans(books, (4, 4))
    taken = np.array([[0, 0], [0, 1], [0, 2], [0, 3]])
    vectors = np.zeros((1, 1), np.float32)
    assert make_unique(np.array([[0, 0]], np.uint16), vectors, quantizer, taken).tolist() == [[2, 3]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(0, 7))
def test_newcomers_take_only_what_is_free(seed: int, items: int, more: int) -> None:
    size, levels = 3, 3
    codes, vectors, quantizer, popularity = case(seed, items + more, levels, size)
    old = make_unique(codes[:items], vectors[:items], quantizer, popularity=popularity[:items])
    new = make_unique(codes[items:], vectors[items:], quantizer, old, popularity[items:])
    everyone = pack_codes(np.concatenate([old, new]), size)
    assert len(np.unique(everyone)) == items + more


def test_capacity_is_used_to_the_last_tuple_and_then_refused() -> None:
    vectors = np.zeros((8, 2), np.float32)
    quantizer = ResidualKMeans.fit(vectors, 3, 2)
    full = make_unique(quantizer.encode(vectors), vectors, quantizer)
    assert sorted(pack_codes(full, 2).tolist()) == list(range(8))
    with pytest.raises(ConfigError, match=r"9 shows do not fit into 3 levels of 2 codes \(8 tuples\).*sids\.codes"):
        make_unique(quantizer.encode(vectors[:1]), vectors[:1], quantizer, full, what="show")


def test_codes_without_collisions_stay_as_they_are() -> None:
    codes, vectors, quantizer, _ = case(1, 30, 3, 8)
    _, first = np.unique(codes, axis=0, return_index=True)
    assert np.array_equal(make_unique(codes[first], vectors[first], quantizer), codes[first])


def test_nothing_in_nothing_out() -> None:
    quantizer = ResidualKMeans.fit(np.eye(3, dtype=np.float32), 2, 2)
    assert make_unique(np.zeros((0, 2), np.uint16), np.zeros((0, 3), np.float32), quantizer).shape == (0, 2)
