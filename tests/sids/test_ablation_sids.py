from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset, Events
from neo.sids import collaborative
from neo.sids.build import build_sids, code_vectors
from neo.sids.collaborative import collaborative_vectors
from neo.sids.config import SidConfig
from neo.sids.hyperplanes import hyperplane_codebooks
from neo_sdk.errors import ConfigError


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 99), levels=st.integers(1, 4), codes=st.sampled_from([2, 4, 8, 11, 16]))
def test_nearest_centroids_are_the_sides_of_hyperplanes(seed: int, levels: int, codes: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((50, 20)).astype(np.float32)
    books = hyperplane_codebooks(vectors, levels, codes, seed)
    bits = codes.bit_length() - 1
    found = books.encode(vectors)
    assert found.max() < 1 << bits
    for level in range(levels):
        # The plane of a bit is what the centroids on its two sides differ by.
        for bit in range(bits):
            plane = books.codebooks[level, 1 << bit] - books.codebooks[level, 0]
            assert np.array_equal(found[:, level] >> bit & 1, (vectors @ plane > 0).astype(np.uint16))


def test_too_many_planes_for_the_vectors_are_refused() -> None:
    with pytest.raises(ConfigError, match="12 bits, the vectors 8"):
        hyperplane_codebooks(np.ones((3, 8), dtype=np.float32), 3, 16)


def two_circles() -> Events:
    """Listeners 0 to 9 meet items 0 to 3, listeners 10 to 19 items 4 to 7; nobody meets items 8 and 9."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(20), 6)
    what = np.where(who < 10, rng.integers(0, 4, len(who)), rng.integers(4, 8, len(who)))
    return Events.from_arrays(who, what, np.arange(len(who)), ["play"] * len(who), 20)


def test_items_met_together_lie_together_and_unmet_ones_beside_what_they_are_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collaborative, "NEIGHBORS", 2)
    content = np.eye(10, dtype=np.float32)
    content[8], content[9] = content[[1, 2]].mean(0), content[[5, 6]].mean(0)
    vectors = collaborative_vectors(two_circles(), content, np.arange(10), dim=4)
    alike = vectors @ vectors.T
    first, second = [0, 1, 2, 3, 8], [4, 5, 6, 7, 9]
    assert min(alike[np.ix_(first, first)].min(), alike[np.ix_(second, second)].min()) > 0.5
    assert np.abs(alike[np.ix_(first, second)]).max() < 0.2
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(10), abs=1e-5)


@pytest.mark.parametrize("vectors", ["collaborative", "both"])
def test_the_same_seed_gives_the_same_sids_and_later_items_get_codes(
    tiny_dataset: Dataset, vectors: Literal["collaborative", "both"]
) -> None:
    config = SidConfig(levels=3, codes=8, dim=16, vectors=vectors)
    early, events = np.setdiff1d(np.arange(100), [3, 40, 95]), tiny_dataset.events
    models = [build_sids(tiny_dataset.catalog, config, early, events=events) for _ in range(2)]
    for name in models[0].table.type_names:
        assert np.array_equal(models[0].table.of(name).codes, models[1].table.of(name).codes)
    assert sum(len(models[0].table.of(name).rows) for name in models[0].table.type_names) == 100
    if vectors == "collaborative":
        with pytest.raises(ConfigError, match="learn them again"):
            models[0].assign(tiny_dataset.catalog, np.array([3]))
    with pytest.raises(ConfigError, match="made from events"):
        build_sids(tiny_dataset.catalog, config)


def test_both_kinds_of_vectors_tell_apart_what_either_would_mix_up() -> None:
    """Items 0-3 and 4-7 are met by different people; even and odd ones say different things."""
    content = np.tile(np.eye(2, dtype=np.float32), (4, 1))
    both = code_vectors(content, np.arange(8), SidConfig(dim=4, vectors="both"), two_circles())
    apart = np.linalg.norm(both[:, None] - both[None], axis=2)
    same_circle, same_words = np.arange(8) // 4, np.arange(8) % 2
    alike = (same_circle[:, None] == same_circle) & (same_words[:, None] == same_words)
    assert apart[alike].max() < apart[~alike].min()
