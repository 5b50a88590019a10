from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.sids.quantize import ResidualKMeans
from neo_sdk.errors import BundleError, ConfigError


def cloud(items: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(8, dim))[rng.integers(0, 8, items)] + 0.3 * rng.normal(size=(items, dim))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 3), st.integers(1, 9), st.integers(0, 4))
def test_each_code_is_the_nearest_centroid_of_what_is_left(items: int, levels: int, codes: int, seed: int) -> None:
    vectors = cloud(items, seed=seed)
    quantizer = ResidualKMeans.fit(vectors, levels, codes, seed)
    encoded = quantizer.encode(vectors)
    assert encoded.shape == (items, levels) and encoded.dtype == np.uint16
    for vector, row in zip(vectors.astype(np.float64), encoded, strict=True):
        left = vector
        for level, code in enumerate(row):
            away = ((left - quantizer.codebooks[level, : quantizer.learned[level]]) ** 2).sum(axis=1)
            assert away[code] <= away.min() + 1e-6
            left = left - quantizer.codebooks[level, code]


def test_every_level_leaves_less_over() -> None:
    vectors = cloud(400)
    quantizer = ResidualKMeans.fit(vectors, 3, 8)
    codes = quantizer.encode(vectors)
    errors = [(quantizer.residuals(vectors, codes[:, :level]) ** 2).sum() for level in range(4)]
    assert errors[0] > 2 * errors[1] > 2.2 * errors[2] > 2.2 * errors[3]


def test_no_code_is_left_to_an_outlier() -> None:
    """Plain k-means gives a far point a code of its own; the other codes then do the work of all."""
    vectors = np.concatenate([cloud(400), 30 * np.eye(6, dtype=np.float32)])
    counts = np.bincount(ResidualKMeans.fit(vectors, 1, 8).encode(vectors)[:, 0], minlength=8)
    plain = faiss.Kmeans(6, 8, niter=25, seed=0, min_points_per_centroid=1)
    plain.train(vectors)
    assert np.bincount(plain.index.search(vectors, 1)[1].ravel(), minlength=8).min() == 1
    assert (counts > 1).sum() >= 6


def test_the_same_seed_gives_the_same_codes_on_any_number_of_threads() -> None:
    vectors = cloud(3000, 24)
    found = []
    for threads in (1, 2, 1):
        faiss.omp_set_num_threads(threads)
        found.append(ResidualKMeans.fit(vectors, 2, 32, seed=3))
        assert faiss.omp_get_max_threads() == threads  # what runs on one thread gives the others back
    assert all(np.array_equal(one.codebooks, found[0].codebooks) for one in found)
    assert not np.array_equal(ResidualKMeans.fit(vectors, 2, 32, seed=4).codebooks, found[0].codebooks)


@pytest.mark.parametrize("items", [1, 2, 5])
def test_fewer_items_than_codes(items: int) -> None:
    vectors = cloud(items)
    quantizer = ResidualKMeans.fit(vectors, 3, 16)
    assert quantizer.codebooks.shape == (3, 16, 6)
    assert quantizer.learned == (items, 1, 1)
    assert f"{items} vectors fill only {items}, 1, 1 of 16" in quantizer.notes[0]
    assert len(np.unique(quantizer.encode(vectors), axis=0)) == items
    assert (quantizer.encode(cloud(50, seed=9)) < np.array(quantizer.learned)).all()


def test_equal_vectors_share_one_centroid() -> None:
    vectors = np.repeat(cloud(3), 20, axis=0)
    quantizer = ResidualKMeans.fit(vectors, 2, 8)
    assert quantizer.learned == (3, 1)
    assert len(np.unique(quantizer.encode(vectors), axis=0)) == 3


def test_a_filled_codebook_has_no_notes() -> None:
    assert ResidualKMeans.fit(cloud(300), 2, 8).notes == ()


def test_ranked_codes_are_by_distance_and_then_by_number() -> None:
    quantizer = ResidualKMeans.fit(cloud(5), 2, 16)
    left = quantizer.residuals(cloud(7, seed=2), np.zeros((7, 0), np.uint16))
    ranked = quantizer.rank_codes(left, 0)
    for point, row in zip(left, ranked, strict=True):
        away = ((point - quantizer.codebooks[0]) ** 2).sum(axis=1)
        assert sorted(row.tolist()) == list(range(16))
        assert (np.diff(away[row]) > -1e-5).all()
        blanks = row[row >= 5]  # codes that nothing was learned for are equally far
        assert (np.diff(blanks.astype(int)) > 0).all()


def test_unusable_vectors_are_refused() -> None:
    with pytest.raises(ConfigError, match="no vectors"):
        ResidualKMeans.fit(np.zeros((0, 4), np.float32), 2, 4)
    with pytest.raises(ConfigError, match="NaN"):
        ResidualKMeans.fit(np.full((3, 4), np.nan, np.float32), 2, 4)
    with pytest.raises(ConfigError, match=r"\[n, 6\]"):
        ResidualKMeans.fit(cloud(9), 1, 4).encode(np.zeros((2, 5), np.float32))
    with pytest.raises(ConfigError, match="levels"):
        ResidualKMeans.fit(cloud(9), 0, 4)


def test_save_and_load(tmp_path: Path) -> None:
    quantizer = ResidualKMeans.fit(cloud(5), 2, 16)
    quantizer.save(tmp_path / "q")
    loaded = ResidualKMeans.load(tmp_path / "q")
    assert np.array_equal(loaded.codebooks, quantizer.codebooks)
    assert (loaded.learned, loaded.notes) == (quantizer.learned, quantizer.notes)
    (tmp_path / "q").write_bytes(b"no tensors here")
    with pytest.raises(BundleError, match="q: not a readable quantizer"):
        ResidualKMeans.load(tmp_path / "q")
