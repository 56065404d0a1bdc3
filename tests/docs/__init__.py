"""The documentation: its code, its commands, and that nothing is left out of it."""
