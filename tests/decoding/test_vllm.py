"""vLLM under the decoder's rules gives what the embedded engine gives.

vLLM is a fake here; tests/serving/test_vllm_serving.py has the real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import fake_vllm
import numpy as np
import pytest
import torch
from decoding_reference import World, leaning, make_world, rows_in, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mixed_answers import lean
from test_newcomers import part_of

from neo.decoding import vllm_engine
from neo.decoding.answer import AnswerRequest, Event, ItemNamed, TextDelta
from neo.decoding.beam import search_spans
from neo.decoding.mixed import answers_of, stream_answers
from neo.decoding.reading import writable
from neo.decoding.request import GroupLimit, ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.vllm_engine import Vllm, search_spans_by
from neo.decoding.vllm_reading import AHEAD, VllmReading
from neo_sdk.errors import ConfigError, InvalidRequestError


@pytest.fixture(autouse=True)
def no_real_vllm() -> Iterator[None]:
    with fake_vllm.installed():
        yield


def vllm_of(world: World, **options: Any) -> Vllm:
    return Vllm(fake_vllm.LLM(world.model, **options), world.model, world.vocab)


def same(found: Sequence[Sequence[ScoredItem]], expected: Sequence[Sequence[ScoredItem]]) -> None:
    for mine, others in zip(found, expected, strict=True):
        assert [(item.row, item.codes, item.type) for item in mine] == [(o.row, o.codes, o.type) for o in others]
        assert [item.score for item in mine] == pytest.approx([other.score for other in others], abs=1e-4)


def asked_of(world: World, n: int) -> list[SpanRequest]:
    """Random requests: filters, types, limits, shifts, more items than there are, fewer beams than prefixes."""
    rng = world.rng
    groups = rng.integers(-1, 4, world.rows)
    some = [
        SpanRequest(
            world.some_types(),
            [world.index, world.filtered()][place % 2],
            k=int(rng.choice([1, 5, 100])),
            beams=int(rng.choice([1, 4, 100])),
            limit=GroupLimit(groups, int(rng.integers(1, 4))) if rng.random() < 0.5 else None,
            shift=torch.from_numpy(rng.normal(size=world.rows)).float() if rng.random() < 0.5 else None,
        )
        for place in range(n)
    ]
    some[0] = replace(some[0], index=world.index.only(world.vocab.type_names).filtered(world.mask([])))  # nothing
    return some


def embedded(world: World, prompts: list[list[int]], some: list[SpanRequest], **how: Any) -> list[list[ScoredItem]]:
    columns = {name: [getattr(asked, name) for asked in some] for name in ("k", "beams", "limit", "shift")}
    indexes, types = [asked.index for asked in some], [asked.types for asked in some]
    return search_spans(world.model, world.vocab, indexes, prompts, types, **columns, **how)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(2, 5))
def test_a_search_equals_the_embedded_one(world: World, n: int) -> None:
    some = asked_of(world, n)
    prompts = [world.prompt(int(world.rng.integers(0, 9))) for _ in some]
    vllm = vllm_of(world)
    same(search_spans_by(vllm, prompts, some), embedded(world, prompts, some))
    for prompt, params in vllm.llm.asked:
        assert params.max_tokens == 1 and params.logprobs == len(params.allowed_token_ids) > 1
        assert all(isinstance(token, int) for token in prompt["prompt_token_ids"])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.2, 0.6]))
def test_newcomers_have_the_share_that_they_have_there(seed: int, share: float) -> None:
    """For which the codes are asked for, too, that lead nowhere and were never learned."""
    world = make_world(seed)
    known = part_of(world, world.rng.random(world.rows) < share)
    index = world.index.learned_from(known, world.vocab.type_names[:1])
    some = [replace(asked, index=index) for asked in asked_of(world, 3)]
    prompts = [world.prompt(4) for _ in some]
    same(search_spans_by(vllm_of(world), prompts, some), embedded(world, prompts, some))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(world=worlds(unique=True), temperature=st.sampled_from([0.5, 2.0]))
def test_a_drawn_list_is_the_same_draw(world: World, temperature: float) -> None:
    some = [SpanRequest(world.vocab.type_names, world.index, k=5, beams=5)]
    prompts = [world.prompt(4)]
    sampling = Sampling(temperature, 1.0, torch.Generator().manual_seed(3))
    # In float32, as vLLM says it: the same noise is added to it.
    with torch.random.fork_rng():
        world.model.float()
        generator = torch.Generator().manual_seed(3)
        expected = embedded(world, prompts, some, sample=True, temperature=temperature, generator=generator)
        found = search_spans_by(vllm_of(world), prompts, some, sampling)
        world.model.double()
    same(found, expected)


def test_more_codes_than_vllm_takes_a_list_of_are_found_in_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_engine, "MOST_ALLOWED", 2)
    monkeypatch.setattr(fake_vllm, "MOST_ALLOWED", 2)
    world = make_world(4)
    some, prompts = asked_of(world, 3), [world.prompt(4)] * 3
    vllm = vllm_of(world)
    same(search_spans_by(vllm, prompts, some), embedded(world, prompts, some))
    assert any(params.logprobs == -1 for _, params in vllm.llm.asked)


def test_where_one_code_leads_on_nothing_is_asked() -> None:
    world = make_world(11)
    row = next(iter(rows_in(world.index)))
    vllm = vllm_of(world)
    alone = SpanRequest(world.vocab.type_names, world.index.filtered(world.mask([row])))
    ((item,),) = search_spans_by(vllm, [world.prompt(4)], [alone])
    assert item.score == 0 and item.row == row and not vllm.llm.asked


def test_what_the_embedded_engine_refuses_is_refused() -> None:
    world = make_world(10)
    vllm, asked = vllm_of(world), SpanRequest(("show",), world.index)
    with pytest.raises(InvalidRequestError, match="must end with"):
        search_spans_by(vllm, [world.prompt(4)[:-1]], [asked])
    with pytest.raises(InvalidRequestError, match="at most 64"):
        search_spans_by(vllm, [[world.vocab.open] * 64], [asked])
    with pytest.raises(InvalidRequestError, match="k must be"):
        search_spans_by(vllm, [world.prompt(4)], [replace(asked, k=0)])


def test_without_vllm_it_is_said_what_to_do() -> None:
    world = make_world(10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "vllm", None)
        with pytest.raises(ConfigError, match=r"docs/vllm\.md"):
            Vllm.start("nowhere", world.model, world.vocab)  # type: ignore[arg-type]


def answered(world: World, vllm: Vllm, requests: Sequence[AnswerRequest]) -> list[list[Event]]:
    reading = VllmReading(vllm, [vllm.prefix(asked.prompt) for asked in requests])
    events: list[list[Event]] = [[] for _ in requests]
    for place, event in answers_of(reading, world.vocab, vllm.positions, requests):
        events[place].append(event)
    return events


def alike(found: Sequence[Event], expected: Sequence[Event]) -> None:
    for mine, other in zip(found, expected, strict=True):
        if isinstance(mine, ItemNamed) and isinstance(other, ItemNamed):
            assert mine.score == pytest.approx(other.score, abs=1e-4)
            mine = replace(mine, score=other.score)
        assert mine == other


@settings(max_examples=30, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(1, 4), opening=st.sampled_from([3.0, 9.0]), tempted=st.booleans())
def test_mixed_answers_equal_the_embedded_ones(world: World, n: int, opening: float, tempted: bool) -> None:
    """Token by token, with everything that an answer can be asked, and with a model that wants what is forbidden."""
    rng, prompts = world.rng, [world.prompt(int(world.rng.integers(0, 20)))[:-1] for _ in range(n)]
    everything = sorted(rows_in(world.index))
    spoken = np.isin(np.arange(world.rows), everything[::3])
    groups = rng.integers(0, 3, world.rows)

    def request(prompt: list[int]) -> AnswerRequest:
        most = int(rng.integers(0, 4))
        return AnswerRequest(
            world.index.filtered(~spoken),
            prompt,
            world.some_types(),
            format=["mixed", "mixed", "text"][int(rng.integers(3))],  # type: ignore[arg-type]
            max_tokens=int(rng.integers(1, 2 * AHEAD)),
            max_items=most,
            min_items=int(rng.integers(0, most + 1)),
            beams=int(rng.integers(1, 5)),
            limit=GroupLimit(groups, 1) if rng.random() < 0.3 else None,
            shift=torch.from_numpy(rng.normal(size=world.rows)).float() if rng.random() < 0.3 else None,
            about=world.index.filtered(spoken) if rng.random() < 0.5 else None,
            aside=lambda item, first: [66, 67] if item is None else [68, 69, 70],
            joint=(44, 32),
        )

    requests = [request(prompt) for prompt in prompts]
    towards = lean(world, opening) if tempted else {world.vocab.open: opening, world.vocab.end: 2.0}
    with leaning(world.model, towards):
        expected: list[list[Event]] = [[] for _ in requests]
        for place, event in stream_answers(world.model, world.vocab, requests):
            expected[place].append(event)
        found = answered(world, vllm_of(world), requests)
    for mine, other in zip(found, expected, strict=True):
        alike(mine, other)


def test_text_is_asked_for_some_tokens_at_a_time() -> None:
    """Where nothing forbidden is wanted, a block of vLLM's cache at a time, and not one word more than is asked."""
    world = make_world(10)
    asked = AnswerRequest(world.index, world.prompt(4)[:-1], (), format="text", max_tokens=AHEAD + 5)
    vllm = vllm_of(world)
    with leaning(world.model, dict.fromkeys(world.vocab.encode("abcdefghijklmnopqrstuvwxyz"), 60.0)):
        (found,) = answered(world, vllm, [asked])
        alike(found, [event for _, event in stream_answers(world.model, world.vocab, [asked])])
    written = [params.max_tokens for _, params in vllm.llm.asked if params.logprobs is None]
    assert written[:1] == [AHEAD] and sum(isinstance(event, TextDelta) for event in found) > AHEAD


