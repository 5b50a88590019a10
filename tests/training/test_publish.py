"""A bundle for others: a card of facts, nothing that runs, nothing of listeners or of whose machine it was."""

from __future__ import annotations

import dataclasses
import json
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import CommitOperationAdd, HfApi, ModelCard, hf_api

from neo.cli import main
from neo.evaluation.report import Report
from neo.model.bundle import Bundle
from neo.model.folder import SUFFIXES
from neo.model.neo_model import NeoModel
from neo.model.update import read_given, updated
from neo.sids.neural import NeuralEmbedder
from neo.training.publish import _name, model_card
from neo_sdk.errors import BundleError

ROOT = Path(__file__).resolve().parents[2]
CONFIG = {
    "name": "tiny",
    "seed": 3,
    "output": "/home/ann/runs",
    "data": {"world": None, "files": "/home/ann/secret/data.yaml", "root": "/home/ann/secret"},
    "language": {"texts": ["/home/ann/notes.txt"], "learning_rate": 0.003, "tokens": 4096, "epochs": 1},
    "base": {"scratch": {"layers": 2}, "pretrained": None},
    "teacher": {"url": "https://ann.example", "api_key_env": "ANN"},
    "instruction": {"history": 5, "learning_rate": 0.001, "tokens": 1600, "epochs": 1},
}


