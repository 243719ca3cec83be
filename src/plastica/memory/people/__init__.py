"""How people remember: published curves, models of free recall and of forgetting, and networks on the same lists."""
