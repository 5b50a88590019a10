"""What a request says in so many words: wishes that name what the catalog has, the types, how many, new or known.

A model that was trained for minutes is steered by words a little; what is said plainly can be kept for sure. This reads
English: names as the catalog spells them, a length with its bound, a year with "since", "after", "before" or "until",
where they are asked for and not told of ("I have listened since 2015"); and what the classifiers are sure of: what a
request is after, how many items it asks for, and what is to be new or known. All else is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.language.denials import NO_AFTER, denies, last_clause, plain_denials, shortly_before
from neo.language.facts import FactBook
from neo.language.judging import ByWords, Judge
from neo.language.phrases import Phrase, apart, asked_in, named, phrases
from neo.language.reading_aim import NOTHING_ASKED, surely
from neo.language.reading_compared import read_compared
from neo.language.reading_count import read_count
from neo.language.reading_hello import of_nothing_yet
from neo.language.reading_languages import languages
from neo.language.reading_lengths import read_lengths, read_short
from neo.language.reading_mentions import mentions, words_of
from neo.language.reading_modes import read_mode
from neo.language.reading_most import read_most
from neo.language.reading_parent import read_part
from neo.language.reading_parts import Part, read_parts
from neo.language.reading_question import Question, read_questions
from neo.language.reading_same import Same, read_same
from neo.language.reading_tones import more_so
from neo.language.reading_topics import is_short, is_topic, said_as, says_no_more
from neo.language.reading_types import TypeReader, typed
from neo.language.reading_words import ITEM, NOUN
from neo.language.said import NO_ITEMS, NOT_OTHERS, GoesOn, Said, Wished, begins_anew, how_it_goes_on
from neo.language.telling import is_told, without_complaints
from neo.language.wishes import Wish
from neo.language.wordings.fill import type_words
from neo.language.wordings.wishes import WishAspect

READ = 2_000  # characters of a text, the last ones: who asks for something says it in fewer
MAYBE = 0.4  # items are asked for, where something is wished for
EARLIER = 8 * READ  # of all the texts before the last one, the latest ones: .4 s
_DENIED_AFTER = re.compile(rf"\s+(?:is|are|was)(?:\s+not\b|n't\b)|{NO_AFTER}", re.I)
# Before these a tone is how somebody is, or the weather, and no wish.
_OF_SOMEBODY = re.compile(
    r"\b(?:i'm|i am|we are|you are|it's|it is|gets?|getting|stay|feel|feeling|be|was)\s+(?:\w+\s+)?$", re.I
)
_WHATS_NEW = re.compile(r"\W*what(?:'?s| is) (?:new|good|hot|popular|trending|on)\b", re.I)
_OF_EVERY = re.compile(r"\b(?:both|all|each)\b", re.I)
_TOO = re.compile(r"(?<!not )\btoo\s+$", re.I)
_AND = re.compile(r"\s*(?:,|,?\s*(?P<word>and|or|nor|&)\s+(?P<new>about |on |by |from )?)\s*", re.I)
_YEAR = re.compile(r"\b(since|after|before|until|from|of)\s+((?:19|20)\d\d)\b(?!\s*(?:to|-|until|till)\b)", re.I)
# "That's not history", "none of these are about food": said of an answer, where it is wished for. ("Something that is
# not about history" says it in full.)
_NOT_IT = re.compile(
    r"\b(?:that'?s|(?:this|it|those|these|they|(?:none|neither|not one) of (?:those|these|them))"
    r"(?:'s|s|'re|\s+(?:is|are|was|were)))(?:n't|nt|\s+not)?\s+(?:(?:really|at all|exactly|an?|about|on|even)\s+)*$"
    r"|\b(?:isn't|isnt|aren't|arent|wasn't|weren't)\s+(?:(?:really|at all|exactly|an?|about|on|even)\s+)*$",
    re.I,
)
# "That's about coffee, dear": of an answer too, and no wish.
_IS_IT = re.compile(
    r"\b(?:that'?s|(?:this|it|those|these|they)(?:'s|'re|\s+(?:is|are|was|were)))\s+(?:(?:all|only|just)\s+)?(?:about|on)\s+$",
    re.I,
)
# "That is by Joel Kovac. I asked for ...": where so much follows, that too.
_THAT_IS = re.compile(r"^\W*(?:(?:but|no)\W+)?that is (?:by|from|about|on)\s+$", re.I)
_BUT = re.compile(r"\s*[.,!;]+\s*(?:i|no|not|but)\b", re.I)
_ASKED_BACK = re.compile(r"\s*\?(?:\?|\s*(?:no|nah|nope|not)\b)", re.I)  # "design?? no, running"


@dataclass(frozen=True)
class Reader:
    """Reads requests about one catalog. Names are compared with one pass over the distinct ones."""

    catalog: Catalog
    facts: FactBook
    judge: Judge = field(default_factory=ByWords)

    def read(self, text: str, titles: Iterable[Phrase] = (), aimed: str | None = None) -> Said:
        """What a text says. titles: parts of it that name an item, which say nothing else. aimed: the text with ITEM
        for every item that it means; without it, what the text is after is known already and not read."""
        return self.read_all([(text, titles)], [aimed])[0]

    def read_all(self, texts: Sequence[tuple[str, Iterable[Phrase]]], aimed: Sequence[str | None]) -> list[Said]:
        """What some texts say, (text, titles) and aimed as for `read`; names are looked up in all of them together. Of
        the first ones, where `aimed` has fewer, only the wishes are read."""
        both = [(text, tuple(titles)) for text, titles in texts]
        straight = [_straight(_without(text, titles)) for text, titles in both]
        written = _latest([*straight[:1], *map(without_complaints, straight[1:])])  # of what was answered before
        plain = [plain_denials(text) for text in written]
        named, old = self._named(plain), len(texts) - len(aimed)
        return [
            *(Said(self._wishes(written[at], plain[at], named[at])) for at in range(old)),
            *(
                self._read(written[at], plain[at], named[at], of and _straight(of[-READ:]), titled=bool(both[at][1]))
                for at, of in enumerate(aimed, old)
            ),
        ]

    def _numbered(self, text: str) -> str:
        """With NOUN for what the types are called, and an s behind that of several."""
        return self._nouns.sub(lambda found: NOUN + ("s" if found[0].lower() in self._plurals else ""), text)

    def questions(self, aimed: str) -> tuple[Question, ...]:
        """What a text asks of the one item in it that the catalog may say. aimed: as for `read`."""
        text = self._nouns.sub(NOUN, _straight(aimed[-READ:]))
        return () if read_compared(text, self._nouns) else read_questions(text)  # "it is too long"

    def _read(
        self, written: str, said: str, found: Mapping[Phrase, tuple[WishAspect, str]], aimed: str | None, titled: bool
    ) -> Said:
        if aimed and of_nothing_yet(aimed):
            return Said(aim="small talk")
        if aimed and ITEM in aimed and (questions := self.questions(aimed)):
            return Said(aim="about it", questions=questions)
        types, wishes = self._types.read(said), self._wishes(written, said, found)
        aimed_at = surely(self.judge.aim(self._nouns.sub(NOUN, aimed))) if aimed else NOTHING_ASKED
        aim, asks = aimed_at.aim, aimed_at.asks
        kinds = typed(types, aimed_at)
        if aim in ("any", "about them") and _WHATS_NEW.match(written) and ITEM not in (aimed or ""):
            aim, asks = "any", True
        if aim in NO_ITEMS and (types.asked or types.doubted or (aim == "small talk" and wishes)):
            aim = "any"  # "tell me about three shows", "describe my taste and recommend a show", "chess!"
        compared = None
        if aimed and aim not in NOT_OTHERS and all(wish.aspect != "length" for wish in wishes):
            compared = read_compared(aimed, self._nouns)
        nouned = self._nouns.sub(NOUN, aimed or "")
        same: Same = read_same(nouned) if aimed else ""
        most, several = read_most(self._numbered(aimed or written)) if aim not in NOT_OTHERS else (None, False)
        if most and not kinds:  # "the shortest audiobook you have" speaks of no certain one
            kinds = types.of_another() or (types.near if len(types.near) == 1 else ())
        part = read_part(nouned) if aimed else ""
        if compared or same or most or part:
            aim, asks = "any" if aim in NO_ITEMS else aim, True  # "Shorter!", "has she written anything else?"
        told = aim in NO_ITEMS  # "what does all that I know say of me?"
        marked = self._nouns.sub(NOUN, written)
        count, numbers = (None, ()) if told else read_count(marked, self.judge.numbers)
        count = 1 if most and count is None and not several else count
        # What judges knows nothing of titles: "I've heard that" turns it down.
        judged = None if told or titled or same or aim == "others" else self.judge.mode(marked)
        mode = "any" if told else read_mode(written, judged)
        if aim == "any" and aimed and ITEM not in aimed:  # what is wished for, or is to be new, is to be named
            wished = any(not wish.avoid for wish in wishes)
            asks = asks or mode != "any" or (wished and (aimed_at.items >= MAYBE or says_no_more(said, found)))
        goes_on: GoesOn = "" if aimed is None else how_it_goes_on(written, aimed_at.label, kinds)
        form: Literal["", "items", "mixed"] = aim if aim in ("items", "mixed") else ""
        one = Said(wishes, kinds, count, mode, aim, asks, compared, (), goes_on, form, aimed_at.bare)
        one = replace(one, anew=begins_anew(written), same=same, part=part, most=most)
        parts = () if told or aimed is None else read_parts(said, types.nouns, numbers)
        return self._in_parts(one, written, said, found, parts) if parts else one

    def _in_parts(
        self,
        said: Said,
        written: str,
        plain: str,
        found: Mapping[Phrase, tuple[WishAspect, str]],
        parts: Sequence[Part],
    ) -> Said:
        """The same with each part's own wishes; what stands before the first, or is to be avoided, is of them all, and
        what the last one wishes for may be of those that say no more than how many."""

        def within(start: int, end: int) -> tuple[Wish, ...]:
            there = {phrase: name for phrase, name in found.items() if start <= phrase.start < end}
            blank = f"{' ' * (start - 1)}."[:start]  # places stay the same
            return self._wishes(blank + written[start:end], blank + plain[start:end], there)

        own = [[wish for wish in within(part.start, part.end) if not wish.avoid] for part in parts]
        if every := _OF_EVERY.search(written, parts[-1].start):  # "a dark show and a warm audiobook, both about family"
            own = [[*wishes, *within(every.end(), len(written))] for wishes in own]
        of_all = [wish for wish in said.wishes if wish.avoid or wish in within(0, parts[0].start)]
        wished = tuple(
            Wished(part.type, part.count, tuple(wishes), tuple(own[-1]) if part.bare and not wishes else ())
            for part, wishes in zip(parts, own, strict=True)
        )
        types, count = tuple(dict.fromkeys(part.type for part in parts)), sum(part.count for part in parts)
        return replace(said, wishes=tuple(of_all), types=types, count=count, parts=wished)

    def _wishes(self, written: str, text: str, found: Mapping[Phrase, tuple[WishAspect, str]]) -> tuple[Wish, ...]:
        wishes, before, avoided = list[Wish](), None, False
        for phrase in apart(found):
            aspect, value = found[phrase]
            same = before is not None and found[before][0] == aspect
            said = _avoided(text, before, phrase, same, avoided)
            if of_answer := _of_answer(text, phrase):
                if of_answer == "told":
                    continue
                said = False
            too = aspect == "tone" and _TOO.search(text[: phrase.start]) is not None  # "that's too dark"
            said = True if too else said
            before, avoided = phrase, bool(said)
            if said is None or (not said and _DENIED_AFTER.match(text[phrase.end :])):
                continue
            if aspect == "tone" and not too and _OF_SOMEBODY.search(text[: phrase.start]):
                continue
            if aspect == "creator" and re.search(r"\bthe one (?:by|from)\s+$", text[: phrase.start], re.I):
                continue  # that points at an item
            wishes.append(Wish(aspect, value, avoided))
        lengths = read_lengths(written, text) or read_short(text, self._nouns)
        wishes += [Wish("length", value) for value in lengths]
        for match in _YEAR.finditer(text):
            how, first = match[1].lower(), int(match[2]) + (match[1].lower() == "after")
            if is_told(clause := last_clause(text[: match.start()])):
                continue
            if how in ("from", "of"):
                wishes += [] if denies(clause) else [Wish("released", f"{by} {year}") for by, year in _in(first)]
                continue
            early = (how in ("before", "until")) != denies(clause)
            wishes.append(Wish("released", f"before {first}" if early else f"since {first}"))
        return tuple(dict.fromkeys(wishes))

    def _named(self, texts: Sequence[str]) -> list[dict[Phrase, tuple[WishAspect, str]]]:
        """Of each text, by phrase what it names: a topic before a creator, a creator before a tone."""
        every = [phrases(text) for text in texts]
        said = [(at, phrase) for at, some in enumerate(every) for phrase in some]
        found = [dict[Phrase, tuple[WishAspect, str]]() for _ in texts]
        for aspect, (lower, spelled, names) in self._names.items():
            places = named((phrase for _, phrase in said), lower)
            for at, phrase in said:
                if phrase in found[at] or phrase.lower not in places:
                    continue
                place = places[phrase.lower][0]
                if self._is_name(aspect, texts[at], phrase, spelled[place], whole=spelled[place] == names[place]):
                    found[at][phrase] = (aspect, names[place])
        for at, (text, of_text) in enumerate(zip(texts, found, strict=True)):
            for phrase, tag in languages(text, self._nouns):
                of_text.setdefault(phrase, ("language", tag))
            for phrase in mentions(text, every[at], of_text, self._topic_words, self._nouns, self._occurs):
                of_text[phrase] = ("mention", phrase.lower)
        return found

    def _is_name(self, aspect: WishAspect, text: str, phrase: Phrase, spelled: str, whole: bool) -> bool:
        """Whether a phrase that is a name in some case is meant as one. whole: it is not a side of a topic's name."""
        if aspect == "topic" and is_short(spelled):
            asked = re.search(r"\b(?:about|on|in)\s+$", text[: phrase.start], re.I) is not None
            return len(spelled) > 3 or phrase.words == spelled or asked  # not of "ai que bom"
        if aspect == "topic" and (not whole or " " not in spelled):
            capital = whole and phrase.words == spelled != spelled.lower() and not _begins(text, phrase)
            about = whole and phrase.words == spelled and re.search(r"\babout\s+$", text[: phrase.start], re.I)
            return capital or bool(about) or is_topic(text, phrase, self._nouns)
        if " " in spelled.strip():
            return True
        if aspect == "creator" and asked_in(spelled):
            return False  # a creator "Tonight": the word alone says too little
        return _exact(text, phrase, spelled)

    @cached_property
    def _names(self) -> dict[WishAspect, tuple[pa.Array, list[str], list[str]]]:
        """By aspect: names in lower case, as they are spelled, and what each of them stands for."""
        fields = self.catalog.fields
        creators, tones = fields.creator.names.to_pylist(), list(self.facts.tone_names)
        columns: dict[WishAspect, tuple[list[str], list[str]]] = {
            "topic": said_as(fields.topics.names.to_pylist()),
            "creator": (creators, creators),
            "tone": ([*tones, *map(more_so, tones)], [*tones, *tones]),
        }
        lower = {aspect: pc.utf8_lower(pa.array(spelled, pa.string())) for aspect, (spelled, _) in columns.items()}
        return {aspect: (lower[aspect], *both) for aspect, both in columns.items()}

    def _occurs(self, words: str) -> bool:
        return bool(self.facts.mentions.rows(words).any())

    @cached_property
    def _topic_words(self) -> frozenset[str]:
        return words_of(self.catalog.fields.topics.names.to_pylist())

    @cached_property
    def _nouns(self) -> re.Pattern[str]:
        """What the types are called, with an article or without, the longest first; but not "show me"."""
        nouns = {noun for kind in self.catalog.types for words in type_words(kind) for noun in words}
        one_of = "|".join(re.escape(noun) for noun in sorted(nouns, key=lambda noun: (-len(noun), noun)))
        return re.compile(rf"\b(?:an? )?(?:{one_of})\b(?!\s+(?:me|us)\b)", re.I)

    @cached_property
    def _plurals(self) -> frozenset[str]:
        return frozenset(words.plural.lower() for kind in self.catalog.types for words in type_words(kind))

    @cached_property
    def _types(self) -> TypeReader:
        return TypeReader.of(self.catalog.types)


