"""What is said by how long or how new it is: "which one is the shortest?", "the newest of them", "the longer one".

Read only where all that was named has the fact, and one alone is extreme. English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from neo.language.facts import ItemFacts
from neo.language.pointing_at import (
    ASKED_ENDS,
    ENDS,
    OF_THEM,
    WHICH,
    Pointed,
    ends,
    number,
    of_all,
    of_another,
    or_other,
    told_until,
)

# What each says: the fact, and whether the most of it.
_SUPERLATIVES: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("shortest", "briefest", "quickest"), ("seconds", False)),
    "longest": ("seconds", True),
    **dict.fromkeys(("newest", "most recent", "latest"), ("released", True)),
    **dict.fromkeys(("oldest", "earliest"), ("released", False)),
}
_COMPARATIVES: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("shorter", "briefer", "quicker"), ("seconds", False)),
    "longer": ("seconds", True),
    **dict.fromkeys(("newer", "more recent"), ("released", True)),
    "older": ("released", False),
}
_CAME_OUT: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("last", "latest", "most recently"), ("released", True)),
    **dict.fromkeys(("first", "earliest"), ("released", False)),
}
_ALL = _CAME_OUT | _SUPERLATIVES | _COMPARATIVES
_WORD = rf"(?P<word>{'|'.join((*_SUPERLATIVES, *_COMPARATIVES))})"
_VERY = r"(?:(?:very|absolute|actual)\s+)?"
_IS = r"(?:'s|\s+(?:is|was|lasts|runs|would\s+be))"
_QUESTION = re.compile(
    rf"(?:{WHICH}{_IS}|\bwhat(?:'s|\s+is)(?=\s+the\s+[\w ]{{1,12}}\s+(?:one\b|of\b)))(?:\s+(?:the|by\s+far\s+the))?"
    rf"\s+{_VERY}{_WORD}(?:\s+one\b)?{OF_THEM}?",
    re.I | re.A,
)
_CAME = re.compile(
    rf"{WHICH}\s+(?:came\s+out|was\s+(?:released|published))\s+(?P<word>{'|'.join(_CAME_OUT)})\b", re.I | re.A
)
_ONE = re.compile(rf"\b(?:the|your)\s+{_VERY}{_WORD}(?:\s+one\b{OF_THEM}?|{OF_THEM})", re.I | re.A)
# "Give me the newest one" asks for a new one as often.
_GIVE = re.compile(
    r"\b(?:give|name|find|get|show|send|bring|recommend|suggest|hear|looking\s+for|search\s+for)\s+(?:me\s+|us\s+)?$",
    re.I | re.A,
)
_LEAD = r"(?:(?:hm+|ok(?:ay)?|well|so|no|yes|oh|then|and|or|but|why|what about|how about|not)\b[,.]?\s*){0,3}"
_TAKE = (
    r"(?:(?:let's|i'll|i\s+will|we'll|please|can\s+you|could\s+you|you\s+can)\s+)?(?:(?:start|begin|go)\s+(?:with|for)|play"
    r"|take|pick|choose|try|put\s+on|skip|tell\s+me\s+about)\s+"
)
_THANKS = r"(?:,?\s*(?:please|pls|then|instead|thanks|first))?[\s.?!]*$"
_ALONE = re.compile(rf"\s*{_LEAD}(?P<take>{_TAKE})?(?P<said>the\s+{_VERY}{_WORD}){_THANKS}", re.I | re.A)
_ASKED_ENDS, _ENDS = re.compile(ASKED_ENDS, re.I | re.A), re.compile(ENDS, re.I | re.A)


def by_superlative(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    """Where a text points at one of at least two that were named by a superlative, or a comparative at one of two."""
    said = list(_said(text)) if len(named) > 1 else []
    if not said or of_all(text, nouns):
        return []
    told = told_until(text)
    return [
        Pointed(start, end, item.row)
        for match, start, end in said
        if start < told and number(match) in (None, len(named))
        if (item := _extreme(_key(match), named)) is not None
        if not or_other(text, end)
    ]


def _said(text: str) -> Iterator[tuple[re.Match[str], int, int]]:
    """The superlatives that point, and where the words do."""
    for match in (*_QUESTION.finditer(text), *_CAME.finditer(text)):
        if _ASKED_ENDS.match(text, match.end()):
            yield match, match.start(), match.end()
    for match in _ONE.finditer(text):
        plainly = re.search(r"\bof\b", match[0], re.I) is not None or _key(match) in _COMPARATIVES
        given = _GIVE.search(text[max(0, match.start() - 30) : match.start()]) is not None
        doubted = of_another(text, match.start()) or (not plainly and (given or _key(match) == "latest"))
        if ends(text, match, _ENDS) and not doubted:
            yield match, match.start(), match.end()
    alone = _ALONE.match(text)
    if alone and _key(alone) != "latest" and (not alone["take"] or _ALL[_key(alone)][0] == "seconds"):
        yield alone, alone.start("said"), alone.end("said")


def _key(match: re.Match[str]) -> str:
    return match["word"].lower()


def _extreme(word: str, named: Sequence[ItemFacts]) -> ItemFacts | None:
    """The one item that is so, if that is known."""
    if word in _COMPARATIVES and len(named) != 2:
        return None
    fact, most = _ALL[word]
    known = [getattr(item, fact) for item in named]
    if None in known:
        return None
    best = (max if most else min)(known)
    found = [item for item, value in zip(named, known, strict=True) if value == best]
    return found[0] if len(found) == 1 else None
