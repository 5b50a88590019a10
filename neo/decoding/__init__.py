"""From a prompt to items and text: the catalog index, the exact constraint, beam search over SIDs on one
shared prompt cache, and answers that mix streamed text with items. Nothing here calls `generate`, so a
model's own generation config cannot change a result, and cost follows the beams."""
