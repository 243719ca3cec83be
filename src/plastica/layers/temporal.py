"""The block of temporal convolutional networks: causal convolutions that look back over a growing distance."""

from __future__ import annotations

from ..activations import ActivationLike
from .convolution import Conv1D
from .noise import Dropout
from .residual import Residual


def temporal_block(
    filters: int,
    kernel_size: int = 2,
    dilation_rate: int = 1,
    activation: ActivationLike = "relu",
    dropout: float = 0.0,
) -> Residual:
    """Return a residual block of two causal dilated convolutions.

        h_t = f(sum_k W_k x_(t - k d) + b),  z_t = f(x_t + f(sum_k V_k h_(t - k d) + c))

    When to use: several on top of each other with ``dilation_rate`` 1, 2, 4, 8 ..., for long sequences of which no step
    may depend on a later one. n blocks look back ``2 (kernel_size - 1) (2^n - 1)`` steps. Put ``Conv1D(filters, 1)``
    before the first block, so that its inputs have ``filters`` features. Weight normalization, a part of the block in
    the paper, is left out.

    Args:
        filters: The number of features of each step, in and out.
        kernel_size: The number of steps that each convolution reads.
        dilation_rate: d, the distance between these steps.
        activation: f.
        dropout: The fraction of whole features that is dropped behind each convolution in training.

    Returns:
        A ``Residual``.

    Shapes:
        ``(batch, time, filters)`` in and out.

    Example:
        >>> from plastica.layers import Sequential
        >>> network = Sequential([Conv1D(16, 1), *(temporal_block(16, dilation_rate=2**n) for n in range(4))])
        >>> network.output_shape((100, 3))
        (100, 16)

    Reference:
        Bai, Kolter, Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
        modeling, section 3.3.
    """
    convolution = Conv1D(filters, kernel_size, padding="causal", dilation_rate=dilation_rate, activation=activation)
    last = (Dropout(dropout, noise_shape=(None, 1, None)),) if dropout else ()
    return Residual((convolution, *last, convolution, *last), activation=activation)  # pyright: ignore[reportArgumentType]
