"""Tables, targets, splits and arrays on their way into a network."""
