"""`neo catalog map`: a first YAML for files that nobody has described yet, told from their names and values.

Values say more than names. The id of an item is the column without repetitions whose values another file's column
holds; a time is what reads as one; a title is a text that hardly repeats. Names decide where values leave a choice.
What was found is written with its reason, to be read and corrected; `neo check` finds what is wrong with it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from neo.catalog.files import UnreadableError, read_batches
from neo.catalog.item_types import ItemType
from neo.catalog.mapping import FORMATS, TableSource
from neo.catalog.times import AsSeconds
from neo_sdk.errors import ConfigError

ROWS = 200_000  # that are looked at, of each file
SHOWN = 1_000  # values that are read as times, numbers or lists
HELD = 0.8  # of a column's values must be ids of the other file
PATTERNS = tuple(
    day + time
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y")
    for time in ("", " %H:%M", " %H:%M:%S")
)
NAMES = {  # what columns are called, in a few languages
    "id": "id|nr|no|num|nummer|number|key|code|sku|asin|isbn|uuid|guid|identifier",
    "title": "title|titel|titre|titulo|name|nom|nombre|bezeichnung|label|headline|caption",
    "creator": "creator|author|autor|auteur|artist|brand|marke|publisher|verlag|host|narrator|by|maker|teacher|dozent",
    "description": "description|descripcion|beschreibung|desc|summary|abstract|text|body|blurb|inhalt|about|overview",
    "topics": "topics?|tags?|categor(?:y|ies)|kategorien?|categoria|genres?|themen?|thema|subjects?|keywords?|section",
    "date": "date|datum|fecha|released?|published|pubdate|created|erschienen|seit|available|year|jahr",
    "duration": "duration|dauer|length|runtime|seconds|minutes|laufzeit",
    "language": "language|lang|sprache|langue|idioma|locale",
    "popularity": "popularity|views|plays|ratings?|downloads|sales|count|hits|aufrufe",
    "url": "url|link|href|permalink|website",
    "listener": "user|listener|customer|member|account|client|kunde|nutzer|person|visitor|reader|usuario|who|uid",
    "item": "item|product|article|artikel|content|object|show|track|movie|book|course|kurs|produkt",
    "time": "time|timestamp|ts|at|when|am|zeit|zeitpunkt|date|datum|day|tag|fecha|hora|heure",
    "kind": "event|action|kind|aktion|activity|verb",
}


def words_of(name: str) -> list[str]:
    """The words of a column's name, in lower case: of `releaseDate` and `release_date` the same."""
    return [word for word in re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word]


def called(name: str, ours: str) -> bool:
    """Whether a column's name has a word for a column of ours."""
    return any(re.fullmatch(NAMES[ours], word) for word in words_of(name))


def best_called(names: Sequence[str], ours: str) -> str | None:
    """Of column names the one that is called so in the fewest words; None where none is."""
    return min((name for name in names if called(name, ours)), key=lambda name: len(words_of(name)), default=None)


@dataclass(frozen=True)
class Column:
    """A file's column: its name, its filled values as texts (of the rows looked at), and how many rows there were."""

    name: str
    values: tuple[str, ...]
    rows: int

    @cached_property
    def distinct(self) -> frozenset[str]:
        return frozenset(self.values)

    @property
    def unique(self) -> bool:
        """Nothing is missing and hardly anything repeated: a few repetitions are mistakes that `neo check` names."""
        return len(self.values) == self.rows and len(self.distinct) >= 0.98 * self.rows > 0

    def called(self, ours: str) -> bool:
        return called(self.name, ours)

    @property
    def words(self) -> float:
        some = self.values[:SHOWN]
        return sum(len(value.split()) for value in some) / max(len(some), 1)

    @cached_property
    def time_format(self) -> str | None:
        """The format in which most values read as times, nearly all of them; None if there is none."""
        some = self.values[:SHOWN]
        read = {pattern: _readable(some, pattern) for pattern in ("auto", *PATTERNS)}
        best = max(read, key=lambda pattern: read[pattern])
        return best if some and read[best] >= 0.95 * len(some) else None

    @property
    def timed(self) -> bool:
        """Whether it holds times. A number may be an id as well: then its name decides."""
        return self.time_format is not None and (not self.is_number or self.called("time") or self.called("date"))

    @property
    def is_number(self) -> bool:
        some = self.values[:SHOWN]
        return bool(some) and all(re.fullmatch(r"-?\d+([.,]\d+)?", value.strip()) for value in some)

    @property
    def separator(self) -> str | None:
        """What splits its values into words that come again and again."""
        some = self.values[:SHOWN]
        for mark in ("|", ";", ","):
            parts = Counter(part.strip() for value in some for part in value.split(mark))
            if any(mark in value for value in some) and len(parts) < 0.5 * sum(parts.values()):
                return mark
        return None


@dataclass(frozen=True)
class File:
    """A file as it can be read: its columns, and the delimiter of a CSV where it is no comma."""

    path: Path
    delimiter: str | None
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        return max((column.rows for column in self.columns), default=0)


