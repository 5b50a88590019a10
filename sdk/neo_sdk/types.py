"""What an answer is made of: items, parts, usage. Everything is immutable and reads and writes JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

OutputFormat = Literal["items", "text", "mixed"]
FinishReason = Literal["stop", "length", "empty"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Frozen):
    """One thing of the catalog. `duration` is in seconds; `parent` is the id of the item that this one is
    part of."""

    id: str
    type: str
    title: str
    creator: str | None = None
    description: str | None = None
    parent: str | None = None
    topics: tuple[str, ...] = ()
    date: dt.date | None = None
    duration: int | None = None
    language: str | None = None
    popularity: float | None = None
    url: str | None = None


class TextPart(_Frozen):
    """Words of an answer."""

    kind: Literal["text"] = "text"
    text: str


class ItemPart(_Frozen):
    """An item that an answer names. `score` is a log-probability where the model gave one."""

    kind: Literal["item"] = "item"
    item: Item
    score: float | None = None


Part = Annotated[TextPart | ItemPart, Field(discriminator="kind")]


class Usage(_Frozen):
    """Tokens read and tokens written."""

    prompt_tokens: int
    answer_tokens: int


class Answer(_Frozen):
    """An ordered list of parts. `print(answer)` shows it as a person would read it."""

    parts: tuple[Part, ...]
    finish_reason: FinishReason
    usage: Usage
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The answer as one text: the text parts, with items as their titles."""
        return "".join(part.text if isinstance(part, TextPart) else part.item.title for part in self.parts)

    @property
    def items(self) -> list[Item]:
        """The items that the answer names, in order."""
        return [part.item for part in self.parts if isinstance(part, ItemPart)]

    def __str__(self) -> str:
        if any(isinstance(part, TextPart) for part in self.parts):
            return self.text
        return "\n".join(f"{rank}. {_line(item)}" for rank, item in enumerate(self.items, 1))


def _line(item: Item) -> str:
    return f"{item.title} ({item.type})" if item.creator is None else f"{item.title}, {item.creator} ({item.type})"
