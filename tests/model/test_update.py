"""Items come and go in a trained bundle: new ones can be named, gone ones cannot, and nothing else changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from neo.cli import main
from neo.model import folder
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.model.update import read_given, updated
from neo.sids.drift import TypeDrift
from neo_sdk.errors import CatalogError, ConfigError, InvalidRequestError, NotFoundError

NEW = [
    {"id": "s-new", "type": "show", "title": "A short history of salt", "topics": ["salt"], "description": "On salt."},
    {"id": "e-new", "type": "episode", "title": "Salt, part 1", "parent": "s-new"},
    {"id": "e-more", "type": "episode", "title": "Talking about bread again", "parent": "s-0"},
]


def write(folder: Path, rows: list[dict[str, object]], name: str = "new.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def grown(bundle: Bundle, folder: Path, rows: list[dict[str, object]], **how: object) -> Bundle:
    return updated(bundle, read_given(bundle, [write(folder, rows)], print), **how)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("soft", [False, True])
def test_new_items_are_named_and_old_ones_stay_what_they_were(
    soft: bool, tiny_bundle: Bundle, tiny_soft_bundle: Bundle, tmp_path: Path
) -> None:
    bundle = tiny_soft_bundle if soft else tiny_bundle
    made = grown(bundle, tmp_path, NEW)
    made.save(tmp_path / "bundle")
    loaded = Bundle.load(tmp_path / "bundle")
    assert len(loaded.catalog) == len(bundle.catalog) + 3 and len(loaded.index) == len(bundle.index) + 3
    assert loaded.catalog.table.slice(0, 100).to_pylist() == bundle.catalog.table.to_pylist()
    for name, sids in bundle.sids.table.types.items():
        assert (loaded.sids.table.of(name).codes[: len(sids)] == sids.codes).all()
    neo = NeoModel(loaded)
    every = neo.recommend(history=["s-1", "e-4"], type="show", k=100, beams=128).items
    assert "s-new" in [item.id for item in every] and len(every) == 20
    assert neo.explain("e-new", listener="l1").text is not None
    assert loaded.config == bundle.config
    if soft:
        assert loaded.listener_model is not None and bundle.listener_model is not None
        assert loaded.listener_model.space == bundle.listener_model.space  # vectors of before mean the same
        assert neo.recommend(history=["s-new", "e-new"], k=3).items


def test_gone_items_are_read_and_never_named_and_can_come_back(tiny_bundle: Bundle, tmp_path: Path) -> None:
    given = read_given(tiny_bundle, [], print)
    made, update = updated(tiny_bundle, given, retire=["s-3", "a-0"])
    assert (len(update.new), len(update.retired)) == (0, 2)
    made.save(tmp_path / "bundle")
    loaded = Bundle.load(tmp_path / "bundle")
    neo = NeoModel(loaded)
    shows = [item.id for item in neo.recommend(history=["s-3", "s-1"], type="show", k=100, beams=128).items]
    assert len(shows) == 18 and "s-3" not in shows
    for item, there in (("s-3", False), ("s-1", True)):  # who is gone can't be named: nothing else may stand in
        said = [{"type": "text", "text": "Why would I like "}, {"type": "item", "item_id": item}]
        assert bool(neo.prepare_chat([{"role": "user", "content": said}]).asked.begins) is there
    assert NeoModel(tiny_bundle).recommend_prompts([[3, 1]], [""], "show") == neo.recommend_prompts(
        [[3, 1]], [""], "show"
    )
    again = {"id": "s-3", "type": "show", "title": "The same show under a better title"}
    back, update = updated(loaded, read_given(loaded, [write(tmp_path, [again])], print))
    assert (len(update.back), len(update.changed), len(update.retired)) == (1, 1, 0)
    assert back.catalog.title(3) == "The same show under a better title"
    assert back.sids.table.codes_of(3) == tiny_bundle.sids.table.codes_of(3)
    assert len(back.index) == 99


def test_a_whole_catalog_retires_what_it_lacks(tiny_bundle: Bundle, tmp_path: Path) -> None:
    names = ("id", "type", "title", "parent")
    rows = [{name: row[name] for name in names} for row in tiny_bundle.catalog.table.to_pylist()]
    kept = [row for row in rows if row["id"] not in ("e-0", "e-1")]
    made, update = updated(tiny_bundle, read_given(tiny_bundle, [write(tmp_path, kept)], print), whole=True)
    assert [made.catalog.id(int(row)) for row in update.retired] == ["e-0", "e-1"]
    with pytest.raises(InvalidRequestError, match="No item of type 'audiobook' would be left"):
        shows = [row for row in rows if row["type"] != "audiobook"]
        updated(tiny_bundle, read_given(tiny_bundle, [write(tmp_path, shows)], print), whole=True)


def test_updates_in_a_row_remember_what_was_learned(tiny_bundle: Bundle, tmp_path: Path) -> None:
    once = grown(tiny_bundle, tmp_path, NEW)
    once.save(tmp_path / "once")
    twice = grown(Bundle.load(tmp_path / "once"), tmp_path, [{"id": "s-x", "type": "show", "title": "On bread"}])
    for made in (once, twice):
        learned = made.index.types["show"].learned
        assert learned is not None and sorted(learned.sids.rows.tolist()) == list(range(20))


def test_what_cannot_be_used_is_refused_and_says_why(tiny_bundle: Bundle, tmp_path: Path) -> None:
    def refused(row: dict[str, object], error: type[Exception], says: str) -> None:
        with pytest.raises(error, match=says):
            grown(tiny_bundle, tmp_path, [{"title": "T", **row}])

    refused({"id": "e-x", "type": "episode", "parent": "s-nowhere"}, CatalogError, "no item has the id of the parent")
    refused({"id": "e-x", "type": "episode", "parent": "a-1"}, CatalogError, "is of type 'audiobook', expected 'show'")
    refused({"id": "x", "type": "song"}, CatalogError, "unknown item type 'song'")
    refused({"id": "a-1", "type": "show"}, InvalidRequestError, "was of type 'audiobook' and is given as 'show'")
    with pytest.raises(NotFoundError, match="s-999"):
        grown(tiny_bundle, tmp_path, NEW, retire=["s-999"])
    with pytest.raises(InvalidRequestError, match="'s-1' is given and retired at once"):
        grown(tiny_bundle, tmp_path, [{"id": "s-1", "type": "show", "title": "T"}], retire=["s-1"])
    many = [{"id": f"s-{n}", "type": "show", "title": f"Show {n}"} for n in range(100, 700)]
    with pytest.raises(ConfigError, match="do not fit into 3 levels of 8 codes"):
        grown(tiny_bundle, tmp_path, many)


def test_the_command_updates_in_place(tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = tmp_path / "bundle"
    tiny_bundle.save(bundle)
    file = write(tmp_path, NEW)
    assert main(["catalog", "update", str(bundle), str(file), "--retire", "s-2"]) == 0
    said = capsys.readouterr().out
    assert "3 new, 0 changed, 1 retired, 0 back again." in said and "show: 1 new of 21" in said
    assert len(Bundle.load(bundle).index) == 102
    mapping = tmp_path / "mapping.yaml"
    (tmp_path / "more.csv").write_text("nr;name\n9;On glass\n")
    mapping.write_text(
        "items: [{path: more.csv, type: show, delimiter: ';', columns: {id: {column: nr, prefix: s-m}, title: name}}]\n"
    )
    assert main(["catalog", "update", str(bundle), str(mapping), "--to", str(tmp_path / "other")]) == 0
    assert Bundle.load(tmp_path / "other").catalog.row("s-m9") == 103
    assert len(Bundle.load(bundle).catalog) == 103
    assert main(["catalog", "update", str(bundle), "--whole"]) == 1


@pytest.mark.parametrize("when", [1, 2])
def test_stopped_while_it_writes_the_old_bundle_is_whole(
    when: int, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if killed at the first or the second of the renames that put the new folder into the old one's place."""
    bundle, file, renames = tmp_path / "bundle", write(tmp_path, NEW), list[Path]()
    tiny_bundle.save(bundle)
    rename = os.rename

    def torn(source: Path, target: Path) -> None:
        renames.append(source)
        if len(renames) == when:
            raise SystemExit("killed")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(folder.os, "rename", torn)
        with pytest.raises(SystemExit):
            main(["catalog", "update", str(bundle), str(file)])
    assert len(Bundle.load(bundle).catalog) == 100
    assert main(["catalog", "update", str(bundle), str(file)]) == 0
    assert len(Bundle.load(bundle).catalog) == 103


