"""From the user's own files to a Dataset, or to the list of everything that is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.activity import UNTIMED, Dataset, Events, Listeners, Searches
from neo.catalog.catalog import TEXT_TYPE_SCHEMA, Catalog, decode_type, encode_type
from neo.catalog.columns import LISTENER_SCHEMA, conform
from neo.catalog.item_types import ItemType, check_types
from neo.catalog.mapping import DataConfig, EventSource, ItemSource
from neo.catalog.problem_log import FileOf, ProblemLog, Spot, Tell
from neo.catalog.table_source import Loaded, read_source
from neo.catalog.validate import Finding, empty, item_findings, listener_findings
from neo_sdk.errors import CatalogError

DEFAULT_EVENT = "play"
DEFAULT_SEARCH = "search"


def tell_on_stderr(message: str) -> None:
    print(message, file=sys.stderr)


def read_dataset(config: DataConfig, base: str | Path, tell: Tell = tell_on_stderr) -> Dataset:
    """Reads all files of a configuration; `base` is the folder that `config.root` starts from.

    Items keep the order of the files. Without a listeners file the listeners are those of events and
    searches, sorted by id. `tell` gets a line for whatever was left out or changed. Raises CatalogError with
    every problem of every file, and ConfigError where the configuration itself cannot work.
    """
    root = Path(base) / config.root
    types = check_types(config.item_types)
    log = ProblemLog(tell)
    roles = (config.items, (config.listeners,) if config.listeners else (), config.events, config.searches)
    places = iter(range(sum(map(len, roles))))
    parts = [[read_source(FileOf(each, root / each.path, next(places)), log) for each in sources] for sources in roles]
    items = _items(_stack(parts[0]), types, log)
    events = [_checked_activity(_stack([part]), items, ("listener", "item", "time"), log) for part in parts[2]]
    searches = [_checked_searches(_stack([part]), items, log) for part in parts[3]]
    if parts[1]:
        listeners = _listeners(_stack(parts[1]), log)
        events = [_known(rows, "listener", listeners, log) for rows in events]
        searches = [_known(rows, "listener", listeners, log) for rows in searches]
    if problems := log.problems():
        raise CatalogError(problems)
    log.report()
    used = _used_types(items.table, types, config)
    catalog = Catalog(encode_type(items.table, used), used)
    who = Listeners(listeners.table) if parts[1] else _derived([*events, *searches])
    return Dataset(catalog, who, _events(events, catalog, who), _searches(searches, catalog, who))


def read_items(config: DataConfig, base: str | Path, known: Catalog, tell: Tell = tell_on_stderr) -> pa.Table:
    """The items of a configuration's files, as `TEXT_TYPE_SCHEMA`; their parents may be among the known ones.

    Raises CatalogError with every problem of every file.
    """
    root, log = Path(base) / config.root, ProblemLog(tell)
    parts = [read_source(FileOf(each, root / each.path, place), log) for place, each in enumerate(config.items)]
    given = pa.chunked_array([chunk for part in parts for chunk in part.table["id"].chunks], pa.string())
    old = decode_type(known.table).select(["id", "type", "title", "parent"])
    old = old.filter(pc.invert(pc.is_in(old["id"], value_set=given)))
    source = FileOf(ItemSource(path="known.jsonl"), Path(), len(parts))
    nothing = pa.chunked_array([], pa.string())
    beside = Loaded(source, old, np.arange(old.num_rows), nothing, {}, frozenset(), frozenset(), whole=True)
    rows = _items(_stack([*parts, beside]), check_types(config.item_types), log)
    if problems := log.problems():
        raise CatalogError(problems)
    log.report()
    return rows.table.filter(pa.array(rows.source < len(parts)))


@dataclass(frozen=True)
class _Rows:
    """Rows and where they come from: `source` int16[n] into `parts`, `record` int64[n]; `left_out` are ids
    that the user's configuration leaves out, so that what names them goes with them."""

    parts: list[Loaded]
    table: pa.Table
    source: np.ndarray
    record: np.ndarray
    left_out: pa.Array

    def without(self, rows: np.ndarray) -> _Rows:
        keep = np.ones(len(self.record), dtype=bool)
        keep[rows] = False
        left_out = self.left_out
        if "id" in self.table.column_names:
            left_out = pa.concat_arrays([left_out, _one(self.table.column("id").take(pa.array(rows)).drop_null())])
        return _Rows(self.parts, self.table.filter(pa.array(keep)), self.source[keep], self.record[keep], left_out)

    @property
    def complete(self) -> bool:
        """Whether all ids are known. If not, what names a missing one is not to blame."""
        return all(part.whole and "id" not in part.absent for part in self.parts)


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _stack(parts: list[Loaded]) -> _Rows:
    table = pa.concat_tables([part.table for part in parts], promote_options="default")
    source = np.repeat(np.arange(len(parts), dtype=np.int16), [part.table.num_rows for part in parts])
    left_out = _one(pa.chunked_array([chunk for part in parts for chunk in part.left_out.chunks], pa.string()))
    return _Rows(parts, table, source, np.concatenate([part.records for part in parts]), left_out)


