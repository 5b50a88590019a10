"""What a request is about in words that are no topic's name, but that items have: "a podcast about whales", "food".

A word of a topic's name counts wherever a topic does (`reading_topics`); any other where it is surely what items are to
be about, behind "about" and its like and up to the end of what is said there. English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from neo.catalog.mentions import singular
from neo.language.denials import shortly_before
from neo.language.phrases import Phrase, asked_in
from neo.language.reading_topics import SAID, ends, is_topic
from neo.language.reading_words import NOUN

LONGEST = 3  # words
_WORDS = re.compile(r"[^\W\d_][\w'-]+(?: [\w'-]+){0,2}")
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|covering|dealing with|to do with|related to|(?:on )?the subject of)"
    r"\s+(?:(?:the|a|an)\s+)?$",
    re.I,
)
_ON = re.compile(rf"(?:{NOUN}|\b(?:something|anything|ones?|stuff))\s+on\s+$", re.I)  # not "we drive on Saturday"
_OR, _OR_ALSO = re.compile(r"\bor\s+(?:\w+\s+)?$", re.I), re.compile(r"\s+or\b", re.I)
_FIRST = re.compile(  # no name begins with these
    r"(?:the|a|an|my|our|your|his|her|its|their|this|that|these|those|it|them|me|us|you|him|i|we|what|which|who|whom|how|why"
    r"|where|when|whether|any|some|no|not|all|each|every|one|two|three|both|either|anything|something|nothing|everything"
    r"|someone|somebody|people|things?|stuff|and|or|but|for|with|without|in|at|to|from|by|of|being|having|getting)\b",
    re.I,
)


def words_of(topics: Iterable[str]) -> frozenset[str]:
    """The words, in lower case and without an s at the end, that topics are called by and that say something."""
    words = {word for topic in topics for word in re.findall(r"[^\W\d_][\w-]{2,}", topic.lower())}
    return frozenset(singular(word) for word in words if asked_in(word) < SAID)


def mentions(
    text: str,
    said: Iterable[Phrase],
    known: Iterable[Phrase],
    topics: Collection[str],
    nouns: re.Pattern[str],
    occurs: Callable[[str], bool],
) -> Iterator[Phrase]:
    """Those of the phrases of a text that items speak of, the longest of a place.

    known: what the text names of the catalog. topics: see `words_of`; nouns: what the types are called; occurs: whether
    any item has such words.
    """
    taken = [(phrase.start, phrase.end) for phrase in known]
    for phrase in sorted(said, key=lambda phrase: phrase.start - phrase.end):
        if phrase.words.count(" ") >= LONGEST or not _WORDS.fullmatch(phrase.words) or _FIRST.match(phrase.words):
            continue
        if any(start < phrase.end and phrase.start < end for start, end in taken) or nouns.search(phrase.words):
            continue
        either = _OR.search(shortly_before(text, phrase.start)) or (taken and _OR_ALSO.match(text, phrase.end))
        if not either and _is_asked(text, phrase, topics, nouns) and occurs(phrase.lower):
            taken.append((phrase.start, phrase.end))
            yield phrase


def _is_asked(text: str, phrase: Phrase, topics: Collection[str], nouns: re.Pattern[str]) -> bool:
    if " " not in phrase.words and singular(phrase.lower) in topics and is_topic(text, phrase, nouns):
        return True
    often = " " not in phrase.words and asked_in(phrase.lower) >= SAID
    if often or not ends(text, phrase):
        return False
    before = shortly_before(text, phrase.start)
    return (_ABOUT.search(before) or _ON.search(nouns.sub(NOUN, before))) is not None
