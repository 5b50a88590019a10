from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from support import counted

from neo.catalog.item_types import BUILT_IN
from neo.decoding.beam import search_spans
from neo.language import prompts
from neo.language.prompts import Context, about_listener
from neo.language.segments import Turn
from neo.model import neo_model as module
from neo.model.bundle import Bundle
from neo.model.listener import as_read
from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Answer, ItemPart, TextPart


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The prompts that reach the decoder from here on."""
    prompts_seen: list[list[int]] = []

    def spy(function: Callable[..., Any], prompt_of: Callable[..., list[int]]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            prompts_seen.append(prompt_of(*arguments))
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(module, "search_spans", spy(module.search_spans, lambda *arguments: arguments[3][0]))
    monkeypatch.setattr(module, "stream_answers", spy(module.stream_answers, lambda *arguments: arguments[2][0].prompt))
    return prompts_seen


@contextmanager
def eager_to_name(neo: NeoModel, opening: float = 6.0) -> Iterator[None]:
    """A head that likes to open spans, and to end answers."""
    head, vocabulary = neo.bundle.model.get_output_embeddings(), neo.bundle.vocabulary
    head.bias = torch.nn.Parameter(torch.zeros(head.weight.shape[0]))
    head.bias.data[[vocabulary.open, vocabulary.end]] = torch.tensor([opening, 6.0])
    try:
        yield
    finally:
        head.bias = None


def heard_by(neo: NeoModel, listener: str) -> set[str]:
    rows = neo.bundle.events.history(neo.bundle.listeners.row(listener))
    return {neo.bundle.catalog.id(int(row)) for row in rows}


def ids_of(answer: Answer) -> list[str]:
    return [item.id for item in answer.items]


# Recommend and search


@pytest.mark.parametrize("type_name", ["show", "episode", "audiobook"])
def test_recommends_all_unheard_items_of_the_type_and_says_that_there_are_no_more(
    neo: NeoModel, type_name: str
) -> None:
    answer = neo.recommend("l3", type=type_name, k=100)
    catalog = neo.bundle.catalog
    every = {catalog.id(int(row)) for row in catalog.rows_of(type_name)}
    assert set(ids_of(answer)) == every - heard_by(neo, "l3")
    assert len(every & heard_by(neo, "l3")) > 0
    assert len(set(ids_of(answer))) == len(answer.items)
    scores = [part.score for part in answer.parts]
    assert scores == sorted(scores, reverse=True)
    assert max(part.score - float(neo.standing[catalog.row(part.item.id)]) for part in answer.parts) < 0
    assert answer.finish_reason == "stop"
    assert answer.warnings[0].startswith(f"There are no more {type_name}s to name: {len(every)} in the catalog, ")
    assert answer.usage.answer_tokens == 5 * len(answer.items)


def test_the_ranking_is_the_decoders_over_what_may_be_named(neo: NeoModel) -> None:
    bundle, row = neo.bundle, neo.bundle.listeners.row("l5")
    history = bundle.events.history(row)
    context = Context(about_listener(bundle.listeners, row), tuple(as_read(bundle, history).tolist()))
    request = prompts.recommend(context, bundle.catalog.types[1])
    prompt = [*neo.renderer.prompt([Turn(request)]), bundle.vocabulary.open]
    index = neo.index.filtered(~np.isin(np.arange(100), history))
    plain = search_spans(bundle.model, bundle.vocabulary, index, [prompt], [("episode",)], k=30, beams=30)[0]
    shifted = [(item.row, item.score + float(neo.standing[item.row])) for item in plain]
    expected = sorted(shifted, key=lambda item: -item[1])[:10]

    answer = neo.recommend("l5", type="episode")
    assert neo.standing.any() and ids_of(answer) == [bundle.catalog.id(row) for row, _ in expected]
    assert [part.score for part in answer.parts] == pytest.approx([score for _, score in expected], abs=1e-5)
    assert answer.usage.prompt_tokens == len(prompt) - 1


def test_a_history_stands_in_for_the_bundles_and_keeps_the_listeners_line(neo: NeoModel, seen: list[list[int]]) -> None:
    answer = neo.recommend("l5", history=["s-1", "e-2"], k=30)
    assert set(ids_of(answer)) == {f"s-{n}" for n in range(20)} - {"s-1"}
    catalog = neo.bundle.catalog
    line = about_listener(neo.bundle.listeners, neo.bundle.listeners.row("l5"))
    context = Context(line, (catalog.row("s-1"), catalog.row("e-2")))
    assert seen[0][:-1] == neo.renderer.prompt([Turn(prompts.recommend(context, catalog.types[0]))])


def test_a_listener_without_events_and_nobody_at_all_get_answers(neo: NeoModel) -> None:
    for answer in (neo.recommend("l0"), neo.recommend(), neo.recommend(history=[])):
        assert len(answer.items) == 10
        assert answer.warnings == ()


def test_heard_items_come_back_only_when_asked_for(neo: NeoModel) -> None:
    assert len(neo.recommend("l3", k=20, exclude_heard=False).items) == 20
    assert len(neo.search("bread", "show", k=20, listener="l3").items) == 20
    left = neo.search("bread", "show", k=20, listener="l3", exclude_heard=True)
    assert not set(ids_of(left)) & heard_by(neo, "l3")


def test_within_and_exclude_hold_together(neo: NeoModel) -> None:
    answer = neo.recommend(within=["s-1", "s-2", "s-3", "e-1"], exclude=["s-2", "a-1"], k=10)
    assert sorted(ids_of(answer)) == ["s-1", "s-3"]


def test_an_empty_answer_says_why(neo: NeoModel) -> None:
    for output in ("items", "mixed"):
        answer = neo.recommend(history=["s-1"], within=["s-1", "a-1"], format=output)
        assert (answer.parts, answer.finish_reason) == ((), "empty")
        expected = "There are no more shows to name: 20 in the catalog, 1 in `within`, 1 heard before."
        assert answer.warnings == (expected,)


def test_no_more_of_one_parent_than_asked_for(neo: NeoModel) -> None:
    """20 shows of 3 episodes each."""
    answer = neo.recommend(type="episode", k=20, beams=60, per_parent=1)
    assert len({item.parent for item in answer.items}) == len(answer.items) == 20
    twice = neo.recommend(type="episode", k=60, per_parent=2)
    assert set(Counter(item.parent for item in twice.items).values()) == {2}
    assert twice.warnings == ("There are no more episodes to name: 60 in the catalog, at most 2 of one parent.",)
    every = neo.recommend(type="episode", k=60)
    allowed = [part for part in every.parts if isinstance(part, ItemPart)]
    seen = Counter[str | None]()
    kept = [part for part in allowed if not seen.update([part.item.parent]) and seen[part.item.parent] <= 1]
    assert [item.id for item in answer.items] == [part.item.id for part in kept]  # the ranking, passed over


@pytest.mark.parametrize("most", [1, 2])
def test_a_mixed_answer_names_no_more_of_one_parent_than_asked_for(neo: NeoModel, most: int) -> None:
    """4 shows of 3 episodes each, by a model that would go on naming them."""
    within = [f"e-{n}" for n in range(12)]
    with eager_to_name(neo, opening=30.0):
        answer = neo.recommend(type="episode", k=20, format="mixed", within=within, per_parent=most)
    assert list(Counter(item.parent for item in answer.items).values()) == [most] * 4


def test_what_was_read_before_is_not_read_again(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    said = [("user", "Something about whales and old maps, please, for the evening")]
    first = neo.chat(said, listener="l3", max_tokens=10)
    later = [*said, ("assistant", list(first.parts) or "Well."), ("user", "And another one?")]
    with counted(tiny_bundle.model) as rest:
        answer = neo.chat(later, listener="l3", max_tokens=10)
    with counted(tiny_bundle.model) as whole:
        fresh = NeoModel(tiny_bundle).chat(later, listener="l3", max_tokens=10)
    assert rest[0] < whole[0] - 20
    assert answer.text == fresh.text and ids_of(answer) == ids_of(fresh)


def test_search_over_all_types_lets_them_compete(neo: NeoModel) -> None:
    answer = neo.search("bread", k=100)
    assert len(answer.items) == 100
    assert {item.type for item in answer.items} == {"show", "episode", "audiobook"}
    best = neo.search("bread", k=1)
    assert best.items == answer.items[:1]


def test_the_mixed_format_names_at_least_one_item_and_at_most_k(neo: NeoModel) -> None:
    for answer in (
        neo.recommend("l3", type="episode", k=2, format="mixed", max_tokens=4),
        neo.search("bread", type="episode", k=2, format="mixed", max_tokens=4),
        neo.search("bread", k=2, format="mixed", max_tokens=4),
    ):
        assert 1 <= len(answer.items) <= 2
        assert answer.finish_reason in ("stop", "length")
    with eager_to_name(neo):
        answer = neo.recommend("l3", type="episode", k=4, format="mixed", max_tokens=4)
    assert 1 <= len(set(ids_of(answer))) == len(answer.items) <= 4
    assert {item.type for item in answer.items} == {"episode"}
    assert not set(ids_of(answer)) & heard_by(neo, "l3")


def test_a_draw_is_the_models_own(neo: NeoModel) -> None:
    """Nothing is added for an item's standing."""
    ranked = {part.item.id: part.score for part in neo.recommend("l3", type="episode", k=60).parts}
    drawn = neo.recommend("l3", type="episode", k=10, temperature=1.0, seed=1).parts
    added = [float(neo.standing[neo.bundle.catalog.row(part.item.id)]) for part in drawn]
    assert any(added)
    own = [ranked[part.item.id] - more for part, more in zip(drawn, added, strict=True)]
    assert [part.score for part in drawn] == pytest.approx(own, abs=1e-4)


