"""Whether a request says in so many words that it is after what is new to who asks, or after what they know.

English, and only what leaves no doubt: "something new" may be what came out today, and "I have never heard The Tide
Report" asks for nothing; neither is read.
"""

from __future__ import annotations

import re

from neo.language.denials import denies, last_clause, plain
from neo.language.wordings.modes import WISHES
from neo_sdk.types import Mode

_MET = r"(?:heard|met|tried|read|seen|listened to|played|come across|had)"
_NOUNS = r"(?:things?|ones?|shows?|podcasts?|episodes?|books?|audiobooks?)"
_THAT = rf"(?:that|which|what|something|anything|nothing|stuff|{_NOUNS})"
_ENDS = r"(?:\s+(?:of|before|already|yet|so far|ever|by now))*\s*(?=[.,;:!?)]|$|\b(?:and|or|but|please|for)\b)"
_SOME = r"(?:something|anything|nothing|stuff|only|just|the|to|more|all)(?: \w+)?"  # before a "familiar" that is a wish
_ASKED_FOR = rf"(?= ?(?:[.,;:!?)]|$|(?:{_NOUNS}|ground|please|and|but)\b))"
_NEW = re.compile(
    rf"\b(?:(?:new|unknown) (?:to|for) (?:me|us)\b|{_SOME} unfamiliar{_ASKED_FOR}"
    r"|(?:only|just|strictly|all) (?:the )?new (?:ones?|things?)\b|new (?:ones?|things?) only\b"
    rf"|{_THAT} i (?:do not|don't|would not|wouldn't|did not|didn't)(?: yet| already)? know{_ENDS}"
    rf"|{_THAT} i(?:(?: have|'ve)? (?:never|not yet|not)| haven't)(?: yet| ever)? {_MET}{_ENDS})",
    re.I,
)
_KNOWN = re.compile(
    rf"\b(?:{_SOME} familiar{_ASKED_FOR}|{_THAT} i(?: already| do)? (?:know|knew){_ENDS}"
    rf"|{_THAT} i(?: have|'ve)(?: already| once)? {_MET} (?:before|already|once){_ENDS})",
    re.I,
)
# Before these words they wish for neither: "not only what I know", "Jazz is new to me", "a book about things I know".
_NEITHER = re.compile(
    r"(?:\b(?:not only|not just|no matter)\b.*|\b(?:do not|don't|never) mind\b.*"
    r"|(?<!\bthat)(?<!\bwhich)(?<!\bwhat)(?<!\bones) (?:is|are|was|were) |\b(?:about|on) )$",
    re.I,
)
_SENTENCES: dict[str, Mode] = {sentence.lower(): mode for mode, sentences in WISHES.items() for sentence in sentences}
_ASKED: tuple[tuple[re.Pattern[str], Mode], ...] = ((_NEW, "unfamiliar"), (_KNOWN, "familiar"))
_OTHER: dict[Mode, Mode] = {"familiar": "unfamiliar", "unfamiliar": "familiar"}


def read_mode(text: str) -> Mode:
    """The mode that a text asks for; "any" where it says nothing of that, or both."""
    found = set[Mode]()
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        if whole := _SENTENCES.get(sentence.lower()):
            found.add(whole)
            continue
        for pattern, mode in _ASKED:
            for match in pattern.finditer(sentence):
                if _NEITHER.search(last_clause(sentence[: match.start()])):
                    continue
                before = last_clause(plain(sentence)[: match.start()])
                denied = match[0].lower().startswith("nothing ") or denies(before)
                found.add(_OTHER[mode] if denied else mode)
    return found.pop() if len(found) == 1 else "any"
