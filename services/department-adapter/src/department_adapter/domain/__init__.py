"""Pure rules of the department adapter: tasks, deliveries, answers. No IO, no clock."""
