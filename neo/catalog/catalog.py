"""The catalog: every item in one columnar table. A row number is an item's identity inside neo."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.columns import ITEM_SCHEMA, closest, conform, read_parquet, write_parquet, write_text
from neo.catalog.fields import Fields
from neo.catalog.item_types import BUILT_IN, ItemType, check_types
from neo.catalog.validate import item_findings, raise_findings
from neo_sdk.errors import BundleError, NotFoundError
from neo_sdk.types import Item

TABLE_FILE = "catalog.parquet"
TYPES_FILE = "item_types.json"
NARROW = ("id", "type", "parent", "date", "popularity")  # the columns that say nothing, in the order of ITEM_SCHEMA


class Catalog:
    """Immutable. Build one with `Catalog.from_table`, `Catalog.load` or `read_dataset`."""

    def __init__(self, table: pa.Table, types: tuple[ItemType, ...]) -> None:
        """For tables already checked; `from_table` is the door for all others."""
        self.table = table
        self.types = types

    @classmethod
    def from_table(cls, table: pa.Table, types: Iterable[ItemType] = BUILT_IN) -> Catalog:
        """A catalog of a table that has at least the columns id, type and title (see ITEM_SCHEMA for the
        others).

        Raises CatalogError with everything that is wrong with the rows, and ConfigError if the types don't
        fit together.
        """
        known = check_types(types)
        table = conform(decode_type(table), TEXT_TYPE_SCHEMA, "items", required=("id", "type", "title"))
        raise_findings(item_findings(table, known), "items")
        return cls(encode_type(table, known), known)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        counts = np.bincount(self.type_codes, minlength=len(self.types))
        parts = [f"{count} {item_type.plural}" for count, item_type in zip(counts, self.types, strict=True)]
        return f"Catalog({', '.join(parts)})"

    @property
    def type_names(self) -> tuple[str, ...]:
        return tuple(item_type.name for item_type in self.types)

    @cached_property
    def type_codes(self) -> np.ndarray:
        """int8[n]: for each row the place of its type in `types`."""
        chunks = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in self.table.column("type").chunks]
        return np.concatenate(chunks) if chunks else np.empty(0, np.int8)

    @cached_property
    def parent_rows(self) -> np.ndarray:
        """int64[n]: for each row its parent's row, -1 for none."""
        return self._index_in(self.table.column("parent"))

    @cached_property
    def released(self) -> np.ndarray:
        """datetime64[D][n]: an item's date or, where it has none, that of its parent; NaT where unknown."""
        dates, parents = self.dates, self.parent_rows
        return np.where(np.isnat(dates) & (parents >= 0), dates[parents], dates) if len(dates) else dates

    def children(self, rows: np.ndarray) -> np.ndarray:
        """int64[]: the rows whose parent is one of these, in no particular order."""
        first, last = (np.searchsorted(self._by_parent[0], rows, side) for side in ("left", "right"))
        spans = [self._by_parent[1][start:end] for start, end in zip(first, last, strict=True)]
        return np.concatenate(spans) if spans else np.empty(0, dtype=np.int64)

    @cached_property
    def _by_parent(self) -> tuple[np.ndarray, np.ndarray]:
        """The parents of all rows in ascending order, and these rows."""
        order = np.argsort(self.parent_rows, kind="stable")
        return self.parent_rows[order], order

    @cached_property
    def dates(self) -> np.ndarray:
        """datetime64[D][n], NaT where unknown."""
        return self.table.column("date").to_numpy().astype("datetime64[D]")

    @cached_property
    def lower_titles(self) -> pa.ChunkedArray:
        """string[n]: every title in lower case, which a conversation is searched for."""
        return pc.utf8_lower(self.table.column("title"))

    @cached_property
    def fields(self) -> Fields:
        """What filters compare with."""
        return Fields(self.table)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of ITEM_SCHEMA, all rows."""
        if name not in ITEM_SCHEMA.names:
            raise NotFoundError(f"a catalog has no column {name!r}{closest(name, ITEM_SCHEMA.names)}")
        return self.table.column(name)

    def row(self, item_id: str) -> int:
        """The row of an id. Raises NotFoundError, with close ids, if the catalog does not have it."""
        place = self._place(item_id)
        if place is not None:
            return place
        near = self._close_ids(item_id)
        hint = f", close ids: {', '.join(map(repr, near))}" if near else ""
        raise NotFoundError(f"no item has the id {item_id!r} among {len(self)}{hint}")

    def rows(self, ids: Sequence[str] | np.ndarray | pa.Array | pa.ChunkedArray) -> np.ndarray:
        """int64[len(ids)]: the row of each id, -1 where the catalog does not have it."""
        # One hash table over all ids costs what some n/50 binary searches do.
        if len(ids) * 50 < len(self) and not isinstance(ids, pa.Array | pa.ChunkedArray):
            places = [self._place(str(item_id)) for item_id in ids]
            return np.array([-1 if place is None else place for place in places], dtype=np.int64)
        return self._index_in(ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, pa.string()))

    def rows_of(self, type_name: str) -> np.ndarray:
        """int64[]: the rows of one type, ascending. Raises NotFoundError for a type the catalog does not
        register."""
        return np.flatnonzero(self.type_codes == self.type_code(type_name)).astype(np.int64)

    def type_code(self, type_name: str) -> int:
        """The place of a type in `types`. Raises NotFoundError if it is not there."""
        if type_name not in self.type_names:
            raise NotFoundError(
                f"no item type {type_name!r}, the types are: {', '.join(self.type_names)}"
                f"{closest(type_name, self.type_names)}"
            )
        return self.type_names.index(type_name)

    def id(self, row: int) -> str:
        return self._value("id", row)

    def title(self, row: int) -> str:
        return self._value("title", row)

    def type_of(self, row: int) -> str:
        return self._value("type", row)

    def extras(self, row: int) -> dict[str, Any]:
        """What the user's file held beyond our columns."""
        text = self._value("extras", row)
        return {} if text is None else json.loads(text)

    def item(self, row: int) -> Item:
        values = {name: self._value(name, row) for name in ITEM_SCHEMA.names if name != "extras"}
        return Item(**{**values, "topics": tuple(values["topics"] or ())})

    def content_texts(self, rows: np.ndarray | Sequence[int] | None = None) -> list[str]:
        """What an item is about, for embedding: title, title of the parent, creator, topics, description."""
        table = self.table if rows is None else self.table.take(pa.array(np.asarray(rows, dtype=np.int64)))
        parents = self.parent_rows if rows is None else self.parent_rows[np.asarray(rows, dtype=np.int64)]
        return content_texts(table, self.table.column("title").take(pa.array(parents, mask=parents < 0))).to_pylist()

    def fingerprint(self) -> str:
        """sha256 of types and content. Two catalogs with the same items in the same order share it."""
        return self._fingerprint

    def save(self, folder: str | Path) -> None:
        """Writes catalog.parquet and item_types.json."""
        folder = Path(folder)
        types = [{"name": t.name, "plural": t.plural, "parent": t.parent} for t in self.types]
        write_text(json.dumps(types, indent=1, ensure_ascii=False) + "\n", folder / TYPES_FILE)
        write_parquet(self.table, folder / TABLE_FILE)

    @classmethod
    def load(cls, folder: str | Path, narrow: bool = False) -> Catalog:
        """Reads what `save` wrote. narrow: without what items say, which is null then; see NARROW for the rest.

        Raises BundleError if a file is missing, damaged, or not of the other's kind.
        """
        folder = Path(folder)
        try:
            listed = json.loads((folder / TYPES_FILE).read_text(encoding="utf-8"))
            types = check_types(ItemType(**entry) for entry in listed)
        except FileNotFoundError:
            raise BundleError(f"{folder / TYPES_FILE} is missing, the folder does not hold a saved catalog") from None
        except (ValueError, TypeError) as error:
            raise BundleError(f"{folder / TYPES_FILE} is damaged: {error}") from error
        table = read_parquet(folder / TABLE_FILE, NARROW if narrow else None)
        expected = list(NARROW) if narrow else ITEM_SCHEMA.names
        if table.column_names != expected:
            raise BundleError(f"{folder / TABLE_FILE} has the columns {table.column_names}, expected {expected}")
        table = decode_type(table)
        if narrow:
            table = conform(table, TEXT_TYPE_SCHEMA, "items", required=())
        unknown = set(pc.unique(table.column("type")).to_pylist()) - {item_type.name for item_type in types}
        if unknown:
            raise BundleError(
                f"{folder / TABLE_FILE} has items of types that {TYPES_FILE} does not list: {sorted(unknown)}"
            )
        return cls(encode_type(table.cast(TEXT_TYPE_SCHEMA), types), types)

    def _value(self, name: str, row: int) -> Any:
        if not 0 <= row < len(self):
            raise NotFoundError(f"no row {row}, the catalog has rows 0 to {len(self) - 1}")
        return self.table.column(name)[int(row)].as_py()

    def _index_in(self, ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
        if not len(ids):
            return np.empty(0, dtype=np.int64)
        found = pc.index_in(ids.cast(pa.string()), value_set=self.table.column("id"))
        return pc.fill_null(found, -1).to_numpy().astype(np.int64)

    @cached_property
    def _id_order(self) -> np.ndarray:
        return pc.sort_indices(self.table.column("id")).to_numpy().astype(np.uint32)

    def _lower_bound(self, item_id: str) -> int:
        ids, order = self.table.column("id"), self._id_order
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if ids[int(order[middle])].as_py() < item_id:
                low = middle + 1
            else:
                high = middle
        return low

    def _place(self, item_id: str) -> int | None:
        bound = self._lower_bound(item_id)
        if bound == len(self):
            return None
        row = int(self._id_order[bound])
        return row if self.table.column("id")[row].as_py() == item_id else None

    def _close_ids(self, item_id: str, count: int = 3) -> list[str]:
        """Close ids share a beginning (neighbors in sorted order) or contain what was asked for."""
        ids, bound = self.table.column("id"), self._lower_bound(item_id)
        neighbors = self._id_order[max(0, bound - 50) : bound + 50]
        found = ids.take(pa.array(neighbors)).to_pylist()
        if item_id:
            found += ids.filter(pc.match_substring(ids, item_id, ignore_case=True)).slice(0, 50).to_pylist()
        return difflib.get_close_matches(item_id, list(dict.fromkeys(found)), n=count, cutoff=0.5)

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256(repr(self.types).encode())
        for name in ITEM_SCHEMA.names:
            digest.update(name.encode())
            _digest_column(digest, self.table.column(name))
        return digest.hexdigest()


def content_texts(table: pa.Table, parent_titles: pa.ChunkedArray) -> pa.ChunkedArray:
    """What the items of a table are about, large_string[n]; see `Catalog.content_texts`."""
    topics = pc.binary_join(table.column("topics"), ", ")
    parts = [table.column("title"), parent_titles, table.column("creator"), topics, table.column("description")]
    texts = [pc.if_else(pc.equal(part, ""), None, part).cast(pa.large_string()) for part in parts]
    return pc.binary_join_element_wise(*texts, pa.scalar(". ", pa.large_string()), null_handling="skip")


TEXT_TYPE_SCHEMA = ITEM_SCHEMA.set(ITEM_SCHEMA.get_field_index("type"), pa.field("type", pa.string()))


def decode_type(table: pa.Table) -> pa.Table:
    """The table with `type` as plain strings."""
    place = table.schema.get_field_index("type")
    if place < 0 or not pa.types.is_dictionary(table.schema.field(place).type):
        return table
    return table.set_column(place, "type", table.column(place).cast(pa.string()))


def encode_type(table: pa.Table, types: tuple[ItemType, ...]) -> pa.Table:
    """The table with `type` as codes into `types`, in their order."""
    names = pa.array([item_type.name for item_type in types])
    codes = pc.index_in(table.column("type"), value_set=names).cast(pa.int8()).combine_chunks()
    place = table.schema.get_field_index("type")
    return table.set_column(place, ITEM_SCHEMA.field("type"), pa.DictionaryArray.from_arrays(codes, names))


def _digest_column(digest: Any, column: pa.ChunkedArray) -> None:
    """Feeds a column's lengths and bytes, so that neither chunks nor what lies under nulls matter."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(pa.string()), pa.string()
    if pa.types.is_list(kind):
        digest.update(pc.fill_null(pc.list_value_length(column), -1).to_numpy().astype("<i8"))
        column, kind = pc.list_flatten(column), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        digest.update(pc.fill_null(pc.binary_length(column), -1).to_numpy().astype("<i8"))
        offsets = "<i8" if pa.types.is_large_string(kind) else "<i4"
        for chunk in pc.fill_null(column, "").chunks:
            _, starts, data = chunk.buffers()
            if data is not None:
                ends = np.frombuffer(starts, dtype=offsets)
                digest.update(memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]])
        return
    digest.update(pc.is_null(column).to_numpy())
    filled = column.cast(pa.int32()) if pa.types.is_date32(kind) else column
    digest.update(pc.fill_null(filled, 0).to_numpy())
