"""GGUF files as llama.cpp's converter writes them, of tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
from tokenizers import Tokenizer
from transformers import PreTrainedModel

NAMES = {  # llama.cpp's names of Llama's weights
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}


def write_gguf(model: PreTrainedModel, tokenizer: Tokenizer, path: Path) -> None:
    """A Llama as llama.cpp's converter would write it, its weights in float32; added tokens are control tokens."""
    writer, shape = gguf.GGUFWriter(path, "llama"), model.config
    writer.add_block_count(shape.num_hidden_layers)
    writer.add_context_length(shape.max_position_embeddings)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.num_attention_heads)
    writer.add_head_count_kv(shape.num_key_value_heads)
    writer.add_layer_norm_rms_eps(shape.rms_norm_eps)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_parameters["rope_theta"])
    writer.add_vocab_size(shape.vocab_size)
    names, added = tokenizer.get_vocab(), tokenizer.get_added_tokens_decoder()
    kinds = [gguf.TokenType.CONTROL if at in added else gguf.TokenType.NORMAL for at in range(len(names))]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(sorted(names, key=names.__getitem__))
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight" and shape.tie_word_embeddings:
            continue
        layer, _, part = name.removeprefix("model.layers.").partition(".")
        renamed = NAMES[name] if name in NAMES else f"blk.{layer}.{NAMES[part]}"
        if "attn_q" in renamed or "attn_k" in renamed:  # llama.cpp turns pairs that lie side by side
            of = shape.num_attention_heads if "attn_q" in renamed else shape.num_key_value_heads
            weight = weight.reshape(of, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)
        writer.add_tensor(renamed, weight.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
