"""Training with several processes: of one machine, of a cluster of Ray, of Slurm or of Kubernetes.

``pl.cluster.fit`` divides each batch of one network among workers, ``pl.cluster.fit_population`` gives each worker some
of many networks, and ``pl.cluster.join`` is for scripts that a scheduler starts on each machine::

    history = pl.cluster.fit(model, x, y, epochs=50, cluster="local:3", checkpoint="run")
"""

from __future__ import annotations

from .address import Address, address_of
from .fitting import fit
from .joining import join
from .launching import WorkerFailed
from .members import fit_population

__all__ = ["Address", "WorkerFailed", "address_of", "fit", "fit_population", "join"]
