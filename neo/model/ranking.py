"""Many requests for items at once, by catalog rows: what evaluation and batch jobs use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch

from neo.catalog.item_types import ItemType
from neo.catalog.standing import standing
from neo.decoding.beam import search_spans
from neo.decoding.context import check_model, position_limit
from neo.decoding.index import SidIndex
from neo.language import prompts
from neo.language.prompts import NOBODY, Context
from neo.language.render import Renderer
from neo.language.segments import Turn
from neo.language.wordings.modes import wish
from neo.model.bundle import Bundle
from neo.model.candidates import Candidates, every_type
from neo.model.listener import Asker, Prompt, as_read, fit, fit_unfinished
from neo.model.requests import whole, words
from neo_sdk.errors import InvalidRequestError
from neo_sdk.limits import BEAMS, MAX_BEAMS, MAX_K, MAX_QUERY
from neo_sdk.types import Mode

Ranked = list[tuple[int, float]]


class Ranker:
    """A bundle, ready to rank its items: (catalog row, score) pairs, the best first."""

    def __init__(self, bundle: Bundle) -> None:
        check_model(bundle.model)
        bundle.model.eval()
        self.bundle = bundle
        self.renderer = Renderer(bundle.vocabulary, bundle.sids.table)

    @property
    def index(self) -> SidIndex:
        """Every item of the catalog that has a SID."""
        return self.bundle.index

    @cached_property
    def standing(self) -> torch.Tensor:
        """float32 [catalog rows], see `neo.catalog.standing`, as the bundle's events are."""
        bundle = self.bundle
        catalog = bundle.catalog
        added = standing(bundle.events, catalog.type_codes, catalog.released)
        return torch.from_numpy(added).to(bundle.model.device)

    def recommend_rows(
        self,
        histories: Sequence[Sequence[int] | np.ndarray],
        abouts: Sequence[str],
        type: str,
        k: int = 10,
        beams: int = BEAMS,
        exclude: Sequence[np.ndarray] | None = None,
        batch: int = 16,
        vectors: Sequence[tuple[int, ...]] = (),
        mode: Mode = "any",
    ) -> list[Ranked]:
        """At most `k` items of a type for each listener: whole histories (oldest first) and lines about them.

        vectors: for each what stands for them in the long run, see `neo.model.listener.in_the_long_run`. mode: asked
        for in words, which guarantee nothing.
        exclude: for each, the rows that must not come back; by default those of the history. Scores are
        log-probabilities plus the item's standing, which reorders the top `beams` of them.
        """
        (item_type,) = every_type(self.bundle.catalog, [type])
        asked = self.recommend_prompts(histories, abouts, type, vectors=vectors, mode=mode)
        left_out = histories if exclude is None else exclude
        if len(left_out) != len(asked):
            raise InvalidRequestError(f"exclude has {len(left_out)} entries, expected {len(asked)}: pass one each.")

        def choose(place: int) -> Candidates:
            rows = np.asarray(left_out[place], dtype=np.int64)
            return Candidates.choose(self.index, self.bundle.sids.table, (item_type,), rows)

        return self._rank(asked, choose, k, beams, batch, self.standing)

    def search_rows(
        self,
        queries: Sequence[str],
        types: Sequence[str | None],
        k: int = 10,
        beams: int = BEAMS,
        batch: int = 16,
    ) -> list[Ranked]:
        """At most `k` items for each query, of its type, or of any where that is None."""
        choices = {}
        for name in dict.fromkeys(types):
            named = every_type(self.bundle.catalog, None if name is None else [name])
            choices[name] = Candidates.choose(self.index, self.bundle.sids.table, named)
        asked = [self.search_prompt(query, name) for query, name in zip(queries, types, strict=True)]
        return self._rank(asked, lambda place: choices[types[place]], k, beams, batch)

    def search_prompt(self, query: str, type: str | None) -> list[int]:
        """The prompt of `search_rows` as token ids. Raises InvalidRequestError for a query that is too long."""
        item_type = None if type is None else every_type(self.bundle.catalog, [type])[0]
        turn = Turn(prompts.search(words("query", query, MAX_QUERY), item_type))
        return fit(self.renderer, Asker(NOBODY), [turn], self.room()).ids

    def recommend_prompts(
        self,
        histories: Sequence[Sequence[int] | np.ndarray],
        abouts: Sequence[str],
        type: str,
        in_words: bool = False,
        vectors: Sequence[tuple[int, ...]] = (),
        mode: Mode = "any",
    ) -> list[list[int]]:
        """The prompts of `recommend_rows` as token ids; `in_words`: with a request even where a history could go on."""
        (item_type,) = every_type(self.bundle.catalog, [type])
        asked = []
        for history, about, ids in zip(histories, abouts, vectors or [()] * len(histories), strict=True):
            rows = as_read(self.bundle, np.asarray(history, dtype=np.int64))
            who = Asker(Context(about, tuple(rows.tolist()), ids, mode))
            asked.append(self.recommend_prompt(who, item_type, in_words).ids)
        return asked

    def recommend_prompt(self, who: Asker, item_type: ItemType, in_words: bool = False) -> Prompt:
        """What is followed by items of a type: the listener's history, or a request where there is none to go on with.

        A request names the type; after a history it must be all that may come.
        """
        if self.bundle.goes_on and (who.context.history or who.context.vector) and not in_words:
            return fit_unfinished(self.renderer, who, self.room())
        request = prompts.recommend(NOBODY, item_type, wish=wish(who.context.mode))
        return fit(self.renderer, who, [Turn(request)], self.room())

    def opened(self, prompt: list[int]) -> list[int]:
        """The prompt with an open span at its end; that of a history is open already."""
        vocabulary = self.bundle.vocabulary
        return [*prompt, vocabulary.open] if prompt[-1] == vocabulary.answer else prompt

    def room(self, text_tokens: int = 0, items: int = 1) -> int:
        """How long a prompt may be so that such an answer fits; at least half of what the model reads."""
        limit = position_limit(self.bundle.model)
        answer = text_tokens + items * (self.bundle.vocabulary.levels + 2)
        return limit - min(answer, limit // 2)

    def _rank(
        self,
        asked: Sequence[list[int]],
        choose: Callable[[int], Candidates],
        k: int,
        beams: int,
        batch: int,
        shift: torch.Tensor | None = None,
    ) -> list[Ranked]:
        """Ranks what `choose` allows at each place of `asked`; no more indexes than a batch has exist at a time.

        Prompts of like length share a batch, since padding is computed too.
        """
        whole("k", k, 1, MAX_K)
        whole("beams", beams, 1, MAX_BEAMS)
        whole("batch", batch, 1, 1 << 16)
        ranked: list[Ranked] = [[] for _ in asked]
        order = sorted(range(len(asked)), key=lambda place: len(asked[place]))
        for start in range(0, len(order), batch):
            choices = {place: choose(place) for place in order[start : start + batch]}
            some = [place for place, choice in choices.items() if len(choice)]
            found = search_spans(
                self.bundle.model,
                self.bundle.vocabulary,
                [choices[place].index for place in some],
                [self.opened(asked[place]) for place in some],
                [choices[place].types for place in some],
                k=k,
                beams=beams,
                shift=shift,
            )
            for place, items in zip(some, found, strict=True):
                ranked[place] = [(item.row, item.score) for item in items]
        return ranked
