import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jax.test_util import check_grads

from plastica import losses
from plastica.activations import Linear, Sigmoid, Softmax
from plastica.errors import InvalidValue, PlasticaError, ShapeError, UnknownName

rng = np.random.default_rng(1)
SPARSE = losses.SparseCategoricalCrossentropy
OF_CLASS_NUMBERS = (SPARSE, losses.SparseCategoricalFocalCrossentropy)
NEEDS_CLASSES = (
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.CategoricalHinge,
    losses.KLDivergence,
    losses.CosineSimilarity,
)
CLASSES = sorted(set(losses.NAMES.values()), key=lambda cls: cls.__name__)
ON_SIGMOID = [losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy]
ON_SOFTMAX = [
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.KLDivergence,
    *OF_CLASS_NUMBERS,
]


def target_for(cls, rows=6, outputs=3):
    if cls in OF_CLASS_NUMBERS:
        return jnp.asarray(rng.integers(0, outputs, rows))
    return jnp.asarray(np.eye(outputs)[rng.integers(0, outputs, rows)])


@pytest.mark.parametrize("cls", CLASSES)
def test_gradient_agrees_with_finite_differences(cls):
    with jax.enable_x64(True):
        target = target_for(cls)
        prediction = jnp.asarray(rng.uniform(0.1, 0.9, (6, 3)))
        check_grads(jax.jit(lambda p: cls().values(target, p)), (prediction,), order=1, modes=["rev"], eps=1e-6)


@pytest.mark.parametrize("cls", [*ON_SIGMOID, *ON_SOFTMAX])
def test_gradient_at_the_potential_agrees_with_finite_differences(cls):
    with jax.enable_x64(True):
        target = target_for(cls)
        potential = jnp.asarray(rng.normal(size=(6, 3)))
        loss = cls(from_logits=True)
        check_grads(jax.jit(lambda z: loss.values(target, z)), (potential,), order=1, modes=["rev"], eps=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
def test_values_and_gradients_are_finite_at_the_ends(cls):
    prediction = jnp.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    run = jax.jit(jax.value_and_grad(lambda p, target: jnp.sum(cls().values(target, p))))
    for number in range(3):
        target = jnp.full(4, number) if cls in OF_CLASS_NUMBERS else jnp.eye(3)[jnp.full(4, number)]
        loss, gradient = run(prediction, target)
        assert np.isfinite(loss)
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("cls", [*ON_SIGMOID, *ON_SOFTMAX])
def test_values_and_gradients_are_finite_at_extreme_potentials(cls, gamma):
    focal = {"gamma": gamma} if "gamma" in cls.__dataclass_fields__ else {}
    loss = cls(from_logits=True, **focal)
    potential = jnp.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [0.0, 0.0, 0.0]])
    run = jax.jit(jax.value_and_grad(lambda z, target: jnp.sum(loss.values(target, z))))
    for number in range(3):
        target = jnp.full(4, number) if cls in OF_CLASS_NUMBERS else jnp.eye(3)[jnp.full(4, number)]
        value, gradient = run(potential, target)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


def test_a_wrong_answer_still_learns_at_an_extreme_potential():
    wrong = jnp.array([[1e4, -1e4]])
    gradient = jax.jit(
        jax.grad(lambda z: losses.get("bce").on_potential(Sigmoid()).values(jnp.array([[0.0, 1.0]]), z)[0])
    )
    np.testing.assert_allclose(gradient(wrong), [[0.5, -0.5]])
    gradient = jax.jit(jax.grad(lambda z: SPARSE().on_potential(Softmax()).values(jnp.array([1]), z)[0]))
    np.testing.assert_allclose(gradient(wrong), [[1.0, -1.0]])


@pytest.mark.parametrize("cls", [*ON_SIGMOID, *ON_SOFTMAX])
def test_the_form_at_the_potential_has_the_same_value(cls):
    activation = Sigmoid() if cls in ON_SIGMOID else Softmax()
    smooth = {"label_smoothing": 0.1} if "label_smoothing" in cls.__dataclass_fields__ else {}
    target, potential = target_for(cls), jnp.asarray(rng.normal(size=(6, 3)), jnp.float32)
    stable = cls(**smooth).on_potential(activation)
    plain = cls(**smooth).values(target, activation(potential))
    np.testing.assert_allclose(stable.values(target, potential), plain, rtol=1e-4)


