"""What is frozen keeps every bit: stage 2 trains the new rows and nothing else."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel


def train_only_rows(model: PreTrainedModel, rows: range) -> None:
    """Freezes the whole model but `rows` of the embedding and of the head.

    A hook zeroes the gradient of every other row. With zero gradient and zero weight decay AdamW's update is exactly
    zero, so old rows stay bit-identical. (PEFT's trainable tokens can't be used here: the loss and the decoder
    read rows of `lm_head.weight` directly, and the generated ones would not train.)
    """
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    train_rows(model, rows)


def train_rows(model: PreTrainedModel, rows: range) -> None:
    """Trains `rows` of the embedding and of the head; what else is trained stays as it is."""
    model.trained_rows = rows
    matrices = {id(m): m for m in (model.get_input_embeddings().weight, model.get_output_embeddings().weight)}
    for matrix in matrices.values():
        matrix.requires_grad_(True)
        mask = torch.zeros(matrix.shape[0], 1, dtype=matrix.dtype, device=matrix.device)
        mask[rows.start : rows.stop] = 1
        matrix.register_hook(lambda gradient, mask=mask: gradient * mask.to(gradient.device))


def trained_rows(model: PreTrainedModel) -> range | None:
    """The only rows of embedding and head that are trained; None where it is all of them, or none."""
    return getattr(model, "trained_rows", None)
