"""How answers begin that speak of an item that was named, or of who asks; and what the model reads before it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import takewhile
from typing import Any

import numpy as np

from neo.decoding.naming import Names, Told
from neo.language.answering import answered
from neo.language.asides import item_aside, listener_aside
from neo.language.facts import LENGTHS, ListenerFacts, sayable
from neo.language.prompts import Telling
from neo.language.reading_aim import is_thanks
from neo.language.reading_hello import of_nothing_yet
from neo.language.reading_question import Question
from neo.language.said import Said
from neo.language.wordings.follow_ups import (
    ABOUT,
    ABOUT_YOU,
    BEGUN_ALIKE,
    CANNOT,
    ELSE,
    HELLO,
    NOTHING_LIKE,
    WELCOME,
    WHAT_THERE_IS,
)
from neo.language.wordings.wishes import LANGUAGES
from neo.model.keeping import Keeping
from neo.model.listener import Asker
from neo.model.spoken import Spoken

Ids = tuple[int, ...]  # of tokens
Known = Callable[[], ListenerFacts]
TOPICS = 5  # that an answer on what there is names


def _alike(words: Sequence[str], others: Sequence[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(words, others, strict=False)))


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


class Speaking(Keeping):
    """A bundle, and what its answers may say of its items and of those who ask."""

    @cached_property
    def about_words(self) -> Ids:
        """The tokens that an answer begins with where it speaks of something that was named before."""
        return tuple(self.bundle.vocabulary.encode(ABOUT))

    @cached_property
    def about_one(self) -> Ids:
        """The tokens that an answer begins with that speaks of an item, whichever that is."""
        return (*self.about_words, self.bundle.vocabulary.open)

    @cached_property
    def about_them(self) -> Ids:
        """The tokens that an answer begins with where it speaks of the listener."""
        return tuple(self.bundle.vocabulary.encode(ABOUT_YOU))

    def small_talk(self, thanks: bool) -> tuple[Ids, ...]:
        """The tokens of what is answered to thanks, or else to what nobody here can say or do."""
        return self._tokens(WELCOME if thanks else CANNOT)

    def _tokens(self, texts: Sequence[str]) -> tuple[Ids, ...]:
        return tuple(tuple(self.bundle.vocabulary.encode(said)) for said in texts)

    @cached_property
    def what_there_is(self) -> str:
        """What may be named, in a sentence or two: how much of each type, the topics that most items have, and the
        languages."""
        catalog = self.bundle.catalog
        many = {kind: len(self.index.only((kind.name,))) for kind in catalog.types if kind.name in self.index.types}
        counts = [f"{n:,} {kind.name if n == 1 else kind.plural}" for kind, n in many.items() if n]
        names, codes = catalog.fields.topics.names, catalog.fields.topics.codes
        most = np.argsort(-np.bincount(codes, minlength=len(names)), kind="stable")[:TOPICS]
        topics = [names[int(at)].as_py() for at in most if sayable(names[int(at)].as_py())]
        about = f", about {', '.join(topics)} and more" if topics else ""
        tags = (re.split("[-_]", tag)[0].lower() for tag in catalog.fields.language.names.to_pylist())
        known = sorted({LANGUAGES[tag] for tag in tags if tag in LANGUAGES})
        about += f", in {_listed(known)}" if len(known) > 1 else ""
        return WHAT_THERE_IS.format(counts=_listed(counts or ["no items"]), about=about)

    def in_words(self, said: Said, spoken: Spoken, known: bool, named: bool, only: bool) -> dict[str, Any]:
        """How an answer in words alone begins, or which ones it may be: nothing where it is none, or is on an item.

        known: whether it is known who asks; named: whether there is an item to speak of; only: whether it is to be in
        words whatever is asked for.
        """
        if said.aim == "about them" and (known or only):
            return {"begins": self.about_them}
        if said.aim == "small talk":
            text = spoken.requests[-1][0]
            match of_nothing_yet(text):
                case "hello":
                    return {"one_of": self._tokens(HELLO)}
                case "what there is":
                    return {"one_of": self._tokens([self.what_there_is])}
            return {"one_of": self.small_talk(is_thanks(text))}
        if not only or (named and (len(spoken.items) > 0 or said.aim == "about it")):
            return {}
        asks = said.asks or said.aim in ("items", "mixed", "others")
        if asks and known:
            return {"begins": self.about_them}
        friendly = said.aim == "any" and not asks
        return {"one_of": (*self.small_talk(False), *(self.small_talk(True) if friendly else ()))}

    def answer_to(self, questions: Sequence[Question], row: int) -> Ids:
        """The tokens of the whole answer to what is asked that the catalog may say, up to its end."""
        first, *others = (answered(self.wish_book.facts, row, question) for question in questions)
        said = " ".join([f": {first}", *(other[:1].upper() + other[1:] for other in others)])
        return (*self.about_one, *self.bundle.vocabulary.encode(said), self.bundle.vocabulary.end)

    def nothing_like(self, wished: Sequence[str], also: bool) -> Ids:
        """The tokens that an answer begins with whose item is not all that was wished for, up to the item.

        wished: what of it nothing grants; also: whether something was named before.
        """
        said = NOTHING_LIKE.format(also=ELSE if also else "", wished=" ".join(wished))
        return (*self.bundle.vocabulary.encode(said), self.bundle.vocabulary.open)

    @cached_property
    def nameless(self) -> tuple[Ids, ...]:
        """The tokens that small talk begins with, up to the first word by which it is that: the first of all, where no
        answer that names items shares it, as what a model makes of another second one is nonsense."""
        found = list[str]()
        for said in (*WELCOME, *CANNOT):
            words = said.split()
            shared = max(_alike(words, other.split()) for other in BEGUN_ALIKE)
            found.append(" ".join(words[: shared + 1]).rstrip(".,!"))
        return tuple(tuple(self.bundle.vocabulary.encode(begun)) for begun in found)

    def facts_of(self, who: Asker) -> Known:
        """What is known of who asks, once it is needed."""
        return cache(lambda: replace(self.wish_book.facts.listener(who.context.history), onboarding=who.topics))

    def telling(self, known: Known) -> Telling:
        """The facts that the model reads before it speaks of an item, or of who asks."""
        facts = self.wish_book.facts

        def tell(item: int | None, links: bool) -> str:
            return listener_aside(known()) if item is None else item_aside(facts.item(item), known(), links)

        return tell

    def told(self, known: Known) -> Callable[[int | None, bool], Told]:
        """The names in the facts that `telling` tells."""
        tell = self.telling(known)

        def names(item: int | None, links: bool) -> Told:
            text, listener = tell(item, links), known()
            every = {*listener.onboarding, *(parent.title for parent in listener.parents)}
            every |= {count.name for count in (*listener.topics, *listener.creators)}
            if item is None:
                return Told(self._names(name for name in every if sayable(name) and name in text))
            of_it = self.wish_book.facts.item(item)
            every |= {*of_it.topics, of_it.creator or "", of_it.parent_title or ""}
            cues = [f"{of_it.words.singular} {on}" for on in ("on", "about")]
            length = [f"{of_it.length} long"] if of_it.length else []
            return Told(
                self._names((*(name for name in every if sayable(name) and name in text), *length)),
                self._names(name for name in of_it.topics if sayable(name) and name in text),
                self._names(cues),
                self._joints,
            )

        return cache(names)

    @cached_property
    def others(self) -> Names:
        """What may be told of items: every topic of the catalog, every length."""
        lengths = (f"{words} long" for _, words in LENGTHS)
        return self._names((*filter(sayable, self.wish_book.facts.topic_names), *lengths))

    @cached_property
    def _joints(self) -> Names:
        return Names(map(self.bundle.vocabulary.encode, (",", " and", ", and")))

    def _names(self, names: Iterable[str]) -> Names:
        return Names(self.bundle.vocabulary.encode_batch([f" {name}" for name in names]))

    def listed(self, who: Asker) -> tuple[Ids, ...]:
        """The tokens of the topics that a portrait lists."""
        main = self.wish_book.facts.listener(who.context.history).main_topics
        return tuple(tuple(self.bundle.vocabulary.encode(f" {topic}")) for topic in main)

    def opening(self, who: Asker, item: int | None) -> Ids:
        """What an answer that speaks of an item, or of who asks, begins with, up to the first of its own words."""
        first = self.about_them if item is None else (*self.about_words, *self.renderer.items([item])[0])
        aside = self.renderer.aside(self.telling(self.facts_of(who))(item, True))
        return (*first, *aside, *self.bundle.vocabulary.encode(":"))
