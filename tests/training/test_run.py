"""The whole way, small: a recipe in, a bundle that answers out; what is done is used again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from neo.catalog.catalog import Catalog
from neo.cli import main
from neo.evaluation.report import Report
from neo.language.vocabulary import Vocabulary
from neo.model.neo_model import NeoModel
from neo.training import language
from neo.training import run as run_module
from neo.training.config import load_config
from neo.training.run import ROWS, Run

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
grounding: {{tokens: 1024, warmup: 1}}
instruction: {{tokens: 512, history: 6, recommend: 24, recommend_short: 8, walks: 8, search: 8, lookup: 8, verbalize: 8,
               explain: 4, understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 4, warmup: 1}}
evaluation: {{cases: 10, searches: 5, beams: 30}}
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes")
    path = folder / "tiny.yaml"
    path.write_text(RECIPE.format(output=folder / "runs"))
    return path


@pytest.fixture(scope="module")
def ran(recipe: Path) -> Path:
    assert main(["run", str(recipe), "--json", str(recipe.parent / "report.json")]) == 0
    return recipe


def test_a_run_ends_with_a_bundle_that_answers(ran: Path) -> None:
    neo = NeoModel.load(load_config(ran).folder / "bundle")
    listener = neo.bundle.listeners.id(0)
    answer = neo.recommend(listener=listener, type="audiobook", k=3)
    assert [item.type for item in answer.items] == ["audiobook"] * 3
    left = {path.name for path in load_config(ran).folder.glob("stage*/*")}
    assert ROWS in left and not left & {"cache", "checkpoints"}
    assert neo.bundle.history_length == 6


def test_the_report_holds_the_baselines_neo_and_the_oracle(ran: Path) -> None:
    report = Report.load(ran.parent / "report.json")
    assert report.methods == (
        "popularity",
        "popularity, 14 days",
        "item-CF",
        "item-CF, full past",
        "BM25",
        "dense history, lsa",
        "dense, lsa",
        "NEO",
        "oracle",
    )
    assert report.value("NEO", "recommend", "show", "HR@10") is not None
    assert report.value("NEO", "search", "all", "NDCG@10") is not None
    assert report.steering is not None and 0 <= report.steering.obeyed <= 1


def test_nothing_learned_has_seen_what_comes_after_the_cut(ran: Path) -> None:
    run = Run(load_config(ran), lambda _: None)
    assert len(run.known.events) < len(run.full.events)
    assert run.known.events.time.max() < run.split.cut
    assert 0 < len(run.visible) < len(run.full.catalog)
    neo = NeoModel.load(run.bundle_folder)
    assert neo.bundle.events.time.max() < run.split.cut


def test_no_lesson_holds_a_word_or_an_item_of_what_comes_later(
    ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later items get a title of their own; stages are prepared as they are, and not trained."""
    many = [f"instruction.{task}=200" for task in ("lookup", "verbalize", "walks")]
    run = Run(load_config(ran, [f"output={tmp_path}", *many]), lambda _: None)
    run.folder.mkdir()
    run.read_data()
    table, later = run.full.catalog.table, np.setdiff1d(np.arange(len(run.full.catalog)), run.visible)
    titles = ["Xylophagous" if row in later else title.as_py() for row, title in enumerate(table["title"])]
    table = table.set_column(table.column_names.index("title"), "title", pa.array(titles))
    run.full = replace(run.full, catalog=Catalog.from_table(table, run.full.catalog.types))
    learned: list[str] = []
    make = run_module.base.scratch_tokenizer
    for module in (run_module, language):
        monkeypatch.setattr(module, "train_stage", lambda *_, **__: None)
    monkeypatch.setattr(
        run_module.base, "scratch_tokenizer", lambda texts, size: make(learned.extend(texts) or texts, size)
    )
    for step in (run.learn_sids, run.teach_language, run.ground, run.instruct):
        step()
    vocabulary, items = Vocabulary.load(run.folder / "stage2"), set()
    for stage in ("stage2", "stage3"):
        rows = pq.read_table(run.folder / stage / ROWS)["input_ids"].to_pylist()
        learned += [vocabulary.decode([i for i in ids if i < vocabulary.text_size]) for ids in rows]
        for ids in rows:
            codes = [found for found in map(vocabulary.type_level_code, ids) if found]
            levels = vocabulary.levels
            for at in range(0, len(codes), levels):
                span = codes[at : at + levels]
                assert [level for _, level, _ in span] == list(range(levels))
                items.add(run.sids.table.row_of(span[0][0], [code for _, _, code in span]))
    assert len(later) and items <= set(run.visible.tolist()) and len(items) > len(run.visible) / 2
    assert len(learned) > 200 and not any("xylophagous" in text.lower() for text in learned)
    assert not run.sids.embedder.embed(["Xylophagous"]).any() and run.sids.embedder.embed([titles[0]]).any()


