"""Networks written as graphs with the functional API of Keras."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError, UnknownName
from plastica.layers.layer import Context
from plastica.specification import from_spec, to_spec

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = X[:, :2] * X[:, 2:]


def residual():
    x = pl.Input((4,))
    h = pl.Dense(4, "tanh", name="code")(x)
    return pl.Model(x, pl.Dense(2)(pl.Add()([x, h])), seed=1)


def compiled(model):
    model.compile("adam", "mse")
    return model


def test_a_short_cut_computes_what_its_formula_says():
    model = residual()
    w1, b1, w2, b2 = model.get_weights()
    expected = (X + np.tanh(X @ w1 + b1)) @ w2 + b2
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-5)


def test_a_chain_of_nodes_is_a_sequential_network_and_learns_the_same_bits():
    x = pl.Input((4,))
    chain = compiled(pl.Model(x, pl.Dense(2)(pl.Dense(5, "tanh")(x)), seed=4))
    plain = compiled(pl.Sequential([pl.Input((4,)), pl.Dense(5, "tanh"), pl.Dense(2)], seed=4))
    assert chain.network == plain.network
    one, other = (model.fit(X, Y, epochs=3, verbose=0).history["loss"] for model in (chain, plain))
    assert one == other


def test_the_gradient_is_that_of_jax_grad_with_a_layer_called_twice():
    x = pl.Input((4,))
    twice = pl.Dense(4, "tanh")
    first = twice(x)
    model = pl.Model(x, pl.Dense(2)(pl.Concatenate()([twice(first), pl.Multiply()([x, first])])))
    network, params, state = model.network, model.params, model.state
    assert len(network.layers) == 4 and len(network.calls) == 5

    def loss(params):
        return jnp.sum((network.apply(params, X, state)[0] - Y) ** 2)

    record, _ = network.forward(params, X, state, Context())
    errors = network.backward(record, 2 * (record.activity - Y))
    jax.tree.map(
        lambda own, true: np.testing.assert_allclose(own, true, rtol=1e-4, atol=1e-4),
        errors.gradient,
        jax.grad(loss)(params),
    )
    below = jax.grad(lambda x: jnp.sum((network.apply(params, x, state)[0] - Y) ** 2))(X)
    np.testing.assert_allclose(errors.input_delta, below, rtol=1e-4, atol=1e-4)


def test_a_layer_called_twice_has_one_set_of_weights():
    x = pl.Input((4,))
    shared = pl.Dense(4)
    model = pl.Model(x, shared(shared(x)))
    assert [array.shape for array in model.get_weights()] == [(4, 4), (4,)]
    apart = pl.Model(x, pl.Dense(4)(pl.Dense(4)(x)))
    assert len(apart.get_weights()) == 4


def test_a_graph_is_a_value_and_survives_a_file(tmp_path):
    model = compiled(residual())
    model.fit(X, Y, epochs=2, verbose=0)
    assert model.network == residual().network and hash(model.network) == hash(residual().network)
    assert from_spec(to_spec(model.network)) == model.network
    again = pl.load(model.save(tmp_path / "graph.plastica"))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    losses = [each.fit(X, Y, epochs=2, verbose=0).history["loss"] for each in (model, again)]
    assert losses[0] == losses[1]


def test_a_part_of_a_model_is_a_model_with_its_weights():
    model = compiled(residual())
    model.fit(X, Y, epochs=2, verbose=0)
    part = pl.Model(model.input, model.get_layer("code").output)
    w, b = model.get_layer("code").get_weights()
    np.testing.assert_allclose(part.predict(X), np.tanh(X @ w + b), rtol=1e-5, atol=1e-6)
    plain = pl.Sequential([pl.Dense(3, "tanh", input_dim=4), pl.Dense(2)], seed=2)
    head = pl.Model(plain.inputs, plain.get_layer(index=0).output)
    np.testing.assert_allclose(head.predict(X), plain.trace(X)[0].activity, rtol=1e-4, atol=1e-6)


def test_a_part_of_a_sequence_that_repeats_a_layer_keeps_both_sets_of_weights():
    block = pl.Dense(4, "tanh")
    model = pl.Sequential([pl.Input((4,)), block, block, pl.Dense(2)], seed=3)
    part = pl.Model(model.input, model.get_layer(index=2).output)
    assert len(part.get_weights()) == 4
    np.testing.assert_allclose(part.predict(X), model.trace(X)[2].activity, rtol=1e-4, atol=1e-6)


def test_a_model_is_a_layer_of_another_and_brings_its_weights():
    inner = compiled(residual())
    inner.fit(X, Y, epochs=2, verbose=0)
    x = pl.Input((4,))
    outer = pl.Model(x, pl.Activation("softmax")(inner(x)))
    answers = np.exp(inner.predict(X))
    np.testing.assert_allclose(outer.predict(X), answers / answers.sum(1, keepdims=True), rtol=1e-5)


def test_nodes_add_subtract_and_multiply():
    x = pl.Input((4,))
    h = pl.Dense(4, "tanh")(x)
    model = pl.Model(x, h + h * h - pl.Activation("linear")(x))
    w, b = model.get_weights()
    h = np.tanh(X @ w + b)
    np.testing.assert_allclose(model.predict(X), h + h * h - X, rtol=1e-4, atol=1e-5)


def test_every_layer_is_drawn_traced_and_listed(capsys):
    model = residual()
    model.summary()
    assert "code (Dense)" in capsys.readouterr().out
    seen = model.trace(X[:3])
    assert [each.path for each in seen] == ["layer 0, Dense", "layer 1, Add", "layer 2, Dense"]
    assert len(seen[1].input) == 2 and seen[1].potential.shape == (3, 4)
    texts = [text.get_text() for text in model.draw().axes[0].texts]
    assert "code" in texts and "add" in texts


def test_feedback_alignment_learns_a_graph_and_chain_rules_refuse_it():
    model = residual()
    model.compile("adam", "mse", rule="feedback_alignment")
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    with pytest.raises(InvalidValue, match="layer by layer"):
        model.compile("adam", "mse", rule="direct_feedback_alignment")
        model.fit(X, Y, epochs=1, verbose=0)


MISTAKES = {
    "an array": (lambda x: pl.Dense(2)(X), InvalidValue, "called with ndarray; call a layer with an Input"),
    "nothing": (lambda x: pl.Dense(2)(), InvalidValue, "called with nothing"),
    "two inputs": (lambda x: pl.Dense(2)([x, x]), ShapeError, r"Dense reads one input; got 2. Merge them first"),
    "one to merge": (lambda x: pl.Add()(*[x]), ShapeError, "Add reads two inputs or more; got one|got 1"),
    "no input": (lambda x: pl.Model(pl.Input((3,)), pl.Dense(2)(x)), InvalidValue, "not among the inputs"),
    "twice": (lambda x: pl.Model([x, x], pl.Dense(2)(x)), InvalidValue, "twice"),
    "no node": (lambda x: pl.Model(x, pl.Dense(2)), InvalidValue, r"Model\(outputs=Dense\(units=2\)\): give an Input"),
    "a truth": (lambda x: bool(pl.Dense(2)(x)), InvalidValue, "has no value yet"),
    "no layer of the name": (lambda x: residual().get_layer("cod"), UnknownName, "Known: code, add, dense"),
    "no name": (lambda x: residual().get_layer(), InvalidValue, "give name= or index="),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(case):
    make, kind, message = MISTAKES[case]
    with pytest.raises(kind, match=message):
        make(pl.Input((4,)))


def test_a_shape_error_names_the_layer():
    x = pl.Input((4, 4))
    with pytest.raises(ShapeError, match=r"Conv2D.*\(height, width, channels\)"):
        pl.Conv2D(2, 3)(x)


def test_files_with_the_old_concatenate_load_as_branches():
    old = {"type": "layer.Concatenate", "name": None, "branches": [{"type": "layer.Dense", "units": 2}], "axis": -1}
    assert from_spec(old) == pl.Branches([pl.Dense(2)])
