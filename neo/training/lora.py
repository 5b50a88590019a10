"""LoRA and QLoRA: stage 3 trains small adapters beside frozen weights, and what only NEO has in full.

|                           | stage 2 | stage 3 | stage 3 with `lora` |
|---------------------------|---------|---------|---------------------|
| new rows, float32         | trained | trained | trained             |
| old rows                  |         | trained |                     |
| linear layers             |         | trained | an adapter each     |
| norms                     |         | trained |                     |
| the soft prompt           |         | trained | trained             |

What is not trained keeps every bit. With `bits: 4` (QLoRA) the base's linear layers are NF4 from stage 2 on. Adapters
are merged before the bundle is packed, so a bundle is one kind of thing: it computes what was trained, up to rounding.
(LoRA: Hu et al. 2021, arXiv 2106.09685; QLoRA: Dettmers et al. 2023, arXiv 2305.14314.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from neo.catalog.strict import Strict
from neo_sdk.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig, PreTrainedModel

NAME, ROWS = "default", "rows.safetensors"


class Lora(Strict):
    rank: int = Field(16, ge=1, le=1024)
    alpha: int = Field(32, ge=1, description="what an adapter adds is weighed by alpha / rank")
    dropout: float = Field(0.05, ge=0, lt=1, description="of what an adapter reads")
    targets: tuple[str, ...] = Field((), description="names of linear layers, such as q_proj; none: all but the head")
    bits: Literal[4] | None = Field(None, description="4: QLoRA, the frozen linear layers in NF4; needs bitsandbytes")


def needed(lora: Lora) -> None:
    """TrainingError where a package that `lora` needs is missing."""
    extra = "lora" if lora.bits is None else "qlora"
    missing = [name for name in ("peft", *(["bitsandbytes"] if lora.bits else [])) if find_spec(name) is None]
    if missing:
        raise TrainingError(f"`lora` needs {' and '.join(missing)}: pip install 'neo-catalog[{extra}]'.")


def quantized(lora: Lora | None) -> BitsAndBytesConfig | None:
    """How the base is loaded: as it is, or with its linear layers in NF4; embeddings and head stay as they are."""
    if lora is None or lora.bits is None:
        return None
    needed(lora)
    import torch
    from transformers import BitsAndBytesConfig

    from neo.training.precision import bf16_is_fast

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if bf16_is_fast() else torch.float32,
    )


def adapt(model: PreTrainedModel, rows: range, lora: Lora, seed: int) -> None:
    """Freezes the model but for `rows` of its embedding and head, and gives its linear layers adapters, in place.

    A soft prompt stays as it is, and is trained. An adapter begins by adding nothing. ConfigError where there is no
    layer of a name in `targets`; the head does not count.
    """
    needed(lora)
    import torch
    from peft import LoraConfig

    from neo.listeners.soft_prompt import attach, detach
    from neo.training.freeze import train_rows

    layers = {name: part for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    head = model.get_output_embeddings()  # has its new rows trained, and no adapter
    known = sorted({name.rpartition(".")[2] for name, part in layers.items() if part is not head})
    unknown = sorted(set(lora.targets) - set(known))
    if unknown:
        raise ConfigError(
            f"lora.targets: the model has no linear layer {', '.join(unknown)} to adapt; it has {', '.join(known)}."
        )
    torch.manual_seed(seed)
    soft = detach(model)  # else it would get an adapter too
    model.add_adapter(
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=list(lora.targets) or "all-linear",
        ),
        NAME,
    )
    for weight in model.parameters():
        if weight.requires_grad:  # the adapters, which PEFT makes in the type that 4-bit layers compute in
            weight.data = weight.data.float()
    train_rows(model, rows)
    if soft is not None:
        attach(model, soft)


def is_adapted(model: PreTrainedModel) -> bool:
    return bool(getattr(model, "_hf_peft_config_loaded", False))


def save_adapters(model: PreTrainedModel, rows: range, folder: Path) -> None:
    """Writes what was trained in PEFT's own format, and the new rows beside it, for who keeps the base at hand."""
    from safetensors.torch import save_file

    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    matrices = {"embedding": model.get_input_embeddings().weight, "head": model.get_output_embeddings().weight}
    if model.config.tie_word_embeddings:
        del matrices["head"]
    save_file(
        {name: matrix.detach()[rows.start : rows.stop].cpu().clone() for name, matrix in matrices.items()},
        folder / ROWS,
    )


def merged(plain: PreTrainedModel, adapted: PreTrainedModel) -> PreTrainedModel:
    """`plain`, what `adapted` began from, with all that it has learned but its soft prompt; an ordinary model.

    Not PEFT's own merge, which would round a 4-bit layer to 4 bits again.
    """
    import torch
    from peft.tuners.lora import LoraLayer

    with torch.no_grad():
        for name, part in adapted.named_modules():
            if isinstance(part, LoraLayer):
                weight = plain.get_submodule(name).weight
                weight += part.get_delta_weight(NAME).to(weight.device, weight.dtype)
        plain.get_input_embeddings().weight.copy_(adapted.get_input_embeddings().weight)
        plain.get_output_embeddings().weight.copy_(adapted.get_output_embeddings().weight)
    return plain


@contextmanager
def as_unquantized(model: Any) -> Iterator[None]:
    """Within it a 4-bit model passes for another one.

    TRL would round all that a 4-bit model trains to bfloat16: the new rows, and the old ones beside them. And the
    Trainer would refuse to train the rows of a 4-bit model that has no adapters.
    """
    marks = ("is_quantized", "is_loaded_in_4bit")
    usual = {name: getattr(model, name) for name in marks if hasattr(model, name)}
    for name in usual:
        setattr(model, name, False)
    try:
        yield
    finally:
        for name, value in usual.items():
            setattr(model, name, value)