def test_draws_differ_by_seed_and_repeat_with_it(neo: NeoModel) -> None:
    def draw(seed: int) -> Answer:
        return neo.recommend("l3", type="episode", temperature=1.0, seed=seed)

    assert draw(1) == draw(1)
    assert len({tuple(ids_of(draw(seed))) for seed in range(5)}) > 1
    chats = [neo.chat("bread?", temperature=1.0, seed=seed, max_tokens=8).text for seed in (1, 1, 2)]
    assert chats[0] == chats[1] != chats[2]


# Words


def test_explain_and_understand_answer_in_words_only(neo: NeoModel) -> None:
    with eager_to_name(neo):
        for answer in (
            neo.explain("e-3", "l2", max_tokens=6),
            neo.explain("e-3", max_tokens=6),
            neo.understand("l2", max_tokens=6),
            neo.understand(history=["s-1"], max_tokens=6),
        ):
            assert answer.items == []
            assert answer.finish_reason in ("stop", "empty", "length")


def test_an_answer_that_ends_at_once_is_empty_and_says_so(neo: NeoModel) -> None:
    with eager_to_name(neo):
        neo.bundle.model.get_output_embeddings().bias.data[neo.bundle.vocabulary.end] = 99.0
        answer = neo.understand("l2")
    assert (answer.parts, answer.finish_reason) == ((), "empty")
    assert "ended its answer" in answer.warnings[0]


