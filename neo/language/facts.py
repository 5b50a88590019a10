"""Facts: what the catalog and a listener's history say, and all that a text about them may claim.

A topic counts once for every event of the history whose item, or whose item's parent, carries it. Nothing
here looks at texts: what a field does not say is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.activity import Listeners
from neo.catalog.catalog import Catalog
from neo.catalog.mentions import Mentions
from neo.language.wordings.fill import TypeWords, type_words

# Phrases that are true of every duration (seconds) below their bound; the last one of all others.
LENGTHS: tuple[tuple[float, str], ...] = (
    (900, "under a quarter of an hour"),
    (1800, "under half an hour"),
    (3600, "under an hour"),
    (3 * 3600, "between one and three hours"),
    (8 * 3600, "between three and eight hours"),
    (float("inf"), "over eight hours"),
)
MAIN_TOPICS = 3
OFTEN = 3  # events from which "again and again" is true
TONE_LIMIT = 24  # characters: a longer tone is not an adjective


class Count(NamedTuple):
    """A name and how many events of the history carry it."""

    name: str
    times: int


class Parent(NamedTuple):
    """A parent item and how many events of the history met it, by itself or by a part of it."""

    row: int
    title: str
    times: int


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is known of one item. Topics and creator of a part include its parent's."""

    row: int
    title: str
    type: str
    words: TypeWords
    creator: str | None
    topics: tuple[str, ...]
    tone: str | None
    length: str | None
    parent_row: int
    parent_title: str | None
    seconds: int | None = None
    released: date | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ListenerFacts:
    """What is known of one listener. All counts are there: the highest first, then the most recent."""

    events: int
    topics: tuple[Count, ...]
    creators: tuple[Count, ...]
    parents: tuple[Parent, ...]
    types: tuple[Count, ...]
    tones: tuple[Count, ...]
    onboarding: tuple[str, ...]
    turn: str | None

    def topic_times(self, topic: str) -> int:
        return next((times for name, times in self.topics if name == topic), 0)

    def creator_times(self, creator: str | None) -> int:
        return next((times for name, times in self.creators if name == creator), 0)

    def parent_times(self, row: int) -> int:
        return next((parent.times for parent in self.parents if parent.row == row), 0)

    @property
    def main_topics(self) -> tuple[str, ...]:
        """The three topics met most often."""
        return tuple(name for name, _ in self.topics[:MAIN_TOPICS])

    @property
    def usual_tone(self) -> str | None:
        """The tone met most often, if often enough to be one."""
        return self.tones[0].name if self.tones and self.tones[0].times >= OFTEN else None

    @property
    def main_tone(self) -> str | None:
        """The usual tone, if it is that of half of what has one."""
        return self.usual_tone if self.tones and 2 * self.tones[0].times >= sum(n for _, n in self.tones) else None


NOBODY = ListenerFacts(0, (), (), (), (), (), (), None)


def sayable(name: str | None) -> TypeGuard[str]:
    """Whether a name fits into a sentence; a long one is left out, not cut."""
    return name is not None and name.isprintable() and len(name) <= 48 and 1 <= len(name.split()) <= 6