def guess(paths: Sequence[Path], type_name: str = "item", plural: str | None = None) -> str:
    """A YAML for a file of items and, if there are two, a file of events, in any order; with comments.

    Raises ConfigError for what cannot be read, and where it cannot be told which file is which.
    """
    if not 1 <= len(paths) <= 2:
        raise ConfigError(
            f"Got {len(paths)} files: name one of items and, if there is one, one of events; add others by hand."
        )
    item_type = ItemType(type_name, plural or f"{type_name}s")
    files = [read_file(path) for path in paths]
    items, events, ids, named = (files[0], None, None, None) if len(files) == 1 else _joined(*files)
    lines = [
        _shown(f"# Made by `neo catalog map {' '.join(map(str, paths))}`: read it, correct it, run `neo check` on it."),
        f"types: [{{name: {item_type.name}, plural: {_written(item_type.plural)}}}]",
        "items:",
        f"  - path: {_written(str(items.path))}",
        f"    type: {item_type.name}",
        *([f"    delimiter: {_written(items.delimiter)}"] if items.delimiter else []),
        "    columns:",
        *(f"      {line}" for line in _item_lines(items, ids)),
    ]
    if events is not None and named is not None:
        lines += [
            "events:",
            f"  - path: {_written(str(events.path))}",
            *([f"    delimiter: {_written(events.delimiter)}"] if events.delimiter else []),
            "    columns:",
            *(f"      {line}" for line in _event_lines(events, named)),
        ]
    return "\n".join(lines) + "\n"


def read_file(path: Path) -> File:
    """The columns of a file, of its first rows."""
    name = path.name.removesuffix(".gz")
    kind = FORMATS.get(Path(name).suffix.lower())
    if kind is None:
        raise ConfigError(f"{path}: cannot tell the format by its ending, expected {', '.join(FORMATS)}, also .gz")
    delimiter = _delimiter(path) if kind == "csv" else None
    source = TableSource(path=str(path), format=kind, delimiter=delimiter)
    values: dict[str, list[str]] = {}
    rows = 0
    try:
        first = next(read_batches(path, source, ()), None)
        names = [] if first is None else list(first.names)
        for batch in read_batches(path, source, names):
            rows += len(batch.records)
            for name in names:
                found = batch.columns.get(name, [])
                texts = found.to_pylist() if isinstance(found, pa.Array) else found
                values.setdefault(name, []).extend(_text(value) for value in texts if value not in (None, "", []))
            if rows >= ROWS:
                break
    except UnreadableError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not rows:
        raise ConfigError(f"{path} holds no rows that can be read.")
    columns = tuple(Column(name, tuple(values.get(name, [])), rows) for name in names)
    return File(path, delimiter if delimiter != "," else None, columns)


def _joined(one: File, other: File) -> tuple[File, File, Column, Column]:
    """Items, events, the id of the items, and the events' column that holds it: those of which most is found there."""
    found: list[tuple[float, bool, File, File, Column, Column]] = []
    for items, events in ((one, other), (other, one)):
        for key in (column for column in items.columns if column.unique and not column.timed):
            for column in events.columns:
                held = sum(value in key.distinct for value in column.values) / max(len(column.values), 1)
                if held >= HELD and not column.unique:
                    found.append((held, column.called("item"), items, events, key, column))
    if not found:
        raise ConfigError(
            f"Cannot tell items from events: neither {one.path} nor {other.path} has a column of different ids that a "
            f"column of the other one holds again and again. Are they of one catalog? If ids are written differently "
            f"(a prefix, say), write the YAML by hand: `neo recipes copy custom-catalog FOLDER` has a template."
        )
    _, _, items, events, key, column = max(found, key=lambda each: each[:2])
    return items, events, key, column


def _item_lines(file: File, ids: Column | None) -> Iterator[str]:
    """Our columns, as lines of YAML."""
    left = list(file.columns)
    if ids is None:
        unique = [column for column in left if column.unique]
        ids = next((column for column in unique if column.called("id")), next(iter(unique), None))
    if ids is None:
        raise ConfigError(f"{file.path} has no column that is different and filled in every row: an item needs an id.")
    left.remove(ids)
    yield f"id: {_written(ids.name)}" + _because(f"{len(ids.distinct):,} different values")
    title = _best(left, "title", lambda column: 2 * len(column.distinct) > column.rows and not column.is_number)
    if title is None:
        raise ConfigError(f"{file.path} has no column of words that hardly repeat: an item needs a title.")
    left.remove(title)
    yield f"title: {_written(title.name)}" + _because(f"such as {title.values[0]!r:.60}")
    for ours in ("creator", "description", "topics", "date", "duration", "language", "popularity", "url"):
        suited = [each for each in left if _suits(each, ours)]
        column = next((each for each in suited if each.called(ours)), None)
        if column is None and ours == "topics":
            column = next((each for each in suited if each.separator in ("|", ";")), None)
        if column is not None:
            left.remove(column)
            yield f"{ours}: {_spec(column, ours)}" + _because(f"such as {column.values[0]!r:.60}")
    longest = max((column for column in left if column.words > 5), key=lambda column: column.words, default=None)
    if longest is not None and not any(column.called("description") for column in file.columns):
        left.remove(longest)
        yield f"description: {_written(longest.name)}" + _because("the longest text")
    if left:
        yield _shown(f"# not used: {', '.join(column.name for column in left)}")


