"""Events that lie nested in a file: a listener a row, and a list of items in it. Made an event a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.files import Batch

PLACE = "(place)"  # a name that no file has


def unrolled(batch: Batch, column: str) -> tuple[Batch, int]:
    """The batch with a row for each entry of the lists in `column`, and how many of the lists are empty.

    The column PLACE holds an entry's place in its list, from 0. Entries keep the record of their row. A row whose
    column holds anything but a list is bad.
    """
    values = batch.columns.get(column)
    if values is None:
        return batch, 0
    entries, lengths = _flattened(values)
    bad = [(int(record), f"expected a list in {column!r}, oldest first") for record in batch.records[lengths < 0]]
    counts = np.maximum(lengths, 0)
    rows = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    columns = {name: _take(theirs, rows) for name, theirs in batch.columns.items() if name != column}
    columns |= {column: entries, PLACE: pa.array(places)}
    events = Batch(columns, batch.records[rows], (*batch.names, PLACE), (*batch.bad, *bad))
    return events, int((lengths == 0).sum())


def _flattened(values: pa.Array | list[Any]) -> tuple[pa.Array | list[Any], np.ndarray]:
    """The entries of all lists one after the other, and int64[n]: how long each is, -1 for what is no list."""
    if not isinstance(values, list) and (pa.types.is_list(values.type) or pa.types.is_large_list(values.type)):
        lengths = pc.fill_null(pc.list_value_length(values).cast(pa.int64()), -1)
        return values.flatten(), lengths.to_numpy()
    rows = values if isinstance(values, list) else values.to_pylist()
    lengths = np.array([len(row) if isinstance(row, list) else -1 for row in rows], dtype=np.int64)
    return [entry for row in rows if isinstance(row, list) for entry in row], lengths


def _take(values: pa.Array | list[Any], rows: np.ndarray) -> pa.Array | list[Any]:
    return [values[row] for row in rows.tolist()] if isinstance(values, list) else values.take(pa.array(rows))
