"""Loops: a small model that always takes its best word can say one thing for ever, and then another word is taken.

Only words are meant, at the third time in a row with nothing in between: numbers and rules of dashes go on as long as
they like, refrains stay, and so does what is said of item after item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

LONGEST = 32  # tokens of what is said again and again
WORDS = 2  # it has at least so many


def third_time(said: Sequence[int], spell: Callable[[Sequence[int]], str]) -> set[int]:
    """The tokens that would begin to say, a third time in a row, what an answer (token ids) has just said twice."""
    lengths = range(WORDS, min(LONGEST, len(said) // 2) + 1)
    ends = [length for length in lengths if said[-1] == said[-1 - length]]  # for nearly all of them it is not so
    twice = [said[-length:] for length in ends if said[-length:] == said[-2 * length : -length]]
    return {again[0] for again in twice if len(re.findall(r"[^\W\d_]+", spell(again))) >= WORDS}
