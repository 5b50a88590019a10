"""What a teacher is asked for, whoever the teacher is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from neo.language.facts import NOBODY, ItemFacts, ListenerFacts
from neo.language.segments import Segment
from neo_sdk.errors import InvalidRequestError

AskTask = Literal["explain", "portrait", "recommend_mixed", "search_mixed", "chat_mixed"]
TEXT_ONLY: frozenset[str] = frozenset({"explain", "portrait"})  # their answers hold no item references
MAX_ITEMS = {"explain": 1, "portrait": 0, "recommend_mixed": 3, "search_mixed": 3, "chat_mixed": 5}


@dataclass(frozen=True, slots=True)
class Ask:
    """One label wanted: the items in the order of the answer, the listener, the words of a search or chat."""

    task: AskTask
    items: tuple[ItemFacts, ...] = ()
    listener: ListenerFacts = NOBODY
    query: str | None = None

    def __post_init__(self) -> None:
        most = MAX_ITEMS.get(self.task)
        if most is None:
            raise InvalidRequestError(f"No task {self.task!r}: expected one of {', '.join(MAX_ITEMS)}.")
        if len(self.items) > most or (most and not self.items):
            expected = f"1 to {most} items" if most else "no items"
            raise InvalidRequestError(f"The task {self.task} takes {expected}, got {len(self.items)}.")
        if self.task == "search_mixed" and self.query is None:
            raise InvalidRequestError("The task search_mixed needs a query.")


class Teacher(Protocol):
    """Writes labels. Each ask gets a random stream of its own, drawn from `rng` in order."""

    def answers(self, asks: Sequence[Ask], rng: np.random.Generator) -> list[tuple[Segment, ...]]:
        """One answer an ask, in their order."""
        ...


def streams(rng: np.random.Generator, count: int) -> list[np.random.Generator]:
    """Independent generators: an answer depends on its own place only, not on what the others drew."""
    return [np.random.default_rng(seed) for seed in rng.integers(2**63, size=count).tolist()]
