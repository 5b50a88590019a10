from __future__ import annotations

from decoding_reference import leaning, make_world
from hypothesis import given
from hypothesis import strategies as st

from neo.decoding.loops import LONGEST, SHORTEST, third_time
from neo.decoding.mixed import Done, TextDelta, stream_answer


@given(st.lists(st.integers(0, 3), max_size=120))
def test_nothing_is_said_three_times_in_a_row(wanted: list[int]) -> None:
    said: list[int] = []
    for token in wanted:
        if token not in third_time(said):
            said.append(token)
    for length in range(SHORTEST, LONGEST + 1):
        for start in range(len(said) - 3 * length + 1):
            once, twice, thrice = (said[start + n * length : start + (n + 1) * length] for n in range(3))
            assert not once == twice == thrice


@given(st.lists(st.integers(0, 3), max_size=40))
def test_what_is_not_a_third_time_may_be_said(said: list[int]) -> None:
    for token in third_time(said):
        assert any(
            said[-length:] == said[-2 * length : -length] and said[-length] == token
            for length in range(SHORTEST, LONGEST + 1)
            if len(said) >= 2 * length
        )


def test_a_word_and_a_refrain_may_be_repeated() -> None:
    assert third_time([5, 5, 5]) == set()
    assert third_time([1, 2, 3, 1, 2, 3]) == {1}
    assert third_time([1, 2, 3, 9, 1, 2, 3]) == set()


def test_a_model_that_wants_one_word_only_says_others_too() -> None:
    world = make_world(3)
    prompt = world.prompt(4)[:-1]
    with leaning(world.model, {65: 50.0, world.vocab.end: -50.0}):
        events = list(stream_answer(world.model, world.vocab, world.index, prompt, (), format="text", max_tokens=12))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert isinstance(events[-1], Done) and events[-1].tokens == 12
    assert len(set(text)) > 1
