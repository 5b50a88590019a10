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


def is_told(clause: str) -> bool:
    """Whether what follows these words, of its clause, is told of: by somebody, of somebody, and not wanted."""
    return _TOLD.search(clause) is not None and _WANTED.search(clause) is None
