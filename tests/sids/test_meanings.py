from __future__ import annotations

import numpy as np

from neo.catalog.activity import Dataset
from neo.sids.build import build_sids
from neo.sids.config import SidConfig
from neo.sids.meanings import code_meanings, item_meanings, meanings


def test_a_code_means_the_mean_of_what_is_left_of_its_items() -> None:
    vectors = np.array([[1, 0], [3, 0], [0, 4]], dtype=np.float32)
    books = meanings(vectors, np.array([[0, 0], [0, 1], [2, 1]]), 3).codebooks
    assert books[0].tolist() == [[2, 0], [0, 0], [0, 4]]
    assert books[1].tolist() == [[-1, 0], [0.5, 0], [0, 0]]


def test_meanings_are_of_what_may_be_learned_from(tiny_dataset: Dataset) -> None:
    """Of content and of meetings side by side, whatever the codes were made from; codes of other items mean nothing."""
    catalog, rows = tiny_dataset.catalog, np.arange(0, 100, 2)
    sids = build_sids(catalog, SidConfig(levels=2, codes=40, dim=16), events=tiny_dataset.events)
    books = code_meanings(sids.table, rows, item_meanings(sids, catalog, rows, tiny_dataset.events))
    assert set(books) == set(sids.table.type_names)
    for name, book in books.items():
        assert book.shape == (2, 40, 32) and np.isfinite(book).all() and book[..., 16:].any()
        used = np.unique(sids.table.codes_of_rows(rows[catalog.type_codes[rows] == catalog.type_code(name)])[:, 0])
        assert book[0, used].any(axis=1).all() and not np.delete(book[0], used, axis=0).any()
