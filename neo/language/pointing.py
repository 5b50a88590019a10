"""Pointing at what was named: "the second one", "no. 3", "the audiobook", "that one".

By who made it, its title, its length, its tone or the like, and by NEO's choice: see the modules that this asks. What
leaves no doubt is read as the item itself, so that the model need not find out which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from neo.language.facts import FactBook, ItemFacts, sayable
from neo.language.pointing_at import Pointed
from neo.language.pointing_by_choice import by_choice
from neo.language.pointing_by_name import by_name
from neo.language.pointing_by_quality import by_quality
from neo.language.pointing_by_superlative import by_superlative
from neo.language.reading_count import NUMBERS
from neo.language.segments import ItemRef, Segment, Text, merge_texts
from neo.language.wordings.follow_ups import PLACES, references
from neo.language.wordings.wishes import LANGUAGES

CHOSEN = 0.6  # of what training points at stands there as an item: words that plainly mean one are read so
# What may follow words that point: the end of what is said, or a verb or the like, but no noun ("the second hand").
_VERBS = r"(?:is|was|were|has|had|does|did|do|would|could|might|should)(?:n't)?|sounds|seems|looks|feels|suits|got"
_JOINTS = r"to|for|but|among|and|or|please|like|then|instead|before|after|because|since|if|than|though|when"
_MORE_VERBS = r"(?:make|tell|cover|offer|bring|get|deserve|belong|contain|earn|talk|deal)s"
_IN_WORDS = r"in (?:there|here|brief|short|plain \w+|(?:a|one) (?:line|word|sentence|nutshell))"
# Behind these nothing more may follow, or they belong to what follows.
_LAST = r"about|up|down|out|off|have|cover|fit|exactly|properly|really me|on about|talk about|deal with|right for me"
_SAID_ALONE = r"still|already|yet|again|too|tho|pls|plz|rn|rly"
_ENDS = (
    rf"(?=\s*(?:$|[.?!,:;)]|[-\N{{EN DASH}}\N{{EM DASH}}]\s|(?:{_VERBS}|{_MORE_VERBS}|{_JOINTS}|{_IN_WORDS}"
    rf"|{_SAID_ALONE}|\w+s\s+(?:me|my|us))\b|(?:{_LAST})\s*(?:$|[.?!,:;)])))"
)
_YOURS = r"(?=\s+(?:on your list|you(?:'ve)?|from your)\b)"
_NTH = {word: place for place, word in enumerate(PLACES)} | {
    word: place for place, word in enumerate(("1st", "2nd", "3rd", "4th", "5th"))
}
_PICK = r"(?:pick|item|suggestion|option|choice|recommendation|title)"
_ONE = (
    r"(?:\s+one\b(?!\s+(?:i|we|he|she|they|my|our|his|her|to(?! (?:me|us|an?|my|some\w+|every\w+)\b)|ever)\b)"
    r"(?!\s+(?:of|in)\s+(?!(?:your|the|this|that) list\b|plain\b|a \w+[.?!]|th[eo]\w+\b"
    rf"|(?:{'|'.join(LANGUAGES.values())})\b))"
    rf"|\s+(?:{_PICK}(?:{_ENDS}|{_YOURS})|of (?:them|these|those)\b(?!\s+all\b)))"
)
_THE = r"\b(?:the|your|that|this)\s+(?:very\s+)?"
_ORDINALS = (
    re.compile(rf"{_THE}({'|'.join(_NTH)}|last)(?:{_ONE}|{_ENDS}(?!\s*to\b(?! (?:me|us)\b))|{_YOURS})", re.I | re.A),
    re.compile(rf"{_THE}(final|middle|top|bottom){_ONE}", re.I | re.A),
    re.compile(
        rf"\bthe one (?:you (?:put|have|had|placed) )?(?:at|in) the (top|bottom|middle|end)\b"
        rf"(?:{_ENDS}|\s+of (?:your|the|that|this) list\b)",
        re.I,
    ),
    re.compile(rf"(?:(?<=[.?!,;]\s)|^)({'|'.join(_NTH)})\s+one\b", re.I | re.A),
)
_NUMBERED = re.compile(
    r"((?:\b(?:your\s+|the\s+)?(?:number|nr\.?|option)|\b(?-i:no\.)|\b(?-i:No\.)(?=\s*\d(?:[?:]| s(?:eems|ounds)\b))"
    r"|#)"
    r"(?:\s*(\d)\b(?!\s+(?:(?:in|on)\b(?! (?:there|here|about|plain|(?:the|your|this|that) list)\b)|of|(?-i:[A-Z]\w*)"
    r"|hits?|bestsellers?|fans?|podcasts?|shows?|books?|episodes?|songs?|spot)\b|:)"
    rf"|\s+({'|'.join(NUMBERS)})\b{_ENDS}))",
    re.I | re.A,
)
# A number in digits that is another's: "episode number 3", "Britain's no. 2", "Harry Potter number 3".
_OF_ANOTHER = re.compile(
    r"(?i:\b(?:my|our|his|her|their|its|a|an|the|(?<!look )(?<!looked )(?<!looking )at|episode|chapter|part|volume"
    r"|season|series|book|show|podcast|audiobook|symphony|sonata|concerto|opus|bus|line|route|track|room|gate|platform"
    r"|page|question|rule|step|day|week|size))\s*$"
    r"|(?i:(?<!what)(?<!that)(?<!how)(?<!who))'s\s*$|[\w,]\s+[A-Z]\w*\s*$"
)
# One in letters points after these alone: "my number one rule" and "baby number two" do not.
_BEFORE_LETTERS = re.compile(
    r"(?:^|[.,:;!?(]|\b(?:about|on|of|for|with|to|from|than|like|by|and|or|but|so|because|if|that|when|is|was|isn't|wasn't"
    r"|has|does|do|did|would|could|will|should|why|how|what's|give|say|hear|play|try|put|skip|start|started|pick|take|choose|want"
    r"|prefer|loved?|liked?|know|see|get|more|not|just|only|also|please))\s*$",
    re.I,
)
# "I have two dogs, the second one is deaf": they were counted there.
_COUNTED = re.compile(
    r"\b(?:two|three|four|five|both)\s+(?!of\b|you\b|more\b|that\b)\w+"
    r"|\b(?:movies?|films?|trilogy|seasons|(?<!your )list of)\b",
    re.I,
)
_TYPE_ENDS = rf"(?:{_ENDS}|(?=\s+about\s*(?:$|[.?!,:;)])|\s+(?:right|come|going|any|worth|now|available)\b))"
_SOLE = re.compile(
    r"\b(?:that one|this one|your pick|it|that)\b"
    r"(?=\s*(?:$|[.?!,:;)]|(?:was|sounds|suits|like|please|any good|worth|about)\b))",
    re.I,
)


_WHY = re.compile(
    r"\W*(?:(?:but|and|so|ok|hmm*)\W+)?(?:why|how so|how come)(?:\s+(?:that|this|so|is that|exactly))?\W*", re.I
)


def pointed(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> Pointed | None:
    """The first words of a text that point at one of the items that were named last, in their order.

    nouns: the words for one item of each type.
    """
    if not named:
        return None
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    found = [*_by_place(text, named), *by_name(text, named, nouns), *_by_type(text, named, nouns)]
    if len(named) == 1:
        found += [Pointed(match.start(), match.end(), named[0].row) for match in _SOLE.finditer(text)]
    found = found or [*by_superlative(text, named, nouns), *by_quality(text, named, nouns)]
    found = found or by_choice(text, named, nouns)
    return min(found, key=lambda one: (one.start, -one.end), default=None)


def asks_why(text: str) -> bool:
    """Whether a text asks for a reason and says of nothing which: what was spoken of last."""
    return _WHY.fullmatch(text) is not None


def as_item(text: str, one: Pointed) -> tuple[Segment, ...]:
    """The text with these words replaced by the item."""
    return merge_texts((Text(text[: one.start] + one.asks), ItemRef(one.row), Text(text[one.end :])))


def _by_place(text: str, named: Sequence[ItemFacts]) -> list[Pointed]:
    found, counted = [], _COUNTED.search(text)
    for match in (match for pattern in _ORDINALS for match in pattern.finditer(text)):
        word = match[1].lower()
        were_counted = counted is not None and counted.end() <= match.start()
        if re.match(r"\w+ [A-Z][a-z]", match[0]) or were_counted:  # "Henry the Second"
            continue
        if word != "middle" or len(named) % 2:
            ends = dict.fromkeys(("last", "final", "bottom", "end"), len(named) - 1)
            places = _NTH | ends | {"top": 0, "middle": len(named) // 2}
            found += _at(match, places[word], named)
    for match in _NUMBERED.finditer(text):
        word = (match[2] or match[3]).lower()
        place = (int(word) if word.isdigit() else NUMBERS.index(word) + 1) - 1
        before = text[max(0, match.start() - 20) : match.start()]
        meant = not _OF_ANOTHER.search(before) if match[2] else _BEFORE_LETTERS.search(before) is not None
        if meant and 0 <= place < len(named):
            found.append(Pointed(match.start(1), match.end(1), named[place].row))
    return found


def _at(match: re.Match[str], place: int, named: Sequence[ItemFacts]) -> list[Pointed]:
    return [Pointed(match.start(), match.end(), named[place].row)] if 0 <= place < len(named) else []


def _by_type(text: str, named: Sequence[ItemFacts], nouns: Mapping[str, Sequence[str]]) -> list[Pointed]:
    found = []
    for item in named:
        if sum(other.type == item.type for other in named) > 1:
            continue
        words = "|".join(re.escape(noun) for noun in nouns[item.type])
        own = rf"\b(?:a|an|my|his|her|another|some)\s+(?:\w+\s+){{0,3}}(?:{words})\b|\b(?:movie|film)\b"
        if re.search(own, text, re.I):
            continue  # the listener speaks of one
        for match in re.finditer(
            rf"(?<!not )(?<!trick in )\b(?:the|that|this)\s+(?:{words})\b{_TYPE_ENDS}", text, re.I
        ):
            found.append(Pointed(match.start(), match.end(), item.row))
    return found


def reference(
    facts: FactBook, items: Sequence[int], place: int, rng: np.random.Generator, chosen: float = CHOSEN
) -> str | ItemRef:
    """How one of the items is pointed at: by its place, by what it alone is among them, by its name, or itself.

    chosen: how often it stands there itself.
    """
    how, item = rng.random(), facts.item(items[place])
    others = [facts.item(row) for at, row in enumerate(items) if at != place]
    if how < chosen:
        return ItemRef(items[place])
    how = (how - chosen) / (1 - chosen)
    if how < 0.3 and sayable(item.title):
        return item.title
    if how < 0.45 and others and sayable(item.creator) and all(item.creator != other.creator for other in others):
        return f"the one by {item.creator}"
    if how < 0.6 and all(item.type != other.type for other in others):
        return f"the {item.words.singular}"
    patterns = references(place, len(items))
    return patterns[int(rng.integers(len(patterns)))]
