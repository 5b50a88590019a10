"""A run's texts under evaluation: the judge that the recipe names, calibrated on labels of people and of our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neo.evaluation.calibration import Label, read_labels
from neo.evaluation.judge import Judge
from neo.evaluation.judge_texts import judge_texts, read_history
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.text_report import Texts
from neo.language.facts import FactBook
from neo.model.neo_model import NeoModel
from neo.training.run import Run
from neo.training.teacher.known_labels import known_labels

LABELED = 20  # cases from which texts of known scores are made, up to eight each


def judge_of(run: Run) -> tuple[Judge | None, list[Label]]:
    """The judge that the recipe names and what people scored, if anybody is to be judged.

    ConfigError where its key or package is missing or the labels cannot be read: ask before what takes long.
    """
    config = run.config.evaluation
    if not config.texts or config.judge is None:
        return None, []
    labels = [] if config.judge.labels is None else read_labels(config.judge.labels)
    return Judge(config.judge, run.folder / "judge.jsonl"), labels


def evaluate_texts(
    run: Run,
    neo: NeoModel,
    cases: Sequence[RecommendCase],
    judge: Judge | None,
    labels: Sequence[Label],
    say: Callable[[str], None],
) -> Texts | None:
    """As many texts as `evaluation.texts` says, checked, and judged where there is a judge; None for none."""
    wanted, seed = run.config.evaluation.texts, run.config.seed
    if not wanted or not cases:
        return None
    if judge is not None:
        rng = np.random.default_rng([seed, 5])
        drawn = [cases[place] for place in rng.permutation(len(cases))[:LABELED].tolist()]
        book = FactBook(neo.bundle.catalog, neo.bundle.listeners)
        readable = [(case.target, read_history(neo, case), case.listener) for case in drawn]
        labels = [*labels, *known_labels(book, readable, rng)]
    return judge_texts(neo, cases, wanted, judge, labels, seed, say)
