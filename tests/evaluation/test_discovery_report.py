"""What codes carry and whether modes work, against counts over whole lists."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import torch

from neo.decoding.beam import search_prefixes, search_spans
from neo.decoding.request import SpanRequest
from neo.evaluation.discovery_report import K, code_table, mode_table
from neo.evaluation.modes import mode_results
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.prefixes import code_shares
from neo.evaluation.protocol import RecommendCase
from neo.listeners.familiarity import LEVELS, familiarity
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel


@pytest.fixture
def neo(tiny_soft_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_soft_bundle)


def cases_of(bundle: Bundle, kinds: tuple[str, ...] = ("show", "episode")) -> list[RecommendCase]:
    """Each listener's last item of a type, and what they had met by then; some of it is met again."""
    found = []
    for name in kinds:
        for row in range(len(bundle.listeners)):
            history, times = bundle.events.history(row), bundle.events.times(row)
            mine = np.flatnonzero(bundle.catalog.type_codes[history] == bundle.catalog.type_code(name))
            if len(mine) and history[mine[-1]] not in history[: mine[-1]]:
                end = int(mine[-1])
                found.append(RecommendCase(row, history[:end], times[:end], name, int(history[end])))
    return found


def test_prefixes_add_up_what_is_behind_them(neo: NeoModel) -> None:
    model, vocabulary, index = neo.bundle.model, neo.bundle.vocabulary, neo.index
    prompts = [
        [*vocabulary.encode("All about whales"), vocabulary.open],
        [*vocabulary.encode("Bread"), vocabulary.open],
    ]
    everything = search_spans(model, vocabulary, index, prompts, [("episode",)] * 2, k=60, beams=512)
    for depth in (1, 2, 3):
        requests = [SpanRequest(("episode",), index, k=1, beams=512)] * 2
        with torch.inference_mode():
            found = search_prefixes(model, vocabulary, prompts, requests, depth)
        for prefixes, items in zip(found, everything, strict=True):
            expected: dict[tuple[int, ...], float] = defaultdict(float)
            for item in items:
                expected[item.codes[:depth]] += float(np.exp(item.score))
            assert {codes: np.exp(score) for codes, score in prefixes} == pytest.approx(dict(expected), rel=1e-3)


def test_codes_are_counted_as_one_would_by_hand(neo: NeoModel) -> None:
    bundle, cases = neo.bundle, cases_of(neo.bundle)
    met = bundle.events.met_by(len(bundle.catalog))
    ranked = NeoMethod(neo, 30).recommend(cases, K)
    shares = code_shares(neo, cases, ranked, met, 30)
    assert [(share.group, share.codes) for share in shares] == [(n, c) for n in ("show", "episode") for c in (1, 2, 3)]
    codes = bundle.sids.table.codes_of
    for share in shares:
        mine = [(case, rows) for case, rows in zip(cases, ranked, strict=True) if case.type == share.group]
        same = [
            [codes(int(row))[: share.codes] == codes(case.target)[: share.codes] for row in rows] for case, rows in mine
        ]
        before = [
            codes(int(rows[0]))[: share.codes - 1] == codes(case.target)[: share.codes - 1] for case, rows in mine
        ]
        assert share.n == len(mine) and share.ceiling == pytest.approx(np.mean([any(hits) for hits in same]))
        right = [hits[0] for hits, there in zip(same, before, strict=True) if there]
        assert share.accuracy == pytest.approx(np.mean(right) if right else 0)
        if share.codes == 3:
            assert share.carried == share.ceiling  # all codes are the item
    (title, table) = code_table(shares)[0]
    assert title and table[1][0] == "show, 1" and table[3][4] in ("100%", "-")


def test_what_codes_leave_open_goes_to_what_is_met_most(neo: NeoModel) -> None:
    """Without any code of the model's choice but the first: within it, popularity alone."""
    bundle, cases = neo.bundle, cases_of(neo.bundle, ("episode",))
    everyone = np.zeros(len(bundle.catalog), dtype=np.int64)
    lists = [np.empty(0, dtype=np.int64)] * len(cases)
    favored = everyone.copy()
    favored[[case.target for case in cases]] = 1_000_000
    plain, known = (code_shares(neo, cases, lists, met, 8)[0].carried for met in (everyone, favored))
    assert known > plain  # the right ones come first where they are what everybody meets
    assert known == 1.0  # with 8 codes and 8 beams every first code is found


def test_modes_are_counted_as_one_would_by_hand(neo: NeoModel) -> None:
    bundle, cases = neo.bundle, cases_of(neo.bundle, ("show", "episode", "audiobook"))
    method, parents, now = NeoMethod(neo, 30), bundle.catalog.parent_rows, bundle.now
    results = mode_results(method, cases, now, parents)
    assert {result.group for result in results} == {"show", "episode"}  # no audiobook is familiar and still new
    compared = 0
    for result in results:
        mine = [case for case in cases if case.type == result.group]
        lists = method.recommend(mine, K, result.mode)
        shown = [
            familiarity(int(row), case.history, case.times, now, parents)
            for case, rows in zip(mine, lists, strict=True)
            for row in rows[:10]
        ]
        right = [familiarity(case.target, case.history, case.times, now, parents) for case in mine]
        for level in LEVELS:
            assert result.obeyed[level] == pytest.approx(shown.count(level) / len(shown))
            some = [place for place, found in enumerate(right) if found == level]
            assert result.n.get(level, 0) == len(some)
            if some:
                hit = [mine[place].target in lists[place] for place in some]
                assert result.hr[level] == pytest.approx(np.mean(hit))
        kept = [case for case, found in zip(mine, right, strict=True) if found == result.mode]
        others = [
            np.array(
                [
                    row
                    for row in range(len(bundle.catalog))
                    if row in case.history or familiarity(row, case.history, case.times, now, parents) != result.mode
                ]
            )
            for case in kept
        ]
        if not kept:
            assert result.kept_hr is None
            continue
        lists = method.recommend(kept, K, result.mode, others)
        hit = [case.target in rows for case, rows in zip(kept, lists, strict=True)]
        assert result.kept_hr == pytest.approx(np.mean(hit))
        compared += 1
    assert compared >= 2
    assert len(mode_table(results)[0][1]) == 1 + len(results)
    assert mode_table(()) == [] and code_table(()) == []
