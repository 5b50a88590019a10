"""What is known of a listener at a moment, in numbers: what the listener model reads.

Everything follows from the events strictly before the moment, of the last week, month, half year and ever, and from
what the listener has said of themselves. Features come in groups that can be missing together, as they are for who is
new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neo.catalog.activity import Events, Listeners
from neo.listeners.item_vectors import ItemVectors

DAY = 86_400
WINDOWS = (7, 30, 182, 36_500)  # days; the last is ever
RHYTHM = 182  # days that weekdays, hours of the day and the share of each type are taken from
DAYPARTS = 6  # of four hours, UTC
CHUNK = 2_000  # listeners whose events are summed up at a time


@dataclass(frozen=True)
class Profiles:
    """What the countries, languages and topics of listeners stand for. topics: float32 [d] for each that is known."""

    countries: tuple[str, ...]
    languages: tuple[str, ...]
    topics: dict[str, np.ndarray]


@dataclass(frozen=True)
class Group:
    """The features `start` to `end`, that stand for one thing that can be unknown."""

    name: str
    start: int
    end: int


class Features:
    """Moments of listeners as float32 [n, width]; `groups` share out the columns."""

    def __init__(self, items: ItemVectors, types: Sequence[str], profiles: Profiles) -> None:
        self.items, self.types, self.profiles = items, tuple(types), profiles
        sizes: dict[str, int] = {}
        for days in WINDOWS:
            sizes |= {f"what, {days} days": items.dim, f"how much, {days} days": 2}
        sizes |= {"rhythm": 7 + DAYPARTS, "since": 1}
        for name in self.types:
            sizes |= {f"what, {name}": items.dim, f"how much, {name}": 2}
        sizes |= {
            "topics": items.dim + 1,
            "country": len(profiles.countries),
            "language": len(profiles.languages),
            "age": 2,
        }
        ends = np.cumsum(list(sizes.values())).tolist()
        self.groups = tuple(Group(name, end - sizes[name], end) for name, end in zip(sizes, ends, strict=True))
        self.width = int(ends[-1])

    def at(
        self, events: Events, who: np.ndarray, when: np.ndarray, listeners: Listeners, rows: np.ndarray
    ) -> np.ndarray:
        """float32 [n, width]: listener `who[i]` of the events at the second `when[i]`.

        rows: their rows in `listeners`, -1 where nothing is known of them but events.
        """
        made = np.zeros((len(who), self.width), dtype=np.float32)
        place = {group.name: slice(group.start, group.end) for group in self.groups}
        for places in self._chunks(who):
            for name, values in self._lives(events, who[places], when[places]):
                made[places, place[name]] = values
        for name, values in self._said(listeners, rows, when):
            made[:, place[name]] = values
        return made

    def _chunks(self, who: np.ndarray) -> Iterator[np.ndarray]:
        """Places of `who` such that no more than CHUNK listeners, neighbours by row, are looked at together."""
        order = np.argsort(who, kind="stable")
        distinct = np.cumsum(np.diff(who[order], prepend=-1) != 0) - 1
        for start in range(0, int(distinct[-1]) + 1 if len(order) else 0, CHUNK):
            yield order[(distinct >= start) & (distinct < start + CHUNK)]

    def _lives(self, events: Events, who: np.ndarray, when: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        first, last = int(events.offsets[who.min()]), int(events.offsets[who.max() + 1])
        mine = np.isin(events.listener[first:last], who)  # of listeners far apart not all those between them
        item, time, listener = (column[first:last][mine] for column in (events.item, events.time, events.listener))
        types = self.items.type_codes(item, self.types)
        vectors = self.items.of(item)
        all_of_them = _Sums(listener, time, np.column_stack([vectors, _rhythm(time)]))
        d = self.items.dim
        for days in WINDOWS:
            mean, count, active = all_of_them.over(who, when, days)
            yield f"what, {days} days", mean[:, :d]
            yield f"how much, {days} days", np.log1p(np.column_stack([count, active]))
            if days == RHYTHM:
                yield "rhythm", mean[:, d:]
        yield "since", _recency(all_of_them.since(who, when))
        for code, name in enumerate(self.types):
            of_it = types == code
            of_type = _Sums(listener[of_it], time[of_it], vectors[of_it])
            mean, count, _ = of_type.over(who, when, RHYTHM)
            yield f"what, {name}", mean
            yield f"how much, {name}", np.column_stack([np.log1p(count), _recency(of_type.since(who, when))])

    def _said(self, listeners: Listeners, rows: np.ndarray, when: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        table = {row: self._profile(listeners, row) for row in np.unique(rows[rows >= 0]).tolist()}
        blank = [np.zeros(group.end - group.start) for group in self.groups[-4:-1]]
        said = [table.get(int(row), blank) for row in rows]
        for at, group in enumerate(self.groups[-4:-1]):
            yield group.name, np.array([one[at] for one in said]).reshape(len(rows), -1)
        joined = listeners.joined[rows.clip(min=0)] if len(listeners) else np.full(len(rows), np.datetime64("NaT", "D"))
        there = (rows >= 0) & ~np.isnat(joined)
        days = (when - joined.astype("datetime64[s]").astype(np.int64)) / DAY
        yield "age", np.where(there[:, None], np.column_stack([np.log1p(np.where(there, days, 0).clip(0)), there]), 0)

    def _profile(self, listeners: Listeners, row: int) -> list[np.ndarray]:
        """The topics', country's and language's columns of a listener."""
        chosen = [self.profiles.topics[name] for name in listeners.topics(row) if name in self.profiles.topics]
        mean = np.mean(chosen, axis=0) if chosen else np.zeros(self.items.dim)
        country, language = listeners.country(row), listeners.language(row)
        return [
            np.append(mean, np.log1p(len(chosen))),
            np.array([country == name for name in self.profiles.countries], dtype=float),
            np.array([language == name for name in self.profiles.languages], dtype=float),
        ]


