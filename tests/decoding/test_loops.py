from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest
import torch
from decoding_reference import answer_events, make_world
from hypothesis import given
from hypothesis import strategies as st

from neo.decoding.answer import TextDelta
from neo.decoding.loops import LONGEST, third_time

SPELLED = (" sea", " train", "-", "1", "2")


def spell(ids: Sequence[int]) -> str:
    return "".join(SPELLED[token] for token in ids)


def words_in(ids: Sequence[int]) -> int:
    return sum(token < 2 for token in ids)


@given(st.lists(st.integers(0, 4), max_size=120))
def test_no_words_are_said_three_times_in_a_row(wanted: list[int]) -> None:
    said: list[int] = []
    for token in wanted:
        if token not in third_time(said, spell):
            said.append(token)
    for length in range(2, LONGEST + 1):
        for start in range(len(said) - 3 * length + 1):
            once, twice, thrice = (said[start + n * length : start + (n + 1) * length] for n in range(3))
            assert not once == twice == thrice or words_in(once) < 2


def test_numbers_rules_and_refrains_may_be_repeated() -> None:
    assert third_time([0, 1, 0, 1], spell) == {0}
    assert third_time([0, 2, 1, 0, 2, 1], spell) == {0}
    assert third_time([0, 1, 3, 0, 1], spell) == set()
    assert third_time([3, 4, 4, 4, 4], spell) == set()
    assert third_time([2] * 12, spell) == set()
    assert third_time([0, 2, 0, 2], spell) == set()  # one word: ha, ha, ha


@pytest.mark.parametrize(("wanted", "written"), [("ab cd ", "ab cd ab cd !b cd ab"), ("-+", "-+" * 10)])
def test_an_answer_gets_out_of_a_loop(monkeypatch: pytest.MonkeyPatch, wanted: str, written: str) -> None:
    world = make_world(3)
    letters, other = world.vocab.encode(wanted), world.vocab.encode("!")[0]
    asked = cycle(letters)

    def scripted(*_: object) -> torch.Tensor:
        """Wants the text over and over, and else an exclamation mark."""
        logits = torch.zeros(1, world.vocab.end + 2)
        logits[0, other], logits[0, next(asked)] = 1.0, 2.0
        return logits

    monkeypatch.setattr("neo.decoding.reading.head_logits", scripted)
    prompt = world.prompt(4)[:-1]
    answer = answer_events(world.model, world.vocab, world.index, prompt, (), format="text", max_tokens=20)
    assert "".join(event.text for event in answer if isinstance(event, TextDelta)) == written
