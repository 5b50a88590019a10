"""Residual k-means: a vector becomes a few codes, coarse to fine (arXiv 2603.17533, stage 1).

Level 1 clusters the vectors, level 2 what the first centroids leave over, and so on. Training takes a seeded
sample of 256 vectors a code, and everything here runs on one thread: sums then have one order, and the same
input gives the same codes on any number of cores. (It costs little: for K=256 the sample is 65k vectors.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

from neo.sids.table import check_shape
from neo_sdk.errors import BundleError, ConfigError

FORMAT = "neo-residual-k-means-1"
POINTS_PER_CODE = 256
ITERATIONS = 10  # of k-means, before each of at most ROUNDS repairs and after the last
ROUNDS = 4
STARVED = 0.25  # a cluster below this share of an even one gives its centroid up
CHUNK = 16_384  # rows at a time: a chunk of residuals and its distances to 1,024 codes stay under 100 MB
EQUAL = 5  # decimals; unit vectors that agree to this many are one point to the quantizer


class Vectors(Protocol):
    """float32 [n, d]: an array, or one that lies elsewhere, of which no more is read than what is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: Any, /) -> np.ndarray: ...


@contextmanager
def one_thread() -> Iterator[None]:
    """Run BLAS and OpenMP code on one thread, so that floating-point sums do not depend on the machine."""
    with threadpool_limits(limits=1):
        yield


