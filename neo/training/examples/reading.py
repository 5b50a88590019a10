"""What requests ask for, as questions that the model answers itself: sentences that readers are made of, what each
means, and no item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from neo.language import reading_aim, reading_count, reading_modes
from neo.language.judging import ANSWERS, Question, question
from neo.language.segments import Segment, Text, Turn

SHARES: dict[Question, float] = {"aim": 0.33, "mode": 0.4, "number": 0.27}
NO_MODE = 2_000  # of 13,000 sentences that were written for something else, beside 2,600 that sound like a mode
_Asked = tuple[tuple[Segment, ...], str]


def reading_turns(count: int, topics: Sequence[str], rng: np.random.Generator) -> Iterator[Turn]:
    """`count` questions, of each kind its share; none comes again before all of its kind have come. topics: what the
    catalog's queries are about."""
    every: dict[Question, list[_Asked]] = {"aim": _aims(topics, rng), "mode": _modes(rng), "number": _numbers()}
    for kind, asked in every.items():
        share = round(count * SHARES[kind])
        order = [at for _ in range(-(-share // len(asked))) for at in rng.permutation(len(asked)).tolist()]
        for at in order[:share]:
            request, meant = asked[at]
            yield Turn(request, (Text(ANSWERS[kind][meant]),))


def _aims(topics: Sequence[str], rng: np.random.Generator) -> list[_Asked]:
    def topic(word: str) -> str:
        return topics[int(rng.integers(len(topics)))] if topics else word

    sentences = reading_aim.sentences(topic)
    return [(question("aim", text), label if label in ANSWERS["aim"] else "neither") for text, label in sentences]


def _modes(rng: np.random.Generator) -> list[_Asked]:
    own, others = [pair for pairs in reading_modes.sentences().values() for pair in pairs], reading_modes.others()
    own += [others[at] for at in rng.permutation(len(others))[:NO_MODE].tolist()]
    return [(question("mode", text), mode) for text, mode in own]


def _numbers() -> list[_Asked]:
    found = []
    for sentence in reading_count.sentences():
        text, asked = reading_count.unmarked(sentence)
        for number in reading_count.numbers(text):
            meant = "asked" if number.end() in asked else "other"
            found.append((question("number", text, number.span("number")), meant))
    return found
