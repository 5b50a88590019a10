"""How answers begin that speak of an item that was named, or of who asks; and what the model reads before it does."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property

from neo.language.asides import item_aside, listener_aside
from neo.language.facts import ListenerFacts
from neo.language.prompts import Telling
from neo.language.wordings.follow_ups import ABOUT, ABOUT_YOU, CANNOT, WELCOME
from neo.model.keeping import Keeping
from neo.model.listener import Asker

Ids = tuple[int, ...]  # of tokens


class Speaking(Keeping):
    """A bundle, and what its answers may say of its items and of those who ask."""

    @cached_property
    def about_words(self) -> Ids:
        """The tokens that an answer begins with where it speaks of something that was named before."""
        return tuple(self.bundle.vocabulary.encode(ABOUT))

    @cached_property
    def about_them(self) -> Ids:
        """The tokens that an answer begins with where it speaks of the listener."""
        return tuple(self.bundle.vocabulary.encode(ABOUT_YOU))

    def small_talk(self, thanks: bool) -> tuple[Ids, ...]:
        """The tokens of what is answered to thanks, or else to what nobody here can say or do."""
        return tuple(tuple(self.bundle.vocabulary.encode(said)) for said in (WELCOME if thanks else CANNOT))

    def telling(self, who: Asker) -> Telling:
        """The facts that the model reads before it speaks of an item, or of who asks."""
        facts = self.wish_book.facts

        @cache
        def known() -> ListenerFacts:
            return replace(facts.listener(who.context.history), onboarding=who.topics)

        def tell(item: int | None, links: bool) -> str:
            return listener_aside(known()) if item is None else item_aside(facts.item(item), known(), links)

        return tell

    def listed(self, who: Asker) -> tuple[Ids, ...]:
        """The tokens of the topics that a portrait lists."""
        main = self.wish_book.facts.listener(who.context.history).main_topics
        return tuple(tuple(self.bundle.vocabulary.encode(f" {topic}")) for topic in main)

    def opening(self, who: Asker, item: int | None) -> Ids:
        """What an answer that speaks of an item, or of who asks, begins with, up to the first of its own words."""
        first = self.about_them if item is None else (*self.about_words, *self.renderer.items([item])[0])
        aside = self.renderer.aside(self.telling(who)(item, True))
        return (*first, *aside, *self.bundle.vocabulary.encode(":"))
