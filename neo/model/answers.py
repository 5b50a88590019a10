"""From what the decoder yields to answers of the contract: catalog rows become items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neo.catalog.catalog import Catalog
from neo.decoding.answer import Done, Event, ItemNamed, TextDelta
from neo.decoding.request import ScoredItem
from neo_sdk.types import Answer, ItemPart, StreamEvent, TextPart, Usage


def items_answer(
    catalog: Catalog,
    found: Sequence[ScoredItem],
    prompt_tokens: int,
    span_tokens: int,
    warnings: Sequence[str],
    guaranteed: tuple[str, ...],
) -> Answer:
    """An answer of items only, in the order they come in. span_tokens: how many tokens an item takes."""
    parts = tuple(ItemPart(item=catalog.item(item.row), score=item.score) for item in found)
    return Answer(
        parts=parts,
        finish_reason="stop" if parts else "empty",
        usage=Usage(prompt_tokens=prompt_tokens, answer_tokens=span_tokens * len(parts)),
        warnings=tuple(warnings),
        guaranteed=guaranteed,
    )


class Growing:
    """An answer as it grows: what each event of the decoder means to who asked.

    begun: whether it was begun with words that are no part of it, so that a space comes first.
    """

    def __init__(
        self,
        catalog: Catalog,
        prompt_tokens: int,
        warnings: Sequence[str],
        guaranteed: tuple[str, ...] = (),
        begun: bool = False,
    ) -> None:
        self.catalog, self.prompt_tokens, self.warnings, self.guaranteed = catalog, prompt_tokens, warnings, guaranteed
        self.begun = begun
        self.parts: list[TextPart | ItemPart] = []

    def take(self, event: Event) -> StreamEvent:
        """A piece of text or an item; at the end the whole answer, where neighboring texts are one part."""
        match event:
            case TextDelta(text):
                if self.begun and not self.parts:
                    text = text.lstrip()
                if self.parts and isinstance(before := self.parts[-1], TextPart):
                    self.parts[-1] = TextPart(text=before.text + text)
                else:
                    self.parts.append(TextPart(text=text))
                return TextPart(text=text)
            case ItemNamed(row, score):
                named = ItemPart(item=self.catalog.item(row), score=score)
                self.parts.append(named)
                return named
            case Done(reason, tokens):
                empty = () if self.parts else ("The model ended its answer before the first word.",)
                return Answer(
                    parts=tuple(self.parts),
                    finish_reason=reason if self.parts else "empty",
                    usage=Usage(prompt_tokens=self.prompt_tokens, answer_tokens=tokens),
                    warnings=(*self.warnings, *empty),
                    guaranteed=self.guaranteed,
                )


def last(events: Iterator[StreamEvent]) -> Answer:
    """The whole answer at the end of a stream."""
    answer = None
    for event in events:
        answer = event
    if not isinstance(answer, Answer):
        raise RuntimeError("a stream of an answer ended without one")
    return answer
