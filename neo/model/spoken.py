"""What a conversation speaks of: items that its answers named, those that its requests hold, and titles in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.language.segments import ItemRef, Text, Turn

LONGEST = 12  # words of a title that is looked for
WORDS = 200  # of a conversation's latest words: a title is looked for among them at a pass over the catalog
_WORD = re.compile(r"\S+")
_EDGES = " \t\n.,;:!?\"'()[]"


@dataclass(frozen=True, eq=False)
class Spoken:
    """Catalog rows, int64. items: those that are there as items; titled: those whose whole titles the user wrote."""

    items: np.ndarray
    titled: np.ndarray

    @property
    def all(self) -> np.ndarray:
        return np.union1d(self.items, self.titled)


def spoken_of(catalog: Catalog, turns: Sequence[Turn]) -> Spoken:
    """Of all turns, the last request included. A title counts in any case, and without the marks around it."""
    segments = [segment for turn in turns for segment in (*turn.request, *(turn.answer or ()))]
    items = np.unique(np.array([part.row for part in segments if isinstance(part, ItemRef)], dtype=np.int64))
    texts = [part.text for turn in turns for part in turn.request if isinstance(part, Text)]
    return Spoken(items, titled(catalog, texts))


def titled(catalog: Catalog, texts: Iterable[str]) -> np.ndarray:
    """int64[]: the rows whose titles stand in the texts, word for word."""
    found: set[str] = set()
    for text in texts:
        words = list(_WORD.finditer(text))[-WORDS:]
        for first in range(len(words)):
            for last in range(first, min(first + LONGEST, len(words))):
                phrase = text[words[first].start() : words[last].end()].lower()
                found |= {phrase, phrase.strip(_EDGES)}
    known = pa.array(sorted(phrase for phrase in found if _encodable(phrase)), pa.string())
    titles = pc.utf8_lower(catalog.column("title"))
    return np.flatnonzero(pc.is_in(titles, value_set=known).to_numpy()).astype(np.int64)


def _encodable(text: str) -> bool:
    """Not with a lone surrogate, which JSON can spell and no title holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
