"""What is read of a long past: the latest events, and of each type the latest.

A listener of the starter world meets five episodes for each show and fifteen for each audiobook. What a prompt holds of
a long past would be episodes, though the next audiobook follows from the last one, whenever that was.
"""

from __future__ import annotations

import numpy as np


def recent(types: np.ndarray, length: int) -> np.ndarray:
    """int64[min(n, length)]: places, ascending, of what is read of a past of n events, int[n] types, oldest first.

    Half of it are the latest events; the other half are those before them, the latest of each type in turn. Where all
    are of one type that is the latest `length`.
    """
    if len(types) <= length:
        return np.arange(len(types))
    older = np.arange(len(types) - length // 2)[::-1]  # latest first
    turn = np.empty(len(older), dtype=np.int64)
    for code in np.unique(types[older]):
        mine = types[older] == code
        turn[mine] = np.arange(mine.sum())
    chosen = older[np.argsort(turn, kind="stable")[: length - length // 2]]
    return np.sort(np.concatenate([chosen, np.arange(len(older), len(types))]))
