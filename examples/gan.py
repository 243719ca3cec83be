"""A GAN learns a ring of eight Gaussians: examples/gan.py."""

import jax
import jax.numpy as jnp
import numpy as np

import plastica as pl
from plastica import random
from plastica.declaration import declaration

CENTRES, NOISE = np.array([(2 * np.cos(a), 2 * np.sin(a)) for a in np.arange(8) * np.pi / 4], np.float32), 16
ENDS = ((pl.Input((NOISE,)),), pl.Dense(2)), ((), pl.Dense(1))  # of the generator, of the discriminator


@declaration
class Adversarial(pl.Program):
    """The discriminator learns to tell data from fakes, the generator to make fakes that it takes for data."""

    generator: pl.Layer
    discriminator: pl.Layer
    optimizer: pl.optimizers.Optimizer
    means = ("generator_loss", "discriminator_loss")
    network = property(lambda self: pl.Networks((self.generator, self.discriminator)))
    reads = staticmethod(lambda shape: (NOISE,))  # predict reads noise, not data

    def begin(self, params, state, key):
        return (), tuple(map(self.optimizer.init, params))

    def losses(self, g, d, state, batch, key):
        fakes = self.respond((g, d), state, (), random.normal(key, (len(batch.x), NOISE)))
        on_data, on_fakes = (self.discriminator.apply(d, x, state[1])[0][:, 0] for x in (batch.x, fakes))
        rows = jax.nn.softplus(-on_fakes), (jax.nn.softplus(-on_data) + jax.nn.softplus(on_fakes)) / 2
        return [jnp.sum(values * batch.weight) / batch.size for values in rows]

    def judge(self, params, state, memory, batch, key=None):
        found = self.losses(*params, state, batch, random.seed_key(0) if key is None else key)
        return pl.BatchFigures(found[0] + found[1], dict(zip(self.means, found, strict=True)))

    def step(self, learner, batch, key):
        (g, d), state = learner.params, learner.state
        along_g = jax.grad(lambda own: self.losses(own, d, state, batch, key)[0])(g)
        along_d = jax.grad(lambda own: self.losses(g, own, state, batch, key)[1])(d)
        moved = map(self.optimizer.update, (along_g, along_d), learner.optimizer, (g, d))
        params, moments = zip(*moved, strict=True)
        return learner._replace(params=params, optimizer=moments), self.judge((g, d), state, (), batch, key)

    def respond(self, params, state, memory, x):
        return self.generator.apply(params[0], x, state[0])[0]


def main(epochs=300, verbose=1):
    x = CENTRES.repeat(512, 0) + 0.1 * np.random.default_rng(0).normal(size=(4096, 2))
    networks = ([*start, pl.Dense(64, "relu"), pl.Dense(64, "relu"), end] for start, end in ENDS)
    model = pl.Model(Adversarial(*map(pl.layers.Sequential, networks), pl.optimizers.Adam(2e-3, beta_1=0.5)))
    model.fit(x, batch_size=256, epochs=epochs, verbose=verbose)
    return model.predict(np.random.default_rng(1).normal(size=(2000, NOISE))), model


if __name__ == "__main__":
    main()
