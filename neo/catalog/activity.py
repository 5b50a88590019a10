"""What listeners did: events and searches, and who the listeners are. Columnar, sorted, immutable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.catalog.columns import LISTENER_SCHEMA, conform, read_parquet, write_parquet
from neo.catalog.validate import listener_findings, raise_findings
from neo_sdk.errors import BundleError, InvalidRequestError, NotFoundError

Strings: TypeAlias = Sequence[str] | np.ndarray | pa.Array | pa.ChunkedArray

UNTIMED = int(np.iinfo(np.int64).max)  # the time of a search that has none: before no moment, and in no span of time


class Listeners:
    """Who listens. A row number is a listener's identity inside neo."""

    def __init__(self, table: pa.Table) -> None:
        """`table` has at least the column id; see LISTENER_SCHEMA. Raises CatalogError for empty or repeated
        ids."""
        self.table = conform(table, LISTENER_SCHEMA, "listeners", required=("id",))
        raise_findings(listener_findings(self.table), "listeners")

    @classmethod
    def from_ids(cls, ids: Strings) -> Listeners:
        """Listeners of whom nothing but the id is known."""
        return cls(pa.table({"id": _strings(ids)}))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def row(self, listener_id: str) -> int:
        """The row of an id. Raises NotFoundError."""
        found = self._rows_by_id.get(listener_id)
        if found is None:
            raise NotFoundError(f"no listener has the id {listener_id!r} among {len(self)}")
        return found

    def rows(self, ids: Strings) -> np.ndarray:
        """int64[len(ids)]: the row of each id, -1 where unknown."""
        found = pc.index_in(_strings(ids), value_set=self.table.column("id"))
        return pc.fill_null(found, -1).to_numpy().astype(np.int64)

    def id(self, row: int) -> str:
        return self._value("id", row)

    def country(self, row: int) -> str | None:
        return self._value("country", row)

    def language(self, row: int) -> str | None:
        return self._value("language", row)

    def topics(self, row: int) -> tuple[str, ...]:
        return tuple(self._value("topics", row) or ())

    @cached_property
    def joined(self) -> np.ndarray:
        """datetime64[D][n], NaT where unknown."""
        return self.table.column("joined").to_numpy().astype("datetime64[D]")

    def save(self, path: str | Path) -> None:
        write_parquet(self.table, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Listeners:
        return cls(read_parquet(Path(path)))

    @cached_property
    def _rows_by_id(self) -> dict[str, int]:
        return {listener_id: row for row, listener_id in enumerate(self.table.column("id").to_pylist())}

    def _value(self, name: str, row: int) -> Any:
        if not 0 <= row < len(self):
            raise NotFoundError(f"no listener row {row}, there are rows 0 to {len(self) - 1}")
        return self.table.column(name)[int(row)].as_py()


@dataclass(frozen=True)
class Meeting:
    """That a listener met an item, by its id. time: seconds since 1970."""

    item: str
    time: int


@dataclass(frozen=True, eq=False)
class Events:
    """Who met which item when, sorted by (listener, time); ties keep the order they came in.

    `listener` int32[n], `item` int32[n] (catalog rows), `time` int64[n] (seconds, UTC), `kind_codes` int16[n]
    into `kinds`; the events of listener `u` are `offsets[u]` to `offsets[u + 1]`.
    """

    listener: np.ndarray
    item: np.ndarray
    time: np.ndarray
    kind_codes: np.ndarray
    kinds: tuple[str, ...]
    offsets: np.ndarray

    @classmethod
    def from_arrays(
        cls, listener: np.ndarray, item: np.ndarray, time: np.ndarray, kind: Strings, n_listeners: int
    ) -> Events:
        """Events in any order. Raises InvalidRequestError for lengths that differ or rows out of range."""
        codes, kinds = _codes(kind)
        listener, item = np.asarray(listener, dtype=np.int32), np.asarray(item, dtype=np.int32)
        time = np.asarray(time, dtype=np.int64)
        if not len(listener) == len(item) == len(time) == len(codes):
            lengths = f"listener {len(listener)}, item {len(item)}, time {len(time)}, kind {len(codes)}"
            raise InvalidRequestError(f"the columns of events have different lengths: {lengths}")
        if len(listener) and not (listener.min() >= 0 and listener.max() < n_listeners and item.min() >= 0):
            raise InvalidRequestError(f"events need listener rows from 0 to {n_listeners - 1} and item rows from 0")
        order = np.lexsort((time, listener))
        offsets = np.zeros(n_listeners + 1, dtype=np.int64)
        np.cumsum(np.bincount(listener, minlength=n_listeners), out=offsets[1:])
        return cls(listener[order], item[order], time[order], codes[order], kinds, offsets)

    def __len__(self) -> int:
        return len(self.item)

    @property
    def n_listeners(self) -> int:
        return len(self.offsets) - 1

    @property
    def kind(self) -> pa.DictionaryArray:
        """The kinds as strings, one an event."""
        return pa.DictionaryArray.from_arrays(pa.array(self.kind_codes), pa.array(self.kinds, pa.string()))

    def history(self, listener_row: int, before: int | None = None) -> np.ndarray:
        """int32[]: the items a listener met, oldest first, strictly before a time."""
        return self.item[self._span(listener_row, before)]

    def times(self, listener_row: int, before: int | None = None) -> np.ndarray:
        """int64[]: when they were met, in the order of `history`."""
        return self.time[self._span(listener_row, before)]

    def before(self, time: int) -> Events:
        """The events strictly before a time, of the same listeners."""
        return self.where(self.time < time)

    def where(self, keep: np.ndarray) -> Events:
        """The events that a mask (bool[n]) keeps, of the same listeners."""
        counts = np.concatenate(([0], np.cumsum(keep)))
        return Events(
            self.listener[keep],
            self.item[keep],
            self.time[keep],
            self.kind_codes[keep],
            self.kinds,
            counts[self.offsets],
        )

    def first_meetings(self) -> np.ndarray:
        """bool[n]: the events in which their listener met the item for the first time."""
        pair = self.listener.astype(np.int64) * (int(self.item.max(initial=0)) + 1) + self.item
        first = np.zeros(len(self), dtype=bool)
        first[np.unique(pair, return_index=True)[1]] = True
        return first

    def met_by(self, n_items: int) -> np.ndarray:
        """int64[n_items]: how many listeners met each item; who comes back to it counts once."""
        return np.bincount(self.item[self.first_meetings()], minlength=n_items)

    def save(self, path: str | Path) -> None:
        columns = {"listener": self.listener, "item": self.item, "time": self.time, "kind": self.kind}
        write_parquet(pa.table(columns).replace_schema_metadata({"n_listeners": str(self.n_listeners)}), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Events:
        table = _table(Path(path), ("listener", "item", "time", "kind"))
        count = int((table.schema.metadata or {}).get(b"n_listeners", b"0"))
        listener, item, time = (table.column(name).to_numpy() for name in ("listener", "item", "time"))
        return cls.from_arrays(listener, item, time, table.column("kind"), count)

    def _span(self, listener_row: int, before: int | None) -> slice:
        if not 0 <= listener_row < self.n_listeners:
            raise NotFoundError(f"no listener row {listener_row}, there are rows 0 to {self.n_listeners - 1}")
        start, end = int(self.offsets[listener_row]), int(self.offsets[listener_row + 1])
        if before is not None:
            end = start + int(np.searchsorted(self.time[start:end], before, side="left"))
        return slice(start, end)


@dataclass(frozen=True, eq=False)
class Searches:
    """What was typed and what was chosen, in time order; last, in the order they came in, those without a time.

    `query` string[n]; `listener` int32[n], -1 for nobody known; `item` int32[n] (catalog rows); `time`
    int64[n] (seconds, UTC), UNTIMED where it is not known; `kind_codes` int16[n] into `kinds`.
    """

    query: pa.Array
    listener: np.ndarray
    item: np.ndarray
    time: np.ndarray
    kind_codes: np.ndarray
    kinds: tuple[str, ...]

    @classmethod
    def from_arrays(
        cls, query: Strings, listener: np.ndarray, item: np.ndarray, time: np.ndarray, kind: Strings
    ) -> Searches:
        """Searches in any order. Raises InvalidRequestError for lengths that differ."""
        words, (codes, kinds) = _strings(query), _codes(kind)
        time = np.asarray(time, dtype=np.int64)
        lengths = [len(words), len(listener), len(item), len(time), len(codes)]
        if len(set(lengths)) > 1:
            raise InvalidRequestError(
                f"query, listener, item, time, kind of searches have different lengths: {lengths}"
            )
        order = np.argsort(time, kind="stable")
        listener, item = np.asarray(listener, dtype=np.int32), np.asarray(item, dtype=np.int32)
        return cls(words.take(pa.array(order)), listener[order], item[order], time[order], codes[order], kinds)

    @classmethod
    def none(cls) -> Searches:
        return cls.from_arrays([], np.empty(0), np.empty(0), np.empty(0), [])

    def __len__(self) -> int:
        return len(self.item)

    @property
    def kind(self) -> pa.DictionaryArray:
        """The kinds as strings, one a search."""
        return pa.DictionaryArray.from_arrays(pa.array(self.kind_codes), pa.array(self.kinds, pa.string()))

    @property
    def timed(self) -> np.ndarray:
        """bool[n]: the searches that have a time."""
        return self.time < UNTIMED

    def where(self, keep: np.ndarray) -> Searches:
        """The searches that a mask (bool[n]) keeps."""
        query = self.query.filter(pa.array(keep))
        return Searches(query, self.listener[keep], self.item[keep], self.time[keep], self.kind_codes[keep], self.kinds)

    def save(self, path: str | Path) -> None:
        """A table in Parquet; a time that is not known is null there."""
        time = pa.array(self.time, mask=~self.timed)
        columns = {"query": self.query, "listener": self.listener, "item": self.item, "time": time, "kind": self.kind}
        write_parquet(pa.table(columns), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Searches:
        table = _table(Path(path), ("query", "listener", "item", "time", "kind"))
        listener, item = (table.column(name).to_numpy() for name in ("listener", "item"))
        time = pc.fill_null(table.column("time"), UNTIMED).to_numpy()
        return cls.from_arrays(table.column("query"), listener, item, time, table.column("kind"))


@dataclass(frozen=True, eq=False)
class Dataset:
    """A catalog and what happened with it."""

    catalog: Catalog
    listeners: Listeners
    events: Events
    searches: Searches

    def save(self, folder: str | Path) -> None:
        """Writes catalog.parquet, item_types.json, listeners.parquet, events.parquet and searches.parquet."""
        folder = Path(folder)
        self.catalog.save(folder)
        self.listeners.save(folder / "listeners.parquet")
        self.events.save(folder / "events.parquet")
        self.searches.save(folder / "searches.parquet")

    @classmethod
    def load(cls, folder: str | Path, narrow: bool = False) -> Dataset:
        """Reads what `save` wrote; see `Catalog.load` for `narrow`.

        Raises BundleError if parts are missing, damaged, or don't belong together.
        """
        folder = Path(folder)
        catalog = Catalog.load(folder, narrow)
        listeners = Listeners.load(folder / "listeners.parquet")
        events = Events.load(folder / "events.parquet")
        searches = Searches.load(folder / "searches.parquet")
        if events.n_listeners != len(listeners):
            raise BundleError(
                f"{folder}: events.parquet is of {events.n_listeners} listeners, listeners.parquet has {len(listeners)}"
            )
        for name, rows in (("events", events.item), ("searches", searches.item)):
            if len(rows) and rows.max() >= len(catalog):
                raise BundleError(
                    f"{folder}: {name} name the item row {rows.max()}, the catalog has {len(catalog)} rows"
                )
        return cls(catalog, listeners, events, searches)


def _strings(values: Strings) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(pa.string()) if isinstance(values, pa.Array) else pa.array(values, pa.string())


def _codes(kind: Strings) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes in alphabetical order of the kinds that occur, so that equal events have equal codes."""
    words = _strings(kind)
    kinds = sorted(pc.unique(words).to_pylist())
    return pc.index_in(words, value_set=pa.array(kinds, pa.string())).to_numpy().astype(np.int16), tuple(kinds)


def _table(path: Path, columns: tuple[str, ...]) -> pa.Table:
    table = read_parquet(path)
    if tuple(table.column_names) != columns:
        raise BundleError(f"{path} has the columns {table.column_names}, expected {list(columns)}")
    return table
