"""Whether a request wants its items bare, or words with them. English, and only what says so plainly.

"Just the titles", "no explanations", "don't tell me why" want items and not a word; "and tell me why", "with a line on
each", "convince me" want words too. What an item is to be, "a podcast that explains things", says neither.
"""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import denies, last_clause

FAR = 160  # characters around what speaks of a format that decide whether it is denied
Wanted = Literal["any", "items", "mixed"]

_NAMES = r"(?:titles?|names?|list|picks?|recs|recommendations|suggestions|results|items)"
# What an answer may have beside items; the second are also what a podcast may have, "with no chatter".
_PROSE = (
    r"(?:words?|text|prose|explanations?|explaining|descriptions?|describing|blurbs?|write-?ups?|reasons?|reasoning"
    r"|justifications?|justifying|sales pitch|spiel|preamble|waffle|editoriali[sz]ing|elaboration|summaries|yapping"
    r"|lectures?)"
)
_TALK = (
    r"(?:comments?|commentary|remarks?|intros?|introductions?|chat|chatter|chit[- ]?chat|small talk|talk|talking|pitch"
    r"|notes?)"
)
_WITHOUT = (
    r"(?:no|zero|without(?: any)?|skip|cut|drop|minus|hold|spare me|save me|leave out|leave off|forget|never mind)"
    r"(?: (?:the|your|all|any|of|that|further|accompanying|long|need for)){0,3}"
)
_TELLING = r"(?:explain|describ|introduc|summari[sz]|justify|elaborat|comment)\w*"
_BARE = re.compile(
    rf"\b(?:just|only|simply|merely|purely|nothing but|want|need|all i (?:need|want) (?:is|are))"
    rf" (?:(?:a|the|me|some|show|episode|book) ){{0,2}}{_NAMES}\b"
    rf"|\b{_NAMES}(?: only| alone|,? (?:and )?nothing else|,? no more)\b|\bbare {_NAMES}\b"
    r"|^list\b(?= ?[:.]| only)|[.!?] list\b(?=[.!])|\b(?:plain|straight to the) list\b"
    r"|\b(?:just|only|simply) (?:list|listing)\b(?! of)"
    rf"|\b{_WITHOUT} {_PROSE}\b|{_WITHOUT} {_TALK}\b(?! (?:shows?|between|radio))"
    rf"|\b(?:don't|do not|needn't|no need to|have to|need to|without) (?:bother )?{_TELLING}"
    r"(?= (?:it|them|why|any|your|yourself|me)\b| ?[.,;!?]| ?$)"
    r"|\b(?:don't|do not) (?:write|give|send) me (?:a|an|any)\b"
    r"|\b(?:not|without) (?:a|one)(?: single)? word\b|\bno words\b|\bnot interested in (?:hearing )?what you\b"
    r"|\bi'll (?:judge|read|look|find out|see)\b[^.!?]*\b(?:my|for my)self\b"
    r"|\bkeep your (?:thoughts|opinions|comments|reasons|views) to yourself\b",
    re.I,
)
_ADDED = r"(?:reasons?|reasoning|explanations?|justifications?|rationale|pros and cons)"
_LINE = r"(?:sentence|line|word|words|note|remark|comment|introduction|intro|blurb|summary|description|paragraph)s?"
_EACH = r"(?:on|about|for|to|of|with|beside|next to|under|after) (?:each|every|them|it|why|what|all|your picks?)"
_IT = r"(?:it|them|they|each|this|that|these|those|one|every)"
_ASKED = r"(?:^|[.,;:!?] ?|\b(?:and|then|please|also|but|you|me|us|say|know|if you could) )(?:briefly )?"
_WORDS = re.compile(
    r"\b(?:tell|say|show)(?: (?:me|us))?(?: in [\w ]{1,30}?)? (?:why|how come|what (?:makes|it'?s|they'?re|each|i'?d"
    r"|they|i'?m|i'?ll|to expect|you|the premise))\b"
    r"|\b(?:tell me|say) (?:(?:a bit|a little|something|more|a few words) )?about (?:each|them|some|a few|the ones)\b"
    rf"|\bwhat (?:makes|sets|distinguishes) {_IT}\b|\bwhat each (?:one )?\w+s\b"
    rf"|{_ASKED}what(?:'s| is| are)? {_IT}(?: one)?(?: is|'s|'re| are)? (?:about|like)\b"
    rf"|{_ASKED}(?:explain|justify|describe|introduce|defend|compare)"
    r" (?:yoursel\w+|your|why|how|what|each|it|them|these|to me|the (?:choice|pick|argument))\b"
    r"|^(?:please )?(?:describe|compare|summari[sz]e|sum up|introduce me)\b"
    r"|\b(?:talk|walk|take) (?:me|us) through\b|\bthe lowdown on\b|\bback it up\b|\bspell it out\b"
    r"|\b(?:with|give|include|add|want|plus|and|your|some|appreciate|spelling out)"
    rf"(?: (?:me|us|a|an|some|the|your|good|proper|quick|brief|short|honest|one|two)){{0,3}} {_ADDED}\b"
    rf"|\b{_ADDED} (?:{_EACH}|you)\b|\b{_LINE} {_EACH}\b|\beach with (?:a|an|one|some) (?:\w+ ){{0,2}}{_LINE}\b"
    r"|\b(?:convince|persuade|tempt) me\b|\bsell (?:it|me|them) ?(?:to|on)?\b|\bwin me over\b|\btalk me into\b"
    r"|\bmake (?:the|a|your) case\b|\bpitch (?:it|me|them)\b"
    rf"|\bwhy (?:{_IT}\b(?! [a-z]+s\b)|you (?:think|chose|picked|like|recommend)|i'd|i would|i should|i'll|i will"
    r"|i won't|i might|should i|would (?:it|they|i|you)|they'd|it'd|it's|they're)\b|(?:\band|\+|&) why\b ?(?=[.?!]|$)"
    r"|\bhow come ?\?",
    re.I,
)
_MORE_THAN_BARE = re.compile(
    rf"\b(?:don't|do not|not) just\b|\bmore than (?:a list|{_NAMES})\b"
    r"|\b(?:list|titles|names) (?:is|are)(?:n't| not| no)\b|\bonly (?:names|titles) last time\b",
    re.I,
)
_NEVER_MIND = re.compile(
    r"^[^.!?;]*\b(?:no interest|not? needed|unnecessary|(?:don't|doesn't) (?:care|matter))\b", re.I
)
# "A show with no ads and no intro", "for no reason at all"
_OF_A_SHOW = re.compile(r"\b(?:with|has|have|having|for)(?: (?:no|few|without)\b[^.!?;]*)? ?$", re.I)


def read_format(text: str) -> Wanted:
    """text: where what only sounds like a denial is blank, see `denials.plain`."""
    said = re.sub(r"\s+", " ", text)
    wanted = [not _denied(said, match) for match in _WORDS.finditer(said)]
    more = _MORE_THAN_BARE.search(said) is not None
    bare = any(not _OF_A_SHOW.search(_before(said, match)) for match in _BARE.finditer(said))
    bare = (bare and not more) or (bool(wanted) and not any(wanted))
    return _only(bare, more or any(wanted))


def _denied(text: str, match: re.Match[str]) -> bool:
    """By what stands before it in its clause, or after it, as in "why you chose it is of no interest"."""
    after = text[match.end() : match.end() + FAR]
    return denies(last_clause(_before(text, match))) or _NEVER_MIND.search(after) is not None


def _before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - FAR) : match.start()]


def _only(bare: bool, words: bool) -> Wanted:
    """Where it says both it says neither."""
    if bare == words:
        return "any"
    return "items" if bare else "mixed"
