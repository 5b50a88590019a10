"""Searches without times: split by what was typed, so that no query is asked for that was learned from.

A tenth of the distinct queries tests, a tenth validates, and the rest is learned from, by a hash of their words: the
same in every run, whatever else is in the log. Queries that differ in case, in spaces or in how Unicode writes a letter
are one, and stay together; "dog" and "dogs" are two.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa

from neo.catalog.activity import Searches
from neo.catalog.shares import shares

TEST, VALIDATION, LEARNED = "test", "validation", "learned"
HELD_OUT = 0.1  # of the distinct queries, for each of the two
SEED = 0


def normalized(query: str) -> str:
    """What makes two queries one: NFKC, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", query).casefold().split())


def parts(searches: Searches) -> np.ndarray:
    """str[n]: "test", "validation" or "learned" for a search without a time, "" for one that has a time."""
    untimed = ~searches.timed
    lot = shares(_normalized(searches, untimed), SEED)
    found = np.full(len(searches), "", dtype="<U10")
    found[untimed] = np.select([lot < HELD_OUT, lot < 2 * HELD_OUT], [TEST, VALIDATION], LEARNED)
    return found


def same_case(searches: Searches) -> np.ndarray:
    """int64[n]: the first search of the case that each one belongs to.

    Without a time, searches of one kind for one query make one case; one with a time makes a case alone.
    """
    cases, untimed = np.arange(len(searches)), ~searches.timed
    queries = _normalized(searches, untimed).dictionary_encode().indices.to_numpy().astype(np.int64)
    kind = searches.kind_codes[untimed]
    _, first, which = np.unique(queries * len(searches.kinds) + kind, return_index=True, return_inverse=True)
    cases[untimed] = cases[untimed][first][which]
    return cases


def _normalized(searches: Searches, keep: np.ndarray) -> pa.Array:
    queries = searches.query.filter(pa.array(keep))
    return pa.array([normalized(query) for query in queries.to_pylist()], pa.string())
