"""Which listener vectors the rows of a stage stand on, so that all of them can be made at once."""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Events, Listeners
from neo.language.segments import Note, Vector
from neo.listeners.model import ListenerModel, Vectors
from neo.listeners.soft_prompt import SoftPrompt
from neo.training.config import ListenerStage


class LongTerm:
    """Gives a number to each (listener, second) that a row asks the vector of."""

    def __init__(self, soft: SoftPrompt, stage: ListenerStage, rng: np.random.Generator) -> None:
        self.soft, self.stage, self.rng = soft, stage, rng
        self._asked: dict[tuple[int, int], int] = {}

    def before_an_answer(self, listener: int, when: int) -> tuple[int, ...]:
        """The vector's ids as of a moment, as it stands when somebody asks; for some rows nothing."""
        return () if self.rng.random() < self.stage.absent else self._ids(listener, when)

    def within_a_life(self, listener: int, times: np.ndarray) -> tuple[tuple[int, Note], ...]:
        """Vectors before some of the items that were met at these seconds, each as of its own; none in some rows."""
        if self.rng.random() < self.stage.absent:
            return ()
        places = np.flatnonzero(self.rng.random(len(times)) < self.stage.often)
        return tuple((int(place), Vector(self._ids(listener, int(times[place])))) for place in places)

    def vectors(self, model: ListenerModel, events: Events, listeners: Listeners) -> Vectors:
        """What was asked for, by number; each from what lies strictly before its second."""
        who, when = np.array(list(self._asked), dtype=np.int64).reshape(-1, 2).T
        return model.vectors(events, who, when, listeners, who)

    def _ids(self, listener: int, when: int) -> tuple[int, ...]:
        return self.soft.ids(self._asked.setdefault((listener, when), len(self._asked)))
