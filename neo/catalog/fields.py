"""What filters compare with: a field of all items as (row, value) pairs, read on first use and kept."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.plain_text import encodable
from neo_sdk.types import as_text

BATCH = 1 << 14


@dataclass(frozen=True, eq=False)
class Values:
    """One field of every item, which may have one value, several or none.

    items: how many there are; rows: int32[r], those with a value, ascending; codes: int32[m], their values, as
    places in names; starts: int64[r], where those of a row begin, None for one each; names: string[v].
    """

    items: int
    rows: np.ndarray
    codes: np.ndarray
    starts: np.ndarray | None
    names: pa.Array

    @classmethod
    def of_column(cls, column: pa.ChunkedArray) -> Values:
        """Of a column of strings, or of lists of strings."""
        items, rows = len(column), np.arange(len(column), dtype=np.int32)
        if pa.types.is_list(column.type):
            rows = np.repeat(rows, pc.fill_null(pc.list_value_length(column), 0).to_numpy())
            column = pc.list_flatten(column)
        return cls.of_pairs(items, rows, column)

    @classmethod
    def of_pairs(cls, items: int, rows: np.ndarray, texts: pa.ChunkedArray) -> Values:
        """Of a row (ascending) and a text for each value; a null is no value."""
        encoded = texts.dictionary_encode()  # all chunks get the same dictionary
        names = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], pa.string())
        parts = [pc.fill_null(chunk.indices, -1).to_numpy() for chunk in encoded.chunks]
        codes = np.concatenate([np.empty(0, dtype=np.int32), *parts])
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        return cls(items, rows[starts], codes, None if len(starts) == len(rows) else starts, names)

    def having(self, wanted: np.ndarray) -> np.ndarray:
        """bool[items]: those with a value that is wanted. wanted: bool[v], over `names`."""
        mask, found = np.zeros(self.items, dtype=np.bool_), wanted.take(self.codes)
        mask[self.rows] = found if self.starts is None else np.logical_or.reduceat(found, self.starts)
        return mask


class Fields:
    """The fields of an item table that filters ask for."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @cached_property
    def language(self) -> Values:
        return Values.of_column(self._table.column("language"))

    @cached_property
    def creator(self) -> Values:
        return Values.of_column(self._table.column("creator"))

    @cached_property
    def parent(self) -> Values:
        return Values.of_column(self._table.column("parent"))

    @cached_property
    def topics(self) -> Values:
        return Values.of_column(self._table.column("topics"))

    @cached_property
    def durations(self) -> np.ndarray:
        """int32[n] seconds, -1 where unknown."""
        return pc.fill_null(self._table.column("duration"), -1).to_numpy()

    @cached_property
    def attributes(self) -> dict[str, Values]:
        """The keys of the extras: scalars and lists of scalars, as `as_text` writes them.

        One pass over the JSON of all items. What is no JSON object holds nothing.
        """
        extras = self._table.column("extras")
        rows, texts = defaultdict[str, list[np.ndarray]](list), defaultdict[str, list[pa.Array]](list)
        for start in range(0, len(extras), BATCH):
            for name, (places, values) in _by_name(extras.slice(start, BATCH).to_pylist()).items():
                places, written = _written(places, values)
                rows[name].append(np.array(places, dtype=np.int32) + np.int32(start))
                texts[name].append(written)
        return {
            name: Values.of_pairs(len(extras), np.concatenate(rows[name]), pa.chunked_array(texts[name], pa.string()))
            for name in rows
        }


def _by_name(texts: list[str | None]) -> dict[str, tuple[list[int], list[Any]]]:
    """For each key of some JSON objects: in which of them it is, and its values."""
    found = defaultdict[str, tuple[list[int], list[Any]]](lambda: ([], []))
    for place, entries in enumerate(_parsed(texts)):
        if isinstance(entries, dict):
            for name, value in entries.items():
                places, values = found[name]
                places.append(place)
                values.append(value)
    return found


def _parsed(texts: list[str | None]) -> list[Any]:
    """The value of each JSON text, None where it is none."""
    # As one array: parsed by themselves, a million small texts take three times as long.
    together = _value(f"[{','.join('null' if text is None else text for text in texts)}]")
    if isinstance(together, list) and len(together) == len(texts):
        return together
    return [None if text is None else _value(text) for text in texts]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _written(places: list[int], values: list[Any]) -> tuple[list[int], pa.Array]:
    """The scalars among the values as `as_text` writes them, each with the place of its item."""
    try:
        array = pa.array(values)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        array = pa.nulls(0)
    if pa.types.is_string(array.type):
        return places, array
    if pa.types.is_integer(array.type) or pa.types.is_boolean(array.type):
        return places, array.cast(pa.string())
    pairs = [(place, text) for place, value in zip(places, values, strict=True) for text in _texts(value)]
    return [place for place, _ in pairs], pa.array([text for _, text in pairs], pa.string())


def _texts(value: Any) -> Iterator[str]:
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, str):
            if entry.isascii() or encodable(entry):
                yield entry
        elif isinstance(entry, int) or (isinstance(entry, float) and math.isfinite(entry)):
            yield as_text(entry)
