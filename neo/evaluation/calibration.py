"""How far a judge can be trusted: its scores beside those that are known to be right.

Labels are JSONL, one text a line: `{"kind": "explanation", "text": ..., "facts": {...}, "scores":
{"faithful_to_item": 4, ...}, "by": "ana"}`. `facts` is what the judge was shown; a scale without a score is left
out. `by` says who scored: people, or a program that made the text true or false on purpose.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, JsonValue, ValidationError, model_validator

from neo.catalog.strict import Strict
from neo.evaluation.judge import SCALES, TOP, Kind, Sample, Scores
from neo_sdk.errors import ConfigError


class Label(Strict):
    """A text whose right scores are known, by `by`."""

    kind: Kind
    text: str
    facts: dict[str, JsonValue]
    scores: dict[str, Annotated[int, Field(ge=0, le=TOP, strict=True)]]
    by: str = Field(min_length=1)

    @model_validator(mode="after")
    def _own_scales(self) -> Label:
        wrong = self.scores.keys() - SCALES[self.kind].keys()
        if wrong or not self.scores:
            raise ValueError(f"scores must name some of {', '.join(SCALES[self.kind])}, got {sorted(self.scores)}")
        return self

    @property
    def sample(self) -> Sample:
        return Sample(self.kind, self.text, dict(self.facts))


class Agreement(Strict):
    """A judge beside the labels of one scale, by one labeller.

    `difference`: mean absolute, in points of the scale. `spearman`: rank correlation; `kappa`: Cohen's with
    quadratic weights, 1 for equal scores and 0 for chance. Both are None where one side gave a single score only.
    """

    scale: str
    by: str
    n: int
    difference: float
    spearman: float | None
    kappa: float | None


def read_labels(path: Path) -> list[Label]:
    """The labels of a JSONL file; ConfigError names the line that cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The labels in {path} cannot be read: {error}") from error
    labels = []
    for place, line in enumerate(lines, 1):
        if line.strip():
            try:
                labels.append(Label.model_validate_json(line))
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "the line"
                raise ConfigError(f"{path}:{place} is no label: {where}: {first['msg']}.") from None
    return labels


def agreements(labels: Sequence[Label], judged: Sequence[Scores | None]) -> tuple[Agreement, ...]:
    """By labeller and scale, and "program: true" and the like also together as "program".

    Texts that the judge gave no usable answer on are left out.
    """
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for label, scores in zip(labels, judged, strict=True):
        if scores is not None:
            for scale, right in label.scores.items():
                for by in dict.fromkeys((label.by.partition(": ")[0], label.by)):
                    pairs.setdefault((by, scale), []).append((right, scores[scale]))
    return tuple(_agreement(scale, by, np.array(found)) for (by, scale), found in pairs.items())


def _agreement(scale: str, by: str, pairs: np.ndarray) -> Agreement:
    """`pairs` int[n, 2]: the right score and the judge's."""
    from scipy.stats import spearmanr
    from sklearn.metrics import cohen_kappa_score

    right, judged = pairs.T
    varied = len(set(right.tolist())) > 1 and len(set(judged.tolist())) > 1
    spearman = kappa = None
    if varied:
        spearman = float(spearmanr(right, judged).statistic)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some scores were never given is no news
            kappa = float(cohen_kappa_score(right, judged, labels=range(TOP + 1), weights="quadratic"))
    difference = float(np.abs(right - judged).mean())
    return Agreement(scale=scale, by=by, n=len(pairs), difference=difference, spearman=spearman, kappa=kappa)