def _event_lines(file: File, item: Column) -> Iterator[str]:
    left = [column for column in file.columns if column is not item]
    times = [column for column in left if column.timed]
    times = times or [each for each in left if each.time_format and 5 * len(each.distinct) > len(each.values)]
    time = next((column for column in times if column.called("time")), next(iter(times), None))
    if time is None:
        raise ConfigError(
            f"{file.path} has no column that reads as dates or times: seconds since 1970, ISO 8601, or written such as "
            f"31.12.2025. Where rows are in order but have no times, see `sequences` in the template: "
            f"`neo recipes copy custom-catalog FOLDER`."
        )
    left.remove(time)
    listener = _best(left, "listener", lambda column: 1 < len(column.distinct) < len(column.values))
    if listener is None:
        raise ConfigError(f"{file.path} has no column that repeats as listeners do: who met the items?")
    left.remove(listener)
    yield f"listener: {_written(listener.name)}" + _because(f"{len(listener.distinct):,} different ones")
    yield f"item: {_written(item.name)}" + _because("holds the ids of the items")
    yield f"time: {_spec(time, 'date')}" + _because(f"such as {time.values[0]!r:.60}{_doubt(time)}")
    kind = next((column for column in left if column.called("kind") and len(column.distinct) < 50), None)
    if kind is not None:
        left.remove(kind)
        yield f"kind: {_written(kind.name)}" + _because(f"{len(kind.distinct)} kinds")
    if left:
        yield _shown(f"# not used: {', '.join(column.name for column in left)}")


def _best(columns: Sequence[Column], ours: str, suits: Any) -> Column | None:
    """The column that is called so, else the one of most different values; None where none suits."""
    suited = [column for column in columns if column.values and suits(column) and not column.timed]
    named = [column for column in suited if column.called(ours)]
    return max(named or suited, key=lambda column: len(column.distinct), default=None)


def _suits(column: Column, ours: str) -> bool:
    if not column.values:
        return False
    if ours == "date":
        return column.time_format is not None
    if ours == "popularity":
        return column.is_number
    if ours == "duration":
        return all(re.fullmatch(r"[\d:.,]+", value.strip()) for value in column.values[:SHOWN])
    if ours == "url":
        return all(re.match(r"https?://", value) for value in column.values[:SHOWN])
    return not column.is_number


def _spec(column: Column, ours: str) -> str:
    """The column's name, with what else has to be said of it."""
    name = _written(column.name)
    if ours == "date" and column.time_format != "auto":
        return f"{{column: {name}, format: {_written(column.time_format)}}}"
    if ours == "topics":
        mark = column.separator
        return name if mark == "," else f"{{column: {name}, separator: {'null' if mark is None else _written(mark)}}}"
    if ours == "duration" and "min" in column.name.lower():
        return f"{{column: {name}, unit: minutes}}"
    return name


def _doubt(column: Column) -> str:
    """Where days and months could be either."""
    found = column.time_format or ""
    for one, other in (("%d/%m", "%m/%d"), ("%m/%d", "%d/%m")):
        if found.startswith(one) and _readable(column.values[:SHOWN], found.replace(one, other, 1)) == len(
            column.values[:SHOWN]
        ):
            return f"; day and month could be the other way round: {found.replace(one, other, 1)}"
    return ""


def _because(reason: str) -> str:
    return f"    # {_shown(reason)}"


def _shown(text: str) -> str:
    """As part of a comment, whatever it holds."""
    return re.sub(r"[^ -~\u00c0-\u024f]", "?", text)


def _written(value: str | None) -> str:
    """A YAML scalar on one line: as it is where that is safe, else in JSON's quotes, which YAML reads too."""
    plain = value is not None and re.fullmatch(r"[^\W\d][\w ./()-]*", value) and yaml.safe_load(value) == value
    return value if plain and value is not None else json.dumps(value)


def _text(value: Any) -> str:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _readable(values: Sequence[str], pattern: str) -> int:
    """How many of the values are times of a format."""
    reader, count = AsSeconds(pattern), 0
    for value in values:
        try:
            count += reader.one(value, Counter()) is not None
        except ValueError:
            continue
    return count


def _delimiter(path: Path) -> str:
    """Of a CSV, by its first lines: the mark that cuts most of them into as many fields as the header has."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(1 << 16).decode("utf-8-sig", "replace")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error) as error:
        raise ConfigError(f"{path}: the gzip file is damaged or cut off: {error}") from None
    lines = head.splitlines()[: 50 if len(head) < 1 << 16 else -1]
    best, most = ",", 1.0
    for mark in ",;\t|":
        rows = [len(fields) for fields in csv.reader(io.StringIO("\n".join(lines)), delimiter=mark) if fields]
        alike = sum(count == rows[0] for count in rows) / len(rows) if rows else 0.0
        if rows and rows[0] > 1 and alike * rows[0] > most:
            best, most = mark, alike * rows[0]
    return best
