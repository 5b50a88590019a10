"""Pointing at what was named by who made it or what it is called: "the one by Ada Moss", "Moss's", "the Moss one",
"Dams". (Titles of several words are known of the whole catalog: see `neo.model.spoken`.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from neo.language.facts import ItemFacts
from neo.language.phrases import OFTEN, Phrase, asked_in, phrases
from neo.language.pointing_at import ENDS, Pointed

_BY = re.compile(
    r"\b(?:the one (?:by|from)|(?:the|that|this) (?P<noun>(?:(?!(?:the|that|this|one)\b)\w{1,20} ){1,3}?)by)\s+", re.I
)


def by_name(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    """Where it is said who made one of the items, and no other, or what it is called."""
    return [*_by_whom(text, named, nouns), *_theirs(text, named, nouns), *_by_title(text, named)]


def _by_whom(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    found, said_at = [], dict[int, dict[str, Phrase]]()
    for phrase in phrases(text) if _BY.search(text) else ():
        said_at.setdefault(phrase.start, {})[phrase.lower] = phrase
    for match in _BY.finditer(text):
        said, kind = said_at.get(match.end(), {}), match["noun"]
        meant = [
            Pointed(match.start(), name.end, item.row)
            for item in named
            if kind is None or kind.strip().lower() in map(str.lower, nouns[item.type])
            if (name := _name_of(item, said, text, match)) is not None
        ]
        found += meant if len(meant) == 1 else []
    return found


def _name_of(item: ItemFacts, said: Mapping[str, Phrase], text: str, match: re.Match[str]) -> Phrase | None:
    """Where the name of who made it stands behind "by"; its last word alone will do, if no other name goes on there."""
    name = (item.creator or "").lower()
    if not name.strip() or name in said:
        return said.get(name)
    last = said.get(name.split()[-1])
    alone = last is not None and not re.match(r"\s+[A-Z]", text[last.end :])
    return last if alone and match[0].split()[-1].lower() == "by" else None


def _theirs(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    """By "Ada Moss's", "Moss's episode", "the Ada Moss one": a name in any case, or its last word as it is spelled."""
    found = []
    for item in named:
        name = item.creator or ""
        if not name.strip() or sum(other.creator == item.creator for other in named) > 1:
            continue
        last = name.split()[-1]
        alone = sum((other.creator or "").split()[-1:] == [last] for other in named) == 1 and len(last) > 2
        who = rf"(?:{re.escape(name)}{rf'|(?-i:{re.escape(last)})' if alone else ''})"
        one = rf"(?:one|{'|'.join(re.escape(noun) for noun in nouns[item.type])})\b"
        theirs = rf"(?:(?:that|this)\s+{one}\s+of\s+)?{who}'s?(?:\s+{one}|{ENDS})"
        said = rf"\b(?:(?:the|that|this)\s+{who}(?:'s?)?\s+{one}|{theirs})"
        found += [
            Pointed(match.start(), match.end(), item.row)
            for match in re.finditer(said, text, re.I)
            if not _goes_on_with(text, match.start())
        ]
    return found


def _by_title(text: str, named: Sequence[ItemFacts]) -> list[Pointed]:
    """By a title of one word, as it is spelled, and no part of a longer name."""
    found = []
    for item in named:
        alone = sum(other.title == item.title for other in named) == 1 and re.fullmatch(r"[A-Z][\w-]{2,}", item.title)
        if alone and asked_in(item.title) < OFTEN:
            spelled = rf"(?<![\w-]){re.escape(item.title)}(?![\w-]|\s+[A-Z])"
            found += [
                Pointed(match.start(), match.end(), item.row)
                for match in re.finditer(spelled, text)
                if not _goes_on_with(text, match.start())
            ]
    return found


def _goes_on_with(text: str, at: int) -> bool:
    """Whether a name that stands there is the end of a longer one: "Adam Moss", "New Tailors", but not "Play Moss"."""
    before = re.search(r"(?P<begins>^|[.?!]\s+)?(?P<word>[A-Z][\w-]*)\s+$", text[:at])
    return before is not None and (before["begins"] is None or not asked_in(before["word"].lower()))
