"""Conversations: what was named is not named as new, and can be spoken of; a title in words is found."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.index import SidIndex
from neo.language.facts import FactBook
from neo.language.prompts import Context, about_item, about_them
from neo.language.render import MOST_ASIDE
from neo.language.segments import ItemRef, Text, Turn
from neo.language.wordings.follow_ups import ABOUT, ABOUT_YOU, CANNOT, WELCOME
from neo.model.bundle import Bundle
from neo.model.listener import as_read
from neo.model.neo_model import NeoModel
from neo.model.spoken import spoken_of, titled
from neo_sdk.types import ItemPart, TextPart


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


def named(neo: NeoModel, *rows: int) -> list[dict[str, Any]]:
    parts = [{"type": "item", "item_id": neo.bundle.catalog.id(row)} for row in rows]
    return [
        {"role": "user", "content": "Some ideas?"},
        {"role": "assistant", "content": [{"type": "text", "text": "Try "}, *parts]},
        {"role": "user", "content": "And now?"},
    ]


def rows_in(index: SidIndex) -> set[int]:
    return {row for part in index.types.values() for row in part.rows.tolist()}


def test_a_conversation_is_rendered_turn_by_turn_with_items_by_reference(neo: NeoModel) -> None:
    row = neo.bundle.catalog.row("e-7")
    part = {"type": "item", "item_id": "e-7"}
    turns = [("user", "hi"), ("assistant", ["try ", part][1:]), ("user", "why?")]
    asked = neo.prepare_chat(turns, history=["s-1"], max_tokens=1).asked
    context = Context("", (neo.bundle.catalog.row("s-1"),))
    first = Turn((*context.segments()[:-1], Text("\nhi")), (ItemRef(row),))
    assert asked.prompt == neo.renderer.prompt([first, Turn((Text("why?"),))])


def test_a_long_conversation_loses_its_oldest_turns_and_says_how_many(neo: NeoModel) -> None:
    turns = [(("user", f"question {n}"), ("assistant", f"answer {n}")) for n in range(100)]
    messages = [message for turn in turns for message in turn] + [("user", "the last one")]
    answer, prompt = neo.chat(messages, "l3", max_tokens=5), neo.prepare_chat(messages, "l3", max_tokens=5).asked.prompt
    text = neo.bundle.vocabulary.decode(prompt)
    assert text.endswith("the last one")
    assert "question 99" in text and "question 0" not in text
    lost = min(n for n in range(100) if f"question {n}a" in text)  # decoding leaves control tokens out
    assert answer.warnings == (f"The conversation is too long for the model: its {lost} oldest turns were not read.",)
    assert "Listener: Norway" in text
    assert len(prompt) <= 512 - 5 - 3 * 5
    assert len(prompt) > 200


@given(st.sets(st.integers(0, 30), max_size=4))
@settings(max_examples=30, deadline=None)
def test_a_later_answer_names_nothing_that_was_named(neo: NeoModel, rows: set[int]) -> None:
    known = [row for row in rows if row < len(neo.bundle.catalog) and neo.bundle.sids.table.has(row)]
    request = neo.prepare_chat(named(neo, *known) if known else "Some ideas?", read_words=False)
    candidates = {row for row in range(len(neo.bundle.catalog)) if neo.bundle.sids.table.has(row)}
    assert rows_in(request.asked.index) == candidates - set(known)
    spoken_of = request.asked.about
    assert (rows_in(spoken_of) == set(known)) if known else spoken_of is None
    assert request.asked.about_words == tuple(neo.bundle.vocabulary.encode(ABOUT))


def test_a_title_in_words_is_spoken_of(neo: NeoModel) -> None:
    catalog = neo.bundle.catalog
    title = catalog.title(3)
    same = {row for row in range(len(catalog)) if catalog.title(row).lower() == title.lower()}
    for text in (f"I loved {title}!", f'Is "{title.upper()}" good?', f"{title}.", f"({title})"):
        ((phrase, rows),) = titled(catalog, text)
        assert set(rows) == same and phrase.lower == title.lower()
    assert titled(catalog, f"{title[:-1]}") == [] == titled(catalog, "") == titled(catalog, "\ud800 %s {0} \\")
    spoken = spoken_of([Turn((Text(f"More like {title} and "), ItemRef(7)))], partial(titled, catalog))
    assert spoken.items.tolist() == [7] == spoken.meant.tolist() and set(spoken.titled.tolist()) == same


def test_words_that_say_plainly_what_they_ask_for_are_kept(neo: NeoModel) -> None:
    catalog = neo.bundle.catalog
    topic = next(item.topics[0] for item in map(catalog.item, range(len(catalog))) if item.topics)
    for seed in range(5):
        for words, kept in ((f"Two shows about {topic}.", True), (f"Two shows, but nothing about {topic}.", False)):
            answer = neo.chat(words, temperature=2.0, seed=seed, max_tokens=6)
            assert len(answer.items) == 2 and {item.type for item in answer.items} == {"show"}
            assert all((topic in item.topics) == kept for item in answer.items)
            assert answer.guaranteed == ("words: shows", f"words: {'' if kept else 'not '}{topic}")
        free = neo.chat(words, temperature=2.0, seed=seed, max_tokens=6, read_words=False)
        assert free.guaranteed == () and neo.chat(words, types=["show"], max_tokens=6).guaranteed[0] == "type"
    wished = neo.recommend(type="show", k=50, wish=f"Not {topic}.", exclude_heard=False)
    assert wished.items and all(topic not in item.topics for item in wished.items)


def test_a_format_that_is_plainly_asked_for_is_kept(neo: NeoModel) -> None:
    """By a model that says anything at all."""
    for seed in range(8):
        how = {"temperature": 2.0, "seed": seed, "max_tokens": 6}
        bare = neo.chat("Four shows, just the titles.", **how)  # type: ignore[arg-type]
        assert [type(part) for part in bare.parts] == [ItemPart] * 4
        assert bare.guaranteed == ("words: shows", "words: items alone") and bare.finish_reason == "stop"
        few = neo.chat("Anything calm, no explanations.", **how)  # type: ignore[arg-type]
        assert few.items and all(isinstance(part, ItemPart) for part in few.parts)
        told = neo.chat("Something calm, and tell me why.", **how)  # type: ignore[arg-type]
        assert isinstance(told.parts[0], TextPart) and told.items and "words: with words" in told.guaranteed
    for how in ({"read_words": False}, {"max_items": 4}):
        asked = neo.prepare_chat("Four shows, just the titles.", **how).asked  # type: ignore[arg-type]
        assert asked.format == "mixed" and not asked.words_first
    last = neo.prepare_chat([*named(neo, 1, 2)[:2], {"role": "user", "content": "Why the first one? No essays."}]).asked
    assert last.begins and last.format == "mixed" and not last.words_first  # words on what was named are asked for


def test_what_is_to_be_avoided_is_so_until_it_is_asked_for(neo: NeoModel) -> None:
    topic = next(item.topics[0] for item in map(neo.bundle.catalog.item, range(20)) if item.topics)
    turns = [("user", f"No {topic}, please."), ("assistant", "Fine."), ("user", "Two shows.")]
    assert f"words: not {topic}" in neo.chat(turns, max_tokens=3).guaranteed
    turns[2] = ("user", f"Two shows about {topic} after all.")
    assert f"words: {topic}" in neo.chat(turns, max_tokens=3).guaranteed


def test_what_nothing_grants_is_left_to_the_words(neo: NeoModel) -> None:
    answer = neo.recommend(wish="Something over ten hours, under a quarter of an hour.")
    assert answer.items and "There is nothing" in answer.warnings[0] and answer.guaranteed == ("type",)


def test_of_wishes_that_nothing_grants_together_the_first_are_kept(neo: NeoModel) -> None:
    """A request for this or that is one for either."""
    items = [neo.bundle.catalog.item(row) for row in range(20)]  # shows
    first = items[0].topics[0]
    other = next(
        item.topics[0] for item in items if first not in item.topics and set(item.topics).isdisjoint(items[0].topics)
    )
    together = any({first, other} <= set(item.topics) for item in items)
    answer = neo.recommend(type="show", wish=f"Something about {first}, or about {other}.", k=3)
    assert f"words: {first}" in answer.guaranteed and all(first in item.topics for item in answer.items)
    told = f"There is nothing {first}, {other} to name: the answer is not kept to {other}."
    assert together or answer.warnings[0] == told


def test_the_gap_says_what_the_conversation_has_named(neo: NeoModel) -> None:
    everything = [row for row in range(len(neo.bundle.catalog)) if neo.bundle.sids.table.has(row)]
    answer = neo.chat(named(neo, *everything), max_tokens=2)
    assert any("named before in this conversation" in warning for warning in answer.warnings)


def test_what_is_plainly_meant_is_read_as_the_item(neo: NeoModel) -> None:
    catalog, renderer = neo.bundle.catalog, neo.renderer
    turns = named(neo, 3, 7, 11)
    for said, row in (("Why the second one?", 7), ("Why no. 3?", 11), (f"Why {catalog.title(3)}?", 3)):
        turns[2]["content"] = said
        request = neo.prepare_chat(turns)
        assert rows_in(request.asked.about) == {row}
        (span,) = renderer.items([row])
        assert contains(request.asked.prompt[-len(span) - 12 :], span)
        free = neo.prepare_chat(turns, read_words=False)
        assert {3, 7, 11} <= rows_in(free.asked.about)


def contains(ids: Any, span: list[int]) -> bool:
    return any(list(ids[at : at + len(span)]) == span for at in range(len(ids)))


def test_who_asks_for_a_portrait_alone_gets_one(tiny_bundle: Bundle) -> None:
    neo, who = NeoModel(tiny_bundle), tiny_bundle.listeners.id(1)
    said = [("user", "hi"), ("assistant", "Hello!"), ("user", "What do I seem to like?")]
    asked = neo.prepare_chat(said, who).asked
    assert asked.begins == neo.about_them and asked.max_items == 0
    answer = neo.chat(said, who, max_tokens=12)
    assert answer.text.startswith(ABOUT_YOU) and answer.items == []
    for free in (
        neo.prepare_chat(said),  # of nobody there is none
        neo.prepare_chat(said, who, read_words=False),
        neo.prepare_chat(said, who, types=["show"]),
        neo.prepare_chat(said, who, max_items=2),
    ):
        assert not free.asked.begins and free.asked.max_items > 0


def test_who_plainly_asks_about_an_item_is_told_of_it(tiny_bundle: Bundle) -> None:
    neo, item = NeoModel(tiny_bundle), tiny_bundle.catalog.id(3)
    words = {"type": "text", "text": "Why would I like "}
    said = [{"role": "user", "content": [words, {"type": "item", "item_id": item}]}]
    answer = neo.chat(said, tiny_bundle.listeners.id(1), max_tokens=12)
    first, named, *_ = answer.parts
    assert isinstance(first, TextPart) and first.text == ABOUT
    assert isinstance(named, ItemPart) and named.item.id == item
    for how in ({"read_words": False}, {"max_items": 2}, {"types": ["show"]}):
        assert not neo.prepare_chat(said, **how).asked.begins  # type: ignore[arg-type]


def test_who_turns_something_down_is_given_another(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    known = [{"type": "item", "item_id": tiny_bundle.catalog.id(row)} for row in (3, 5)]
    said = [("user", "hi"), {"role": "assistant", "content": known}, ("user", "Not the first one. What else?")]
    asked = neo.prepare_chat(said, max_tokens=12).asked
    assert asked.about is None and asked.min_items == 1
    named = [item.id for item in neo.chat(said, max_tokens=12).items]
    assert named and not {part["item_id"] for part in known} & set(named)
    free = neo.prepare_chat(said, read_words=False).asked
    assert free.about is not None and free.min_items == 0


def test_who_plainly_asks_for_something_gets_an_item(tiny_bundle: Bundle) -> None:
    neo, who = NeoModel(tiny_bundle), tiny_bundle.listeners.id(1)
    asked = neo.prepare_chat("What should I try next?", who).asked
    assert asked.min_items == 1 and asked.format == "mixed" and not asked.begins
    assert neo.chat("What should I try next?", who, max_tokens=6).items
    for free in (
        neo.prepare_chat("Thank you!", who),
        neo.prepare_chat("What should I try next?", who, read_words=False),
        neo.prepare_chat("What should I try next?", who, max_items=2),
    ):
        assert free.asked.min_items == 0


def test_texts_are_begun_as_conversations_begin_them(tiny_bundle: Bundle) -> None:
    """With what they speak of, and the facts: what training put there, and what a conversation's answer reads."""
    neo, vocabulary = NeoModel(tiny_bundle), tiny_bundle.vocabulary
    row, listener = 3, 1
    item, who = tiny_bundle.catalog.id(row), tiny_bundle.listeners.id(listener)
    facts = FactBook(tiny_bundle.catalog, tiny_bundle.listeners)
    history = as_read(tiny_bundle, tiny_bundle.events.history(listener))
    known = facts.listener(history, listener)
    assert known.events
    context = neo.prepare_chat("Hi", who).asked
    for prompt, begun, of in (
        (neo.prepare_explain(item, who).asked.prompt, about_item(facts.item(row), known), row),
        (neo.prepare_understand(who).asked.prompt, about_them(known), None),
    ):
        trained = neo.renderer.example([Turn((Text("?"),), begun)]).ids
        opening = trained[trained.index(vocabulary.answer) + 1 : -2]  # without the space and the end
        assert prompt[-len(opening) :] == opening
        assert contains(opening, list(context.aside(of, True)))
    for answer in (neo.explain(item, max_tokens=12), neo.understand(who, max_tokens=12)):
        assert answer.items == [] and answer.text == answer.text.lstrip() and len(answer.text) < 60


