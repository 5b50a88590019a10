"""Languages that are asked for: "in German", "a german podcast", "only German, please". English.

Not one that is spoken of: "trends in French cooking", "a French cooking show".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from neo.language.phrases import Phrase
from neo.language.wordings.wishes import LANGUAGES

_TAGS = {language.lower(): tag for tag, language in LANGUAGES.items()}
# As those say it who ask in it: "en español, por favor".
_OWN = {
    **dict.fromkeys(("español", "espanol", "castellano"), "es"),
    **dict.fromkeys(("français", "francais"), "fr"),
    **{"deutsch": "de", "svenska": "sv", "italiano": "it", "português": "pt", "portugues": "pt"},
    **{"nederlands": "nl", "norsk": "no", "dansk": "da", "suomeksi": "fi", "polski": "pl"},
}
_ONE = rf"(?P<language>{'|'.join(_TAGS)})"
_ENDS = (
    r"(?=\s*(?:$|[.,;:!?)]|(?:please|pls|and|or|but|yet|only|would|if|this|today|tonight|for|with|that|which|thanks|about|on"
    r"|by|under|over|since|before|will|then|instead|maybe|rather|though|too|is)\b))"
)
_SAID = re.compile(
    rf"\bin\s+{_ONE}{_ENDS}"
    rf"|\b(?:only|just|all|but|same|prefer|rather|preferably)\s+{_ONE.replace('language', 'alone')}{_ENDS}"
    rf"|(?:,|\blanguage:?)\s*{_ONE.replace('language', 'listed')}{_ENDS}"
    rf"|^\W*{_ONE.replace('language', 'whole')}\W*(?:(?:please|pls|plz|then|only)\W*)?$"
    rf"|\b{_ONE.replace('language', 'before')}(?=\s)"
    rf"|(?:\b(?:en|in|auf|på|em|po|na|op|su)\s+|^\W*)(?P<own>{'|'.join(_OWN)})\b",
    re.I,
)


def languages(text: str, nouns: re.Pattern[str]) -> Iterator[tuple[Phrase, str]]:
    """Where a text names a language that it asks for, and its tag. nouns: what the types are called."""
    for match in _SAID.finditer(text):
        kind = str(match.lastgroup)
        behind = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
        if kind == "before" and not nouns.match(text, behind):
            continue
        tag = _OWN.get(match[kind].lower()) or _TAGS[match[kind].lower()]
        yield Phrase(match.start(kind), match.end(kind), match[kind]), tag