@pytest.fixture(scope="module")
def run(tiny_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `neo run` leaves it: the bundle, and the report beside it."""
    folder = tmp_path_factory.mktemp("run")
    dataclasses.replace(tiny_bundle, config=CONFIG).save(folder / "bundle")
    Report.load(ROOT / "docs" / "results" / "quickstart.json").save(folder / "report" / "report.json")
    return folder


@pytest.fixture(scope="module")
def published(run: Path) -> Path:
    assert main(["publish", str(run / "bundle"), str(run / "out"), "--license", "apache-2.0"]) == 0
    return run / "out"


def test_the_card_is_made_of_facts(published: Path) -> None:
    card = ModelCard.load(published / "README.md")
    assert card.data.license == "apache-2.0" and card.data.library_name == "neo"
    assert yaml.safe_load(card.data.to_yaml())["tags"][:2] == ["recommender-system", "semantic-ids"]
    text = card.text
    for said in (
        "20 shows, 60 episodes, 20 audiobooks",
        "Trained on 400 events of 15 listeners, from 1970-01-01 to 1970-01-12 (UTC).",
        "Qwen3ForCausalLM, ",
        "trained from random weights",
        "| show | 20 | 8 | 512 | 3.906% |",
        "| 3, instruction | everything | 0.001 | 1600 | 1 |",
        "Seed 3.",
        "### Recommendation, first 10\n",
        "| item-CF |",
        "neither the listeners nor what they did",
        "what it says of an item in words is not checked",
    ):
        assert said in text, said
    assert "\n**" not in text


def test_nothing_of_listeners_or_of_the_machine_is_in_it(published: Path, run: Path) -> None:
    loaded = Bundle.load(published)
    assert (len(loaded.listeners), len(loaded.events)) == (0, 0)
    everything = b"".join(path.read_bytes() for path in published.rglob("*") if path.is_file())
    assert b"/home/ann" not in everything and b"ann.example" not in everything
    assert json.loads((published / "config.json").read_text())["data"]["files"] == "data.yaml"
    assert main(["publish", str(run / "bundle"), str(run / "all"), "--with-listeners"]) == 0
    assert len(Bundle.load(run / "all").events) == 400


def test_no_folder_of_a_model_is_in_it(tiny_bundle: Bundle, tmp_path: Path) -> None:
    name = "st:/home/ann/models/secret"
    config = {**CONFIG, "base": {"pretrained": {"model": "/home/ann/models/Qwen"}}, "sids": {"embedder": name}}
    named = tiny_bundle.sids.config.model_copy(update={"embedder": name})
    sids = dataclasses.replace(
        tiny_bundle.sids, config=named, embedder=NeuralEmbedder(name, np.ones(3, dtype=np.float32))
    )
    dataclasses.replace(tiny_bundle, config=config, sids=sids).save(tmp_path / "bundle")
    assert main(["publish", str(tmp_path / "bundle"), str(tmp_path / "out")]) == 0
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"/home/ann" not in everything and b"home ann" not in everything
    loaded = Bundle.load(tmp_path / "out").sids
    assert loaded.embedder.name == loaded.config.embedder == "st:secret"
    assert "trained from Qwen" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("gpt2", "gpt2"),
        ("package:some_model", "package:some_model"),
        ("/gone/Qwen", "Qwen"),
        ("/Qwen", "Qwen"),
        ("~/Qwen", "Qwen"),
        ("../Qwen", "Qwen"),
        ("ann/models/Qwen", "Qwen"),
        (str(ROOT), ROOT.name),
    ],
)
def test_of_a_folder_the_last_part_is_told_and_of_a_name_all(model: str, name: str) -> None:
    assert _name(model) == name


def test_it_answers_as_the_bundle_did(published: Path, run: Path) -> None:
    asked: dict[str, Any] = {"history": ["s-1", "e-4"], "max_tokens": 8}
    answers = [NeoModel.load(folder).chat("Bread?", **asked).text for folder in (run / "bundle", published)]
    assert answers[0] == answers[1]
    names = [NeoModel.load(folder).search("bread", k=5).items for folder in (run / "bundle", published)]
    assert [item.id for item in names[0]] == [item.id for item in names[1]]


def test_no_file_can_be_run(published: Path) -> None:
    files = [path for path in published.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert path.suffix in (*SUFFIXES, ".md") and not path.is_symlink()
        start = path.read_bytes()[:2]
        assert start != b"PK" and not (start[:1] == b"\x80" and path.suffix != ".safetensors")
        with pytest.raises(Exception, match=r"."):  # what is no pickle ends in an error
            list(pickletools.genops(path.read_bytes()))


def test_a_hub_takes_it_and_what_comes_back_loads(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, CommitOperationAdd] = {}

    def create_commit(self: HfApi, repo_id: str, operations: Any, **_: object) -> None:
        sent.update({operation.path_in_repo: operation for operation in operations})

    monkeypatch.setattr(HfApi, "create_commit", create_commit)
    monkeypatch.setattr(hf_api, "is_xet_available", lambda: False)  # else it sends in a pipeline of its own
    monkeypatch.setattr(HfApi, "_validate_yaml", lambda *_, **__: None)  # it asks the hub whether the card will do
    HfApi(token="none").upload_folder(repo_id="ann/tiny", folder_path=published)
    assert set(sent) == {path.relative_to(published).as_posix() for path in published.rglob("*") if path.is_file()}
    back = published.parent / "back"
    for name, operation in sent.items():
        (back / name).parent.mkdir(parents=True, exist_ok=True)
        (back / name).write_bytes(Path(str(operation.path_or_fileobj)).read_bytes())
    (back / ".gitattributes").write_text("*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    (back / ".cache" / "huggingface").mkdir(parents=True)
    (back / ".cache" / "huggingface" / "x.metadata").write_text("x")
    (back / "README.md").write_text("written anew")
    assert len(Bundle.load(back).index) == 100
    (back / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(BundleError, match=r"pytorch_model\.bin is refused"):
        Bundle.load(back)


def test_a_bundle_that_was_updated_says_so_and_words_cannot_become_markup(tiny_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").write_text('{"id": "s-new", "type": "show", "title": "Salt", "language": "en"}\n')
    made, _ = updated(tiny_bundle, read_given(tiny_bundle, [tmp_path / "new.jsonl"], print))
    dataclasses.replace(made, config={**CONFIG, "name": "a<script>"}).save(tmp_path / "bundle")
    assert main(["publish", str(tmp_path / "bundle"), str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "README.md").read_text()
    assert (
        "1 of its items came in after training." in text
        and "Not measured" in text
        and "<script>" not in text.split("---")[2]
    )


def test_a_bundle_is_not_published_over_itself(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "link").symlink_to(run)
    for same in (run / "bundle", run / ".." / run.name / "bundle", tmp_path / "link" / "bundle"):
        assert main(["publish", str(run / "bundle"), str(same)]) == 1
        assert "is the bundle itself" in capsys.readouterr().err
    assert len(Bundle.load(run / "bundle").events) == 400


def test_the_card_says_what_lora_and_stage_4_trained(tiny_bundle: Bundle) -> None:
    config = {**CONFIG, "lora": {"rank": 8, "bits": 4}, "preference": {"learning_rate": 0.5, "tokens": 9, "epochs": 2}}
    text = model_card(dataclasses.replace(tiny_bundle, config=config), None, with_listeners=False)
    adapters = "the rows of the new tokens, and adapters of rank 8, merged into a base that was in 4 bits"
    assert f"| 3, instruction | {adapters} | 0.001 | 1600 | 1 |" in text
    assert f"| 4, preference | {adapters} | 0.5 | 9 | 2 |" in text
