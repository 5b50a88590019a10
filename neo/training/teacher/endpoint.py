"""A teacher behind an endpoint: the same asks and answers as the built-in teacher's.

An answer that stays unusable is replaced by the built-in teacher's, and counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from neo.language.answer_cache import request_key
from neo.language.endpoint import Complete, Endpoint, EndpointConfig, Malformed
from neo.language.segments import Segment
from neo.training.teacher import built_in
from neo.training.teacher.ask import Ask, streams
from neo.training.teacher.messages import messages, read

logger = logging.getLogger(__name__)


class TeacherConfig(EndpointConfig):
    """Where the teacher is and how it is asked."""

    max_words: int = Field(60, ge=10, le=400)


class EndpointTeacher:
    """See `Teacher`. `replaced` counts the answers that the built-in one wrote."""

    def __init__(self, config: TeacherConfig, cache: Path) -> None:
        """`cache`: a JSONL file. ConfigError where package or key is missing, TrainingError for the file."""
        self.config = config
        self.endpoint = Endpoint(config, cache, "teacher")
        self.replaced = 0
        self._told, self._last_problem = 0, ""
        self._lock = threading.Lock()

    def answers(self, asks: Sequence[Ask], rng: np.random.Generator) -> list[tuple[Segment, ...]]:
        """One answer an ask. TrainingError where the endpoint refuses or is not there; answers are kept."""
        own = streams(rng, len(asks))
        keys = [request_key({"messages": messages(ask)}) for ask in asks]
        found = self.endpoint.each(keys, lambda complete, place: self._answer(complete, asks[place], own[place]))
        if self.replaced > self._told:
            self._told = self.replaced
            text = "%d labels of the teacher %s could not be used, the built-in one wrote them (the last: %s)"
            logger.warning(text, self.replaced, self.config.model, self._last_problem)
        return found

    def _answer(self, complete: Complete, ask: Ask, rng: np.random.Generator) -> tuple[Segment, ...]:
        try:
            return self.endpoint.usable(complete, messages(ask), lambda text: read(text, ask, self.config.max_words))
        except Malformed as problem:
            with self._lock:
                self.replaced, self._last_problem = self.replaced + 1, str(problem)
        return built_in.answer(ask, rng)
