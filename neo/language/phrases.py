"""Names of the catalog that stand in a text, found by looking up every few words of it: no index of names is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 12  # words of a name that is looked for
WORDS = 200  # of a text, the last ones: each is the beginning of LONGEST phrases
_WORD = re.compile(r"\S+")
_EDGES = " \t\n.,;:!?\"'()[]"


@dataclass(frozen=True, slots=True)
class Phrase:
    """text[start:end], some words of a text."""

    start: int
    end: int
    words: str

    @property
    def lower(self) -> str:
        return self.words.lower()


def phrases(text: str) -> list[Phrase]:
    """Every run of up to LONGEST words, as it stands and without the marks around it; the longest of a place first."""
    words = list(_WORD.finditer(text))[-WORDS:]
    found: dict[tuple[int, int], Phrase] = {}
    for first in range(len(words)):
        for last in range(min(first + LONGEST, len(words)) - 1, first - 1, -1):
            start, end = words[first].start(), words[last].end()
            whole = text[start:end]
            bare = whole.strip(_EDGES)
            at = start + whole.find(bare)
            for begins, said in ((start, whole), (at, bare)):
                if said and encodable(said):
                    found.setdefault((begins, begins + len(said)), Phrase(begins, begins + len(said), said))
    return list(found.values())


def named(
    phrases: Iterable[tuple[int, Phrase]], names: pa.Array | pa.ChunkedArray
) -> Iterator[tuple[int, Phrase, int]]:
    """(text, phrase, place of the name) for the phrases of some texts that are names in any case: one pass over all
    names. names: in lower case.
    """
    asked = list(phrases)
    found = pc.index_in(pa.array([phrase.lower for _, phrase in asked], pa.string()), value_set=names).to_pylist()
    return ((text, phrase, place) for (text, phrase), place in zip(asked, found, strict=True) if place is not None)


def apart(found: Iterable[Phrase]) -> list[Phrase]:
    """Those that overlap no longer one, in the order of the text."""
    kept: list[Phrase] = []
    for phrase in sorted(found, key=lambda phrase: (phrase.start - phrase.end, phrase.start)):
        if all(phrase.end <= other.start or other.end <= phrase.start for other in kept):
            kept.append(phrase)
    return sorted(kept, key=lambda phrase: phrase.start)


def encodable(text: str) -> bool:
    """Not with a lone surrogate, which JSON can spell and no name holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