def _avoided(text: str, before: Phrase | None, phrase: Phrase, same: bool, was: bool) -> bool | None:
    """Whether a name is to be avoided: its clause says no before it, or it goes on with one that is; None in doubt.

    before: the name before it; same: whether that is of the same aspect; was: whether it is avoided.
    """
    between = text[0 if before is None else before.end : phrase.start]
    if before is None:
        return denies(last_clause(between))
    if not between.strip():
        return was
    joint = _AND.fullmatch(between)
    if joint is None or (joint["new"] and not same):  # "not dark and about money"
        return denies(last_clause(between))
    if same or (joint["word"] or "").lower() in ("or", "nor"):
        return was
    return None if was else False


def _of_answer(text: str, phrase: Phrase) -> Literal["", "missed", "told"]:
    """Whether a name says what an answer was not, and so what is wished for, or only what it was."""
    before = shortly_before(text, phrase.start)
    if (found := _NOT_IT.search(before)) and re.search(r"n't|nt\b|\bnot\b|\bn(?:one|either)\b", found[0], re.I):
        return "missed"
    corrected = _THAT_IS.search(before) and _BUT.match(text, phrase.end)
    return "told" if _ASKED_BACK.match(text, phrase.end) or corrected or _IS_IT.search(before) else ""


def _in(year: int) -> tuple[tuple[str, int], ...]:
    return ("since", year), ("before", year + 1)


def _exact(text: str, phrase: Phrase, name: str) -> bool:
    """Spelled as the catalog does; at the beginning of a sentence a capital is no difference."""
    written = phrase.words
    return written == name or (_begins(text, phrase) and written[:1].lower() + written[1:] == name)


def _begins(text: str, phrase: Phrase) -> bool:
    """Whether it begins a sentence."""
    return not re.search(r"[^.!?\s]\s*$", text[: phrase.start])


def _latest(texts: Sequence[str]) -> list[str]:
    """The last READ characters of each text, and of those before the last one EARLIER in all, the latest."""
    kept, left = [texts[-1][-READ:]], EARLIER
    for text in reversed(texts[:-1]):
        most = min(READ, left, len(text))
        kept.append(text[len(text) - most :])
        left -= most
    return kept[::-1]


def _straight(text: str) -> str:
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _without(text: str, parts: Iterable[Phrase]) -> str:
    """The text with some parts blank, its places the same."""
    for part in parts:
        text = text[: part.start] + "_" * (part.end - part.start) + text[part.end :]
    return text
