"""Which types of item a request asks for, and how many. English, and only where it asks: a model that has read a few
thousand requests knows types well, so a wrong reading costs more than none.

A noun that names a type is asked for, refused, or neither: pointed at ("that show"), part of what is told ("my sister
writes books", "I can't find a podcast I like"), or the whole that something is to be of ("an episode of a show").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from neo.language.denials import denies, last_clause

MOST_COUNTED = 20  # items that words alone can ask for at once
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"\d{{1,2}}|{'|'.join(NUMBERS)}|a single|a pair of|a couple of"
_MEASURES = r"hours?|minutes?|mins?|seconds?|days?|weeks?|months?|years?|stars?|hundred|thousand|million|percent"
_VALUES = {"a single": 1, "a pair of": 2, "a couple of": 2}
_LABEL = re.compile(r"\b(?:season|series|part|volume|book|episode|chapter|number|no\.?)\s*$", re.I)

# "The second show" was named; "the next show", "my best show" and "other shows" are asked for.
_POINTING = re.compile(
    r"\b(?:the|that|this|these|those|my|your|last|first|second|third)\s+(?:(?!(?:next|right|best|closest)\s)\w+\s+)?$",
    re.I,
)
_MET = re.compile(r"\b(?:finished|read|heard|watched|seen|listened to)\b", re.I)
_TOLD = re.compile(
    r"^\W*(?:because\b"
    r"|(?:(?:and|so|well|since|as|when|while|honestly|ok|okay|yes|no|now|also|that)\s+)*"
    r"(?:you (?:keep|always|only|already|gave|sent|picked|said)"
    r"|i|we|he|she|they|my|our|his|her|their|half|most|people|(?:every|some|no)(?:one|body)|no one)\b)",
    re.I,
)
_WANTED = re.compile(
    r"\b(?:want|wanna|need|asking|like|love|fancy|could|can|would|after|looking|searching|hunting|mood|miss|prefer|ready"
    r"|hoping|dying|craving|up for|time for|wish|take|try|go with|go for|start|begin|pick|choose|wouldn't mind)\b|'d\b",
    re.I,
)
_REFUSED = re.compile(
    r"\b(?:not|no|without|never|except|bar|barring|minus|instead of|rather than|other than)"
    r"\s+(?:(?:as|a|an|any|another|more)\s+)*$",
    re.I,
)
_DROPPED = re.compile(
    r"\b(?:drop|ditch|scrap|(?P<off>leave|take|cut|rule|count|keep))\s+(?:(?:the|all|any)\s+)*$", re.I
)
_OFF = re.compile(r"\s+(?:off|out)\b(?! there)", re.I)
# What somebody does not or can't do with one says nothing about what they would like.
_UNABLE = re.compile(
    r"\b(?:(?:ca|could|wo|have|has|had|did)n't|(?:can|could|have|has|had|did) not|cannot|never)\b"
    r"(?!\s+(?:stand|bear|abide)\b)",
    re.I,
)
_OUT = re.compile(
    r"(?:\s+(?:is|are)|'s)\s+(?:(?:both|all|just|really|simply|a)\s+)*(?:out|too|not|off|no)\b"
    r"|\s+(?:(?:is|are|do|does)n't|never)\b"
    r"|\s*,?\s*no(?:\s+thanks|\s+thank you|\s*[.,!]|\s*$)"
    r"|\s*\?+\s*(?:no|nah|nope|not|never|ugh|yuck|please no)(?:\s+thank\w*|\s+way)?\s*(?:[.,!]|$)",
    re.I,
)
_DOES = re.compile(
    r"\s+(?:sends?|puts?|makes?|bores?|annoys?|drives?|takes?|tends?|feels?|does|do|is|are|was|were|has|have|gets?"
    r"|just|always)\b",
    re.I,
)
_JOINT = re.compile(r"(?:[,/]|\b(?:and|or)\b)\s*(?:\w+\s+){0,2}$", re.I)


@dataclass(frozen=True)
class _Noun:
    """One that stands in a text: which type it names, where, and the number before it."""

    name: str
    start: int
    end: int
    number: str | None


@dataclass(frozen=True)
class Types:
    """asked: the types that are asked for, none where nothing is said; count: how many items; doubted: whether one is
    spoken of that may be asked for."""

    asked: tuple[str, ...]
    count: int | None
    doubted: bool


@dataclass(frozen=True)
class TypeReader:
    """types_of: the type of each noun, in lower case."""

    types_of: Mapping[str, str]

    def read(self, text: str) -> Types:
        asked, refused, doubted, count = list[_Noun](), set[str](), False, None
        for noun in self._nouns(text):
            clause = last_clause(text[: noun.start])
            if self._is_aside(clause, text, noun):
                continue
            if _is_refused(clause, text[noun.end :], noun):
                refused.add(noun.name)
            elif denies(clause):
                unable = _UNABLE.search(clause) is not None
                refused |= set() if unable else {noun.name}
                doubted |= unable
            elif _TOLD.search(clause) and not _WANTED.search(clause):
                doubted = True
            else:
                asked.append(noun)
                if noun.number and count is None and not _LABEL.search(clause):
                    count = _value(noun.number)
        names = tuple(dict.fromkeys(noun.name for noun in asked if noun.name not in refused))
        if refused and not asked and not doubted:
            names = tuple(name for name in dict.fromkeys(self.types_of.values()) if name not in refused)
        elif len(names) > 1 and not _one_phrase(text, asked):
            names = ()
        return Types(names, min(count or 0, MOST_COUNTED) or None, doubted)

    def _nouns(self, text: str) -> Iterator[_Noun]:
        for found in self._pattern.finditer(text):
            yield _Noun(self.types_of[found["noun"].lower()], found.start(), found.end(), found["number"])

    def _is_aside(self, clause: str, text: str, noun: _Noun) -> bool:
        """Whether it is pointed at, was met, is the whole of something, or begins a clause that tells what it does."""
        if _POINTING.search(clause) or _MET.search(clause) or self._whole.search(clause):
            return True
        after = text[noun.end :]
        return not clause.strip() and _DOES.match(after) is not None and _OUT.match(after) is None

    @cached_property
    def _alternatives(self) -> str:
        return "|".join(re.escape(noun) for noun in sorted(self.types_of, key=len, reverse=True))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        number = rf"\b(?P<number>{_NUMBER})\s+(?:(?!(?:{_MEASURES})\b)\w+\s+)?"
        return re.compile(rf"(?:{number})?\b(?P<noun>{self._alternatives})\b", re.I | re.A)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{self._alternatives})\s+(?:of|from|in|by)\s+(?:\w+\s+){{0,3}}$", re.I)


def _is_refused(before: str, after: str, noun: _Noun) -> bool:
    """Whether the words right around a noun say no to it."""
    dropped = None if noun.number else _DROPPED.search(before)  # "drop two shows here" asks for them
    if dropped is not None and (not dropped["off"] or _OFF.match(after)):
        return True
    return bool(_REFUSED.search(before) or _OUT.match(after))


def _one_phrase(text: str, asked: Sequence[_Noun]) -> bool:
    """Whether types that are asked for stand in one phrase, as in "a show or an audiobook": else one is told of."""
    pairs = [(one, other) for one, other in pairwise(asked) if one.name != other.name]
    return all(_JOINT.search(text[one.end : other.start]) for one, other in pairs)


def _value(number: str) -> int:
    number = number.lower()
    return int(number) if number.isdigit() else _VALUES.get(number) or NUMBERS.index(number) + 1
