"""The compiled run: the loop, stopping, history, callbacks, checkpoints."""
