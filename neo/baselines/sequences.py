"""Events as batches of sequences: what the neural baselines, SASRec and the membership network, read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from neo.catalog.activity import Events

DAY = 86_400
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences side by side, oldest event first, filled up at the end.

    `items` int64[b, t]: catalog rows, 0 in the filling; `gaps` float32[b, t]: days since the event before, 0 for
    the first and in the filling; `wanted` bool[b, t]: the events to be predicted; `listeners` int64[b], -1 where
    nobody is known.
    """

    items: torch.Tensor
    gaps: torch.Tensor
    wanted: torch.Tensor
    listeners: torch.Tensor


@dataclass(frozen=True, eq=False)
class Sequences:
    """Spans of flat columns: sequence `i` is the events `starts[i]` to `ends[i]`, of the listener `listeners[i]`.

    `items` int[n], `times` int64[n] seconds; `starts`, `ends`, `listeners` int64[sequences]. With `last_only` just
    the last event of each is to be predicted, otherwise all.
    """

    items: np.ndarray
    times: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    listeners: np.ndarray
    last_only: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> np.ndarray:
        return self.ends - self.starts

    def at_least(self, events: int) -> Sequences:
        """Those that have this many events."""
        kept = self.lengths >= events
        starts, ends, listeners = self.starts[kept], self.ends[kept], self.listeners[kept]
        return replace(self, starts=starts, ends=ends, listeners=listeners)

    def batch(self, places: np.ndarray) -> Batch:
        """The sequences at these places, in this order."""
        lengths = self.lengths[places]
        steps = np.arange(int(lengths.max(initial=0)))
        real = steps < lengths[:, None]
        at = np.where(real, self.starts[places][:, None] + steps, 0)
        items, times = np.where(real, self.items[at], 0), self.times[at]
        gaps = np.zeros(at.shape, dtype=np.float32)
        gaps[:, 1:] = np.where(real[:, 1:], np.maximum(times[:, 1:] - times[:, :-1], 0) / DAY, 0)
        wanted = steps == lengths[:, None] - 1 if self.last_only else real
        columns = (items.astype(np.int64), gaps, wanted, self.listeners[places].astype(np.int64))
        return Batch(*(torch.from_numpy(column) for column in columns))

    def batches(self, tokens: int, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Every sequence once, like lengths together, at most `tokens` events a batch, the filling included (a
        longer sequence is a batch alone). `rng` shuffles the sequences of a length, and then the batches."""
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        order = order[np.argsort(self.lengths[order], kind="stable")]
        cuts, longest = [0], self.lengths[order]
        for place in range(len(order)):
            if place > cuts[-1] and (place + 1 - cuts[-1]) * longest[place] > tokens:
                cuts.append(place)
        parts = np.split(order, cuts[1:]) if len(order) else []
        for i in range(len(parts)) if rng is None else rng.permutation(len(parts)):
            yield self.batch(parts[i])


def windows(events: Events, length: int) -> Sequences:
    """Everybody's events in windows of at most `length` + 1, cut from the latest event backwards.

    Neighboring windows share one event: the last of the earlier opens the later. So each event but a listener's
    first follows another one exactly once.
    """
    counts = np.diff(events.offsets)
    pieces = np.where(counts > 0, np.maximum(-(-(counts - 1) // length), 1), 0)
    owner = np.repeat(np.arange(len(counts)), pieces)
    back = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    ends = events.offsets[owner + 1] - back * length
    starts = np.maximum(events.offsets[owner], ends - length - 1)
    return Sequences(events.item, events.time, starts, ends, owner)


def hold_back(events: Events, length: int, most: int, seed: int) -> tuple[Events, Sequences]:
    """(what is left to train on, the latest `length` + 1 events of some listeners, to predict their last one).

    Every twentieth listener with three events or more, but no more than `most`, drawn by `seed`; their last event is
    not trained on.
    """
    able = np.flatnonzero(np.diff(events.offsets) >= 3)
    count = min(most, -(-len(able) // 20))
    who = np.sort(np.random.default_rng([seed, 1]).choice(able, count, replace=False))
    ends = events.offsets[who + 1]
    starts = np.maximum(events.offsets[who], ends - length - 1)
    held = Sequences(events.item, events.time, starts, ends, who, last_only=True)
    keep = np.ones(len(events), dtype=bool)
    keep[ends - 1] = False
    return events.where(keep), held


def of_histories(
    histories: Sequence[np.ndarray],
    length: int,
    times: Sequence[np.ndarray] | None = None,
    listeners: Sequence[int] | None = None,
) -> Sequences:
    """The last `length` events of each history, in the order given, with only the last one wanted.

    Without `times` (seconds, one an event) all gaps are 0, without `listeners` nobody is known.
    """
    counts = np.array([len(history) for history in histories], dtype=np.int64)
    ends = np.cumsum(counts)
    flat = np.concatenate([*histories, np.empty(0, dtype=np.int64)]).astype(np.int64)
    when = np.zeros(len(flat), np.int64) if times is None else np.concatenate([*times, np.empty(0, np.int64)])
    who = np.full(len(counts), NOBODY) if listeners is None else np.asarray(listeners)
    starts = ends - np.minimum(counts, length)
    return Sequences(flat, when.astype(np.int64), starts, ends, who.astype(np.int64), last_only=True)
