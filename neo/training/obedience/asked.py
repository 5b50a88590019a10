"""What the model is asked: moments in listeners' lives, words that ask for something, and the items that grant it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neo.catalog.activity import Dataset
from neo.language import prompts
from neo.language.prompts import NOBODY, Context
from neo.language.segments import Turn
from neo.language.wordings.modes import DISCOVERY, wish
from neo.listeners.familiarity import acquaintances
from neo.model.listener import Asker, fit
from neo.model.neo_model import NeoModel
from neo.training.config import ObedienceStage
from neo.training.examples.grounding import VARIANTS
from neo.training.examples.long_term import LongTerm
from neo.training.examples.moments import Moment, Moments
from neo_sdk.types import Mode

SENTENCES = 0.3  # of what is asked in a mode is asked in a sentence, the rest in a word within the history


@dataclass(frozen=True, eq=False)
class Question:
    """prompt: ends where an item may come. mode: what its words ask for."""

    moment: Moment
    type_code: int
    prompt: list[int]
    mode: Mode


class Questions:
    """Asks for lists of a type, and knows what grants what is asked for."""

    def __init__(
        self,
        neo: NeoModel,
        dataset: Dataset,
        stage: ObedienceStage,
        recency_days: float,
        seed: int,
        known: LongTerm | None,
    ) -> None:
        """recency_days: see `Moments`; known: gives the numbers of the vectors that prompts stand on."""
        self.neo, self.dataset, self.stage, self.known = neo, dataset, stage, known
        self.rng = np.random.default_rng([seed, 15])
        catalog, self.length = dataset.catalog, neo.bundle.history_length
        self.parents = catalog.parent_rows
        self.wholes = np.where(self.parents < 0, np.arange(len(catalog)), self.parents)
        self.moments = Moments(dataset.events, catalog.type_codes, self.length, recency_days, self.parents)

    def asked(self) -> Iterator[Question]:
        """Without a word, and in each mode; of each as many of every type as of the others."""
        met = [code for code in range(len(self.dataset.catalog.types)) if (self.moments.types == code).any()]
        # Of what has no parent nothing that is left is familiar, as nothing is named twice, and all is unfamiliar.
        parts = [code for code in met if self.dataset.catalog.types[code].parent]
        for code, moment in self._drawn(met, self.stage.plain):
            yield self._after_history(code, moment, "any")
        for mode in DISCOVERY:
            for code, moment in self._drawn(parts, getattr(self.stage, mode)):
                if self.rng.random() < SENTENCES:
                    yield self._in_a_sentence(code, moment, mode)
                else:
                    yield self._after_history(code, moment, mode)

    def granting(self, question: Question) -> np.ndarray:
        """bool[items]: those that are what its words ask for."""
        if question.mode == "any":
            return np.ones(len(self.wholes), dtype=np.bool_)
        history, times = self._life(question.moment)
        habits, others = acquaintances(history, times, question.moment.when, self.parents)
        if question.mode == "familiar":
            return np.isin(self.wholes, others)
        return ~np.isin(self.wholes, np.union1d(habits, others))

    def heard(self, question: Question) -> np.ndarray:
        """int64[]: the rows of what the listener had met by then, which no list names again."""
        return np.unique(self._life(question.moment)[0]).astype(np.int64)

    def _life(self, moment: Moment) -> tuple[np.ndarray, np.ndarray]:
        history, times = self.dataset.events.history(moment.listener), self.dataset.events.times(moment.listener)
        return history[times < moment.when], times[times < moment.when]

    def _drawn(self, codes: list[int], count: int) -> Iterator[tuple[int, Moment]]:
        for at, code in enumerate(codes):
            share = count // len(codes) + (at < count % len(codes))
            for moment in self.moments.draw(code, share, self.rng):
                if moment.history:
                    yield code, moment

    def _after_history(self, code: int, moment: Moment, mode: Mode) -> Question:
        """As `NeoModel.recommend` goes on with a history, most often with all that a prompt holds of it."""
        context = self._context(moment, 0.5)
        name, vectors = self.dataset.catalog.type_names[code], [context.vector]
        (prompt,) = self.neo.recommend_prompts([context.history], [context.about], name, vectors=vectors, mode=mode)
        return Question(moment, code, self.neo.opened(prompt), mode)

    def _in_a_sentence(self, code: int, moment: Moment, mode: Mode) -> Question:
        item_type, sentence = self.dataset.catalog.types[code], wish(mode, self._any())
        turn = Turn(prompts.recommend(NOBODY, item_type, "items", self._any(), self._any(), 1, sentence))
        prompt = fit(self.neo.renderer, Asker(self._context(moment, 2.0)), [turn], self.neo.room())
        return Question(moment, code, self.neo.opened(prompt.ids), mode)

    def _context(self, moment: Moment, power: float) -> Context:
        """power: the higher, the more histories are short."""
        length = int(self.length * self.rng.random() ** power) + 1
        about = prompts.about_listener(self.dataset.listeners, moment.listener)
        vector = self.known.before_an_answer(moment.listener, moment.when) if self.known else ()
        return Context(about, moment.history[-length:], vector)

    def _any(self) -> int:
        return int(self.rng.integers(VARIANTS))