def test_the_prompts_are_the_canonical_ones(neo: NeoModel, seen: list[list[int]]) -> None:
    catalog = neo.bundle.catalog
    context, show = Context("", (catalog.row("s-1"), catalog.row("a-2"))), catalog.types[0]
    history, open_question = ["s-1", "a-2"], "What should I try next? I am open to anything."
    one, four = (prompts.recommend(context, show, "mixed", count=count) for count in (1, 4))
    assert one != four
    asked = [
        (lambda: neo.recommend(history=history), prompts.recommend(context, show)),
        (lambda: neo.recommend(history=history, k=1, format="mixed"), one),
        (lambda: neo.recommend(history=history, k=4, format="mixed"), four),
        (lambda: neo.search("jazz", "show", history=history), prompts.search("jazz", show, context)),
        (lambda: neo.search("jazz", history=history), prompts.search("jazz", None, context)),
        (lambda: neo.search("jazz", format="mixed"), prompts.search("jazz", None, output="mixed")),
        (lambda: neo.chat(open_question, history=history), prompts.chat(context)),
    ]  # fmt: skip
    for ask, request in asked:
        ask()
        ids = seen[-1][:-1] if seen[-1][-1] == neo.bundle.vocabulary.open else seen[-1]
        assert ids == neo.renderer.prompt([Turn(request)])
    begun = [
        (lambda: neo.explain("e-9", history=history), prompts.explain(catalog.row("e-9"), context)),
        (lambda: neo.understand(history=history), prompts.understand(context)),
    ]
    for ask, request in begun:
        ask()
        prompt = neo.renderer.prompt([Turn(request)])
        assert seen[-1][: len(prompt)] == prompt


# Chat


def test_chat_names_only_asked_types_and_nothing_heard(neo: NeoModel) -> None:
    with eager_to_name(neo):
        answers = [
            neo.chat("hi", "l3", types=["audiobook"], max_items=3, max_tokens=9, temperature=1.0, seed=seed)
            for seed in range(5)
        ]
    named = [item for answer in answers for item in answer.items]
    assert {item.type for item in named} == {"audiobook"}
    assert not {item.id for item in named} & heard_by(neo, "l3")
    assert max(len(answer.items) for answer in answers) <= 3
    assert neo.chat("hi", max_items=0, max_tokens=5).items == []


def test_a_stream_adds_up_to_its_answer_and_can_be_closed(neo: NeoModel) -> None:
    with eager_to_name(neo):
        events = list(neo.stream_chat("hi", temperature=1.0, seed=3, max_tokens=12))
        again = neo.chat("hi", temperature=1.0, seed=3, max_tokens=12)
        stream = neo.stream_chat("hi")
        next(stream)
        stream.close()
    *pieces, answer = events
    assert answer == again
    assert isinstance(answer, Answer)
    assert "".join(p.text if isinstance(p, TextPart) else p.item.title for p in pieces) == answer.text
    assert [p.item for p in pieces if isinstance(p, ItemPart)] == answer.items
    kinds = [part.kind for part in answer.parts]
    assert ("text", "text") not in pairwise(kinds)