def test_titles_are_looked_for_once_in_a_text(neo: NeoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from neo.model import asking

    asked: list[str] = []
    monkeypatch.setattr(asking, "titled", lambda catalog, text: asked.append(text) or titled(catalog, text))
    neo.prepare_chat([("user", "hello there"), ("assistant", "Yes?"), ("user", "jazz")])
    assert asked == ["hello there", "jazz"]


def test_a_short_list_says_what_its_words_left_over(neo: NeoModel) -> None:
    topic = next(item.topics[0] for item in map(neo.bundle.catalog.item, range(20)) if item.topics)
    answer = neo.recommend(type="show", k=50, wish=f"Only {topic}.")
    assert "2 pass what the words ask for" in answer.warnings[0]
    answer = neo.recommend(type="show", k=50, wish=f"Only {topic}.", filter={"topics": [topic]})
    assert "pass the filter and what the words ask for" in answer.warnings[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": "Three more like that.", "filter": {"max_duration": 1}},
        {"messages": "More like that.", "types": ["show"], "filter": {"max_duration": 1}},
    ],
)
def test_where_nothing_is_left_to_name_an_answer_still_speaks(neo: NeoModel, asked: dict[str, Any]) -> None:
    row = neo.bundle.catalog.row("e-7")
    messages = [*named(neo, row)[:-1], {"role": "user", "content": asked["messages"]}]
    answer = neo.chat(**{**asked, "messages": messages, "max_tokens": 6})
    assert [item.id for item in answer.items] in ([], ["e-7"])
    assert any("There are no" in warning or "nothing" in warning for warning in answer.warnings)