@pytest.mark.parametrize("cls", [*ON_SIGMOID, *ON_SOFTMAX])
def test_no_form_at_the_potential_without_its_activation(cls):
    other = Softmax() if cls in ON_SIGMOID else Sigmoid()
    own = Sigmoid() if cls in ON_SIGMOID else Softmax()
    assert cls().on_potential(other) is None
    assert cls().on_potential(Linear()) is None
    assert cls().on_potential(None) is None
    assert cls(from_logits=True).on_potential(own) is None
    assert losses.place(cls(), own).at_potential
    assert not losses.place(cls(), other).at_potential


def test_softmax_along_another_axis_has_no_form_at_the_potential():
    assert losses.CategoricalCrossentropy().on_potential(Softmax(axis=1)) is None


@jax.jit
@jax.grad
def gradient_of_softmax(potential, target):
    return jnp.sum(losses.CategoricalCrossentropy().on_potential(Softmax()).values(target, potential))


@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(0, 5, width=32)))
@settings(max_examples=50, deadline=None)
def test_soft_targets_of_any_sum_have_the_true_gradient(target):
    potential = jnp.asarray(np.linspace(-2, 3, 12).reshape(3, 4), jnp.float32)
    gradient = gradient_of_softmax(potential, target)
    wanted = jax.nn.softmax(potential) * target.sum(-1, keepdims=True) - target
    np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=1e-5)


def test_half_squared_error_has_the_error_as_gradient():
    target, prediction = (jnp.asarray(rng.normal(size=(4, 3, 2)), jnp.float32) for _ in range(2))
    gradient = jax.grad(lambda p: jnp.sum(losses.HalfSquaredError().values(target, p)))(prediction)
    np.testing.assert_allclose(gradient, prediction - target, rtol=1e-6)


def test_log_cosh_keeps_small_errors_and_large_ones():
    error = jnp.array([[1e-4], [0.01], [1e4]])
    np.testing.assert_allclose(
        losses.LogCosh().values(jnp.zeros((3, 1)), error),
        [np.log(np.cosh(1e-4)), np.log(np.cosh(0.01)), 1e4 - np.log(2)],
        rtol=1e-2,
    )


def test_losses_agree_with_optax():
    target, z = (
        jnp.asarray(rng.uniform(size=(5, 3)), jnp.float32),
        jnp.asarray(rng.normal(size=(5, 3)), jnp.float32),
    )
    number = jnp.asarray(rng.integers(0, 3, 5))

    @jax.jit
    def pairs(target, z, number):
        return [
            (losses.Huber(0.7).values(target, z), optax.huber_loss(z, target, delta=0.7).mean(-1)),
            (losses.LogCosh().values(target, z), optax.log_cosh(z, target).mean(-1)),
            (
                losses.get("bce").on_potential(Sigmoid()).values(target, z),
                optax.sigmoid_binary_cross_entropy(z, target).mean(-1),
            ),
            (
                SPARSE(from_logits=True).values(number, z),
                optax.softmax_cross_entropy_with_integer_labels(z, number),
            ),
            (
                losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1).values(jnp.eye(3)[number], z),
                optax.softmax_cross_entropy(z, optax.smooth_labels(jnp.eye(3)[number], 0.1)),
            ),
            (
                SPARSE(from_logits=True, label_smoothing=0.1).values(number, z),
                optax.softmax_cross_entropy(z, optax.smooth_labels(jnp.eye(3)[number], 0.1)),
            ),
        ]

    for ours, theirs in pairs(target, z, number):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
def test_predictions_alone_decide_the_number_format(cls):
    target = np.asarray(target_for(cls))
    with jax.enable_x64(True):
        for kind, prediction in ((target.dtype, "float32"), ("float32", "float64"), ("int32", "float64")):
            values = jax.eval_shape(cls().values, target.astype(kind), np.full((6, 3), 0.5, prediction))
            assert values.dtype == prediction


