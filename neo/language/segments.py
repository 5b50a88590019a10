"""Segments: what a prompt and an answer are made of before anything becomes a token id.

A segment is text, or a reference to catalog items by their rows. Control tokens are not segments: the renderer
places them. So nothing that a user or a catalog writes can ever become a control token or an item.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; it is encoded by the plain encoder, whatever it says."""

    text: str


@dataclass(frozen=True, slots=True)
class ItemRef:
    """One catalog item by its row number; it is rendered as `<|sid|> codes <|/sid|>`."""

    row: int


@dataclass(frozen=True, slots=True)
class Vector:
    """A listener's vector, by its ids: see `neo.listeners.soft_prompt`."""

    ids: tuple[int, ...]


Note = Text | Vector


@dataclass(frozen=True, slots=True)
class History:
    """What a listener met, oldest first: item rows, rendered as one span, `<|sid|> codes codes ... <|/sid|>`.

    notes: what is said of the next item before it comes, by its place; the number of items for what stands last.
    learned_from: the place of the first item that is trained, in a row whose history is.
    """

    rows: tuple[int, ...]
    notes: tuple[tuple[int, Note], ...] = ()
    learned_from: int = 0

    def without_oldest(self, count: int) -> History:
        """The same of the later items."""
        notes = tuple((place - count, note) for place, note in self.notes if place >= count)
        return History(self.rows[count:], notes, max(0, self.learned_from - count))


@dataclass(frozen=True, slots=True)
class Aside:
    """Text that the model reads within its answer, and that is no part of it: see `neo.language.asides`."""

    text: str


Segment = Text | ItemRef | History | Aside


@dataclass(frozen=True, slots=True)
class Turn:
    """A request and, where it is known, its answer."""

    request: tuple[Segment, ...]
    answer: tuple[Segment, ...] | None = None


def merge_texts(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Neighbouring texts become one and empty texts go, so that equal prompts have equal segments."""
    merged: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Text):
            if not segment.text:
                continue
            if merged and isinstance(merged[-1], Text):
                merged[-1] = Text(merged[-1].text + segment.text)
                continue
        merged.append(segment)
    return tuple(merged)
