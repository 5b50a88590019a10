"""How a user's own files become items, listeners, events and searches: the `data` part of a configuration.

    root: my-files                       # folder of the paths below, relative to the configuration file
    items:
      - path: podcasts.jsonl.gz
        type: show
        columns:
          id: {column: apple_id, prefix: show-}
          creator: publisher
          topics: {column: genre, separator: "|"}
    events:
      path: plays.csv
      columns: {listener: user, item: {column: podcast, prefix: show-}, time: at}

Where a row of events is a listener and a list of items, oldest first, `sequences: true` says so. Searches may come
from a column of tags in a file of items: a list gives a search for each of its entries.

    searches:
      path: podcasts.jsonl.gz
      columns: {query: {column: tags, separator: "|"}, item: {column: apple_id, prefix: show-}, time: null}

A column of ours that is not mapped is read from the file's column of the same name, if there is one; `null`
leaves it out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from neo.catalog.columns import closest
from neo.catalog.item_types import BUILT_IN, ItemType, check_types
from neo.catalog.strict import Strict, load_yaml, parse
from neo_sdk.errors import ConfigError

Format = Literal["jsonl", "csv", "parquet"]
Unit = Literal["milliseconds", "seconds", "minutes", "hours"]
FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}


class Column(Strict):
    """One of the file's columns. `missing` are words that stand for nothing there, such as NA."""

    column: str = Field(min_length=1)
    missing: tuple[str, ...] = ()


class IdColumn(Column):
    """An id. `prefix` is put before it, so that ids of different files don't clash."""

    prefix: str = ""


class TextColumn(Strict):
    """Words: a column, or one `value` for all rows. `default` stands in rows where the column holds nothing."""

    column: str | None = None
    value: str | None = None
    default: str | None = Field(default=None, min_length=1)
    missing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> TextColumn:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either 'column' or 'value'")
        if self.value is not None and self.default is not None:
            raise ValueError("'default' goes with 'column', not with 'value'")
        return self


class TopicsColumn(Column):
    """A list, or a text that `separator` splits (null: the whole text is one topic)."""

    separator: str | None = Field(default=",", min_length=1)


class QueryColumn(Column):
    """What was typed. A list gives a search for each of its entries; a text is one, or what `separator` makes of it."""

    separator: str | None = Field(default=None, min_length=1)


class TimeColumn(Column):
    """A date or a time; without a zone it is UTC.

    `format`: iso, epoch, epoch_ms, year, a strptime pattern with %, or auto: ISO 8601, RFC 2822, year,
    YYYYMMDD, epoch seconds or milliseconds, told apart by their looks. Small numbers are refused: a step that
    counts from 0 is `epoch`.
    """

    format: str = "auto"

    @field_validator("format")
    @classmethod
    def _known(cls, value: str) -> str:
        named = ("auto", "iso", "epoch", "epoch_ms", "year")
        if value not in named and "%" not in value:
            raise ValueError(
                f"unknown time format {value!r}, expected {', '.join(named)} or a pattern such as %d.%m.%Y"
            )
        return value


class DurationColumn(Column):
    """A length of time: a number of `unit`, or H:MM:SS, MM:SS."""

    unit: Unit = "seconds"


