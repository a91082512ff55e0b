"""Lets `python -m civicloop` be the command."""

from civicloop.main import main

main()
