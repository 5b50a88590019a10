"""Is one method really better than another on the same cases? A two-sided sign test, case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import binomtest

from neo.catalog.strict import Strict
from neo_sdk.errors import InvalidRequestError


class Versus(Strict):
    """How often `method` placed the right item before `other` did, and how often behind it; ties count for neither.

    A case is one listener, or one search; where several items are right, the higher NDCG wins. p: how likely a
    difference this large is if neither is better.
    """

    method: str
    other: str
    task: str
    group: str
    wins: int
    losses: int
    p: float


def sign_test(mine: np.ndarray, theirs: np.ndarray) -> tuple[int, int, float]:
    """Wins, losses and p, from the gains [n] of the same cases."""
    if len(mine) != len(theirs):
        raise InvalidRequestError(f"{len(mine)} gains against {len(theirs)}: a sign test needs the same cases")
    wins, losses = int((mine > theirs).sum()), int((mine < theirs).sum())
    p = float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return wins, losses, p


def versus_all(
    gains: Mapping[str, np.ndarray], groups: Sequence[str] | np.ndarray, task: str, method: str
) -> list[Versus]:
    """One method against each of the others, group by group. gains: of every method, for the same cases."""
    names, found = np.asarray(groups), []
    for other in gains:
        if other != method:
            for group in dict.fromkeys(names.tolist()):
                here = names == group
                wins, losses, p = sign_test(gains[method][here], gains[other][here])
                found.append(Versus(method=method, other=other, task=task, group=group, wins=wins, losses=losses, p=p))
    return found
