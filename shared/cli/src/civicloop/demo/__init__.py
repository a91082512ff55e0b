"""The demo: a morning in Zhengzhou through the real stack, and proof of what came of it."""
