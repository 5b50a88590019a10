from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.table import SidTable
from neo_sdk.errors import BundleError, ConfigError, NotFoundError

TYPES = (ItemType("show", "shows"), ItemType("song", "songs"), ItemType("course", "courses"))
WORDS = ("volcano", "bread", "chess", "Rome", "jazz", "tax", "whale", "glass")
SMALL = SidConfig(levels=2, codes=8, dim=8)


def catalog(shows: int = 60, songs: int = 20, text: str | None = None) -> Catalog:
    rng = np.random.default_rng(0)
    count = shows + songs
    picked = [" ".join(rng.choice(WORDS, 3)) for _ in range(count)]
    columns = {
        "id": [f"i{n}" for n in range(count)],
        "type": ["show"] * shows + ["song"] * songs,
        "title": [text or f"{words} {n % 7}" for n, words in enumerate(picked)],
        "popularity": pa.array([float(n % 5) if n % 3 else None for n in range(count)], pa.float32()),
    }
    return Catalog.from_table(pa.table(columns), TYPES)


def tuples(table: SidTable, name: str) -> set[tuple[int, ...]]:
    return {tuple(codes) for codes in np.asarray(table.of(name).codes).tolist()}


def test_every_item_gets_a_tuple_of_its_own() -> None:
    everything = catalog()
    model = build_sids(everything, SMALL)
    assert model.table.type_names == ("show", "song")  # no courses, no codes for them
    assert len(tuples(model.table, "show")) == 60 and len(tuples(model.table, "song")) == 20
    for name in ("show", "song"):
        assert np.array_equal(model.table.of(name).rows, everything.rows_of(name))
        assert model.centroids(name).shape == (2, 8, model.embedder.dim)
    assert build_sids(everything, SMALL).table.fingerprint() == model.table.fingerprint()


def test_codes_follow_meaning() -> None:
    everything = catalog()
    model = build_sids(everything, SidConfig(levels=2, codes=16, dim=8))
    vectors = model.embed(everything, everything.rows_of("show"))
    first = model.table.of("show").codes[:, 0]
    cosines, same = vectors @ vectors.T, first[:, None] == first[None]
    np.fill_diagonal(same, False)
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_canonical_codes_collide_and_name_the_most_popular() -> None:
    everything = catalog(60, 2, text="always the same words")
    table = build_sids(everything, SidConfig(levels=2, codes=4, unique="canonical")).table
    assert len(tuples(table, "show")) == 1
    popularity = np.nan_to_num(everything.column("popularity").to_numpy()[:60], nan=-1)
    assert table.row_of("show", table.codes_of(3)) == popularity.argmax()


@pytest.mark.parametrize(("shows", "songs", "text"), [(1, 0, None), (1, 1, "one"), (40, 9, "equal"), (30, 1, "!?")])
def test_tiny_and_dull_catalogs(shows: int, songs: int, text: str | None) -> None:
    model = build_sids(catalog(shows, songs, text), SidConfig(levels=2, codes=8))
    assert len(tuples(model.table, "show")) == shows
    assert any("of 8 codes" in note for note in model.notes)


def test_popularity_that_is_passed_decides_who_keeps_a_tuple() -> None:
    everything = catalog(5, 1, text="equal")
    heard = np.array([0.0, 1.0, 2.0, 9.0, 3.0, 0.0])
    table = build_sids(everything, SMALL, popularity=heard).table
    plain = build_sids(everything, SidConfig(levels=2, codes=8, dim=8, unique="canonical")).table
    assert table.codes_of(3) == plain.codes_of(3)
    with pytest.raises(ConfigError, match="5 values for a catalog of 6"):
        build_sids(everything, SMALL, popularity=heard[:5])


def test_nothing_is_learned_from_items_after_the_cut() -> None:
    everything = catalog()
    before = np.setdiff1d(np.arange(80), [5, 6, 7, 70, 71])
    later = build_sids(everything, SMALL, fit_rows=before)
    texts = everything.column("title").to_pylist()
    for row in (5, 6, 7, 70, 71):
        texts[row] = "unheard words nobody fitted"
    place = everything.table.schema.get_field_index("title")
    changed = Catalog(everything.table.set_column(place, "title", pa.chunked_array([texts])), everything.types)
    other = build_sids(changed, SMALL, fit_rows=before)
    assert all(np.array_equal(later.centroids(name), other.centroids(name)) for name in ("show", "song"))
    assert np.array_equal(later.table.codes_of_rows(before), other.table.codes_of_rows(before))
    assert len(later.table) == len(other.table) == 80 and len(tuples(other.table, "show")) == 60


def test_new_items_move_nobody_and_are_not_learned_from() -> None:
    old, new = catalog(60, 20), catalog(60, 20)
    extra = Catalog(pa.concat_tables([new.table, _renamed(new.table.slice(10, 30))]), TYPES)
    model = build_sids(old, SidConfig(levels=2, codes=12, dim=8))
    grown = model.assign(extra, np.arange(80, 110))
    assert np.array_equal(grown.table.codes_of_rows(np.arange(80)), model.table.codes_of_rows(np.arange(80)))
    assert len(grown.table) == 110 and sum(len(tuples(grown.table, name)) for name in ("show", "song")) == 110
    assert grown.quantizers == model.quantizers
    assert grown.vectors is not None
    for name, vectors in grown.vectors.items():
        assert np.allclose(vectors, grown.embed(extra, grown.table.of(name).rows), atol=1e-5)
    with pytest.raises(ConfigError, match="already"):
        grown.assign(extra, np.array([100]))


