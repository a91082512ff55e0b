"""The rules of the router: who handles a case, by when, and what a fact changes.

Pure: no clock, no network, no database. Callers pass everything in.
"""
