"""Who waits is woken for an answer's first piece and its end, and for what comes between once in a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from neo.serving import waiting
from neo.serving.waiting import Pieces
from neo_sdk.types import Answer, TextPart, Usage

WHOLE = Answer(parts=(), finish_reason="stop", usage=Usage(prompt_tokens=1, answer_tokens=1))


def heard(pieces: list[tuple[float, Any]], count: int = 1) -> list[list[Any]]:
    """What comes together of pieces that are said at these seconds; an error is the last that comes."""

    async def run() -> list[list[Any]]:
        waits, got = Pieces(count), list[list[Any]]()
        for at, piece in pieces:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(waiting.time, "monotonic", lambda at=at: at)
                waits.put(0)(piece)
        try:
            async for there in waits:
                got.append([piece for _, piece in there])
        except RuntimeError as error:
            got.append([error])
        return got

    return asyncio.run(run())


def word(text: str) -> TextPart:
    return TextPart(text=text)


def test_the_first_piece_and_the_end_come_at_once_and_others_together() -> None:
    a, b, c, d, e = map(word, "abcde")
    said = [(10.0, a), (10.01, b), (10.02, c), (10.0 + waiting.PAUSE, d), (10.06, e), (10.07, WHOLE)]
    assert heard(said) == [[a], [b, c, d], [e, WHOLE]]


def test_pieces_that_come_slowly_come_one_by_one() -> None:
    a, b = map(word, "ab")
    assert heard([(1.0, a), (2.0, b), (3.0, WHOLE)]) == [[a], [b], [WHOLE]]


def test_what_was_said_before_an_error_is_heard() -> None:
    a, b, wrong = word("a"), word("b"), RuntimeError("no")
    assert heard([(1.0, a), (1.01, b), (1.02, wrong)]) == [[a], [b], [wrong]]


def test_it_ends_with_the_last_of_several_answers() -> None:
    assert heard([(1.0, WHOLE), (1.0, word("a")), (1.0, WHOLE)], count=2) == [[WHOLE], [word("a"), WHOLE]]
