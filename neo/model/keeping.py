"""What an answer is kept to: a filter, and wishes that a request says so plainly that they can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from neo.catalog.filter import matching
from neo.language.facts import FactBook
from neo.language.judging import ByWords, Judge
from neo.language.reading import Reader
from neo.language.reading_words import ITEM
from neo.language.said import Said, holding
from neo.language.segments import Text, Turn
from neo.language.wishes import Wish, WishBook
from neo.model.candidates import Passing
from neo.model.compared import by_the_same, compared, part_of_it
from neo.model.own_judge import OwnJudge
from neo.model.ranking import Ranker
from neo.model.spoken import RECENT, Spoken, items_of
from neo_sdk.types import Filter

FILTERS_KEPT = 16  # each with its index of the catalog: up to 12 bytes for every item that passes
FEW = 4  # wishes that are let go of one by one; each takes a pass over the catalog


def less(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """What is still kept of wishes that nothing grants together: what was said last goes first, where there is much of
    it all at once; what is to be avoided stays."""
    wanted = [wish for wish in wishes if not wish.avoid]
    gone = wanted[-1:] if len(wanted) <= FEW else wanted
    return tuple(wish for wish in wishes if wish not in gone)


class Keeping(Ranker):
    """A bundle, and what of its catalog passes."""

    @cached_property
    def reader(self) -> Reader:
        """What reads requests."""
        return Reader(self.bundle.catalog, self.wish_book.facts, self.judge)

    @cached_property
    def judge(self) -> Judge:
        """Who says what the words of a request probably mean."""
        return OwnJudge(self.bundle.model, self.renderer) if self.bundle.reads else ByWords()

    @cached_property
    def readable(self) -> np.ndarray:
        """bool[items]: those that the model has words for."""
        return self.bundle.sids.table.types_of_rows(np.arange(len(self.bundle.catalog))) >= 0

    @cached_property
    def wish_book(self) -> WishBook:
        return WishBook(self.bundle.catalog, FactBook(self.bundle.catalog, self.bundle.listeners))

    @cached_property
    def passing(self) -> Callable[[Filter | None, tuple[Wish, ...]], Passing]:
        """What of the catalog passes a filter and grants wishes; the latest are kept."""
        return lru_cache(maxsize=FILTERS_KEPT)(self._passing)

    def _passing(self, filter: Filter | None, wishes: tuple[Wish, ...]) -> Passing:
        mask, what = self.wish_book.granted(wishes), ["what the words ask for"] if wishes else []
        if filter is not None:
            mask &= matching(self.bundle.catalog, filter)
            what.insert(0, "the filter")
        return Passing.compile(self.bundle.catalog, self.index, mask, " and ".join(what))

    def said(self, spoken: Spoken, turns: Sequence[Turn]) -> Said:
        """What the last request says, and what of those before it still holds. turns: with the items that their words
        mean."""
        recent = turns[-RECENT:]
        aimed = ["".join(part.text if isinstance(part, Text) else ITEM for part in turn.request) for turn in recent]
        said = self.reader.read_all(spoken.requests, aimed)
        asked = [(*turns[:at], Turn(turn.request)) for at, turn in enumerate(turns)]  # before it was answered
        return holding([self._compared(*one) for one in zip(asked, said, strict=True)])

    def _compared(self, turns: Sequence[Turn], said: Said) -> Said:
        """With the length that "shorter" comes to, and whom "by her" means; "the audiobook is too long" asks for one
        audiobook."""
        said = part_of_it(self.bundle.catalog, turns, said)
        if all(wish.aspect != "creator" for wish in said.wishes):
            said = replace(said, wishes=said.wishes + by_the_same(self.wish_book.facts, turns, said))
        wishes, pointed = compared(self.bundle.catalog, turns, said), items_of(turns[-1:])
        said = replace(said, wishes=said.wishes + wishes)
        if not wishes or said.types or len(pointed) != 1 or not said.goes_on:
            return said
        return replace(said, types=(self.bundle.catalog.type_of(int(pointed[0])),), count=said.count or 1)
