"""Everything that is wrong with the user's files, gathered before anything is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from neo.catalog.files import lines
from neo.catalog.mapping import TableSource
from neo_sdk.errors import Problem

SHOWN_SKIPPED = 3
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class FileOf:
    """A source, where its file lies, and its place among all sources (problems are listed in that order)."""

    source: TableSource
    path: Path
    place: int


@dataclass(frozen=True)
class Spot:
    """A record of a file (see `files.Batch.records`); None stands for the whole file."""

    file: FileOf
    record: int | None


@dataclass(frozen=True)
class _Entry:
    spot: Spot
    column: str | None
    message: str
    other: Spot | None


@dataclass
class ProblemLog:
    """Problems that stop, rows skipped for theirs, and notes of what was left out or changed in passing."""

    tell: Tell
    stopping: list[_Entry] = field(default_factory=list)
    skipped: list[_Entry] = field(default_factory=list)
    notes: Counter[tuple[int, str, str]] = field(default_factory=Counter)

    def add(self, spot: Spot, column: str | None, message: str, other: Spot | None = None) -> None:
        """A problem. That of a record is skipped where its source says so; that of a whole file always
        stops."""
        skip = spot.file.source.on_problem == "skip" and spot.record is not None
        (self.skipped if skip else self.stopping).append(_Entry(spot, column, message, other))

    def note(self, file: FileOf, what: str, count: int) -> None:
        """Something that was done to `count` rows; `{rows}` in `what` stands for them."""
        if count:
            self.notes[file.place, file.source.path, what] += count

    def problems(self) -> list[Problem]:
        """What stops, with line numbers, in the order of the files."""
        return _resolve(self.stopping)

    def report(self) -> None:
        """Tells what was left out; nothing disappears silently."""
        for (_, path, what), count in sorted(self.notes.items()):
            self.tell(f"{path}: {what.format(rows=_rows(count))}")
        by_place: dict[int, list[_Entry]] = defaultdict(list)
        for entry in self.skipped:
            by_place[entry.spot.file.place].append(entry)
        for _, entries in sorted(by_place.items()):
            records = {entry.spot.record for entry in entries}
            found = _resolve(entries)
            more = "" if len(found) <= SHOWN_SKIPPED else f"\n  ... and {len(found) - SHOWN_SKIPPED:,} more"
            shown = "\n".join(f"  {problem}" for problem in found[:SHOWN_SKIPPED])
            self.tell(
                f"{entries[0].spot.file.source.path}: skipped {_rows(len(records))} with problems "
                f"(on_problem: skip)\n{shown}{more}"
            )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _resolve(entries: list[_Entry]) -> list[Problem]:
    records: dict[FileOf, set[int]] = defaultdict(set)
    for entry in entries:
        for spot in (entry.spot, entry.other):
            if spot is not None and spot.record is not None:
                records[spot.file].add(spot.record)
    line_of = {file: lines(file.path, file.source, wanted) for file, wanted in records.items()}

    def line(spot: Spot) -> int | None:
        return None if spot.record is None else line_of[spot.file].get(spot.record)

    resolved = []
    for entry in entries:
        name = entry.spot.file.source.path
        message = entry.message
        if entry.other is not None:
            message += f", first in {entry.other.file.source.path}:{line(entry.other)}"
        resolved.append(
            (
                entry.spot.file.place,
                line(entry.spot) or 0,
                Problem(name, line(entry.spot), entry.column, message),
            )
        )
    # Once, though two tables may name the same file, or two of our columns the same one of theirs.
    return list(dict.fromkeys(problem for _, _, problem in sorted(resolved, key=lambda each: each[:2])))