def test_training_examples_can_be_seen(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", str(ran), "--task", "search", "-n", "1"]) == 0
    assert "<|prompt|>" in capsys.readouterr().out
    assert main(["view", str(ran), "instruction.history=5"]) == 1  # rows of other settings are not passed off as these
    assert f"neo train {ran} instruction.history=5`" in capsys.readouterr().err
    assert main(["view", str(ran), "--task", "serach"]) == 1
    assert "recommend_mixed, search, search_mixed" in capsys.readouterr().err
    assert main(["view", str(ran), "-n", "-1"]) == 1


def test_evaluating_never_trains(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(ran), "seed=5"]) == 1
    assert "neo train" in capsys.readouterr().err
    assert main(["evaluate", str(ran)]) == 0
    assert "evaluation: reused" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["data.world.seed=1", "sids.dim=12"])
def test_a_model_is_not_measured_on_data_or_sids_of_other_settings(
    ran: Path, setting: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = f"output={tmp_path}"
    shutil.copytree(load_config(ran).folder, load_config(ran, [here]).folder)
    assert main(["evaluate", str(ran), here]) == 0
    assert main(["sids", str(ran), here, setting]) == 0
    assert "made with other settings" in capsys.readouterr().err
    assert main(["evaluate", str(ran), here]) == 1 and "neo train" in capsys.readouterr().err
    assert main(["run", str(ran), here]) == 0
    assert "stage 3, instruction: reused" in capsys.readouterr().err  # what fits is used again


def test_an_undated_part_came_out_with_its_whole(ran: Path) -> None:
    run = Run(load_config(ran), lambda _: None)
    catalog = run.full.catalog
    show = int(catalog.rows_of("show")[0])
    dates = np.full(len(catalog), np.datetime64("NaT", "D"))
    dates[show] = np.datetime64(run.split.cut, "s").astype("datetime64[D]") + 1
    place = catalog.table.column_names.index("date")
    table = catalog.table.set_column(place, "date", pa.array(dates, pa.date32()))
    nothing_met = run.full.events.before(0)  # what somebody met was out, whatever its date
    run.full = replace(run.full, catalog=Catalog.from_table(table, catalog.types), events=nothing_met)
    hidden = np.setdiff1d(np.arange(len(catalog)), run.visible)
    parts = np.flatnonzero(catalog.parent_rows == show)
    assert len(parts) and hidden.tolist() == sorted([show, *parts.tolist()])  # the rest was always there


def test_a_second_run_reuses_and_a_changed_one_redoes_what_depends_on_it(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(ran)]) == 0
    said = capsys.readouterr().err
    assert "step " not in said.replace("steps", "")
    assert said.count("reused from") == 7
    report = load_config(ran).folder / "report"
    assert report.exists()
    assert main(["train", str(ran), "instruction.learning_rate=0.01"]) == 0
    said = capsys.readouterr().err
    assert not report.exists()  # it would be published as the new bundle's
    assert "stage 2, grounding: reused" in said and "stage 3, instruction: done" in said


def test_errors_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", str(tmp_path / "nowhere.yaml")]) == 1
    assert main(["recommend", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2 and all(line.startswith("neo: ") for line in lines)


def test_shuffled_sids_are_a_setting(ran: Path) -> None:
    plain = Run(load_config(ran), lambda _: None)
    shuffled = Run(load_config(ran, ["shuffle_sids=true", "name=shuffled"]), lambda _: None)
    shuffled.folder.mkdir(parents=True, exist_ok=True)
    shuffled.read_data()
    shuffled.learn_sids()
    before, after = plain.sids.table.of("episode"), shuffled.sids.table.of("episode")
    assert (before.codes != after.codes).any()
    assert sorted(map(tuple, before.codes.tolist())) == sorted(map(tuple, after.codes.tolist()))


def test_a_bundle_in_bfloat16_is_half_as_large_and_names_the_same_things(ran: Path, tmp_path: Path) -> None:
    wide = Run(load_config(ran), print)
    narrow = Run(load_config(ran, [f"output={tmp_path}", "dtype=bfloat16"]), print)
    narrow.borrow(wide)
    weights = [run.bundle_folder / "model" / "model.safetensors" for run in (wide, narrow) if run.all()]
    assert weights[1].stat().st_size < 0.6 * weights[0].stat().st_size
    models = [NeoModel.load(run.bundle_folder, device="cpu") for run in (wide, narrow)]
    assert {weight.dtype for weight in models[1].bundle.model.parameters()} == {torch.bfloat16}
    lists = [neo.recommend("listener-000001", type="episode", k=10).items for neo in models]
    common = {item.id for item in lists[0]} & {item.id for item in lists[1]}
    assert len(common) >= 8
