"""What stage 4 asks the model: moments in the lives of those who are not held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neo.catalog.activity import Dataset
from neo.language import prompts
from neo.language.prompts import Context
from neo.listeners.soft_prompt import soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import PreferenceStage
from neo.training.examples.long_term import LongTerm
from neo.training.examples.moments import Moment, Moments

if TYPE_CHECKING:
    from neo.training.run import Run


@dataclass(frozen=True, eq=False)
class Asked:
    """A moment of a listener's life; context: what the model reads of it; type_code: of what they met next."""

    moment: Moment
    context: Context
    type_code: int

    @property
    def why(self) -> tuple[int, np.ndarray, int]:
        """Listener, history and the item that is to be explained: what they met next."""
        return self.moment.listener, np.array(self.moment.history, dtype=np.int64), self.moment.upcoming[0]


class Lives:
    """The lives that a stage learns from."""

    def __init__(
        self, dataset: Dataset, stage: PreferenceStage, history: int, out: np.ndarray, rng: np.random.Generator
    ) -> None:
        """history: items of a prompt; out: bool[listeners], held out."""
        self.dataset, self.out, self.rng = dataset, out, rng
        catalog = dataset.catalog
        self.moments = Moments(dataset.events, catalog.type_codes, history, stage.recency_days, catalog.parent_rows)

    def asked(self, count: int, long_term: LongTerm | None = None) -> list[Asked]:
        """At most `count` moments, of every type that was met as many as of the others."""
        codes = [code for code in range(len(self.dataset.catalog.types)) if (self.moments.types == code).any()]
        found = []
        for at, code in enumerate(codes):
            share = count // len(codes) + (at < count % len(codes))
            for moment in self.moments.draw(code, share, self.rng):
                if not self.out[moment.listener]:
                    vector = long_term.before_an_answer(moment.listener, moment.when) if long_term else ()
                    about = prompts.about_listener(self.dataset.listeners, moment.listener)
                    found.append(Asked(moment, Context(about, moment.history, vector), code))
        return found


@dataclass(frozen=True, eq=False)
class Questions:
    """What a stage asks: moments for lists and for explanations.

    vectors: float16 [n, dim], what those for lists stand on, where the model reads vectors.
    """

    lists: list[Asked]
    texts: list[Asked]
    vectors: np.ndarray | None

    @classmethod
    def of(cls, run: Run, stage: PreferenceStage, neo: NeoModel, out: np.ndarray) -> Questions:
        """The same whenever they are asked for. out: bool[listeners], held out."""
        seed, listener, known, soft = (
            run.config.seed + stage.seed,
            run.config.listener,
            run.listener_model,
            soft_prompt_of(neo.bundle.model),
        )
        lives = Lives(run.known, stage, neo.bundle.history_length, out, np.random.default_rng([seed, 7]))
        long_term = LongTerm(soft, listener, np.random.default_rng([seed, 9])) if soft and listener else None
        lists, texts, vectors = lives.asked(stage.lists, long_term), lives.asked(stage.texts), None
        if long_term is not None and known is not None:
            vectors = long_term.vectors(known, run.known.events, run.known.listeners).values.astype(np.float16)
        run.say(f"{len(lists):,} moments for lists, {len(texts):,} for explanations, {stage.drawn} answers each")
        return cls(lists, texts, vectors)
