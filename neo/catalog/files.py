"""Reading JSONL, CSV and Parquet in batches of columns, with the place of every row.

Arrow reads what is regular. What it refuses is read once more, record by record, to keep the good records and
to name the line of each bad one.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from neo.catalog.mapping import TableSource

BLOCK = 16 << 20
SLOW_ROWS = 20_000
SNIFFED_LINES = 200
SNIFFED_BYTES = 1 << 18
_BROKEN = re.compile("[\udc80-\udcff]")
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Batch:
    """Some rows of a file. `columns` holds, for each column asked for that exists here, an Arrow array or,
    where the values are of several kinds, a list. `records` int64[n] are the rows' places: lines in JSONL,
    the number of the record in CSV (see `lines`), of the row in Parquet; all count from 1. `bad` are records
    that could not be read."""

    columns: dict[str, pa.Array | list[Any]]
    records: np.ndarray
    names: tuple[str, ...]
    bad: tuple[tuple[int | None, str], ...] = ()


class UnreadableError(Exception):
    """The file as a whole cannot be read."""


def read_batches(path: Path, source: TableSource, wanted: Sequence[str]) -> Iterator[Batch]:
    """The file's rows in order, with those of the `wanted` columns that it has. Raises UnreadableError."""
    reader = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[source.kind]
    try:
        yield from reader(path, source, tuple(wanted))
    except FileNotFoundError:
        raise UnreadableError("the file does not exist") from None
    except IsADirectoryError:
        raise UnreadableError("this is a folder, expected a file") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableError(f"the gzip file is damaged or cut off: {error}") from None
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error}") from None


def lines(path: Path, source: TableSource, records: Iterable[int]) -> dict[int, int]:
    """The line at which each record starts. CSV is read once more for it, to the last of them: a quoted value may span
    several lines."""
    numbers = set(records)
    if source.kind != "csv" or not numbers:
        return {record: record for record in numbers}
    found, last = dict[int, int](), max(numbers)
    for record, line, _ in _csv_records(path, source):
        if record in numbers:
            found[record] = line
        if record >= last:  # further on the file may be cut off
            break
    return found


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _check_encoding(start: bytes) -> None:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError("the file is UTF-16, save it as UTF-8")


# JSONL


def _jsonl(path: Path, source: TableSource, wanted: tuple[str, ...]) -> Iterator[Batch]:
    line = 1
    with _open(path) as file:
        while block := file.read(BLOCK):
            block += file.readline()
            if line == 1:
                _check_encoding(block)
                block = block.removeprefix(b"\xef\xbb\xbf")
            batch = _jsonl_fast(block, line, wanted)
            if batch is None:
                yield from _jsonl_slow(block, line, wanted)
            else:
                yield batch
            line += block.count(b"\n")


