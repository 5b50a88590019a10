"""Which types of item a request asks for. English, and only where it asks: a model that has read a few
thousand requests knows types well, so a wrong reading costs more than none.

A noun that names a type is asked for; refused, by the words right around it; doubted, where it is denied in another way
or part of what is told ("I can't find a podcast I like", "my sister writes books"); or an aside: pointed at ("that
show"), a verb ("show me"), the whole that something is of ("an episode of a show"), what something is compared with.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from neo.catalog.item_types import ItemType
from neo.language.denials import FAR, GIVING, NO_AFTER, clause_starts, denies
from neo.language.reading_aim import Aimed
from neo.language.reading_count import NUMBER
from neo.language.telling import is_told
from neo.language.wordings.fill import type_words

# Between a number and its noun: what kind it is of, no verb, nobody, and no other type.
_KIND = (
    r"(?!(?:i|you|we|he|she|it|they|me|us|him|them|the|a|an|this|that|these|those|which|who|what|why|is|are|was|were|be"
    r"|has|have|had|do|does|did|can|could|will|would|want|need|like|love|if|so|but|or|not|no|than|in|into|at|to|from"
    r"|with|by|about|for|on|as|skip|avoid|never|drop|plus)\b)[a-z][\w'&-]+"
)

_LETTER = r"[\w\u0080-\U0010ffff]"

_THE = r"(?:(?:as|a|an|any|another|more|the|your|all|those|these|such|random|single|whole|full|of)\s+)*$"
_ME = r"(?:\s+(?:me|us|him|her|them))?\s+"
_GIVE = r"(?:give|send|recommend|suggest|offer|name|show|pick|play|include|bring|bother with|want|do)"
_REFUSED = re.compile(
    r"\b(?:not|no|without|never|except|excluding|besides|apart from|minus|instead of|rather than|other than|nor"
    rf"|(?<!or )less|fewer)\s+{_THE}"
    rf"|\b(?:don't|do not)\s+(?:just\s+|please\s+)?{_GIVE}{_ME}{_THE}"
    rf"|\b(?:stop|quit)\s+{GIVING}{_ME}{_THE}",
    re.I,
)
_UNWANTED = re.compile(
    r"\b(?:hate|dislike|avoid|(?:sick|tired|bored|enough) (?:of|with|by)|fed up (?:of|with)|not in the mood for"
    r"|(?:can't|cannot|can not) (?:stand|bear|abide|get on with|do)"
    r"|(?:don't|do not|didn't|wouldn't|would not|won't) (?:really |actually |even )?"
    r"(?:want|like|need|fancy|enjoy|care for|feel like|do))"
    rf"\s+(?:(?:to )?(?:hear|listen to|try)\s+)?{_THE}",
    re.I,
)
_DROPPED = re.compile(
    r"^\W*(?:(?:please|just|and|so|let's|you can|can you|could you)\s+)*"
    r"(?:drop|ditch|scrap|skip|forget|bar|barring|(?P<off>leave|take|cut|rule|count|keep))\s+(?:(?:the|all|any|about)\s+)*$",
    re.I,
)
_OFF = re.compile(r"\s+(?:off|out)\b(?! there)", re.I)
_ALONE = re.compile(
    r"\W*(?:(?:and|so|also|ok|okay|well|now|honestly|single|whole|full|all|most|a|an|the|i'm afraid)\s+)*", re.I
)
_OUT = re.compile(
    r"(?:\s+(?:is|are)|'s)\s+(?:(?:both|all|just|really|simply|a)\s+)*(?:out(?! there)|too|not|off|no)\b"
    r"|\s+(?:(?:is|are|do|does)n't|never)\b",
    re.I,
)
_NO_AFTER = re.compile(
    rf"{NO_AFTER}"
    r"|\s*\?+\s*(?:no|nah|nope|not|never|ugh|yuck|please no)(?:\s+thank\w*|\s+way)?\s*(?:[.,!]|$)",
    re.I,
)

# Only where nothing follows is a type refused, and not some of it: "no podcasts with ads"
_LAST = re.compile(
    r"\s*(?:$|[.,;:!?)]|(?:please|thanks|today|tonight|now|any ?more|at all|for (?:me|us|now|once)|this time|either"
    r"|then|again|and|but|or|nor|though|off|out)\b)",
    re.I,
)
_JOINED = re.compile(r"\s*,?\s*(?:or|nor)\s+(?:\w+\s+){0,2}|\s*,\s*", re.I)

# "The second show" was named; "the next show", "my best show" and "other shows" are asked for.
_POINTING = re.compile(
    r"\b(?:the|that|this|these|those|my|your|last|first|second|third)\s+(?:(?!(?:next|right|best|closest|to|in|into|as|for|with|w)\s)\w+\s+)?$",
    re.I,
)
_OF_TYPE = re.compile(r"\s+(?:version|edition|equivalent|counterpart|kind|side)\b", re.I)
_AMONG = re.compile(r"\bamong(?:st)?\s+(?:the|your)\s+$", re.I)
_MET = re.compile(
    r"\b(?:finished|read|heard|watched|seen|listened to)\b"
    r"|(?:^\W*|\b(?:been|currently|just|i'm|am)\s+)(?:reading|watching|listening to)\b"
    r"|\b(?:writ(?:e|ing)|mak(?:e|ing)|record(?:ing)?)\s+(?:a|an|my)\s+(?:\w+\s+)?$"
    r"|\b(?:tv|television|comic|talk|game|reality)\s+$",
    re.I,
)
_TOPIC = re.compile(r"(?<!how )(?<!what )(?<!me )\babout\s+(?:(?:a|an|the)\s+)?$", re.I)
_COMPARED = re.compile(r"\b(?:than|(?:break|rest) from)\s+(?:(?:a|an|any|the)\s+)?$", re.I)
_OF_THE_ANSWER = re.compile(
    r"\b(?:is|was|are|were)(?:n't)?\s+(?:it|this|that|the \w+(?: one)?)\s+(?:also\s+|really\s+)?(?:a|an)\b"
    r"|\bdid you\b|\bdifference between\b|^\W*(?:and\s+)?(?:how many|when)\b"
    r"|\b(?:does|do|did) (?:it|this|that|they) have\b",
    re.I,
)
_VERB_AFTER = re.compile(
    r"\s+(?:me|us|him|her|them|something|anything|somebody|everyone|a|an|the|my|how|what|to (?:me|us)|more|all|only"
    r"|some|others?|similar|new|everything|it|them|these|those|this|that)\b",
    re.I,
)
_VERB_BEFORE = re.compile(
    r"(?:^\W*|\b(?:you|to|please|and|just|could|would|can|will|now|then|i|we|they|let's))\s*$", re.I
)
_DOES = re.compile(
    r"\s+(?:sends?|puts?|makes?|bores?|annoys?|drives?|takes?|tends?|feels?|does|do|is|are|was|were|has|have|gets?"
    r"|just|always|never|(?:is|are|do|does)n't)\b",
    re.I,
)
_JOINT = re.compile(r"(?:[,/]|\b(?:and|or)\b)\s*(?:\w+\s+){0,2}$", re.I)


@dataclass(frozen=True)
class Noun:
    """One that stands in a text: which type it names, where, the number before it, and the words around it: before, of
    its clause."""

    name: str
    start: int
    end: int
    number: str | None
    before: str
    after: str
    plural: bool


@dataclass(frozen=True)
class Types:
    """asked: the types that are asked for, none where nothing is said; doubted: whether one is spoken of that may be
    asked for; nouns: those that ask; told: the types that are told of, or denied; near: those that are denied, or
    might be pointed at, as "the podcasts" are."""

    asked: tuple[str, ...]
    doubted: bool
    nouns: tuple[Noun, ...] = ()
    told: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    def of_another(self) -> tuple[str, ...]:
        """Those that are asked for by who surely wants another type, or more of a kind: if none is asked for in so many
        words, the only one that is told of. "Sorry, I meant audiobooks", "isn't there an audiobook like it?"."""
        return self.asked or (self.told if len(self.told) == 1 else ())

    def of_items(self) -> tuple[str, ...]:
        """Those that are asked for by who surely wants items, bare or with words: "just the podcasts, please", "don't
        only name podcasts, say why"."""
        return self.asked or (self.near if len({*self.near, *self.told}) == 1 else ())


