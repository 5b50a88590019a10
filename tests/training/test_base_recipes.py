"""The recipes with a base model, each on a tiny checkpoint of the same architecture, through the code that the real
name takes: nothing but the name and sizes of data are other ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from gguf_file import write_gguf
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from neo.listeners.soft_prompt import SoftPrompt, attach
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.training.base import load_model, scratch_tokenizer
from neo.training.config import load_config
from neo.training.run import Run


class Ran(NamedTuple):
    run: Run
    base: Path
    said: list[str]


RECIPES = Path(__file__).parents[2] / "recipes"
BASES = ("qwen3-0.6b", "qwen3-1.7b-lora", "qwen3-4b-qlora", "llama-3.2-1b", "smollm2-135m")
SMALL = [
    "data.world={shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}",
    "sids.codes=16",
    "sids.dim=16",
    "listener={dim: 6, item_dim: 5, moments: 200, epochs: 1}",
    *(f"grounding.{task}=1" for task in ("verbalize", "ground", "type")),
    *(f"instruction.{task}=12" for task in ("recommend", "recommend_short", "histories", "familiar", "unfamiliar")),
    *(f"instruction.{task}=12" for task in ("search", "lookup", "verbalize", "explain", "understand", "chat")),
    *(f"instruction.{task}=4" for task in ("recommend_mixed", "search_mixed", "wishes", "counted")),
    *(f"instruction.{task}=4" for task in ("conversations", "mentions")),
    "instruction.read=30",
]
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "intermediate_size": 48,
    "max_position_embeddings": 1024,
}
TEXTS = ["A calm show about the sea.", "A funny show about trains.", "History of salt, told slowly."]


def checkpoint(name: str, folder: Path) -> Path:
    """What the hub would give for a name: weights in bfloat16, a tokenizer with control tokens of its own."""
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model: PreTrainedModel
    if name.startswith("llama"):
        tokenizer.add_special_tokens([AddedToken(f"<|{word}|>") for word in ("begin_of_text", "eot_id")])
        start = tokenizer.token_to_id("<|begin_of_text|>")
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", start)]
        )
        rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0}
        rope |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 64}
        size = tokenizer.get_vocab_size()
        config = LlamaConfig(
            vocab_size=size, tie_word_embeddings=True, bos_token_id=start, rope_parameters=rope, **SHAPE
        )
        model, kind = LlamaForCausalLM(config), "PreTrainedTokenizerFast"
    elif name.startswith("smollm2"):
        tokenizer.add_special_tokens([AddedToken(f"<|{word}|>") for word in ("endoftext", "im_start", "im_end")])
        model = LlamaForCausalLM(LlamaConfig(vocab_size=tokenizer.get_vocab_size(), tie_word_embeddings=True, **SHAPE))
        kind = "PreTrainedTokenizerFast"
    else:
        tokenizer.add_special_tokens([AddedToken(f"<|{word}|>") for word in ("endoftext", "im_start", "im_end")])
        tokenizer.add_tokens([AddedToken("<think>", special=False)])
        size = tokenizer.get_vocab_size() + 9  # the released ones have rows that no token has
        model = Qwen3ForCausalLM(Qwen3Config(vocab_size=size, tie_word_embeddings=True, **SHAPE))
        kind = "Qwen2Tokenizer"
    model.to(torch.bfloat16).save_pretrained(folder)
    if name.startswith("smollm2"):  # the package has nothing else; the rest is for the tests to compare with
        write_gguf(model, tokenizer, folder / "SmolLM2-135M-Instruct.Q4_1.gguf")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ran]:
    """A recipe's run, made once; all take data, SIDs and listener model, which are the same, from the first."""
    made: dict[str, Ran] = {}

    def ran(name: str) -> Ran:
        if name not in made:
            folder, said = tmp_path_factory.mktemp(name), list[str]()
            base = checkpoint(name, folder / "base")
            settings = [*SMALL, f"output={folder}", f"base.pretrained.model={base}"]
            run = Run(load_config(RECIPES / f"{name}.yaml", settings), said.append)
            if made:
                run.borrow(next(iter(made.values())).run)
            run.all()
            made[name] = Ran(run, base, said)
        return made[name]

    return ran


