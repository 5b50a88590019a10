"""Other ways to get a list of items out of the same model: what exact beam search is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from neo.decoding.beam import search_spans
from neo.decoding.unconstrained import search_unconstrained
from neo.evaluation.neo_method import long_run
from neo.evaluation.obedience import span_of
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import about_listener
from neo.model.neo_model import NeoModel

Decoding = Literal["without the standing", "asked in words", "greedy", "top-p sampling", "constraint off"]
BATCH = 16
TOP_P = 0.9


class DecodingMethod:
    """Recommends in another way than NeoModel does. Lists may be shorter than k: what does not exist is left out.

    without the standing: the same beams in the model's own order, as in all below except `asked in words`.
    asked in words: the history does not just go on, the request says what is wanted.
    greedy: one beam; what it finds is taken out, and it is asked again. top-p sampling: k different items, in the order
    in which they are drawn.
    constraint off: k beams over the whole vocabulary, of which those count that are new items of the type; asked in
    words, which then are all that says the type.
    """

    def __init__(self, model: NeoModel, how: Decoding, beams: int = 30, seed: int = 0) -> None:
        self.model, self.how, self.beams, self.name = model, how, beams, f"NEO, {how}"
        self._generator = torch.Generator(device=model.bundle.model.device).manual_seed(seed)

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        ranked: dict[int, np.ndarray] = {}
        for name in dict.fromkeys(case.type for case in cases):
            places = [place for place, case in enumerate(cases) if case.type == name]
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                found = self._batch([cases[place] for place in some], name, k)
                ranked |= {place: np.array(rows, dtype=np.int64) for place, rows in zip(some, found, strict=True)}
        return [ranked[place] for place in range(len(cases))]

    def _batch(self, cases: Sequence[RecommendCase], name: str, k: int) -> list[list[int]]:
        bundle, vocabulary = self.model.bundle, self.model.bundle.vocabulary
        abouts = [about_listener(bundle.listeners, case.listener) for case in cases]
        in_words = self.how in ("asked in words", "constraint off")
        histories, vectors = [case.history for case in cases], long_run(self.model, cases)
        prompts = self.model.recommend_prompts(histories, abouts, name, in_words, vectors)
        opened = [self.model.opened(prompt) for prompt in prompts]
        if self.how == "constraint off":
            return self._unconstrained(cases, opened, name, k)
        table, every = bundle.sids.table, self.model.index.only([name])
        indexes = [every.without_rows(table, np.asarray(case.history)) for case in cases]
        if self.how in ("without the standing", "asked in words"):
            beams, shift = max(self.beams, k), self.model.standing if self.how == "asked in words" else None
            types = [(name,)] * len(cases)
            lists = search_spans(bundle.model, vocabulary, indexes, opened, types, k=k, beams=beams, shift=shift)
            return [[item.row for item in items] for items in lists]
        if self.how == "greedy":
            found: list[list[int]] = [[] for _ in cases]
            for _ in range(k):
                types, memory = [(name,)] * len(cases), self.model.memory  # the prompts are read once, not k times
                lists = search_spans(bundle.model, vocabulary, indexes, opened, types, k=1, beams=1, memory=memory)
                for place, items in enumerate(lists):
                    found[place] += [item.row for item in items]
                    for item in items:
                        indexes[place] = indexes[place].without(name, item.codes)
            return found
        drawn = search_spans(
            bundle.model,
            vocabulary,
            indexes,
            opened,
            [(name,)] * len(cases),
            k=k,
            sample=True,
            top_p=TOP_P,
            generator=self._generator,
        )
        return [[item.row for item in sorted(items, key=lambda item: -item.value)] for items in drawn]

    def _unconstrained(
        self, cases: Sequence[RecommendCase], opened: list[list[int]], name: str, k: int
    ) -> list[list[int]]:
        bundle, vocabulary, found = self.model.bundle, self.model.bundle.vocabulary, []
        answers = search_unconstrained(bundle.model, vocabulary, opened, max(self.beams, k))
        for case, beams in zip(cases, answers, strict=True):
            parts = [[vocabulary.type_level_code(token) for token in beam.tokens] for beam in beams]
            spans = [span_of(beam, vocabulary.levels) for beam in parts]
            rows = [bundle.sids.table.row_of(*span) for span in spans if span and span[0] == name]
            heard = set(np.asarray(case.history).tolist())
            found.append([row for row in rows if row is not None and row not in heard][:k])
        return found
