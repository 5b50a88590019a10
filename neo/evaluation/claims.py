"""Reads what a text claims of an item and of a listener, in whatever words: names, and the words that go with them.

A claim is about the listener where the last subject before it is `you`, `your` or `history`, and about the item
where it is `it`, `this` or `a show`. How often, how lately, for the first time: the words of its clause say it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from neo.evaluation.names import CURLY, Mention, Names
from neo.evaluation.quantities import NUMBER, number

About = Literal["item", "listener"]
# How a listener stands to a name: met it at all, so many times, first of all, lately, named it, never met it.
Strength = Literal["plain", "times", "usual", "main", "lately", "turned", "named", "new"]
MASK = "□"  # stands for every letter of a name, so that a title's words are not read as words of the sentence
SIMILAR = (
    r"(?:(?<!you )(?<!to )(?<!they )(?<!also )(?<!might )(?<!would )like"
    r"|unlike|similar to|fans of|reminds? \w+ of|(?:vein|spirit|manner) of|beside|than)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A name and what is said of it. `times`: at least, at most (None: no bound), for the strength `times`.

    `likened`: the text compares with it. `loose`: its sentence names no subject before it. `firm`: the words
    leave no doubt that a name is said to be in the history.
    """

    mention: Mention
    about: About
    strength: Strength = "plain"
    times: tuple[int, int | None] = (1, None)
    likened: bool = False
    loose: bool = False
    firm: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A text taken apart. `masked` has the text's length; clauses and subjects go by places in it."""

    text: str
    masked: str
    said: tuple[Said, ...]
    subjects: tuple[tuple[int, About], ...]

    def about(self, place: int) -> About:
        """Whom the words at a place speak of."""
        return self.subjects[bisect_right([start for start, _ in self.subjects], place) - 1][1]


