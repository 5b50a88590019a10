"""Obedience, after stage 3: what the decoder keeps when words ask for it, the words alone are taught to bring about.

Under a constraint the model that stage 3 has left answers with lists in which all is as it was asked for. It then
learns to find these lists without the constraint, from the words: context distillation (Snell et al. 2022, "Learning by
Distilling Context", arXiv 2209.15189), where what is left out is no text but a set of items. The lists are its own, so
its taste among what is asked for stays as it was; labels of stage 3 show one item at a time, and a small model copies
what it has seen long before it learns from them when not to.
"""