class _Sums:
    """Sums over any listener's stretch of time, of events that are sorted by listener and time."""

    def __init__(self, listener: np.ndarray, time: np.ndarray, values: np.ndarray) -> None:
        self.base = int(time.min(initial=0)) - 1
        self.span = int(time.max(initial=0)) - self.base + 1
        day = time // DAY
        new_day = np.ones(len(time))
        new_day[1:] = (np.diff(listener) != 0) | (np.diff(day) != 0)
        self.key = listener.astype(np.int64) * self.span + (time - self.base)
        self.time, self.first_of_day = time, np.flatnonzero(new_day)
        self.values = values

    def over(self, who: np.ndarray, when: np.ndarray, days: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The mean of the values, how many events and how many days that had one."""
        start, end = self._place(who, when - int(days * DAY)), self._place(who, when)
        count = end - start
        mean = self._between(start, end) / np.maximum(count, 1)[:, None]
        active = np.searchsorted(self.first_of_day, end) - np.searchsorted(self.first_of_day, start)
        # A window may begin in the middle of a day whose first event lies before it.
        begun = (count > 0) & ~np.isin(start, self.first_of_day)
        return mean, count, active + begun

    def _between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """float64 [n, d]: the sums of the values from `start` to `end`.

        Summed up from bound to bound: running sums of every event took 7.5 ms for 5,000, these take .7.
        """
        bounds = np.unique(np.concatenate([start, end]))
        parts = np.add.reduceat(self.values, bounds[bounds < len(self.values)], axis=0, dtype=np.float64)
        total = np.zeros((len(parts) + 1, self.values.shape[1]))
        np.cumsum(parts, axis=0, out=total[1:])
        return total[np.searchsorted(bounds, end)] - total[np.searchsorted(bounds, start)]

    def since(self, who: np.ndarray, when: np.ndarray) -> np.ndarray:
        """Days since the last event; NaN without one."""
        end = self._place(who, when)
        some = end > self._place(who, np.full(len(who), self.base))
        return np.where(some, (when - self.time[np.maximum(end - 1, 0)]) / DAY if len(self.time) else 0.0, np.nan)

    def _place(self, who: np.ndarray, when: np.ndarray) -> np.ndarray:
        """How many events lie before these seconds, in order of listener and time."""
        return np.searchsorted(self.key, who.astype(np.int64) * self.span + np.clip(when - self.base, 0, self.span))


def _recency(days: np.ndarray) -> np.ndarray:
    """1 for right now, towards 0 with the days, 0 for never."""
    return np.where(np.isnan(days), 0, 1 / (1 + np.log1p(np.nan_to_num(days))))[:, None]


def _rhythm(time: np.ndarray) -> np.ndarray:
    """[n, 7 + DAYPARTS]: one-hot weekday and part of the day."""
    weekday = (time // DAY + 3) % 7  # 1970-01-01 was a Thursday
    part = time % DAY * DAYPARTS // DAY
    return np.column_stack([np.eye(7)[weekday], np.eye(DAYPARTS)[part]])
