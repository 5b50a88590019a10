"""What the model has read: the prompt's cache, and the few rows of the head that a step needs.

The decoder runs without its head; logits are computed for the last position and the head rows that are asked
for, so a step's cost does not follow the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import linear
from transformers import DynamicCache, PreTrainedModel

from neo.decoding.prompt_memory import PromptMemory
from neo_sdk.errors import ConfigError, InvalidRequestError, NeoError

# Steps between hidden state and logits that some architectures add and `head_logits` does not take.
LOGIT_CHANGES = {"final_logit_softcapping": None, "logits_scaling": 1.0, "logit_scale": 1.0}


@dataclass
class Context:
    """A batch of n prompts that the model has read, padded on the left.

    cache: keys and values of `real.shape[1]` positions.
    real: bool [n, positions], False on padding.
    lengths: int64 [n], how many real tokens each row has: the next token's position id.
    hidden: [n, d], the last position's hidden state, from which the next token is predicted.
    """

    cache: DynamicCache
    real: torch.Tensor
    lengths: torch.Tensor
    hidden: torch.Tensor

    def only(self, rows: Sequence[int]) -> Context:
        """Some of the rows, in ascending order; a copy of their keys and values, itself where it is all of them."""
        if len(rows) == len(self.real):
            return self
        cache, chosen = DynamicCache(), torch.tensor(rows, device=self.real.device)
        for place, layer in enumerate(self.cache.layers):
            cache.update(layer.keys[chosen], layer.values[chosen], place)
        return Context(cache, self.real[chosen], self.lengths[chosen], self.hidden[chosen])


def check_model(model: PreTrainedModel) -> None:
    """Refuses models whose logits or attention this room would get wrong. ConfigError says why."""
    config = model.config.get_text_config()
    for name, neutral in LOGIT_CHANGES.items():
        value = getattr(config, name, neutral)
        if value is not None and value != neutral:
            raise ConfigError(
                f"{config.model_type} models with {name}={value} are not supported: they change the logits."
            )
    if config._attn_implementation not in ("sdpa", "eager"):
        raise ConfigError(
            "Beams share one prompt through a 4-D attention mask, which attention of the kind "
            f"{config._attn_implementation!r} does not take: load the model with attn_implementation='sdpa'."
        )


def position_limit(model: PreTrainedModel) -> int:
    """How many tokens a row may have: with sliding windows the window, up to which they see everything."""
    config = model.config.get_text_config()
    limits = [config.max_position_embeddings, getattr(config, "sliding_window", None)]
    return min(limit for limit in limits if limit is not None)


def check_prompt(model: PreTrainedModel, prompt: Sequence[int], more: int) -> None:
    """InvalidRequestError unless the prompt holds known ids and leaves room for `more` tokens."""
    size = model.config.get_text_config().vocab_size
    if not prompt or min(prompt) < 0 or max(prompt) >= size:
        raise InvalidRequestError(f"A prompt must be a list of token ids in [0, {size}), at least one.")
    limit = position_limit(model)
    if len(prompt) + more > limit:
        raise InvalidRequestError(
            f"The prompt has {len(prompt)} tokens and the answer needs {more} more, but the model reads at "
            f"most {limit}: shorten the history or the text."
        )


@torch.inference_mode()
def read(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], pad: int, memory: PromptMemory | None = None
) -> Context:
    """Runs a batch of prompts once, padded on the left; with a memory only from where it does not know them."""
    device = model.device
    longest = max(map(len, prompts))
    cache, known = (DynamicCache(), 0) if memory is None else memory.recall(model, prompts)
    rows = [([pad] * (longest - len(prompt)) + list(prompt))[known:] for prompt in prompts]
    ids = torch.tensor(rows, device=device)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    places = torch.arange(longest, device=device) - (longest - lengths)[:, None]
    real = places >= 0
    out = model.get_decoder()(
        input_ids=ids,
        attention_mask=None if bool(real.all()) else real.long(),  # no padding: the causal kernel without a mask
        position_ids=places[:, known:].clamp(min=0),
        past_key_values=cache,
        use_cache=True,
    )
    context = Context(cache, real, lengths, out.last_hidden_state[:, -1])
    if memory is not None:
        for row, prompt in enumerate(prompts):
            memory.keep(prompt, context, row)
    return context


@torch.inference_mode()
def append(
    model: PreTrainedModel, context: Context, tokens: Sequence[Sequence[int]], real: Sequence[bool] | None = None
) -> None:
    """Runs further tokens, as many for each row of the context, which grows by them.

    real: which rows these are tokens of; for the others they are padding.
    """
    ids = torch.tensor(tokens, device=context.real.device)
    live = torch.ones_like(ids[:, 0], dtype=torch.bool) if real is None else ids.new_tensor(real, dtype=torch.bool)
    context.real = torch.cat([context.real, live[:, None].expand(ids.shape)], dim=1)
    out = model.get_decoder()(
        input_ids=ids,
        attention_mask=None if bool(context.real.all()) else context.real.long(),
        position_ids=context.lengths[:, None] + torch.arange(ids.shape[1], device=ids.device),
        past_key_values=context.cache,
        use_cache=True,
    )
    context.lengths = context.lengths + ids.shape[1] * live
    context.hidden = out.last_hidden_state[:, -1]


def head_logits(model: PreTrainedModel, hidden: torch.Tensor, start: int, end: int) -> torch.Tensor:
    """Logits of the tokens [start, end) for hidden states [..., d]: float32 at least, [..., end - start].

    SID slices are multiplied in float32 whatever the weights are: bfloat16 logits would tie many items.
    Slices as wide as a text vocabulary are not: copying them to float32 would cost more than the step.
    """
    head = model.get_output_embeddings()
    weight, bias = head.weight[start:end], head.bias
    exact = torch.promote_types(weight.dtype, torch.float32)
    if end - start <= 1 << 14:
        hidden, weight = hidden.to(exact), weight.to(exact)
    return linear(hidden, weight, None if bias is None else bias[start:end].to(weight.dtype)).to(exact)


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    """Log-probabilities over the last axis; NeoError where the model produced NaN or infinite logits."""
    logp = logits.log_softmax(dim=-1)
    if bool(logp.isnan().any()):
        raise NeoError(
            "The model's logits are not numbers (NaN or infinite): its weights are damaged, or training diverged."
        )
    return logp
