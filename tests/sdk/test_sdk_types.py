from __future__ import annotations

import pytest
from pydantic import ValidationError

from neo_sdk import Answer, Item, ItemPart, TextPart, Usage

USAGE = Usage(prompt_tokens=3, answer_tokens=4)
DUNE = Item(id="b1", type="audiobook", title="Dune", creator="Frank Herbert")
NEWS = Item(id="s1", type="show", title="The News")


def test_text_has_items_as_their_titles() -> None:
    parts = (TextPart(text="Try "), ItemPart(item=DUNE, score=-1.5), TextPart(text="."))
    answer = Answer(parts=parts, finish_reason="stop", usage=USAGE)
    assert answer.text == str(answer) == "Try Dune."
    assert answer.items == [DUNE]


def test_a_list_of_items_prints_as_a_numbered_list() -> None:
    answer = Answer(parts=(ItemPart(item=DUNE), ItemPart(item=NEWS)), finish_reason="stop", usage=USAGE)
    assert str(answer) == "1. Dune, Frank Herbert (audiobook)\n2. The News (show)"


def test_an_empty_answer_is_an_empty_text() -> None:
    answer = Answer(parts=(), finish_reason="empty", usage=USAGE, warnings=("nothing passes the filter",))
    assert (answer.text, str(answer), answer.items) == ("", "", [])


def test_json_round_trip_tells_the_parts_apart() -> None:
    parts = (TextPart(text="Try "), ItemPart(item=DUNE, score=-1.5))
    answer = Answer(parts=parts, finish_reason="length", usage=USAGE)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_answers_are_frozen_and_closed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DUNE.title = "Other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Item(id="b1", type="audiobook", title="Dune", author="x")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="finish_reason"):
        Answer(parts=(), finish_reason="tired", usage=USAGE)  # type: ignore[arg-type]
