"""What words that point are, wherever they are read: their place, the item, and how they end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neo.language.reading_count import NUMBERS

_NUMBERS = "two|three|four|five"
OF_THEM = (
    r"(?:\s+(?:out\s+)?of\s+(?:all\s+(?:of\s+)?)?(?:them|these|those|(?:the|these|those|your)\s+"
    rf"(?:{_NUMBERS}|lot|bunch))(?:\s+(?:all|{_NUMBERS}))?\b)"
)
_MANY = re.compile(rf"\b(?:{_NUMBERS})\b", re.I | re.A)
WHICH = rf"\bwhich(?:\s+one)?\b{OF_THEM}?"
# Behind "and" another question, not another adjective: "the newest and best show".
_AND = r"and\s+(?:why|how|what|when|who|where|is|does|do|can|could|would|tell|play|put|start|let|i|i'll)"
_VERBS = r"(?:is|was|has|had|does|did|would|could|might|should)(?:n't)?|sounds|seems|looks|feels|suits"
ASKED_ENDS = (
    rf"(?=\s*(?:$|[.?!,:;)\n]|(?:{_AND}|but|because|since|if|then|instead|please|though|by far|here|again|now|tonight"
    r"|today)\b))"
)
ENDS = (
    r"(?=\s*(?:$|[.?!,:;)\n]|[-\N{EN DASH}\N{EM DASH}]\s|about\s*(?:$|[.?!])"
    rf"|(?:{_AND}|{_VERBS}|but|because|since|if|then|instead|please|though|again"
    r"|too|for me|on your list|you(?:'ve)?\s+(?:just\s+)?(?:said|named|mentioned|suggested|listed|gave|picked))\b))"
)
# "Is the calm one long?": what it is asked about may be anything that does not say which one.
_ASKS = re.compile(
    r"(?:^|[.?!,;:]|\b(?:and|but|so|ok|okay))\s*(?:is|was|isn't|does|doesn't|did|has|will|would|can)\s+$", re.I | re.A
)
_SAYS_WHICH = re.compile(
    r"\s+(?:ever|possible|of|in|on|at|you|we|there|that|which|who|i|he|she|they|my|from|by|with|for|to)\b", re.I | re.A
)
# "Is that the newest one?", "my sister is the calm one": said of another.
_OF_ANOTHER = re.compile(
    r"\b(?!(?:which|what|who|why|how|when|where|and|but|so|or|if|one)\b)[\w-]{1,20}(?:'(?:m|s|re)|\s+(?:am|is|are|was|were))"
    r"(?:n't)?\s+(?:[a-z]{1,12}\s+)?$"
    r"|\b(?:is|was|are|isn't|wasn't)\s+(?:that|this|it|he|she)\s+(?:[a-z]{1,12}\s+)?$"
    r"|\b(?:be|being|been|become|became|called|named|who's|who is)\s+$",
    re.I | re.A,
)
# "How long is the calm one?"
_HOW = re.compile(r"\b(?:how|what|which|why|when|where)\b[^.?!,;:]*$", re.I | re.A)
# Others were spoken of, who may be meant: "I have two dogs", "my kids".
_OTHERS = re.compile(
    rf"(?<!the )(?<!these )(?<!those )(?<!your )(?<!of )\b(?:{_NUMBERS}|both|many|several|all)\s+"
    r"(?!of\b|you\b|more\b|that\b|which\b|look|sound|seem|are\b)\w+"
    r"|\b(?:movies?|films?|trilogy|seasons|kids?|child(?:ren)?|sons?|daughters?|brothers?|sisters?|siblings?|cats?|dogs?"
    r"|(?:girl|boy)?friends?|grand\w+|nieces?|nephews?|cousins?|twins|boys|girls|songs?|albums?)\b",
    re.I | re.A,
)
_OR = re.compile(r"\s*[,:;]?[^.?!]{0,80}\bor\b", re.I | re.A)
# Of all there is, not of what was named.
_OF_ALL = re.compile(
    r"\b(?:you|we)\s+(?:have(?! to\b)|got|know(?!,)|offer|carry)\b|\byou've\s+got\b|\bhave you\b"
    r"|\ball\s+(?:that\s+)?(?:i|my)\b|\b(?:there (?:is|are|was)|are there|is there|available|out there|catalog(?:ue)?"
    r"|something(?! like)|anything|another|ever)\b",
    re.I | re.A,
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """text[start:end] means an item, by its catalog row. asks: what these words ask of it, in words."""

    start: int
    end: int
    row: int
    asks: str = ""


def number(match: re.Match[str]) -> int | None:
    """How many "of the three" says there are."""
    found = _MANY.search(match[0])
    return found and NUMBERS.index(found[0].lower()) + 1


def ends(text: str, match: re.Match[str], pattern: re.Pattern[str]) -> bool:
    """Whether words that point end there, and nothing follows that says which one."""
    if pattern.match(text, match.end()):
        return True
    asked = _ASKS.search(text[max(0, match.start() - 30) : match.start()]) is not None
    return asked and _SAYS_WHICH.match(text, match.end()) is None


def of_another(text: str, at: int) -> bool:
    """Whether what is said from there on says it of somebody or something else."""
    before = text[max(0, at - 60) : at]
    return _OF_ANOTHER.search(before) is not None and _HOW.search(before) is None


def or_other(text: str, at: int) -> bool:
    """Whether an "or" behind it names others: "which is longer, the Nile or the Amazon?"."""
    return _OR.match(text, at) is not None


def told_until(text: str) -> int:
    """From where on a text speaks of others, who may be meant: of the listener's two dogs."""
    match = _OTHERS.search(text)
    return len(text) if match is None else match.end()


def of_all(text: str, nouns: Mapping[str, Sequence[str]]) -> bool:
    """Whether a text speaks of all that there is, or asks for something else. nouns: for one item of each type."""
    words = "|".join(re.escape(noun) for some in nouns.values() for noun in some)
    kinds = rf"\b(?:(the|these|those|your|this|that)\s+)?(?:(?:{_NUMBERS})\s+)?(?:{words})s?\b(?!\s+(?:me|us)\b)"
    others = any(match[1] is None for match in re.finditer(kinds, text, re.I))
    return others or _OF_ALL.search(text) is not None
