"""Drafts: examples whose requests are written, and whose answers are known or still to be asked of a teacher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from neo.language.asides import item_aside, listener_aside
from neo.language.prompts import told
from neo.language.segments import Segment, Turn, merge_texts
from neo.training.examples.rows import Example
from neo.training.teacher.ask import Ask, Teacher

TEACHER_BATCH = 256
Known = tuple[Segment, ...]


@dataclass(frozen=True)
class Exchange:
    """One turn. answer: known, asked of the teacher, or None where nothing but a history is trained.

    opening: what stands before what the teacher writes.
    """

    request: Known
    answer: Known | Ask | None
    opening: Known = ()


@dataclass(frozen=True)
class Draft:
    """An example before its teacher has been asked."""

    task: str
    exchanges: tuple[Exchange, ...]

    @classmethod
    def of(cls, task: str, request: Known, answer: Known | Ask | None, opening: Known = ()) -> Draft:
        """Of one turn."""
        return cls(task, (Exchange(request, answer, opening),))


def answered(drafts: Iterable[Draft], teacher: Teacher, rng: np.random.Generator) -> Iterator[Example]:
    """The examples of the drafts, in their order; a teacher is asked for many at a time."""
    batch: list[Draft] = []
    for draft in drafts:
        batch.append(draft)
        if len(batch) == TEACHER_BATCH:
            yield from _answered(batch, teacher, rng)
            batch = []
    yield from _answered(batch, teacher, rng)


def _answered(drafts: Sequence[Draft], teacher: Teacher, rng: np.random.Generator) -> Iterator[Example]:
    asks = [turn.answer for draft in drafts for turn in draft.exchanges if isinstance(turn.answer, Ask)]
    answers = iter(teacher.answers(asks, rng) if asks else ())
    for draft in drafts:
        turns = []
        for turn in draft.exchanges:
            if isinstance(turn.answer, Ask):
                written = merge_texts((*turn.opening, *next(answers)))
                turns.append(Turn(turn.request, told(written, partial(_aside, turn.answer))))
            else:
                known = turn.answer
                turns.append(Turn(turn.request, None if known is None else merge_texts((*turn.opening, *known))))
        yield Example(draft.task, tuple(turns))


def _aside(ask: Ask, row: int | None, links: bool) -> str:
    if row is None:
        return listener_aside(ask.listener)
    return next(item_aside(item, ask.listener, links) for item in ask.items if item.row == row)
