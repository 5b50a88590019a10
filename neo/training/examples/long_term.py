"""Which listener vectors the rows of a stage stand on, so that all of them can be made at once."""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Events, Listeners
from neo.listeners.model import ListenerModel, Vectors
from neo.listeners.soft_prompt import SoftPrompt
from neo.training.config import ListenerStage

Placed = tuple[tuple[int, tuple[int, ...]], ...]  # as in `neo.language.segments.History`


class LongTerm:
    """Gives a number to each (listener, second) that a row asks the vector of."""

    def __init__(self, soft: SoftPrompt, stage: ListenerStage, rng: np.random.Generator) -> None:
        self.soft, self.stage, self.rng = soft, stage, rng
        self._asked: dict[tuple[int, int], int] = {}

    def before_an_answer(self, listener: int, when: int, length: int) -> Placed:
        """After a history of this length, as it stands when somebody asks; nothing in some rows."""
        if self.rng.random() < self.stage.absent:
            return ()
        return ((length, self._ids(listener, when)),)

    def within_a_life(self, listener: int, times: np.ndarray) -> Placed:
        """Before some of the items that were met at these seconds, each as of its own; nothing in some rows."""
        if self.rng.random() < self.stage.absent:
            return ()
        places = np.flatnonzero(self.rng.random(len(times)) < self.stage.often)
        return tuple((int(place), self._ids(listener, int(times[place]))) for place in places)

    def vectors(self, model: ListenerModel, events: Events, listeners: Listeners) -> Vectors:
        """What was asked for, by number; each from what lies strictly before its second."""
        who, when = np.array(list(self._asked), dtype=np.int64).reshape(-1, 2).T
        return model.vectors(events, who, when, listeners, who)

    def _ids(self, listener: int, when: int) -> tuple[int, ...]:
        return self.soft.ids(self._asked.setdefault((listener, when), len(self._asked)))