class FactBook:
    """Looks facts up. Building it reads the columns once; memory is a few integers an item."""

    def __init__(self, catalog: Catalog, listeners: Listeners | None = None) -> None:
        self.catalog = catalog
        self.listeners = listeners
        self._words = {t.name: type_words(t)[0] for t in catalog.types}

    @cached_property
    def mentions(self) -> Mentions:
        """Which items speak of what."""
        return Mentions(self.catalog)

    def item(self, row: int) -> ItemFacts:
        """The facts of one catalog row; NotFoundError for a row that does not exist."""
        title, type_name = self.catalog.title(row), self.catalog.type_of(row)
        parent = int(self.catalog.parent_rows[row])
        seconds = self.catalog.column("duration")[row].as_py()
        return ItemFacts(
            row=int(row),
            title=title,
            type=type_name,
            words=self._words[type_name],
            creator=_named(self._creators, row),
            topics=tuple(dict.fromkeys(self._topics.names_of(row))),
            tone=_named(self._tones, row),
            length=_length(seconds),
            parent_row=parent,
            parent_title=None if parent < 0 else self.catalog.title(parent),
            seconds=seconds if seconds and seconds > 0 else None,
            released=self.catalog.column("date")[row].as_py(),
            language=self.catalog.column("language")[row].as_py(),
        )

    def listener(self, history: Sequence[int] | np.ndarray, listener_row: int | None = None) -> ListenerFacts:
        """The facts of a history (item rows, oldest first) and, where the listener is known, of who it is.

        Only what is passed counts: cut the history at the time of the example.
        """
        rows = np.asarray(history, dtype=np.int64)
        known = self.listeners if listener_row is not None and listener_row >= 0 else None
        events, codes = self._topics.of(rows)
        return ListenerFacts(
            events=len(rows),
            topics=_counts(codes, events, self._topics.names),
            creators=_counts(self._creators.codes[rows], np.arange(len(rows)), self._creators.names),
            parents=self._parent_counts(rows),
            types=_counts(self.catalog.type_codes[rows], np.arange(len(rows)), self._plurals),
            tones=_counts(self._tones.codes[rows], np.arange(len(rows)), self._tones.names),
            onboarding=() if known is None or listener_row is None else known.topics(listener_row),
            turn=_turn(codes, events, len(rows), self._topics.names),
        )

    @property
    def topic_names(self) -> Sequence[str]:
        """Every topic that an item of the catalog carries."""
        return self._topics.names

    @property
    def creator_names(self) -> Sequence[str]:
        return self._creators.names

    @property
    def tone_names(self) -> Sequence[str]:
        return self._tones.names

    @property
    def tone_codes(self) -> np.ndarray:
        """int32[items]: places in `tone_names`, -1 for none."""
        return self._tones.codes

    def _parent_counts(self, rows: np.ndarray) -> tuple[Parent, ...]:
        parents = self.catalog.parent_rows[rows]
        itself = (parents < 0) & self._is_parent_type[self.catalog.type_codes[rows]]
        found, times = _tally(np.where(itself, rows, parents), np.arange(len(rows)))
        return tuple(Parent(row, self.catalog.title(row), n) for row, n in zip(found, times, strict=True))

    @cached_property
    def _is_parent_type(self) -> np.ndarray:
        parents = {t.parent for t in self.catalog.types}
        return np.array([t.name in parents for t in self.catalog.types], dtype=bool)

    @cached_property
    def _plurals(self) -> list[str]:
        return [self._words[t.name].plural for t in self.catalog.types]

    @cached_property
    def _topics(self) -> _Topics:
        return _Topics.of_catalog(self.catalog)

    @cached_property
    def _creators(self) -> _Names:
        own = _encode(self.catalog.column("creator"))
        parents = self.catalog.parent_rows
        inherit = (own.codes < 0) & (parents >= 0)
        return _Names(np.where(inherit, own.codes[parents], own.codes), own.names)

    @cached_property
    def _tones(self) -> _Names:
        """`tone` of the extras. Only rows that mention it are parsed."""
        extras = self.catalog.column("extras")
        codes = np.full(len(self.catalog), -1, dtype=np.int32)
        names: dict[str, int] = {}
        rows = np.flatnonzero(pc.fill_null(pc.match_substring(extras, '"tone"'), False).to_numpy())
        for row, text in zip(rows.tolist(), extras.take(pa.array(rows)).to_pylist(), strict=True):
            try:
                values = json.loads(text)
            except ValueError:  # a catalog made by hand may hold anything there
                continue
            tone = values.get("tone") if isinstance(values, Mapping) else None
            if isinstance(tone, str) and 0 < len(tone.strip()) <= TONE_LIMIT:
                codes[row] = names.setdefault(tone.strip(), len(names))
        return _Names(codes, list(names))


