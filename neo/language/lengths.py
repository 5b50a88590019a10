"""Lengths as wishes name them, "under 45 minutes", and how many seconds they take in."""

from __future__ import annotations

import re
from typing import Literal

from neo.language.wordings.wishes import LENGTHS

Bound = Literal["under", "at most", "over", "at least"]
FOREVER = float("inf")
SHORT, LONG = "short", "long"  # among those of its type: of the third that lasts least, or most
_VALUE = re.compile(r"(under|at most|over|at least) (\d{1,6}) minutes?")


def length(bound: Bound, minutes: int) -> str:
    """The value of a wish."""
    return f"{bound} {minutes} minute{'' if minutes == 1 else 's'}"


def seconds_of(value: str) -> tuple[float, float]:
    """The whole seconds that a wish for a length takes in: from the first on and below the second.

    Of LENGTHS as they say; any other leaves out the very length that it is under or over. ValueError for what is none.
    """
    if value in LENGTHS:
        return LENGTHS[value]
    if not (found := _VALUE.fullmatch(value)):
        raise ValueError(f"{value!r} is no length, expected one such as 'under 45 minutes'")
    seconds = 60 * int(found[2])
    bounds = {
        "under": (0, seconds),
        "at most": (0, seconds + 1),
        "over": (seconds + 1, FOREVER),
        "at least": (seconds, FOREVER),
    }
    return bounds[found[1]]
