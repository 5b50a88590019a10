"""How long something is, in words: "45 minutes", "an hour and a half", "1h30". English."""

from __future__ import annotations

import re

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: dict[str, float] = {word: at for at, word in enumerate((*_ONES, *_TEENS), 1)}
_VALUES |= {word: 10 * at for at, word in enumerate(_TENS, 2)}
_VALUES |= {"a": 1, "an": 1, "a couple of": 2}
_PARTS = {"three quarters": 0.75, "half": 0.5, "quarter": 0.25}  # of an hour

# Every gap is bounded, so that no text takes long.
_GAP, _MAY = r"[\s-]{1,3}", r"[\s-]{0,3}(?<=[\s\d-])"  # "20min", but "twenty min"
_WORDS = rf"(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))}"
COUNT = rf"(?:\d{{1,3}}(?:[.,]\d{{1,2}})?|{_WORDS})"
_AND_A = rf"{_GAP}and{_GAP}a{_GAP}(?:half|quarter)"
HOURS, MINUTES = r"(?:hours?|hrs?)", r"(?:minutes?|mins?)"
DURATION = (
    rf"(?:(?:three{_GAP}quarters|(?:a{_GAP})?quarter){_GAP}(?:of{_GAP})?(?:an{_GAP})?hour"
    rf"|(?:a{_GAP})?half{_GAP}(?:an?{_GAP})?hour"
    rf"|(?:{COUNT}|a{_GAP}couple{_GAP}of{_GAP}|an?{_GAP})(?:{_AND_A})?{_MAY}{HOURS}"
    rf"(?:{_AND_A}|{_GAP}(?:and{_GAP})?{COUNT}{_MAY}{MINUTES})?"
    rf"|\d{{1,3}}(?:[.,]\d{{1,2}})?{_MAY}h(?:\d\d|[\s-]{{0,3}}\d{{1,2}}{_MAY}(?:m|{MINUTES}))?"
    rf"|(?:{COUNT}|a{_GAP}){_MAY}{MINUTES})(?![\w'])"
)
_PART = re.compile(rf"(?:a )?({'|'.join(_PARTS)}) (?:of )?(?:an? )?hour")
_OF_HOURS = re.compile(
    rf"(?P<count>.+?)(?: and a (?P<before>half|quarter))? ?(?:{HOURS}|h)\b(?: and a (?P<behind>half|quarter))?"
    rf"(?: (?:and )?(?P<minutes>.+?) ?(?:m|{MINUTES})?)?"
)
_HAS_HOURS = re.compile(rf"(?:\b|\d){HOURS}\b|\d\s?h(?:\b|\d)", re.I)


def minutes_of(words: str) -> float:
    """How many minutes words that are a DURATION stand for."""
    words = re.sub(r"(?<=h)(?=\d)", " ", " ".join(words.lower().replace("-", " ").split()))
    if part := _PART.fullmatch(words):
        return 60.0 * _PARTS[part[1]]
    if not has_hours(words):
        return number(re.sub(rf" ?{MINUTES}$", "", words))
    hours = _OF_HOURS.fullmatch(words)
    if hours is None:
        raise ValueError(f"{words!r} is no duration")
    whole = number(hours["count"]) + _PARTS.get(hours["before"] or hours["behind"] or "", 0)
    return 60.0 * whole + (number(hours["minutes"]) if hours["minutes"] else 0)


def has_hours(words: str) -> bool:
    """Whether words that are a DURATION count hours."""
    return _HAS_HOURS.search(words) is not None


def number(words: str) -> float:
    """The value of words that are a COUNT, or stand for one."""
    words = " ".join(words.lower().replace("-", " ").split())
    if words in _VALUES:
        return float(_VALUES[words])
    return float(sum(_VALUES.get(word) or float(word.replace(",", ".")) for word in words.split()))
