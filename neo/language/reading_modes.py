"""Whether a request says in so many words that it is after what is new to who asks, or after what they know.

English, and only what leaves no doubt: "something new" may be what came out today, and "I have never heard The Tide
Report" asks for nothing; neither is read.
"""

from __future__ import annotations

import re

from neo.language.denials import denies, last_clause
from neo.language.wordings.modes import WISHES
from neo_sdk.types import Mode

_MET = r"(?:heard|met|tried|read|seen|listened to|played|come across|had)"
_THAT = (
    r"(?:that|which|what|something|anything|nothing|things?|ones?|stuff|shows?|podcasts?|episodes?|books?|audiobooks?)"
)
_ENDS = r"(?:\s+(?:of|before|already|yet|so far|ever|by now))*\s*(?=[.,;:!?)]|$|\b(?:and|or|but|please|for)\b)"
_NEW = re.compile(
    r"\b(?:(?:new|unknown) (?:to|for) (?:me|us)\b|unfamiliar\b(?! with)"
    r"|(?:only|just|strictly|all) (?:the )?new (?:ones?|things?)\b|new (?:ones?|things?) only\b"
    rf"|{_THAT} (?:i|we) (?:do not|don't|would not|wouldn't|did not|didn't)(?: yet| already)? know{_ENDS}"
    rf"|{_THAT} (?:i|we)(?:(?: have|'ve)? (?:never|not yet|not)| haven't)(?: yet| ever)? {_MET}{_ENDS})",
    re.I,
)
_KNOWN = re.compile(
    rf"\b(?:familiar\b(?! with)|{_THAT} (?:i|we)(?: already| do)? (?:know|knew){_ENDS}"
    rf"|{_THAT} (?:i|we)(?: have|'ve)(?: already| once)? {_MET} (?:before|already|once){_ENDS})",
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
                denied = match[0].lower().startswith("nothing ") or denies(last_clause(sentence[: match.start()]))
                found.add(_OTHER[mode] if denied else mode)
    return found.pop() if len(found) == 1 else "any"
