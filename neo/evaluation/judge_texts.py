"""Lets a model write explanations and portraits for cases of the protocol, and has them checked and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neo.evaluation.calibration import Label, agreements
from neo.evaluation.fact_check import Checked, check_explanation, check_portrait
from neo.evaluation.judge import SCALES, Judge, Sample, Scores, explanation_sample, portrait_sample
from neo.evaluation.metrics import bootstrap
from neo.evaluation.names import Names
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.text_report import Judged, Texts, checks, coverage, foreign, wrong
from neo.language.facts import FactBook, ListenerFacts
from neo.model.listener import as_read
from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError


def judge_texts(
    neo: NeoModel,
    cases: Sequence[RecommendCase],
    count: int,
    judge: Judge | None = None,
    labels: Sequence[Label] = (),
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> Texts:
    """Up to `count` explanations, of what listeners really met next, and as many portraits, one a listener.

    `cases` give listeners, histories and items, spread evenly. The fact checker always runs, against what the model
    could read of the history; the judge where there is one, on `labels` too: how far it agrees with them stands
    beside its scores. `seed` draws the bootstrap. Raises InvalidRequestError where no case has an item to explain.
    """
    bundle = neo.bundle
    spoken = [case for case in cases if bundle.sids.table.has(case.target)]
    if not spoken or count < 1:
        raise InvalidRequestError(
            f"there is nothing to write: {len(spoken)} cases have an item with a SID, count {count}"
        )
    book = FactBook(bundle.catalog, bundle.listeners)
    names = Names.of(book)
    explanations: list[Checked] = []
    portraits: list[Checked] = []
    samples: list[Sample] = []
    for case in _spread(spoken, count):
        item, facts = book.item(case.target), _read(neo, book, case)
        text = neo.explain(bundle.catalog.id(case.target), *_who(neo, case)).text
        explanations.append(check_explanation(text, item, facts, names))
        samples.append(explanation_sample(text, item, facts))
    for case in _spread(list({case.listener: case for case in spoken}.values()), count):
        facts = _read(neo, book, case)
        text = neo.understand(*_who(neo, case)).text
        portraits.append(check_portrait(text, facts, names))
        samples.append(portrait_sample(text, facts))
    say(f"{len(explanations)} explanations and {len(portraits)} portraits written and checked")
    texts = Texts(
        explanations=checks(explanations),
        portraits=checks(portraits),
        coverage=coverage(portraits),
        foreign=foreign(portraits),
        wrong=(*wrong(explanations), *wrong(portraits)),
    )
    if judge is None:
        return texts
    scores = judge.scores([*samples, *(label.sample for label in labels)])
    own, of_labels = scores[: len(samples)], scores[len(samples) :]
    return texts.model_copy(
        update={
            "judge": judge.config.model,
            "judged": _judged(own, seed),
            "unjudged": own.count(None),
            "agreement": agreements(labels, of_labels),
        }
    )


def _spread(cases: Sequence[RecommendCase], count: int) -> list[RecommendCase]:
    """At most `count` of the cases, at even distances, so that all types are among them."""
    places = np.linspace(0, len(cases) - 1, min(count, len(cases))).astype(int)
    return [cases[place] for place in places.tolist()]


def _who(neo: NeoModel, case: RecommendCase) -> tuple[str, list[str]]:
    """The listener's id, and the item ids of the case's history: the bundle's own may be another split's."""
    bundle = neo.bundle
    return bundle.listeners.id(case.listener), [bundle.catalog.id(int(row)) for row in case.history]


def read_history(neo: NeoModel, case: RecommendCase) -> np.ndarray:
    """The rows of the history that the model reads."""
    return as_read(neo.bundle, case.history)


def _read(neo: NeoModel, book: FactBook, case: RecommendCase) -> ListenerFacts:
    return book.listener(read_history(neo, case), case.listener)


def _judged(scores: Sequence[Scores | None], seed: int) -> tuple[Judged, ...]:
    found = []
    for scale in [scale for scales in SCALES.values() for scale in scales]:
        given = np.array([one[scale] for one in scores if one is not None and scale in one], dtype=np.float64)
        if len(given):
            found.append(Judged(scale=scale, n=len(given), score=bootstrap(given, seed)))
    return tuple(found)
