"""One of the user's files as a table of our columns."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.columns import closest
from neo.catalog.files import Batch, UnreadableError, read_batches
from neo.catalog.mapping import (
    Column,
    DurationColumn,
    EventSource,
    IdColumn,
    ItemSource,
    QueryColumn,
    SearchSource,
    TableSource,
    TextColumn,
    TimeColumn,
    TopicsColumn,
)
from neo.catalog.nested import PLACE, one_query_each, unrolled
from neo.catalog.problem_log import FileOf, ProblemLog, Spot
from neo.catalog.shares import shares
from neo.catalog.times import AsDuration, AsSeconds
from neo.catalog.values import AsId, AsNumber, AsText, AsTopics, Converter, convert, is_text
from neo_sdk.errors import ConfigError


@dataclass(frozen=True)
class Planned:
    """How one of our columns is made: from `column` of the file, or one `value` for all. `must`: its absence
    is a problem. `default`: what stands where the column holds nothing."""

    converter: Converter
    column: str | None
    value: str | None
    must: bool
    missing: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Loaded:
    """The rows kept, as columns of ours.

    `records` int64[n]: their places in the file. `left_out`: ids of rows that `where`, `sample` or
    `on_problem: skip` left out. `theirs`: the file's name of each column. `reported`: (record, column) whose
    problem is already in the log. `absent`: our columns that the file lacks. `whole`: all of the file could
    be read.
    """

    file: FileOf
    table: pa.Table
    records: np.ndarray
    left_out: pa.ChunkedArray
    theirs: dict[str, str]
    reported: frozenset[tuple[int, str]]
    absent: frozenset[str]
    whole: bool


def read_source(file: FileOf, log: ProblemLog) -> Loaded:
    """Reads one file; what is wrong with its rows goes to the log."""
    return _Reader(file, log).read()


def _plan(source: TableSource) -> dict[str, Planned]:
    """What is named, as named; the rest from columns of the same name, if there are any; null: not at all."""
    given = source.columns
    model = type(given)
    unnamed = [name for name in model.model_fields if name not in given.model_fields_set]
    by_name = model.model_validate({name: name for name in unnamed})
    plan = {}
    for name in model.model_fields:
        if name == "type" and isinstance(source, ItemSource) and source.type is not None:
            plan[name] = Planned(AsText(), None, source.type, must=False)
            continue
        if name == "time" and _is_sequences(source):
            plan[name] = Planned(AsSeconds("epoch"), PLACE, None, must=False)
            continue
        spec = getattr(given if name in given.model_fields_set else by_name, name)
        if spec is not None:
            must = name in given.model_fields_set or name in given.required
            value, default = getattr(spec, "value", None), getattr(spec, "default", None)
            plan[name] = Planned(_converter(name, spec), spec.column, value, must, spec.missing, default)
        elif name in given.required:
            raise ConfigError(f"{source.path}: columns.{name} is null, but {name} is needed")
    return plan


def _is_sequences(source: TableSource) -> bool:
    return isinstance(source, EventSource) and source.sequences


def _converter(name: str, spec: Column | TextColumn) -> Converter:
    match spec:
        case IdColumn():
            return AsId(spec.prefix)
        case TopicsColumn():
            return AsTopics(spec.separator)
        case TimeColumn():
            return AsSeconds(spec.format)
        case DurationColumn():
            return AsDuration(spec.unit)
        case TextColumn():
            return AsText(joins=name == "creator")
        case QueryColumn():
            return AsText()
    return AsNumber()


class _Reader:
    """Reads one file, and keeps what is learned on the way."""

    def __init__(self, file: FileOf, log: ProblemLog) -> None:
        self.file, self.source, self.log = file, file.source, log
        self.plan = _plan(self.source)
        self.extras = self.source.extras if isinstance(self.source, ItemSource) else ()
        self.sample_by = _sample_by(self.source)
        self.left_out: list[pa.Array] = []
        self.reported: set[tuple[int, str]] = set()
        self.notes: dict[str, Counter[str]] = {name: Counter() for name in self.plan}
        if self.source.sample and self.sample_by not in self.plan:
            raise ConfigError(f"{self.source.path}: sample needs the column {self.sample_by!r}, but it is null")

    def read(self) -> Loaded:
        kept: list[tuple[dict[str, pa.Array], np.ndarray]] = []
        names: dict[str, None] = {}
        rows, whole = 0, True
        theirs = [planned.column for planned in self.plan.values() if planned.column is not None]
        wanted = list(dict.fromkeys([*theirs, *self.source.where, *self.extras]))
        try:
            for batch in read_batches(self.file.path, self.source, wanted):
                names.update(dict.fromkeys(batch.names))
                rows += len(batch.records) + len(batch.bad)
                batch = self._unrolled(batch)
                for record, message in batch.bad:
                    self.log.add(Spot(self.file, record), None, message)
                kept.append(self._converted(self._filtered(batch)))
        except UnreadableError as error:
            self.log.add(Spot(self.file, None), None, str(error))
            whole = False
        if whole and not rows and isinstance(self.source, ItemSource):
            self.log.add(Spot(self.file, None), None, "the file holds no rows")
        absent = self._report_absent(tuple(names)) if whole and names else frozenset()
        for name, counts in self.notes.items():
            self.log.note(self.file, f"HTML removed from {name!r} in {{rows}}", counts["html"])
            self.log.note(self.file, f"broken characters replaced in {name!r} in {{rows}}", counts["broken"])
        kinds = {name: planned.converter.type for name, planned in self.plan.items()}
        if self.extras:
            kinds["extras"] = pa.string()
        return Loaded(
            self.file,
            pa.table({name: pa.chunked_array([part[name] for part, _ in kept], kinds[name]) for name in kinds}),
            np.concatenate([np.empty(0, np.int64), *(records for _, records in kept)]),
            pa.chunked_array(self.left_out, pa.string()),
            {name: planned.column or name for name, planned in self.plan.items()},
            frozenset(self.reported),
            absent,
            whole,
        )

    def _unrolled(self, batch: Batch) -> Batch:
        """The batch, with a row for each event or search where its rows hold several."""
        if isinstance(self.source, SearchSource):
            given = self.source.columns.query
            separator = None if given is None else given.separator
            batch, empty = one_query_each(batch, self.plan["query"].column or "query", separator)
            self.log.note(self.file, "{rows} without a query", empty)
        elif _is_sequences(self.source):
            batch, empty = unrolled(batch, self.plan["item"].column or "item")
            self.log.note(self.file, "{rows} with an empty sequence", empty)
        return batch

    def _filtered(self, batch: Batch) -> Batch:
        """The rows that `where` and `sample` keep."""
        keep = np.ones(len(batch.records), dtype=bool)
        for column, allowed in self.source.where.items():
            values, _ = convert(_raw(batch, column), _AsWritten(), Counter())
            keep &= pc.is_in(values, value_set=pa.array(allowed, pa.string())).to_numpy(zero_copy_only=False)
        self.log.note(self.file, "{rows} left out by 'where'", int((~keep).sum()))
        if self.source.sample is not None:
            share = self.source.sample.share
            chosen = shares(self._drawn_by(batch), self.source.sample.seed) < share
            self.log.note(self.file, f"{{rows}} left out by 'sample' of {share:g}", int((keep & ~chosen).sum()))
            keep &= chosen
        if keep.all():
            return batch
        if "id" in self.plan:
            ids, _ = _convert(batch, self.plan["id"], Counter())
            self.left_out.append(ids.filter(pa.array(~keep)).drop_null())
        return _taken(batch, keep)

    def _drawn_by(self, batch: Batch) -> pa.Array:
        """What a sample draws, a text for each row: a show is its own parent, a search of nobody one for itself."""
        values, _ = _convert(batch, self.plan[self.sample_by], Counter())
        if "id" in self.plan:
            alone, _ = _convert(batch, self.plan["id"], Counter())
        else:
            alone = pa.array(batch.records).cast(pa.string())
        return pc.coalesce(values.cast(pa.string()), alone.cast(pa.string()))

    def _converted(self, batch: Batch) -> tuple[dict[str, pa.Array], np.ndarray]:
        """Our columns, less rows with problems where the source says to skip those."""
        made: dict[str, pa.Array] = {}
        keep = np.ones(len(batch.records), dtype=bool)
        for name, planned in self.plan.items():
            if planned.value is not None:
                made[name] = pa.repeat(pa.scalar(planned.value), len(batch.records))
                continue
            made[name], problems = _convert(batch, planned, self.notes[name])
            if planned.default is not None:
                made[name] = pc.fill_null(made[name], planned.default)
            for row, message in problems.items():
                record = int(batch.records[row])
                self.log.add(Spot(self.file, record), planned.column, message)
                self.reported.add((record, name))
                keep[row] = False
        if self.extras:
            made["extras"] = _extras(batch, self.extras)
        if keep.all() or self.source.on_problem == "stop":
            return made, batch.records
        if "id" in made:
            self.left_out.append(made["id"].filter(pa.array(~keep)).drop_null())
        return {name: values.filter(pa.array(keep)) for name, values in made.items()}, batch.records[keep]

    def _report_absent(self, names: tuple[str, ...]) -> frozenset[str]:
        """Our columns that the file lacks; those that were asked for are problems."""
        absent = [name for name, planned in self.plan.items() if planned.column and planned.column not in names]
        needed = [self.plan[name].column or name for name in absent if self.plan[name].must]
        needed += [name for name in (*self.source.where, *self.extras) if name not in names]
        has = f"{', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
        for column in dict.fromkeys(needed):
            message = f"the column is missing, the file has: {has}{closest(column, names)}"
            self.log.add(Spot(self.file, None), column, message)
        return frozenset(absent)


def _taken(batch: Batch, keep: np.ndarray) -> Batch:
    def taken(values: pa.Array | list[Any]) -> pa.Array | list[Any]:
        if isinstance(values, list):
            return [value for value, kept in zip(values, keep, strict=True) if kept]
        return values.filter(pa.array(keep))

    columns = {name: taken(values) for name, values in batch.columns.items()}
    return Batch(columns, batch.records[keep], batch.names)


def _extras(batch: Batch, names: tuple[str, ...]) -> pa.Array:
    """JSON objects of what is there; nulls and NaN are not."""
    columns = [_raw(batch, name) for name in names]
    values = [column if isinstance(column, list) else column.to_pylist() for column in columns]
    texts = []
    for row in zip(*values, strict=True):
        there = {n: value for n, value in zip(names, row, strict=True) if value is not None and value == value}
        texts.append(json.dumps(there, default=str) if there else None)
    return pa.array(texts, pa.string())


def _raw(batch: Batch, column: str | None) -> pa.Array | list[Any]:
    values = batch.columns.get(column) if column is not None else None
    return pa.nulls(len(batch.records)) if values is None else values


def _convert(batch: Batch, planned: Planned, notes: Counter[str]) -> tuple[pa.Array, dict[int, str]]:
    values = _raw(batch, planned.column)
    if isinstance(values, list):
        words = set(planned.missing)
        values = [None if isinstance(value, str) and value in words else value for value in values]
    elif planned.missing and is_text(values.type):
        there = pc.invert(pc.is_in(values, value_set=pa.array(planned.missing, values.type)))
        values = pc.if_else(there, values, pa.scalar(None, values.type))
    return convert(values, planned.converter, notes)


def _sample_by(source: TableSource) -> str:
    """Items go with their parent where it is named, activity with its listener."""
    if source.sample is not None and source.sample.by is not None:
        return source.sample.by
    given = source.columns
    if "listener" in type(given).model_fields:
        return "listener"
    return "parent" if getattr(given, "parent", None) is not None else "id"


class _AsWritten(AsText):
    """For `where`: booleans too, as JSON writes them."""

    def one(self, value: Any, notes: Counter[str]) -> str | None:
        return str(value).lower() if isinstance(value, bool) else super().one(value, notes)
