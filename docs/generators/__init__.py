"""What `docs/generate.py` writes: a module per page, and how things look in Markdown."""
