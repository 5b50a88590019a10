"""What answers speak of: how they begin, what is read then and not said, and what leads to an item that is owed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from answers_reference import lean, naive_answer, runs, text_or_end
from decoding_reference import MAX_POSITIONS, World, answer_events, leaning, reachable, rows_in, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.answer import Done, Event, ItemNamed
from neo.decoding.beam import search_spans


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), begins=st.booleans())
def test_what_an_answer_speaks_of_is_of_an_index_of_its_own(world: World, begins: bool) -> None:
    """Right after its first words, here none, and nowhere else; there it is the best of that index."""
    everything = sorted(rows_in(world.index))
    spoken = set(everything[::3])
    mask = np.isin(np.arange(everything[-1] + 1), list(spoken))
    about, others = world.index.filtered(mask), world.index.filtered(~mask)
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": 4, "max_items": 4, "beams": 4, "about": about}
    how["about_words"] = () if begins else (-1,)  # no answer ever says that
    with leaning(world.model, lean(world, opening=30.0)):  # every answer begins with an item
        events = list(answer_events(world.model, world.vocab, others, prompt, types, **how))
        opened = [*prompt, world.vocab.open]
        expected = search_spans(world.model, world.vocab, about, [opened], [types], k=1, beams=4)[0]
    items = [event.row for event in events if isinstance(event, ItemNamed)]
    if begins:
        assert items[0] == expected[0].row and not spoken & set(items[1:])
    else:
        assert not spoken & set(items)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), opening=st.sampled_from([3.0, 9.0]))
def test_the_facts_of_what_words_lead_to_are_read(world: World, opening: float) -> None:
    types, prompt = world.some_types(), world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": 15, "max_items": 3, "beams": 4}

    def aside(row: int | None, first: bool) -> list[int]:
        return [] if row is None else [1 + row % 5, 7 + first]

    with leaning(world.model, lean(world, opening)):
        events = list(answer_events(world.model, world.vocab, world.index, prompt, types, **how, aside=aside))
        expected, reason = naive_answer(world, prompt, types, aside)
    assert runs(events) == expected
    assert isinstance(events[-1], Done) and events[-1].reason == reason


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), max_tokens=st.integers(1, 6))
def test_an_answer_begins_as_it_is_told_to(world: World, max_tokens: int) -> None:
    """As if the model had written it; no more of it than there is room for."""
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    begins = (*world.vocab.encode("So "), world.vocab.open)
    how: dict[str, Any] = {"max_items": 3, "beams": 4}
    with leaning(world.model, lean(world, opening=3.0)):
        events = list(
            answer_events(
                world.model, world.vocab, world.index, prompt, types, **how, max_tokens=max_tokens, begins=begins
            )
        )
        search = search_spans(world.model, world.vocab, world.index, [[*prompt, *begins]], [types], k=1, beams=4)
    text, *others = runs(events)
    if max_tokens <= 3:
        assert text == "So "[:max_tokens] and not others
    else:
        assert (text, others[0]) == ("So ", search[0][0].row)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), long=st.booleans())
def test_what_is_put_before_the_model_is_read_and_not_said(world: World, long: bool) -> None:
    """As if the prompt had gone on with the item, or the words, and with what is read then."""
    everything = sorted(rows_in(world.index))
    mask = np.isin(np.arange(everything[-1] + 1), everything[::3])
    about, others = world.index.filtered(mask), world.index.filtered(~mask)
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    often = MAX_POSITIONS if long else 1
    read: dict[int | None, list[int]] = {row: [1 + row % 5, 7, 9] * often for row in everything}
    read[None] = [3, 5] * often
    how: dict[str, Any] = {"max_tokens": 4, "max_items": 0, "beams": 4}

    def answer(ids: list[int], **more: Any) -> list[Event]:
        return list(answer_events(world.model, world.vocab, others, ids, types, **{**how, **more}))

    def goes_on(ids: list[int], **more: Any) -> list[Event]:
        """An answer of which some has been said: single tokens decide, as they do not where one begins."""
        with torch.no_grad():
            logits = world.model(torch.tensor([ids])).logits[0, -1]
        likely = max(text_or_end(world.vocab), key=lambda token: float(logits[token]))
        return answer(ids, begins=(likely,), **more)

    def told(row: int | None) -> list[int]:
        """Where there is no room for it, nothing."""
        return [] if long else read[row]

    with leaning(world.model, lean(world, opening=30.0)):  # every answer begins with an item
        events = answer(prompt, about=about, aside=lambda row, first: read[row])
        first = next(event for event in events if isinstance(event, ItemNamed))
        span = world.vocab.sid_ids(first.codes, first.type)
        rest = goes_on([*prompt, *span, *told(first.row)])
    assert runs(events)[1:] == runs(rest)
    ends = events[-1], rest[-1]
    assert all(isinstance(end, Done) for end in ends)
    assert ends[0].tokens == len(span) + ends[1].tokens  # type: ignore[union-attr]
    letters = {world.vocab.encode(letter)[0]: 25.0 for letter in "abcdefgh"}
    with leaning(world.model, letters):  # and now with words
        (plain,) = runs(answer(prompt))
        (first_letter,) = world.vocab.encode(str(plain)[0])
        begun = answer(prompt, about_them=(first_letter,), aside=lambda row, first: read[row])
        rest = goes_on([*prompt, first_letter, *told(None)], max_tokens=3)
    assert runs(begun) == [str(plain)[0] + str(runs(rest)[0])]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), max_tokens=st.integers(1, 12))
def test_words_lead_to_an_item_that_is_owed(world: World, max_tokens: int) -> None:
    """Where words stand before it and there is room for more; the joint counts as words, and an item follows it."""
    joint = tuple(world.vocab.encode(" And "))
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": max_tokens, "max_items": 2, "min_items": 2, "beams": 4, "joint": joint}
    with leaning(world.model, {**lean(world, opening=-30.0), world.vocab.end: 3.0}):  # it ends without an item
        events = list(answer_events(world.model, world.vocab, world.index, prompt, types, **how))
    found = runs(events)
    rows = [run for run in found if isinstance(run, int)]
    assert len(rows) == min(2, reachable(world.index, types))
    done = events[-1]
    assert isinstance(done, Done) and done.tokens - len(rows) * (world.vocab.levels + 2) <= max_tokens
    for before, after in pairwise(found):
        if isinstance(before, str) and before.endswith(" And "):
            assert isinstance(after, int)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True))
def test_the_joint_stands_before_each_item_that_is_owed(world: World) -> None:
    """Where the model would end instead, and has begun with words."""
    begins, joint = tuple(world.vocab.encode("So")), tuple(world.vocab.encode(" And "))
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": 40, "max_items": 2, "min_items": 2, "beams": 4}
    with leaning(world.model, lean(world, opening=-30.0, ending=60.0)):
        events = list(
            answer_events(world.model, world.vocab, world.index, prompt, types, **how, begins=begins, joint=joint)
        )
    words = [run for run in runs(events) if isinstance(run, str)]
    rows = [run for run in runs(events) if isinstance(run, int)]
    assert words == ["So And ", " And "][: len(rows)] and len(rows) == min(2, reachable(world.index, types))
    assert runs(events)[1::2] == rows


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), named=st.booleans(), owed=st.integers(0, 2))
def test_nothing_is_spoken_of_that_was_not_named(world: World, named: bool, owed: int) -> None:
    """The words for it can begin an answer only where there is something, and none begins with them that owes items."""
    about_words, them = tuple(world.vocab.encode("ab")), tuple(world.vocab.encode("c"))
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": 4, "max_items": 3, "min_items": owed, "beams": 4}
    how |= {"about_words": about_words, "about_them": them, "about": world.index if named else None}
    for wanted in ("a", "c"):  # what the model would say above all
        likes = {**lean(world, opening=3.0), world.vocab.encode(wanted)[0]: 60.0, world.vocab.encode("b")[0]: 50.0}
        with leaning(world.model, likes):
            events = list(answer_events(world.model, world.vocab, world.index, prompt, types, **how))
        said = str(runs(events)[0]) if isinstance(runs(events)[0], str) else ""
        assert said.startswith(wanted) is (named or not owed)
        assert named or not said.startswith("ab")


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), owed=st.integers(0, 2))
def test_an_answer_that_owes_items_does_not_begin_as_one_that_names_none(world: World, owed: int) -> None:
    """However likely its second token is; the first is some other answer's too."""
    first, second, other = (world.vocab.encode(letter)[0] for letter in "abc")
    types, prompt = world.vocab.type_names, world.prompt(5)[:-1]
    how: dict[str, Any] = {"max_tokens": 2, "max_items": 2, "min_items": owed, "beams": 4}
    likes = {**lean(world, opening=3.0), first: 60.0, second: 90.0, other: 30.0}
    likes[world.vocab.end] = -30.0
    with leaning(world.model, likes):
        events = answer_events(
            world.model, world.vocab, world.index, prompt, types, **how, begins=(first,), nameless=((first, second),)
        )
        said = str(runs(list(events))[0])
    assert said[:2] == ("ab" if not owed else "aa")
