"""Denials: whether the words before a name say no to it. English."""

from __future__ import annotations

import re

NEAR = 4  # words that may stand between a denial and what it denies
FAR = 160  # characters around a phrase that are looked at to decide what is said of it
GIVING = r"(?:giving|sending|recommending|suggesting|offering|naming|showing|picking|playing)"
NO_AFTER = r"\s*,?\s*no(?:\s+thanks|\s+thank you|\s*[.,!]|\s*$)"  # behind a name: "books, no thanks"
_CLAUSE = re.compile(r"[,.;:!?\n]|\b(?:but|yet|though|however)\b", re.I)
_NO = re.compile(
    r"\b(?:not in the mood for|not|cannot|no|nothing|never|without|none|avoid|except|excluding|besides|apart from"
    r"|enough of|tired of|sick of|fed up with|bored of|bored by|bored with|instead of|others? than|rather than"
    rf"|hate|dislike|nor|neither|skip|less|remove|exclude|leave out|take out|get rid of|(?:stop|quit) {GIVING}"
    r"|(?:do|does|wo|ca|is)nt)\b|n't\b|^\W*forget\b",
    re.I,
)
# What sounds like a denial and is none.
_YES = re.compile(
    r"\b(?:nothing (?:but|apart from|except(?: for)?|besides|other than|and)|not only|not just|no matter|none but"
    r"|no idea|(?:don't|do not|never) forget|(?:wouldn't|would not) (?:say no to|mind)"
    r"|(?:can't|cannot|couldn't|could not) find (?:a|an|any|anything)|why not|why (?:do|is|are|ca)n't"
    r"|(?:is|are|do|ca|could|wo)n't (?:you|there|we|it)|(?:can't|cannot|never) get (?:enough|tired|sick) of"
    r"|(?:don't|do not) mind|(?:no|nothing) (?:\w+ ){0,3}(?:more|better) than)\b",
    re.I,
)
_ANYTHING_BUT = re.compile(r"\banything\s+but\b", re.I)


def plain_denials(text: str) -> str:
    """The text, its places the same: what only sounds like a denial is blank, and "anything but" is one word, "not"."""
    text = _YES.sub(lambda found: " " * len(found[0]), text)
    return _ANYTHING_BUT.sub(lambda found: "not".ljust(len(found[0])), text)


def shortly_before(text: str, at: int) -> str:
    """The FAR characters before a place; what is cut off is not taken for the beginning of the text."""
    return text[:at] if at <= FAR else f"x {text[at - FAR : at]}"


def last_clause(text: str) -> str:
    """What is left of a text since its last clause began."""
    return text[max((match.end() for match in _CLAUSE.finditer(text)), default=0) :]


def clause_starts(text: str) -> list[int]:
    """Where the clauses of a text begin, from its own beginning on."""
    return [0, *(match.end() for match in _CLAUSE.finditer(text))]


def denies(clause: str) -> bool:
    """Whether a name that follows is denied: by one of the few words right before it."""
    return any(len(clause[match.end() :].split()) <= NEAR for match in _NO.finditer(clause))