_LISTENER = re.compile(r"\b(?:you|your|yours|yourself|you'(?:ve|re|d|ll)|history|listener|they|their)\b", re.I)
_ITEM = re.compile(r"\b(?:it|it's|its|this|here)\b", re.I)
# "If you want something calm", "for you": these turn to the listener without saying anything of them.
_ASIDE = re.compile(
    r"\b(?:(?:if|should|when|whenever|what) you\b"
    r"|you(?:'d|'ll| want| need| might| may| will| would| should| can| could)\b"
    r"|(?:for|to|with) you\b)",
    re.I,
)
_BEFORE_TYPE = re.compile(rf"\b(?:an?|the|this|another|one)\s+(?:[\w'{MASK}-]+,?\s+){{0,3}}$", re.I)
_BOUND = re.compile(
    r"[.!?;:]+(?=\s|$)|\s[\u2013\u2014-]+\s|\b(?:since|because|but|while|though|although|whereas)\b"
    r"|,\s+(?=(?:so|and\s+(?:you|your|it|this|that|an?|the|lately|besides?|there|nothing|with|most)"
    r"|which|whom?|as|with|where|given|often|regularly|sometimes|complemented|followed|[a-z]+ing)\b)",
    re.I,
)
_SENTENCE = re.compile(r"[.!?;]+(?=\s|$)")
_VERB_AFTER = re.compile(r"\s+(?:an?|clear|you|your|how|up|that|strong|signs?|no|great|some)\b", re.I)
_OWN_HISTORY = re.compile(r"\b(?:your|no|any|a|the|that|this|their|of|listening|without|whole|past)\s+$", re.I)
_VERB_BEFORE = re.compile(rf"(?:history|which|that|it|this|to|will|can|{MASK})\s+$", re.I)
_NEW_AFTER = re.compile(
    r"\s*(?:,\s*(?:which|that)\s+)?(?:would|will|may|might|could|is|are|'d)\s+(?:\w+\s+)?(?:be\s+)?(?:\w+\s+)?"
    r"(?:new\b|an?\s+(?:change|first|novelty)|unfamiliar|fresh\b|something new|unexplored)",
    re.I,
)
_NEW_BEFORE = re.compile(
    rf"\b(?:no|not|never|\w+n't|without|new to|yet to|unfamiliar with|introduces? you to)\s+(?:[\w'{MASK}]+\s+){{0,3}}$"
    r"|\bnothing\s+(?:\w+\s+){0,5}$"
    rf"|\bfirst\s+(?:time|taste|encounter|look|step|visit|{MASK}+)\s+(?:\w+\s+){{0,2}}$",
    re.I,
)
_NOT_YET = re.compile(r"\s*(?:is|are|was|has|have)(?:n't| not)\b[^,;]*\byou(?:'ve|r)?\b", re.I)
_UNCLEAR = re.compile(r"\b(?:rarely|hardly|seldom|scarcely|outside|beyond|away from|miss(?:es|ed)?|lacks?)\b", re.I)
_FIRM = re.compile(
    r"\b(?:know|knows|known|met|has|have|holds?|likes?|loved?|enjoy(?:ed)?|choose|chose|chosen|heard|listened|follow(?:ed)?"
    r"|interests?|includes?|taste for|touched on|came to|led by|leads?)\b",
    re.I,
)
_NOT_ONLY = re.compile(
    r"\bnot\s+(?:only|just|merely)\b|\bno (?:doubt|wonder|surprise|history)\b|\bnothing (?:more|better)\b", re.I
)
_RELATIVE = re.compile(
    rf"[,\s]*(?:which|that|whom|one|something|an?\s+[\w{MASK}]+|the\s+[\w{MASK}]+)?[,\s]*(?:that\s+|which\s+)?"
    r"(?:you\b|you've\b|your history\b|(?:is|are)\s+(?:\w+\s+){0,4}(?:of yours|for you)\b)",
    re.I,
)
_N_TIMES = re.compile(rf"(?:\b(more than|over|at least|only|exactly)\s+)?\b({NUMBER})\s+(?:separate\s+)?times?\b", re.I)
_N_OF = re.compile(
    rf"(?:\b(more than|over|at least)\s+)?\b({NUMBER})\s+(?:\w+\s+)?{MASK}+\s+(?:of|from|by|on|about)\s+$", re.I
)
_USUAL_TONE = re.compile(r"\busual (?:tone|mood|style)\b", re.I)
# "Jazz keeps coming up in your history" speaks of the listener, though the listener comes last.
_OF_YOURS = re.compile(
    r"\s+(?:has|have|is|are|keeps?|comes?|appears?|runs?|features?|leads?|dominates?|recurs?|turns?|pops?|tops?|shows?)\b"
    rf"[^{MASK}]*?\b(?:in your|of yours|your (?:history|list|favou?rites?|taste))\b",
    re.I,
)
_WORDS: tuple[tuple[Strength, tuple[int, int | None], str], ...] = (
    ("named", (1, None), r"named|told (?:us|me)|you (?:said|declared|picked|selected)|at (?:the start|sign-?up)"),
    (
        "turned", (1, None),
        r"(?:lately|recently|now|these days)\b[^,;]*\b(?:turned|drawn) to"
        r"|(?:turned|drawn) to\b[^,;]*\b(?:of late|lately)|latest (?:interest|love|passion)|new(?:est)? interest",
    ),
    ("lately", (1, None), r"lately|latest|of late|recent(?:ly)?|these days|nowadays"),
    ("times", (2, None), r"more than once|been back|(?:came|come) to \S+ again"),
    ("times", (2, 2), r"twice"),
    ("times", (1, 1), r"once|one time|a single time"),
    (
        "main", (1, None),
        r"main|mainly|most|mostly|above all|led by|leads? with|best|favou?rites?|top|chief(?:ly)?"
        r"|primar(?:y|ily)|stands? out|more than anything",
    ),
    (
        "times", (3, None),
        r"again and again|time and again|often|keeps? (?:coming|returning|going)|regular(?:ly)?|habit"
        r"|frequent(?:ly)?|clear interest|strong interest|steady|loyal|many times|repeatedly|always",
    ),
    (
        "usual", (2, None),
        r"usual(?:ly)?(?!\s+(?:tone|mood|style))|returns?|returned|returning|(?:come|comes|came|coming) back"
        r"|leans?|tends? to",
    ),
)  # fmt: skip
_STRENGTHS = [(strength, times, re.compile(rf"\b(?:{words})\b", re.I)) for strength, times, words in _WORDS]


def read(text: str, names: Names, portrait: bool = False) -> Reading:
    """What a text says. A portrait speaks of the listener throughout."""
    mentions = [mention for mention in names.find(text) if not _is_no_name(text, mention)]
    masked = text.replace(CURLY, "'")
    for mention in mentions:
        masked = masked[: mention.start] + MASK * (mention.end - mention.start) + masked[mention.end :]
    subjects = ((0, "listener"),) if portrait else tuple(_subjects(masked, mentions))
    reading = Reading(text, masked, (), subjects)
    clauses = _clauses(masked)
    said: list[Said] = []
    for mention in mentions:
        clause = clauses[bisect_right([start for start, _ in clauses], mention.start) - 1]
        said.extend(_of(reading, mention, clause))
    return replace(reading, said=tuple(said))


