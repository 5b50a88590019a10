"""What is said by a quality that one alone has of what was named: "the calm one", "the French one", "the jazz one".

A tone, a language, or a topic or a side of one. Not where another could be meant, whose title says that word. English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from neo.language.facts import ItemFacts
from neo.language.pointing_at import ASKED_ENDS, ENDS, WHICH, Pointed, ends, of_all, of_another, or_other, told_until
from neo.language.reading_topics import names_a_topic, sides
from neo.language.wordings.wishes import LANGUAGES

_ASKED_ENDS, _ENDS = re.compile(ASKED_ENDS, re.I), re.compile(ENDS, re.I)
_BEHIND = {"tone": r"(?!x)x", "language": r"in", "topic": r"(?:about|on)"}  # "the one about jazz", never "about calm"


def by_quality(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    """Where a text points at one of at least two that were named by what it alone is."""
    said = [one for kind in _BEHIND for one in _said(text, kind, named)] if len(named) > 1 else []
    if not said or of_all(text, nouns):
        return []
    told = told_until(text)
    return [one for one in said if one.start < told and not (of_another(text, one.start) or or_other(text, one.end))]


def _said(text: str, kind: str, named: Sequence[ItemFacts]) -> Iterator[Pointed]:
    rows, behind = _only(kind, text.lower(), named), _BEHIND[kind]
    if not rows:
        return
    word = rf"(?P<word>{'|'.join(re.escape(name) for name in sorted(rows, key=len, reverse=True))})"
    of = r"(?:the\s+)?" if kind == "tone" else rf"{behind}\s+"
    for pattern, end in (
        (rf"\b(?:the|that|this)\s+{word}\s+one\b", _ENDS),
        (rf"\bthe\s+one\s+(?:that(?:'s|\s+is)\s+)?{behind}\s+{word}(?!\w)", _ENDS),
        (rf"{WHICH}(?:'s|\s+(?:is|was|sounds))\s+{of}{word}(?:\s+one)?(?!\w)", _ASKED_ENDS),
    ):
        for match in re.finditer(pattern, text, re.I):
            row = rows.get(match["word"].lower())  # a pattern takes more for the same letter
            if row is not None and ends(text, match, end):
                yield Pointed(match.start(), match.end(), row)


def _only(kind: str, lower: str, named: Sequence[ItemFacts]) -> dict[str, int]:
    """What one alone is, of the words that a text holds: which one that is."""
    having = dict[str, set[int]]()
    for item in named:
        for word in _words(kind, item):
            if word in lower:
                having.setdefault(word, set()).add(item.row)
    return {
        word: row
        for word, rows in having.items()
        if len(rows) == 1 and not any(_titled(word, item) for item in named if item.row not in rows)
        for row in rows
    }


def _words(kind: str, item: ItemFacts) -> Iterator[str]:
    """In lower case, what an item may be called by."""
    if kind == "tone" and item.tone:
        yield item.tone.lower()
    if kind == "language" and item.language:
        yield LANGUAGES.get(re.split("[-_]", item.language)[0].lower(), item.language).lower()
    for topic in item.topics if kind == "topic" else ():
        both = sides(topic)
        yield from (name.lower() for name in (topic, *(filter(names_a_topic, both) if len(both) == 2 else ())) if name)


def _titled(word: str, item: ItemFacts) -> bool:
    said = f"{item.title} {item.parent_title or ''}".lower()
    return re.search(rf"\b{re.escape(word)}\b", said) is not None