def test_bad_arguments_are_found_before_the_first_piece(neo: NeoModel) -> None:
    with pytest.raises(InvalidRequestError):
        neo.stream_chat([("assistant", "hi")])
    with pytest.raises(InvalidRequestError, match="temperature"):
        neo.stream_chat("hi", temperature=0)


# Histories and their limits


def test_long_histories_are_cut_from_the_oldest_side(neo: NeoModel, seen: list[list[int]]) -> None:
    history = [f"e-{n}" for n in range(30)]
    passed = neo.recommend(history=history)
    rows = [neo.bundle.catalog.row(item_id) for item_id in history[-5:]]
    assert neo.renderer.prompt([Turn(prompts.recommend(Context("", tuple(rows)), BUILT_IN[0]))]) == seen[0][:-1]
    assert passed.warnings == (
        "The history has 30 items; the model was trained to read 5, "
        "so it read the latest, and some older ones of each type.",
    )
    assert len(heard_by(neo, "l3")) > 5
    assert neo.recommend("l3").warnings == ()  # the caller did not pass it and need not know
    everything = neo.recommend(history=history, type="episode", k=60)
    assert not set(ids_of(everything)) & set(history)  # what was not read was heard all the same


def test_a_history_that_does_not_fit_beside_the_question_gives_way(neo: NeoModel, seen: list[list[int]]) -> None:
    bundle = dataclasses.replace(neo.bundle, config={"instruction": {"history": 500}})
    history = [f"e-{n % 60}" for n in range(400)]
    answer = NeoModel(bundle).recommend(history=history)
    assert len(seen[0]) <= 512 - 3
    assert sum(bundle.vocabulary.type_level_code(token) is not None for token in seen[0]) > 400
    assert "more of the older history items were not read" in answer.warnings[0]
    NeoModel(bundle).recommend_rows([[20] * 400], [""], "show")


def test_a_request_that_is_too_long_by_itself_is_refused(neo: NeoModel) -> None:
    message = r"tokens long, expected at most \d+ .*: shorten the text"
    for ask in (lambda: neo.search("qz" * 900), lambda: neo.chat("qz, " * 2000, "l3")):
        with pytest.raises(InvalidRequestError, match=message):
            ask()


def test_the_longest_request_that_fits_is_answered_within_the_models_positions(neo: NeoModel) -> None:
    longest = next(count for count in range(300, 0, -1) if fits(neo, "jazz " * count))
    answer = neo.chat("jazz " * longest, max_tokens=300)
    assert longest > 200
    assert answer.usage.prompt_tokens == 256  # half of what the model reads, since 300 tokens were asked for
    assert answer.usage.answer_tokens == 256


def fits(neo: NeoModel, words: str) -> bool:
    try:
        neo.stream_chat(words, max_tokens=300)
    except InvalidRequestError:
        return False
    return True


# Many at once


def test_rows_in_batches_equal_single_answers(neo: NeoModel) -> None:
    bundle = neo.bundle
    listeners = [f"l{n}" for n in range(8)]
    rows = [bundle.listeners.row(listener) for listener in listeners]
    histories = [bundle.events.history(row) for row in rows]
    abouts = [about_listener(bundle.listeners, row) for row in rows]
    found = neo.recommend_rows(histories, abouts, "episode", k=7, beams=30, batch=3)
    for listener, ranked in zip(listeners, found, strict=True):
        answer = neo.recommend(listener, type="episode", k=7)
        assert [bundle.catalog.id(row) for row, _ in ranked] == ids_of(answer)
        assert [score for _, score in ranked] == pytest.approx([part.score for part in answer.parts], abs=1e-4)
    given = neo.recommend_rows(histories[:1], abouts[:1], "episode", k=60, exclude=[np.array([25])])
    assert len(given[0]) == 59

    queries, types = ["bread", "jazz and glass", "whales"], ["show", None, "audiobook"]
    for query, name, ranked in zip(queries, types, neo.search_rows(queries, types, k=5), strict=True):
        assert [bundle.catalog.id(row) for row, _ in ranked] == ids_of(neo.search(query, name, k=5))


def test_rows_without_candidates_are_empty_lists(neo: NeoModel) -> None:
    every = np.arange(100)
    found = neo.recommend_rows([[1], [2]], ["", ""], "show", k=3, exclude=[every, every[:0]])
    assert [len(ranked) for ranked in found] == [0, 3]
    assert neo.recommend_rows([], [], "show") == []
    with pytest.raises(InvalidRequestError, match="exclude has 1 entries, expected 2"):
        neo.recommend_rows([[1], [2]], ["", ""], "show", exclude=[every])
    assert neo.search_rows([], []) == []
