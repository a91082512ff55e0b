"""The operator's command of Civicloop."""