def test_a_loop_ends_as_it_does_there() -> None:
    world = make_world(3)
    letters = world.vocab.encode("ab cd ")
    asked = AnswerRequest(world.index, world.prompt(4)[:-1], (), format="text", max_tokens=30)
    with leaning(world.model, dict.fromkeys(letters, 40.0)):
        (found,) = answered(world, vllm_of(world), [asked])
        alike(found, [event for _, event in stream_answers(world.model, world.vocab, [asked])])


def test_a_drawn_answer_depends_on_its_seed_alone_and_holds_only_what_may_be_written() -> None:
    world = make_world(10)

    def answer(seed: int) -> list[Event]:
        asked = AnswerRequest(
            world.index, world.prompt(0)[:-1], world.vocab.type_names, max_tokens=20, min_items=1, temperature=3.0,
            generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip
        (events,) = answered(world, vllm_of(world), [asked])
        return events

    with leaning(world.model, lean(world)):
        assert answer(1) == answer(1) != answer(2)
        assert any(isinstance(event, ItemNamed) for event in answer(1))


def test_what_is_drawn_and_refused_is_drawn_again_among_the_rest() -> None:
    """The first word of many answers is as frequent as the embedded engine's distribution has it."""
    world = make_world(10)
    prompt = world.prompt(0)[:-1]
    first = world.vocab.encode("abc")
    with leaning(world.model, {**dict.fromkeys(first, 30.0), world.vocab.pad: 31.0}):
        logits = world.model(torch.tensor([prompt])).logits[0, -1].float()
        may = torch.zeros(len(logits), dtype=torch.bool)
        may[: len(writable(world.vocab))] = writable(world.vocab)
        may[world.vocab.open] = False  # an answer of words alone
        expected = (logits / 4.0).masked_fill(~may, -torch.inf).softmax(0)[first]
        counts = dict.fromkeys("abc", 0)
        asked = AnswerRequest(world.index, prompt, (), format="text", max_tokens=1, temperature=4.0)
        for seed in range(400):
            mine = replace(asked, generator=torch.Generator().manual_seed(seed))
            (events,) = answered(world, vllm_of(world), [mine])
            text = "".join(event.text for event in events if isinstance(event, TextDelta))
            if text in counts:
                counts[text] += 1
    for chance, count in zip(expected.tolist(), counts.values(), strict=True):
        assert count / 400 == pytest.approx(chance, abs=0.08)  # three standard deviations
