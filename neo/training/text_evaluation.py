"""A run's texts under evaluation: the judge that the recipe names, calibrated on labels of people and of our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neo.evaluation.calibration import Label, read_labels
from neo.evaluation.judge import Judge
from neo.evaluation.judge_texts import judge_texts
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.text_report import Texts
from neo.language.facts import FactBook
from neo.model.neo_model import NeoModel
from neo.training.run import Run
from neo.training.teacher.known_labels import known_labels

LABELED = 20  # cases from which texts of known scores are made, up to eight each


def evaluate_texts(run: Run, neo: NeoModel, cases: Sequence[RecommendCase], say: Callable[[str], None]) -> Texts | None:
    """As many texts as `evaluation.texts` says, checked, and judged where there is a judge; None for none."""
    config, seed = run.config.evaluation, run.config.seed
    if not config.texts or not cases:
        return None
    judge, labels = None, list[Label]()
    if config.judge is not None:
        judge = Judge(config.judge, run.folder / "judge.jsonl")
        if config.judge.labels is not None:
            labels += read_labels(config.judge.labels)
        rng = np.random.default_rng([seed, 5])
        drawn = [cases[place] for place in rng.permutation(len(cases))[:LABELED].tolist()]
        book = FactBook(neo.bundle.catalog, neo.bundle.listeners)
        readable = [(case.target, case.history[-neo.bundle.history_length :], case.listener) for case in drawn]
        labels += known_labels(book, readable, rng)
    return judge_texts(neo, cases, config.texts, judge, labels, seed, say)
