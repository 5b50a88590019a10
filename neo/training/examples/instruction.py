"""Stage 3: every task as instructions in many wordings; labels are what listeners did and what a teacher wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from neo.catalog.activity import Dataset
from neo.catalog.item_types import ItemType
from neo.language import prompts
from neo.language.facts import FactBook, ItemFacts
from neo.language.prompts import Context
from neo.language.segments import ItemRef, Note, Segment, Text, Vector
from neo.language.wishes import Wish, WishBook, say, wished
from neo.language.wordings.fill import type_words
from neo.language.wordings.modes import DISCOVERY, note, wish
from neo.listeners.familiarity import LEVELS
from neo.training.config import InstructionStage
from neo.training.examples.conversations import FollowUps, Talk
from neo.training.examples.drafts import Draft, Exchange, answered
from neo.training.examples.grounding import VARIANTS, grounding_turn, item_words
from neo.training.examples.long_term import LongTerm
from neo.training.examples.moments import Moment, Moments
from neo.training.examples.near import Near
from neo.training.examples.reading import reading_turns
from neo.training.examples.rows import Example
from neo.training.examples.walks import Walks
from neo.training.teacher.ask import Ask, Teacher
from neo_sdk.types import Mode, OutputFormat

ALL_TYPES_SHARE = 0.15  # of the searches do not name a type
CHATS_WITH_A_TYPE = 0.4  # of the chatty requests
SEVERAL_TYPES = 0.4  # of those that are no search, and of two items or more, have several types in their answer
WISHES = 0.2  # of the requests in words that could ask for a discovery mode
CANONICAL = 0.5  # of the wishes in histories and of searches, which the SDK asks for in one wording
OUTPUTS: tuple[OutputFormat, OutputFormat] = ("items", "mixed")
WISHED_CHATS = 0.3  # of the conversations begin with what an item is to be like
COUNTED_CHATS = 0.25  # of them, with how many
MOST_COUNTED = 5  # items of an answer
MIXED_WISHES = 0.25  # of the wishes are answered with words
TITLES = 0.7  # of the items that a request begins with are named by their titles
NEW_SHARE = 0.12  # of the short requests come from listeners without a history


class InstructionExamples:
    """All stage-3 examples of a dataset that has been cut in time already."""

    def __init__(
        self,
        dataset: Dataset,
        visible: np.ndarray,
        stage: InstructionStage,
        seed: int,
        walks: Walks | None = None,
        long_term: LongTerm | None = None,
        near: Near | None = None,
    ) -> None:
        """`walks`: what `stage.walks` are drawn from; `near`: what conversations find more of a kind with;
        `long_term`: where a soft prompt is trained."""
        self.dataset, self.visible, self.stage, self.walks = dataset, visible, stage, walks
        self.long_term = long_term
        self.rng = np.random.default_rng([seed, 3])
        self.facts = FactBook(dataset.catalog, dataset.listeners)
        self.book = WishBook(dataset.catalog, self.facts)
        self.talks = None if near is None else FollowUps(dataset.catalog, self.facts, near, self.book, self.rng)
        types = dataset.catalog.type_codes
        parents = dataset.catalog.parent_rows
        self.moments = Moments(dataset.events, types, stage.history, stage.recency_days, parents)
        self.types = [code for code in range(len(dataset.catalog.types)) if (types[visible] == code).any()]
        self.heard = [code for code in self.types if (self.moments.types == code).any()]

    def examples(self, teacher: Teacher) -> Iterator[Example]:
        """Examples task by task; the trainer shuffles rows."""
        return answered(self._drafts(), teacher, self.rng)

    def _drafts(self) -> Iterator[Draft]:
        stage = self.stage
        yield from self._from_moments(stage.recommend, self._recommend)
        yield from self._from_moments(stage.recommend_short, self._recommend, shortened=True)
        yield from self._histories(stage.histories)
        yield from self._discoveries("familiar", stage.familiar)
        yield from self._discoveries("unfamiliar", stage.unfamiliar)
        yield from self._walked(stage.walks)
        yield from self._from_moments(stage.recommend_mixed, self._recommend_mixed, shortened=True)
        yield from self._from_moments(stage.explain, self._explain, shortened=True)
        yield from self._from_moments(stage.understand, self._understand, shortened=True)
        yield from self._from_moments(stage.chat - stage.chat // 2, self._chat, shortened=True)
        yield from self._from_moments(stage.wishes - stage.wishes // 2, self._wished, shortened=True)
        yield from self._wished_of_nobody(stage.wishes // 2)
        yield from self._from_moments(stage.counted, self._counted, shortened=True)
        yield from self._from_moments(stage.conversations, self._conversation, shortened=True)
        yield from self._from_moments(stage.mentions, self._mention, shortened=True)
        yield from self._read(stage.read)
        yield from self._from_log(stage.search, self._search)
        yield from self._from_log(stage.search_mixed, self._search_mixed)
        yield from self._from_log(stage.chat // 2, self._chat_about)
        yield from self._lookups(stage.lookup)
        yield from self._verbalized(stage.verbalize)
        yield from self._grounded(stage.ground, "ground")
        yield from self._grounded(stage.type, "type")

    def _from_moments(
        self, count: int, draft: Callable[[Moment, int], Draft], shortened: bool = False
    ) -> Iterator[Draft]:
        """The same number of moments for each type that has events.

        `shortened`: histories of any length up to the longest, short ones more often, and some of nobody known. They
        cost a third, are what new listeners have, and leave the answer more of a row's loss than the 50 items of a
        whole history do.
        """
        for at, code in enumerate(self.heard):
            share = count // len(self.heard) + (at < count % len(self.heard))
            for moment in self.moments.draw(code, share, self.rng):
                if shortened:
                    length = int(self.stage.history * self.rng.random() ** 2) + 1
                    new = self.rng.random() < NEW_SHARE
                    moment = self._newcomer(moment) if new else replace(moment, history=moment.history[-length:])
                yield draft(moment, code)

    def _histories(self, count: int) -> Iterator[Draft]:
        """What listeners met, again and again: as many next items as a history holds, for the price of a row."""
        events = self.dataset.events
        for listener, places in self.moments.histories(count, self.rng):
            about = prompts.about_listener(self.dataset.listeners, listener)
            known = self.long_term.within_a_life(listener, events.time[places]) if self.long_term else ()
            yield Draft.of(
                "history", Context(about, tuple(events.item[places].tolist()), notes=known).unfinished(), None
            )

    def _discoveries(self, mode: Mode, count: int) -> Iterator[Draft]:
        """What of a mode was met next, each asked for in a word right before it; nothing else there is trained."""
        for moment in self.moments.discoveries(mode, self.types, count, self.rng):
            length = int(self.stage.history * self.rng.random() ** 2) + 1
            context = self._context(replace(moment, history=moment.history[-length:]))
            last, coming = len(context.history), moment.upcoming
            word = Text(note(mode, self._often_canonical()))
            notes: list[tuple[int, Note]] = [(last + place, word) for place in range(len(coming))]
            if context.vector:
                notes.insert(0, (last, Vector(context.vector)))
            met = Context(context.about, (*context.history, *coming), notes=tuple(notes), learned_from=last)
            yield Draft.of(mode, met.unfinished(), None)

    def _wish(self, moment: Moment, count: int = 1) -> str:
        """For some requests, where all of the first items are of one mode, its words."""
        levels = moment.levels(count)
        for mode in DISCOVERY:
            if getattr(self.stage, mode) and set(levels) == {mode} and self.rng.random() < WISHES:
                return wish(mode, self._any())
        return ""

    def _walked(self, count: int) -> Iterator[Draft]:
        if not count:
            return
        if self.walks is None:
            raise ValueError(f"{count} walks are asked for, and nothing is given to draw them from")
        for walk in self.walks.draw(count, self.rng):
            yield Draft.of("walk", Context(history=walk).unfinished(), None)

    def _from_log(self, count: int, draft: Callable[[str, int, Context], Draft]) -> Iterator[Draft]:
        searches = self.dataset.searches
        if len(searches) and count:
            for place in self.rng.integers(len(searches), size=count).tolist():
                yield draft(searches.query[place].as_py(), int(searches.item[place]), prompts.NOBODY)

    def _lookups(self, count: int) -> Iterator[Draft]:
        """Queries made from the items' own words: a catalog without a search log can still be searched."""
        for row in self.rng.choice(self.visible, size=count if len(self.visible) else 0).tolist():
            words = item_words(self.dataset.catalog, row, self.rng)
            yield self._search(words, row, prompts.NOBODY, task="lookup")

    def _read(self, count: int) -> Iterator[Draft]:
        topics = self.dataset.catalog.fields.topics.names.to_pylist()
        for turn in reading_turns(count, topics, self.rng) if count else ():
            yield Draft.of("read", turn.request, turn.answer or ())

    def _verbalized(self, count: int) -> Iterator[Draft]:
        """Items in words: what an explanation says of an item must have been learned from somewhere."""
        for row in self.rng.choice(self.visible, size=count if len(self.visible) else 0).tolist():
            words = Text(prompts.describe(self.dataset.catalog, row))
            yield Draft.of("verbalize", prompts.verbalize(row, self._any()), (words,))

    def _grounded(self, count: int, task: str) -> Iterator[Draft]:
        """What stage 2 would have taught, where the stages are merged."""
        for row in self.rng.choice(self.visible, size=count if len(self.visible) else 0).tolist():
            turn = grounding_turn(self.dataset.catalog, row, task, self.rng)
            yield Draft.of(task, turn.request, turn.answer or ())

    def _recommend(self, moment: Moment, code: int) -> Draft:
        context, wish = self._context(moment), self._wish(moment)
        request = prompts.recommend(context, self._type(code), "items", self._any(), self._any(), wish=wish)
        return Draft.of("recommend", request, (ItemRef(moment.upcoming[0]),))

    def _recommend_mixed(self, moment: Moment, code: int) -> Draft:
        items = moment.upcoming[: int(self.rng.integers(1, 3))]
        context, item_type, wish = self._context(moment), self._type(code), self._wish(moment, len(items))
        request = prompts.recommend(context, item_type, "mixed", self._any(), self._any(), len(items), wish)
        return Draft.of("recommend_mixed", request, self._ask("recommend_mixed", items, moment))

    def _explain(self, moment: Moment, code: int) -> Draft:
        item = moment.upcoming[0]
        request = prompts.explain(item, self._context(moment), self._any())
        ask = self._ask("explain", (item,), moment)
        return Draft.of("explain", request, ask, prompts.about_item(ask.items[0], ask.listener))

    def _understand(self, moment: Moment, code: int) -> Draft:
        request = prompts.understand(self._context(moment), self._any())
        ask = self._ask("portrait", (), moment)
        return Draft.of("understand", request, ask, prompts.about_them(ask.listener))

    def _chat(self, moment: Moment, code: int) -> Draft:
        items = moment.upcoming[: int(self.rng.integers(1, 4))]
        others = [other for other in self.types if other != code]
        if len(items) > 1 and others and self.talks is not None and self.rng.random() < SEVERAL_TYPES:
            return self._of_several_types(moment, items, self.rng.choice(others, size=len(items) - 1).tolist())
        request = self._chatty(self._context(moment), code, len(items), wish=self._wish(moment, len(items)))
        return Draft.of("chat", request, self._ask("chat_mixed", items, moment))

    def _of_several_types(self, moment: Moment, items: Sequence[int], codes: Sequence[int]) -> Draft:
        """The first of what came next, and what lies near it of other types. In answers of one type a model learns to
        call the second item what the first one is, and not what it is."""
        passed = {*moment.history, *items}
        near = dict.fromkeys(row for code in codes for row in self._talks.near.to(items[:1], code, 1, passed))
        several = tuple(self.rng.permutation([items[0], *near]).tolist())
        request = prompts.chat(self._context(moment), self._any(), count=len(several))
        return Draft.of("chat", request, self._ask("chat_mixed", several, moment))

    def _wished(self, moment: Moment, code: int) -> Draft:
        """What came next, asked for by what it is and by what else the listener likes, and it is not."""
        return self._asked_for(self._context(moment), moment.upcoming[0], moment.history[-3:], moment)

    def _wished_of_nobody(self, count: int) -> Iterator[Draft]:
        for row in self.rng.choice(self.visible, size=count if len(self.visible) else 0).tolist():
            yield self._asked_for(prompts.NOBODY, row, self.rng.choice(self.visible, size=3).tolist(), None)

    def _asked_for(self, context: Context, row: int, liked: Sequence[int], moment: Moment | None) -> Draft:
        wishes = self._wishes_for(row, liked)
        wish = say(wishes, self.rng) if wishes else ""
        mixed = moment is not None and self.rng.random() < MIXED_WISHES
        named, output = self._type(self._code(row)), OUTPUTS[mixed]
        request = prompts.recommend(context, named, output, self._any(), self._any(), 1, wish)
        answer = self._ask("recommend_mixed", (row,), moment) if mixed and moment else (ItemRef(row),)
        return Draft.of("wish", request, answer)

    def _counted(self, moment: Moment, code: int) -> Draft:
        """So many items, and not a word."""
        items = moment.upcoming[: int(self.rng.integers(1, MOST_COUNTED + 1))]
        words = prompts.counted(self._context(moment), self._type(code), len(items), "items", self._any(), self._any())
        return Draft.of("counted", words, tuple(map(ItemRef, items)))

    def _conversation(self, moment: Moment, code: int) -> Draft:
        """A first answer, and what is said after it."""
        items = moment.upcoming[: int(self.rng.integers(1, MOST_COUNTED + 1))]
        context, wish = self._context(moment), self._wish(moment, len(items))
        if self.rng.random() < COUNTED_CHATS:
            request = prompts.counted(context, self._type(code), len(items), "mixed", self._any(), self._any())
        else:
            items = items[:3]
            if self.rng.random() < WISHED_CHATS and (wishes := self._wishes_for(items[0], moment.history[-3:])):
                items, wish = tuple(row for row in items if self.book.granted(wishes)[row]), say(wishes, self.rng)
            request = self._chatty(context, code, len(items), wish=wish)
        asked = self._ask("chat_mixed", items, moment)
        turns = (Exchange(request, asked), *(self._talks.after(moment, asked.listener, items)))
        return Draft("conversation", turns)

    def _mention(self, moment: Moment, code: int) -> Draft:
        """What begins with an item of the catalog, by its title or itself: what is it, and what is like it."""
        row = int(self.rng.choice(self.visible))
        context = self._context(moment)
        known = self.facts.listener(moment.history, moment.listener)
        talk = Talk(moment, known, (row,), {row})
        ref = self.facts.item(row).title if self.rng.random() < TITLES else ItemRef(row)
        kind = str(self.rng.choice(("why", "what", "more", "more")))
        first = self._talks.more(talk, row, ref) if kind == "more" else self._talks.about(kind, row, ref, known)
        first = first or self._talks.about("what", row, ref, known)
        opened = Exchange((*context.segments(), *first.request), first.answer, first.opening)
        return Draft("mention", (opened, *self._talks.after(moment, known, talk.last)))

    @property
    def _talks(self) -> FollowUps:
        if self.talks is None:
            raise ValueError("conversations are asked for, and nothing is given to find more of a kind with")
        return self.talks

    def _wishes_for(self, row: int, liked: Sequence[int]) -> tuple[Wish, ...]:
        return wished(self.book, row, liked, self.rng)

    def _search(self, query: str, item: int, context: Context, task: str = "search") -> Draft:
        named = None if self.rng.random() < ALL_TYPES_SHARE else self._type(self._code(item))
        request = prompts.search(query, named, context, "items", self._often_canonical(), self._any())
        return Draft.of(task, request, (ItemRef(item),))

    def _search_mixed(self, query: str, item: int, context: Context) -> Draft:
        code = None if self.rng.random() < ALL_TYPES_SHARE else self._code(item)
        others = [row for row in self.opened[query] if row != item and code in (None, self._code(row))]
        items = (item, *others[: int(self.rng.integers(3))])
        named = None if code is None else self._type(code)
        request = prompts.search(query, named, context, "mixed", self._any(), self._any(), count=len(items))
        ask = Ask("search_mixed", self._facts(items), self.facts.listener(()), query)
        return Draft.of("search_mixed", request, ask)

    def _chat_about(self, query: str, item: int, context: Context) -> Draft:
        code = self._code(item)
        others = [row for row in self.opened[query] if row != item and self._code(row) == code]
        items = (item, *others[: int(self.rng.integers(3))])
        request = self._chatty(context, code, len(items), query)
        return Draft.of("chat", request, Ask("chat_mixed", self._facts(items), self.facts.listener(()), query))

    def _chatty(
        self, context: Context, code: int, count: int, about: str | None = None, wish: str = ""
    ) -> tuple[Segment, ...]:
        typed = self.rng.random() < CHATS_WITH_A_TYPE and not (about and self._names_a_type(about))
        named = self._type(code) if typed else None
        return prompts.chat(context, self._any(), about, named, self._any(), count, wish)

    def _names_a_type(self, query: str) -> bool:
        """Nobody asks for "an episode on episode about wood"."""
        nouns = (noun for item_type in self.dataset.catalog.types for words in type_words(item_type) for noun in words)
        return any(noun in query.lower() for noun in nouns)

    def _context(self, moment: Moment) -> Context:
        about = prompts.about_listener(self.dataset.listeners, moment.listener)
        asked = self.long_term
        vector = asked.before_an_answer(moment.listener, moment.when) if asked else ()
        return Context(about, moment.history, vector)

    def _newcomer(self, moment: Moment) -> Moment:
        """As if the listener had met nothing yet: the moment is that of their first event."""
        first = int(self.dataset.events.time[self.dataset.events.offsets[moment.listener]])
        nothing = (LEVELS.index("unfamiliar"),) * len(moment.upcoming)
        return replace(moment, history=(), when=first, known=nothing)

    def _ask(self, task: str, items: tuple[int, ...], moment: Moment) -> Ask:
        known = self.facts.listener(moment.history, moment.listener)
        return Ask(task, self._facts(items), known)  # type: ignore[arg-type]

    def _facts(self, items: tuple[int, ...]) -> tuple[ItemFacts, ...]:
        return tuple(self.facts.item(row) for row in items)

    @cached_property
    def opened(self) -> dict[str, list[int]]:
        """What was opened after each query of the log, the most often opened first."""
        searches, times = self.dataset.searches, Counter[tuple[str, int]]()
        times.update(zip(searches.query.to_pylist(), searches.item.tolist(), strict=True))
        opened: dict[str, list[int]] = {}
        for (query, row), _ in times.most_common():
            opened.setdefault(query, []).append(row)
        return opened

    def _any(self) -> int:
        return int(self.rng.integers(VARIANTS))

    def _often_canonical(self) -> int:
        return 0 if self.rng.random() < CANONICAL else self._any()

    def _code(self, item: int) -> int:
        return int(self.dataset.catalog.type_codes[item])

    def _type(self, code: int) -> ItemType:
        return self.dataset.catalog.types[code]
