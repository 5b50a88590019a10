"""Who is held out of stage 4, and what its answers are worth to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from neo.catalog.activity import Events
from neo.decoding.answer import AnswerRequest, Done, TextDelta
from neo.decoding.mixed import stream_answers
from neo.decoding.prompt_memory import PromptMemory
from neo.evaluation.fact_check import Checked, check_explanation
from neo.evaluation.names import Names
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import RecommendCase, sample
from neo.language.facts import FactBook
from neo.model.listener import as_read
from neo.model.neo_model import MEMORY, NeoModel
from neo.training.preference.rewards import Rewards, list_terms, truth

K = 10
TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class Worth:
    """Means over cases. reward: of lists and explanations, by their weights; hr: HR@10."""

    reward: float
    hr: float
    hit: float
    unfamiliar: float
    diversity: float
    truth: float | None

    def __str__(self) -> str:
        shown = (f"{name} {value:.4f}" for name, value in asdict(self).items() if value is not None)
        return ", ".join(shown).replace("hr ", "HR@10 ")


def held_out(listeners: int, share: float, seed: int) -> np.ndarray:
    """bool[listeners]: whose life teaches stage 4 nothing; somebody, where there are two or more."""
    out = np.zeros(listeners, dtype=np.bool_)
    count = min(max(1, round(share * listeners)), listeners - 1)
    out[np.random.default_rng([seed, 8]).permutation(listeners)[:count]] = True
    return out


def last_cases(
    events: Events, types: np.ndarray, names: Sequence[str], who: np.ndarray, count: int, seed: int
) -> list[RecommendCase]:
    """For these listeners (bool) and each type the last item of it that was new to them; `count` of a type at most.

    types: of each catalog row, a place in `names`.
    """
    first = events.first_meetings()
    found: list[RecommendCase] = []
    for code, name in enumerate(names):
        places = np.flatnonzero(first & (types[events.item] == code) & who[events.listener])
        listeners, reverse = np.unique(events.listener[places][::-1], return_index=True)
        last = places[::-1][reverse]
        kept = last > events.offsets[listeners]  # a life that begins with it says nothing of it
        for place in sample(last[kept], count, [seed, code]).tolist():
            listener = int(events.listener[place])
            start = int(events.offsets[listener])
            history, times = events.item[start:place], events.time[start:place]
            found.append(RecommendCase(listener, history, times, name, int(events.item[place])))
    return found


def worth(neo: NeoModel, cases: Sequence[RecommendCase], texts: int, rewards: Rewards, beams: int = 30) -> Worth:
    """What a model's lists for these cases and its explanations of `texts` of them are worth."""
    bundle = neo.bundle
    lists = NeoMethod(neo, beams).recommend(cases, K)
    parents, table = bundle.catalog.parent_rows, bundle.sids.table
    terms = [
        list_terms(items, [case.target], case.history, parents, table, K)
        for items, case in zip(lists, cases, strict=True)
    ]
    hr = float(np.mean([case.target in items[:K] for items, case in zip(lists, cases, strict=True)]))
    hit, new, diverse = np.mean(terms, axis=0).tolist()
    told = [case for case in cases if table.has(case.target)]
    told = told[:: -(-len(told) // texts)] if texts else []
    checked = explanations(neo, [(case.listener, case.history, case.target) for case in told])
    true = float(np.mean([truth(one.checked) for one in checked])) if checked else None
    reward = rewards.of_list((hit, new, diverse)) + rewards.truth * (true or 0.0)
    return Worth(reward, hr, hit, new, diverse, true)


@dataclass(frozen=True)
class Told:
    """An explanation, and what the fact checker says of it. prompt, said: token ids, asides in them; whole: whether
    the model ended it."""

    text: str
    checked: Checked
    prompt: tuple[int, ...]
    said: tuple[int, ...]
    whole: bool


def explanations(
    neo: NeoModel,
    asked: Sequence[tuple[int, np.ndarray, int]],
    temperature: float | None = None,
    seed: int = 0,
) -> list[Told]:
    """For (listener, history, item) in catalog rows, why the item suits them."""
    bundle = neo.bundle
    book = FactBook(bundle.catalog, bundle.listeners)
    names, found = Names.of(book), list[Told]()
    # A memory of its own: the model's is of the weights that it had before it was trained further.
    memory = PromptMemory(bundle.model, MEMORY)
    for start in range(0, len(asked), TEXTS_AT_ONCE):
        some = asked[start : start + TEXTS_AT_ONCE]
        requests = [asked_why(neo, *case, temperature, seed + start + place) for place, case in enumerate(some)]
        texts, ends = [""] * len(some), dict[int, Done]()
        for place, event in stream_answers(bundle.model, bundle.vocabulary, requests, memory, neo.shapes):
            match event:
                case TextDelta(text):
                    texts[place] += text
                case Done():
                    ends[place] = event
        for place, (listener, history, item) in enumerate(some):
            facts, text = book.listener(as_read(bundle, history), listener), texts[place].lstrip()
            checked = check_explanation(text, book.item(item), facts, names)
            prompt, end = tuple(requests[place].prompt), ends[place]
            found.append(Told(text, checked, prompt, end.said, end.reason == "stop"))
    return found


def asked_why(
    neo: NeoModel, listener: int, history: np.ndarray, item: int, temperature: float | None = None, seed: int = 0
) -> AnswerRequest:
    """Why an item suits a listener, as they would ask it."""
    bundle = neo.bundle
    met, drawn = [bundle.catalog.id(int(row)) for row in history], None if temperature is None else seed
    who, what = bundle.listeners.id(listener), bundle.catalog.id(item)
    request = neo.prepare_explain(what, who, met, temperature=temperature, seed=drawn)
    return replace(request.asked, generator=request.manner.generator())
