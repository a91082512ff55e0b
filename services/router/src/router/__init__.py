"""Router: who handles a case, by when, and what happens when they do not."""
