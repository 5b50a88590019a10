"""The model as judge: what it is asked, what it is trained to answer, and that its answers decide what is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from neo.language import reading_count
from neo.language.judging import ANSWERS, ByWords, Chances, first_tokens, question
from neo.language.reading_aim import AIMS, READ
from neo.language.reading_words import ITEM, NOUN
from neo.language.segments import Text, Turn
from neo.language.wordings.modes import MODES
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.model.own_judge import OwnJudge
from neo.model.vllm_model import VllmModel
from neo.training.examples.reading import SHARES, reading_turns
from neo_sdk.errors import ConfigError


def test_no_two_answers_begin_alike() -> None:
    for words in ANSWERS.values():
        assert len({word[0] for word in words.values()}) == len(words)
    assert {*ANSWERS["aim"]} == {*READ} | {*AIMS.values()} and {*ANSWERS["mode"]} == {*MODES}


def test_answers_that_begin_with_one_token_are_refused() -> None:
    assert first_tokens(lambda word: list(word.encode()), "mode") == {"any": 101, "familiar": 107, "unfamiliar": 110}
    with pytest.raises(ConfigError, match=r"the answers yes, no with the same token.*set instruction\.read=0"):
        first_tokens(lambda word: [32, *word.encode()], "number")


def test_a_question_is_put_without_marks() -> None:
    (asked,) = question("aim", f"Three  {NOUN},\nlike {ITEM}!")
    assert asked == Text("Three titles, like this one!\nAsked for:")
    text = f"3 {NOUN} of 20 minutes"
    second = [number.span() for number in reading_count.numbers("3 a, 20 b")][1]
    assert second == (5, 7)
    (about,) = question("number", text, (text.index("20"), text.index("20") + 2))
    assert about == Text("3 titles of [20] minutes\nIs the number in brackets how many are asked for:")


@pytest.mark.parametrize("count", [10, 400])
def test_each_kind_of_question_has_its_share(count: int) -> None:
    turns = list(reading_turns(count, ["jazz"], np.random.default_rng(0)))
    assert len(turns) == pytest.approx(count, abs=2) and all(len(turn.answer or ()) == 1 for turn in turns)
    kinds = Counter(turn.request[0].text.rpartition("\n")[2] for turn in turns)  # type: ignore[union-attr]
    assert sorted(kinds.values()) == sorted(round(count * share) for share in SHARES.values())
    said = {(turn.request, turn.answer) for turn in turns}
    assert len(said) >= 0.97 * len(turns)  # the same words may ask for two things, and other queries alike
    same = list(reading_turns(count, ["jazz"], np.random.default_rng(0)))
    assert same == turns != list(reading_turns(count, ["jazz"], np.random.default_rng(1)))


def test_more_questions_than_there_are_come_again() -> None:
    turns = list(reading_turns(60_000, [], np.random.default_rng(0)))
    asked = Counter((turn.request, turn.answer) for turn in turns)
    assert len(turns) == 60_000 and min(asked.values()) >= 1 and len(asked) > 15_000


def test_the_chances_are_those_of_the_first_tokens(tiny_soft_bundle: Bundle) -> None:
    neo = NeoModel(tiny_soft_bundle)
    judge, text = OwnJudge(tiny_soft_bundle.model, neo.renderer), f"Two {NOUN} of 10 minutes, or three?"
    numbers = reading_count.numbers(text)
    assert [number["number"] for number in numbers] == ["Two", "three"]
    asked = [question("number", text, number.span()) for number in numbers]
    expected = [chances(neo, one, ANSWERS["number"])["asked"] for one in asked]
    assert judge.numbers(text, numbers) == pytest.approx(expected, abs=1e-5)
    assert dict(judge.aim(text)) == pytest.approx(chances(neo, question("aim", text), ANSWERS["aim"]), abs=1e-5)
    assert dict(judge.mode(text)) == pytest.approx(chances(neo, question("mode", text), ANSWERS["mode"]), abs=1e-5)
    assert sum(judge.aim("x" * 5_000).values()) == pytest.approx(1)  # longer than the model reads


def chances(neo: NeoModel, request: tuple[Text, ...], answers: dict[str, str]) -> Chances:  # type: ignore[type-arg]
    ids = neo.renderer.prompt([Turn(request)])
    with torch.inference_mode():
        logits = neo.bundle.model(torch.tensor([ids])).logits[0, -1].double()
    first = [neo.bundle.vocabulary.encode(word)[0] for word in answers.values()]
    return dict(zip(answers, logits[first].softmax(-1).tolist(), strict=True))


def test_who_was_trained_to_read_is_asked(tiny_bundle: Bundle) -> None:
    assert isinstance(NeoModel(tiny_bundle).reader.judge, ByWords)
    stage = {**tiny_bundle.config["instruction"], "read": 5}
    neo = NeoModel(replace(tiny_bundle, config={**tiny_bundle.config, "instruction": stage}))
    assert isinstance(neo.reader.judge, OwnJudge)
    neo.chat("Two shows, just the titles.", max_tokens=3)  # whatever a random model takes it for
    vllm: Any = None
    assert isinstance(VllmModel(neo.bundle, vllm).reader.judge, ByWords)


class Says:
    """A judge that is sure of one thing."""

    def __init__(self, aim: str, mode: str, asked: float) -> None:
        self.aims, self.modes, self.asked = aim, mode, asked

    def aim(self, text: str) -> Chances:
        return {label: float(label == self.aims) for label in ANSWERS["aim"]}

    def mode(self, text: str) -> Chances:
        return {label: float(label == self.modes) for label in ANSWERS["mode"]}

    def numbers(self, text: str, numbers: object) -> list[float]:
        return [self.asked] * len(numbers)  # type: ignore[arg-type]


def test_the_judge_decides(tiny_bundle: Bundle) -> None:
    reader = NeoModel(tiny_bundle).reader
    text = "Five of them for the evening"
    for aim, mode, asked, read in (
        ("items", "unfamiliar", 0.9, ("items", "unfamiliar", 5)),
        ("neither", "any", 0.1, ("any", "any", None)),
        ("small talk", "unfamiliar", 0.9, ("small talk", "any", None)),
    ):
        said = replace(reader, judge=Says(aim, mode, asked)).read(text, aimed=text)
        assert (said.aim, said.mode, said.count) == read
