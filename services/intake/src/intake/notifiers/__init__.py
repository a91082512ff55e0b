"""Ways to tell a reporter something."""
