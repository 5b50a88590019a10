"""Whether something shorter or longer than what was named is asked for: "something shorter", "any longer ones?".

Not where it is asked of what was named ("is it longer?"), told of ("I used to like longer shows") or denied, nor where
it is of an answer ("shorter descriptions") or than something else ("longer than a title", "ten minutes longer").
English.
"""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import FAR, NO_AFTER, denies, last_clause, plain_denials
from neo.language.durations import DURATION
from neo.language.lengths_wished import of_named
from neo.language.reading_words import ITEM, NOUN
from neo.language.telling import is_told

Compared = Literal["shorter", "longer"]

MOST = 4  # in a text that plainly asks
_WORD = re.compile(r"\b(shorter|longer)\b(?!-)", re.I)
_DURATION = re.compile(rf"(?<![\w.,:/+]){DURATION}", re.I | re.A)
_NO_THANKS = re.compile(rf"\??{NO_AFTER}", re.I)
_NOUNS = rf"(?:ones?|{NOUN}|versions?|things?|stuff|options?|picks?|suggestions?|recommendations?|alternatives?)"
_MUCH = r"(?:(?:much|far|way|even|a lot|(?:quite )?a bit|a little|a touch|slightly|somewhat|just|rather)\s+){0,2}"
_THAN = (
    rf"\s{{1,3}}than (?:(?P<it>that|this|it|those|these|them|before)|{ITEM}|yours"
    r"|(?:any|all|both|either|most) of (?:those|these|them)"
    r"|what you (?:named|gave|suggested|recommended|picked|showed|offered)(?: me)?"
    r"|(?:the|your|that|this) (?:last|previous|first|second|third|other|one|ones|others|two|three)\b"
    rf"(?: (?:ones?|{NOUN}|picks?|suggestions?|recommendations?)\b)?)"
)
# How a request may go on: a verb would say something of what is shorter, a noun be what is.
_ENDS = (
    r"(?=\s{0,3}(?:$|[.,;:!?()]|[-\N{EN DASH}\N{EM DASH}]\s|(?:please|pls|plz|thanks|though|then|now|instead|again|too"
    r"|maybe|next|this time|today|tonight|you|and|or|but|for|on|about|by|with|if|as|exist|available|would be (?:better"
    r"|best|nice|great|good|ideal|perfect|fine|lovely))\b))"
)
_ENDS_OF_SOMETHING = rf"(?:{_ENDS}|(?=\s{{1,3}}(?:to|in|from|like|that|which|along)\b))"
_NEXT = re.compile(rf"(?:{_THAN})?{_ENDS}", re.I)
_NEXT_OF_SOMETHING = re.compile(rf"(?:{_THAN})?{_ENDS_OF_SOMETHING}", re.I)
_THAN_NEXT = re.compile(rf"{_THAN}{_ENDS_OF_SOMETHING}", re.I)
_NOUN_NEXT = re.compile(
    r"(?:\s{1,3}(?!(?:than|and|or|for|with|in|on|of|to|by|but|the|an?|my|your|i|is|are|was|it|if|when"
    r"|(?:drive|walk|run|ride|trip|flight|commute|journey|wait)s?)\b)[\w'-]{1,20}){0,2}?"
    rf"\s{{1,3}}{_NOUNS}\b(?:{_THAN})?{_ENDS_OF_SOMETHING}",
    re.I,
)
_OF_SOMETHING = re.compile(
    rf"\b(?:something|anything|(?<!which )(?<!the )(?<!that )ones?|stuff|else)\s+{_MUCH}$"
    rf"|\b(?:something|anything|ones?|stuff|things?|{NOUN})\s+(?:that|which)"
    rf"(?:'s|\s+(?:is|are|lasts?|runs?|goes on)(?: for)?)\s+{_MUCH}$",
    re.I,
)
_OF_NOUN = re.compile(rf"{NOUN}\s+{_MUCH}$", re.I)
_BARE = re.compile(
    rf"(?:^\W*|\b(?:only|just|and|or|same|again|so|please|now|then|maybe|perhaps|this time)\s+){_MUCH}$", re.I
)
_OF_IT = re.compile(
    r"\b(?:(?:make|keep|want|need|like|prefer) (?:it|them)|(?:could|can) (?:it|they) be"
    rf"|(?:it|they) (?:should|must|needs? to|ha(?:s|ve) to|ought to) be)\s+{_MUCH}$",
    re.I,
)
_OF_OTHERS = re.compile(  # before a noun
    r"\b(?:the|my|our|his|her|their|your|its|this|that|these|those|with|of|has|having|than|in|into|is|are|was|were"
    rf"|liked?|loved?)\s+(?:(?:an?|some|any)\s+)?{_MUCH}$",
    re.I,
)
_ASKED = re.compile(
    r"^\W*(?:(?:and|so|or)\s+)?(?:how(?!\s+about)|why|when|where|who|whose|whichever|whatever|which"
    r"|what(?:'?s|\s+(?:is|are|makes))\b|(?:is|are|was|were|does|do|did|will|would|can|could|has)\s+"
    rf"(?:{NOUN}|{ITEM}|any(?:\s+of\b|\s*$)))",
    re.I,
)
_TOLD = re.compile(r"\b(?:used to|normally|generally|always|often|sometimes|thought|expected|assumed)\b", re.I)
_OF_WORDS = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|responses?|lists?|descri\w+|expla\w+|summar\w+|blurbs?|sentences?|paragraphs?|texts?"
    r"|messages?|tell me|say|write|wording|words?|reviews?|chapters?|seasons?|intros?|titles?|names?)\b",
    re.I,
)
_ELSEWHERE = re.compile(  # what it is compared with then was not named
    r"\b(?:usual|usually|favou?rites?|yesterday|last (?:week|time|night|month|year)"
    r"|i (?:know|knew|follow|hear|listen to))\b",
    re.I,
)