@pytest.mark.parametrize("cls", CLASSES)
def test_a_row_does_not_depend_on_the_rows_beside_it(cls):
    target, prediction = target_for(cls), jnp.asarray(rng.uniform(0.1, 0.9, (6, 3)), jnp.float32)
    together = cls().values(target, prediction)
    assert together.shape == (6,)
    alone = jnp.concatenate([cls().values(target[i : i + 1], prediction[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(together, alone, rtol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
def test_shapes_are_never_broadcast(cls):
    bad = [((6, 2), (6, 3)), ((6, 1), (6, 3)), ((3,), (6, 3)), ((1, 3), (6, 3)), ((6, 3, 1), (6, 3))]
    if cls in OF_CLASS_NUMBERS:
        bad = [((6, 3), (6, 3)), ((6, 2), (6, 3)), ((3,), (6, 3)), ((6,), (6, 5, 3)), ((6,), (6,))]
    for target, prediction in bad:
        with pytest.raises(ShapeError, match="got targets of shape"):
            jax.eval_shape(cls().values, jnp.zeros(target), jnp.zeros(prediction))
    if cls in NEEDS_CLASSES:
        with pytest.raises(ShapeError, match="at least two"):
            cls().values(jnp.zeros(6), jnp.zeros(6))


def test_a_missing_axis_is_named_and_mended():
    with pytest.raises(ShapeError) as error:
        losses.get("mse").values(jnp.zeros(32), jnp.zeros((32, 1)))
    assert str(error.value) == (
        "mean_squared_error: got targets of shape (32,) for predictions of shape (32, 1); "
        "both must be the same. Give the targets their last axis: y.reshape(-1, 1)."
    )
    with pytest.raises(ShapeError, match=r"y\[\.\.\., 0\]"):
        losses.get("mse").values(jnp.zeros((32, 1)), jnp.zeros(32))
    with pytest.raises(ShapeError, match="have 4 units"):
        losses.get("mse").values(jnp.zeros((32, 4)), jnp.zeros((32, 1)))


def test_one_hot_targets_for_a_sparse_loss_are_named():
    with pytest.raises(ShapeError, match="For one-hot targets use categorical_crossentropy"):
        SPARSE().values(jnp.zeros((6, 3)), jnp.zeros((6, 3)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.Huber(0),
        lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
        lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1),
        lambda: SPARSE(label_smoothing=2),
        lambda: losses.BinaryFocalCrossentropy(gamma=-1),
        lambda: losses.BinaryFocalCrossentropy(alpha=2),
        lambda: losses.CategoricalFocalCrossentropy(gamma=float("nan")),
        lambda: losses.CustomLoss(3),
        lambda: losses.get(3),
    ],
)
def test_values_outside_their_range_are_refused(make):
    with pytest.raises(InvalidValue, match="expected"):
        make()


def test_get_takes_names_classes_losses_and_functions():
    def cubed(target, prediction):
        return jnp.abs(target - prediction) ** 3

    assert losses.get("MSE") == losses.get("MeanSquaredError") == losses.get(losses.MeanSquaredError)
    assert losses.get(losses.Huber(2)) == losses.Huber(2.0)
    assert losses.get(cubed) == losses.CustomLoss(cubed)
    assert [losses.name_of(losses.get(x)) for x in ("mse", "bce", cubed)] == [
        "mean_squared_error",
        "binary_crossentropy",
        "cubed",
    ]
    with pytest.raises(UnknownName, match='did you mean "mean_squared_error"'):
        losses.get("mean_square_error")


def test_a_persons_function_gives_elements_rows_or_one_number():
    target, prediction = jnp.zeros((4, 3)), jnp.asarray(rng.normal(size=(4, 3)), jnp.float32)
    wanted = losses.MeanSquaredError().values(target, prediction)
    for function in (
        lambda t, p: (t - p) ** 2,
        lambda t, p: jnp.mean((t - p) ** 2, axis=-1),
    ):
        np.testing.assert_allclose(losses.get(function).values(target, prediction), wanted, rtol=1e-6)
    whole = losses.get(lambda t, p: jnp.mean((t - p) ** 2))
    assert whole.mean(target, prediction, jnp.ones(4), jnp.float32(4)) == pytest.approx(float(wanted.mean()))
    with pytest.raises(InvalidValue, match="one number for the whole batch"):
        whole.values(target, prediction)
    with pytest.raises(ShapeError, match="one value for each row is expected"):
        losses.get(lambda t, p: jnp.mean(t - p, axis=0)).values(target, prediction)


def test_another_float_field_compiles_nothing():
    traces = []

    @jax.jit
    def run(loss, target, prediction):
        traces.append(loss)
        return loss.values(target, prediction)

    for delta in (0.5, 1.0, 2.0):
        run(losses.Huber(delta), jnp.zeros((2, 1)), jnp.ones((2, 1)))
    for share in (0.0, 0.1):
        run(losses.BinaryCrossentropy(label_smoothing=share), jnp.zeros((2, 1)), jnp.ones((2, 1)))
    assert len(traces) == 2


def test_every_error_is_plasticas_and_pythons_own():
    assert issubclass(ShapeError, PlasticaError)
    assert issubclass(ShapeError, ValueError)


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_binary_crossentropy_has_the_slope_of_the_sigmoid_at_a_potential_of_exactly_zero(target):
    loss = losses.BinaryCrossentropy(from_logits=True)
    slope = jax.grad(lambda z: loss.values(jnp.array([[target]]), z)[0])(jnp.zeros((1, 1)))
    assert float(slope[0, 0]) == pytest.approx(0.5 - target)
