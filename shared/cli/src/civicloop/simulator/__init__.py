"""Departments that handle tasks by themselves, over real HTTP: for the demo and for tests."""