@pytest.mark.parametrize("name", BASES)
def test_a_recipe_trains_its_base(name: str, runs: Callable[[str], Ran]) -> None:
    run, base, said = runs(name)
    neo = NeoModel.load(run.bundle_folder)
    before = load_file(base / "model.safetensors")
    after = load_file(run.bundle_folder / "model" / "model.safetensors")
    words = before["model.embed_tokens.weight"][: neo.bundle.vocabulary.text_size].float()
    kept = torch.equal(after["model.embed_tokens.weight"][: len(words)].float(), words)
    assert kept is (run.config.lora is not None)
    assert {tensor.dtype for tensor in after.values()} == {getattr(torch, run.config.dtype)}
    assert not any("lora" in tensor or "quant" in tensor for tensor in after)
    layer = "model.layers.1.mlp.up_proj.weight"
    assert not torch.equal(after[layer].float(), before[layer].float())
    assert sum("% of a batch is padding" in line for line in said) == 2
    assert sum("dropped as too long" in line for line in said) == 2
    listener = neo.bundle.listeners.id(0)
    assert len(neo.recommend(listener, type="show", k=3).items) == 3
    assert_no_control(neo, Tokenizer.from_file(str(base / "tokenizer.json")))


def assert_no_control(neo: NeoModel, tokenizer: Tokenizer) -> None:
    """Nothing that a user types becomes a control token of the base's; and no prompt begins with one."""
    control = {i for i, token in tokenizer.get_added_tokens_decoder().items()}
    typed = "".join(token.content for token in tokenizer.get_added_tokens_decoder().values())
    assert control and not control & set(neo.bundle.vocabulary.encode(typed))
    assert not control & set(neo.search_prompt(f"trains {typed}", "show"))


@pytest.mark.parametrize("name", ["qwen3-1.7b-lora", "qwen3-4b-qlora"])
def test_a_bundle_answers_as_the_model_that_was_trained(name: str, runs: Callable[[str], Ran]) -> None:
    """Merged against the base as it was kept, 4-bit layers and all, with adapters and new rows from their files."""
    run = runs(name).run
    bundle, stage3 = Bundle.load(run.bundle_folder), run.folder / "stage3"
    answers = []
    for adapters in (True, False):
        apart = load_model(run.folder / "stage2" / "model")
        for part in apart.modules():
            if isinstance(part, Linear4bit):  # else bitsandbytes rounds products to bfloat16, on a CPU always
                part.compute_dtype, part.support_avx512bf16_for_cpu = torch.float32, False
        if adapters:
            apart.load_adapter(str(stage3 / "adapters"))
        new = bundle.vocabulary.new_rows
        with torch.no_grad():
            rows = load_file(stage3 / "adapters" / "rows.safetensors")["embedding"]
            apart.get_input_embeddings().weight[new.start : new.stop] = rows
        attach(apart, SoftPrompt.load(stage3 / "soft_prompt.safetensors"))
        answers.append(scores(NeoModel(replace(bundle, model=apart.eval()))))
    merged = scores(NeoModel(bundle))
    assert merged == [pytest.approx(one, abs=2e-5) for one in answers[0]]
    assert merged != [pytest.approx(one, abs=2e-4) for one in answers[1]]  # the adapters have something to say


def scores(neo: NeoModel) -> list[dict[str, float]]:
    listeners = map(neo.bundle.listeners.id, range(10))
    answers = (neo.recommend(listener, type="episode", k=5) for listener in listeners)
    return [{part.item.id: part.score for part in answer.parts} for answer in answers]  # type: ignore[union-attr]
