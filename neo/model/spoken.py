"""What a conversation speaks of: items that its answers named, those that its requests hold, and titles in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neo.catalog.catalog import Catalog
from neo.language.facts import FactBook
from neo.language.phrases import Phrase, apart, named, phrases
from neo.language.pointing import as_item, asks_why, pointed
from neo.language.reading_question import may_ask_of_it, of_it
from neo.language.reading_words import ITEM
from neo.language.segments import ItemRef, Segment, Text, Turn, merge_texts
from neo.language.wordings.fill import type_words
from neo.language.wordings.follow_ups import ABOUT

RECENT = 8  # of the latest requests, in which titles are looked for: each is a pass over the catalog's


@dataclass(frozen=True, eq=False)
class Spoken:
    """items: int64[], catalog rows that are there as items; asked: those of the last request; titled: those whose whole
    titles the user wrote.

    requests: the words of each request, the last one last, and where titles stand in them.
    """

    items: np.ndarray
    asked: np.ndarray
    titled: np.ndarray
    requests: tuple[tuple[str, tuple[Phrase, ...]], ...]

    @property
    def meant(self) -> np.ndarray:
        """What an answer may speak of: what the last request holds, or else anything of the conversation."""
        return self.asked if len(self.asked) else np.union1d(self.items, self.titled)


Titles = Callable[[str], Sequence[tuple[Phrase, list[int]]]]


def spoken_of(turns: Sequence[Turn], titles: Titles) -> Spoken:
    """Of all turns, the last request included. A title counts in any case, and without the marks around it.

    titles: what `titled` finds in a text of the catalog.
    """
    texts = ["".join(part.text for part in turn.request if isinstance(part, Text)) for turn in turns]
    old = max(0, len(turns) - RECENT)
    found = [titles(text) if at >= old else [] for at, text in enumerate(texts)]
    rows = [row for of_text in found for _, of_title in of_text for row in of_title]
    # A word alone may be no title: "Not", as some item is called, would take the denial out of what is said.
    requests = [
        (text, tuple(phrase for phrase, _ in of if " " in phrase.words)) for text, of in zip(texts, found, strict=True)
    ]
    named = np.unique(np.array(rows, dtype=np.int64))
    return Spoken(items_of(turns), items_of(turns[-1:]), named, tuple(requests))


def items_of(turns: Sequence[Turn]) -> np.ndarray:
    """int64[]: the rows that some turns hold as items, in requests and answers."""
    segments = [segment for turn in turns for segment in (*turn.request, *(turn.answer or ()))]
    return np.unique(np.array([part.row for part in segments if isinstance(part, ItemRef)], dtype=np.int64))


def meant(
    facts: FactBook,
    turns: Sequence[Turn],
    readable: np.ndarray,
    titles: Titles,
    asks: Callable[[str], object] = lambda text: None,
) -> tuple[Turn, ...]:
    """The turns with the items themselves in place of words that plainly mean them: a title, "the second one".

    titles: as for `spoken_of`; readable: bool[items], those that the model has words for; no other is put in place of
    words. asks: whether a text with ITEM asks something of it that the catalog may say: then that was spoken of last.
    """
    last, found, spoken = list[int](), [], None
    nouns = {kind.name: [words.singular for words in type_words(kind)] for kind in facts.catalog.types}
    for at, turn in enumerate(turns):
        named = [facts.item(row) for row in last]
        request = list(turn.request)
        if at >= len(turns) - RECENT:
            request = [piece for part in request for piece in _titles_as_items(part, readable, titles)]
        if spoken is not None and len(request) == 1 and isinstance(request[0], Text) and asks_why(request[0].text):
            request = [Text("Why "), ItemRef(spoken), Text("?")]
        for place, part in enumerate(request):
            if isinstance(part, Text) and (one := pointed(part.text, named, nouns)):
                request[place : place + 1] = as_item(part.text, one)
                break
        sole = last[0] if spoken is None and len(last) == 1 else spoken
        if sole is not None and len(request) == 1 and isinstance(request[0], Text) and at >= len(turns) - RECENT:
            request = _of_it(request[0].text, sole, asks)
        found.append(Turn(merge_texts(request), turn.answer))
        answer = turn.answer or ()
        about = bool(answer) and isinstance(answer[0], Text) and answer[0].text.startswith(ABOUT)
        rows = [part.row for part in answer if isinstance(part, ItemRef)]
        last = rows if rows and not about else last
        spoken = rows[0] if about and rows else None
    return tuple(found)


def _of_it(text: str, row: int, asks: Callable[[str], object]) -> list[Segment]:
    """A question about what was spoken of last, with that in it: "and who made it?", "how long?"."""
    if not may_ask_of_it(text):
        return [Text(text)]
    before, item, after = of_it(text).partition(ITEM)
    return [Text(before), ItemRef(row), Text(after)] if asks(f"{before}{item}{after}") else [Text(text)]


def titled(catalog: Catalog, text: str) -> list[tuple[Phrase, list[int]]]:
    """The titles that stand in a text, word for word, and the rows that have them: one pass over all titles."""
    said = phrases(text)
    by_title = named(said, catalog.lower_titles) if said else {}
    kept = apart(phrase for phrase in said if phrase.lower in by_title)
    return [(phrase, by_title[phrase.lower]) for phrase in kept]


def _titles_as_items(part: Segment, readable: np.ndarray, titles: Titles) -> list[Segment]:
    """A title of several words that one item has; a word alone may be no title."""
    if not isinstance(part, Text):
        return [part]
    pieces, done = list[Segment](), 0
    for phrase, rows in titles(part.text):
        if len(rows) == 1 and readable[rows[0]] and " " in phrase.words:
            pieces += [Text(part.text[done : phrase.start]), ItemRef(rows[0])]
            done = phrase.end
    return [*pieces, Text(part.text[done:])]
