"""The quality target of the inference benchmark: cases from a bundle's own events, and how answers do on them.

The model has seen these events in training, so that the values say nothing about how well it recommends: they are there
to compare the answers under load with those of the reference, on the same cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neo.evaluation.metrics import hit_gain, ndcg_gain
from neo.model.bundle import Bundle
from neo_sdk.types import Answer, ItemPart

K = 10


@dataclass(frozen=True)
class Case:
    """What a listener met last, asked for after everything before it: ids, the oldest first."""

    listener: str
    history: tuple[str, ...]
    type: str
    target: str


def sample_cases(bundle: Bundle, count: int, seed: int) -> list[Case]:
    """At most so many, of different listeners: those whose last item has a SID and is none that they had met."""
    cases: list[Case] = []
    order = np.random.default_rng([seed, 0]).permutation(bundle.events.n_listeners)
    for listener in order.tolist():
        if len(cases) == count:
            break
        *history, target = bundle.events.history(listener).tolist() or [None]
        if history and target not in history and bundle.sids.table.has(target):
            catalog = bundle.catalog
            ids = tuple(catalog.id(row) for row in history)
            cases.append(Case(bundle.listeners.id(listener), ids, catalog.type_of(target), catalog.id(target)))
    return cases


@dataclass(frozen=True)
class Quality:
    """HR@10 and NDCG@10 over some answers; a mixed answer's list is what it names, in its order."""

    hit_rate: float
    ndcg: float

    @classmethod
    def of(cls, answers: Sequence[Answer], cases: Sequence[Case]) -> Quality:
        named = [items(answer) for answer in answers]
        places = [ids.index(case.target) if case.target in ids else -1 for ids, case in zip(named, cases, strict=True)]
        found = np.array(places)[:, None] == np.arange(K)
        one = np.ones(len(cases), dtype=np.int64)
        return cls(float(hit_gain(found, K).mean()), float(ndcg_gain(found, one, K).mean()))

    def reaches(self, reference: Quality, share: float) -> bool:
        """Whether both are at least this share of the reference's."""
        return self.hit_rate >= share * reference.hit_rate and self.ndcg >= share * reference.ndcg

    def shares(self, reference: Quality) -> tuple[float | None, float | None]:
        """Both beside the reference's, None where that has no hit."""
        if not reference.hit_rate:
            return None, None
        return self.hit_rate / reference.hit_rate, self.ndcg / reference.ndcg


def items(answer: Answer) -> list[str]:
    """The ids of the items that an answer names."""
    return [part.item.id for part in answer.parts if isinstance(part, ItemPart)]


def same(one: Answer, other: Answer) -> bool:
    """Whether they say the same words and name the same items in the same order; scores may differ in a last digit."""
    return _said(one) == _said(other)


def _said(answer: Answer) -> list[tuple[str, str]]:
    return [("item", part.item.id) if isinstance(part, ItemPart) else ("text", part.text) for part in answer.parts]
