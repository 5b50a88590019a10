"""Discovery modes and listeners' vectors in requests: what the model reads, and what it may name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_world import make_tiny_soft_bundle

from neo.catalog.activity import Dataset
from neo.language.prompts import Context, about_listener
from neo.language.segments import Text, Turn, Vector
from neo.language.wordings.modes import NOTES
from neo.listeners.familiarity import familiarity
from neo.listeners.soft_prompt import SOFT, soft_prompt_of
from neo.model.bundle import LISTENERS, SOFT_PROMPT, Bundle
from neo.model.listener import as_read
from neo.model.neo_model import NeoModel
from neo_sdk.errors import BundleError, InvalidRequestError
from neo_sdk.types import Mode


@pytest.fixture
def neo(tiny_soft_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_soft_bundle)


def levels(bundle: Bundle, listener: str) -> dict[str, str]:
    """How well a listener knows each item, one by one."""
    row = bundle.listeners.row(listener)
    history, times = bundle.events.history(row), bundle.events.times(row)
    parents = bundle.catalog.parent_rows
    every = range(len(bundle.catalog))
    return {bundle.catalog.id(item): familiarity(item, history, times, bundle.now, parents) for item in every}


@pytest.mark.parametrize("mode", ["familiar", "unfamiliar"])
@pytest.mark.parametrize("kind", ["show", "episode", "audiobook"])
def test_a_mode_is_kept_and_nothing_of_it_is_out_of_reach(neo: NeoModel, mode: Mode, kind: str) -> None:
    for listener in ("l0", "l3", "l9"):
        answer = neo.recommend(listener, type=kind, k=100, mode=mode, exclude_heard=False)
        fitting = {item for item, level in levels(neo.bundle, listener).items() if level == mode}
        assert {item.id for item in answer.items} == {item for item in fitting if item[0] == kind[0]}
        assert answer.warnings and ("familiar to the listener" if mode == "familiar" else "") in answer.warnings[-1]
        mixed = neo.recommend(listener, type=kind, k=2, mode=mode, format="mixed", exclude_heard=False)
        assert {item.id for item in mixed.items} <= fitting


def test_what_is_familiar_is_not_left_out_for_having_been_met(neo: NeoModel) -> None:
    known = levels(neo.bundle, "l3")
    heard = {neo.bundle.catalog.id(int(row)) for row in neo.bundle.events.history(neo.bundle.listeners.row("l3"))}
    familiar = {item for item, level in known.items() if level == "familiar"}
    shows = neo.recommend("l3", type="show", k=100, mode="familiar").items
    assert {item.id for item in shows} == {item for item in familiar if item[0] == "s"}
    episodes = neo.recommend("l3", type="episode", k=100, mode="familiar").items
    assert {item.id for item in episodes} == {item for item in familiar - heard if item[0] == "e"}


def test_words_that_plainly_ask_for_a_mode_are_kept(neo: NeoModel, tiny_soft_bundle: Bundle) -> None:
    known = levels(tiny_soft_bundle, "l3")
    for words, level in (("Only what is new to me.", "unfamiliar"), ("Back to what I know.", "familiar")):
        for answer in (
            neo.recommend("l3", type="show", k=9, wish=words),
            neo.chat(f"Three shows, please. {words}", "l3", exclude_heard=level == "unfamiliar"),
        ):
            assert answer.items and {known[item.id] for item in answer.items} == {level}
            assert f"words: {level}" in answer.guaranteed and "mode" not in answer.guaranteed
    free = neo.recommend("l3", type="show", k=9, wish="Only what is new to me.", read_words=False)
    assert not any("familiar" in name for name in free.guaranteed)
    set_too = neo.recommend("l3", type="show", k=9, wish="Only what is new to me.", mode="familiar")
    assert "mode" in set_too.guaranteed and {known[item.id] for item in set_too.items} == {"familiar"}
    stranger = neo.recommend(type="show", k=3, wish="Back to what I know.")  # who knows nothing
    assert len(stranger.items) == 3 and any("nothing familiar to name" in warning for warning in stranger.warnings)


def test_a_history_without_times_has_no_habits(neo: NeoModel) -> None:
    """Of three episodes on three days a habit is made; of three ids nobody knows."""
    history = ["e-0", "e-1", "e-2"]  # of the show s-0
    found = neo.recommend(history=history, type="show", k=100, mode="familiar")
    assert [item.id for item in found.items] == ["s-0"]
    new = neo.recommend(history=history, type="episode", k=100, mode="unfamiliar")
    assert len(new.items) == 57 and not {item.id for item in new.items} & set(history)


def test_the_words_of_a_mode_are_those_of_training(neo: NeoModel, seen: list[list[int]]) -> None:
    neo.recommend("l3", mode="unfamiliar")
    row = neo.bundle.listeners.row("l3")
    history = tuple(as_read(neo.bundle, neo.bundle.events.history(row)).tolist())
    ids = tuple(token for token in seen[0] if token >= SOFT)
    about, last = about_listener(neo.bundle.listeners, row), len(history)
    notes = ((last, Vector(ids)), (last, Text(NOTES["unfamiliar"][0])))
    context = Context(about, (*history, 40), notes=notes)
    training = neo.renderer.example([Turn(context.unfinished())], learn_history=True)
    assert training.ids[: len(seen[0])] == seen[0] and len(ids) == 2
    text = neo.bundle.vocabulary.decode([token for token in seen[0] if token < neo.bundle.vocabulary.text_size])
    assert text.endswith(" new")


def test_a_vector_is_read_unless_the_caller_says_no(neo: NeoModel, seen: list[list[int]]) -> None:
    asked: list[dict[str, Any]] = [
        {"listener": "l3"},
        {"listener": "l3", "long_term": False},
        {"history": ["s-1"]},
        {"listener": "l3", "history": ["s-1"]},  # the history has no times
        {},
        {"listener": "l0"},  # who has met nothing and chosen a topic
    ]
    answers = [neo.recommend(**how) for how in asked]
    counts = [sum(token >= SOFT for token in prompt) for prompt in seen]
    assert counts == [2, 0, 0, 0, 0, 2]
    assert [prompt[-1] >= SOFT for prompt in seen] == [True, False, False, False, False, True]
    assert answers[0] != answers[1]
    assert neo.bundle.vocabulary.open in seen[-1]  # a list begins right behind what is known of who is new
    words = neo.recommend("l3", format="mixed", k=1)
    assert words.usage.prompt_tokens > 0


def test_another_listeners_vector_gives_another_list(neo: NeoModel) -> None:
    """Alike in all that the prompt says in words: only what they met long ago differs."""
    soft, bundle = soft_prompt_of(neo.bundle.model), neo.bundle
    assert soft is not None and bundle.listener_model is not None
    rows = np.array([3, 4])
    vectors = bundle.listener_model.vectors(bundle.events, rows, np.full(2, bundle.now), bundle.listeners, rows)
    both = neo.recommend_rows([[1], [1]], ["", ""], "show", vectors=soft.remembered(vectors))
    assert both[0] != both[1]


def test_a_bundle_keeps_its_listener_model(tiny_soft_bundle: Bundle, tiny_dataset: Dataset, tmp_path: Path) -> None:
    tiny_soft_bundle.save(tmp_path / "one")
    again = NeoModel.load(tmp_path / "one", device="cpu")
    neo = NeoModel(tiny_soft_bundle)
    for how in ({"listener": "l3"}, {"listener": "l0", "type": "episode"}, {"listener": "l5", "mode": "unfamiliar"}):
        one, two = again.recommend(**how), neo.recommend(**how)  # type: ignore[arg-type]
        assert one.items == two.items
        assert [part.score for part in one.parts] == pytest.approx([part.score for part in two.parts], abs=1e-5)  # type: ignore[union-attr]
    assert soft_prompt_of(tiny_soft_bundle.model) is not None  # saving has not taken it out
    other = make_tiny_soft_bundle(tiny_dataset, seed=1)
    with pytest.raises(BundleError, match="Listener model and soft prompt do not match"):
        dataclasses.replace(tiny_soft_bundle, listener_model=other.listener_model)
    with pytest.raises(BundleError, match="makes vectors of the space None"):
        dataclasses.replace(again.bundle, listener_model=None)
    other.save(tmp_path / "other")
    mine, theirs = (tmp_path / name / LISTENERS / SOFT_PROMPT for name in ("one", "other"))
    mine.write_bytes(theirs.read_bytes())
    with pytest.raises(BundleError, match=r"do not match|changed"):
        Bundle.load(tmp_path / "one")


def test_unknown_modes_are_refused(neo: NeoModel) -> None:
    with pytest.raises(InvalidRequestError, match="mode is 'new', expected one of familiar, unfamiliar, any"):
        neo.recommend("l3", mode="new")  # type: ignore[arg-type]


def test_a_model_that_never_heard_of_modes_keeps_them_and_says_so(tiny_bundle: Bundle) -> None:
    answer = NeoModel(tiny_bundle).recommend("l3", k=2, mode="unfamiliar")
    known = levels(tiny_bundle, "l3")
    assert all(known[item.id] == "unfamiliar" for item in answer.items)
    assert any("is not asked" in warning for warning in answer.warnings)
