"""What will this listener do next week? From their vector alone, beside matrix factorization and hand-made features.

Each method gives a listener numbers as of a moment; a logistic regression learns from them, as of a week before the
cut, what happens in that week, and is asked at the cut for the week after it. AUC over all listeners: any play at all,
plays of each item type, and the ten topics that are played most (their mean).

    python benchmarks/future_listening.py recipes/quickstart.yaml [key=value ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neo.baselines.factorization import ALPHA, PENALTY, ROUNDS, factorize, solve
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.evaluation.machine import this_machine
from neo.evaluation.protocol import DAY, Split
from neo.training.config import load_config
from neo.training.run import Run

WEEK = int(7 * DAY)
TOPICS = 10
RESAMPLES = 200
WINDOWS = (7, 30, 182)  # days, of the hand-made features
FACTORS = 64  # as many as a vector has dimensions


class Vectors:
    """The listener model's, of which nothing is learned here."""

    name = "listener vector"

    def __init__(self, run: Run) -> None:
        self.run = run

    def at(self, when: int) -> np.ndarray:
        model, known = self.run.listener_model, self.run.full
        assert model is not None
        who = np.arange(len(known.listeners))
        return model.vectors(known.events, who, np.full(len(who), when), known.listeners, who).values


class Factors:
    """Items are learned from what lies before the first moment; a listener's vector follows from what they met."""

    name = "matrix factorization"

    def __init__(self, events: Events, first: int, items: int, seed: int) -> None:
        self.events, self.items = events, items
        self.learned = factorize(self._counts(first), FACTORS, ROUNDS, ALPHA, PENALTY, seed)

    def at(self, when: int) -> np.ndarray:
        return solve(self._counts(when), self.learned, ALPHA, PENALTY)

    def _counts(self, when: int) -> sparse.csr_array:
        past = self.events.before(when)
        ones = np.ones(len(past), dtype=np.float32)
        return sparse.coo_array((ones, (past.listener, past.item)), shape=(past.n_listeners, self.items)).tocsr()


class HandMade:
    """What one would count: events in three windows, by type, days since the last one, and each topic's share."""

    name = "hand-made features"

    def __init__(self, events: Events, catalog: Catalog, topics: dict[str, np.ndarray]) -> None:
        self.events, self.types, self.topics = events, catalog.type_codes, topics

    def at(self, when: int) -> np.ndarray:
        columns, n = [], self.events.n_listeners
        for days in WINDOWS:
            late = self.events.where((self.events.time < when) & (self.events.time >= when - days * DAY))
            columns.append(np.bincount(late.listener, minlength=n))
            for code in np.unique(self.types):
                columns.append(np.bincount(late.listener[self.types[late.item] == code], minlength=n))
        past = self.events.before(when)
        last = np.full(n, when - 400 * DAY)
        last[past.listener] = past.time  # sorted by time within a listener: the last one stays
        met = np.maximum(np.bincount(past.listener, minlength=n), 1)
        shares = [np.bincount(past.listener, mask[past.item], minlength=n) / met for mask in self.topics.values()]
        return np.column_stack([np.log1p(columns).T, np.log1p((when - last) / DAY), *shares])


def labels(events: Events, catalog: Catalog, topics: dict[str, np.ndarray], when: int) -> dict[str, np.ndarray]:
    """bool [listeners] by what is asked: whether it happens in the week from this second on."""
    week = events.where((events.time >= when) & (events.time < when + WEEK))
    found = {"anything": np.bincount(week.listener, minlength=events.n_listeners) > 0}
    wanted = {name: catalog.type_codes == code for code, name in enumerate(catalog.type_names)} | topics
    for name, mask in wanted.items():
        found[name] = np.bincount(week.listener[mask[week.item]], minlength=events.n_listeners) > 0
    return found


def most_played(catalog: Catalog, events: Events) -> dict[str, np.ndarray]:
    """bool [items] for the topics of which most is played; an episode has those of its show too."""
    own = catalog.column("topics").to_pylist()
    parents = catalog.parent_rows
    of = [set(own[row] or ()) | set(own[parent] or () if parent >= 0 else ()) for row, parent in enumerate(parents)]
    plays = np.bincount(events.item, minlength=len(catalog))
    counts: Counter[str] = Counter()
    for row, names in enumerate(of):
        counts.update(dict.fromkeys(names, int(plays[row])))
    return {name: np.array([name in names for names in of]) for name, _ in counts.most_common(TOPICS)}


def intervals(score: np.ndarray, truth: np.ndarray, seed: int) -> Iterator[float]:
    """AUC of resamples of the listeners."""
    rng = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        some = rng.integers(len(truth), size=len(truth))
        if 0 < truth[some].sum() < len(some):
            yield float(roc_auc_score(truth[some], score[some]))


def measure(run: Run, seed: int) -> dict[str, Any]:
    split = run.split
    assert isinstance(split, Split)
    events, catalog = run.full.events, run.full.catalog
    before, cut = split.cut - WEEK, split.cut
    topics = most_played(catalog, events.before(before))
    methods = [Vectors(run), Factors(events, before, len(catalog), seed), HandMade(events, catalog, topics)]
    learned, asked = (labels(events, catalog, topics, when) for when in (before, cut))
    results: dict[str, dict[str, list[float]]] = {}
    for method in methods:
        train, test = method.at(before), method.at(cut)
        found: dict[str, list[float]] = {}
        for name, truth in learned.items():
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, C=0.1)).fit(train, truth)
            score = model.predict_proba(test)[:, 1]
            low, high = np.quantile(list(intervals(score, asked[name], seed)), [0.025, 0.975])
            found[name] = [float(roc_auc_score(asked[name], score)), float(low), float(high)]
        of_topics = np.array([found.pop(name) for name in topics])
        results[method.name] = {**found, f"{len(topics)} topics": of_topics.mean(axis=0).tolist()}
    shares = {name: float(truth.mean()) for name, truth in asked.items() if name not in topics}
    return {
        "future": results,
        "shares": shares,
        "topics": list(topics),
        "listeners": len(run.full.listeners),
        "seed": seed,
        "machine": this_machine().model_dump(mode="json"),
    }


def markdown(measured: dict[str, Any]) -> str:
    """A row for each method: AUC, and its 95% interval in brackets."""
    names = list(next(iter(measured["future"].values())))
    best = {name: max(found[name][0] for found in measured["future"].values()) for name in names}
    rows = [["", *names], ["---", *["---:"] * len(names)]]
    for method, found in measured["future"].items():
        shown = [f"{value:.3f} ({low:.3f} to {high:.3f})" for value, low, high in (found[name] for name in names)]
        marked = [f"**{text}**" if found[n][0] == best[n] else text for n, text in zip(names, shown, strict=True)]
        rows.append([method, *marked])
    machine, shares = measured["machine"], measured["shares"]
    happens = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    said = f"{measured['listeners']:,} listeners, seed {measured['seed']}; of them in the week asked for: {happens}. "
    said += f"Topics: {', '.join(measured['topics'])}. {machine['cores']} cores of {machine['processor']}."
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    config = load_config(given.recipe, given.settings)
    if config.listener is None:
        parser.error(f"{given.recipe} has no `listener`: there is no vector to predict from")
    run = Run(config)
    run.read_data()
    run.learn_sids()
    run.learn_listeners()
    measured = measure(run, config.seed)
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