def _renamed(table: pa.Table) -> pa.Table:
    ids = pa.chunked_array([[f"new-{n}" for n in range(table.num_rows)]])
    return table.set_column(table.schema.get_field_index("id"), table.schema.field("id"), ids)


def test_a_new_item_stands_among_those_who_meet_what_its_content_is_nearest_to() -> None:
    """Twins of items that are there: what listeners make of them is told by the old ones' codes."""
    old, rng = catalog(60, 20), np.random.default_rng(0)
    extra = Catalog(pa.concat_tables([old.table, _renamed(old.table.slice(10, 30))]), TYPES)
    heard = Events.from_arrays(rng.integers(0, 9, 300), rng.integers(0, 80, 300), np.arange(300), ["play"] * 300, 9)
    config = SidConfig(levels=2, codes=12, dim=8, vectors="both", unique="canonical")
    model = build_sids(old, config, events=heard)
    new = np.array([row for row in range(80, 110) if extra.type_of(row) == "show"])
    known, quantizer = model.table.of("show"), model.quantizers["show"]
    content, theirs = model.embed(extra, new), model.embed(extra, known.rows)
    width = content.shape[1]
    meant = sum(quantizer.codebooks[level, known.codes[:, level], width:] for level in range(2))
    near = np.argsort(-(content @ theirs.T), axis=1, kind="stable")[:, :10]
    together = meant[near].mean(axis=1)
    together /= np.linalg.norm(together, axis=1, keepdims=True)
    wanted = quantizer.encode(np.concatenate([content, together], axis=1))
    assert (model.assign(extra, new).table.codes_of_rows(new) == wanted).mean() > 0.9  # of equal neighbors any count


def test_new_items_under_the_canonical_rule_replace_nobody() -> None:
    old = catalog(20, 0, text="equal")
    both = catalog(25, 0, text="equal")
    model = build_sids(old, SidConfig(levels=2, codes=4, unique="canonical"))
    grown = model.assign(both, np.arange(20, 25), popularity=np.arange(25.0))
    codes = model.table.codes_of(0)
    assert grown.table.row_of("show", codes) == model.table.row_of("show", codes)
    assert grown.table.codes_of(24) == codes


def test_what_does_not_go_together_is_refused() -> None:
    everything = catalog()
    with pytest.raises(ConfigError, match=r"60 shows do not fit into 2 levels of 7 codes \(49 tuples\)"):
        build_sids(everything, SidConfig(levels=2, codes=7))
    with pytest.raises(ConfigError, match="no entry for item type 'song'"):
        build_sids(everything, SidConfig(levels=2, codes={"show": 8}))
    with pytest.raises(NotFoundError, match="did you mean 'song'"):
        build_sids(everything, SidConfig(levels=2, codes={"show": 8, "sonng": 8}))
    with pytest.raises(ConfigError, match="no item to learn"):
        build_sids(everything, SMALL, fit_rows=np.zeros(0, dtype=np.int64))
    with pytest.raises(ConfigError, match="'song' has items, but none to learn from"):
        build_sids(everything, SMALL, fit_rows=everything.rows_of("show"))
    with pytest.raises(ConfigError, match="'song', which has no SIDs yet"):
        build_sids(catalog(60, 0), SMALL).assign(everything, np.arange(60, 80))


@pytest.mark.parametrize(
    "wrong", [{"levels": 0}, {"codes": 0}, {"codes": {"show": 70_000}}, {"embedder": "st:"}, {"unique": "no"}, {"k": 1}]
)
def test_wrong_configuration_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SidConfig(**wrong)


def test_save_and_load(tmp_path: Path) -> None:
    everything = catalog()
    model = build_sids(everything, SidConfig(levels=2, codes={"show": 9, "song": 16, "course": 4}, dim=8))
    for _ in range(2):  # the second time over the first
        model.save(tmp_path / "sids")
    loaded = SidModel.load(tmp_path / "sids")
    assert [path.name for path in tmp_path.iterdir()] == ["sids"]
    assert loaded.config == model.config and loaded.notes == model.notes
    assert loaded.table.fingerprint() == model.table.fingerprint()
    assert loaded.vectors is None
    again = loaded.with_vectors(everything).vectors
    assert again is not None and model.vectors is not None
    assert all(np.array_equal(again[name], model.vectors[name]) for name in ("show", "song"))
    extra = Catalog(pa.concat_tables([everything.table, _renamed(everything.table.slice(0, 9))]), TYPES)
    new = np.arange(80, 89)
    assert loaded.assign(extra, new).table.fingerprint() == model.assign(extra, new).table.fingerprint()


def test_files_of_two_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"sids\.json"):
        SidModel.load(tmp_path)
    build_sids(catalog(), SMALL).save(tmp_path / "a")
    build_sids(catalog(), SidConfig(levels=3, codes=8, dim=8)).save(tmp_path / "b")
    name = "quantizer.show.safetensors"
    (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
    with pytest.raises(BundleError, match="not the files of one model"):
        SidModel.load(tmp_path / "a")
    config = json.loads((tmp_path / "b" / "sids.json").read_text())
    (tmp_path / "b" / "sids.json").write_text(json.dumps({**config, "level": 3}))
    with pytest.raises(BundleError, match="did you mean 'levels'"):
        SidModel.load(tmp_path / "b")