@dataclass(frozen=True)
class ResidualKMeans:
    """Codebooks float32 [levels, K, d].

    Where a level had fewer distinct residuals than K, only its first `learned[level]` codes have a centroid.
    The others are zero vectors: `encode` never gives them out, but they exist, so items that collide can move
    there. `notes` says so in words.
    """

    codebooks: np.ndarray
    learned: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(cls, vectors: Vectors, levels: int, codes: int, seed: int = 0) -> ResidualKMeans:
        """Learn `levels` codebooks of `codes` centroids from float32 [n, d]. Any n from 1 up will do."""
        check_shape(levels, codes)
        if len(vectors) == 0:
            raise ConfigError("residual k-means got no vectors: give it at least one item of the type")
        rng = np.random.default_rng(seed)
        most = POINTS_PER_CODE * codes
        if len(vectors) > most:
            residual = _checked(vectors[np.sort(rng.choice(len(vectors), most, replace=False))])
        else:
            residual = _checked(vectors[:]).copy()
        codebooks = np.zeros((levels, codes, residual.shape[1]), dtype=np.float32)
        learned = []
        with one_thread():
            for level in range(levels):
                centroids = _k_means(residual, codes, seed + level)
                learned.append(len(centroids))
                codebooks[level, : len(centroids)] = centroids
                residual -= centroids[_nearest(residual, centroids)]
        return cls(codebooks, tuple(learned), _notes(learned, codes, len(vectors)))

    def with_counter(self) -> ResidualKMeans:
        """One level more whose codes mean nothing: all zero vectors, for counting what shares the codes before."""
        counter = np.zeros((1, *self.codebooks.shape[1:]), dtype=np.float32)
        return ResidualKMeans(np.concatenate([self.codebooks, counter]), (*self.learned, 0), self.notes)

    def without_counter(self) -> ResidualKMeans:
        """The levels before the counter."""
        return ResidualKMeans(self.codebooks[:-1], self.learned[:-1], self.notes)

    @property
    def has_counter(self) -> bool:
        """Whether the last level only counts: nothing was learned for it."""
        return self.learned[-1] == 0

    @property
    def levels(self) -> int:
        return self.codebooks.shape[0]

    @property
    def codes(self) -> int:
        """K, learned or not."""
        return self.codebooks.shape[1]

    @property
    def dim(self) -> int:
        return self.codebooks.shape[2]

    def encode(self, vectors: Vectors) -> np.ndarray:
        """uint16 [n, levels]: at each level the nearest learned centroid of what is left so far; 0 for a counter."""
        codes = np.zeros((len(vectors), self.levels), dtype=np.uint16)
        with one_thread():
            for start in range(0, len(vectors), CHUNK):
                residual = _checked(vectors[start : start + CHUNK], self.dim).copy()
                for level in range(self.levels - self.has_counter):
                    centroids = self.codebooks[level, : self.learned[level]]
                    nearest = _nearest(residual, centroids)
                    codes[start : start + CHUNK, level] = nearest
                    residual -= centroids[nearest]
        return codes

    def residuals(self, vectors: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """float32 [n, d]: what is left of the vectors after the first codes.shape[1] levels (0: a copy)."""
        left = _checked(vectors, self.dim).copy()
        for level in range(codes.shape[1]):
            left -= self.codebooks[level, codes[:, level]]
        return left

    def distances(self, residuals: np.ndarray, level: int) -> np.ndarray:
        """float32 [n, K]: squared distance of each residual to every code of a level, learned or not."""
        return _distances(residuals, self.codebooks[level])

    def rank_codes(self, residuals: np.ndarray, level: int) -> np.ndarray:
        """uint16 [n, K]: the codes of a level, the nearest first; equals in the order of their numbers."""
        with one_thread():
            return np.argsort(self.distances(residuals, level), axis=1, kind="stable").astype(np.uint16)

    def save(self, path: Path) -> None:
        """One safetensors file."""
        about = {"format": FORMAT, "learned": json.dumps(self.learned), "notes": json.dumps(self.notes)}
        save_file({"codebooks": self.codebooks}, path, metadata=about)

    @classmethod
    def load(cls, path: Path) -> ResidualKMeans:
        """Raises BundleError for a file that is not a saved quantizer."""
        try:
            with safe_open(path, framework="numpy") as file:
                about = file.metadata() or {}
                if about.get("format") != FORMAT:
                    raise ValueError(f"expected format {FORMAT}, got {about.get('format')!r}")
                codebooks = file.get_tensor("codebooks")
            learned = tuple(int(count) for count in json.loads(about["learned"]))
            notes = tuple(str(note) for note in json.loads(about["notes"]))
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            raise BundleError(f"{path}: not a readable quantizer: {error}") from error
        sound = codebooks.ndim == 3 and codebooks.dtype == np.float32 and len(learned) == len(codebooks)
        least = [1] * (len(learned) - 1) + [0]  # only the last level may have learned nothing: a counter
        if not sound or any(not low <= n <= codebooks.shape[1] for low, n in zip(least, learned, strict=True)):
            raise BundleError(f"{path}: broken quantizer: {codebooks.shape}, learned {learned}")
        return cls(codebooks, learned, notes)


def _checked(vectors: np.ndarray, dim: int | None = None) -> np.ndarray:
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or (dim is not None and vectors.shape[1] != dim):
        raise ConfigError(f"expected vectors [n, {dim or 'd'}], got shape {list(vectors.shape)}")
    if not np.isfinite(vectors).all():
        raise ConfigError("vectors hold NaN or infinity: the embedder is broken, or its model file is")
    return vectors


def _k_means(points: np.ndarray, codes: int, seed: int) -> np.ndarray:
    """float32 [k, d] centroids, k = min(codes, distinct points).

    Plain k-means leaves many codes to single outliers, the more so the deeper the level. So starved clusters
    give their centroids to the halves of those with the largest error, a few times. On 8,686 audiobooks (LSA,
    3 levels of 64) that takes the perplexity of level 3 from 30 to 53, the items for which there is no tuple
    from 3,188 to 2,592, and leaves 3% less squared error.
    """
    rounded = np.round(points, EQUAL) + 0.0  # -0.0 becomes 0.0, whose bytes differ
    first = np.unique(_as_bytes(rounded), return_index=True)[1]
    if len(first) <= codes:  # every point is a centroid
        return points[np.sort(first)]
    rng = np.random.default_rng(seed)
    centroids = _lloyd(points, codes, seed, None)
    for _ in range(ROUNDS):
        nearest = _nearest(points, centroids)
        counts = np.bincount(nearest, minlength=codes)
        errors = np.bincount(nearest, ((points - centroids[nearest]) ** 2).sum(axis=1), minlength=codes)
        starved = np.flatnonzero(counts < STARVED * len(points) / codes)
        if len(starved) == 0:
            break
        errors[starved] = 0
        for code in starved:
            worst = int(errors.argmax())
            step = rng.standard_normal((points.shape[1],), dtype=np.float32)
            step *= 1e-3 / np.linalg.norm(step)
            centroids[code] = centroids[worst] + step
            centroids[worst] -= step
            errors[code] = errors[worst] = errors[worst] / 2
        centroids = _lloyd(points, codes, seed, centroids)
    return centroids


def _lloyd(points: np.ndarray, codes: int, seed: int, centroids: np.ndarray | None) -> np.ndarray:
    import faiss  # a second to import, and only learning needs it

    limits = {"min_points_per_centroid": 1, "max_points_per_centroid": len(points)}
    k_means = faiss.Kmeans(points.shape[1], codes, niter=ITERATIONS, seed=seed, **limits)
    k_means.train(points, init_centroids=centroids)
    return np.array(k_means.centroids, dtype=np.float32)


def _as_bytes(rows: np.ndarray) -> np.ndarray:
    """Each row as one opaque value, so that np.unique compares rows by their bytes (faster than axis=0)."""
    return np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def _distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    squares = (points * points).sum(axis=1)[:, None] + (centroids * centroids).sum(axis=1)
    return squares - 2.0 * (points @ centroids.T)


def _nearest(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """int64 [n]: the nearest centroid, the first among equals."""
    nearest = np.empty(len(points), dtype=np.int64)
    for start in range(0, len(points), CHUNK):
        nearest[start : start + CHUNK] = _distances(points[start : start + CHUNK], centroids).argmin(axis=1)
    return nearest


def _notes(learned: list[int], codes: int, count: int) -> tuple[str, ...]:
    if min(learned) == codes:
        return ()
    filled = ", ".join(map(str, learned))
    return (f"{count} vectors fill only {filled} of {codes} codes at levels 1 to {len(learned)}",)
