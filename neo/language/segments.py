"""Segments: what a prompt and an answer are made of before anything becomes a token id.

A segment is text, or a reference to catalog items by their rows. Control tokens are not segments: the renderer
places them. So nothing that a user or a catalog writes can ever become a control token or an item (design rule 1).
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
class History:
    """What a listener met, oldest first: item rows, rendered as one span, `<|sid|> codes codes ... <|/sid|>`.

    vectors: what is known of the listener in the long run, as ids of `neo.listeners.soft_prompt`, by the place of the
    item that they stand before; the number of items for what stands last.
    learned: which items are trained, in a row whose history is; all of them where it is empty.
    """

    rows: tuple[int, ...]
    vectors: tuple[tuple[int, tuple[int, ...]], ...] = ()
    learned: tuple[bool, ...] = ()

    def without_oldest(self, count: int) -> History:
        """The same of the later items."""
        vectors = tuple((place - count, ids) for place, ids in self.vectors if place >= count)
        return History(self.rows[count:], vectors, self.learned[count:])


Segment = Text | ItemRef | History


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
