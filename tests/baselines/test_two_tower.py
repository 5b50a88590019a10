from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny_sequences import events_of, fit_popular

from neo.baselines.graph_network import GraphNetwork, _loss, item_embeddings
from neo.baselines.hetero_graph import HeteroGraph
from neo.baselines.popularity import Popularity
from neo.baselines.two_tower import TwoTower
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

# Two tastes. Nobody meets two shows or two audiobooks: what the shows of a taste share are their audiobooks.
SHOWS, BOOKS = {"rock": [0, 1, 2, 3], "folk": [4, 5, 6, 7]}, {"rock": [8, 9, 10, 11], "folk": [12, 13, 14, 15]}
UNMET = {"rock": 16, "folk": 17}
N = 18
TABLE = {"id": [f"i{row}" for row in range(N)], "title": ["x"] * N}
CATALOG = Catalog.from_table(pa.table({**TABLE, "type": ["show"] * 8 + ["audiobook"] * 10}))
HELD_BACK = (0, 8)


def pairs() -> list[list[int]]:
    """Every show with every audiobook of its taste, in both orders; one pair is held back."""
    met = [(show, book) for taste in SHOWS for show in SHOWS[taste] for book in BOOKS[taste]]
    return [order for show, book in met if (show, book) != HELD_BACK for order in ([show, book], [book, show])]


EVENTS = events_of(pairs())


def noise(n: int = N, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_taste() -> np.ndarray:
    """Content that tells the taste, and little besides."""
    vectors = 0.3 * noise()
    for axis, taste in enumerate(SHOWS):
        vectors[[*SHOWS[taste], *BOOKS[taste], UNMET[taste]], axis] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fit(
    events: Events = EVENTS,
    vectors: np.ndarray | None = None,
    steps: tuple[int, int] = (10, 10),
    **options: Any,
) -> TwoTower:
    vectors = noise() if vectors is None else vectors
    graph_steps, tower_steps = steps
    return fit_popular(TwoTower, events, CATALOG, vectors, graph_steps=graph_steps, tower_steps=tower_steps, **options)


@pytest.fixture(scope="module")
def hasty() -> TwoTower:
    return fit()


def test_the_network_carries_a_taste_from_show_to_show_over_their_audiobooks() -> None:
    # Content is noise, and left out of the links: only the way over the audiobooks is there.
    graph = HeteroGraph.of(EVENTS, CATALOG, noise(), alike=0)
    vectors = item_embeddings(graph, seed=0, steps=50)
    near = vectors @ vectors.T
    for items in (SHOWS, BOOKS):
        within = np.concatenate([near[np.ix_(some, some)][~np.eye(4, dtype=bool)] for some in items.values()])
        assert within.min() > near[np.ix_(items["rock"], items["folk"])].max() + 0.3
    torch.testing.assert_close(torch.from_numpy(np.linalg.norm(vectors, axis=1)), torch.ones(N))


def test_an_item_does_not_compete_with_itself() -> None:
    """Two items, each linked to the other: nothing is left that could be wrong."""
    network = GraphNetwork(HeteroGraph.of(events_of([[0, 1]]), CATALOG, noise()))
    loss = _loss(network, np.array([[0, 1]]), np.array([[1, 0]]), np.random.default_rng(0))
    assert loss.item() == 0
    assert _loss(network, np.array([[0, 2]]), np.array([[1, 3]]), np.random.default_rng(0)).item() > 0


def test_what_a_taste_shares_is_ranked_first_even_if_never_met_together() -> None:
    model = fit(steps=(50, 250))
    for taste in SHOWS:
        histories = [np.array([show]) for show in SHOWS[taste]]
        assert all(set(rows.tolist()) == set(BOOKS[taste]) for rows in model.rank(histories, "audiobook", 4))
        histories = [np.array([book]) for book in BOOKS[taste]]
        assert all(set(rows.tolist()) == set(SHOWS[taste]) for rows in model.rank(histories, "show", 4))


def test_an_item_that_nobody_met_stands_where_its_content_is() -> None:
    graph = HeteroGraph.of(EVENTS, CATALOG, by_taste())
    vectors = item_embeddings(graph, seed=0, steps=50)
    for taste, other in (("rock", "folk"), ("folk", "rock")):
        of_taste, of_other = vectors[BOOKS[taste]].mean(0), vectors[BOOKS[other]].mean(0)
        assert vectors[UNMET[taste]] @ of_taste > vectors[UNMET[taste]] @ of_other + 0.3
    model = fit(vectors=by_taste(), steps=(50, 20))
    for taste, other in (("rock", "folk"), ("folk", "rock")):
        ranked = model.rank([np.array(SHOWS[taste][:2])], "audiobook", 10)[0].tolist()
        assert ranked.index(UNMET[taste]) < ranked.index(UNMET[other])


def test_the_same_seed_gives_the_same_model_and_leaves_torch_alone(hasty: TwoTower) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again, other = fit(), fit(seed=1)
    assert torch.equal(torch.rand(3), expected)
    assert (again.towers.embed() == hasty.towers.embed()).all()
    assert not (other.towers.embed() == hasty.towers.embed()).all()


def test_of_what_is_not_out_yet_nothing_is_learned() -> None:
    visible, changed = np.setdiff1d(np.arange(N), list(UNMET.values())), noise()
    changed[list(UNMET.values())] = noise(2, seed=1)
    one, other = (fit(vectors=vectors, visible=visible).towers for vectors in (noise(), changed))
    assert (one.embed()[visible] == other.embed()[visible]).all()
    assert not (one.embed() == other.embed()).all()


def test_the_history_is_left_out_and_the_rest_is_complete(hasty: TwoTower) -> None:
    history = np.array([0, 9, 3, 9, 12, 5], dtype=np.int32)
    for name, wanted in (("show", [1, 2, 4, 6, 7]), ("audiobook", [8, 10, 11, 13, 14, 15, 16, 17])):
        ranked = hasty.rank([history], name, 100)[0].tolist()
        assert sorted(ranked) == wanted
        assert hasty.rank([history], name, 3)[0].tolist() == ranked[:3]
    assert hasty.rank([np.arange(8)], "show", 3)[0].tolist() == []
    assert hasty.rank([], "show", 3) == []
    assert hasty.rank([history], "episode", 3)[0].tolist() == []


def test_a_batch_ranks_like_its_histories_alone(hasty: TwoTower) -> None:
    rng = np.random.default_rng(0)
    histories = [rng.integers(N, size=size) for size in (0, 1, 3, 150)]
    together = hasty.rank(histories, "audiobook", 4)
    alone = [hasty.rank([history], "audiobook", 4)[0] for history in histories]
    assert [rows.tolist() for rows in together] == [rows.tolist() for rows in alone]


def test_a_new_listener_gets_what_is_popular(hasty: TwoTower) -> None:
    ranked = hasty.rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == Popularity.fit(EVENTS, CATALOG).order("show")[:3].tolist()


def test_without_any_event_content_is_all_there_is() -> None:
    nothing = Events.from_arrays(np.empty(0), np.empty(0), np.empty(0), [], 2)
    ranked = fit(nothing, by_taste()).rank([np.array([0])], "audiobook", 10)[0]
    assert sorted(ranked.tolist()) == list(range(8, N))


def test_bad_arguments_are_told(hasty: TwoTower) -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        hasty.rank([], "show", 0)
    with pytest.raises(InvalidRequestError, match="no item type 'film'"):
        hasty.rank([np.array([0])], "film", 1)
    with pytest.raises(InvalidRequestError, match="18 items"):
        fit(vectors=noise(4))