def _items(rows: _Rows, types: tuple[ItemType, ...], log: ProblemLog) -> _Rows:
    """All items, less those to skip and those whose parent was left out."""
    table = conform(_with_days(rows.table, "date"), TEXT_TYPE_SCHEMA, "items", ("id", "title"))
    rows = _Rows(rows.parts, table, rows.source, rows.record, rows.left_out)
    while True:
        rows = _without_left_out(rows, "parent", rows, log)
        findings = item_findings(rows.table, types) if len(rows.record) else []
        skipped = _log_findings(rows, findings, log)
        if not len(skipped):
            break
        rows = rows.without(skipped)
    if not len(rows.record) and not log.stopping:
        log.add(Spot(rows.parts[-1].file, None), None, "no items are left, a catalog needs at least one")
    return rows


def _with_days(table: pa.Table, name: str) -> pa.Table:
    """Seconds since 1970 as dates."""
    if name not in table.column_names:
        return table
    days = pc.floor(pc.divide(table.column(name).cast(pa.float64()), 86_400.0)).cast(pa.int32()).cast(pa.date32())
    return table.set_column(table.column_names.index(name), name, days)


def _log_findings(rows: _Rows, findings: Sequence[Finding], log: ProblemLog) -> np.ndarray:
    """Logs what is wrong and returns the rows to skip. While there are any, the rest waits: it may go too."""
    skips = np.array([part.file.source.on_problem == "skip" for part in rows.parts])
    to_skip = [finding for finding in findings if skips[rows.source[finding.row]]]
    for finding in to_skip or findings:
        part, record = rows.parts[rows.source[finding.row]], int(rows.record[finding.row])
        if finding.column in part.absent or (record, finding.column) in part.reported:
            continue
        if finding.column == "parent" and not rows.complete:
            continue
        other = None
        if finding.other is not None:
            other = Spot(rows.parts[rows.source[finding.other]].file, int(rows.record[finding.other]))
        log.add(Spot(part.file, record), part.theirs.get(finding.column, finding.column), finding.message, other)
    return np.unique(np.array([finding.row for finding in to_skip], dtype=np.int64))


def _without_left_out(rows: _Rows, column: str, named: _Rows, log: ProblemLog) -> _Rows:
    """The rows, less those whose `column` names a row of `named` that was left out on purpose."""
    if column not in rows.table.column_names:
        return rows
    while len(named.left_out):
        values, ids = rows.table.column(column), named.table.column("id")
        gone = pc.and_(pc.is_in(values, value_set=named.left_out), pc.invert(pc.is_in(values, value_set=ids)))
        found = np.flatnonzero(pc.and_(gone, pc.is_valid(values)).to_numpy())
        if not len(found):
            break
        for place, part in enumerate(rows.parts):
            count = int((rows.source[found] == place).sum())
            log.note(part.file, f"{{rows}} left out with their {column}", count)
        # Items may be parents themselves, so theirs go in the next round.
        rows, again = rows.without(found), rows is named
        if not again:
            break
        named = rows
    return rows


def _checked_activity(rows: _Rows, items: _Rows, needed: tuple[str, ...], log: ProblemLog) -> _Rows:
    """The events or searches of a file that are complete and name known items."""
    rows = rows.without(_log_findings(rows, list(empty(rows.table, needed)), log))
    source = rows.parts[0].file.source
    if isinstance(source, EventSource) and source.sequences:
        rows = _one_sequence_each(rows, log)
    return _known(rows, "item", items, log)


