"""The lengths that a request bounds: "under 45 minutes", "an hour or longer", "between 20 and 40 minutes". English.

Of a length without a bound ("a 20 minute podcast", "45 minutes or so") nothing is read, but where it is the time that
somebody has: "I've only got 20 minutes". Which ones are wished for tells `neo.language.lengths_wished`.
"""

from __future__ import annotations

import re

from neo.language.denials import FAR, denies, last_clause
from neo.language.durations import COUNT, DURATION, has_hours, minutes_of, number
from neo.language.lengths import FOREVER, SHORT, Bound, length
from neo.language.lengths_wished import Around, is_had, is_wished
from neo.language.reading_words import NOUN
from neo.language.wordings.wishes import LENGTHS

MOST = 12  # lengths in a text that plainly asks for some
LEAST = 10  # minutes that somebody has and means to fill: not "got five minutes before the bus"
_HUNDREDS = re.compile(r"\b(?:hundred|thousand)(?:\s+and)?[\s-]{1,3}$", re.I)  # "a hundred and twenty minutes"


def _spaced(pattern: str) -> str:
    return pattern.replace(" ", r"\s{1,3}")


# Before a noun, with other adjectives between; no "short stories", "long drive" nor "as long as".
_SHORT = re.compile(
    rf"\b(?:an?|some|few|any|{COUNT}|and|nice|really|very|pretty|quite|please|only)\s+(?P<word>short|long)"
    rf"(?:,?\s+(?!(?:for|on|in|to|of|with|about|by|at|from|and|or|but|the|an?|my|story|stories|drive|walk|trip|flight)\b)"
    rf"[\w'-]+){{0,3}}?,?\s+{NOUN}"
    r"|\b(?:something|anything|smth|sth)\s+(?:really\s+|very\s+|nice and\s+)?(?P<some>short|long)\b"
    r"(?!-|\s+(?:term|form|distance|lived|range))",
    re.I,
)
_NOT_LONG = re.compile(
    r"\bnot\s+(?:too|so|very|that)\s+(?:much\s+)?long\b(?!\s+(?:ago|since|before|after|until))", re.I
)
_UNDER, _OVER = r"under|below|(?:less|shorter|fewer) than|sub", r"over|above|(?:more|longer) than"
_MOST = (
    r"at (?:the )?(?:very )?most|up to|(?:an? )?max(?:imum|\.)?(?: (?:length|duration|time))?(?: of|:)?|not exceeding"
)
_LEAST = r"at (?:the )?(?:very )?least|(?:an? )?min(?:imum|\.)(?: (?:length|duration|time))?(?: of|:)?"
# What makes an upper bound of a lower one, and a lower one of an upper one. "Not over an hour" may go on otherwise.
_NOTHING = (
    r"(?:nothing|(?:do|ca|wo)n'?t (?:want|need|do|like|(?:give|show|find) me) any(?:thing)?)"
    r"(?: that's| that is| that lasts| that runs)?|none|(?:should|must|ca|need)n'?t be|(?:not|never) be"
)
_BOUND = _spaced(
    rf"(?:(?P<nothing>{_NOTHING}) (?:any )?(?:(?P<no_under>{_UNDER})|(?P<no_over>{_OVER}))"
    r"|(?:no|not|never) (?:any )?(?:(?P<not_under>(?:less|shorter) than)|(?P<not_over>(?:more|longer) than))"
    rf"|(?P<under>{_UNDER})|(?P<over>{_OVER})|(?P<most>{_MOST})|(?P<least>{_LEAST}))"
    r"[\s-]{1,3}(?:(?:about|around|roughly|say) )?"
)
_BEHIND = _spaced(
    r",?[\s-]{1,3}(?:(?P<or_less>at (?:the )?(?:very )?most|max(?:imum)?|tops|or (?:less|under|shorter|fewer|below)"
    r"|(?:and |but )?(?:no|not|nothing) (?:more|longer))"
    r"|(?P<or_more>at (?:the )?(?:very )?least|minimum|(?:or|and) (?:more|longer|over|above|up(?:wards)?)))\b"
    rf"(?! (?:than|like|an?|the|{COUNT})\b)"
)
_LENGTH = re.compile(
    rf"\bbetween\s{{1,3}}(?P<low>{DURATION}|{COUNT})\s{{1,3}}and\s{{1,3}}(?P<high>{DURATION})"
    rf"|\b{_BOUND}(?P<bounded>{DURATION})|(?<![\w.,:/+])(?P<bare>{DURATION})(?:{_BEHIND})?",
    re.I | re.A,  # no other letters that are these in some case
)
_BY_GROUP: dict[str, Bound] = {
    "no_under": "at least",
    "not_under": "at least",
    "least": "at least",
    "or_more": "at least",
    "no_over": "at most",
    "not_over": "at most",
    "most": "at most",
    "or_less": "at most",
    "under": "under",
    "over": "over",
}


def read_short(text: str, nouns: re.Pattern[str]) -> list[str]:
    """ "short" or "long" where items are to be that: "a short funny episode", "something long", "not too long".

    nouns: what the types are called, articles before them too.
    """
    text = nouns.sub(NOUN, text)
    found = {
        (match["word"] or match["some"]).lower()
        for match in _SHORT.finditer(text)
        if not denies(last_clause(text[: match.start()]))
    }
    found |= {SHORT for match in _NOT_LONG.finditer(text)}
    return [found.pop()] if len(found) == 1 else []


def read_lengths(written: str, said: str) -> list[str]:
    """The values of the wishes for a length. said: what is written, without what only sounds like a denial."""
    found = list(_LENGTH.finditer(written))
    if len(found) > MOST:
        return []
    return list(dict.fromkeys(value for match in found for value in _values(match, written, said)))


def _values(match: re.Match[str], written: str, said: str) -> list[str]:
    """What one length says, nothing where that is no wish."""
    start, end = match.span()
    before, after = written[max(0, start - FAR) : start], written[end : end + FAR]
    around = Around(last_clause(said[max(0, start - FAR) : start]), before, match["nothing"] or "", after)
    bounds = _bounds(match)
    least, most = bounds.get("at least", 0), bounds.get("at most", FOREVER)
    if least > most or any(minutes < 1 or not minutes.is_integer() for minutes in bounds.values()):
        return []
    if match["bare"] and _HUNDREDS.search(before):
        return []
    if not bounds:
        had = minutes_of(match["bare"])
        return [length("under", int(had))] if had >= LEAST and had.is_integer() and is_had(around) else []
    if not is_wished(around, lower="over" in bounds or "at least" in bounds, between=len(bounds) > 1):
        return []
    words = " ".join(match[0].lower().split())
    return [words] if words in LENGTHS else [length(bound, int(minutes)) for bound, minutes in bounds.items()]


def _bounds(match: re.Match[str]) -> dict[Bound, float]:
    """In minutes; none where there is a length alone."""
    if match["high"]:
        high, low = minutes_of(match["high"]), match["low"]
        if re.fullmatch(COUNT, low, re.I):
            first = number(low) * (60 if has_hours(match["high"]) else 1)
        else:
            first = minutes_of(low)
        return {"at least": first, "at most": high}
    bound = next((bound for group, bound in _BY_GROUP.items() if match[group]), None)
    return {} if bound is None else {bound: minutes_of(match["bounded"] or match["bare"])}
