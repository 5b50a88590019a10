"""From what the decoder yields to answers of the contract: catalog rows become items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neo.catalog.catalog import Catalog
from neo.decoding.mixed import Done, Event, ItemNamed, TextDelta
from neo.decoding.request import ScoredItem
from neo_sdk.types import Answer, ItemPart, TextPart, Usage

StreamEvent = TextPart | ItemPart | Answer


def items_answer(
    catalog: Catalog,
    found: Sequence[ScoredItem],
    prompt_tokens: int,
    span_tokens: int,
    warnings: Sequence[str],
) -> Answer:
    """An answer of items only, in the order they come in. span_tokens: how many tokens an item takes."""
    parts = tuple(ItemPart(item=catalog.item(item.row), score=item.score) for item in found)
    return Answer(
        parts=parts,
        finish_reason="stop" if parts else "empty",
        usage=Usage(prompt_tokens=prompt_tokens, answer_tokens=span_tokens * len(parts)),
        warnings=tuple(warnings),
    )


def streamed(
    catalog: Catalog, events: Iterator[Event], prompt_tokens: int, warnings: Sequence[str]
) -> Iterator[StreamEvent]:
    """Pieces of text and items as they come, then the whole answer, where neighboring texts are one part."""
    parts: list[TextPart | ItemPart] = []
    for event in events:
        match event:
            case TextDelta(text):
                delta = TextPart(text=text)
                if parts and isinstance(parts[-1], TextPart):
                    parts[-1] = TextPart(text=parts[-1].text + text)
                else:
                    parts.append(delta)
                yield delta
            case ItemNamed(row, score):
                named = ItemPart(item=catalog.item(row), score=score)
                parts.append(named)
                yield named
            case Done(reason, tokens):
                empty = () if parts else ("The model ended its answer before the first word.",)
                yield Answer(
                    parts=tuple(parts),
                    finish_reason=reason if parts else "empty",
                    usage=Usage(prompt_tokens=prompt_tokens, answer_tokens=tokens),
                    warnings=(*warnings, *empty),
                )


def last(events: Iterator[StreamEvent]) -> Answer:
    """The whole answer at the end of a stream."""
    answer = None
    for event in events:
        answer = event
    if not isinstance(answer, Answer):
        raise RuntimeError("a stream of an answer ended without one")
    return answer
