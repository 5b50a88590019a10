"""How well a listener knows what an item belongs to: a habit, met before, or never met.

An episode belongs to its show, what has no parent to itself. At a moment a listener has the habit of it who met it, or
anything of it, on three different days or more of the last 28; it is familiar to who met it at all, and unfamiliar to
everybody else. So the three share out all items, and a new audiobook is unfamiliar to whoever has not met it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Familiarity = Literal["habitual", "familiar", "unfamiliar"]

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