def typed(types: Types, aimed: Aimed) -> tuple[str, ...]:
    """The types that a request asks for, by what it surely is after."""
    if aimed.label in ("another type", "more like it"):
        return types.of_another()
    return types.of_items() if aimed.aim in ("items", "mixed") else types.asked


@dataclass(frozen=True)
class TypeReader:
    """types_of: the type of each noun, in lower case, and whether the noun is a plural."""

    types_of: Mapping[str, tuple[str, bool]]

    @classmethod
    def of(cls, types: Sequence[ItemType]) -> TypeReader:
        """By all words for these types; where two go by one noun it means the first."""
        types_of = dict[str, tuple[str, bool]]()
        for kind in types:
            for words in type_words(kind):
                types_of.setdefault(words.plural.lower(), (kind.name, True))
                types_of.setdefault(words.singular.lower(), (kind.name, False))
        return cls(types_of)

    def read(self, text: str) -> Types:
        asked, refused, doubted, denied = list[Noun](), set[str](), False, None
        told, near = list[str](), list[str]()
        for noun in self._nouns(text):
            if _is_aside(noun) or self._whole.search(noun.before):
                near += [noun.name] if _POINTING.search(noun.before) else []
                continue
            joint = denied and _JOINED.fullmatch(text[denied.end : noun.start])  # "no shows, books or ..."
            if joint or _is_refused(noun):
                denied = noun
                if _LAST.match(noun.after) and not (joint and joint[0].strip() == ","):
                    refused.add(noun.name)
                else:
                    doubted = True
            elif _is_doubted(noun):
                doubted, denied = True, noun if denies(noun.before) else None
                told.append(noun.name)
                near += [noun.name] if denied is not None else []
            else:
                asked.append(noun)
                denied = None
        names = tuple(dict.fromkeys(noun.name for noun in asked if noun.name not in refused))
        if refused and not asked and not doubted:
            names = tuple(dict.fromkeys(name for name, _ in self.types_of.values() if name not in refused))
        elif len(names) > 1 and not _one_phrase(text, asked):
            names = ()
        asking = tuple(noun for noun in asked if noun.name not in refused)
        told, near = ([name for name in dict.fromkeys(some) if name not in refused] for some in (told, near))
        return Types(names, doubted, asking, tuple(told), tuple(near))

    def _nouns(self, text: str) -> Iterator[Noun]:
        starts = clause_starts(text)
        for found in self._pattern.finditer(text):
            begins = starts[bisect_right(starts, found.start()) - 1]
            before, after = text[begins : found.start()], text[found.end() : found.end() + FAR]
            if len(before) > FAR:
                before = f"x {before[-FAR:]}"  # not the beginning of a clause
            name, plural = self.types_of[" ".join(found["noun"].lower().split())]
            yield Noun(name, found.start(), found.end(), found["number"], before, after, plural)

    @cached_property
    def _alternatives(self) -> str:
        nouns = sorted(self.types_of, key=len, reverse=True)
        return "|".join(r"\s+".join(map(re.escape, noun.split())) for noun in nouns)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        noun = rf"(?<!{_LETTER})(?P<noun>{self._alternatives})(?!{_LETTER})"
        number = rf"\b(?P<number>{NUMBER})\s+(?:(?!(?:{self._alternatives})(?!{_LETTER})){_KIND},?\s+){{0,4}}"
        return re.compile(rf"(?:{number})?{noun}", re.I | re.A)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{self._alternatives})\s+(?:of|from|in|by|with|has|having)\s+(?:\w+\s+){{0,3}}$", re.I)


