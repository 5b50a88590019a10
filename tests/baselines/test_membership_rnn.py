"""A world of sessions: whoever comes back after weeks turns to a home of their own, then walks on the same path."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny_sequences import fit_popular

from neo.baselines.fitting import Fitting, seeded
from neo.baselines.membership_rnn import MembershipModel, MembershipRnn
from neo.baselines.sequences import DAY, NOBODY, of_histories, windows
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

HOMES, PATH, LISTENERS = [0, 1], [4, 5, 6, 7], 40
TABLE = {"id": [f"i{row}" for row in range(12)], "title": ["x"] * 12}
CATALOG = Catalog.from_table(pa.table({**TABLE, "type": ["show"] * 9 + ["audiobook"] * 3}))
MINUTE = 60


def home_of(listener: int) -> int:
    return HOMES[listener % 2]


def sessions() -> Events:
    """Home, then a part of the path in steps of a minute, then a pause of 20 to 40 days; eight times each."""
    rng = np.random.default_rng(0)
    rows = []
    for listener in range(LISTENERS):
        now = 0
        for _ in range(8):
            now += int(rng.integers(20, 40)) * DAY
            for item in [home_of(listener), *PATH[: int(rng.integers(1, 5))]]:
                now += MINUTE
                rows.append((listener, item, now))
    who, item, time = np.array(rows).T
    return Events.from_arrays(who, item, time, ["play"] * len(who), LISTENERS)


def fitted(seed: int = 0, steps: int = 120) -> MembershipRnn:
    fitting = Fitting(learning_rate=0.05, weight_decay=0.0, tokens=512, steps=steps)
    return fit_popular(
        MembershipRnn, sessions(), CATALOG, seed=seed, width=16, topics=24, prior=0.01, dropout=0.0, fitting=fitting
    )


@pytest.fixture(scope="module")
def ranker() -> MembershipRnn:
    return fitted()


def chances(ranker: MembershipRnn, listener: int, history: list[int], after: float) -> torch.Tensor:
    """float32[12] of the next item, `after` days from the last event; events are a minute apart."""
    items = [np.array([*history, 0])]
    times = [np.append(np.arange(len(history)) * MINUTE, max(len(history) - 1, 0) * MINUTE + int(after * DAY))]
    batch = of_histories(items, 100, times, [listener]).batch(np.arange(1))
    with torch.inference_mode():
        return (ranker.model.log_memberships(batch).exp() @ ranker.model.topics.softmax(dim=1))[0]


def test_what_comes_next_depends_on_the_time_gone_by(ranker: MembershipRnn) -> None:
    for listener in (2, 3):
        for step in range(3):
            met = [home_of(listener), *PATH[: step + 1]]
            soon, late = (chances(ranker, listener, met, after) for after in (MINUTE / DAY, 30))
            assert torch.argmax(soon) == PATH[step + 1]
            assert torch.argmax(late) == home_of(listener)
            times = np.arange(len(met)) * MINUTE
            for expected, later in ((soon, MINUTE), (late, 30 * DAY)):
                now = int(times[-1]) + later
                rows = ranker.rank_timed([listener], [np.array(met)], [times], "show", 1, now)[0]
                assert rows[0] == max(set(range(9)) - set(met), key=lambda row: float(expected[row]))


def test_after_ages_everything_is_as_at_the_start(ranker: MembershipRnn) -> None:
    for listener in (4, 5, NOBODY):
        start = chances(ranker, listener, [], 0)
        late = chances(ranker, listener, [home_of(listener), 4, 5], 1e6)
        torch.testing.assert_close(late, start)
        soon = chances(ranker, listener, [home_of(listener), 4, 5], 1e-3)
        assert float((soon - start).abs().max()) > 0.3
    assert torch.argmax(chances(ranker, 4, [], 0)) == home_of(4)
    assert torch.argmax(chances(ranker, 5, [], 0)) == home_of(5)


def test_an_unknown_listener_has_the_mean_of_all(ranker: MembershipRnn) -> None:
    unknown = chances(ranker, NOBODY, [], 0)
    assert torch.equal(unknown, chances(ranker, LISTENERS + 3, [], 0))
    # Half of all have the one home, half the other.
    assert float(unknown[HOMES].sum()) > 0.7
    assert set(torch.topk(unknown, 2).indices.tolist()) == set(HOMES)


def test_a_listeners_prior_counts_once_however_many_windows_there_are() -> None:
    events = sessions()
    training = windows(events, 8)
    pieces = np.bincount(training.listeners)
    assert pieces.min() > 2 and len(set(pieces.tolist())) > 1
    with seeded(0):
        model = MembershipModel(np.ones(12), pieces, 4, 3, 8, prior=0.5, dropout=0.0)
        model.offsets.data.normal_()
        batch = training.batch(np.arange(len(training)))
        with torch.no_grad():
            priors = model.train().losses(batch) - model.eval().losses(batch)
    assert float(priors.sum()) == pytest.approx(0.25 * float(model.offsets.detach().square().sum()), rel=1e-3)


def test_equal_seeds_give_equal_weights() -> None:
    weights = [fitted(seed, steps=4).model.state_dict() for seed in (0, 0, 1)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not torch.equal(weights[0]["topics"], weights[2]["topics"])


def test_distinct_rows_of_the_type_none_of_the_history(ranker: MembershipRnn) -> None:
    histories = [np.array(history, dtype=np.int32) for history in ([], [0, 1, 2, 9], list(range(9)))]
    times = [np.arange(len(history)) for history in histories]
    ranked = ranker.rank_timed([0, 1, NOBODY], histories, times, "show", 5, 100)
    assert [len(rows) for rows in ranked] == [5, 5, 0]
    for history, rows in zip(histories, ranked, strict=True):
        assert len(set(rows.tolist())) == len(rows)
        assert set(rows.tolist()) <= set(range(9)) - set(history.tolist())


def test_a_batch_ranks_like_its_histories_alone(ranker: MembershipRnn) -> None:
    histories = [np.array(history, dtype=np.int32) for history in ([0, 4, 5], [1], [1, 4])]
    times = [np.arange(len(history)) * MINUTE for history in histories]
    together = ranker.rank_timed([0, 1, 3], histories, times, "show", 2, 4 * MINUTE)
    for i, listener in enumerate((0, 1, 3)):
        alone = ranker.rank_timed([listener], histories[i : i + 1], times[i : i + 1], "show", 2, 4 * MINUTE)
        assert alone[0].tolist() == together[i].tolist()


def test_nothing_to_learn_from_still_ranks() -> None:
    nothing = Events.from_arrays(np.empty(0), np.empty(0), np.empty(0), [], 0)
    fitting = Fitting(learning_rate=0.01, weight_decay=0.0, tokens=64, steps=4)
    ranker = fit_popular(MembershipRnn, nothing, CATALOG, width=4, topics=2, fitting=fitting)
    assert len(ranker.rank_timed([0], [np.array([2])], [np.array([5])], "show", 20, 9)[0]) == 8


def test_bad_arguments_are_told(ranker: MembershipRnn) -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        ranker.rank_timed([], [], [], "show", 0, 0)
    with pytest.raises(InvalidRequestError, match="one time an event"):
        ranker.rank_timed([0], [np.array([1, 2])], [np.array([5])], "show", 1, 9)
