"""Working memory: activity and synapses that hold a value for seconds, and networks with attractors."""
