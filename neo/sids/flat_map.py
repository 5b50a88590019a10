"""Items on a plane, near those that they resemble: what a picture of SIDs is drawn on."""

from __future__ import annotations

import numpy as np

from neo.sids.quantize import one_thread

POINTS = 1_500  # of a map; t-SNE of so many takes a few seconds


def flat_map(vectors: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """A sample of the vectors, float32 [n, d] -> their places in it, int64 [m] ascending, and float64 [m, 2]."""
    shown = np.sort(np.random.default_rng(0).choice(len(vectors), min(points, len(vectors)), replace=False))
    return shown, _flatten(vectors[shown])


def _flatten(vectors: np.ndarray) -> np.ndarray:
    """float64 [n, 2] by t-SNE, which keeps neighbors; a line for the few items that it can't take."""
    if len(vectors) < 10 or len(np.unique(vectors, axis=0)) < 10:
        return np.stack([np.arange(len(vectors)), np.zeros(len(vectors))], axis=1)
    from sklearn.manifold import TSNE

    with one_thread():
        tsne = TSNE(perplexity=min(30, len(vectors) / 4), init="pca", max_iter=500, random_state=0)
        return tsne.fit_transform(vectors).astype(np.float64)
