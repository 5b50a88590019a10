"""What an answer in words is asked to be, and what is heard of it as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from transformers import PreTrainedModel

from neo.decoding.context import check_prompt
from neo.decoding.index import SidIndex
from neo.decoding.naming import Names, Told
from neo.decoding.request import GroupLimit, SpanRequest
from neo.decoding.sampling import Sampling
from neo.language.render import MOST_ASIDE
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import InvalidRequestError


@dataclass(frozen=True)
class TextDelta:
    """A piece of text, whole characters only."""

    text: str


@dataclass(frozen=True)
class ItemNamed:
    """An item, with its log-probability at this place of the answer, and its shift if there is one."""

    row: int
    score: float
    type: str
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Done:
    """The last event. `stop`: the model ended the answer; `length`: the tokens or the model's context ran
    out.

    tokens: how many tokens the answer has, the tokens of items included. said: all that stands behind the prompt now,
    asides too, without the end.
    """

    reason: Literal["stop", "length"]
    tokens: int
    said: tuple[int, ...] = field(default=(), compare=False, repr=False)


Event = TextDelta | ItemNamed | Done


@dataclass(frozen=True, eq=False)
class AnswerRequest:
    """What one row of a batch is to answer.

    prompt: token ids that end with `<|answer|>`. Items are of `types` and from `index` (filters are filtered indexes);
    the format `text` names none, and `items` is nothing but items, `max_items` of them or as many as there are.
    `words_first`: an answer begins with text. `max_tokens` counts text tokens, `max_items` items; with `min_items`, the
    answer goes on naming items until there are that many or none is left. Greedy unless `temperature` is given; either
    way text does not run in circles (`third_time`). An item that comes right after `about_words`, the first tokens of
    an answer, is of `about`, of whatever type. `aside`: tokens that the model reads, and nobody else, behind an item
    that words have led to (a catalog row, and whether it is the first), and once an answer has begun with `about_them`
    (None), `MOST_ASIDE` tokens at most. `joint`: tokens that an answer with words writes before an item that it would
    have ended without. `listed`: names that an answer about them lists once (`listed_twice`).
    `begins`: the answer's first tokens, text and `<|sid|>`, whatever the model would write. `one_of`: the whole
    answer is one of these (tokens of text), as the model would begin it. `nameless`: beginnings of answers that name
    nothing, which one that owes items does not have. `then`: what the second item is of, the third and so on, where
    each is asked for by itself; one that nothing is left of is passed over. `told`: the names that an aside tells of,
    `told_before`: those of one that the prompt ends with, `others`: those of the catalog (`Naming`).
    """

    index: SidIndex
    prompt: Sequence[int]
    types: tuple[str, ...]
    format: Literal["text", "mixed", "items"] = "mixed"
    max_tokens: int = 256
    max_items: int = 10
    min_items: int = 0
    beams: int = 30
    limit: GroupLimit | None = None
    shift: torch.Tensor | None = None
    temperature: float | None = None
    generator: torch.Generator | None = None
    about: SidIndex | None = None
    about_words: tuple[int, ...] = ()
    about_them: tuple[int, ...] = ()
    aside: Callable[[int | None, bool], Sequence[int]] | None = None
    joint: tuple[int, ...] = ()
    listed: Callable[[], Sequence[Sequence[int]]] | None = None
    begins: tuple[int, ...] = ()
    one_of: tuple[tuple[int, ...], ...] = ()
    nameless: tuple[tuple[int, ...], ...] = ()
    words_first: bool = False
    then: tuple[SidIndex, ...] = ()
    told: Callable[[int | None, bool], Told] | None = None
    told_before: Told | None = None
    others: Names | None = None

    def check(self, model: PreTrainedModel, vocab: Vocabulary) -> None:
        """InvalidRequestError for arguments out of range, and for a prompt that is too long."""
        if self.format not in ("text", "mixed", "items"):
            raise InvalidRequestError(f"format must be 'text', 'mixed' or 'items', got {self.format!r}.")
        for name, least in (("max_tokens", 1), ("max_items", 0), ("min_items", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InvalidRequestError(f"{name} must be a whole number of at least {least}, got {value!r}.")
        if self.format != "text" and self.min_items > self.max_items:
            raise InvalidRequestError(f"min_items must not exceed max_items ({self.max_items}), got {self.min_items}.")
        if self.then and self.limit is not None:
            raise InvalidRequestError("An answer whose items are asked for one by one knows no limit of a group.")
        self.sampling()
        check_prompt(model, self.prompt, 1)
        if self.format != "text":
            for span in self.spans():
                span.check(vocab)

    @property
    def items_owed(self) -> int:
        """How many items the answer must name, as long as there are any."""
        return self.min_items if self.format != "text" else 0

    def most_tokens(self, span: int, positions: int) -> int:
        """The most that its answer can have, with spans of so many tokens and a model of so many positions."""
        items = (self.max_items + (self.about is not None)) if self.format != "text" else 0
        span += MOST_ASIDE if self.aside is not None else 0
        asked = self.max_tokens + max(items, 1) * span
        asked += MOST_ASIDE if self.aside is not None and self.about_them else 0
        return min(asked, positions - len(self.prompt))

    def sampling(self) -> Sampling | None:
        """None for greedy."""
        return None if self.temperature is None else Sampling.check(self.temperature, None, self.generator)

    def span(self) -> SpanRequest:
        """The search of its first item."""
        return self.span_of(self.index)

    def span_of(self, index: SidIndex) -> SpanRequest:
        """The search of one item of an index."""
        types = self.types if not self.then else tuple(index.types)
        return SpanRequest(types, index, k=1, beams=self.beams, limit=self.limit, shift=self.shift)

    def spoken_of(self) -> SpanRequest | None:
        """The search of the item that an answer begins with by speaking of it."""
        if self.about is None or not len(self.about):
            return None
        return SpanRequest(tuple(self.about.types), self.about, k=1, beams=self.beams)

    def unsayable(self, said: Sequence[int]) -> set[int]:
        """What does not come next where items are owed, as it would lead to an answer that names none; and where
        nothing was named that an answer could speak of, the last of `about_words`, and with items owed not the first
        either, nor that of `about_them`."""
        begun = tuple(said)
        barred = {one[-1] for one in self.nameless if one[:-1] == begun} if self.items_owed else set()
        if len(said) >= len(self.about_words) or self.spoken_of() is not None:
            return barred
        if not said and self.items_owed:
            return barred | {self.about_words[0], *self.about_them[:1]}
        return barred | {self.about_words[-1]} if begun == self.about_words[:-1] else barred

    def spans(self) -> list[SpanRequest]:
        """The searches that an answer may begin with."""
        own = [self.span_of(index) for index in (self.index, *self.then)] if self.max_items else []
        return [*own, *(one for one in [self.spoken_of()] if one is not None)]
