"""Whether what is asked for is to be by who made something that was named: "anything else by her?", "the same host
again", "what else has the author written?". English."""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import FAR, denies, last_clause
from neo.language.reading_words import ITEM, NOUN

Same = Literal["", "by them", "by others"]

_WHO = (
    r"(?:author|writer|host|presenter|creator|maker|producer|podcaster|person|woman|man|lady|guy|girl|fella|bloke|team"
    r"|people|folks|pair|duo)s?"
)
_THE = r"(?:these|those|the|that|this)(?: very)?(?: same)?"
_THEY = rf"(?:she|he|they|{_THE} {_WHO}(?: of {ITEM})?)"
_MADE = r"(?:made?|make|making|written|write|wrote|writing|hosted|host|done|do|did|produced|recorded|got|have|had)"
_MORE = rf"(?:else|other|another|more|anything|something|some|any|also|a new|{NOUN})"
_HAS = r"(?:has|have|had|did|does|do|is|are|was|'s)"
_ENDS = (
    r"(?=\s*(?:$|[.,;:!?)]|(?:please|pls|too|then|instead|maybe|perhaps|again|but|and|or|that|which|as|in|on|about|with|for"
    r"|not|only|i|you|we|under|over|at all)\b))"
)
_SAME = (
    # "Anything else by her", "a book from the same people", "more of the same host"
    rf"\b{_MORE}\b[\w' ,-]{{0,40}}?\b(?:(?:by|from)\s+(?:her|him|them){_ENDS}|of (?:hers|his|theirs)\b"
    rf"|(?:by|from|of)\s+{_THE} {_WHO}\b(?: of {ITEM})?)"
    # "What else has she made?", "has the author written anything else?"
    rf"|\bwhat (?:else|other \w+) {_HAS} {_THEY}(?: (?:also|ever|else))? {_MADE}"
    rf"|\b(?:has|have|had|did|does|do) {_THEY} (?:also |ever )?{_MADE}"
    rf" (?:(?:anything|something|any|some|an?) (?:else|more|other)|another|other|more|(?:an? )?{NOUN})\b"
    # "The same author, please", "same podcast makers but as a book"
    rf"|\b(?:the |that )?same (?:{NOUN} )?{_WHO}\b"
    # "Anything else the author of that made?"
    rf"|\b(?:anything|something|what) else (?:that )?{_THEY}(?:'ve|'s|'d)? (?:has |have |had |ever )*{_MADE}\b"
    # "More by whoever made that"
    rf"|\bby (?:whoever|the one who|the (?:person|people) who) {_MADE} (?:{ITEM}|it|that|this)"
)
_FOUND = re.compile(_SAME, re.I)
# Said of what was named, or asked of it: "is it by the same author as that?", "was it the same person?"
_ASKED_OF_IT = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|oh|wait)\W+)*(?:is|isn't|are|aren't|was|were|why|did you|do you)\b"
    rf"|\b(?:{ITEM}|it) (?:is|was) (?:by )?$",
    re.I,
)
_OTHERS = re.compile(rf"\b(?:other|different|another) {_WHO}\b|\b(?:someone|somebody|anyone|people) else\b", re.I)


def read_same(text: str) -> Same:
    """text: with ITEM where it means an item, and NOUN for what the catalog's types are called."""
    if _ASKED_OF_IT.match(text):
        return ""
    if found := _FOUND.search(text):
        clause = last_clause(text[max(0, found.start() - FAR) : found.start()])
        return "by others" if denies(clause) or re.match(r"nothing\b", found[0], re.I) else "by them"
    return "by others" if re.search(rf"\b(?:by|from|with)\s+(?:an? )?{_OTHERS.pattern}", text, re.I) else ""
