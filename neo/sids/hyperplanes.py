"""Locality-sensitive hashing in place of k-means: codes from random hyperplanes (Charikar, STOC 2002).

A level's code has a bit for each of its hyperplanes: the side that a vector lies on. Nothing is learned. All planes are
at right angles, so the codes are also what nearest centroids give, with a centroid in the middle of every cell: of one
length at each level, and what earlier levels take away does not move a vector across later planes. So the codebooks
that k-means would have learned are written down instead, and everything else stays as it is.
"""

from __future__ import annotations

import numpy as np

from neo.sids.quantize import ResidualKMeans
from neo.sids.table import check_shape
from neo_sdk.errors import ConfigError


def hyperplane_codebooks(vectors: np.ndarray, levels: int, codes: int, seed: int = 0) -> ResidualKMeans:
    """Codebooks for float32 [n, d]; of `codes` the largest power of two is used. ConfigError where d is too small."""
    check_shape(levels, codes)
    bits, dim = codes.bit_length() - 1, vectors.shape[1]
    if bits < 1 or levels * bits > dim:
        raise ConfigError(
            f"hyperplanes need 2 codes or more, and a dimension for each bit: {levels} levels of {codes} codes have "
            f"{levels * bits} bits, the vectors {dim} dimensions"
        )
    drawn = np.random.default_rng(seed).standard_normal((dim, levels * bits))
    planes = np.linalg.qr(drawn)[0].T.reshape(levels, bits, dim).astype(np.float32)
    sides = (np.arange(1 << bits)[:, None] >> np.arange(bits) & 1) * 2 - 1
    codebooks = np.zeros((levels, codes, dim), dtype=np.float32)
    for level, some in enumerate(planes):
        away = float(np.abs(vectors @ some.T).mean())  # how far from a plane vectors are
        codebooks[level, : 1 << bits] = away * (sides @ some)
    note = f"hyperplanes: {1 << bits} of {codes} codes a level are in use"
    return ResidualKMeans(codebooks, (1 << bits,) * levels, (note,) if codes != 1 << bits else ())
