"""Whether parts of what was named are asked for: "the newest episode of it", "more from the same show", "which episode
should I start with?". English."""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import FAR, denies, last_clause
from neo.language.reading_words import ITEM, NOUN

Part = Literal["", "any", "first"]

_OF = rf"(?:of|from|in|by)\s+(?:(?:the|that|this)\s+)?(?:{NOUN}\s+)?"
_SAME = rf"(?:the|that) (?:very )?same (?:{NOUN}|series|one)|(?:this|that) (?:{NOUN}|series)"
_ONE = rf"(?:{NOUN}|ones?|parts?|chapters?)"
_ANY = rf"(?:{NOUN}|ones?|more|anything|something|another|else|parts?|chapters?)"
_FOUND = re.compile(
    # "More episodes of Loop Country", "one from the same show", "the first episode of it"
    rf"\b{_ANY}\b[\w' -]{{0,30}}?\b{_OF}(?:{ITEM}|{_SAME})"
    rf"|{NOUN}\b[\w' ]{{0,20}}?\b{_OF}(?:it|them|that one|this one)\b"
    rf"|^\W*(?:and\s+)?(?:the\s+)?same (?:{NOUN}|series)\b(?!\s+(?:but|as|in|with|makers?|people|hosts?|authors?)\b)"
    # "Their newest one"
    rf"|\b(?:their|its) (?:very )?(?:first|last|newest|latest|most recent|oldest|shortest|longest) {_ONE}\b"
    # "Which episode should I start with?", "which episode is the shortest?"
    rf"|\b(?:which|what) {_ONE} (?:of it )?(?:should|would|do|could|can) (?:i|we|you) (?:start|begin)\b"
    r"|\bwhere (?:should|do|would) (?:i|we) (?:start|begin)(?:\s+with (?:it|that|this))?\W*$"
    rf"|\b(?:which|what) {_ONE} is (?:the )?(?:shortest|longest|newest|latest|oldest|first)",
    re.I,
)
# Of these a thing is said, not its parts: "instead of that show", "by the makers of it", "in the style of it".
_NOT_PARTS = re.compile(
    r"\b(?:instead|tired|sick|bored|fed up|style|vein|spirit|subject|topic|theme|makers?|hosts?|authors?|people|history"
    r"|story|not|than|like|rather)\b",
    re.I,
)
_BEGINS = re.compile(r"\b(?:first|start|begin|beginning)\b", re.I)
_LIKE = re.compile(r"\b(?:like|similar to|as|than)\s+$", re.I)


def read_part(text: str) -> Part:
    """Which of its parts, the first or any. text: with ITEM where it means an item, NOUN for what types are called."""
    if (found := _FOUND.search(text)) is None:
        return ""
    clause = last_clause(text[max(0, found.start() - FAR) : found.start()])
    if denies(clause) or denies(found[0]) or _LIKE.search(clause) or _NOT_PARTS.search(found[0]):
        return ""
    return "first" if _BEGINS.search(text) else "any"