def test_an_aside_on_who_asks_has_its_room(neo: NeoModel) -> None:
    asked = neo.prepare_chat("Something, please.", "l3", max_items=2, max_tokens=10).asked
    span = neo.bundle.vocabulary.levels + 2
    assert asked.aside is not None and asked.most_tokens(span, 1 << 20) == 10 + 2 * (span + MOST_ASIDE) + MOST_ASIDE


def test_small_talk_is_answered_with_a_sentence_and_no_item(neo: NeoModel) -> None:
    """Whatever the model would say: this one was never trained."""
    before = [("user", "Two shows."), ("assistant", neo.chat("Two shows.", max_tokens=5).parts)]
    for said, answers in (("Thank you so much, bye!", WELCOME), ("What's the weather tomorrow?", CANNOT)):
        for turns in ([("user", said)], [*before, ("user", said)]):
            answer = neo.chat(turns, listener="l3")
            assert answer.text in answers and not answer.items and answer.finish_reason == "stop"
    assert neo.chat("Thank you so much, bye!", max_items=2, max_tokens=5).text not in WELCOME


def test_each_part_of_a_request_is_kept(neo: NeoModel) -> None:
    """By a model that says anything at all."""
    topic, other = [item.topics[0] for item in map(neo.bundle.catalog.item, range(2))]
    for seed in range(5):
        how = {"temperature": 2.0, "seed": seed, "max_tokens": 8}
        both = neo.chat("A show and two audiobooks, please.", **how)  # type: ignore[arg-type]
        assert [item.type for item in both.items] == ["show", "audiobook", "audiobook"]
        assert both.guaranteed == ("words: show", "words: audiobooks")
        own = neo.chat(f"Two audiobooks about {topic} and a show about {other}.", **how)  # type: ignore[arg-type]
        assert [item.type for item in own.items] == ["audiobook", "audiobook", "show"]
        assert [item.topics[0] for item in own.items] == [topic, topic, other]
        assert own.guaranteed == (f"words: audiobooks: {topic}", f"words: show: {other}")
        same = neo.chat(f"An audiobook and a show about {topic}, nothing on {other}.", **how)  # type: ignore[arg-type]
        assert [item.topics[0] for item in same.items] == [topic, topic]
        assert same.guaranteed == ("words: audiobook", "words: show", f"words: {topic}", f"words: not {other}")
    free = neo.prepare_chat("A show and two audiobooks, please.", read_words=False).asked
    few = neo.prepare_chat("A show and two audiobooks, please.", max_items=2).asked
    assert free.then == few.then == () and few.max_items == 2


