"""vLLM's interface over a Hugging Face model, in the place of `vllm` among the modules: it shows what NEO asks.

As plain as can be: a full forward for each token, of those prefixes together that are equally long. It refuses what the
real one refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

MOST_ALLOWED = 1024  # as vLLM's GPU runner has it


@dataclass(frozen=True)
class SamplingParams:
    """The real one's names and defaults, as far as they are used."""

    temperature: float = 1.0
    seed: int | None = None
    max_tokens: int | None = 16
    logprobs: int | None = None
    flat_logprobs: bool = False
    detokenize: bool = True
    ignore_eos: bool = False
    stop_token_ids: list[int] = field(default_factory=list)
    allowed_token_ids: list[int] | None = None


@dataclass(frozen=True)
class Logprob:
    logprob: float


class LLM:
    """model: a folder, as in vLLM, or a model. asked: every (prompt, params) that came, for tests to look at."""

    def __init__(self, model: str | PreTrainedModel, **options: Any) -> None:
        unknown = options.keys() - {
            "dtype", "max_model_len", "enable_prompt_embeds", "enable_prefix_caching", "skip_tokenizer_init",
            "max_logprobs", "logprobs_mode", "generation_config", "trust_remote_code", "max_num_seqs",
        }  # fmt: skip
        if unknown:
            raise TypeError(f"unexpected keyword argument: {unknown}")
        given = isinstance(model, str)
        self.model = AutoModelForCausalLM.from_pretrained(model, dtype="auto").eval() if given else model
        self.options = options
        self.asked: list[tuple[dict[str, Any], SamplingParams]] = []

    def generate(
        self, prompts: Sequence[dict[str, Any]], params: Sequence[SamplingParams], use_tqdm: bool = True
    ) -> list[SimpleNamespace]:
        assert not use_tqdm and len(prompts) == len(params) > 0
        self.asked += zip(prompts, params, strict=True)
        runs = [_Run(self._embeds(prompt), asked) for prompt, asked in zip(prompts, params, strict=True)]
        most = self.options.get("max_model_len", self.model.config.max_position_embeddings)
        assert all(len(run.embeds) < most for run in runs), "the prompt leaves no room"
        while live := [run for run in runs if not run.done and len(run.embeds) < most]:
            together = [run for run in live if len(run.embeds) == len(live[0].embeds)]
            embeds = torch.stack([run.embeds for run in together])
            with torch.no_grad():
                logits = self.model(inputs_embeds=embeds, logits_to_keep=1).logits[:, -1].float()
            for run, mine in zip(together, logits, strict=True):
                token = run.say(mine)
                run.embeds = torch.cat([run.embeds, self.table(torch.tensor([token]))])
        return [SimpleNamespace(outputs=[run.output()]) for run in runs]

    @property
    def table(self) -> torch.nn.Module:
        return self.model.get_input_embeddings()

    @torch.no_grad()
    def _embeds(self, prompt: dict[str, Any]) -> torch.Tensor:
        if "prompt_embeds" in prompt:
            assert self.options.get("enable_prompt_embeds"), "the engine was started without prompt embeddings"
            return prompt["prompt_embeds"]
        return self.table(torch.tensor(prompt["prompt_token_ids"]))


class _Run:
    """A request that is being answered."""

    def __init__(self, embeds: torch.Tensor, params: SamplingParams) -> None:
        assert not params.detokenize and params.ignore_eos, "there is no tokenizer"
        assert params.allowed_token_ids is None or 0 < len(params.allowed_token_ids) <= MOST_ALLOWED
        self.embeds, self.params = embeds, params
        self.generator = torch.Generator().manual_seed(params.seed or 0)
        self.tokens: list[int] = []
        self.logp = torch.empty(0)

    @property
    def done(self) -> bool:
        stopped = bool(self.tokens) and self.tokens[-1] in self.params.stop_token_ids
        return stopped or len(self.tokens) == self.params.max_tokens

    def say(self, logits: torch.Tensor) -> int:
        if self.params.allowed_token_ids is not None:
            barred = torch.ones_like(logits, dtype=torch.bool)
            barred[self.params.allowed_token_ids] = False
            logits = logits.masked_fill(barred, -torch.inf)
        self.logp = logits.log_softmax(0)
        greedy = not self.params.temperature
        self.tokens.append(int(logits.argmax()) if greedy else _drawn(self.logp, self.params, self.generator))
        return self.tokens[-1]

    def output(self) -> SimpleNamespace:
        output = SimpleNamespace(token_ids=self.tokens, logprobs=None)
        if self.params.logprobs is None:
            return output
        assert self.params.max_tokens == 1
        top = self.logp.topk(len(self.logp) if self.params.logprobs == -1 else self.params.logprobs)
        pairs = [(self.tokens[0], float(self.logp[self.tokens[0]]))]  # the chosen one comes first
        pairs += list(zip(top.indices.tolist(), top.values.tolist(), strict=True))
        if self.params.flat_logprobs:
            ids, values = zip(*pairs, strict=True)
            output.logprobs = SimpleNamespace(token_ids=list(ids), logprobs=list(values))
        else:
            output.logprobs = [{token: Logprob(value) for token, value in pairs}]
        return output


def _drawn(logp: torch.Tensor, params: SamplingParams, generator: torch.Generator) -> int:
    chances = (logp / params.temperature).softmax(0)
    return int(torch.multinomial(chances, 1, generator=generator))


@contextmanager
def installed() -> Iterator[None]:
    """`import vllm` finds this file."""
    import fake_vllm

    with patch.dict("sys.modules", {"vllm": fake_vllm}):
        yield