def _of(reading: Reading, mention: Mention, clause: tuple[int, int]) -> Iterator[Said]:
    masked, about = reading.masked, reading.about(mention.start)
    before, after = masked[clause[0] : mention.start], masked[mention.end : clause[1]]
    fans = re.search(r"\b(?:fans|lovers) of\s+(?:the\s+)?$", before, re.I) and mention.of("topic")
    likened = not fans and bool(re.search(rf"\b{SIMILAR}\s+(?:the\s+)?$", before, re.I))
    behind = masked[mention.end :]
    behind = behind[: m.start()] if (m := _SENTENCE.search(behind)) else behind
    fresh = _is_new(before, behind)
    if _OF_YOURS.match(after) and mention.of("topic", "creator", "title"):
        about = "listener"
    if about == "listener":
        if fresh and not _UNCLEAR.search(before):
            yield Said(mention, about, "new")
            return
        strength, times = _strength(masked[clause[0] : clause[1]], before)
        if mention.of("tone") and _USUAL_TONE.search(masked[clause[0] : clause[1]]):
            strength = "usual"
        words = masked[clause[0] : clause[1]]
        if _UNCLEAR.search(before):
            strength, times, likened = "plain", (1, None), True
        firm = strength != "plain" or _FIRM.search(words) is not None
        yield Said(mention, about, strength, times, likened, firm=firm)
        return
    ends = {m.end() for m in _SENTENCE.finditer(masked)}
    start = reading.subjects[bisect_right([at for at, _ in reading.subjects], mention.start) - 1][0]
    yield Said(mention, about, likened=likened, loose=bool(fans) or start in ends)
    if fresh and mention.of("topic", "creator", "title"):
        yield Said(mention, "listener", "new")
    # "from The Tide Report, which you keep coming back to": said of the listener behind the name
    link = _RELATIVE.match(behind)
    if link and mention.of("topic", "creator", "title"):
        rest = behind[link.start() :]
        own = rest[: m.start()] if (m := re.search(rf",\s+(?:and|so|but)\b|{MASK}", rest[link.end() :])) else rest
        strength, times = _strength(own if MASK not in own else own.split(MASK)[0] + rest, "")
        if strength != "plain" or re.search(r"\b(?:know|met|heard|enjoyed|liked?|love|follow)\b", own, re.I):
            yield Said(mention, "listener", strength, times)


def _strength(clause: str, before: str) -> tuple[Strength, tuple[int, int | None]]:
    if found := _N_OF.search(before):
        return "times", _bounds(found)
    if found := _N_TIMES.search(clause):
        return "times", _bounds(found)
    for strength, times, words in _STRENGTHS:
        if words.search(clause):
            return strength, times
    return "plain", (1, None)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    count = int(number(found.group(2)))
    match (found.group(1) or "").lower():
        case "more than" | "over":
            return count + 1, None
        case "at least":
            return count, None
    return count, count


def _is_new(before: str, after: str) -> bool:
    if _NEW_AFTER.match(after) or _NOT_YET.match(after):
        return True
    negated = _NEW_BEFORE.search(before)
    return negated is not None and not _NOT_ONLY.search(before[negated.start() :])


def _subjects(masked: str, mentions: list[Mention]) -> list[tuple[int, About]]:
    """Where the text begins to speak of whom; it and every sentence start with the item."""
    asides = [(m.start(), m.end()) for m in _ASIDE.finditer(masked)]
    found: list[tuple[int, About]] = [
        (m.start(), "listener")
        for m in _LISTENER.finditer(masked)
        if not any(start <= m.start() < end for start, end in asides)
    ]
    found += [(m.start(), "item") for m in _ITEM.finditer(masked)]
    for mention in mentions:
        article = _BEFORE_TYPE.search(masked[: mention.start]) if mention.of("type") else None
        if article and not re.match(r"\s+(?:that |which )?you\b", masked[mention.end :]):
            found.append((article.start(), "item"))
    found += [(m.end(), "item") for m in _SENTENCE.finditer(masked)]
    return [(-1, "item"), *sorted(found)]


def _clauses(masked: str) -> list[tuple[int, int]]:
    starts = sorted({0, *(m.end() for m in _BOUND.finditer(masked))})
    return list(zip(starts, [*starts[1:], len(masked)], strict=True))


def _is_no_name(text: str, mention: Mention) -> bool:
    """'Your history shows a clear interest' names neither the topic History nor any shows."""
    word, before, after = text[mention.start : mention.end], text[: mention.start], text[mention.end :]
    if word == "history":
        return bool(_OWN_HISTORY.search(before))
    verb = word.lower() in ("show", "shows") and _VERB_BEFORE.search(before)
    return bool(verb and _VERB_AFTER.match(after))
