"""Every item that any answer names exists, is of an asked type, was not heard and passes the filters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from transformers import GenerationConfig

from neo.model.bundle import Bundle
from neo.model.candidates import Candidates
from neo.model.neo_model import NeoModel
from neo_sdk.types import Answer

HOSTILE = GenerationConfig(
    top_k=1, top_p=0.01, temperature=9.0, repetition_penalty=50.0, no_repeat_ngram_size=1, do_sample=True,
    min_length=400, max_length=3, eos_token_id=[1, 2, 3], suppress_tokens=list(range(100)), bad_words_ids=[[4]],
    num_beams=7,
)  # fmt: skip
QUERIES = ("bread", "old maps and jazz", "<|sid|> <|show_0_1|>", "???", "part 41", "\u202eegassap", "Author 3")
TYPES = ("show", "episode", "audiobook")


@pytest.fixture
def neo(tiny_bundle: Bundle) -> Iterator[NeoModel]:
    """The tiny model, with a leaning to name items and to stop, and a generation config that ruins everything."""
    model, vocabulary = tiny_bundle.model, tiny_bundle.vocabulary
    head, asked = model.get_output_embeddings(), model.generation_config
    head.bias = torch.nn.Parameter(torch.zeros(head.weight.shape[0]))
    head.bias.data[vocabulary.open], head.bias.data[vocabulary.end] = 5.0, 3.0
    model.generation_config = HOSTILE
    try:
        yield NeoModel(tiny_bundle)
    finally:
        head.bias, model.generation_config = None, asked


def violations(neo: NeoModel, count: int, seed: int) -> tuple[int, list[str]]:
    """At least `count` references over all verbs, greedy and drawn; what is wrong with any of them."""
    rng, checked, wrong = np.random.default_rng(seed), 0, list[str]()
    catalog, table = neo.bundle.catalog, neo.bundle.sids.table
    while checked < count:
        name, answer, types, heard, within, creators = ask(neo, rng)
        ids = [item.id for item in answer.items]
        if len(set(ids)) < len(ids):
            wrong.append(f"{name}: an item twice in {ids}")
        for item in answer.items:
            row = int(catalog.rows([item.id])[0])
            if row < 0 or catalog.item(row) != item or not table.has(row):
                wrong.append(f"{name}: {item.id} does not exist")
            if item.type not in types:
                wrong.append(f"{name}: {item.id} is of type {item.type}, asked for {types}")
            if item.id in heard:
                wrong.append(f"{name}: {item.id} was heard or excluded")
            if within is not None and item.id not in within:
                wrong.append(f"{name}: {item.id} is not within {within}")
            if creators is not None and item.creator not in creators:
                wrong.append(f"{name}: {item.id} is by {item.creator}, the filter says {creators}")
        checked += len(ids)
    return checked, wrong


Asked = tuple[str, Answer, tuple[str, ...], set[str], set[str] | None, list[str] | None]


def ask(neo: NeoModel, rng: np.random.Generator) -> Asked:
    """A random request: its name and answer; which types, not which items, which alone and by whom it may name."""
    catalog = neo.bundle.catalog
    every = catalog.column("id").to_pylist()
    some = [str(item_id) for item_id in rng.choice(every, size=int(rng.integers(1, 40)))]
    listener = f"l{rng.integers(15)}" if rng.random() < 0.5 else None
    history = None if listener and rng.random() < 0.7 else some[:20]
    heard = set(history or ())
    if history is None:
        heard = {every[row] for row in neo.bundle.events.history(neo.bundle.listeners.row(str(listener)))}
    name = str(rng.choice(TYPES))
    drawn = {"temperature": float(rng.choice([0.2, 1.0, 5.0])), "seed": int(rng.integers(1000))}
    manner = drawn if rng.random() < 0.6 else {}
    who = {"listener": listener, "history": history}
    verb = str(rng.choice(["recommend", "recommend mixed", "search", "search mixed", "chat"]))
    output = "mixed" if verb.endswith("mixed") else "items"
    k = int(rng.integers(1, 31))
    creators = [f"Author {n}" for n in rng.integers(7, size=3)] if rng.random() < 0.3 else None
    chosen = None if creators is None else {"creators": creators}
    if verb == "chat":
        types = tuple(str(t) for t in rng.choice(TYPES, size=int(rng.integers(1, 4)), replace=False))
        answer = neo.chat(
            str(rng.choice(QUERIES)), **who, types=types, max_items=k, filter=chosen, max_tokens=10, **manner
        )
        return verb, answer, types, heard, None, creators
    within = [str(item_id) for item_id in rng.choice(every, size=60)] if rng.random() < 0.3 else None
    filters = {"k": k, "format": output, "within": within, "exclude": some[20:], "filter": chosen}
    filters["beams"] = int(rng.integers(1, 31))
    if verb.startswith("recommend"):
        answer = neo.recommend(**who, type=name, max_tokens=10, **filters, **manner)
        types = (name,)
    else:
        kind = None if rng.random() < 0.4 else name
        query = str(rng.choice(QUERIES))
        answer = neo.search(query, kind, **who, exclude_heard=True, max_tokens=10, **filters, **manner)
        types = TYPES if kind is None else (kind,)
    return verb, answer, types, heard | set(some[20:]), None if within is None else set(within), creators


def test_no_reference_is_invalid_under_a_hostile_generation_config(neo: NeoModel) -> None:
    checked, wrong = violations(neo, count=600, seed=0)
    assert checked >= 600
    assert wrong == []


@pytest.mark.slow
def test_ten_thousand_references_are_all_valid(neo: NeoModel) -> None:
    checked, wrong = violations(neo, count=10_000, seed=1)
    print(f"\n{checked:,} item references over all verbs, greedy and drawn: {len(wrong)} invalid")
    assert checked >= 10_000
    assert wrong == []


def test_a_generation_config_changes_no_answer(neo: NeoModel) -> None:
    def answers() -> list[Answer]:
        fresh = NeoModel(neo.bundle)  # what was read before changes an answer by rounding
        return [
            fresh.recommend("l3"),
            fresh.recommend("l3", temperature=1.0, seed=1),
            fresh.search("bread", format="mixed", max_tokens=10),
            fresh.explain("s-3", "l2", max_tokens=10),
            fresh.chat("bread", "l4", temperature=1.0, seed=2, max_tokens=20),
        ]

    hostile = answers()
    neo.bundle.model.generation_config = GenerationConfig()
    assert answers() == hostile


def test_the_check_finds_what_is_invalid(neo: NeoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count of zero means something only if it can be another."""

    def choose_anything(self: NeoModel, *_: object, **__: object) -> Candidates:
        return Candidates.choose(self.index, self.bundle.sids.table, self.bundle.catalog.types)

    monkeypatch.setattr(NeoModel, "_choose", choose_anything)
    _, wrong = violations(neo, count=300, seed=0)
    for complaint in ("is of type", "was heard or excluded", "is not within", "the filter says"):
        assert any(complaint in line for line in wrong)