def _jsonl_fast(block: bytes, first_line: int, wanted: tuple[str, ...]) -> Batch | None:
    """The block by Arrow's reader, or None if any record of it needs a closer look."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 10)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    filled = np.diff(ends, prepend=-1) > 1
    try:
        _check_utf8(block)
        schema, unsettled, names = _sniff(block, wanted)
        behavior = "infer" if unsettled else "ignore"
        options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior=behavior)
        read_options = pa_json.ReadOptions(block_size=BLOCK >> 2)
        table = pa_json.read_json(pa.BufferReader(block), read_options=read_options, parse_options=options)
    except (pa.ArrowInvalid, ValueError, RecursionError):
        return None
    columns = {name: table.column(name).combine_chunks() for name in wanted if name in table.column_names}
    if table.num_rows != filled.sum() or any(
        pa.types.is_timestamp(columns[name].type) for name in unsettled if name in columns
    ):
        return None
    return Batch(columns, first_line + np.flatnonzero(filled), tuple(dict.fromkeys((*names, *columns))))


def _check_utf8(block: bytes) -> None:
    offsets = pa.array([0, len(block)], pa.int64()).buffers()[1]
    pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(block)]).validate(full=True)


def _sniff(block: bytes, wanted: tuple[str, ...]) -> tuple[pa.Schema, list[str], tuple[str, ...]]:
    """By the first lines: the types of the wanted columns, those whose type shows only later, and all names.

    Left to infer, Arrow makes timestamps of titles such as 1984-01-01. Raises ValueError for values of
    several kinds.
    """
    start = block if len(block) <= SNIFFED_BYTES else block[: block.rfind(b"\n", 0, SNIFFED_BYTES) + 1]
    rows = [json.loads(line) for line in start.split(b"\n")[:SNIFFED_LINES] if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not an object")
    fields, unsettled = [], []
    for name in wanted:
        values = [row[name] for row in rows if row.get(name) is not None]
        if values:
            fields.append((name, _simple_type(values)))
        elif json.dumps(name, ensure_ascii=False).encode() in block:
            unsettled.append(name)
    return pa.schema(fields), unsettled, tuple(dict.fromkeys(name for row in rows for name in row))


def _simple_type(values: list[Any]) -> pa.DataType:
    kinds = {type(value) for value in values}
    if kinds == {list}:
        return pa.list_(_simple_type([entry for value in values for entry in value if entry is not None] or [""]))
    for allowed, kind in (
        ({str}, pa.string()),
        ({int}, pa.int64()),
        ({int, float}, pa.float64()),
        ({bool}, pa.bool_()),
    ):
        if kinds <= allowed:
            return kind
    raise ValueError("several kinds of values")


def _jsonl_slow(block: bytes, first_line: int, wanted: tuple[str, ...]) -> Iterator[Batch]:
    rows: list[dict[str, Any]] = []
    records: list[int] = []
    bad: list[tuple[int | None, str]] = []
    for number, line in enumerate(io.BytesIO(block), first_line):
        if line.strip():
            try:
                rows.append(_json_object(line))
                records.append(number)
            except ValueError as error:
                bad.append((number, str(error)))
        if len(rows) == SLOW_ROWS:
            yield _batch_of(rows, records, bad, wanted)
            rows, records, bad = [], [], []
    yield _batch_of(rows, records, bad, wanted)


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode().rstrip("\r\n"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {line[error.start]:#04x} at column {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON at column {error.colno}: {error.msg.removesuffix(' at')}") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object {{...}}, got {str(value)[:40]!r}")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the JSON gives {next(name for name in names if names.count(name) > 1)!r} twice")
    return made


def _batch_of(
    rows: list[dict[str, Any]], records: list[int], bad: list[tuple[int | None, str]], wanted: tuple[str, ...]
) -> Batch:
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, pa.Array | list[Any]] = {
        name: [row.get(name) for row in rows] for name in wanted if name in names
    }
    return Batch(columns, np.array(records, dtype=np.int64), names, tuple(bad))


# CSV


def _csv(path: Path, source: TableSource, wanted: tuple[str, ...]) -> Iterator[Batch]:
    header = _header(path, source)
    included = [name for name in wanted if name in header]
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in header},
        include_columns=included,
        null_values=[""],
        strings_can_be_null=True,
    )
    parse = pa_csv.ParseOptions(delimiter=_delimiter(source), newlines_in_values=True)
    done, odd_quotes = 0, True
    yield Batch({}, np.arange(0), header)
    try:
        if not included:
            raise pa.ArrowInvalid("nothing to read")
        with _open(path) as raw:
            file = _QuoteCounter(raw)
            read = pa_csv.ReadOptions(block_size=BLOCK)
            for batch in pa_csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert):
                if batch.num_rows:
                    columns = dict(zip(included, batch.columns, strict=True))
                    yield Batch(columns, np.arange(done + 1, done + 1 + batch.num_rows), header)
                    done += batch.num_rows
            odd_quotes = file.quotes % 2 == 1
    except pa.ArrowInvalid:
        yield from _csv_slow(path, source, header, wanted, done)
    if odd_quotes:
        _check_quotes(path, source)


class _QuoteCounter:
    """A file that counts the quotes that go by: an odd number may mean one that is never closed."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.quotes = 0

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.quotes += data.count(b'"')
        return data


