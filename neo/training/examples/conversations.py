"""What follows an answer in a conversation: what was named is asked about, turned down, liked, or nothing more is said.

Every label is true of the catalog: who points at the second one is told of the second one; more of its kind lies near
it; a wish is granted; what was turned down, like all that was named before, is not named as new again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neo.catalog.catalog import Catalog
from neo.language.facts import FactBook, ListenerFacts
from neo.language.pointing import reference
from neo.language.prompts import about_item, about_them, said, words_for
from neo.language.segments import ItemRef, Text
from neo.language.wishes import WishBook, say, wished
from neo.language.wordings.follow_ups import CANNOT, WELCOME
from neo.language.wordings.instructions import TASKS
from neo.language.wordings.modes import wish as mode_wish
from neo.training.examples.drafts import Exchange, Known
from neo.training.examples.grounding import VARIANTS
from neo.training.examples.moments import Moment
from neo.training.examples.near import Near
from neo.training.teacher.ask import Ask
from neo.training.teacher.phrases import describe

FURTHER = 0.5  # of the follow-ups are followed by another, three in all at most
POOL = 20  # items near the listener's last ones, among which a wish is looked for
TAIL = 5  # last items of a history, that say what suits
NEW = 0.25  # of the wishes are for what the listener does not know
SHARES = {
    "why": 0.18,
    "what": 0.12,
    "more": 0.18,
    "not_this": 0.08,
    "not_these": 0.12,
    "refine": 0.16,
    "switch": 0.12,
    "understand": 0.08,
    "thanks": 0.05,
    "beyond": 0.05,
}


@dataclass
class Talk:
    """Where a conversation stands. last: what the latest answer with items named; named: all that answers named.

    known: what is known of the listener.
    """

    moment: Moment
    known: ListenerFacts
    last: tuple[int, ...]
    named: set[int]

    @property
    def passed(self) -> set[int]:
        """What no further answer names as new."""
        return self.named | set(self.moment.history)


class FollowUps:
    """Draws the turns after a first one."""

    def __init__(
        self, catalog: Catalog, facts: FactBook, near: Near, wishes: WishBook, rng: np.random.Generator
    ) -> None:
        self.catalog, self.facts, self.near, self.wishes, self.rng = catalog, facts, near, wishes, rng
        self.types = np.unique(near.types).tolist()
        self.kinds, shares = list(SHARES), np.array(list(SHARES.values()))
        self.shares = shares / shares.sum()

    def after(self, moment: Moment, known: ListenerFacts, items: Sequence[int]) -> Iterator[Exchange]:
        """One to three further turns, after an answer that named these items."""
        talk = Talk(moment, known, tuple(items), set(items))
        for _ in range(3):
            exchange = self.one(talk)
            if exchange is not None:
                yield exchange
            if self.rng.random() >= FURTHER:
                return

    def one(self, talk: Talk, kind: str | None = None) -> Exchange | None:
        """A turn, by default of any kind; None where the catalog has nothing left to answer it with."""
        kind = kind or str(self.rng.choice(self.kinds, p=self.shares))
        match kind:
            case "why" | "what":
                place = int(self.rng.integers(len(talk.last)))
                return self.about(kind, talk.last[place], reference(self.facts, talk.last, place, self.rng), talk.known)
            case "more":
                place = int(self.rng.integers(len(talk.last)))
                return self.more(talk, talk.last[place], reference(self.facts, talk.last, place, self.rng))
            case "not_this" | "not_these":
                return self._rejection(talk, kind)
            case "refine":
                return self._refinement(talk)
            case "switch":
                return self._switch(talk)
            case "understand":
                request = (Text(self._any(TASKS["understand"])),)
                return Exchange(request, Ask("portrait", (), talk.known), about_them(talk.known))
            case "thanks":
                return Exchange(self._said(TASKS["thanks"]), self._said(WELCOME))
        return Exchange(self._said(TASKS["beyond"]), self._said(CANNOT))

    def about(self, kind: str, row: int, ref: str | ItemRef, known: ListenerFacts) -> Exchange:
        """What an item is, or why it suits the listener; the answer begins with the item."""
        request = self._filled(TASKS["why"] if kind == "why" else TASKS["what"], ref)
        item = self.facts.item(row)
        opening = about_item(item, known)
        if kind == "why":
            return Exchange(request, Ask("explain", (item,), known), opening)
        told = f"it is {describe(item, known, self.rng)}" + (f", {item.length} long." if item.length else ".")
        return Exchange(request, (*opening, Text(told)))

    def more(self, talk: Talk, row: int, ref: str | ItemRef) -> Exchange | None:
        """What is like an item, of its type or of another that is named."""
        typed = self.rng.random() < 0.5
        code = int(self.rng.choice(self.types)) if typed else int(self.catalog.type_codes[row])
        items = self.near.to([row], code, int(self.rng.integers(1, 4)), {*talk.passed, row})
        wordings = TASKS["more_typed"] if typed else TASKS["more"]
        return self._named(talk, self._filled(wordings, ref, code), items)

    def _rejection(self, talk: Talk, kind: str) -> Exchange | None:
        place = int(self.rng.integers(len(talk.last)))
        these = kind == "not_these"
        request = (
            self._said(TASKS["not_these"])
            if these
            else self._filled(TASKS["not_this"], reference(self.facts, talk.last, place, self.rng))
        )
        code = int(self.catalog.type_codes[talk.last[place]])
        coming = [row for row in talk.moment.upcoming if row not in talk.passed]
        if code != int(self.catalog.type_codes[talk.moment.upcoming[0]]) or not coming:
            coming = self.near.to(self._taste(talk), code, 3, talk.passed)
        return self._named(talk, request, coming[: int(self.rng.integers(1, 4)) if these else 1])

    def _refinement(self, talk: Talk) -> Exchange | None:
        code = int(self.catalog.type_codes[talk.last[0]])
        pool = self.near.to(self._taste(talk), code, POOL, talk.passed)
        if self.rng.random() < NEW:
            known = {self._whole(row) for row in talk.passed}
            items = [row for row in pool if self._whole(row) not in known]
            request: Known = (Text(mode_wish("unfamiliar", int(self.rng.integers(VARIANTS)))),)
        else:
            asked = wished(self.wishes, pool[int(self.rng.integers(len(pool)))], talk.last, self.rng) if pool else ()
            granted = self.wishes.granted(asked)
            items = [row for row in pool if granted[row]] if asked else []
            request = (Text(say(asked, self.rng)),) if asked else ()
        return self._named(talk, request, items[: int(self.rng.integers(1, 4))])

    def _switch(self, talk: Talk) -> Exchange | None:
        now = {int(self.catalog.type_codes[row]) for row in talk.last}
        others = [code for code in self.types if code not in now]
        if not others:
            return None
        code = int(self.rng.choice(others))
        items = self.near.to(self._taste(talk), code, int(self.rng.integers(1, 4)), talk.passed)
        return self._named(talk, self._filled(TASKS["switch"], "", code), items)

    def _named(self, talk: Talk, request: Known, items: Sequence[int]) -> Exchange | None:
        """The turn that names new items, which the talk then stands at."""
        if not items or not request:
            return None
        talk.last = tuple(items)
        talk.named.update(items)
        return Exchange(request, Ask("chat_mixed", tuple(self.facts.item(row) for row in items), talk.known))

    def _taste(self, talk: Talk) -> tuple[int, ...]:
        return talk.moment.history[-TAIL:] or talk.last

    def _whole(self, row: int) -> int:
        parent = int(self.catalog.parent_rows[row])
        return row if parent < 0 else parent

    def _filled(self, wordings: Sequence[str], ref: str | ItemRef, code: int | None = None) -> Known:
        slots = {}
        if code is not None:
            slots = words_for(self.catalog.types[code], int(self.rng.integers(VARIANTS))).slots()
        return said(self._any(wordings), ref=ref, **slots)

    def _any(self, wordings: Sequence[str]) -> str:
        return wordings[int(self.rng.integers(len(wordings)))]

    def _said(self, wordings: Sequence[str]) -> Known:
        return (Text(self._any(wordings)),)
