"""Rows that hold several: a listener's items in order, or an item's queries. Made an event, or a search, a row."""

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
    places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    columns, records = _a_row_each(batch, column, entries, counts)
    columns[PLACE] = pa.array(places)
    return Batch(columns, records, (*batch.names, PLACE), (*batch.bad, *bad)), int((lengths == 0).sum())


def one_query_each(batch: Batch, column: str, separator: str | None) -> tuple[Batch, int]:
    """The batch with a row for each query in `column`, and how many of its rows hold none.

    A list is a query an entry, a text what `separator` makes of it. Where there is neither a list nor a separator every
    row is a search already, and one without a query a mistake, which is left for the reader to tell.
    """
    values = batch.columns.get(column)
    if values is None or (separator is None and not _holds_lists(values)):
        return batch, 0
    rows = values if isinstance(values, list) else values.to_pylist()
    queries = [_queries(row, separator) for row in rows]
    counts = np.array([len(some) for some in queries], dtype=np.int64)
    flat = [query for some in queries for query in some]
    columns, records = _a_row_each(batch, column, _as_texts(flat), counts)
    return Batch(columns, records, batch.names, batch.bad), int((counts == 0).sum())


def _queries(value: Any, separator: str | None) -> list[Any]:
    if isinstance(value, str) and separator is not None:
        value = value.split(separator)
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if entry is not None and not (isinstance(entry, str) and not entry.strip())]


def _as_texts(entries: list[Any]) -> pa.Array | list[Any]:
    """As one column where all are texts that UTF-8 can hold; JSON can spell half a surrogate pair, which it cannot."""
    if not all(isinstance(entry, str) for entry in entries):
        return entries
    try:
        return pa.array(entries, pa.string())
    except UnicodeEncodeError:
        return entries


def _holds_lists(values: pa.Array | list[Any]) -> bool:
    if isinstance(values, list):
        return any(isinstance(value, list) for value in values)
    return pa.types.is_list(values.type) or pa.types.is_large_list(values.type)


def _a_row_each(
    batch: Batch, column: str, entries: pa.Array | list[Any], counts: np.ndarray
) -> tuple[dict[str, pa.Array | list[Any]], np.ndarray]:
    """The batch's columns and records with `entries` in place of `column`, `counts` of them for each row."""
    rows = np.repeat(np.arange(len(counts)), counts)
    columns = {name: _take(theirs, rows) for name, theirs in batch.columns.items() if name != column}
    return {**columns, column: entries}, batch.records[rows]


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
