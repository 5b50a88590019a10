"""How well a listener knows what an item belongs to: a habit, met before, or never met.

An episode belongs to its show, what has no parent to itself. At a moment a listener has the habit of it who met it, or
anything of it, on three different days or more of the last 28; it is familiar to who met it at all, and unfamiliar to
everybody else. So the three share out all items, and a new audiobook is unfamiliar to whoever has not met it.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from neo.catalog.activity import Events

Familiarity = Literal["habitual", "familiar", "unfamiliar"]
LEVELS: tuple[Familiarity, ...] = get_args(Familiarity)

DAY = 86_400
HABIT_DAYS, WINDOW_DAYS = 3, 28


def familiarity(item: int, history: np.ndarray, times: np.ndarray, now: int, parents: np.ndarray) -> Familiarity:
    """Of a catalog row, for a listener with this history.

    history: int[n], catalog rows; times: int64[n], when, in seconds before `now`; parents: int[items], the row of each
    item's parent, -1 without one.
    """
    whole = item if parents[item] < 0 else int(parents[item])
    met = times[(history == whole) | (parents[history] == whole)]
    if not len(met):
        return "unfamiliar"
    days = np.unique(met[met >= now - WINDOW_DAYS * DAY] // DAY)
    return "habitual" if len(days) >= HABIT_DAYS else "familiar"


def familiarities(events: Events, parents: np.ndarray) -> np.ndarray:
    """int8 [events], places in LEVELS: how well each event's listener knew its item right before the event."""
    whole = np.where(parents[events.item] < 0, events.item, parents[events.item]).astype(np.int64)
    pair = events.listener.astype(np.int64) * (len(parents) + 1) + whole
    order = np.argsort(pair, kind="stable")  # within a pair of listener and show the order of time stays
    pair, time = pair[order], events.time[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1) != 0)
    begin = np.repeat(starts, np.diff(starts, append=len(pair)))  # the pair's first event
    place, day = np.arange(len(pair)), time // DAY
    window = _first_within(pair, time, WINDOW_DAYS * DAY)
    new_day = np.ones(len(pair), dtype=np.int64)
    new_day[1:] = (place[1:] == begin[1:]) | (day[1:] != day[:-1])
    before = np.concatenate([[0], np.cumsum(new_day)])
    days = before[place] - before[window]
    days += (place > window) & (new_day[np.minimum(window, len(pair) - 1)] == 0)  # the window begins within a day
    known = np.select([days >= HABIT_DAYS, place > begin], [0, 1], 2).astype(np.int8)
    found = np.empty(len(pair), dtype=np.int8)
    found[order] = known
    return found


def _first_within(pair: np.ndarray, time: np.ndarray, span: int) -> np.ndarray:
    """int64 [n]: the place of each pair's first event that is no older than `span` seconds at each event."""
    if not len(pair):
        return np.zeros(0, dtype=np.int64)
    _, group = np.unique(pair, return_inverse=True)
    width = int(time.max() - time.min()) + span + 2
    key = group * width + (time - time.min()) + span + 1
    return np.searchsorted(key, key - span)


def acquaintances(
    history: np.ndarray, times: np.ndarray, now: int, parents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(habits, others): the catalog rows, int64 ascending, of shows and other wholes that a listener has met.

    As for `familiarity`; what is in neither is unfamiliar.
    """
    wholes = np.where(parents[history] < 0, history, parents[history]).astype(np.int64)
    late = times >= now - WINDOW_DAYS * DAY
    days = np.unique(np.column_stack([wholes[late], times[late] // DAY]), axis=0)
    found, count = np.unique(days[:, 0], return_counts=True)
    habits = found[count >= HABIT_DAYS]
    return habits, np.setdiff1d(wholes, habits)
