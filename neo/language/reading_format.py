"""Whether a request wants its items bare, or words with them. English, and only what says so plainly.

"Just the titles", "no explanations", "don't tell me why" want items and not a word; "and tell me why", "with a line on
each", "convince me" want words too. What an item is to be, "a podcast that explains things", says neither.
"""

from __future__ import annotations

import re
from typing import Literal

from neo.language.denials import FAR, denies, last_clause

Wanted = Literal["any", "items", "mixed"]

_NAMES = r"(?:titles?|names?|list|picks?|recs|recommendations|suggestions|results|items)"
# What an answer may have beside items; the second are also what a podcast may have, "with no chatter".
_PROSE = (
    r"(?:words?|text|prose|explanations?|explaining|descriptions?|describing|blurbs?|write-?ups?|reasons?|reasoning"
    r"|justifications?|justifying|sales pitch|spiel|preamble|waffle|editoriali[sz]ing|elaboration|summaries|yapping"
    r")"
)
_TALK = (
    r"(?:comments?|commentary|remarks?|intro|introductions?|chat|chatter|chit[- ]?chat|small talk|talk|pitch"
    r"|notes?)"
)
_WITHOUT = (
    r"(?:no|zero|without (?:any|the|your)|skip|cut|drop|minus|hold|spare me|save me|leave out|leave off|forget"
    r"|never mind)"
    r"(?: (?:the|your|all|any|of|that|further|accompanying|long|need for)){0,3}"
)
_TELLING = r"(?:explain|describ|introduc|summari[sz]|justify|elaborat)\w*"
_JUST = r"(?:just|only|simply|merely|purely|nothing but|all i (?:need|want) (?:is|are))"
_BARE = re.compile(
    rf"\b{_JUST}(?: (?:want|need))? (?:(?:a|the|me|show|episode|book) ){{0,2}}(?:titles?|names?|list)\b"
    rf"|\b{_JUST} (?:the )?{_NAMES}(?= ?[.,;:!?)]| ?$| (?:please|thanks)\b)"
    rf"|\b{_NAMES}(?: only| alone|,? (?:and )?nothing else|,? no more)\b|\bbare {_NAMES}\b"
    r"|^list\b(?= ?[:.]| only)|[.!?] list\b(?=[.!])|\b(?:plain|straight to the) list\b"
    r"|\b(?:just|only|simply) (?:list|listing)\b(?! of)"
    rf"|\b{_WITHOUT} {_PROSE}\b|{_WITHOUT} {_TALK}\b(?! (?:shows?|podcasts?|episodes?|between|radio))"
    rf"|\b(?:(?:don't|do not)(?: (?:have|need) to)?|needn't|no need to|without) (?:bother )?{_TELLING}"
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
_ASKED = r"(?:^|[.,;:!?] ?|\b(?:and|then|please|also|but|you|me|us|if you could) )(?:briefly )?"
_WORDS = re.compile(
    r"\b(?:tell|say)(?: (?:me|us))?(?: in [\w ]{1,30}?)? (?:why|how come|what (?:makes|it'?s|they'?re|each|i'?d"
    r"|they|i'?m|i'?ll|to expect|you (?:think|liked?|love)|the premise))\b"
    r"|\b(?:tell me|say) (?:(?:a bit|a little|something|more|a few words) )?about (?:each|them|some|a few|the ones)\b"
    rf"|\bwhat (?:makes|sets|distinguishes) {_IT}\b|\bwhat each (?:one )?\w+s\b"
    rf"|{_ASKED}what(?:'s| is| are)? {_IT}(?: one)?(?: is|'s|'re| are)? (?:about|like)\b"
    rf"|{_ASKED}(?:explain|justify|describe|introduce|defend|compare)"
    r" (?:yoursel\w+|your|why|how|what|each|it|them|these|to me|the (?:choice|pick|argument))\b"
    r"|^(?:please )?(?:describe|compare|summari[sz]e|sum up)\b"
    r"|\b(?:talk|walk|take) (?:me|us) through (?:your|a few|some|each|them|these|those|it|what|why)\b"
    r"|\bthe lowdown on\b|\bback it up\b|\bspell it out\b"
    r"|\b(?:with|give|include|add|want|plus|and|some|appreciate|spelling out)"
    rf"(?: (?:me|us|a|an|some|the|your|good|proper|quick|brief|short|honest|one|two)){{0,3}} {_ADDED}\b"
    r"(?! (?:of|to|that)\b)"
    rf"|\b{_ADDED} (?:{_EACH}|you)\b|\b{_LINE} {_EACH}\b|\beach with (?:a|an|one|some) (?:\w+ ){{0,2}}{_LINE}\b"
    r"|(?<!\bto )(?<!\bthat )(?<!\bwill )(?<!\bcan )\b(?:convince|persuade|tempt) me\b"
    r"|\bsell (?:it|them) to me\b|\bsell me (?:on|it|one)\b|\bwin me over\b|\btalk me into\b"
    r"|\bmake (?:the|a|your) case\b|\bpitch (?:it|me|them)\b"
    rf"|\bwhy (?:{_IT}\b(?! [a-z]+s\b)|you (?:think|chose|picked|like|recommend)|i'd|i would|i should|i'll|i will"
    r"|i won't|i might|should i|would (?:it|they|i|you)|they'd|it'd|it's|they're)\b|(?:\band|\+|&) why\b ?(?=[.?!]|$)"
    r"|\bhow come ?\?",
    re.I,
)
_MORE_THAN_BARE = re.compile(
    rf"\b(?:don't|do not|not) just (?:throw|list|name|dump|give)\b|\bmore than (?:a list|{_NAMES})\b"
    r"|\b(?:bare|plain|mere) (?:list|titles|names) (?:is|are)\b|\bonly (?:names|titles) last time\b",
    re.I,
)
# What is wondered at, or what an item is about: "I don't know why", "a podcast about why", "that's why"
_MUSED = re.compile(
    r"\b(?:(?<!to )(?<!me )know|knows|see|understand|remember|sure|clue|wonder\w*|learn\w*|that's|which is|reason)\s+$"
    r"|\b(?:about|on|into)\s+(?:[^.!?;,]*\band\s+)?$",
    re.I,
)
_NEVER_MIND = re.compile(
    r"^[^.!?;]*\b(?:no interest|not? needed|unnecessary|(?:don't|doesn't) (?:care|matter))\b", re.I
)
# "A show with no ads and no intro", "for no reason at all"
_OF_A_SHOW = re.compile(r"\b(?:with|has|have|having|for|needs?)(?: (?:no|few|without)\b[^.!?;]*)? ?$", re.I)


def read_format(text: str) -> Wanted:
    """text: where what only sounds like a denial is blank, see `denials.plain`."""
    said = re.sub(r"\s+", " ", text)
    wanted = [not _denied(said, match) for match in _WORDS.finditer(said) if not _MUSED.search(_before(said, match))]
    more = _MORE_THAN_BARE.search(said) is not None
    bare = any(not _OF_A_SHOW.search(_before(said, match)) for match in _BARE.finditer(said))
    bare = (bare and not more) or (bool(wanted) and not any(wanted))
    return _only(bare, more or any(wanted))


def _denied(text: str, match: re.Match[str]) -> bool:
    """By what stands before it in its clause, or after it, as in "why you chose it is of no interest"."""
    after = text[match.end() : match.end() + FAR]
    said = re.split(r"\b(?:so|please)\b", last_clause(_before(text, match)))[-1]
    return denies(said) or _NEVER_MIND.search(after) is not None


def _before(text: str, match: re.Match[str]) -> str:
    """What stands before it, with the sign that it begins with."""
    begins = match.end() - len(match[0].lstrip(" .,;:!?"))
    return text[max(0, begins - FAR) : begins]


def _only(bare: bool, words: bool) -> Wanted:
    """Where it says both it says neither."""
    if bare == words:
        return "any"
    return "items" if bare else "mixed"
