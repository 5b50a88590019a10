"""How much of a recommendation each code carries: what is right after one code, after two, after all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from neo.decoding.beam import search_prefixes
from neo.decoding.request import SpanRequest
from neo.evaluation.discovery_report import CodeShare, K
from neo.evaluation.neo_method import long_run
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import about_listener
from neo.model.neo_model import NeoModel
from neo.sids.table import pack_codes

BATCH = 16


def code_shares(
    neo: NeoModel, cases: Sequence[RecommendCase], ranked: Sequence[np.ndarray], met: np.ndarray, beams: int
) -> list[CodeShare]:
    """ranked: the model's own lists for these cases; met: int [catalog rows], how many listeners met each item."""
    shares = []
    table = neo.bundle.sids.table
    for name in dict.fromkeys(case.type for case in cases):
        mine = [place for place, case in enumerate(cases) if case.type == name]
        asked, lists = [cases[place] for place in mine], [ranked[place][:K] for place in mine]
        right = table.codes_of_rows([case.target for case in asked])
        found = [table.codes_of_rows(rows) for rows in lists]
        before = np.ones(len(asked), dtype=bool)
        for depth in range(1, table.levels + 1):
            same = [
                (codes[:, :depth] == wanted[:depth]).all(axis=1) for codes, wanted in zip(found, right, strict=True)
            ]
            first = np.array([bool(len(hits)) and bool(hits[0]) for hits in same])
            filled = lists if depth == table.levels else _filled(neo, asked, name, depth, met, beams)
            hit = [case.target in rows for case, rows in zip(asked, filled, strict=True)]
            shares.append(
                CodeShare(
                    group=name,
                    codes=depth,
                    n=len(asked),
                    ceiling=float(np.mean([hits.any() for hits in same])),
                    accuracy=float(first[before].mean()) if before.any() else 0.0,
                    carried=float(np.mean(hit)),
                )
            )
            before = first
    return shares


def _filled(
    neo: NeoModel, cases: Sequence[RecommendCase], name: str, depth: int, met: np.ndarray, beams: int
) -> list[np.ndarray]:
    """Lists in which the model chooses `depth` codes, and how often an item was met the rest."""
    sids = neo.bundle.sids.table.of(name)
    size = neo.bundle.vocabulary.codes(name)
    keys = pack_codes(sids.codes[:, :depth].astype(np.int64), size)
    order = np.lexsort((-met[sids.rows], keys))
    keys, rows, weight = keys[order], sids.rows[order], met[sids.rows[order]] + 1.0
    lists = []
    for case, prefixes in zip(cases, _prefixes(neo, cases, name, depth, beams), strict=True):
        gone, items, scores = set(case.history.tolist()), [], []
        for codes, score in prefixes:
            start, end = np.searchsorted(keys, pack_codes(np.array([codes]), size)[0] + np.array([0, 1]))
            left = [place for place in range(start, end) if int(rows[place]) not in gone]
            total = sum(weight[place] for place in left)
            items += [int(rows[place]) for place in left[:K]]
            scores += [score + float(np.log(weight[place] / total)) for place in left[:K]]
        best = np.argsort(-np.array(scores), kind="stable")[:K]
        lists.append(np.array(items, dtype=np.int64)[best])
    return lists


def _prefixes(
    neo: NeoModel, cases: Sequence[RecommendCase], name: str, depth: int, beams: int
) -> list[list[tuple[tuple[int, ...], float]]]:
    """For each case the first codes that the model finds, with their log-probabilities."""
    bundle, every = neo.bundle, neo.index.only([name])
    abouts = [about_listener(bundle.listeners, case.listener) for case in cases]
    asked = neo.recommend_prompts([case.history for case in cases], abouts, name, vectors=long_run(neo, cases))
    found: list[list[tuple[tuple[int, ...], float]]] = [[] for _ in cases]
    order = sorted(range(len(cases)), key=lambda place: len(asked[place]))
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        indexes = [every.without_rows(bundle.sids.table, np.asarray(cases[place].history)) for place in some]
        requests = [SpanRequest((name,), index, k=1, beams=beams) for index in indexes]
        prompts = [neo.opened(asked[place]) for place in some]
        with torch.inference_mode():
            for place, prefixes in zip(
                some, search_prefixes(bundle.model, bundle.vocabulary, prompts, requests, depth), strict=True
            ):
                found[place] = prefixes
    return found
