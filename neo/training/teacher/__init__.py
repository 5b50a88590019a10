"""The teacher: labels for explanations, portraits and mixed answers, written from facts alone."""