def test_drift_is_told_from_more_of_the_same(tiny_bundle: Bundle, tmp_path: Path) -> None:
    table = tiny_bundle.catalog.table
    same = [
        {"id": f"n-{n}", "type": "audiobook", "title": title, "description": about}
        for n, (title, about) in enumerate(
            zip(table["title"].to_pylist(), table["description"].to_pylist(), strict=True)
        )
        if 20 <= n < 60
    ]
    other = [
        {"id": f"n-{n}", "type": "audiobook", "title": f"Tax law {n}", "description": f"Paragraph {n} of the code"}
        for n in range(40)
    ]
    for rows, drifts in ((same, False), (other, True)):
        given = read_given(tiny_bundle, [write(tmp_path, rows)], print)  # type: ignore[arg-type]
        _, update = updated(tiny_bundle, given)
        assert bool(update.reasons) is drifts
    assert "learn" not in " ".join(update.reasons)
    full = TypeDrift("show", items=90, new=1, unlike=9.0, error=1.0, full=0.6, unknown=1.0)
    assert full.reasons == ["60% of the codes of type show are in use"]


def test_rows_are_given_as_the_reader_makes_them(tiny_bundle: Bundle, tmp_path: Path) -> None:
    given = read_given(tiny_bundle, [write(tmp_path, NEW)], print)
    assert isinstance(given, pa.Table) and given["id"].to_pylist() == ["s-new", "e-new", "e-more"]
    made, update = updated(tiny_bundle, given)
    assert np.array_equal(update.new, [100, 101, 102])
    assert made.catalog.parent_rows[101] == 100 and made.catalog.parent_rows[102] == 0
