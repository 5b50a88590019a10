"""Whether what is extreme of its kind is asked for: "the shortest audiobook about bees", "your three newest comedy
shows", "the latest on climate". English.

Not what is somebody's ("my oldest loves dinosaurs"), nor of another kind ("the longest day", "at the latest").
"""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import FAR, denies, last_clause, plain_denials
from neo.language.reading_words import ITEM, NOUN
from neo.language.telling import is_told

Most = Literal["shortest", "longest", "newest", "oldest", "most popular"]
_WORDS: dict[str, Most] = {
    **dict.fromkeys(("shortest", "briefest"), "shortest"),
    "longest": "longest",
    **dict.fromkeys(("newest", "latest", "most recent", "most recently released"), "newest"),
    **dict.fromkeys(("oldest", "earliest"), "oldest"),
    **dict.fromkeys(("most popular", "most listened to"), "most popular"),
}
_ALL = "|".join(sorted(_WORDS, key=len, reverse=True))
_NOT_AFTER = r"(?<!\bat )(?<!\bat the )(?<!of the )(?<!about the )(?<!second )(?<!third )(?<!next )"
_NOUN = rf"(?P<noun>(?:{NOUN}s?|ones?|titles?|picks?|releases?|eps?|pods?)\b)"
_SAID_OF = r"(?!\s+(?:was|were|is|are|bores?|bored|sounds?|looks?|seems?)\b)"
_MOST = re.compile(
    rf"{_NOT_AFTER}\b(?P<most>{_ALL})\b(?!-)"
    rf"(?:(?=\s+(?:(?!(?:of|that|which|than|i|we)\b)[\w'&-]+\s+){{0,4}}?{_NOUN}{_SAID_OF})"
    r"|(?=\s+(?:on|about|in|by|from|you(?:'ve)?|available|there is)\b)|(?=\s*(?:[?!.,]|$)))",
    re.I,
)
_SOMEBODYS = re.compile(r"\b(?:my|our|his|her|their|\w+'s)\s+(?:(?!your\b|the\b)\w+\s+)?$", re.I)
_ASKED = re.compile(rf"^\W*(?:is|are|was|were|does|do|did)\s+(?:it|that|this|those|these|they|{ITEM})\b", re.I)


def read_most(text: str) -> tuple[Most | None, bool]:
    """What is asked for, and whether of several items; None where more than one kind is. text: with ITEM where it means
    an item, NOUN for what types are called, and an s behind that of several."""
    if _ASKED.match(text):
        return None, False
    said, found, several = plain_denials(text), set[Most](), False
    for match in _MOST.finditer(text):
        before = said[max(0, match.start() - FAR) : match.start()]
        clause = last_clause(before)
        if not (denies(clause) or is_told(clause) or _SOMEBODYS.search(before)):
            found.add(_WORDS[match["most"].lower()])
            several = several or (match["noun"] or "").endswith("s")
    return (found.pop(), several) if len(found) == 1 else (None, False)
