"""What must hold for a table of items, found for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.columns import closest
from neo.catalog.item_types import ItemType
from neo_sdk.errors import CatalogError, Problem


class Finding(NamedTuple):
    """Something wrong with a row. `other` is a row that the message leads to."""

    row: int
    column: str
    message: str
    other: int | None = None


def raise_findings(findings: Sequence[Finding], what: str) -> None:
    """Raises CatalogError for a table that came from no file, so that rows (from 0) are all there is to point
    at."""

    def text(finding: Finding) -> str:
        return finding.message + ("" if finding.other is None else f", first in row {finding.other}")

    if findings:
        raise CatalogError([Problem(f"{what} row {f.row}", None, f.column, text(f)) for f in findings])


def item_findings(table: pa.Table, types: tuple[ItemType, ...]) -> list[Finding]:
    """All that is wrong with an item table (`type` as strings), in row order."""
    if table.num_rows == 0:
        raise CatalogError([Problem("items", None, None, "there are no items, a catalog needs at least one")])
    findings = [
        *empty(table, ("id", "title")),
        *_duplicates(table.column("id")),
        *_unknown_types(table, types),
    ]
    findings += [*_parents(table, types), *_values(table)]
    return sorted(findings, key=lambda finding: finding.row)


def listener_findings(table: pa.Table) -> list[Finding]:
    """All that is wrong with a table of listeners, in row order."""
    findings = [*empty(table, ("id",)), *_duplicates(table.column("id"))]
    return sorted(findings, key=lambda finding: finding.row)


def _where(mask: pa.ChunkedArray | pa.Array) -> np.ndarray:
    return np.flatnonzero(pc.fill_null(mask, False).to_numpy())


def empty(table: pa.Table, names: Sequence[str]) -> Iterator[Finding]:
    """Rows where a column that must hold something holds nothing."""
    for name in names:
        column = table.column(name)
        blank = pc.is_null(column)
        if pa.types.is_string(column.type):
            blank = pc.or_kleene(blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
        for row in _where(blank):
            yield Finding(int(row), name, f"the {name} is empty")


def _duplicates(ids: pa.ChunkedArray) -> Iterator[Finding]:
    first = pc.index_in(ids, value_set=ids).to_numpy()
    for row in np.flatnonzero(first != np.arange(len(ids))):
        value = ids[int(row)].as_py()
        if value is not None and value.strip():
            yield Finding(int(row), "id", f"the id {value!r} is used again", int(first[row]))


def _unknown_types(table: pa.Table, types: tuple[ItemType, ...]) -> Iterator[Finding]:
    names = [item_type.name for item_type in types]
    column = table.column("type")
    for row in _where(pc.invert(pc.is_in(column, value_set=pa.array(names)))):
        value = column[int(row)].as_py()
        if value is None:
            yield Finding(int(row), "type", f"the type is empty, expected one of: {', '.join(names)}")
        else:
            expected = f"expected one of: {', '.join(names)}{closest(value, names)}"
            yield Finding(int(row), "type", f"unknown item type {value!r}, {expected}")


def _parents(table: pa.Table, types: tuple[ItemType, ...]) -> Iterator[Finding]:
    parent_of = {item_type.name: item_type.parent for item_type in types}
    names = pa.array(list(parent_of), pa.string())
    parents, kinds = table.column("parent"), table.column("type")
    has_parent = pc.is_valid(parents).to_numpy()
    if not has_parent.any():
        return
    found = pc.index_in(parents, value_set=table.column("id")).fill_null(-1).to_numpy()
    codes = pc.index_in(kinds, value_set=names).fill_null(-1).to_numpy()
    wanted = np.array([list(parent_of).index(p) if p else -2 for p in parent_of.values()] + [-1])[codes]
    parent_codes = np.where(found >= 0, codes[found], -1)
    bad = has_parent & (codes >= 0) & ((found < 0) | (wanted == -2) | (parent_codes != wanted))
    for row in np.flatnonzero(bad):
        value, kind = parents[int(row)].as_py(), kinds[int(row)].as_py()
        expected = parent_of[kind]
        if expected is None:
            yield Finding(int(row), "parent", f"has the parent {value!r}, but items of type {kind!r} have no parent")
        elif found[row] < 0:
            yield Finding(int(row), "parent", f"no item has the id of the parent {value!r}")
        elif parent_codes[row] >= 0:
            actual = kinds[int(found[row])].as_py()
            yield Finding(int(row), "parent", f"the parent {value!r} is of type {actual!r}, expected {expected!r}")


def _values(table: pa.Table) -> Iterator[Finding]:
    for row in _where(pc.less(table.column("duration"), 0)):
        value = table.column("duration")[int(row)].as_py()
        yield Finding(int(row), "duration", f"the duration is negative: {value} seconds")
    for row in _where(pc.invert(pc.is_finite(table.column("popularity")))):
        value = table.column("popularity")[int(row)].as_py()
        yield Finding(int(row), "popularity", f"the popularity is {value}, expected a finite number")
    urls = table.column("url")
    for row in _where(pc.invert(pc.match_substring_regex(urls, r"^https?://[^\s]+$"))):
        yield Finding(int(row), "url", f"expected http://... or https://..., got {urls[int(row)].as_py()[:80]!r}")
