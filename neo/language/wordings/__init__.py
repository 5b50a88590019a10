"""Wordings: instructions of every task in many phrasings, the words for types, and how slots are filled."""
