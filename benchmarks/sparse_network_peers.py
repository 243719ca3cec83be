"""The sparse network of ``benchmarks.spikes`` in Brian2 (Cython and C++) and BrainPy: one second of it, to be timed."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import click
import numpy as np

import plastica as pl

SECOND = 1000.0  # in milliseconds
# Runs one second, and returns the number of its spikes.
Second = Callable[[], int]


def seconds_of_all(network: pl.spikes.SparseNetwork) -> Iterator[tuple[str, Second]]:
    """Yield one second of a network by plastica and by each library that is installed and runs."""
    yield "plastica", lambda: len(network.run(SECOND).times)
    peers = {"Brian2 (Cython)": brian2_cython, "Brian2 (C++ standalone)": brian2_standalone, "BrainPy": brainpy}
    for name, make in peers.items():
        try:
            yield name, make(network)
        except Exception as error:  # of any library, for any reason: no compiler, a NumPy it does not know
            click.echo(f"{name} left out: {type(error).__name__}: {error}")


def brian2_cython(network: pl.spikes.SparseNetwork) -> Second:
    """Return a second of Brian2 in this process."""
    import brian2 as b

    b.set_device("runtime")
    b.prefs.codegen.target = "cython"
    whole, monitor = network_of_brian2(network)
    whole.run(0 * b.ms)

    def second() -> int:
        before = monitor.num_spikes
        whole.run(SECOND * b.ms)
        return monitor.num_spikes - before

    return second


def brian2_standalone(network: pl.spikes.SparseNetwork) -> Second:
    """Return a second of Brian2 as a C++ program, compiled before; with its start and its files of results."""
    import brian2 as b

    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    b.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b.get_device().reinit()  # from what was built for another network
    b.get_device().activate(directory=folder, build_on_run=False)
    try:
        whole, monitor = network_of_brian2(network)
        whole.run(SECOND * b.ms)
        device = b.get_device()
        device.build(folder, compile=True, run=False, with_output=False)
    finally:
        b.set_device("runtime")

    def second() -> int:
        device.run(folder, with_output=False, run_args=[])
        return int(monitor.num_spikes)

    return second


def network_of_brian2(network: pl.spikes.SparseNetwork) -> tuple[Any, Any]:
    """Return a sparse network as one of Brian2, and what counts its spikes."""
    import brian2 as b

    neuron, neurons = network.neuron, len(network.targets)
    b.defaultclock.dt = neuron.dt * b.ms
    space = {"tau": neuron.tau * b.ms, "tau_s": network.synapse_tau * b.ms, "drive": network.drive}
    space |= {"threshold": neuron.threshold}
    group = b.NeuronGroup(
        neurons,
        "dv/dt = (drive + arriving - v) / tau : 1 (unless refractory)\n darriving/dt = -arriving / tau_s : 1",
        threshold="v > threshold", reset="v = 0", refractory=network.refractory * b.ms, method="exact", namespace=space,
    )  # fmt: skip
    group.v = network.initial()
    synapses = b.Synapses(group, group, "w : 1", on_pre="arriving_post += w")
    pre = np.repeat(np.arange(neurons), network.targets.shape[1])
    synapses.connect(i=pre, j=np.asarray(network.targets).ravel())
    synapses.w = np.asarray(network.weights).ravel()
    monitor = b.SpikeMonitor(group)
    return b.Network(group, synapses, monitor), monitor


def brainpy(network: pl.spikes.SparseNetwork) -> Second:
    """Return a second of BrainPy, all steps in one compiled loop, with synapses driven by events."""
    import brainpy as bp
    import brainpy.math as bm

    neuron, (neurons, synapses) = network.neuron, network.targets.shape
    bm.set(dt=neuron.dt)
    connection = bp.connect.CSRConn(np.asarray(network.targets).ravel(), np.arange(neurons + 1) * synapses)
    weights = bm.asarray(np.asarray(network.weights).ravel())

    class Net(bp.DynSysGroup):
        def __init__(self) -> None:
            super().__init__()
            options = {"V_rest": neuron.rest, "V_reset": neuron.rest, "V_th": neuron.threshold, "tau": neuron.tau}
            begin = bm.asarray(network.initial())
            self.group = bp.dyn.LifRef(
                neurons, **options, tau_ref=network.refractory, V_initializer=lambda *_, **__: begin
            )
            self.synapses = bp.dyn.HalfProjAlignPostMg(
                comm=bp.dnn.EventCSRLinear(connection(neurons, neurons), weights),
                syn=bp.dyn.Expon.desc(neurons, tau=network.synapse_tau),
                out=bp.dyn.CUBA.desc(),
                post=self.group,
            )

        def update(self, x: float) -> Any:
            self.synapses(self.group.spike.value)
            self.group(x)
            return self.group.spike.value.sum()

    net, steps = Net(), np.arange(round(SECOND / neuron.dt))

    @bm.jit
    def run() -> Any:
        return bm.for_loop(lambda step: net.step_run(step, network.drive), steps)

    def second() -> int:
        bp.reset_state(net)
        return int(np.asarray(run()).sum())

    return second
