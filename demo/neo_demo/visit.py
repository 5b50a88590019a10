"""One visitor: who they listen as, what was said, what they put aside. It lives on the server, one for a browser tab.

The browser sees pictures of it only. What comes back from there are words and ids, which are checked like all others.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from neo.catalog.activity import Meeting
from neo.model.prepared import Request
from neo_demo.own_catalog import OwnCatalog
from neo_sdk.limits import MAX_MESSAGES
from neo_sdk.types import Item, ItemPart, TextPart

State = Literal["open", "done", "stopped", "failed"]
TURNS_READ = MAX_MESSAGES // 2 - 1  # of a conversation, the latest: as many as may be sent; the model reads what fits


@dataclass
class Turn:
    """What a visitor said, and what came of it. asked: how, so that it can be asked again."""

    said: list[TextPart | ItemPart]
    answer: list[TextPart | ItemPart] = field(default_factory=list)
    state: State = "open"
    notes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # what of its words is kept for sure
    first: float | None = None  # seconds to the first meaningful part
    whole: float | None = None  # and to the end
    request: Request | None = None
    asked: Asked | None = None


@dataclass(frozen=True)
class Asked:
    """How a turn was asked, so that it can be asked again. task: chat, or a verb that wrote the words itself."""

    task: str
    words: str = ""
    item: str | None = None


@dataclass(frozen=True)
class Looked:
    """A request that can be looked into. turn: of the chat, whose answer shows where its first item stands."""

    label: str
    request: Request
    turn: Turn | None = None


@dataclass(frozen=True)
class Lists:
    """What was recommended, by type in the studio's order, in a mode; seconds: how long it took."""

    mode: str
    items: list[list[Item]]
    notes: list[str]
    seconds: float


@dataclass
class Visit:
    """listener: one that the bundle knows; where there is none, `topics` are what a newcomer chose, None for nobody.

    looked: the latest request, for a look under the hood. lists: what was recommended last; whys: explanations, by
    item; like: the item that more is asked of outside the chat; runs: how often each picture was begun.
    """

    name: str = ""
    listener: str | None = None
    topics: tuple[str, ...] | None = None
    turns: list[Turn] = field(default_factory=list)
    aside: set[str] = field(default_factory=set)
    met: list[Meeting] = field(default_factory=list)
    looked: Looked | None = None
    lists: Lists | None = None
    own: OwnCatalog = field(default_factory=OwnCatalog)
    whys: dict[str, str] = field(default_factory=dict)
    like: str = ""
    runs: Counter[str] = field(default_factory=Counter)
    stop: bool = False

    def known_as(self) -> str:
        """What the model calls this visit. Not made with it: Gradio copies the first one for everybody."""
        self.name = self.name or f"visitor {secrets.token_hex(16)}"
        return self.name

    def become(self, listener: str | None, topics: Sequence[str] | None) -> None:
        """Somebody else: what was said and put aside was another's."""
        self.listener, self.topics = listener, None if topics is None else tuple(topics)
        self.turns, self.aside, self.met, self.looked, self.lists = [], set(), [], None, None
        self.whys, self.like = {}, ""

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self.turns) and self.turns[-1].state == "open"

    def called(self) -> str:
        """Who it is, within a sentence."""
        return self.listener or ("you" if self.topics or self.met else "anybody")

    @property
    def is_somebody(self) -> bool:
        """Whether there is anybody to describe: a known listener, or a newcomer who said something of themselves."""
        return self.listener is not None or bool(self.topics) or bool(self.met)

    def messages(self, said: Sequence[TextPart | ItemPart]) -> list[dict[str, object]]:
        """The conversation as the model is asked it, with what is said now."""
        found: list[dict[str, object]] = []
        for turn in self.turns[-TURNS_READ:]:
            if turn.answer and turn.state in ("done", "stopped"):
                found += [{"role": "user", "content": turn.said}, {"role": "assistant", "content": turn.answer}]
        return [*found, {"role": "user", "content": list(said)}]

    def begin(self, what: str) -> Callable[[], bool]:
        """Begins to draw a picture; whether it is still the latest of its kind, or another has been begun since."""
        self.runs[what] += 1
        mine = self.runs[what]
        return lambda: self.runs[what] == mine

    def shown(self) -> list[Item]:
        """The items of the conversation, the latest first, each once."""
        parts = [part for turn in self.turns for part in (*turn.said, *turn.answer) if isinstance(part, ItemPart)]
        return list({part.item.id: part.item for part in reversed(parts)}.values())

    def put_aside(self, item_id: str) -> None:
        """Not for them: it is not named again. A second time takes it back."""
        self.aside ^= {item_id}

    def hear(self, item_id: str, now: int) -> None:
        """They have heard it: it is part of their history from now on."""
        if all(meeting.item != item_id for meeting in self.met):
            self.met.append(Meeting(item_id, now + len(self.met)))
