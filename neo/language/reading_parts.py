"""What a request asks for part by part: "one audiobook about history and two episodes about jazz". English.

Each part has a type and a number, and its own words; what else is said is of all of them. Only where every part says
how many, and all stand in one list: "two shows or a book" leaves the choice to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from neo.language.denials import FAR
from neo.language.reading_count import MOST_COUNTED, NUMBER, value_of
from neo.language.reading_types import Noun

MOST_PARTS = 5
_JOINT = re.compile(r"(?:,|&|\+|;|\b(?:and|plus|then|as well as)\b)\s*(?:(?:also|then|maybe|finally)\s+)?$", re.I)
_BARE = re.compile(r"\W*(?:(?:and|plus|then|also|as|well|please|maybe|finally)\b\W*)*", re.I)
_APART = re.compile(r"[.!?\n]|\b(?:or|but)\b", re.I)
# "A short episode", and no article nor joint in between.
_ARTICLE = re.compile(r"\b(?:an?|another)\s+(?:(?!(?:an?|another|and|plus)\b)[\w'-]+,?\s+){0,3}$", re.I)
# "Two shows about jazz and one about chess": the noun is that of the part before.
_ELIDED = re.compile(
    rf"(?:,|&|\+|\b(?:and|plus))\s*(?P<number>{NUMBER}|another)\s+(?:more\s+)?(?=(?:about|on|by|from|that|which|in)\s)",
    re.I | re.A,
)


@dataclass(frozen=True)
class Part:
    """So many items of a type. text[start:end] says what they are to be; bare: it says nothing more than how many."""

    type: str
    count: int
    start: int
    end: int
    bare: bool = False


def read_parts(text: str, nouns: Sequence[Noun], numbers: Sequence[int]) -> tuple[Part, ...]:
    """The parts of a request in their order; none where it has not two or more.

    nouns: those of the text that ask for a type. numbers: those that it surely asks for: no part has another, but for
    one of a type, which an article says too.
    """
    if not 0 < len(nouns) <= MOST_PARTS:
        return ()
    found = sorted((*_with_nouns(text, nouns), *_without(text, nouns)), key=lambda part: part.start)
    counts = [part.count for part in found]
    if not 1 < len(found) <= MOST_PARTS or len(found) < len(nouns) or sum(counts) > MOST_COUNTED:
        return ()
    if [count for count in counts if count > 1] != [number for number in numbers if number > 1]:
        return ()
    if counts[0] > 1 and counts[0] == sum(counts[1:]) and len(counts) > 2:
        return ()  # "four shows, one about jazz and three about chess" are four
    between = [text[one.end : other.start] for one, other in pairwise(found)]
    if any(_APART.search(words) or not (_JOINT.search(words) or words.isspace()) for words in between):
        return ()
    ends = [*(part.start for part in found[1:]), len(text)]
    bare = [_BARE.fullmatch(text[part.end : end]) is not None for part, end in zip(found, ends, strict=True)]
    return tuple(replace(part, end=end, bare=no) for part, end, no in zip(found, ends, bare, strict=True))


def _with_nouns(text: str, nouns: Sequence[Noun]) -> Iterator[Part]:
    for noun in nouns:
        if noun.number is not None:
            yield Part(noun.name, value_of(noun.number), noun.start, noun.end)
        elif not noun.plural and (article := _ARTICLE.search(text[max(0, noun.start - FAR) : noun.start])):
            yield Part(noun.name, 1, noun.start - len(article[0]), noun.end)


def _without(text: str, nouns: Sequence[Noun]) -> Iterator[Part]:
    for match in _ELIDED.finditer(text):
        before = [noun.name for noun in nouns if noun.end <= match.start()]
        if before:
            count = 1 if match["number"].lower() == "another" else value_of(match["number"])
            yield Part(before[-1], count, match.start("number"), match.end("number"))
