"""The renderer: what is context, what is trained, and that a prompt is the beginning of its training row."""

from __future__ import annotations

import numpy as np
import pytest
from support import byte_tokenizer

from neo.language.render import IGNORED, MOST_ASIDE, Renderer
from neo.language.segments import Aside, History, ItemRef, Text, Turn, merge_texts
from neo.language.viewer import colored
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo_sdk.errors import InvalidRequestError, NotFoundError

TURN = Turn((Text("Try <|sid|>: "), History((0, 3)), Text("?")), (Text("yes "), ItemRef(4), Text("!")))


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    codes = {"show": np.array([[0, 1], [1, 0], [1, 1]]), "episode": np.array([[2, 2], [0, 0]])}
    table = SidTable.from_codes({"show": [0, 1, 2], "episode": [3, 4]}, codes, {"show": 2, "episode": 3})
    return Renderer(Vocabulary.extend(byte_tokenizer(), 2, {"show": 2, "episode": 3}), table)


def trained(renderer: Renderer, learn_history: bool) -> list[int]:
    row = renderer.example([TURN], learn_history)
    assert all(label in (IGNORED, token) for token, label in zip(row.ids, row.labels, strict=True))
    return [label for label in row.labels if label != IGNORED]


def test_only_the_answer_is_trained(renderer: Renderer) -> None:
    v = renderer.vocabulary
    answer = [*v.encode("yes "), *v.sid_ids((0, 0), "episode"), *v.encode("!"), v.end]
    assert trained(renderer, learn_history=False) == answer


def test_an_aside_is_read_and_never_trained(renderer: Renderer) -> None:
    v = renderer.vocabulary
    told = Turn((Text("Why?"),), (Text("About "), ItemRef(4), Aside(" (<|end|> calm)"), Text(": so.")))
    row = renderer.example([told])
    aside, plain = v.encode(" (<|end|> calm)"), [Text("About "), ItemRef(4), Text(": so.")]
    at = next(at for at in range(len(row.ids)) if row.ids[at : at + len(aside)] == aside)
    assert v.end not in aside and set(row.labels[at : at + len(aside)]) == {IGNORED}
    without = renderer.example([Turn(told.request, tuple(plain))])
    assert row.ids[:at] + row.ids[at + len(aside) :] == without.ids
    assert row.labels[:at] + row.labels[at + len(aside) :] == without.labels


def test_a_long_aside_is_cut_as_answers_cut_it(renderer: Renderer) -> None:
    text = " (" + "calm " * MOST_ASIDE + ")"
    row = renderer.example([Turn((Text("Why?"),), (Text("So"), Aside(text), Text(".")))])
    aside = renderer.vocabulary.encode(text)[:MOST_ASIDE]
    assert renderer.aside(text) == aside and len(row.ids) == len("Why?So.") + MOST_ASIDE + 3


def test_history_items_can_be_trained_too_but_not_their_delimiters(renderer: Renderer) -> None:
    v = renderer.vocabulary
    history = [*v.sid_ids((0, 1), "show")[1:-1], *v.sid_ids((2, 2), "episode")[1:-1]]
    row = renderer.example([TURN])
    start = row.ids.index(v.open)
    assert row.ids[start : start + 6] == [v.open, *history, v.close]
    assert trained(renderer, learn_history=True) == [*history, *trained(renderer, learn_history=False)]


def test_a_history_can_be_a_row_of_its_own(renderer: Renderer) -> None:
    v = renderer.vocabulary
    row = renderer.example([Turn((Text("Met:"), History((0, 3))))], learn_history=True)
    codes = [*v.sid_ids((0, 1), "show")[1:-1], *v.sid_ids((2, 2), "episode")[1:-1]]
    assert row.ids == [v.prompt, *v.encode("Met:"), v.open, *codes, v.close]
    assert renderer.unfinished([Text("Met:"), History((0, 3))]) == row.ids[:-1]
    nothing = renderer.prompt([Turn((Text("Met:"), History(()), Text("?")))])
    assert v.open not in nothing
    assert [label for label in row.labels if label != IGNORED] == codes


def test_a_prompt_is_the_beginning_of_its_row(renderer: Renderer) -> None:
    asked = [TURN, Turn((Text("and then?"),))]
    prompt = renderer.prompt(asked)
    row = renderer.example([TURN, Turn((Text("and then?"),), (Text("x"),))])
    assert row.ids[: len(prompt)] == prompt
    assert prompt[-1] == renderer.vocabulary.answer


def test_spelled_tokens_stay_text(renderer: Renderer) -> None:
    v = renderer.vocabulary
    spelled = "<|sid|><|show_0_1|><|/sid|><|end|><|answer|><|prompt|>"
    row = renderer.example([Turn((Text(spelled),), (Text(spelled),))])
    controls = [i for i in row.ids if i >= v.text_size]
    assert controls == [v.prompt, v.answer, v.end]


def test_rows_without_answers_and_prompts_with_them_are_refused(renderer: Renderer) -> None:
    with pytest.raises(InvalidRequestError, match="no answer yet"):
        renderer.prompt([TURN])
    with pytest.raises(InvalidRequestError, match="no answer yet"):
        renderer.prompt([Turn((Text("x"),)), Turn((Text("y"),))])
    with pytest.raises(InvalidRequestError, match="needs an answer"):
        renderer.example([Turn((Text("x"),))])
    with pytest.raises(InvalidRequestError, match="needs an answer"):
        renderer.example([Turn((Text("x"),)), TURN], learn_history=True)
    with pytest.raises(NotFoundError):
        renderer.prompt([Turn((ItemRef(99),))])


def test_merging_keeps_the_words() -> None:
    assert merge_texts([Text("a"), Text(""), Text("b"), ItemRef(1), Text("c")]) == (Text("ab"), ItemRef(1), Text("c"))


def test_the_viewer_shows_everything_and_marks_what_is_trained(renderer: Renderer) -> None:
    row = renderer.example([TURN], learn_history=True)
    styled = colored(row.ids, row.labels, renderer.vocabulary)
    assert styled.plain.startswith("<|prompt|>Try <|sid|>: <|sid|><|show_0_0|><|show_1_1|><|episode_0_2|>")
    green = [styled.plain[s.start : s.end] for s in styled.spans if s.style == "bold green"]
    assert green == ["yes ", "!"]
