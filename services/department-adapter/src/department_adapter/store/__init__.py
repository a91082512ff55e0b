"""This room's tables: departments, tasks, updates, remarks."""
