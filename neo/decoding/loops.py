"""Loops: a small model that always takes its best word can say one thing for ever, and then another word is taken.

Only words are meant, at the third time in a row with nothing in between: numbers and rules of dashes go on for a
while, refrains stay, and so does what is said of item after item. Of names that an answer lists none
comes a second time: of "most A, next B, and then C" the quickstart's model made "A, next C, and then C" in half of its
portraits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

LONGEST = 32  # tokens of what is said again and again
WORDS = 2  # it has at least so many
SHORT, TIMES = 4, 16  # tokens of what is no word, a number or a rule, and how often it may come in a row
JOINT = 4  # tokens at most between two names that are listed: ", and then"


def third_time(said: Sequence[int], spell: Callable[[Sequence[int]], str]) -> set[int]:
    """The tokens that would begin to say, a third time in a row, what an answer (token ids) has just said twice."""
    lengths = range(WORDS, min(LONGEST, len(said) // 2) + 1)
    ends = [length for length in lengths if said[-1] == said[-1 - length]]  # for nearly all of them it is not so
    ever = {said[-length] for length in range(1, SHORT + 1) if _repeats(said, length, TIMES)}
    twice = [said[-length:] for length in ends if said[-length:] == said[-2 * length : -length]]
    return ever | {again[0] for again in twice if len(re.findall(r"[^\W\d_]+", spell(again))) >= WORDS}


def _repeats(said: Sequence[int], length: int, times: int) -> bool:
    """Whether it ends with the same tokens so many times."""
    end = list(said[-length * times :])
    return len(end) == length * times and end[length:] == end[:-length]


def listed_twice(said: Sequence[int], names: Sequence[Sequence[int]]) -> set[int]:
    """The tokens that would begin a name once more where one of these names (token ids) has just been said.

    A token that begins a name which was not said yet is none of them.
    """
    ends = [(name, end) for name in map(list, names) for end in _ends(list(said), name)]
    if all(len(said) - end > JOINT for _, end in ends):
        return set()
    again = [name for name, _ in ends]
    return {name[0] for name in again} - {name[0] for name in map(list, names) if name not in again}


def _ends(said: list[int], name: list[int]) -> list[int]:
    """Behind which tokens a name ends."""
    size = len(name)
    return [at + size for at in range(len(said) - size + 1) if said[at : at + size] == name] if name else []