def _name(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


_Named = BeforeValidator(_name)
Id = Annotated[IdColumn, _Named]
Text = Annotated[TextColumn, _Named]
Topics = Annotated[TopicsColumn, _Named]
Query = Annotated[QueryColumn, _Named]
Time = Annotated[TimeColumn, _Named]
Duration = Annotated[DurationColumn, _Named]
Number = Annotated[Column, _Named]


class Columns(Strict):
    """Where our columns come from; those of `required` have to come from somewhere."""

    required: ClassVar[tuple[str, ...]] = ()


class ItemColumns(Columns):
    required = ("id", "type", "title")

    id: Id | None = None
    type: Text | None = None
    title: Text | None = None
    creator: Text | None = None
    description: Text | None = None
    parent: Id | None = None
    topics: Topics | None = None
    date: Time | None = None
    duration: Duration | None = None
    language: Text | None = None
    popularity: Number | None = None
    url: Text | None = None


class ListenerColumns(Columns):
    required = ("id",)

    id: Id | None = None
    country: Text | None = None
    language: Text | None = None
    joined: Time | None = None
    topics: Topics | None = None


class EventColumns(Columns):
    required = ("listener", "item", "time")

    listener: Id | None = None
    item: Id | None = None
    time: Time | None = None
    kind: Text | None = None


class SearchColumns(Columns):
    required = ("query", "item")

    query: Query | None = None
    listener: Id | None = None
    item: Id | None = None
    time: Time | None = None
    kind: Text | None = None


class Sample(Strict):
    """A share of the rows, the same ones in every run: those whose `by` value hashes low enough. A row without one
    is drawn by itself.

    Sources sampled with one seed agree: a tenth of the books by id and of the chapters by parent are of the
    same books.
    """

    share: float = Field(gt=0, le=1)
    by: str | None = None
    seed: int = 0


def _share(value: Any) -> Any:
    return {"share": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class TableSource(Strict):
    """One file. `where` keeps the rows whose column (of the file) has one of the values. `on_problem: skip`
    leaves rows with problems out, and says how many."""

    path: str = Field(min_length=1)
    format: Format | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    where: dict[str, tuple[str, ...]] = Field(default={})
    sample: Annotated[Sample, BeforeValidator(_share)] | None = None
    on_problem: Literal["stop", "skip"] = "stop"
    columns: Columns = Columns()

    @property
    def kind(self) -> Format:
        """The format given, or the one that the name's ending tells."""
        return self.format or FORMATS[_suffix(self.path)]

    @field_validator("where", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        as_lists = {key: allowed if isinstance(allowed, list | tuple) else [allowed] for key, allowed in value.items()}
        return {key: tuple(_as_written(entry) for entry in allowed) for key, allowed in as_lists.items()}

    @model_validator(mode="after")
    def _readable(self) -> TableSource:
        if self.format is None and _suffix(self.path) not in FORMATS:
            endings = ", ".join(FORMATS)
            raise ValueError(
                f"cannot tell the format of {self.path!r} by its ending ({endings}, also .gz), give 'format'"
            )
        if self.kind == "parquet" and self.path.endswith(".gz"):
            raise ValueError(f"{self.path!r}: Parquet is compressed inside, unpack the .gz")
        known = [name for name in ("id", "parent", "listener", "item") if name in type(self.columns).model_fields]
        if self.sample and self.sample.by is not None and self.sample.by not in known:
            raise ValueError(f"sample.by: expected one of {', '.join(known)}, got {self.sample.by!r}")
        return self


class ItemSource(TableSource):
    """A file of items. `type` is the type of all of them; `extras` are columns of the file to keep."""

    type: str | None = None
    extras: tuple[str, ...] = ()
    columns: ItemColumns = ItemColumns()

    @model_validator(mode="after")
    def _one_type(self) -> ItemSource:
        if self.type is not None and self.columns.type is not None:
            raise ValueError("the type is given twice, by 'type' and by 'columns'")
        return self


class ListenerSource(TableSource):
    columns: ListenerColumns = ListenerColumns()


class EventSource(TableSource):
    """A file of events. `sequences`: a row is a listener and a list of items, oldest first, without times.

    The place of an item in its list, from 0, then stands for its time in seconds.
    """

    sequences: bool = False
    columns: EventColumns = EventColumns()

    @model_validator(mode="after")
    def _one_time(self) -> EventSource:
        if self.sequences and self.columns.time is not None:
            raise ValueError(f"{self.path}: in sequences the place of an item is its time, leave columns.time out")
        return self


class SearchSource(TableSource):
    """A file of searches. Those of a file without a time are split by their query, not by time."""

    columns: SearchColumns = SearchColumns()


class TypeConfig(Strict):
    """An item type of the catalog's own, or a built-in one with another parent."""

    name: str
    plural: str
    parent: str | None = None


class DataConfig(Strict):
    """All files of one data set."""

    root: str = "."
    items: tuple[ItemSource, ...] = Field(min_length=1)
    listeners: ListenerSource | None = None
    events: tuple[EventSource, ...] = ()
    searches: tuple[SearchSource, ...] = ()
    types: tuple[TypeConfig, ...] = ()

    @field_validator("events", "searches", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else () if value is None else (value,)

    @model_validator(mode="after")
    def _known_types(self) -> DataConfig:
        try:
            names = [item_type.name for item_type in check_types(self.item_types)]
        except ConfigError as error:
            raise ValueError(str(error)) from None
        for source in self.items:
            if source.type is not None and source.type not in names:
                hint = closest(source.type, names)
                raise ValueError(
                    f"{source.path}: unknown item type {source.type!r}, known are: {', '.join(names)}{hint}"
                )
        return self

    @property
    def item_types(self) -> tuple[ItemType, ...]:
        """The built-in types, as far as `types` does not redefine them, and those of `types`."""
        own = {entry.name: ItemType(entry.name, entry.plural, entry.parent) for entry in self.types}
        built_in = [own.pop(item_type.name, item_type) for item_type in BUILT_IN]
        return (*built_in, *own.values())


def read_config(path: str | Path, root: str | None = None) -> DataConfig:
    """A DataConfig from YAML; `root` replaces the file's own. Raises ConfigError."""
    values = load_yaml(path)
    return parse(DataConfig, values if root is None else {**values, "root": root}, str(path))


def _as_written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _suffix(path: str) -> str:
    return Path(path.removesuffix(".gz")).suffix.lower()