def _checked_searches(rows: _Rows, items: _Rows, log: ProblemLog) -> _Rows:
    """The searches of a file: all have times, or the file has none. One that is missing among others is a mistake."""
    part = rows.parts[0]
    if "time" in rows.table.column_names and "time" not in part.absent:
        return _checked_activity(rows, items, ("query", "item", "time"), log)
    rows = _checked_activity(rows, items, ("query", "item"), log)
    log.note(part.file, "no time in {rows}: split by their query", len(rows.record))
    return rows


def _one_sequence_each(rows: _Rows, log: ProblemLog) -> _Rows:
    """The rows, less second sequences of a listener: which of the two comes first is not known."""
    starts = np.flatnonzero(np.diff(rows.record, prepend=-1))
    listeners = _one(rows.table.column("listener").take(pa.array(starts)))
    first = pc.index_in(listeners, value_set=listeners).to_numpy()
    again = np.flatnonzero((first != np.arange(len(starts))) & pc.is_valid(listeners).to_numpy(zero_copy_only=False))
    findings = []
    for place in again.tolist():
        message = f"the listener {listeners[place].as_py()!r} has another sequence"
        findings.append(Finding(int(starts[place]), "listener", message, int(starts[first[place]])))
    skipped = rows.record[_log_findings(rows, findings, log)]
    return rows.without(np.flatnonzero(np.isin(rows.record, skipped)))


def _known(rows: _Rows, column: str, named: _Rows, log: ProblemLog) -> _Rows:
    """The rows whose `column` names a row of `named`, or nothing."""
    rows = _without_left_out(rows, column, named, log)
    if column not in rows.table.column_names or not named.complete:
        return rows
    values = rows.table.column(column)
    unknown = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=named.table.column("id"))))
    findings = [
        Finding(int(row), column, f"no {column} has the id {values[int(row)].as_py()!r}")
        for row in np.flatnonzero(unknown.to_numpy())
    ]
    return rows.without(_log_findings(rows, findings, log))


def _listeners(rows: _Rows, log: ProblemLog) -> _Rows:
    table = conform(_with_days(rows.table, "joined"), LISTENER_SCHEMA, "listeners", ("id",))
    rows = _Rows(rows.parts, table, rows.source, rows.record, rows.left_out)
    return rows.without(_log_findings(rows, listener_findings(table), log))


def _derived(activity: list[_Rows]) -> Listeners:
    """Everyone who did something, sorted by id so that the order of the events does not matter."""
    names = [
        chunk
        for rows in activity
        if "listener" in rows.table.column_names
        for chunk in rows.table.column("listener").chunks
    ]
    ids = pc.unique(pa.chunked_array(names, pa.string()).drop_null())
    return Listeners.from_ids(ids.take(pc.sort_indices(ids)))


def _used_types(table: pa.Table, types: tuple[ItemType, ...], config: DataConfig) -> tuple[ItemType, ...]:
    """Types that have items, that the configuration declares, or that are parents of such."""
    wanted = {*pc.unique(table.column("type")).to_pylist(), *(entry.name for entry in config.types)}
    parents = {item_type.name: item_type.parent for item_type in types}
    for name in list(wanted):
        while (name := parents[name]) is not None and name not in wanted:
            wanted.add(name)
    return tuple(item_type for item_type in types if item_type.name in wanted)


def _column(activity: list[_Rows], name: str, kind: pa.DataType, default: str | None = None) -> pa.Array:
    parts = []
    for rows in activity:
        count = rows.table.num_rows
        values = _one(rows.table.column(name)) if name in rows.table.column_names else pa.nulls(count, kind)
        parts.append(values if default is None else pc.fill_null(values, default))
    return _one(pa.chunked_array(parts, kind))


def _events(activity: list[_Rows], catalog: Catalog, who: Listeners) -> Events:
    listener = who.rows(_column(activity, "listener", pa.string()))
    item = catalog.rows(_column(activity, "item", pa.string()))
    time = _column(activity, "time", pa.int64()).to_numpy()
    return Events.from_arrays(listener, item, time, _column(activity, "kind", pa.string(), DEFAULT_EVENT), len(who))


def _searches(activity: list[_Rows], catalog: Catalog, who: Listeners) -> Searches:
    listener = who.rows(_column(activity, "listener", pa.string()))
    item = catalog.rows(_column(activity, "item", pa.string()))
    time = pc.fill_null(_column(activity, "time", pa.int64()), UNTIMED).to_numpy()
    query = _column(activity, "query", pa.string())
    return Searches.from_arrays(query, listener, item, time, _column(activity, "kind", pa.string(), DEFAULT_SEARCH))
