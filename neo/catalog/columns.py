"""The columns of an item table and a listener table, and how a table is brought into them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from neo_sdk.errors import BundleError, CatalogError, Problem

# Descriptions and extras of ten million items pass 2 GiB, where 32-bit offsets end.
ITEM_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("type", pa.dictionary(pa.int8(), pa.string())),
        ("title", pa.string()),
        ("creator", pa.string()),
        ("description", pa.large_string()),
        ("parent", pa.string()),
        ("topics", pa.list_(pa.string())),
        ("date", pa.date32()),
        ("duration", pa.int32()),
        ("language", pa.string()),
        ("popularity", pa.float32()),
        ("url", pa.string()),
        ("extras", pa.large_string()),
    ]
)
LISTENER_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("country", pa.string()),
        ("language", pa.string()),
        ("joined", pa.date32()),
        ("topics", pa.list_(pa.string())),
    ]
)


def closest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` for the known word nearest to `word`, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {near[0]!r}?" if near else ""


def conform(table: pa.Table, schema: pa.Schema, source: str, required: tuple[str, ...]) -> pa.Table:
    """`table` with exactly the schema's columns: missing optional ones become null, types are cast.

    Raises CatalogError for a missing required column, an unknown column, or values that cannot be cast.
    """
    names = schema.names
    problems = [
        Problem(source, None, name, f"the column is missing, the table has: {', '.join(table.column_names)}")
        for name in required
        if name not in table.column_names
    ]
    problems += [
        Problem(source, None, name, f"unknown column{closest(name, names)}")
        for name in table.column_names
        if name not in names
    ]
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
            continue
        column = table.column(field.name)
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            problems.append(Problem(source, None, field.name, f"expected {field.type}, got {column.type}: {error}"))
    if problems:
        raise CatalogError(problems)
    return pa.table(columns, schema=schema)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes to a temporary name and renames, so a crash leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    pq.write_table(table, draft, compression="zstd")
    os.replace(draft, path)


def write_text(text: str, path: Path) -> None:
    """Writes to a temporary name and renames, so a crash leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads a file that `write_parquet` wrote, or these columns of it. BundleError if it is missing or damaged."""
    try:
        return pq.read_table(path, memory_map=True, columns=None if columns is None else list(columns))
    except FileNotFoundError:
        raise BundleError(f"{path} is missing, the folder is not complete") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise BundleError(f"{path} cannot be read as Parquet: {error}") from error
