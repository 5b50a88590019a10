"""Pointing at what was named: "the second one", "no. 3", "the audiobook", "the one by Ada Moss", "that one".

What leaves no doubt is read as the item itself, so that the model need not find out which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neo.language.facts import FactBook, ItemFacts, sayable
from neo.language.phrases import Phrase, phrases
from neo.language.reading_types import NUMBERS
from neo.language.segments import ItemRef, Segment, Text, merge_texts
from neo.language.wordings.follow_ups import PLACES, references

CHOSEN = 0.6  # of what training points at stands there as an item: words that plainly mean one are read so
# What may follow words that point: the end of what is said, or a verb or the like, but no noun ("the second hand").
_ENDS = r"(?=\s*(?:$|[.?!,:;)]|(?:is|was|sounds|suits|to|for|but|among|and|or|has|please|like|then|instead)\b))"
_ORDINAL = re.compile(
    rf"\b(?:the|your|that|this)\s+({'|'.join(PLACES)}|last)(?:\s+(?:one|of them|of these|pick|item)\b|{_ENDS})",
    re.I | re.A,
)
_NUMBER = re.compile(rf"(?:\b(?:number|nr\.?)|\b(?-i:no\.)|#)\s*(\d|{'|'.join(NUMBERS)})\b{_ENDS}", re.I | re.A)
_TYPE_ENDS = rf"(?:{_ENDS}|(?=\s+(?:about|right)\b))"
_BY = re.compile(r"\bthe one (?:by|from)\s+", re.I)
_SOLE = re.compile(
    r"\b(?:that one|this one|your pick|it|that)\b(?=\s*(?:$|[.?!,:;)]|(?:was|sounds|suits|like|please)\b))", re.I
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """text[start:end] means an item, by its catalog row."""

    start: int
    end: int
    row: int


def pointed(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> Pointed | None:
    """The first words of a text that point at one of the items that were named last, in their order.

    nouns: the words for one item of each type.
    """
    found = [*_by_place(text, named), *_by_creator(text, named), *_by_type(text, named, nouns)]
    if len(named) == 1:
        found += [Pointed(match.start(), match.end(), named[0].row) for match in _SOLE.finditer(text)]
    return min(found, key=lambda one: (one.start, -one.end), default=None)


def as_item(text: str, one: Pointed) -> tuple[Segment, ...]:
    """The text with these words replaced by the item."""
    return merge_texts((Text(text[: one.start]), ItemRef(one.row), Text(text[one.end :])))


def _by_place(text: str, named: Sequence[ItemFacts]) -> list[Pointed]:
    found = []
    for match in _ORDINAL.finditer(text):
        word = match[1].lower()
        place = len(named) - 1 if word == "last" else PLACES.index(word)
        found += _at(match, place, named)
    for match in _NUMBER.finditer(text):
        word = match[1].lower()
        found += _at(match, (int(word) if word.isdigit() else NUMBERS.index(word) + 1) - 1, named)
    return found


def _at(match: re.Match[str], place: int, named: Sequence[ItemFacts]) -> list[Pointed]:
    return [Pointed(match.start(), match.end(), named[place].row)] if 0 <= place < len(named) else []


def _by_creator(text: str, named: Sequence[ItemFacts]) -> list[Pointed]:
    found, said_at = [], dict[int, dict[str, Phrase]]()
    for phrase in phrases(text) if named and _BY.search(text) else ():
        said_at.setdefault(phrase.start, {})[phrase.lower] = phrase
    for match in _BY.finditer(text):
        said = said_at.get(match.end(), {})
        meant = [(item, said[item.creator.lower()]) for item in named if item.creator and item.creator.lower() in said]
        if len(meant) == 1:
            item, phrase = meant[0]
            found.append(Pointed(match.start(), phrase.end, item.row))
    return found


def _by_type(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    found = []
    for item in named:
        if sum(other.type == item.type for other in named) > 1:
            continue
        words = "|".join(re.escape(noun) for noun in nouns[item.type])
        for match in re.finditer(rf"(?<!not )\b(?:the|that|this)\s+(?:{words})\b{_TYPE_ENDS}", text, re.I):
            found.append(Pointed(match.start(), match.end(), item.row))
    return found


def reference(
    facts: FactBook, items: Sequence[int], place: int, rng: np.random.Generator, chosen: float = CHOSEN
) -> str | ItemRef:
    """How one of the items is pointed at: by its place, by what it alone is among them, by its name, or itself.

    chosen: how often it stands there itself.
    """
    how, item = rng.random(), facts.item(items[place])
    others = [facts.item(row) for at, row in enumerate(items) if at != place]
    if how < chosen:
        return ItemRef(items[place])
    how = (how - chosen) / (1 - chosen)
    if how < 0.3 and sayable(item.title):
        return item.title
    if how < 0.45 and others and sayable(item.creator) and all(item.creator != other.creator for other in others):
        return f"the one by {item.creator}"
    if how < 0.6 and all(item.type != other.type for other in others):
        return f"the {item.words.singular}"
    patterns = references(place, len(items))
    return patterns[int(rng.integers(len(patterns)))]
