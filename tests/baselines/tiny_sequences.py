"""A catalog of 7 shows and 5 audiobooks, sequences of its rows, and events made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from neo.baselines.popularity import Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog

ITEMS, SHOWS = 12, 7
TABLE = {"id": [f"i{row}" for row in range(ITEMS)], "title": ["x"] * ITEMS}
CATALOG = Catalog.from_table(pa.table({**TABLE, "type": ["show"] * SHOWS + ["audiobook"] * (ITEMS - SHOWS)}))
# Some sequences are longer than the window of 20, and items come back.
SEQUENCES = st.lists(st.lists(st.integers(0, ITEMS - 1), max_size=30), min_size=1, max_size=6)
HISTORY = st.lists(st.integers(0, ITEMS - 1), max_size=30)


def events_of(sequences: list[list[int]], start: int = 0) -> Events:
    """A listener a sequence, a second an event."""
    who = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    time = [start + place for sequence in sequences for place in range(len(sequence))]
    item = np.array([item for sequence in sequences for item in sequence], dtype=np.int64)
    return Events.from_arrays(who, item, np.array(time, dtype=np.int64), ["play"] * len(item), len(sequences))


def fit_popular(method: Any, events: Events, catalog: Catalog, *more: Any, **options: Any) -> Any:
    """A baseline whose fallback is what is popular in the events it is fitted on."""
    return method.fit(events, catalog, *more, fallback=Popularity.fit(events, catalog), **options)


def history_of(items: list[int]) -> np.ndarray:
    """int32[], as the protocol gives it."""
    return np.array(items, dtype=np.int32)
