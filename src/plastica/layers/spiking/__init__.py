"""Units with a state of their own in time: neurons that spike, synapses, delays, encoders and decoders."""
