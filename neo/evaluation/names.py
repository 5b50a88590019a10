"""Every name that a catalog holds, found in any text: topics, creators, titles, tones and types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pyarrow.compute as pc

from neo.catalog.activity import Listeners
from neo.language.facts import FactBook
from neo.language.wordings.fill import type_words

Aspect = Literal["topic", "tone", "creator", "title", "type", "types", "length", "date", "history"]
LONGEST = 14  # words of a name; a longer one is not looked for
CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|&")
_APOSTROPHES = str.maketrans("", "", f"'{CURLY}`")
# After these a single lower-case word is more likely a verb or a noun of its own than the catalog's name.
_PRONOUNS = ("i", "you", "we", "they", "he", "she")
_MODALS = ("can", "could", "will", "would", "may", "might", "must", "should")
_NO_NAME_AFTER = frozenset([*_PRONOUNS, *_MODALS, "a", "an", "the", "more", "very", "so", "too", "not"])


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text. `readings` are all that it may stand for, as (aspect, name in the catalog's spelling).

    `sure`: spelled as in the catalog and standing where a name stands; another mention may prove a claim true,
    but not false.
    """

    start: int
    end: int
    readings: tuple[tuple[Aspect, str], ...]
    sure: bool

    def of(self, *aspects: Aspect) -> tuple[str, ...]:
        return tuple(name for aspect, name in self.readings if aspect in aspects)


class Names:
    """Finds names by their words, whatever stands between the words; of two that overlap the longer one counts."""

    def __init__(
        self,
        topics: Iterable[str] = (),
        creators: Iterable[str] = (),
        titles: Iterable[str] = (),
        tones: Iterable[str] = (),
        types: Iterable[tuple[str, str, str]] = (),
        parents: Iterable[str] = (),
    ) -> None:
        """`types`: (name in the catalog, singular, plural), as often as a type has words, the canonical first.

        `parents`: the titles of items that have parts, which a history counts.
        """
        types = tuple(types)
        self.parents = frozenset(parents)
        self.plurals = {name: plural for name, _, plural in reversed(types)}
        self._known: dict[tuple[str, ...], dict[tuple[Aspect, str], str]] = {}
        for name in topics:
            self._add(name, "topic", name)
        for name in creators:
            for spelled in {name, *_people(name)}:
                self._add(spelled, "creator", name)
        for name in titles:
            self._add(name, "title", name)
        for name in tones:
            self._add(name, "tone", name)
        for name, singular, plural in types:
            self._add(singular, "type", name)
            self._add(plural, "types", name)
        self._starts = {words[0] for words in self._known}

    @classmethod
    def of(cls, book: FactBook) -> Names:
        """Those of a catalog. Memory is some hundred bytes an item."""
        words = [(kind.name, own.singular, own.plural) for kind in book.catalog.types for own in type_words(kind)]
        titles = book.catalog.column("title").to_pylist()
        above = {kind.parent for kind in book.catalog.types}
        whole = [row for kind in book.catalog.types if kind.name in above for row in book.catalog.rows_of(kind.name)]
        parents = [titles[row] for row in whole]
        topics = dict.fromkeys([*book.topic_names, *_chosen(book.listeners)])
        return cls(topics, book.creator_names, titles, book.tone_names, words, parents)

    def find(self, text: str) -> list[Mention]:
        """Mentions in the order of the text; none overlaps another."""
        plain = text.replace(CURLY, "'")
        words = [(w.start(), w.end(), _fold(w.group())) for w in _WORD.finditer(plain)]
        words = [(start, end, word) for start, end, word in words if word]
        found, place = [], 0
        while place < len(words):
            mention, used = self._at(text, words, place)
            if mention is not None:
                found.append(mention)
            place += used
        return found

    def _add(self, spelled: str, aspect: Aspect, name: str) -> None:
        words = tuple(_words(spelled))
        if 0 < len(words) <= LONGEST:
            self._known.setdefault(words, {}).setdefault((aspect, name), spelled)

    def _at(self, text: str, words: list[tuple[int, int, str]], place: int) -> tuple[Mention | None, int]:
        if words[place][2] not in self._starts:
            return None, 1
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            key = tuple(word for _, _, word in words[place : place + length])
            readings = self._known.get(key)
            start, end = words[place][0], words[place + length - 1][1]
            if readings is None or (
                length > 1 and re.search(r"[.!?]\s", text[start:end]) and not _exact(text, readings)
            ):
                continue
            # Titles are ordinary words too: only in capitals are they names.
            kept = {r: s for r, s in readings.items() if r[0] != "title" or _capitals(text[start:end], s)}
            if not kept:
                continue
            before = words[place - 1][2] if place else ""
            alone = length == 1 and not any(_same(text, start, end, s) for s in kept.values())
            common = length == 1 and text[start].islower() and before in _NO_NAME_AFTER
            plain = any(aspect in ("type", "types", "tone") for aspect, _ in kept)  # ordinary words by nature
            for _, name in kept:  # "Why Not?" ends with its question mark
                tail = re.search(r"\W*$", name)
                end = end + len(tail[0]) if tail and tail[0] and text.startswith(tail[0], end) else end
            return Mention(start, end, tuple(kept), plain or not (alone or common)), length
        return None, 1


def _chosen(listeners: Listeners | None) -> list[str]:
    """The topics that listeners named at the start; no item need carry them."""
    if listeners is None:
        return []
    return [name for name in pc.unique(pc.list_flatten(listeners.table.column("topics"))).to_pylist() if name]


def _exact(text: str, readings: dict[tuple[Aspect, str], str]) -> bool:
    return any(spelled in text for spelled in readings.values())


def _same(text: str, start: int, end: int, spelled: str) -> bool:
    """Whether the text has the name's own letters; at the start of a sentence a capital is no difference."""
    written = text[start:end].replace(CURLY, "'")
    first = not re.search(r"[^.!?\s]\s*$", text[:start])
    return written == spelled or (first and written[:1].lower() + written[1:] == spelled)


def _capitals(written: str, spelled: str) -> bool:
    """Whether all words that the title capitalises are capitalised, and so the text means a title."""
    pairs = zip(_WORD.findall(written), _WORD.findall(spelled), strict=False)
    return all(mine[:1].isupper() or not own[:1].isupper() for mine, own in pairs)


def _people(name: str) -> list[str]:
    """Those that share one credit: 'Ada Moss and Ben Roe' are known by either name."""
    parts = [part.strip() for part in re.split(r"\s+(?:and|&)\s+|,\s*", name)]
    return [part for part in parts if len(part.split()) > 1]


def _words(text: str) -> list[str]:
    return [word for word in map(_fold, _WORD.findall(text.replace(CURLY, "'"))) if word]


def _fold(word: str) -> str:
    return "and" if word == "&" else word.casefold().translate(_APOSTROPHES).removesuffix("s" if "'" in word else "")
