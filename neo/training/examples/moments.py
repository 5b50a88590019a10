"""Moments in listeners' lives: what they had met, and what of a type they met next. The source of stage 3's labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neo.catalog.activity import Events
from neo.listeners.familiarity import LEVELS, Familiarity, familiarities
from neo.listeners.recent import recent
from neo_sdk.types import Mode

DAY = 86_400
UPCOMING = 6  # items of a mode in a row that asks for it
LEAST = 0.01  # of the latest listener's weight: in ten years of data nobody is read less than a tenth as often


@dataclass(frozen=True)
class Moment:
    """A listener, their history up to a moment (oldest first) and what of one type came next, in order.

    when: the second of the moment; the history may end with events of that very second, which came before it.
    known: how well the listener knew each of what came next, in places of `neo.listeners.familiarity.LEVELS`.
    """

    listener: int
    history: tuple[int, ...]
    upcoming: tuple[int, ...]
    when: int
    known: tuple[int, ...] = ()

    def levels(self, count: int) -> tuple[Familiarity, ...]:
        """How well the listener knew each of the first `count` items that came next."""
        return tuple(LEVELS[level] for level in self.known[:count])


class Moments:
    """Draws moments from events; late events are drawn more often, since tastes and catalogs move."""

    def __init__(
        self, events: Events, type_codes: np.ndarray, history: int, recency_days: float, parents: np.ndarray
    ) -> None:
        self.events, self.length = events, history
        self.parents, self.first, self.known = parents, events.first_meetings(), familiarities(events, parents)
        self.types = np.asarray(type_codes)[events.item]
        self.half_life = recency_days * DAY

    def draw(self, type_code: int, count: int, rng: np.random.Generator) -> Iterator[Moment]:
        """At most `count` moments (repeats are left out) whose next item of the type is the label.

        The history ends anywhere between the listener's last item of the type and the label, as it does when
        somebody asks: other things may be heard in between.
        """
        places = np.nonzero(self.types == type_code)[0]
        if not len(places) or not count:
            return
        weights = self._lateness(places)
        for place in rng.choice(places, size=count, p=weights / weights.sum()):
            moment = self._moment(int(place), places, rng)
            if moment is not None:
                yield moment

    def discoveries(self, mode: Mode, codes: Sequence[int], count: int, rng: np.random.Generator) -> Iterator[Moment]:
        """Moments, and the next items of a type and a mode that were met then; as many of each type as of others.

        An episode is rarely the first that a listener meets of a show: they follow it before. So what is unfamiliar is
        asked for before the show itself was met, if it was heard within a week of that. codes: the types; those without
        such a moment are left out.
        """
        find = self._familiar if mode == "familiar" else self._unfamiliar
        found = [pairs for pairs in map(find, codes) if len(pairs[0])]
        level = LEVELS.index(mode)
        for at, (asked, met) in enumerate(found):
            share = count // len(found) + (at < count % len(found))
            weights = self._lateness(met)
            for place in rng.choice(len(met), size=share, p=weights / weights.sum()).tolist():
                now = int(asked[place])
                listener = int(self.events.listener[now])
                start = int(self.events.offsets[listener])
                coming = met[place : place + UPCOMING]
                coming = coming[self.events.listener[coming] == listener]
                if mode == "familiar":
                    coming = coming[self.begun[coming] < now]
                items = tuple(dict.fromkeys(self.events.item[coming].tolist()))
                history = self.events.item[start:now][recent(self.types[start:now], self.length)]
                when = int(self.events.time[now])
                yield Moment(listener, tuple(history.tolist()), items, when, (level,) * len(items))

    def _familiar(self, code: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of a type's events that met something familiar for the first time: asked at, and met at."""
        places = np.flatnonzero((self.types == code) & (self.known == LEVELS.index("familiar")) & self.first)
        return places, places

    def _unfamiliar(self, code: int) -> tuple[np.ndarray, np.ndarray]:
        """Where something was met of which nothing had been, in their order, and where the first of the type was."""
        mine = np.flatnonzero(self.types == code)
        asked, first = np.unique(self.begun[mine], return_index=True)
        met = mine[first]
        soon = self.events.time[met] - self.events.time[asked] <= 7 * DAY
        return asked[soon], met[soon]

    @cached_property
    def begun(self) -> np.ndarray:
        """int64 [events]: the place of the listener's first event with the same show, or whatever it belongs to."""
        item = self.events.item
        wholes = np.where(self.parents[item] < 0, item, self.parents[item]).astype(np.int64)
        pairs = self.events.listener.astype(np.int64) * (len(self.parents) + 1) + wholes
        _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
        return first[which]

    def histories(self, count: int, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
        """Listeners with two events or more, and places of their events, thinned (see `_thinned`); of many, a stretch.

        Those whose events are late are drawn more often, by the square root of the mean weight: all alike, quickstart's
        validation week had HR@10 of .304, .408, .273, so drawn .316, .403, .294, by the mean weight itself .313, .407,
        .273 (one seed each; audiobooks move by .015 from run to run).
        """
        lengths = np.diff(self.events.offsets)
        listeners = np.nonzero(lengths >= 2)[0]
        if not len(listeners):
            return
        places = np.nonzero(lengths[self.events.listener] >= 2)[0]
        mean = np.bincount(self.events.listener[places], self._lateness(places))[listeners] / lengths[listeners]
        often = np.sqrt(np.maximum(mean / mean.max(), LEAST))
        # Drawn at even distances, so that chance moves nobody by more than one row.
        bounds = np.cumsum(often) / often.sum()
        drawn = np.minimum(np.searchsorted(bounds, (np.arange(count) + rng.random()) / count), len(listeners) - 1)
        for listener in rng.permutation(listeners[drawn]):
            first, last = int(self.events.offsets[listener]), int(self.events.offsets[listener + 1])
            kept = first + np.flatnonzero(self._thinned(self.types[first:last], rng))
            start = int(rng.integers(max(0, len(kept) - self.length) + 1))
            yield int(listener), kept[start : start + self.length]

    def _lateness(self, places: np.ndarray) -> np.ndarray:
        """float64[n]: 1 for the latest of these events, halved with every half-life before it.

        Of these alone: the latest of others may be so much later that nothing would be left of them.
        """
        time = self.events.time[places]
        return np.exp2((time - time.max()) / self.half_life)

    def _thinned(self, types: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """bool[n]: the events of a life that stay; of frequent types, from all of them to as few as of the rarest.

        What comes next is asked by type, and the next audiobook lies some fifteen events after the last one, where no
        history of fifty teaches what leads to what. Quickstart, validation week, one seed, HR@10 of shows, episodes and
        audiobooks without such rows .304, .383, .257, with 8,000 of them .306, .409, .293.
        """
        counts = np.bincount(types)
        chance = (counts[counts > 0].min() / np.maximum(counts, 1)) ** rng.random()
        return rng.random(len(types)) < chance[types]

    def _moment(self, place: int, places: np.ndarray, rng: np.random.Generator) -> Moment | None:
        listener = int(self.events.listener[place])
        first, last = int(self.events.offsets[listener]), int(self.events.offsets[listener + 1])
        at = int(np.searchsorted(places, place))
        earliest = max(first, int(places[at - 1]) + 1) if at else first
        now = int(rng.integers(earliest, place + 1))
        met = set(self.events.item[first:now].tolist())
        coming = places[at : at + 8]
        upcoming: dict[int, int] = {}  # where each item is met first
        for p in coming[coming < last].tolist():
            upcoming.setdefault(int(self.events.item[p]), p)
        fresh = tuple(row for row in upcoming if row not in met)
        if int(self.events.item[place]) in met or not fresh:
            return None  # heard before: never a recommendation
        history = self.events.item[first:now][recent(self.types[first:now], self.length)]
        # What was first met between now and then is unfamiliar to who asks now.
        new = LEVELS.index("unfamiliar")
        known = tuple(int(self.known[p]) if self.begun[p] < now else new for p in map(upcoming.get, fresh))
        return Moment(listener, tuple(history.tolist()), fresh, int(self.events.time[now]), known)
