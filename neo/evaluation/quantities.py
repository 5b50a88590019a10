"""Numbers, lengths and dates in a text: '45 minutes', 'under half an hour', 'released in March 2018'."""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: value for value, word in enumerate(["zero", *_ONES, *_TEENS])}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, 2)}
# Teens first: "seven" is the beginning of "seventeen".
NUMBER = rf"\d+(?:\.\d+)?|(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_ONES)}))?|{'|'.join([*_TEENS, *_ONES, 'zero'])}"
MONTHS = [name.lower() for name in month_name[1:]]
ABOUT = 0.2  # how far a length may be off, where the text says no more than a number


@dataclass(frozen=True, slots=True)
class Span:
    """A length (seconds, at least `low` and at most `high`) claimed at a place of the text."""

    start: int
    end: int
    low: float
    high: float

    def holds(self, seconds: float) -> bool:
        return self.low <= seconds <= self.high


@dataclass(frozen=True, slots=True)
class When:
    """A date claimed at a place of the text; month 0 where only the year is named."""

    start: int
    end: int
    year: int
    month: int = 0

    def holds(self, day: date) -> bool:
        return day.year == self.year and self.month in (0, day.month)


_UNIT = r"(?:seconds?|minutes?|mins?|hours?|hrs?)"
_ONE = (
    rf"(?:half an hour|(?:a )?quarter of an hour|an hour and a half|a minute"
    rf"|(?:an |(?:{NUMBER})[\s-]*)(?:hours?|hrs?)(?:(?:,|\s+and)?\s+(?:{NUMBER})[\s-]*min(?:ute)?s?)?"
    rf"|(?:{NUMBER})[\s-]*{_UNIT})"
)
# A number is whole: "20-25 minutes" does not claim 25.
_LENGTH = re.compile(
    rf"\bbetween\s+(?P<from>{NUMBER}|an?)(?:\s+{_UNIT})?\s+and\s+(?P<to>{NUMBER})\s+(?P<unit>{_UNIT})\b"
    rf"|(?:\b(?P<how>under|less than|below|within|at most|up to|over|more than|above|at least|nearly|almost"
    rf"|about|around|roughly|just under|just over|well over|well under)\s+)?(?<![-\w])(?P<one>{_ONE})\b",
    re.I,
)
_UNDER = ("under", "less than", "below", "within", "at most", "up to", "just under", "well under")
_OVER = ("over", "more than", "above", "at least", "just over", "well over")
_DATE = re.compile(
    rf"\b(?:from|released|published|came out|out|aired|appeared|dated|of|since|in)\s+(?:back\s+)?(?:in\s+|on\s+)?"
    rf"(?:(?P<month>{'|'.join(MONTHS)})\s+)?(?:\d{{1,2}},?\s+)?(?P<year>(?:19|20)\d\d)\b",
    re.I,
)


def number(word: str) -> float:
    """The value of digits or of a number word."""
    return sum(float(_VALUES.get(part, part)) for part in word.lower().split("-"))


def lengths(text: str) -> list[Span]:
    """All lengths that a text names, in its order."""
    found = []
    for match in _LENGTH.finditer(text):
        if match["one"] is None:
            scale = _scale(match["unit"])
            low = 1.0 if match["from"].lower() in ("a", "an") else number(match["from"])
            found.append(Span(match.start(), match.end(), low * scale, number(match["to"]) * scale))
            continue
        value = _seconds(match["one"])
        how = (match["how"] or "").lower()
        if how in _UNDER:
            low, high = 0.0, value
        elif how in _OVER:
            low, high = value, float("inf")
        else:
            low, high = value * (1 - ABOUT), value * (1 + ABOUT)
        found.append(Span(match.start(), match.end(), low, high))
    return found


def dates(text: str) -> list[When]:
    """All years, with their months, that a text ties to a release."""
    return [
        When(m.start(), m.end(), int(m["year"]), MONTHS.index(m["month"].lower()) + 1 if m["month"] else 0)
        for m in _DATE.finditer(text)
    ]


def _seconds(words: str) -> float:
    words = words.lower()
    fixed = {"half an hour": 1800.0, "an hour and a half": 5400.0, "a minute": 60.0}
    if words in fixed or words.endswith("quarter of an hour"):
        return fixed.get(words, 900.0)
    parts = re.findall(rf"({NUMBER})[\s-]*({_UNIT})", re.sub("^an ", "one ", words))
    return sum(number(count) * _scale(unit) for count, unit in parts)


def _scale(unit: str) -> float:
    return {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0].lower()]