def test_what_was_asked_for_holds_where_others_are(neo: NeoModel) -> None:
    topic, other = [item.topics[0] for item in map(neo.bundle.catalog.item, range(2))]
    turns: list[object] = [("user", f"Two shows about {topic}, please.")]
    kept = {"words: shows", f"words: {topic}"}
    for text, guaranteed in (
        ("None of these, others please.", kept),
        ("Thanks!", set()),
        ("Only one.", kept),
        (f"And about {other}?", {"words: shows", f"words: {other}"}),
        ("What should I listen to on my way to work tomorrow?", set()),
    ):
        turns += [("assistant", "Fine."), ("user", text)]
        assert set(neo.chat(turns, max_tokens=3).guaranteed) == guaranteed, text


def test_who_asks_why_is_told_of_what_was_spoken_of(neo: NeoModel) -> None:
    catalog = neo.bundle.catalog
    first = {"role": "assistant", "content": [{"type": "item", "item_id": catalog.item(row).id} for row in (3, 5, 7)]}
    item = {"type": "item", "item_id": catalog.item(5).id}
    about = {
        "role": "assistant",
        "content": [{"type": "text", "text": ABOUT}, item, {"type": "text", "text": ": calm."}],
    }
    turns: list[object] = [
        ("user", "Three, please."),
        first,
        ("user", "Which would you pick?"),
        about,
        ("user", "But why?"),
    ]
    request = neo.prepare_chat(turns)
    assert request.asked.begins[: len(request.asked.about_words)] == request.asked.about_words
    assert request.asked.about is not None and rows_in(request.asked.about) == {5}
    loose = neo.prepare_chat([*turns[:2], ("user", "But why?")])
    assert loose.asked.about is None or rows_in(loose.asked.about) == {3, 5, 7}
