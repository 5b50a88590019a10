"""What a request says in so many words: wishes that name what the catalog has, the types, and how many.

A model that was trained for minutes is steered by words a little; what is said plainly can be kept for sure. This reads
English, and only what leaves no doubt: names as the catalog spells them, a length with its bound, a year with "since"
or "before", a number right before a type. Whatever else is said is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.language.facts import FactBook
from neo.language.phrases import Phrase, apart, named, phrases
from neo.language.wishes import Wish
from neo.language.wordings.fill import type_words
from neo.language.wordings.wishes import LANGUAGES, LENGTHS, WishAspect

NEAR = 4  # words that may stand between a denial and what it denies
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"\d{{1,2}}|{'|'.join(NUMBERS)}|a single|a pair of|a couple of"
_VALUES = {"a single": 1, "a pair of": 2, "a couple of": 2}
_CLAUSE = re.compile(r"[,.;:!?\n]|\b(?:but|yet|though|however)\b", re.I)
_NO = re.compile(
    r"\b(?:not|no|nothing|never|without|none|avoid|except|enough of|tired of|bored of|bored by|bored with|instead of"
    r"|others? than|rather than|hate|dislike|nor|neither|skip|stop)\b|n['\N{RIGHT SINGLE QUOTATION MARK}]t\b",
    re.I,
)
_YES = re.compile(r"\b(?:nothing but|not only|not just|no matter|why not|none but)\b", re.I)
_ANYTHING_BUT = re.compile(r"\banything\s+but\b", re.I)
_AND = re.compile(r"\s*(?:and|or|nor|&)\s+(?:about |on |by |from )?\s*", re.I)
_POINTING = re.compile(r"\b(?:the|that|this|these|those|my|your|last|first|second|third|other)\s+(?:\w+\s+)?$", re.I)
_REFUSED = re.compile(
    r"\b(?:not|no|without|never|except|instead of|rather than|other than)\s+(?:(?:as|a|an|any|another|more)\s+)*$", re.I
)
_YEAR = re.compile(r"\b(since|after|before|until)\s+((?:19|20)\d\d)\b", re.I)


@dataclass(frozen=True)
class Said:
    """types: those that are asked for, none where nothing is said; count: how many; wishes: what is to be kept."""

    wishes: tuple[Wish, ...] = ()
    types: tuple[str, ...] = ()
    count: int | None = None


@dataclass(frozen=True)
class Reader:
    """Reads requests about one catalog. Names are compared with one pass over the distinct ones."""

    catalog: Catalog
    facts: FactBook

    def read(self, text: str, titles: Iterable[Phrase] = ()) -> Said:
        """What a text says. titles: parts of it that name an item, which say nothing else."""
        plain = _without(text, titles)
        # Places stay the same: what is no denial goes, and what denies by "but" says so in one word.
        plain = _YES.sub(lambda found: " " * len(found[0]), plain)
        plain = _ANYTHING_BUT.sub(lambda found: "not".ljust(len(found[0])), plain)
        types, count = self._types(plain)
        return Said(tuple(self._wishes(plain)), types, count)

    def _wishes(self, text: str) -> list[Wish]:
        found = self._named(text)
        wishes, before, avoided = list[Wish](), None, False
        for phrase in apart(found):
            aspect, value = found[phrase]
            same = before is not None and found[before][0] == aspect
            before, avoided = phrase, _avoided(text, before, phrase, same, avoided)
            if aspect == "creator" and re.search(r"\bthe one (?:by|from)\s+$", text[: phrase.start], re.I):
                continue  # that points at an item
            wishes.append(Wish(aspect, value, avoided and aspect in ("topic", "tone", "creator")))
        lengths = [words for words in LENGTHS if re.search(rf"\b{words}\b", text, re.I)]
        wishes += [Wish("length", words) for words in lengths]
        for how, year in _YEAR.findall(text):
            first = int(year) + (how.lower() == "after")
            early = how.lower() in ("before", "until")
            wishes.append(Wish("released", f"before {first}" if early else f"since {first}"))
        return list(dict.fromkeys(wishes))

    def _named(self, text: str) -> dict[Phrase, tuple[WishAspect, str]]:
        """By phrase what it names: a topic before a creator, a creator before a tone."""
        said, found = phrases(text), dict[Phrase, tuple[WishAspect, str]]()
        for aspect, (lower, names) in self._names.items():
            for phrase, place in named(said, lower):
                name = names[place]
                if phrase not in found and (_exact(text, phrase, name) or " " in name.strip()):
                    found[phrase] = (aspect, name)
        for tag, language in LANGUAGES.items():
            for match in re.finditer(rf"\b[Ii]n\s+({language})\b", text):
                found.setdefault(Phrase(match.start(1), match.end(1), match[1]), ("language", tag))
        return found

    def _types(self, text: str) -> tuple[tuple[str, ...], int | None]:
        """The types that are asked for, and how many. A type that is pointed at, as in "that show", is not."""
        asked, refused, count = dict[str, None](), set[str](), None
        for match in self._nouns.finditer(text):
            name = self._types_of[match["noun"].lower()]
            clause = _clause(text[: match.start()])
            if _POINTING.search(clause):
                continue
            if _REFUSED.search(clause):
                refused.add(name)
                continue
            asked[name] = None
            if match["number"] and count is None:
                number = match["number"].lower()
                count = int(number) if number.isdigit() else _VALUES.get(number) or NUMBERS.index(number) + 1
        if refused and not asked:
            asked = dict.fromkeys(item_type.name for item_type in self.catalog.types)
        return tuple(name for name in asked if name not in refused), count or None

    @cached_property
    def _names(self) -> dict[WishAspect, tuple[pa.Array, list[str]]]:
        fields = self.catalog.fields
        columns: dict[WishAspect, list[str]] = {
            "topic": fields.topics.names.to_pylist(),
            "creator": fields.creator.names.to_pylist(),
            "tone": list(self.facts.tone_names),
        }
        return {aspect: (pc.utf8_lower(pa.array(names, pa.string())), names) for aspect, names in columns.items()}

    @cached_property
    def _types_of(self) -> dict[str, str]:
        """The type of each noun, in lower case."""
        pairs = [(noun, kind.name) for kind in self.catalog.types for words in type_words(kind) for noun in words]
        return {noun.lower(): name for noun, name in reversed(pairs)}

    @cached_property
    def _nouns(self) -> re.Pattern[str]:
        nouns = "|".join(re.escape(noun) for noun in sorted(self._types_of, key=len, reverse=True))
        return re.compile(rf"(?:\b(?P<number>{_NUMBER})\s+(?:\w+\s+)?)?\b(?P<noun>{nouns})\b", re.I)


def _avoided(text: str, before: Phrase | None, phrase: Phrase, same: bool, was: bool) -> bool:
    """Whether a name is to be avoided: its clause says no before it, or it goes on with one of its aspect that is.

    before: the name before it; same: whether that is of the same aspect; was: whether it is avoided.
    """
    between = text[0 if before is None else before.end : phrase.start]
    if before is not None and (not between.strip() or (same and _AND.fullmatch(between))):
        return was
    return _negated(_clause(between))


def _clause(text: str) -> str:
    """What is left of a text since its last clause began."""
    return text[max((match.end() for match in _CLAUSE.finditer(text)), default=0) :]


def _negated(clause: str) -> bool:
    """Whether a name that follows is denied: by one of the few words right before it."""
    return any(len(clause[match.end() :].split()) <= NEAR for match in _NO.finditer(clause))


def _exact(text: str, phrase: Phrase, name: str) -> bool:
    """Spelled as the catalog does; at the beginning of a sentence a capital is no difference."""
    written = phrase.words
    begins = not re.search(r"[^.!?\s]\s*$", text[: phrase.start])
    return written == name or (begins and written[:1].lower() + written[1:] == name)


def _without(text: str, parts: Iterable[Phrase]) -> str:
    """The text with some parts blank, its places the same."""
    for part in parts:
        text = text[: part.start] + "_" * (part.end - part.start) + text[part.end :]
    return text
