"""How probable it is that a request's words mean this or that: what the readers of requests are sure by.

Two kinds of judge say it. `ByWords` knows runs of words, and any bundle has it. A model that was trained on the same
sentences, with what each means as its answer, judges by itself (`neo.model.own_judge`), and its prompts are made here:
a pretrained base knows the words that nobody wrote for the reader.

What is judged is *marked*: the catalog's types stand there as NOUN, and what the conversation named as ITEM.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from neo.language import reading_aim, reading_count, reading_modes
from neo.language.reading_words import ITEM, NOUN, as_words
from neo.language.segments import Segment, Text
from neo_sdk.errors import ConfigError

Chances = Mapping[str, float]
Question = Literal["aim", "mode", "number"]

# What a model answers: one word of each, and no two begin with the same letter, so that the first token tells.
ANSWERS: dict[Question, dict[str, str]] = {
    "aim": {
        "items": "list",
        "mixed": "both",
        "about it": "item",
        "about them": "you",
        "others": "others",
        "more like it": "more",
        "another type": "type",
        "small talk": "chat",
        "neither": "nothing",
    },
    "mode": {"any": "either", "familiar": "known", "unfamiliar": "new"},
    "number": {"asked": "yes", "other": "no"},
}
_ASKED: dict[Question, str] = {
    "aim": "Asked for:",
    "mode": "Known or new:",
    "number": "Is the number in brackets how many are asked for:",
}


class Judge(Protocol):
    """Says of marked texts how probable each meaning is; of numbers, whether they are what is asked for."""

    def aim(self, text: str) -> Chances: ...
    def mode(self, text: str) -> Chances: ...
    def numbers(self, text: str, numbers: Sequence[re.Match[str]]) -> list[float]: ...


class ByWords:
    """By the classifiers of words."""

    def aim(self, text: str) -> Chances:
        return _chances(reading_aim.classifier(), text)

    def mode(self, text: str) -> Chances:
        return _chances(reading_modes.classifier(), text)

    def numbers(self, text: str, numbers: Sequence[re.Match[str]]) -> list[float]:
        around = [reading_count.around(text, number) for number in numbers]
        return list(reading_count.classifier().predict_proba(around)[:, 1].tolist())


def question(kind: Question, text: str, number: tuple[int, int] | None = None) -> tuple[Segment, ...]:
    """A request that a model answers with one of ANSWERS. number: where in the marked text it stands."""
    if number is not None:
        start, end = number
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return (Text(f"{_plain(text)}\n{_ASKED[kind]}"),)


def first_tokens(encode: Callable[[str], Sequence[int]], kind: Question) -> dict[str, int]:
    """The token that each answer begins with. ConfigError where two begin with one, and so cannot be told apart."""
    found = {meant: encode(word)[0] for meant, word in ANSWERS[kind].items()}
    if len(set(found.values())) < len(found):
        words = ", ".join(ANSWERS[kind].values())
        raise ConfigError(
            f"This base's vocabulary begins some of the answers {words} with the same token, so it cannot learn to "
            "read requests by them: set instruction.read=0."
        )
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace(NOUN, "titles").replace(ITEM, "this one").split())


def _chances(classifier: reading_aim.Pipeline, text: str) -> Chances:
    found = classifier.predict_proba([as_words(text)])[0].tolist()
    return dict(zip(classifier.classes_.tolist(), found, strict=True))
