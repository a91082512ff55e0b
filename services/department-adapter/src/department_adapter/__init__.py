"""Department adapter: delivery of tasks to departments and their answers."""
