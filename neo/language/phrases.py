"""Names of the catalog that stand in a text, found by looking for every few words of it: no index of names is kept.

A catalog's names may be anybody's, such as those of imported feeds: a show by "for me" would be all that whoever asks
for something "for me" gets. So no name is one that people ask in, whatever they ask for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.plain_text import encodable
from neo.language.wordings.instructions import TASKS
from neo.language.wordings.modes import WISHES

LONGEST = 12  # words of a name that is looked for
MARKS = 3  # behind a name, each of which may be its own
WORDS = 200  # of a text, the last ones: each is the beginning of LONGEST phrases
OFTEN = 100  # wordings of training's 8,500 with a word that names nothing: "please", but not "history" (89)
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
    """Every run of up to LONGEST words, as it stands and without the marks around it, or all but some of those behind
    it, which may be a title's own: "Who Took the Menu?, you say"; the longest of a place first."""
    words = list(_WORD.finditer(text))[-WORDS:]
    found: dict[tuple[int, int], Phrase] = {}
    for first in range(len(words)):
        for last in range(min(first + LONGEST, len(words)) - 1, first - 1, -1):
            start, end = words[first].start(), words[last].end()
            whole = text[start:end]
            bare = whole.strip(_EDGES)
            at = start + whole.find(bare)
            ends = range(end, max(at + len(bare), end - MARKS) - 1, -1)
            for begins, ended in ((start, end), *((at, ended) for ended in (*ends, at + len(bare)))):
                said = text[begins:ended]
                if said and encodable(said):
                    found.setdefault((begins, ended), Phrase(begins, ended, said))
    return list(found.values())


def named(said: Iterable[Phrase], names: pa.Array | pa.ChunkedArray) -> dict[str, list[int]]:
    """The places of the names that some phrases are, in any case: one pass over all names, which are in lower case.

    What people ask in is no name: a run of words of any of training's wordings, a word of OFTEN of them.
    """
    asked = pa.array(sorted({phrase.lower for phrase in said}), pa.string())
    found = dict[str, list[int]]()
    for place in np.flatnonzero(pc.is_in(names, value_set=asked).to_numpy(zero_copy_only=False)).tolist():
        found.setdefault(names[place].as_py(), []).append(place)
    return {name: at for name, at in found.items() if asked_in(name) < (1 if " " in name.strip() else OFTEN)}


def asked_in(words: str) -> int:
    """How often words stand, side by side and in any case, in what training asks in."""
    bare = _bare(words)
    return _words()[bare[0]] if len(bare) == 1 else _wordings().count(f" {' '.join(bare)} ")


@cache
def _wordings() -> str:
    clauses = [
        " ".join(_bare(clause))
        for wordings in (*TASKS.values(), *WISHES.values())
        for wording in wordings
        for clause in re.split(r"\{\w+\}|[.,;:!?]", wording)
    ]
    return "".join(f" {clause} \n" for clause in clauses)


@cache
def _words() -> Counter[str]:
    return Counter(_wordings().split())


def _bare(words: str) -> list[str]:
    return re.findall(r"[\w'-]+", words.lower())


def apart(found: Iterable[Phrase]) -> list[Phrase]:
    """Those that overlap no longer one, in the order of the text."""
    kept: list[Phrase] = []
    for phrase in sorted(found, key=lambda phrase: (phrase.start - phrase.end, phrase.start)):
        if all(phrase.end <= other.start or other.end <= phrase.start for other in kept):
            kept.append(phrase)
    return sorted(kept, key=lambda phrase: phrase.start)
