"""Language: the vocabulary (text, control and SID tokens), and prompts as segments that one renderer turns into ids."""
