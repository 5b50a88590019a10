"""Stage 4: of answers that the model itself would give, those that are worth more by the catalog become likelier.

Rewards are read off the catalog, and a guard that asks who is held out decides what is kept. Answers are compared in
pairs, drawn once, of the best and the worst of a group (DPO: Rafailov et al. 2023, arXiv 2305.18290); or in whole
groups that are drawn anew every few steps (GRPO: Shao et al. 2024, arXiv 2402.03300). The loop is TRL's SFTTrainer, as
in the stages before. TRL's DPOTrainer and GRPOTrainer score every token against the whole vocabulary and read token ids
alone; NEO's decoder scores a code among those that lead on to an item and reads listeners' vectors, and what is trained
must be what answers.
"""
