"""What a question about one item asks: how long it is, who made it, when it came out. English.

The catalog's fields answer it, or say nothing of it ("is it free?", "who reads it?"), which is an answer too. What it
is about, why it is named and whether it is any good is `other`: the model says that in its own words. So is whatever
asks for more beside. A classifier tells them apart, of 3,080 sentences of eight writers, and of what training asks.

Of left-out writers it reads 80% of such questions, 2% as another one, and as one of them 9% of what was written to
sound so (benchmarks/aims.py), before rules ask for a plain question that wants nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from neo.catalog.item_types import BUILT_IN
from neo.language.reading_aim import sentences as every_request
from neo.language.reading_words import ITEM, NOUN, as_words, classifier_of, fit_once
from neo.language.wordings.fill import type_words
from neo.language.wordings.instructions import TASKS, written

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Question = Literal["length", "creator", "released", "language", "part of", "parts", "kind", "explicit", "unknown"]
QUESTIONS: tuple[Question, ...] = get_args(Question)
OTHER = "other"
SURE = 0.6
MOST = 200  # characters of a question
THANKS = 5  # words at most of what is said before a question: "nice one, thanks."
PART = 5  # of the requests that speak of no item, one in so many
_NOUNS = sorted({noun for kind in BUILT_IN for words in type_words(kind) for noun in words}, key=len, reverse=True)
_NOUN = re.compile(rf"\b(?:an? )?(?:{'|'.join(_NOUNS)})\b", re.I)
# "And who made it?", of what was spoken of last.
_PRONOUN = re.compile(
    r"\b(?:it(?! takes? to\b)|that one|this one|that|this|they|them)\b(?!\s+(?:one|kind|sort)\b)", re.I
)
_LEAD = (
    r"\W*(?:(?:ok|okay|and|but|so|hm+|oh|ah|ooh|wow|well|yes|no|yeah|thanks|thank you|nice(?: one)?|great|cool|good"
    r"|lovely|perfect|sorry|please|hey|hi|haha|fine|interesting|intriguing)\W+)*"
)
_ASKS = re.compile(
    rf"{_LEAD}(?:{ITEM}\W+)?(?:(?:in|from|by|of) )?(?:who|whose|whom|what|when|where|which|how|is|isn't|are|was|were"
    r"|does|do|did|has|have|had|can|could|would|will|any)\b",
    re.I,
)
# Who wants another, or something of it to be otherwise, asks nothing: "is it in Swedish? I only speak English".
_DEMANDS = re.compile(
    r"\btoo (?:long|short|old|many|much|dark|slow)\b|\bi (?:meant|mean|said|asked|want|wanted|need|prefer|only speak)\b"
    r"|\b(?:i'd|we'd|i would|we would) (?:rather|like|prefer|love)\b"
    r"|\b(?:don't|do not|can't|cannot) (?:speak|understand|like|want|have)\b"
    r"|\b(?:instead|rather|another|others?|something|give me|find me|show me|give us|send me)\b"
    r"|\banything (?:else|shorter|longer|newer|older|in|by|under|over|on)\b"
    r"|\bany\s+(?:in|by|under|over|shorter|longer|newer)\b",
    re.I,
)
_WHO = (
    r"who(?:'s| is| are| made| hosts?| wrote| presents| reads)?"
    r"(?: the (?:hosts?|authors?|makers?|creators?|presenters?|narrators?))?|by whom|by who|whose"
)
# What asks without a word for the item: not "who wrote Hamlet?" nor "how long does it take to get to Mars?".
_OF_NOTHING = re.compile(
    rf"{_LEAD}(?:how (?:long|many (?:minutes|hours|{NOUN})|old|new|much)|{_WHO}|when(?: was it| did it come out)?"
    rf"|since when|(?:in |from )?(?:what|which) (?:language|year|show|series|{NOUN})"
    r"|(?:the )?(?:length|price|language|release date|date|host|author)|free)"
    r"(?: (?:exactly|roughly|tho|though|then|please|are there|is that|in all|in minutes|by the way|btw))*\W*",
    re.I,
)
_PIECES = re.compile(r"(?<=[?!.])\s+|,?\s+and\s+(?=(?:who|when|how|what|which|is|are|does|in (?:what|which))\b)", re.I)


def read_questions(text: str) -> tuple[Question, ...]:
    """What a text asks of the one item in it: "thank you, how long is it, and who wrote it?" asks two things. Nothing
    where some of it is no such question.

    text: with ITEM where it means an item, once or not at all, and NOUN for what the catalog's types are called.
    """
    if len(text) > MOST or text.count(ITEM) > 1 or _DEMANDS.search(text):
        return ()
    found = list[Question]()
    for piece in _PIECES.split(text):
        if (asked := _asked(piece if ITEM in piece else of_it(piece))) is not None:
            found.append(asked)
        elif "?" in piece or len(piece.split()) > THANKS:
            whole = _asked(text)
            return (whole,) if whole is not None else ()
    return tuple(dict.fromkeys(found))


def _asked(text: str) -> Question | None:
    """What a text asks, if it asks one thing."""
    if not (_ASKS.match(text) or text.rstrip().endswith("?") or _OF_NOTHING.fullmatch(text.replace(ITEM, ""))):
        return None
    found = classifier()
    return surely(dict(zip(found.classes_.tolist(), found.predict_proba([as_words(text)])[0].tolist(), strict=True)))


def surely(chances: Mapping[str, float]) -> Question | None:
    """What is probable enough."""
    likely = max(QUESTIONS, key=lambda question: chances[question])
    return likely if chances[likely] >= SURE else None


def of_it(text: str) -> str:
    """A text with ITEM in it where it says "it", of what was spoken of last, or else at its end."""
    found = _PRONOUN.search(text)
    return f"{text} {ITEM}" if found is None else f"{text[: found.start()]}{ITEM}{text[found.end() :]}"


def may_ask_of_it(text: str) -> bool:
    """Whether a text may ask something of what was spoken of last, and says of nothing else what is asked."""
    return _PRONOUN.search(text) is not None or _OF_NOTHING.fullmatch(text) is not None


@fit_once
def classifier() -> Pipeline:
    """Fit when first asked."""
    texts, labels = zip(*(pair for pairs in written_of().values() for pair in pairs), *others(), strict=True)
    return classifier_of([as_words(text) for text in texts], labels, runs=2)


def written_of() -> dict[str, list[tuple[str, str]]]:
    """By what it asks what was written for this: (text, what it asks), writer after writer."""
    found = dict[str, list[tuple[str, str]]]()
    for label in (*QUESTIONS, OTHER):
        wordings = written(f"questions/{label.replace(' ', '_')}")
        found[label] = [(_NOUN.sub(NOUN, wording.format(item=ITEM)), label) for wording in wordings]
    return found


def others() -> list[tuple[str, str]]:
    """What training asks, which is none of these: why an item fits, and whatever is not about one. Of what it asks an
    item is, some is a question of these; and of all that speaks of none a part will do."""
    asked = [wording.format(item=ITEM, ref=ITEM) for task in ("why", "explain") for wording in TASKS[task]]
    requests = [text for text, aim in every_request() if aim != "about it"]
    asked += [text for text in requests if text.count(ITEM) == 1]
    asked += [of_it(text) for text in [text for text in requests if ITEM not in text][::PART]]
    return [(text, OTHER) for text in asked]
