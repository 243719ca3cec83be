"""MultiHeadAttention, Attention and AdditiveAttention beside Keras, in graphs and in traces."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from keras import layers as keras_layers

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context
from plastica.layers.kernels.attention import _large_products

RNG = np.random.default_rng(0)
QUERY, VALUE, KEY = (RNG.normal(size=(2, *shape)).astype(np.float32) for shape in ((4, 6), (5, 3), (5, 6)))
MASK = RNG.random((2, 4, 5)) < 0.6
MASK[0, 1] = False  # may attend to nothing


def compared(ours, theirs, inputs, **call):
    """Compare values, weights and gradients with those of Keras's layer from the same weights."""
    theirs.build(*(x.shape for x in inputs))
    nodes = [pl.Input(x.shape[1:]) for x in (*inputs, *([call["attention_mask"]] if "attention_mask" in call else []))]
    given = {**call, "attention_mask": nodes[-1]} if "attention_mask" in call else call
    parts = nodes[: len(inputs)] if isinstance(ours, pl.MultiHeadAttention) else [nodes[: len(inputs[0])]]
    model = pl.Model(nodes, ours(*parts, **given))
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=variable.shape).astype(np.float32) for variable in theirs.weights]
    assert [each.shape for each in model.get_weights()] == [each.shape for each in weights]
    model.set_weights(weights)
    arrays = tuple(np.asarray(x, np.float32) for x in (*inputs, *([MASK] if "attention_mask" in call else [])))
    found, pull = jax.vjp(
        jax.jit(lambda params, x: model.network.apply(params, (*x, *arrays[len(inputs) :]), model.state)[0]),
        model.params,
        arrays[: len(inputs)],
    )
    return model, found, pull, weights


def keras_values(theirs, inputs, call):
    @jax.jit
    def values(weights, inputs):
        return theirs.stateless_call(weights, theirs.non_trainable_variables, *inputs, **call)[0]

    return values


CASES = [
    ({"num_heads": 2, "key_dim": 3}, (QUERY, VALUE), {}),
    ({"num_heads": 2, "key_dim": 3}, (QUERY, VALUE, KEY), {}),
    ({"num_heads": 3, "key_dim": 2, "value_dim": 4, "use_bias": False}, (QUERY, VALUE), {}),
    ({"num_heads": 2, "key_dim": 3, "output_dim": 7}, (QUERY, VALUE), {}),
    ({"num_heads": 2, "key_dim": 3}, (QUERY, VALUE), {"attention_mask": MASK}),
    ({"num_heads": 2, "key_dim": 3}, (QUERY, KEY), {"use_causal_mask": True, "attention_mask": MASK}),
    ({"num_heads": 2, "key_dim": 3, "sliding_window": 2}, (QUERY, QUERY + 1), {"use_causal_mask": True}),
]


