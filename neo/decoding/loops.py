"""Loops: a small model that always takes its best word can say one thing for ever, and then another word is taken.

Only at the third time in a row, with nothing in between: refrains stay, and so does what is said of item after item.
"""

from __future__ import annotations

from collections.abc import Sequence

SHORTEST, LONGEST = 2, 32  # tokens of what is said again and again


def third_time(said: Sequence[int]) -> set[int]:
    """The tokens that would begin to say, a third time in a row, what an answer (token ids) has just said twice."""
    lengths = range(SHORTEST, min(LONGEST, len(said) // 2) + 1)
    return {said[-length] for length in lengths if said[-length:] == said[-2 * length : -length]}
