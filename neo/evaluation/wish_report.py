"""Are wishes granted? Lists asked for in wordings that training never saw, beside the same lists without the wish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from neo.catalog.strict import Strict
from neo.evaluation.metrics import hit_gain, hits, ndcg_gain
from neo.evaluation.protocol import RecommendCase
from neo.language.facts import FactBook
from neo.language.wishes import Wish, WishBook, say, wished
from neo.model.neo_model import NeoModel
from neo.model.prepared import Request

K = 10
BATCH = 16
TRIES = 20
KINDS = {"one wish": 1, "two wishes": 2, "to avoid": 1}

Truth = Mapping[tuple[int, str], np.ndarray]  # by listener and type: catalog rows, the most probable first
Asked = Sequence[tuple[RecommendCase, tuple[Wish, ...]]]


class Quality(Strict):
    """Of what the listener really met next, at ten."""

    hr: float
    ndcg: float


class Wished(Strict):
    """Wishes of a kind, over `n` lists of ten.

    granted: the share of the items that grant all of the wish, by the words alone; read: where what they plainly name
    is kept; unsteered: without a wish; chance: of all items of the type. steered, kept: the quality of the lists by
    words alone, and where they are read; oracle: of the true probabilities among what grants the wish, None where
    nobody knows them.
    """

    kind: str
    n: int
    granted: float
    read: float
    unsteered: float
    chance: float
    steered: Quality
    kept: Quality
    oracle: Quality | None = None


def wish_results(
    neo: NeoModel, cases: Sequence[RecommendCase], count: int, seed: int = 0, truth: Truth | None = None
) -> tuple[Wished, ...]:
    """About `count` lists of each kind, for wishes that what the listener of a case met next grants."""
    rng = np.random.default_rng([seed, 8])
    book = WishBook(neo.bundle.catalog, FactBook(neo.bundle.catalog, neo.bundle.listeners))
    order = rng.permutation(len(cases))
    found = []
    for kind in KINDS:
        drawn = ((cases[place], _drawn(book, kind, cases[place], rng)) for place in order)
        asked = [pair for pair in drawn if pair[1]][:count]
        found.append(_result(neo, book, kind, asked, rng, truth))
    return tuple(found)


def _drawn(book: WishBook, kind: str, case: RecommendCase, rng: np.random.Generator) -> tuple[Wish, ...]:
    """Wishes of a kind that the target grants; to avoid is what the listener lately met, and the target is not."""
    recent = case.history[-5:].tolist()
    for _ in range(TRIES):
        found = wished(book, case.target, recent, rng, 2)
        if kind != "two wishes":
            found = tuple(wish for wish in found if wish.avoid == (kind == "to avoid"))[:1]
        if len(found) == KINDS[kind]:
            return found
    return ()


def _result(
    neo: NeoModel, book: WishBook, kind: str, asked: Asked, rng: np.random.Generator, truth: Truth | None
) -> Wished:
    requests: list[Request] = []
    for case, wishes in asked:
        who = neo.bundle.listeners.id(case.listener)
        wish = say(wishes, rng, held_out=True)
        requests.append(neo.prepare_recommend(who, type=case.type, k=K, wish=wish, read_words=False))
        requests.append(neo.prepare_recommend(who, type=case.type, k=K, wish=wish))
        requests.append(neo.prepare_recommend(who, type=case.type, k=K))
    lists = _lists(neo, requests)
    steered, kept, plain = lists[0::3], lists[1::3], lists[2::3]
    masks = [book.granted(wishes) for _, wishes in asked]
    codes = neo.bundle.catalog.type_codes
    best = None
    if truth is not None:
        rows = [truth.get((case.listener, case.type), np.empty(0, dtype=np.int64)) for case, _ in asked]
        best = _quality([of[mask[of]][:K] for of, mask in zip(rows, masks, strict=True)], asked)
    return Wished(
        kind=kind,
        n=len(asked),
        granted=_mean(mask[rows] for rows, mask in zip(steered, masks, strict=True)),
        read=_mean(mask[rows] for rows, mask in zip(kept, masks, strict=True)),
        unsteered=_mean(mask[rows] for rows, mask in zip(plain, masks, strict=True)),
        chance=_mean(
            mask[codes == neo.bundle.catalog.type_code(case.type)] for (case, _), mask in zip(asked, masks, strict=True)
        ),
        steered=_quality(steered, asked),
        kept=_quality(kept, asked),
        oracle=best,
    )


def _lists(neo: NeoModel, requests: Sequence[Request]) -> list[np.ndarray]:
    found = []
    for start in range(0, len(requests), BATCH):
        for answer in neo.answer_lists(requests[start : start + BATCH]):  # type: ignore[arg-type]
            found.append(neo.bundle.catalog.rows([item.id for item in answer.items]))
    return found


def _quality(lists: Sequence[np.ndarray], asked: Asked) -> Quality:
    ranked = hits(list(lists), [case.relevant for case, _ in asked], K)
    gain = ndcg_gain(ranked, np.ones(len(asked), dtype=int), K)
    return Quality(hr=float(hit_gain(ranked, K).mean()), ndcg=float(gain.mean()))


def _mean(masks: Iterable[np.ndarray]) -> float:
    shares = [float(mask.mean()) for mask in masks if len(mask)]
    return sum(shares) / len(shares) if shares else 0.0
