"""Whether a length that stands in a request is what an item is to have: not that of a flight or a commute, nor one that
is told of, denied, or asked of what was named. English; all texts are short pieces around the length."""

from __future__ import annotations

import re
from dataclasses import dataclass

from neo.language.denials import NO_AFTER, denies
from neo.language.durations import COUNT, MINUTES
from neo.language.telling import is_told


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a length: its clause before it, what is written before it, words of its own that deny, and
    what is written behind it."""

    clause: str
    before: str
    denial: str
    after: str


# The time that somebody has, as it goes on before a length and behind it.
_HAVE = re.compile(
    r"(?:\b(?:i|we)(?:'?ve|\s+have|\s+got|\s+(?:really\s+)?(?:only|just|still|now)\s+(?:have|got))"
    r"|^\W*(?:(?:so|and|'?ve|only|just)\s+){0,2}got|^\W*(?:only|just)\s+have)"
    r"(?:\s+(?:only|just))?(?:\s+got)?(?:\s+(?:only|just|exactly))?\s+$",
    re.I,
)
_HAVE_BOUND = re.compile(r"(?:\b(?:have|got)|'ve)\s+(?:only\s+|just\s+)?$", re.I)
_OF_TIME = re.compile(
    r"\s{0,3}(?:$|[.,;:!?()]|[-\N{EN DASH}]\s|\s(?:left(?! (?:of|in|on))|before|until|till|free|spare|on|at|today"
    r"|tonight|now|this|for|and|but|so|while|between|during|here|only|in (?:the|my|a)"
    r"|to (?:kill|spare|fill|burn|listen|myself|ourselves))\b)",
    re.I,
)
_AGAIN = re.compile(r"[^.,;:!?]{0,60}\b(?:every|each|daily|weekly|(?:an?|per) (?:day|night|week|month|year))\b", re.I)

# What takes time and is not listened to: "a flight of", "my commute is", "an hour's".
_TRIP = (
    r"(?:commute|drive|driving|flight|flying|walk|walking|train|bus|tram|ferry|plane|car|journey|trip|ride|cycling"
    r"|travel(?:l?ing)?|(?:a|my|the) run|wait|waiting|queue|delay(?:ed)?|layover|stuck|airport|office|work|working"
    r"|shift|meeting|lunch|break|nap|sleep|sleeping|marathon|sitting|cooking|ironing|painting|studying|listening|gap|average"
    r"|total)"
)
_OF_TRIP = re.compile(
    rf"\b{_TRIP}(?:'s)?(?:\s+(?:of|is|are|that|that's|which|takes?|took|lasts|lasting|for|will|be|was|time|there|home|back"
    r"|to|just|only|well|usually|each|way)){0,4},?\s{0,3}$",
    re.I,
)
_OF_ANOTHER = re.compile(
    r"\b(?:after|by|every|since|spen[dt]|spending|waste[ds]?|lost|lose|saved?|the (?:past|last|next|first)|other"
    r"|another|extra|adds?|costs?|(?:was|were|lasted|ran|took)(?:\s+(?:all|both|way|well|always))?|will|would|could"
    r"|torn|difference|choose|choosing|decide|deciding)\s+$",
    re.I,
)
_FOR, _IN = re.compile(r"\bfor\s+$", re.I), re.compile(r"\bin\s+$", re.I)
_LASTING = re.compile(r"\b(?:lasts?|go(?:es)? on|going|runs?|keeps?|busy|entertain\w*|fills?|plays?)\b", re.I)
_DONE = re.compile(  # in so much time, by somebody
    r"\b(?:leav\w+|arriv\w+|starts?|land\w*|board\w*|due|clos\w+|ends?|opens?|depart\w*|begins?|go|eat|guests|meeting|exam"
    r"|appointment|be (?:there|home|ready|back)|marathons?|races?|10k|cook\w*|meals?|dinners?|recipes?"
    r"|(?:fall|falling) asleep)\b",
    re.I,
)
_BARELY = re.compile(r"\b(?:just|slightly|barely|a (?:bit|little|touch|tad))\s+$", re.I)
_IF = re.compile(
    r"\b(?:if|when|whenever|unless|because|since|once|while|until|till)\s+(?:it|that|this|they|he|she|i|we|an?|the)\b",
    re.I,
)
_IT_IS = re.compile(r"\b(?:it|they|those|these|them|this)(?:'s|'re|\s+(?:is|are|was|were))(?:\s+\w+)?\s+$", re.I)
_PROVIDED = re.compile(r"\b(?:(?:as|so) long as|provided|only if|make sure)\b", re.I)
_INSISTED = re.compile(
    r"\b(?:i\s+(?:said|say|mean|meant|asked for|wanted)|(?:it|they|that|this|these)\s+(?:must|should|ha(?:s|ve) to"
    r"|needs? to|ought to)\s+(?:be|last|run|take|stay))\s+$",
    re.I,
)
_I_CAN = re.compile(
    r"\b(?:i|we)(?:\s+(?:can|could|will)|'ll)\s+(?:finish|hear|listen to|get through|play|manage|spare|do|fit in)\b",
    re.I,
)
# How a question about what was named begins. An item is no text: nothing or a blank stands in its place.
_NAMED = (
    r"(?:it|this|that|these|those|they|the|one|either|both|any of|some of|each|all|your|number|no\.|_+|last|run|take)\b"
    r"(?!\s+(?:possible|ok|okay)\b)"
)
_OF_NAMED = re.compile(
    r"^\W*(?:(?:and|so|but|or|ok|okay|well|hey)\s+)?"
    rf"(?:(?:is|are|was|were|isn't|aren't|does|do|did|doesn't|will|would|has)(?:\s+{_NAMED}|\s*$)"
    r"|why\b|can\s+(?:i|we)\s+(?:finish|hear)\s+(?:it|this|that|them)\b|which\s+(?:of|one|ones)\b|how\s+(?:many|much|often|long)\b)",
    re.I,
)
_WHICH = re.compile(r"(?:^|[.?!;:\n])\W*which\s+(?:is|are)\b[^.?!;:\n]*$", re.I)  # not "something calm, which is"

# What goes on so is no length of an item, or one whose end is not known.
_UNLIKE = re.compile(
    r"-\s?long\b|\s{1,3}(?:ago|away|late|later|early|earlier|old|apart|into|behind|notice|each way|of(?! (?:it|them)\b)"
    r"|or so|altogether|total|in total|combined|between them|daily|in(?=\s{0,3}(?:$|[.,;:!?]))|on foot"
    r"|(?:every|each|per|an?) (?:day|night|week|morning|month|year|time)|by (?:car|train|bus|bike|plane)"
    r"|from (?:home|here|work|now|me|town|the (?:airport|station|city|office))|and a (?:bit|half|quarter)"
    r"|to (?:go|get|drive|walk|reach|travel|fly|land)|shorter|longer|more|less|extra|run|(?:half )?marathon"
    rf"|(?:long )?{_TRIP}|(?:and )?{COUNT}(?=\s{{0,3}}(?:$|[.;:!?])))\b"
    rf"|,\s{{0,3}}{COUNT}\s{{0,3}}{MINUTES}\b(?! (?:max|tops|or|at)\b)",
    re.I,
)
_SAID_OF_IT = re.compile(
    r"\s{1,3}(?:(?:is|are|was|were) (?!(?:fine|ok|okay|good|great|perfect|ideal|best|a must|what|all|lovely|enough"
    r"|plenty)\b)|(?:(?:is|are|was|were|do|does|did|wo|ca)n't|cannot|(?:do|does|will) not|seems?|feels?|sounds?|bores?"
    r"|annoys?|puts?|makes?|loses?|drags?|drives?|tires?|kills?|gets?|never|usually|tends?|wears?|confuses?|sends?)\b)"
    rf"|\??{NO_AFTER}",
    re.I,
)
_UNLIKE_LOWER = re.compile(
    r"\s{1,3}(?:before|until|till|left|(?:is|are|would be|will be) (?:also |too )?(?:fine|ok|okay|all ?right))\b",
    re.I,
)


def is_had(around: Around) -> bool:
    """Whether it is the time that somebody has now, and so more than what is wished may take."""
    if not _HAVE.search(around.clause) or denies(around.clause):
        return False
    return bool(_OF_TIME.match(around.after)) and not _AGAIN.match(around.after)


def is_wished(around: Around, lower: bool, between: bool) -> bool:
    """Whether an item is to keep to it. lower: at least that long; between: and at most another."""
    clause, after = around.clause, around.after
    if denies(clause) or _UNLIKE.match(after) or _SAID_OF_IT.match(after) or of_named(clause, around.before):
        return False
    if _HAVE_BOUND.search(clause):
        return not lower  # there is time for less, too
    if (lower and not between and _UNLIKE_LOWER.match(after)) or _OF_ANOTHER.search(clause):
        return False
    if _OF_TRIP.search(around.before if lower else clause) or (_IN.search(clause) and _DONE.search(clause)):
        return False
    if lower and (_BARELY.search(clause) or (_FOR.search(clause) and not _LASTING.search(clause))):
        return False
    if (_IF.search(clause) or _IT_IS.search(clause)) and not _PROVIDED.search(clause):
        return False
    kept = "any" in around.denial or _INSISTED.search(clause)  # "I don't want anything over an hour"
    return bool(kept) or not is_told(_I_CAN.sub("", clause) + around.denial)


def of_named(clause: str, before: str) -> bool:
    """Whether a clause asks something of what was named: "is it", "which one of them". before: all before its end."""
    return bool(_OF_NAMED.search(clause) or _WHICH.search(before))
