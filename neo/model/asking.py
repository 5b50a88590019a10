"""What each verb asks of the decoder: arguments are checked, the prompt is written, the candidates are chosen.

Nothing here runs the model, so requests can be made one by one and answered together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

import torch

from neo.catalog.item_types import ItemType
from neo.decoding.answer import AnswerRequest
from neo.decoding.index import SidIndex
from neo.decoding.naming import Told
from neo.decoding.request import GroupLimit
from neo.language import prompts
from neo.language.prompts import NOBODY
from neo.language.render import MOST_ASIDE
from neo.language.said import Said
from neo.language.segments import Segment, Turn
from neo.language.wordings import modes
from neo.language.wordings.follow_ups import ALSO
from neo.model.candidates import Candidates, every_type
from neo.model.choosing import Choosing, Filtering
from neo.model.discovery import discovery, wishing
from neo.model.listener import Asker, Prompt, fit, item_row
from neo.model.prepared import ListRequest, Request, WordsRequest
from neo.model.requests import (
    Manner,
    conversation,
    filter_from,
    names,
    one_id,
    one_of,
    whole,
    words,
)
from neo.model.speaking import Ids
from neo.model.spoken import items_of, meant, spoken_of, titled
from neo_sdk.errors import InvalidRequestError
from neo_sdk.limits import BEAMS, MAX_BEAMS, MAX_K, MAX_QUERY, WRITTEN
from neo_sdk.types import Mode
from neo_sdk.wire import ItemsOrMixed

SAID = {"items": "items alone", "mixed": "with words"}  # what an answer is kept to, in words
NAMED = 3  # items of an answer in a chat, at most, where nobody says how many


class Asking(Choosing):
    """A bundle, ready to be asked: `prepare_VERB` takes what the verb takes, and answers nothing yet."""

    def prepare_recommend(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        type: str | None = None,
        k: int = 10,
        format: ItemsOrMixed = "items",
        *,
        mode: Mode = "any",
        wish: str | None = None,
        read_words: bool = True,
        beams: int = BEAMS,
        exclude_heard: bool = True,
        filter: Filtering = None,
        within: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        per_parent: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
        long_term: bool = True,
    ) -> Request:
        """Up to `k` items of a type that suit a listener; format `mixed` gives at least one, with words.

        type: by default the first that the catalog registers, shows where nothing else is said.
        within: only these item ids; exclude: none of these; per_parent: at most so many of one parent (episodes of
        a show). Without a listener: what suits anybody. mode: `familiar` for shows and the like that they have met
        and made no habit of (the shows themselves, and of their episodes those not heard), `unfamiliar` for what they
        never met; the model is asked for it in words, and nothing else can be named. wish: what the items are to be
        like, in words: "calm, but not about crime". Words steer; what of them plainly names what the catalog has is
        kept for sure with `read_words`, and the answer says which that was. long_term: whether the model reads the
        listener's vector, where it was trained to.
        """
        item_type = every_type(self.bundle.catalog, None if type is None else names("type", [type]))[0]
        asked: Mode = one_of("mode", mode, modes.MODES)
        who = wishing(self.bundle, self._asker(listener, history, long_term), asked)
        wished = "" if wish is None else words("wish", wish, MAX_QUERY)
        said = Said() if not read_words else self.reader.read(wished)
        found = discovery(self.bundle, who, asked, said.mode)
        choice = self._choose((item_type,), who, exclude_heard, filter, within, exclude, found, wishes=said.wishes)
        choice = self._extreme(choice, said.most, said.count or whole("k", k, 1, MAX_K))
        manner = Manner(temperature, seed, max_tokens)
        shift = self.standing if temperature is None else None
        one_of("format", format, ("items", "mixed"))
        both = " ".join(text for text in (modes.wish(asked), wished) if text)
        request = prompts.recommend(NOBODY, item_type, format, count=k, wish=both)
        if format == "mixed" and len(choice):
            return self._mixed(request, who, choice, k, beams, manner, per_parent, shift)
        if wished:
            prompt = fit(self.renderer, who, [Turn(request)], self.room())
            return self._list(prompt, choice, k, beams, manner, per_parent, shift)
        prompt = self.recommend_prompt(who, item_type)
        return self._list(prompt, choice, k, beams, manner, per_parent, shift)

    def prepare_search(
        self,
        query: str,
        type: str | None = None,
        k: int = 10,
        format: ItemsOrMixed = "items",
        *,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        beams: int = BEAMS,
        exclude_heard: bool = False,
        filter: Filtering = None,
        within: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        per_parent: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Request:
        """Up to `k` items that fit the words, of one type, or of all with `type=None`: then types compete."""
        words("query", query, MAX_QUERY)
        asked = every_type(self.bundle.catalog, None if type is None else names("type", [type]))
        who = self._asker(listener, history)
        choice = self._choose(asked, who, exclude_heard, filter, within, exclude)
        manner = Manner(temperature, seed, max_tokens)
        one_of("format", format, ("items", "mixed"))
        request = prompts.search(query, None if type is None else asked[0], NOBODY, format, count=k)
        if format == "mixed" and len(choice):
            return self._mixed(request, who, choice, k, beams, manner, per_parent)
        prompt = fit(self.renderer, who, [Turn(request)], self.room())
        return self._list(prompt, choice, k, beams, manner, per_parent)

    def prepare_explain(
        self,
        item: str,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> WordsRequest:
        """Why an item suits a listener, in words."""
        row = item_row(self.bundle, one_id("item", item))
        who = self._asker(listener, history)
        request, manner = prompts.explain(row, NOBODY), Manner(temperature, seed, max_tokens)
        return self._text(
            [Turn(request)], who, manner, begun=self.opening(who, row), told=self.told(self.facts_of(who))(row, True)
        )

    def prepare_understand(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> WordsRequest:
        """A listener's portrait, in words. Raises InvalidRequestError where nobody is given."""
        if listener is None and history is None:
            raise InvalidRequestError("Got neither listener nor history, expected one: say who is to be described.")
        who, manner = self._asker(listener, history), Manner(temperature, seed, max_tokens)
        return self._text(
            [Turn(prompts.understand(NOBODY))],
            who,
            manner,
            begun=self.opening(who, None),
            told=self.told(self.facts_of(who))(None, True),
        )

    def prepare_chat(
        self,
        messages: str | Sequence[object],
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        types: Sequence[str] | None = None,
        max_items: int | None = None,
        read_words: bool = True,
        exclude_heard: bool = True,
        filter: Filtering = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> WordsRequest:
        """A free answer in text and items.

        messages: a string; or a list of {"role": ..., "content": ...} or (role, content), where the roles are
        user and assistant in turn, and the content is a string or a list of parts: {"type": "text", "text":
        ...}, {"type": "item", "item_id": ...}, or the parts of an earlier answer. A conversation that is too
        long loses its oldest turns. Nothing that was named before is named as new; an answer may begin with what it
        speaks of, which was named in whatever turn. types, max_items: what may be named as new, and how much of it; by
        default what the words ask for, or else everything, and three. read_words: whether what they plainly ask for is
        kept for sure: types, a number, whether items, words or both are to come, and wishes that name what the catalog
        has. "One audiobook about history and two episodes" is kept part by part. Where the next request asks for
        others, for fewer, or only in English, what was asked for before holds; what is to be avoided holds to the end.
        With `max_items` 0 it speaks of what was named, or of who asks, or says that it cannot help.
        """
        turns = conversation(messages, lambda item_id: item_row(self.bundle, item_id))
        titles = cache(partial(titled, self.bundle.catalog))  # each a pass over the catalog's titles
        spoken, said = spoken_of(turns, titles), Said()
        if read_words:
            turns = meant(self.wish_book.facts, turns, self.readable, titles, self.reader.questions)
            said = self.said(spoken, turns)
            spoken = replace(spoken, items=items_of(turns), asked=items_of(turns[-1:]))
        given = said.types or None if types is None else names("types", types)
        asked = every_type(self.bundle.catalog, given)
        who, manner = self._asker(listener, history), Manner(temperature, seed, max_tokens)
        about = self.index.among(self.bundle.sids.table, spoken.meant) if len(spoken.meant) else None
        named = about is not None and len(about) > 0  # not retired: it can be spoken of
        one = named and len(spoken.asked) == 1
        only = max_items is not None and whole("max_items", max_items, 0, MAX_K) == 0 and read_words
        left, known = types is None and max_items is None, (listener, history) != (None, None)
        if (only or left) and (alone := self.in_words(said, spoken, known, named, only)):
            if (asked_for := filter_from(filter)) is not None:
                self.passing(asked_for, ())  # one that cannot be is an error, whatever is said
            return self._text(turns, who, manner, **alone)
        found = discovery(self.bundle, who, "any", said.mode)
        then: tuple[SidIndex, ...] = ()
        unsaid = self._understood(who, said, filter) if read_words else ()
        if said.parts and left:
            each = (said.parts, who, exclude_heard, filter, found, spoken.items, said.wishes, unsaid)
            choice, then = self._choose_each(*each)
        else:
            wished = (said.wishes, unsaid, said.count or 1)
            choice = self._choose(asked, who, exclude_heard, filter, None, (), found, spoken.items, *wished)
            choice = choice if types is not None else _said_types(choice, asked if said.types else ())
        most = min(said.count or NAMED, MAX_K) if max_items is None else max_items
        choice = choice if then else self._extreme(choice, said.most, most or 1)
        least = most if said.count and max_items is None else 0
        if max_items is None and (said.asks or said.aim == "others"):
            about, least = None, max(least, 1)  # an answer that speaks of what was named would name nothing new
        begins = self.about_one if only or (said.aim == "about it" and one and left) else ()
        if begins and one and said.questions:
            begins = self.answer_to(said.questions, int(spoken.asked[0]))
        if max_items is None and not begins and said.form and (said.form == "items" or not one):
            manner, least = replace(manner, format=said.form), max(least, 1)
            about = None if said.form == "items" else about
            choice = replace(choice, guaranteed=(*choice.guaranteed, f"words: {SAID[said.form]}"))
        elif max_items is None and not begins and not said.bare:
            manner = replace(manner, format="mixed")  # a chat answers in words, if it is not to be items alone
        if choice.let_go and len(choice) and most and not begins:
            begins, about = self.nothing_like(choice.let_go, also=len(spoken.items) > 0), None
        return self._words(turns, who, choice, most, least, manner, about=about, begins=begins, then=then)

    def _mixed(
        self,
        request: tuple[Segment, ...],
        who: Asker,
        choice: Candidates,
        k: int,
        beams: int,
        manner: Manner,
        per_parent: int | None,
        shift: torch.Tensor | None = None,
    ) -> WordsRequest:
        """At least one item, and words."""
        limit = self._limit(k, beams, per_parent)
        return self._words([Turn(request)], who, choice, k, 1, manner, beams, limit, shift)

    def _limit(self, k: int, beams: int, per_parent: int | None) -> GroupLimit | None:
        whole("k", k, 1, MAX_K)
        whole("beams", beams, 1, MAX_BEAMS)
        if per_parent is None:
            return None
        return GroupLimit(self.bundle.catalog.parent_rows, whole("per_parent", per_parent, 1, MAX_K))

    def _list(
        self,
        prompt: Prompt,
        choice: Candidates,
        k: int,
        beams: int,
        manner: Manner,
        per_parent: int | None,
        shift: torch.Tensor | None = None,
    ) -> ListRequest:
        limit = self._limit(k, beams, per_parent)
        prompt = replace(prompt, warnings=(*prompt.warnings, *choice.warnings))
        return ListRequest(prompt, choice, k, beams, limit, shift, manner, _guaranteed(choice, limit))

    def _text(
        self,
        turns: Sequence[Turn],
        who: Asker,
        manner: Manner,
        begun: Ids = (),
        begins: Ids = (),
        one_of: tuple[Ids, ...] = (),
        told: Told | None = None,
    ) -> WordsRequest:
        """An answer in words alone."""
        nothing = Candidates.choose(self.index.only(()), self.bundle.sids.table, ())
        return self._words(turns, who, nothing, 0, 0, manner, begun=begun, begins=begins, one_of=one_of, told=told)

    def _words(
        self,
        turns: Sequence[Turn],
        who: Asker,
        choice: Candidates,
        max_items: int,
        min_items: int,
        manner: Manner,
        beams: int = BEAMS,
        limit: GroupLimit | None = None,
        shift: torch.Tensor | None = None,
        about: SidIndex | None = None,
        begun: Ids = (),
        begins: Ids = (),
        one_of: tuple[Ids, ...] = (),
        then: tuple[SidIndex, ...] = (),
        told: Told | None = None,
    ) -> WordsRequest:
        """An answer in words, with items among them where `max_items` is above 0.

        about, begins, one_of, then: see `AnswerRequest`. begun: tokens that the answer begins with, and that are no
        part of it: it has said already what it speaks of; told: the names in them.
        """
        known = self.facts_of(who)
        telling = self.telling(known)
        turns = [Turn(turn.request, turn.answer and prompts.told(turn.answer, telling)) for turn in turns]
        text = manner.max_tokens + max_items * MOST_ASIDE
        prompt = fit(self.renderer, who, turns, self.room(text, max_items) - len(begun))
        prompt = replace(prompt, ids=[*prompt.ids, *begun])
        warnings = (*prompt.warnings, *choice.warnings)
        if max_items and len(choice) < max(min_items, 1) and not then:
            warnings = (*warnings, choice.gap(self.bundle.catalog))
        if not len(choice):
            max_items = min_items = 0
        asked = AnswerRequest(
            choice.index,
            prompt.ids,
            choice.types,
            format=("items" if manner.format == "items" else "mixed") if max_items or about is not None else "text",
            max_tokens=manner.max_tokens,
            max_items=max_items,
            min_items=min_items,
            beams=beams,
            limit=limit,
            shift=shift,
            temperature=manner.temperature,
            about=about,
            about_words=() if begun else self.about_words,
            begins=begins,
            one_of=one_of,
            nameless=self.nameless,
            then=then,
            words_first=manner.format == "mixed",
            about_them=() if begun else self.about_them,
            aside=None if begun else lambda item, first: self.renderer.aside(telling(item, first)),
            listed=cache(partial(self.listed, who)) if begun[: len(self.about_them)] in ((), self.about_them) else None,
            joint=tuple(self.bundle.vocabulary.encode(ALSO)),
            told=self.told(known),
            told_before=told,
            others=self.others,
        )
        return WordsRequest(asked, manner, warnings, _guaranteed(choice, limit) if max_items else (), bool(begun))


def _guaranteed(choice: Candidates, limit: GroupLimit | None) -> tuple[str, ...]:
    return choice.guaranteed if limit is None else (*choice.guaranteed, "per_parent")


def _said_types(choice: Candidates, types: Sequence[ItemType]) -> Candidates:
    """Of a request that passes no types: what keeps to one is its words, if they ask for some."""
    said = [f"words: {' or '.join(kind.plural for kind in types)}"] if types else []
    return replace(choice, guaranteed=(*said, *(name for name in choice.guaranteed if name != "type")))
