"""Topics as people say them: "a history podcast" where the catalog has "History", "jazz" where it has "jazz and blues".

A word that is a topic is often none ("I can't sleep", "my history", "mind if ..."). So one word counts where a topic is
asked for: behind "about" and its like, before what a type is called, or as all that a clause says. With the catalog's
own capital it counts anywhere but at the beginning of a sentence, where every word has one. English.

Of the 6,212 sentences that say what requests are after, some of which name a topic, 420 are read to; of training's
8,406 wordings, which name none, 11: counted by tests/language/test_reading.py. When one word had to be spelled as the
catalog does, and could stand anywhere, it was 214 of the 5,858 that there were, and 24.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from neo.language.denials import shortly_before
from neo.language.phrases import Phrase, asked_in

SAID = 10  # of training's 8,500 wordings with a word, from which on it is no side of a topic: "ideas", "design"
# What some go by in a hurry.
_SHORT = {
    "artificial intelligence": ["AI"],
    "science fiction": ["sci-fi", "sci fi", "scifi"],
    "world wars": ["WW2", "WWII", "WW1", "world war 2", "world war II"],
}
_BEFORE = re.compile(
    r"(?:^|[.,:;!?(\n]|\b(?:(?:about|on|into|with)(?: the)?|new(?: this \w+)? in|for|subject of|no|not|like|loves?|and"
    r"|or|nor|but|more|some|any|than|without|avoid|except|only|just|it|want|need|fancy|prefer|try|maybe|rather|proper"
    r"|real))\s*$",
    re.I,
)
_AFTER = re.compile(
    r"\s*(?:$|[.,:;!?)\n]|(?:and|or|nor|but|yet|please|pls|plz|instead|tonight|today|now|then|at all|thanks|for me"
    r"|this time|in it|in them|related|stuff|though|maybe|rather|perhaps|too|first)\b)",
    re.I,
)
# "About money from 2024", "about jazz that isn't too long": what items are to be besides.
_ABOUT = re.compile(r"\b(?:about|subject of)(?: the)?\s*$", re.I)
_GOES_ON = re.compile(
    r"\s+(?:from|since|in|with|without|under|over|by|that|which|before|after|of|between|not|shorter|longer|no|around)\b",
    re.I,
)
_MORE = re.compile(
    r"\b(?!(?:and|or|but|please|pls|plz|some|something|on|about|in|maybe|a|an|the|only|just|then|ok)\b|_)\w+", re.I
)
_POINTING = re.compile(r"(?:\b(?:my|our|your|his|her|their|the|that|this|last)|n't)\s+$", re.I)


def said_as(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """What topics go by, and which topic each of these is: its name, and each side of "X and Y" or "X & Y" that is a
    name of several letters and of no other topic."""
    split = [sides(name) for name in names]
    often = Counter(side.lower() for some in split for side in set(some))
    taken = {name.lower() for name in names}
    said, meant = list(names), list(names)
    for name, some in zip(names, split, strict=True):
        for side in some if len(some) == 2 else ():
            if often[side.lower()] == 1 and side.lower() not in taken and names_a_topic(side):
                said.append(side)
                meant.append(name)
    for name in names:
        for words, short in _SHORT.items():
            if words in name.lower():
                said += short
                meant += [name] * len(short)
    return said, meant


def is_short(spelled: str) -> bool:
    """Whether it is what some topic goes by in a hurry, and nothing else."""
    return any(spelled in short for short in _SHORT.values())


def sides(name: str) -> list[str]:
    """Both sides of "X and Y" or "X & Y"; a name that is none alone."""
    return [side.strip() for side in re.split(r"\s+(?:and|&)\s+", name)]


def names_a_topic(side: str) -> bool:
    """Whether a side of a topic's name is more than what people say of anything."""
    return len(side) > 2 and (" " in side or asked_in(side) < SAID)


def is_topic(text: str, phrase: Phrase, nouns: re.Pattern[str]) -> bool:
    """Whether a word stands where a topic is asked for. nouns: what the types are called."""
    before, after = shortly_before(text, phrase.start), text[phrase.end :]
    if nouns.match(text, phrase.end + len(after) - len(after.lstrip())) or re.match(r"\s+pods?\b", after, re.I):
        return _POINTING.search(before) is None
    if _ABOUT.search(before) and _GOES_ON.match(after):
        return True
    return _BEFORE.search(before) is not None and _AFTER.match(after) is not None


def ends(text: str, phrase: Phrase) -> bool:
    """Whether what is asked for ends with a phrase."""
    return _AFTER.match(text, phrase.end) is not None


def says_no_more(text: str, found: Iterable[Phrase]) -> bool:
    """Whether a text is nothing but names and small words: "chess", "jazz or money, please"."""
    for phrase in found:
        text = text[: phrase.start] + "_" * (phrase.end - phrase.start) + text[phrase.end :]
    return not _MORE.search(text)