class _Names(NamedTuple):
    """One name an item: int32 codes, -1 for none."""

    codes: np.ndarray
    names: list[str]


@dataclass(frozen=True, eq=False)
class _Topics:
    """Every item's own topics as codes in one flat array, with offsets; the parent's are joined on asking."""

    codes: np.ndarray
    offsets: np.ndarray
    names: list[str]
    parents: np.ndarray

    @classmethod
    def of_catalog(cls, catalog: Catalog) -> _Topics:
        column = catalog.column("topics")
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
        offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        flat = _encode(pc.list_flatten(column))
        return cls(flat.codes, offsets, flat.names, catalog.parent_rows)

    def names_of(self, row: int) -> list[str]:
        """Own topics first, then the parent's."""
        _, codes = self._own(np.array([r for r in (row, int(self.parents[row])) if r >= 0]))
        return [self.names[code] for code in codes if code >= 0]

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(event, topic) pairs, each once: the place in `rows` and the topic's code, by event."""
        events, codes = self._own(rows)
        with_parent = np.flatnonzero(self.parents[rows] >= 0)
        parent_events, parent_codes = self._own(self.parents[rows[with_parent]])
        events = np.concatenate((events, with_parent[parent_events]))
        codes = np.concatenate((codes, parent_codes))
        named = codes >= 0
        pairs = np.unique(events[named] * max(len(self.names), 1) + codes[named])
        return np.divmod(pairs, max(len(self.names), 1))

    def _own(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        starts, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        events = np.repeat(np.arange(len(rows)), lengths)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return events, self.codes[np.repeat(starts, lengths) + within].astype(np.int64)


def _encode(column: pa.ChunkedArray) -> _Names:
    """Codes of a string column; null and blank become -1."""
    column = pc.utf8_trim_whitespace(column)
    names = [name for name in pc.unique(column).to_pylist() if name]
    codes = pc.fill_null(pc.index_in(column, value_set=pa.array(names, column.type)), -1)
    return _Names(codes.to_numpy().astype(np.int32), names)


def _length(seconds: int | None) -> str | None:
    return None if not seconds or seconds < 0 else next(text for bound, text in LENGTHS if seconds < bound)


def _named(names: _Names, row: int) -> str | None:
    code = int(names.codes[row])
    return None if code < 0 else names.names[code]


def _counts(codes: np.ndarray, events: np.ndarray, names: Sequence[str]) -> tuple[Count, ...]:
    return tuple(Count(names[code], n) for code, n in zip(*_tally(codes, events), strict=True))


def _tally(codes: np.ndarray, events: np.ndarray) -> tuple[list[int], list[int]]:
    """Codes from 0 on and their counts; among equals the most recent comes first, then the lowest code."""
    kept = codes >= 0
    found, place, counts = np.unique(codes[kept], return_inverse=True, return_counts=True)
    last = np.zeros(len(found), dtype=np.int64)
    np.maximum.at(last, place, events[kept])
    order = np.lexsort((found, -last, -counts))
    return found[order].tolist(), counts[order].tolist()


def _turn(codes: np.ndarray, events: np.ndarray, length: int, names: Sequence[str]) -> str | None:
    """The topic that the last quarter of a history took up: in half of its events, thrice as often as before.

    None for histories under eight events, where a quarter says nothing.
    """
    if length < 8 or not len(codes):
        return None
    recent = length // 4
    late = events >= length - recent
    size = int(codes.max()) + 1
    now = np.bincount(codes[late], minlength=size) / recent
    then = np.bincount(codes[~late], minlength=size) / (length - recent)
    turned = np.where((now >= 0.5) & (now >= 3 * then), now - then, 0.0)
    best = int(turned.argmax())
    return names[best] if turned[best] > 0 else None
