"""Asking NEO to choose among what it named: "which one would you pick?", "which of them is best?". English.

That means the first, as items come in the order of the model's own score.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from neo.language.facts import ItemFacts
from neo.language.pointing_at import OF_THEM, WHICH, Pointed, number, of_all, or_other, told_until

WHY = "Why "  # who asks what to choose wants a reason

_WHO = r"(?:\s+|')(?:would|do|should|shall|could|can|d)\s+(?:you|u|i|we)"
_HOW = r"(?:\s+(?:personally|rather|yourself|really|actually|honestly|just))?"
_CHOOSE = (
    r"\s+(?:choose|pick|take|recommend|suggest|prefer|try|play|hear|listen\s+to|go\s+(?:for|with)|start(?:\s+(?:with|on))?"
    r"|begin(?:\s+with)?|put\s+on|like\s+(?:best|most)|vote\s+for|(?:say|think)\s+is\s+(?:the\s+)?best)"
)
_OWN = r"\s+(?:pick|choose|take|go\s+(?:for|with)|start\s+with|begin\s+with)"
_ME = r"(?:\s+for\s+me|\s+to\s+me)?"
_FIRST = r"(?:\s+(?:first|if\s+you\s+were\s+me|if\s+you\s+had\s+to(?:\s+(?:choose|pick))?))?"
_BEST = (
    r"(?:'s|\s+(?:is|looks|sounds|would\s+be))\s+(?:(?:the\s+)?best(?:\s+(?:one|pick|choice|fit|match))?"
    r"|your\s+(?:favou?rite|top\s+pick|pick|recommendation)|(?:right|the\s+one))"
)
_BETTER = r"(?:'s|\s+(?:is|looks|sounds|would\s+be))\s+(?:the\s+)?better(?:\s+(?:one|pick|choice))?"
_HAD_TO = (
    r"\bif\s+(?:you|i)\s+(?:had\s+to|have\s+to|must|could\s+only|can\s+only|only\s+(?:have|had)\s+time\s+for)"
    r"(?:\s+(?:choose|pick|hear|play|listen\s+to))?"
)
_ONE_OF = rf"(?:\s+(?:only\s+|just\s+)?one(?:\s+only)?{OF_THEM}?|\s+between\s+(?:them|these|those|the\s+two))"
_QUESTIONS = tuple(
    re.compile(pattern, re.I | re.A)
    for pattern in (
        rf"{WHICH}{_WHO}{_HOW}{_CHOOSE}{OF_THEM}?{_ME}{_FIRST}",
        rf"{WHICH}{_BEST}{OF_THEM}?{_ME}",
        rf"{WHICH}{_BETTER}{OF_THEM}?{_ME}",
        rf"{WHICH}\s+(?:(?:would|might|will)\s+)?(?:suits?|fits?)\s+me\s+(?:best|most)",
        rf"{WHICH}\s+first",
        rf"\bwhat\s+would\s+you{_HOW}{_OWN}{OF_THEM}?{_ME}{_FIRST}",
        rf"{_HAD_TO}{_ONE_OF}",
        r"\bif\s+you\s+had\s+to\s+(?:choose|pick)",
        rf"\b(?:choose|pick)\s+(?:just\s+|only\s+)?one{OF_THEM}{_ME}",
        rf"\bwhat(?:'s|\s+is)\s+your\s+(?:favou?rite|top\s+pick){OF_THEM}",
    )
)
_ENDS = re.compile(
    r"(?=\s*(?:$|[.?!,:;)\n]|(?:and\s+(?:why|how\s+come|tell|what\s+for)|but|because|since|then|instead|please|now|tonight"
    r"|today|here)\b))",
    re.I | re.A,
)
# Between other things, or for another: "tea or coffee, which would you pick?", "for my mum, which would you choose?".
_BETWEEN = re.compile(
    r"\b(?:or(?! (?:so|not|no|yes)\b)|versus|vs|between(?! (?:them|these|those|the (?:two|three))\b)"
    r"|for (?:a|an|my|the|her|his|our|someone|somebody)|more)\b|\b(?:which|what)(?:'s)?\s[^.?!]{0,200}$"
    r"|\bwhich\s+(?!(?:one|of|is|looks|sounds|would|do|should|first)\b)\w",
    re.I | re.A,
)


def by_choice(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    """Where a text asks which of at least two that were named NEO would choose."""
    if len(named) < 2:
        return []
    found = [match for pattern in _QUESTIONS for match in pattern.finditer(text) if _ENDS.match(text, match.end())]
    first = min(found, key=lambda match: (match.start(), -match.end()), default=None)
    if first is None or number(first) not in (None, len(named)) or of_all(text, nouns):
        return []
    if re.search(r"\bbetter\b|\bthe\s+two\b", first[0], re.I) and len(named) != 2:
        return []
    before = text[: first.start()]
    if first.start() >= told_until(text) or or_other(text, first.end()) or _BETWEEN.search(before):
        return []
    return [Pointed(first.start(), first.end(), named[0].row, WHY)]
