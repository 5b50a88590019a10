"""What the model has read: the prompt's cache, and the few rows of the head that a step needs.

The decoder runs without its head; logits are computed for the last position and the head rows that are asked
for, so a step's cost does not follow the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch.nn.functional import linear
from transformers import Cache, PreTrainedModel

from neo.decoding.growing import growing
from neo.decoding.prompt_memory import PromptMemory
from neo.listeners.soft_prompt import SOFT, embed, soft_prompt_of
from neo_sdk.errors import ConfigError, InvalidRequestError, NeoError

# What a forward costs beside its positions, in positions. 32 prompts of 16 to 300 tokens through 4 layers of 256, two
# cores: 0.83 s as one batch, 0.69 with 0 here (30 batches), 0.53 with 16, 0.50 with 64 (8 batches) and with 128.
RUN_COST = 64
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

    cache: Cache
    real: torch.Tensor
    lengths: torch.Tensor
    hidden: torch.Tensor

    def run(
        self,
        model: PreTrainedModel,
        ids: torch.Tensor,
        positions: torch.Tensor,
        sees: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Runs further tokens, int64 [n, q], at their position ids; the cache grows by them, `real` does not.

        sees: bool [n, q, columns], what each of them attends to, itself included. Without it `real` has these columns
        already, and they attend to what is real and comes no later. Returns hidden states [n, q, d].
        """
        if sees is None and not bool(self.real.all()):  # without padding it is the causal kernel, which needs no mask
            sees = self.causal(ids.shape[1])
        mask = None if sees is None else additive_mask(sees, self.hidden.dtype)
        out = model.get_decoder()(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=self.cache, use_cache=True
        )
        hidden: torch.Tensor = out.last_hidden_state
        return hidden

    def causal(self, q: int) -> torch.Tensor:
        """What each of the last q columns sees, bool [n, q, columns]: what is real and comes no later."""
        sees = self.real[:, None].repeat(1, q, 1)
        sees[:, :, -q:] &= torch.ones((q, q), dtype=torch.bool, device=sees.device).tril()
        return sees

    def forget(self, count: int) -> None:
        """Takes the last columns out of the cache."""
        self.cache.crop(-count)

    def only(self, rows: Sequence[int]) -> Context:
        """Some of the rows, in ascending order; a copy of their keys and values, itself where it is all of them."""
        if len(rows) == len(self.real):
            return self
        cache, chosen = growing(), torch.tensor(rows, device=self.real.device)
        for place, layer in enumerate(self.cache.layers):
            cache.update(layer.keys[chosen], layer.values[chosen], place)
        return Context(cache, self.real[chosen], self.lengths[chosen], self.hidden[chosen])

    def joined(self, others: Sequence[Context]) -> Context:
        """These rows, and the others' behind them: a copy of all."""
        return _joined([self, *others], range(sum(len(one.real) for one in (self, *others))))


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
    words = [token for token in prompt if token < SOFT] if soft_prompt_of(model) is not None else prompt
    if not words or min(words) < 0 or max(words) >= size:
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
    """Runs a batch of prompts once, padded on the left; with a memory only from where it does not know them.

    Prompts of very different lengths are run in several batches of like length, since padding is computed too.
    """
    runs = like_lengths([len(prompt) for prompt in prompts])
    parts = [_read(model, [prompts[place] for place in run], pad, memory) for run in runs]
    return parts[0] if len(parts) == 1 else _joined(parts, [place for run in runs for place in run])


def _read(model: PreTrainedModel, prompts: Sequence[Sequence[int]], pad: int, memory: PromptMemory | None) -> Context:
    device = model.device
    longest = max(map(len, prompts))
    cache, known = (growing(), 0) if memory is None else memory.recall(model, prompts)
    rows = [([pad] * (longest - len(prompt)) + list(prompt))[known:] for prompt in prompts]
    ids = torch.tensor(rows, device=device)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    places = torch.arange(longest, device=device) - (longest - lengths)[:, None]
    real = places >= 0
    out = model.get_decoder()(
        inputs_embeds=embed(model, ids),
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


def like_lengths(lengths: Sequence[int]) -> list[list[int]]:
    """Places of prompts, cut into the batches that cost least: padded positions, and RUN_COST for each batch.

    The places of equal-length prompts stay in order; where one batch is best, it is all of them in order.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    best: list[tuple[float, int]] = [(0, 0)]  # the cost of the first prompts, and where their last batch begins
    for end in range(1, len(order) + 1):
        longest = lengths[order[end - 1]]
        best.append(min((best[start][0] + (end - start) * longest + RUN_COST, start) for start in range(end)))
    cuts = [len(order)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return [sorted(order[start:end]) for end, start in pairwise(cuts)]


def _joined(parts: Sequence[Context], places: Sequence[int]) -> Context:
    """One context of several, in the order of `places` (of the batch, for each row of the parts in turn).

    Columns in which a part has nothing but padding are left out.
    """
    reals = [part.real[:, int(part.real.any(dim=0).int().argmax()) :] for part in parts]
    longest = max(real.shape[1] for real in reals)
    to = torch.tensor(places, device=reals[0].device).split([len(real) for real in reals])

    def together(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """Of keys or values, whose last columns are those of the parts."""
        _, heads, _, size = tensors[0].shape
        whole = tensors[0].new_zeros((len(places), heads, longest, size))
        for part, real, rows, tensor in zip(parts, reals, to, tensors, strict=True):
            n, end = part.real.shape
            whole[rows, :, longest - real.shape[1] :] = tensor[:n, :, end - real.shape[1] : end]
        return whole

    cache = growing()
    for place, layers in enumerate(zip(*(part.cache.layers for part in parts), strict=True)):
        cache.update(together([layer.keys for layer in layers]), together([layer.values for layer in layers]), place)
    order = torch.cat(to).argsort()
    padded = torch.cat([torch.nn.functional.pad(real, (longest - real.shape[1], 0)) for real in reals])
    lengths, hidden = (torch.cat([getattr(part, name) for part in parts])[order] for name in ("lengths", "hidden"))
    return Context(cache, padded[order], lengths, hidden)


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
    positions = context.lengths[:, None] + torch.arange(ids.shape[1], device=ids.device)
    context.hidden = context.run(model, ids, positions)[:, -1]
    context.lengths = context.lengths + ids.shape[1] * live


def additive_mask(sees: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """bool [n, q, columns] -> what attention adds to its scores: 0, or the lowest number, [n, 1, q, columns]."""
    mask = torch.zeros(sees.shape, dtype=dtype, device=sees.device)
    return mask.masked_fill_(~sees, torch.finfo(dtype).min)[:, None]


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