# "That's too long", of what was named, and no more than that of it.
_TOO = re.compile(
    rf"^\W*(?:(?:{ITEM}|no|nah|nope|hmm*|ok|okay|but|oh|and|yeah|well|that|this|it|they|these|those|all|both|of|them|is|are"
    r"|was|were|s|re|looks?|sounds?|still|way|far|much|bit|little|just)\W+|an?\s+(?=bit|little)){0,10}"
    r"too\s+(?P<too>long|short)\b",
    re.I,
)


def read_compared(text: str, nouns: re.Pattern[str]) -> Compared | None:
    """text: with ITEM where it means an item. nouns: what the catalog's types are called, articles before them too."""
    text = nouns.sub(NOUN, text)
    found = list(_WORD.finditer(text))
    if len(found) > MOST or _ELSEWHERE.search(text):
        return None
    said = plain_denials(text)
    if not found and (too := _TOO.match(text)) and _NEXT.match(text, too.end()):
        return "shorter" if too["too"].lower() == "long" else "longer"
    asked = {word[1].lower() for word in found if _is_asked(word, text, said)}
    if len(asked) != 1:
        return None
    return "shorter" if asked == {"shorter"} else "longer"


def _is_asked(word: re.Match[str], text: str, said: str) -> bool:
    before, after = said[max(0, word.start() - FAR) : word.start()], text[word.end() : word.end() + FAR]
    clause = last_clause(before)
    if denies(clause) or is_told(clause) or _TOLD.search(clause) or _ASKED.search(clause) or of_named(clause, before):
        return False
    if found := _NOUN_NEXT.match(after):
        found = None if _OF_OTHERS.search(clause) else found
    elif _OF_SOMETHING.search(clause):
        found = _NEXT_OF_SOMETHING.match(after)
    elif _OF_NOUN.search(clause):
        found = _THAN_NEXT.match(after)  # "a podcast shorter than that"
    elif (_BARE.search(clause) or _OF_IT.search(clause)) and not _OF_WORDS.search(text):
        found = _NEXT.match(after)
    if found is None or _NO_THANKS.match(after[found.end() :]):
        return False
    return not (found["it"] and _DURATION.search(text))  # "I have 20 minutes, so shorter than that"