@pytest.mark.parametrize(("arguments", "inputs", "call"), CASES, ids=lambda value: str(value)[:60].split("array")[0])
def test_multi_head_attention_equals_keras(arguments, inputs, call):
    renamed = {{"output_dim": "output_shape"}.get(name, name): value for name, value in arguments.items()}
    theirs = keras_layers.MultiHeadAttention(**renamed)
    call = {**call, "return_attention_scores": True}
    _, (found, weights), pull, set_to = compared(pl.MultiHeadAttention(**arguments), theirs, inputs, **call)
    wanted, keras_pull = jax.vjp(keras_values(theirs, inputs, call), set_to, tuple(inputs))
    np.testing.assert_allclose(found, wanted[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weights, wanted[1], rtol=1e-4, atol=1e-5)
    params, errors = pull((jnp.cos(found), jnp.zeros_like(weights)))
    keras_params, keras_errors = keras_pull((jnp.cos(found), jnp.zeros_like(weights)))
    for one, other in zip(errors, keras_errors, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    order = ["query", "key", "value", "output"]
    gradients = [
        params[0][f"{role}_{kind}"] for role in order for kind in ("kernel", "bias") if f"{role}_{kind}" in params[0]
    ]
    for one, other in zip(gradients, keras_params, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("inputs", [(QUERY, KEY), (QUERY, VALUE, KEY)], ids=len)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Attention", {}),
        ("Attention", {"use_scale": True}),
        ("Attention", {"score_mode": "concat", "use_scale": True}),
        ("AdditiveAttention", {}),
        ("AdditiveAttention", {"use_scale": False}),
    ],
    ids=str,
)
def test_attention_without_heads_equals_keras(name, arguments, inputs, causal):
    theirs = getattr(keras_layers, name)(**arguments)
    call = {"use_causal_mask": causal, "return_attention_scores": True}
    theirs.build([x.shape for x in inputs])
    nodes = [pl.Input(x.shape[1:]) for x in inputs]
    model = pl.Model(nodes, getattr(pl, name)(**arguments)(nodes, **call))
    weights = [RNG.normal(size=variable.shape).astype(np.float32) for variable in theirs.weights]
    model.set_weights(weights)
    theirs.set_weights(weights)
    for found, wanted in zip(model.predict(list(inputs)), jax.jit(lambda: theirs([*inputs], **call))(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_sequence_attends_to_itself_in_sequential_and_in_a_graph():
    alone = pl.Sequential([pl.Input((4, 6)), pl.MultiHeadAttention(2, 3)], seed=3)
    x = pl.Input((4, 6))
    weights = alone.get_weights()
    for read in ((x,), (x, x), (x, x, x)):
        model = pl.Model(x, pl.MultiHeadAttention(2, 3)(*read))
        model.set_weights(weights)
        np.testing.assert_array_equal(model.predict(QUERY), alone.predict(QUERY))
    named = pl.Model(x, pl.MultiHeadAttention(2, 3)(query=x, value=x, key=x, use_causal_mask=True))
    named.set_weights(weights)
    causal = pl.Sequential([pl.Input((4, 6)), pl.MultiHeadAttention(2, 3, use_causal_mask=True)])
    causal.set_weights(weights)
    np.testing.assert_array_equal(named.predict(QUERY), causal.predict(QUERY))


def test_causal_attention_does_not_see_later_steps():
    model = pl.Sequential([pl.Input((4, 6)), pl.MultiHeadAttention(2, 3, use_causal_mask=True)])
    changed = QUERY.copy()
    changed[:, 2:] += 1
    before, after = model.predict(QUERY), model.predict(changed)
    np.testing.assert_allclose(before[:, :2], after[:, :2], rtol=1e-6)
    assert np.abs(before[:, 2:] - after[:, 2:]).min() > 0


def test_scores_far_apart_give_finite_values_and_gradients():
    layer = pl.MultiHeadAttention(2, 3)
    params = jax.tree.map(lambda w: w * 100, layer.init(RNG, (4, 6)).params)
    found, pull = jax.vjp(jax.jit(lambda x: layer.apply(params, x)[0]), QUERY * 100)
    assert np.isfinite(found).all() and np.isfinite(pull(found)[0]).all()


def test_a_step_that_may_attend_to_nothing_gets_the_bias_alone():
    q, v, mask = pl.Input((4, 6)), pl.Input((5, 3)), pl.Input((4, 5))
    model = pl.Model([q, v, mask], pl.MultiHeadAttention(2, 3, bias_initializer="ones")(q, v, attention_mask=mask))
    found = model.predict([QUERY, VALUE, MASK])
    np.testing.assert_array_equal(found[0, 1], np.ones(6))
    assert np.abs(found[0, 0] - 1).min() > 0


def test_masks_may_differ_between_heads():
    q, mask = pl.Input((4, 6)), pl.Input((2, 4, 4))
    out, weights = pl.MultiHeadAttention(2, 3)(q, attention_mask=mask, return_attention_scores=True)
    seen = np.zeros((2, 2, 4, 4), bool)
    seen[:, 0], seen[:, 1, :, 0] = np.eye(4), True
    found = pl.Model([q, mask], [out, weights]).predict([QUERY, seen])[1]
    np.testing.assert_allclose(found, seen, atol=1e-6)


def test_dropout_drops_weights_in_training_only():
    layer = pl.MultiHeadAttention(2, 3, dropout=0.5, return_attention_scores=True)
    params = layer.init(RNG, (4, 6)).params
    training = Context(True, random.seed_key(1))
    still, moving = (layer.apply(params, QUERY, {}, context)[0][0] for context in (Context(), training))
    assert np.abs(still - moving).max() > 1e-3
    np.testing.assert_array_equal(still, layer.apply(params, QUERY, {}, Context(True))[0][0])


@pytest.mark.parametrize("make", [lambda: pl.MultiHeadAttention(2, 4), pl.Attention, pl.AdditiveAttention])
def test_without_dropout_training_draws_no_mask(make):
    layer, x = make(), jnp.ones((2, 5, 8))
    variables = layer.init(np.random.default_rng(0), (5, 8))
    context = Context(True, random.seed_key(0))
    program = jax.make_jaxpr(lambda x: layer.apply(variables.params, x, variables.state, context)[0])(x)
    assert "shift_right_logical" not in str(program) and "random" not in str(program)


def test_a_trace_shows_the_weights():
    model = pl.Sequential([pl.Input((4, 6)), pl.MultiHeadAttention(2, 3), pl.Attention(), pl.Flatten(), pl.Dense(1)])
    model.compile("sgd", "mse")
    trace = model.trace(QUERY, np.ones(2))
    for layer, shape in (("MultiHeadAttention", (2, 2, 4, 4)), ("Attention", (2, 4, 4))):
        weights = trace[layer].arrays()["attention weights"]
        assert weights.shape == shape
        np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    assert "attention weights (2, 2, 4, 4)" in repr(trace)


def test_a_trace_shows_all_outputs():
    q, v = pl.Input((4, 6)), pl.Input((5, 3))
    model = pl.Model([q, v], pl.MultiHeadAttention(2, 3)(q, v, return_attention_scores=True))
    arrays = model.trace([QUERY, VALUE])[0].arrays()
    assert arrays["activity"].shape == (2, 4, 6) and arrays["activity 1"].shape == (2, 2, 4, 5)
    assert arrays["input 1"].shape == (2, 5, 3)


def test_it_learns_where_to_look():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 6, 3)).astype(np.float32)
    marked = rng.integers(0, 6, 256)
    x[:, :, 2] = -3
    x[np.arange(256), marked, 2] = 3  # the step to look at
    y = x[np.arange(256), marked, 0]
    model = pl.Sequential(
        [pl.Input((6, 3)), pl.MultiHeadAttention(1, 4), pl.GlobalAveragePooling1D(), pl.Dense(1)], seed=1
    )
    model.compile(pl.optimizers.Adam(0.02), "mse")
    model.fit(x, y, epochs=40, batch_size=32, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.1 * np.var(y)
    weights = model.trace(x)["MultiHeadAttention"].arrays()["attention weights"][:, 0]
    assert (weights.mean(1).argmax(-1) == marked).mean() > 0.95


def test_regularizers_and_constraints_are_about_every_kernel():
    layer = pl.MultiHeadAttention(2, 3, kernel_regularizer="l2", bias_constraint="non_neg", bias_initializer="uniform")
    params, state = layer.init(RNG, (4, 6))
    kernels = [value for name, value in params.items() if name.endswith("kernel")]
    assert layer.penalty(params) == pytest.approx(0.01 * sum(np.sum(each**2) for each in kernels), rel=1e-5)
    kept = layer.constrain(params, state)
    assert all(value.min() >= 0 for name, value in kept.items() if name.endswith("bias"))


def test_a_layer_that_is_called_twice_shares_its_weights_and_its_options():
    x, layer = pl.Input((4, 6)), pl.MultiHeadAttention(2, 3)
    model = pl.Model(x, layer(layer(x, use_causal_mask=True), use_causal_mask=True))
    assert len(model.get_weights()) == 8
    with pytest.raises(InvalidValue, match="MultiHeadAttention was called before with other options"):
        layer(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pl.MultiHeadAttention(0, 3), "MultiHeadAttention(num_heads=0): num_heads must be a whole number"),
        (lambda: pl.MultiHeadAttention(2, 3, dropout=1), "MultiHeadAttention(dropout=1.0): dropout must be a fraction"),
        (lambda: pl.MultiHeadAttention(2, 3, attention_axes=(2,)), "bring other axes there with Permute and Reshape"),
        (lambda: pl.Attention(score_mode="sum"), 'score_mode must be one of "dot", "concat"'),
        (lambda: pl.Attention()([pl.Input((4, 6))] + [pl.Input((5, 6)) for _ in range(3)]), "one to three inputs"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: pl.MultiHeadAttention(2, 3).output_shape((8,)),
            "got a query of shape (8,); MultiHeadAttention works on",
        ),
        (
            lambda: pl.Attention()(pl.Input((4, 6)), pl.Input((5, 3))),
            "got queries of shape (4, 6) and keys of shape (5, 3)",
        ),
        (
            lambda: pl.MultiHeadAttention(2, 3)(pl.Input((4, 6)), pl.Input((5, 3)), pl.Input((4, 3))),
            "each value has its key, so that their steps must be as many",
        ),
        (
            lambda: pl.layers.Select(1)(pl.Input((4, 6))),
            "Select(1): got 1 outputs, of shape (4, 6); places are counted",
        ),
        (
            lambda: pl.Attention()(pl.Input((4, 6)), attention_mask=pl.Input((4, 5))),
            "Attention: got a mask of shape (4, 5); it must be (steps, other steps), (4, 4)",
        ),
    ],
)
def test_wrong_shapes_are_explained(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


@pytest.mark.parametrize("heads", [True, False], ids=["MultiHeadAttention", "Attention"])
def test_padding_is_attended_to_by_nobody_as_in_keras(heads):
    words, others = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0]]), np.array([[3, 1, 0, 0], [2, 2, 2, 0]])

    def network(layers, model):
        query, value = layers.Input((5,)), layers.Input((4,))
        q, v = (layers.Embedding(5, 6, mask_zero=True)(each) for each in (query, value))
        attend = layers.MultiHeadAttention(2, 3) if heads else layers.Attention()
        mixed = attend(q, v, use_causal_mask=True) if heads else attend([q, v], use_causal_mask=True)
        return model([query, value], mixed)

    import keras

    ours, theirs = network(pl, pl.Model), network(keras_layers, keras.Model)
    weights = [RNG.normal(size=each.shape).astype(np.float32) for each in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    real = words != 0  # of steps that are padding themselves Keras has two answers, with and without the weights
    found, wanted = ours.predict([words, others]), np.asarray(jax.jit(theirs)([words, others]))
    np.testing.assert_allclose(found[real], wanted[real], rtol=1e-4, atol=1e-5)
    shown = ours.trace([words, others])["MultiHeadAttention" if heads else "Attention"].arrays()["attention weights"]
    assert shown[..., -1].max() == 0, "the last step of the value is padding in both rows"


def test_padding_changes_no_answer_of_a_transformer_block():
    words = pl.Input((None,))
    x = pl.Embedding(6, 8, mask_zero=True)(words)
    x = pl.LayerNormalization()(pl.Add()([x, pl.MultiHeadAttention(2, 4)(x)]))
    model = pl.Model(words, pl.LSTM(3)(x))
    short = np.array([[1, 2, 3], [4, 5, 1]])
    padded = np.pad(short, ((0, 0), (0, 4)))
    np.testing.assert_allclose(model.predict(short), model.predict(padded), rtol=1e-5, atol=1e-6)


def test_large_products_of_attention_have_the_gradients_of_plain_ones():
    """Both of scores, whose right side is narrow, and of means, whose left side is wide."""
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        for left, right in (((3, 130, 6), (3, 6, 130)), ((3, 130, 130), (3, 130, 6))):
            sides = rng.normal(size=left), rng.normal(size=right)
            weights = rng.normal(size=(3, left[1], right[2]))

            def loss(form, left, right, weights=weights):
                return jnp.sum(jnp.tanh(form(left, right)) * weights)

            ours, wanted = (
                jax.jit(jax.grad(partial(loss, form), argnums=(0, 1)))(*sides) for form in (_large_products, jnp.matmul)
            )
            jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-12), ours, wanted)
