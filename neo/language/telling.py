"""Telling: whether the words before a name tell of it ("my sister writes books") and do not ask for it. English."""

from __future__ import annotations

import re

_TOLD = re.compile(
    r"^\W*because\b|^\W*(?:\w+\s+){0,2}(?:my|our|his|her|their|half|most|people|mum|mom|dad|kids|(?:every|some)(?:one|body))\b"
    r"|\byou (?:\w+ed|keep|always|only|already|gave|sent|said|told)\b|\b(?:i|we|he|she|they)(?:'\w+)?\b"
    r"|\b(?:writes|wrote|written|hosts|hosted|made)\b",
    re.I,
)
_WANTED = re.compile(
    r"\b(?:want|wanna|need|asking|(?:would|feel) like|would love|fancy|(?:could|can|may|shall) (?:i|we|you)"
    r"|(?:should|would) (?:i|we|you)|could (?:use|do with|go for)|after|looking|searching|hunting|mood|miss"
    r"|\b(?:so|then|please|just|now) (?:give|find|show|send|recommend|suggest|offer|name|pick)|i'll (?:take|have)"
    r"|prefer|ready|hoping|dying|craving|up for|(?:time|room|space) for|wish|try|go with|go for|pick|choose)\b|'d\b",
    re.I,
)


_COMPLAINS = re.compile(
    r"\W*(?:(?:but|no|hey|oh|um|er|sorry|well)\W+)*"
    r"(?:(?:that|this|it|these|those|they)(?: one)?(?:'s|s|'re| is| are| was| were| seems(?: to be)?| looks)\b"
    r"(?!n't| not)|you (?:keep|always|only) (?:giv|send|offer|recommend|suggest)\w+\b|why (?:do|are) you\b)"
    r"(?!.*\b(?:not|nothing|none|no|for|about|i|we|she|he|they|great|good|perfect|lovely|fine|nice|ok|okay)\b)(?!.*\d)",
    re.I,
)
_ASKED_BACK = re.compile(r"\W*[\w']{2,20}(?: [\w']{2,20})?\?+\s+(?:we|i) (?:asked|said)\b", re.I)
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?\n]+|$)")
_ANEW = re.compile(
    r"\b(?:i|we) (?:asked|said|meant|want|wanted|need|only speak)\b|\binstead\b"
    r"|^\W*(?:[\w']+\W+){1,3}(?:please|pls|plz)\W*$",
    re.I,
)


def _complains(text: str, sentence: re.Match[str]) -> bool:
    return _COMPLAINS.match(sentence[0]) is not None or _ASKED_BACK.match(text, sentence.start()) is not None


def without_complaints(text: str) -> str:
    """The text, its places the same, with what is said against an answer blank where it is then said what is wanted:
    "that's a health show! I want ancient Rome", "thats spanish. english pls"."""
    sentences = list(_SENTENCE.finditer(text))
    for at, sentence in enumerate(sentences[:-1]):
        wanted = any(_ANEW.search(later[0]) for later in sentences[at + 1 :])
        if wanted and len(sentence[0]) < 100 and _complains(text, sentence):
            text = (
                text[: sentence.start()]
                + "".join("." if letter in ".!?" else " " for letter in sentence[0])
                + text[sentence.end() :]
            )
    return text


def is_told(clause: str) -> bool:
    """Whether what follows these words, of its clause, is told of: by somebody, of somebody, and not wanted."""
    return _TOLD.search(clause) is not None and _WANTED.search(clause) is None
