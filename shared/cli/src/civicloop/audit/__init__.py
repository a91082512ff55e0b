"""The auditor: whether what the rooms say they did is what the topics hold (protocol.md, 10)."""
