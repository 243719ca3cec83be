"""Memory tasks: what each one asks for, how layers are trained on it, and how they compare."""
