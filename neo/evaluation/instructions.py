"""Do words choose type, format, number, the item that is meant, new or known? Asked as training never asked.

Every instruction is a chat message: any type may be named, and nothing forces a format. An answer that names no item
but one that the request holds is text: it speaks of that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neo.catalog.strict import Strict
from neo.evaluation.modes import Known
from neo.evaluation.protocol import RecommendCase
from neo.language import prompts
from neo.language.facts import FactBook
from neo.language.pointing import reference
from neo.language.segments import ItemRef, Segment, Text
from neo.language.wordings.fill import COUNTS, for_number, slots_of
from neo.language.wordings.held_out import HELD_OUT, HELD_OUT_MODES
from neo.language.wordings.modes import DISCOVERY
from neo.listeners.familiarity import LEVELS
from neo.model.neo_model import NeoModel
from neo_sdk.types import Answer, ItemPart

BATCH = 16
MOST = 5  # items that are asked for by number
LIST = 10
FORMATS = {"recommend": "items", "recommend_mixed": "mixed", "explain": "text", "understand": "text"}

Message = dict[str, Any]


class Obeyed(Strict):
    """Of n instructions, the share that came out as the words say."""

    name: str
    n: int
    share: float


@dataclass(frozen=True)
class Said:
    """A conversation that ends with a request, whose it is, and what is wanted of the answer."""

    messages: tuple[Message, ...]
    listener: str
    wanted: Any = None


def instruction_results(
    neo: NeoModel, cases: Sequence[RecommendCase], count: int, read_words: bool, seed: int = 0
) -> tuple[Obeyed, ...]:
    """`count` instructions for type and format, half as many for numbers and each kind of reference, a quarter for
    what is to be new, or known.

    read_words: whether what they plainly ask for is kept, see `NeoModel.chat`; without, the model alone decides.
    """
    return tuple(_Instructor(neo, cases, read_words, seed).results(count))


class _Instructor:
    """Asks one model, for the listeners of some cases; all that is drawn follows from the seed."""

    def __init__(self, neo: NeoModel, cases: Sequence[RecommendCase], read_words: bool, seed: int) -> None:
        self.neo, self.most, self.read_words = neo, None if read_words else 2 * MOST, read_words
        self.rng = np.random.default_rng([seed, 9])
        self.catalog, self.types = neo.bundle.catalog, neo.bundle.catalog.types
        self.facts = FactBook(self.catalog, neo.bundle.listeners)
        order = self.rng.permutation([place for place, case in enumerate(cases) if len(case.history)])
        self.cases = [cases[place] for place in order]

    def results(self, count: int) -> Iterator[Obeyed]:
        yield from self._formats(count)
        yield from self._numbers(count // 2)
        yield from self._references(count // 2)
        yield from self._discoveries(count // 4)

    def _formats(self, count: int) -> Iterator[Obeyed]:
        tasks = list(FORMATS)
        said = []
        for place in range(count):
            task, item_type = tasks[place % len(tasks)], self.types[place // len(tasks) % len(self.types)]
            case = self._case(place)
            words = prompts.words_for(item_type).slots()
            request = prompts.said(self._any(HELD_OUT[task]), item=ItemRef(case.target), **words)
            said.append(self._said(request, case, (task, item_type.name)))
        right, typed = defaultdict[str, list[bool]](list), list[bool]()
        for one, answer in self._answers(said):
            task, name = one.wanted
            right[FORMATS[task]].append(_format(answer, one) == FORMATS[task])
            if FORMATS[task] != "text":
                typed.append(bool(answer.items) and all(item.type == name for item in answer.items))
        yield _obeyed("type", typed)
        yield from (_obeyed(f"format: {name}", of) for name, of in right.items())

    def _numbers(self, count: int) -> Iterator[Obeyed]:
        for task, name in (("chat_counted", "number, with words"), ("list_counted", "number, as a bare list")):
            said = []
            for place in range(count):
                number, item_type = 1 + place % MOST, self.types[place // MOST % len(self.types)]
                template = for_number(self._any(HELD_OUT[task]), number)
                words = prompts.words_for(item_type).slots()
                said.append(
                    self._said(prompts.said(template, count=COUNTS[number - 1][0], **words), self._case(place), number)
                )
            yield _obeyed(name, [len(answer.items) == one.wanted for one, answer in self._answers(said)])

    def _references(self, count: int) -> Iterator[Obeyed]:
        """After an answer with three items: what one of them is or why; more like it; others instead.

        Which one is said in words: by its place, its title, its creator, its type. Only the rest is held out: there are
        not so many ways to point.
        """
        opening = []
        for place in range(count):
            words = prompts.counted(prompts.NOBODY, self.types[place % len(self.types)], 3)
            opening.append(self._said(words, self._case(place)))
        talks = [(one, answer) for one, answer in self._answers(opening) if answer.items]
        for kinds, name, right in (
            (("why", "what"), "reference: spoken of", self._speaks_of),
            (("more",), "reference: more of its kind share its topics", self._is_alike),
            (("not_this", "not_these"), "turned down: others come", self._others),
        ):
            said = [self._after(one, answer, kinds[place % len(kinds)]) for place, (one, answer) in enumerate(talks)]
            yield _obeyed(name, [right(one, answer) for one, answer in self._answers(said)])

    def _discoveries(self, count: int) -> Iterator[Obeyed]:
        """Lists of ten parts of things, whose wholes are to be new to the listener, or known and no habit."""
        kinds = [kind.name for kind in self.types if kind.parent] or [kind.name for kind in self.types]
        now, parents = self.neo.bundle.now, self.catalog.parent_rows
        for mode in DISCOVERY:
            shares = []
            for place in range(count):
                case = self._case(place)
                wish, who = self._any(HELD_OUT_MODES[mode]), self.neo.bundle.listeners.id(case.listener)
                kind = kinds[place % len(kinds)]
                answer = self.neo.recommend(who, type=kind, k=LIST, wish=wish, read_words=self.read_words)
                rows = self.catalog.rows([item.id for item in answer.items])
                levels = Known(case, now, parents).levels(rows)
                shares.append(float((levels == LEVELS.index(mode)).mean()) if len(rows) else 0.0)
            yield Obeyed(name=f"discovery: {mode}", n=len(shares), share=float(np.mean(shares)) if shares else 0.0)

    def _after(self, one: Said, answer: Answer, kind: str) -> Said:
        rows = self.catalog.rows([item.id for item in answer.items]).tolist()
        at = int(self.rng.integers(len(rows)))
        template = self._any(HELD_OUT[kind])
        slots = {"ref": reference(self.facts, rows, at, self.rng, chosen=0)} if "ref" in slots_of(template) else {}
        turns = (*one.messages, {"role": "assistant", "content": list(answer.parts)})
        asked = {"role": "user", "content": self._content(prompts.said(template, **slots))}
        return Said((*turns, asked), one.listener, (rows, rows[at]))

    def _speaks_of(self, one: Said, answer: Answer) -> bool:
        first = answer.items[0].id if answer.items else None
        return first == self.catalog.id(one.wanted[1])

    def _is_alike(self, one: Said, answer: Answer) -> bool:
        topics = set(self.facts.item(one.wanted[1]).topics)
        rows = self.catalog.rows([item.id for item in answer.items]).tolist()
        return bool(rows) and all(topics & set(self.facts.item(row).topics) for row in rows)

    def _others(self, one: Said, answer: Answer) -> bool:
        rows = self.catalog.rows([item.id for item in answer.items]).tolist()
        return bool(rows) and not set(rows) & set(one.wanted[0])

    def _answers(self, said: Sequence[Said]) -> Iterator[tuple[Said, Answer]]:
        """In batches, as a server would."""
        for start in range(0, len(said), BATCH):
            batch = said[start : start + BATCH]
            requests = [
                self.neo.prepare_chat(
                    list(one.messages), listener=one.listener, max_items=self.most, read_words=self.read_words
                )
                for one in batch
            ]
            done = {at: event for at, event in self.neo.stream_words(requests) if isinstance(event, Answer)}
            yield from ((one, done[at]) for at, one in enumerate(batch))

    def _said(self, request: Sequence[Segment], case: RecommendCase, wanted: Any = None) -> Said:
        message = {"role": "user", "content": self._content(request)}
        return Said((message,), self.neo.bundle.listeners.id(case.listener), wanted)

    def _content(self, segments: Sequence[Segment]) -> list[dict[str, str]]:
        return [
            {"type": "item", "item_id": self.catalog.id(segment.row)}
            if isinstance(segment, ItemRef)
            else {"type": "text", "text": segment.text if isinstance(segment, Text) else ""}
            for segment in segments
        ]

    def _case(self, place: int) -> RecommendCase:
        return self.cases[place % len(self.cases)]

    def _any(self, wordings: Sequence[str]) -> str:
        return wordings[int(self.rng.integers(len(wordings)))]


def _format(answer: Answer, one: Said) -> str:
    held = {part.get("item_id") for part in one.messages[-1]["content"]}
    if all(item.id in held for item in answer.items):
        return "text"
    return "items" if all(isinstance(part, ItemPart) for part in answer.parts) else "mixed"


def _obeyed(name: str, right: Sequence[bool]) -> Obeyed:
    return Obeyed(name=name, n=len(right), share=float(np.mean(right)) if right else 0.0)