def _check_quotes(path: Path, source: TableSource) -> None:
    """Raises UnreadableError if the file ends inside quotes: its last record then holds all lines from there on."""
    with _open(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=_delimiter(source), strict=True)
        line = 1
        try:
            for _ in reader:
                line = reader.line_num + 1
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise UnreadableError(f"a quote opened in the record of line {line} is never closed") from None


def _header(path: Path, source: TableSource) -> tuple[str, ...]:
    with _open(path) as file:
        _check_encoding(file.read(2))
    for _, _, fields in _csv_records(path, source, header=True):
        repeated = sorted({name for name in fields if fields.count(name) > 1})
        if repeated:
            raise UnreadableError(f"the header names a column twice: {', '.join(map(repr, repeated))}")
        if len(fields) == 1 and any(mark in fields[0] for mark in ";\t|"):
            raise UnreadableError(
                f"the header has one column {fields[0]!r}, set 'delimiter' to what separates the columns"
            )
        if any(_BROKEN.search(name) for name in fields):
            raise UnreadableError("the header line is not UTF-8")
        return tuple(fields)
    raise UnreadableError("the file is empty, expected a header line")


def _csv_records(path: Path, source: TableSource, header: bool = False) -> Iterator[tuple[int, int, list[str]]]:
    """(number of the record, line it starts at, fields); the header is number 0. Bytes that are not UTF-8
    stay visible as lone surrogates."""
    with _open(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=_delimiter(source))
        number, line = 0, 1
        try:
            for fields in reader:
                if fields and (header or number > 0):
                    yield number, line, fields
                number += bool(fields)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableError(f"not valid CSV from line {line} on: {error}") from None


def _csv_slow(
    path: Path, source: TableSource, header: tuple[str, ...], wanted: tuple[str, ...], done: int
) -> Iterator[Batch]:
    """All records after the first `done`, one by one."""
    places = {name: header.index(name) for name in wanted if name in header}
    rows: list[list[str]] = []
    records: list[int] = []
    bad: list[tuple[int | None, str]] = []

    def batch() -> Batch:
        columns = {name: pa.array([row[place] or None for row in rows], pa.string()) for name, place in places.items()}
        return Batch(dict(columns), np.array(records, dtype=np.int64), header, tuple(bad))

    for number, _, fields in _csv_records(path, source):
        if number <= done:
            continue
        if len(fields) != len(header):
            bad.append((number, f"has {len(fields)} fields, the header has {len(header)}"))
        elif any(_BROKEN.search(fields[place]) for place in places.values()):
            bad.append((number, "not UTF-8"))
        else:
            rows.append(fields)
            records.append(number)
        if len(rows) == SLOW_ROWS:
            yield batch()
            rows, records, bad = [], [], []
    yield batch()


def _delimiter(source: TableSource) -> str:
    return source.delimiter or ("\t" if source.path.removesuffix(".gz").lower().endswith(".tsv") else ",")


# Parquet


def _parquet(path: Path, source: TableSource, wanted: tuple[str, ...]) -> Iterator[Batch]:
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            names = tuple(file.schema_arrow.names)
            included = [name for name in wanted if name in names]
            start = 1
            for batch in file.iter_batches(batch_size=1 << 17, columns=included):
                columns: dict[str, pa.Array | list[Any]] = {}
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    column.validate(full=True)
                    columns[name] = column
                yield Batch(columns, np.arange(start, start + batch.num_rows), names)
                start += batch.num_rows
            if start == 1:
                yield Batch({}, np.arange(0), names)
    except pa.ArrowInvalid as error:
        raise UnreadableError(f"not a readable Parquet file: {error}") from None