def _is_aside(noun: Noun) -> bool:
    bare = not (noun.plural or noun.number)
    if bare and _VERB_AFTER.match(noun.after) and _VERB_BEFORE.search(noun.before):
        return True
    if noun.number and re.search(r"\b(?:some|any|no)thing\s+with\s+(?:only\s+|about\s+)?$", noun.before, re.I):
        return True  # "something with ten episodes"
    if bare and re.search(r"\bof\s+$", noun.before, re.I):  # "of course", where that is a type
        return True
    if _POINTING.search(noun.before) and not _is_of_type(noun):
        return True
    return any(one.search(noun.before) for one in (_MET, _COMPARED, _OF_THE_ANSWER))


def _is_of_type(noun: Noun) -> bool:
    """Whether words that might point at an item mean a type: "the audiobook version", "among the audiobooks"."""
    found = _AMONG.search(noun.before) if noun.plural else _OF_TYPE.match(noun.after)
    return found is not None


def _is_refused(noun: Noun) -> bool:
    """Whether the words right around it say no to it."""
    dropped = None if noun.number else _DROPPED.search(noun.before)  # "drop two shows here" asks for them
    if dropped is not None and (not dropped["off"] or _OFF.match(noun.after)):
        return True
    if _UNWANTED.search(noun.before) or _NO_AFTER.match(noun.after):
        return True
    if _ALONE.fullmatch(noun.before) and _OUT.match(noun.after):
        return True
    return _REFUSED.search(noun.before) is not None and not is_told(noun.before)


def _is_doubted(noun: Noun) -> bool:
    tells = _ALONE.fullmatch(noun.before) is not None and _DOES.match(noun.after) is not None
    topic = noun.number is None and _TOPIC.search(noun.before) is not None  # "something about books"
    of_type = _POINTING.search(noun.before) is not None and _is_of_type(noun)
    return tells or topic or of_type or denies(noun.before) or is_told(noun.before)


def _one_phrase(text: str, asked: Sequence[Noun]) -> bool:
    """Whether types that are asked for stand in one phrase, as in "a show or an audiobook": else one is told of."""
    pairs = [(one, other) for one, other in pairwise(asked) if one.name != other.name]
    return all(_JOINT.search(text[one.end : other.start]) for one, other in pairs)
