from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest
import torch
from decoding_reference import answer_events, make_world
from hypothesis import given
from hypothesis import strategies as st

from neo.decoding.answer import TextDelta
from neo.decoding.loops import JOINT, LONGEST, TIMES, listed_twice, third_time

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


@pytest.mark.parametrize("loop", [[3], [3, 4], [2, 3, 4, 3]])
def test_not_for_ever(loop: list[int]) -> None:
    for times in range(2, TIMES + 2):
        said = [2, 4, *loop * times]
        assert third_time(said, spell) == ({loop[0]} if times >= TIMES else set())


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


NAMES = ((0,), (1, 2), (1, 3), (4, 0))


@given(st.lists(st.integers(0, 6), max_size=40))
def test_of_names_that_are_listed_none_comes_twice(said: list[int]) -> None:
    spelled = [tuple(said[at : at + size]) for size in (1, 2) for at in range(len(said) - size + 1)]
    listed = [name for name in NAMES if name in spelled]
    just = any(
        tuple(said[len(said) - gap - len(name) : len(said) - gap]) == name
        for name in NAMES
        for gap in range(JOINT + 1)
        if gap + len(name) <= len(said)
    )
    fresh = {name[0] for name in NAMES if name not in listed}
    assert listed_twice(said, NAMES) == ({name[0] for name in listed} - fresh if just else set())


def test_a_list_goes_on_with_a_name_that_it_has_not() -> None:
    joint = [5, 6]
    assert listed_twice([9, 1, 2, *joint], NAMES) == set()  # the other name that begins so may come
    assert listed_twice([9, 1, 2, *joint, 1, 3, *joint], NAMES) == {1}
    assert listed_twice([9, 0, *joint, 1, 2, 5, 6, 7, 8], NAMES) == {0}
    assert listed_twice([9, 0, *joint, 1, 2, 5, 6, 7, 8, 9], NAMES) == set()  # the list has ended


@pytest.mark.parametrize("begun", [True, False])
def test_an_answer_about_them_lists_each_name_once(monkeypatch: pytest.MonkeyPatch, begun: bool) -> None:
    """Also where it has said itself whom it is about, and the names stand before it in an aside."""
    world = make_world(3)
    names = [world.vocab.encode(name) for name in ("ab", "cd")]
    about_them = () if begun else tuple(world.vocab.encode("You"))
    wanted = iter([*about_them, *world.vocab.encode("ab, ab")])
    other = world.vocab.encode("!")[0]

    def scripted(*_: object) -> torch.Tensor:
        logits = torch.zeros(1, world.vocab.end + 2)
        logits[0, other], logits[0, next(wanted, other)] = 1.0, 2.0
        return logits

    monkeypatch.setattr("neo.decoding.reading.head_logits", scripted)
    how = {"format": "text", "max_tokens": 12, "about_them": about_them, "listed": lambda: names}
    prompt, aside = world.prompt(4)[:-1], world.vocab.encode("(ab, cd)")
    events = answer_events(world.model, world.vocab, world.index, prompt, (), aside=lambda *_: aside, **how)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text.removeprefix("You").startswith("ab, !b"), text
