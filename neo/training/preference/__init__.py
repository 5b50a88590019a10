"""Stage 4: of answers that the model itself would give, those that are worth more by the catalog are preferred.

The loss is DPO's (Rafailov et al. 2023, arXiv 2305.18290) over pairs from groups that the model draws: the best and the
worst of each by rewards that are read off the catalog. The loop is TRL's SFTTrainer, as in the stages before. TRL's
DPOTrainer and GRPOTrainer score every token against the whole vocabulary and read token ids alone; NEO's decoder scores
a code among those that lead on to an item and reads listeners' vectors, and what is trained must be what answers.
"""
