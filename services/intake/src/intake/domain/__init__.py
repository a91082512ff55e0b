"""The rules of intake: what may be filed, what a case's public status is, who is told its end."""
