"""A fixed lot for every text, to draw a share of them: the same one in every run, whatever else is there."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def shares(values: pa.Array, seed: int) -> np.ndarray:
    """float64[n] from 0 to 1, evenly spread over distinct texts, the same on every machine; 0 where there is none."""
    encoded = values.cast(pa.string()).dictionary_encode()
    hashes = [
        int.from_bytes(hashlib.blake2b(f"{seed}\t{value}".encode(), digest_size=8).digest(), "big")
        for value in encoded.dictionary.to_pylist()
    ]
    table = np.array([*hashes, 0], dtype=np.uint64) / 2.0**64
    return table[pc.fill_null(encoded.indices, len(hashes)).to_numpy()]
