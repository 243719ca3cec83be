"""Every layer with its input shape; a new layer is one line here and inherits all generic tests."""

from __future__ import annotations

import plastica as pl

VECTOR, SERIES, IMAGE, VOLUME = (6,), (5, 3), (6, 6, 2), (4, 3, 4, 2)


def graph():
    """A graph with a skip connection, a layer that is called twice, and a random layer."""
    x = pl.Input(VECTOR)
    twice = pl.Dense(6, activation="tanh")
    first = twice(x)
    merged = pl.Concatenate()([pl.Dropout(0.2)(twice(first)), pl.Add()([x, first])])
    return pl.Model(x, pl.Dense(2, activation="softmax")(merged)).network


def cross_attention():
    """A graph in which one sequence attends to another, with the weights as a second path."""
    x = pl.Input(SERIES)
    out, weights = pl.MultiHeadAttention(2, 2)(x, pl.Conv1D(4, 2, activation="tanh")(x), return_attention_scores=True)
    return pl.Model(x, pl.Concatenate()([pl.Flatten()(out), pl.Flatten()(weights)])).network


# name: (layer, shape of one input). Shapes are small: each law compiles each of them.
LAYERS = {
    "dense": (pl.Dense(4, activation="tanh"), VECTOR),
    "dense_without_bias": (pl.Dense(4, use_bias=False), VECTOR),
    "mcculloch_pitts": (pl.McCullochPitts([[1, -1, 2, 0, 1, 0]] * 2, (1, 2)), VECTOR),
    "einsum_dense": (pl.EinsumDense("abc,cde->abde", (None, 2, 4), activation="tanh", bias_axes="de"), SERIES),
    "wired": (pl.Wired(pl.Dense(4, activation="tanh"), pl.Sparse(0.5)), VECTOR),
    "wired_convolution": (pl.Wired(pl.Conv2D(4, 2, activation="tanh"), pl.DistanceDependent(0.3, 0.5)), IMAGE),
    "activation": (pl.Activation("softplus"), VECTOR),
    "softmax": (pl.Activation("softmax"), VECTOR),
    "relu": (pl.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2), VECTOR),
    "leaky_relu": (pl.LeakyReLU(), VECTOR),
    "elu": (pl.ELU(0.5), VECTOR),
    "prelu": (pl.PReLU("ones", shared_axes=(1, 2)), IMAGE),
    "softmax_of_axes": (pl.Softmax(axis=(1, 2)), IMAGE),
    "identity": (pl.Identity(), VECTOR),
    "dropout": (pl.Dropout(0.3), VECTOR),
    "gaussian_noise": (pl.GaussianNoise(0.1), VECTOR),
    "gaussian_sampling": (pl.GaussianSampling(0.5), VECTOR),
    "activity_regularization": (pl.ActivityRegularization(l1=0.1, l2=0.2), VECTOR),
    "dense_with_a_cost": (pl.Dense(4, activation="tanh", activity_regularizer="l2"), VECTOR),
    "spatial_dropout_1d": (pl.SpatialDropout1D(0.3), SERIES),
    "spatial_dropout_2d": (pl.SpatialDropout2D(0.3), IMAGE),
    "spatial_dropout_3d": (pl.SpatialDropout3D(0.3), VOLUME),
    "gaussian_dropout": (pl.GaussianDropout(0.3), VECTOR),
    "alpha_dropout": (pl.AlphaDropout(0.3, noise_shape=(None, 1, None)), SERIES),
    "flatten": (pl.Flatten(), IMAGE),
    "reshape": (pl.Reshape((3, 2)), VECTOR),
    "permute": (pl.Permute((3, 1, 2)), IMAGE),
    "repeat_vector": (pl.RepeatVector(3), VECTOR),
    "batch_normalization": (pl.BatchNormalization(), VECTOR),
    "layer_normalization": (pl.LayerNormalization(), VECTOR),
    "group_normalization": (pl.GroupNormalization(2, beta_initializer="ones"), (3, 2, 4)),
    "rms_normalization": (pl.RMSNormalization(), SERIES),
    "unit_normalization": (pl.UnitNormalization(), VECTOR),
    "conv_1d": (pl.Conv1D(4, 3, activation="tanh", padding="causal"), SERIES),
    "conv_2d": (pl.Conv2D(4, 3, activation="tanh", strides=2, padding="same"), IMAGE),
    "conv_2d_grouped": (pl.Conv2D(4, 2, groups=2, dilation_rate=2), IMAGE),
    "conv_1d_transpose": (pl.Conv1DTranspose(4, 3, strides=2, output_padding=1, activation="tanh"), SERIES),
    "conv_2d_transpose": (pl.Conv2DTranspose(3, (3, 2), strides=2, padding="same", activation="tanh"), IMAGE),
    "depthwise_conv_1d": (pl.DepthwiseConv1D(2, depth_multiplier=2, activation="tanh"), SERIES),
    "depthwise_conv_2d": (pl.DepthwiseConv2D(3, strides=2, padding="same", activation="tanh"), IMAGE),
    "separable_conv_1d": (pl.SeparableConv1D(4, 2, dilation_rate=2, activation="tanh"), SERIES),
    "separable_conv_2d": (pl.SeparableConv2D(4, 3, depth_multiplier=2, activation="tanh"), IMAGE),
    "conv_3d": (pl.Conv3D(2, (2, 1, 3), strides=(1, 2, 1), padding="same", activation="tanh"), VOLUME),
    "max_pooling_3d": (pl.MaxPooling3D(2), VOLUME),
    "average_pooling_3d": (pl.AveragePooling3D((2, 2, 3), padding="same"), VOLUME),
    "global_average_pooling_3d": (pl.GlobalAveragePooling3D(), VOLUME),
    "global_max_pooling_3d": (pl.GlobalMaxPooling3D(), VOLUME),
    "max_pooling_1d": (pl.MaxPooling1D(2), SERIES),
    "max_pooling_2d": (pl.MaxPooling2D(3, strides=2), IMAGE),
    "average_pooling_1d": (pl.AveragePooling1D(2), SERIES),
    "average_pooling_2d": (pl.AveragePooling2D(2, padding="same"), IMAGE),
    "global_average_pooling_1d": (pl.GlobalAveragePooling1D(), SERIES),
    "global_average_pooling_2d": (pl.GlobalAveragePooling2D(), IMAGE),
    "global_max_pooling_1d": (pl.GlobalMaxPooling1D(), SERIES),
    "global_max_pooling_2d": (pl.GlobalMaxPooling2D(), IMAGE),
    "zero_padding_1d": (pl.ZeroPadding1D((2, 0)), SERIES),
    "zero_padding_2d": (pl.ZeroPadding2D(1), IMAGE),
    "zero_padding_3d": (pl.ZeroPadding3D((1, 0, 2)), VOLUME),
    "cropping_1d": (pl.Cropping1D((2, 0)), SERIES),
    "cropping_2d": (pl.Cropping2D(1), IMAGE),
    "cropping_3d": (pl.Cropping3D(((1, 1), (0, 1), (1, 0))), VOLUME),
    "up_sampling_1d": (pl.UpSampling1D(3), SERIES),
    "up_sampling_2d": (pl.UpSampling2D(2), IMAGE),
    "up_sampling_2d_bilinear": (pl.UpSampling2D((3, 2), interpolation="bilinear"), IMAGE),
    "up_sampling_3d": (pl.UpSampling3D((1, 2, 3)), VOLUME),
    "multi_head_attention": (pl.MultiHeadAttention(2, 3, value_dim=2, dropout=0.2, use_causal_mask=True), SERIES),
    "attention": (pl.Attention(use_scale=True, dropout=0.2), SERIES),
    "attention_by_concatenation": (pl.Attention(score_mode="concat"), SERIES),
    "additive_attention": (pl.AdditiveAttention(), SERIES),
    "cross_attention": (cross_attention(), SERIES),
    "simple_rnn": (pl.SimpleRNN(4), SERIES),
    "lstm": (pl.LSTM(4), SERIES),
    "lstm_sequences": (pl.LSTM(4, return_sequences=True), SERIES),
    "gru": (pl.GRU(4), SERIES),
    "gru_with_dropout": (pl.GRU(4, dropout=0.3, recurrent_dropout=0.4), SERIES),
    "rnn": (pl.RNN(pl.SimpleRNNCell(4), return_sequences=True), SERIES),
    "rnn_of_cells": (pl.RNN([pl.LSTMCell(4, recurrent_dropout=0.3), pl.GRUCell(3, reset_after=False)]), SERIES),
    "minimal_gated_unit": (pl.RNN(pl.MinimalGatedCell(4), return_sequences=True), SERIES),
    "jordan_network": (pl.RNN(pl.FeedbackCell([pl.Dense(4, "tanh"), pl.Dense(2, "tanh")], decay=0.5)), SERIES),
    "feedback_around_an_lstm": (
        pl.RNN(pl.FeedbackCell([pl.LSTM(2, return_sequences=True), pl.Dense(2)]), return_sequences=True),
        SERIES,
    ),
    "linear_recurrent_unit": (pl.LinearRecurrentUnit(4), SERIES),
    "echo_state": (pl.EchoState(6, leak=0.5, density=0.5), SERIES),
    "sinusoidal_positions": (pl.SinusoidalPositions(), SERIES),
    "position_embedding": (pl.PositionEmbedding(7), SERIES),
    "rotary_positions": (pl.RotaryPositions(50.0), (5, 4)),
    "transformer_block": (pl.transformer_block(4, num_heads=2, units=6, use_causal_mask=True), (5, 4)),
    "moving_average": (pl.MovingAverage(3), SERIES),
    "instance_normalization": (pl.InstanceNormalization(center="last", first=2), SERIES),
    "reversible_instance_normalization": (
        pl.ReversibleInstanceNormalization(
            [pl.Dropout(0.2), pl.EinsumDense("abc,bd->adc", (4, None)), pl.Dense(2)], first=2
        ),
        SERIES,
    ),
    "temporal_block": (pl.temporal_block(3, dilation_rate=2, activation="tanh", dropout=0.2), SERIES),
    "bidirectional": (pl.Bidirectional(pl.LSTM(4, return_sequences=True), merge_mode="mul"), SERIES),
    "time_distributed": (pl.TimeDistributed(pl.Dense(4, activation="tanh")), (4, 3, 2)),
    "masking": (pl.layers.Sequential((pl.Masking(), pl.GRU(3, return_sequences=True), pl.SimpleRNN(4))), SERIES),
    "periodic_embedding": (pl.PeriodicEmbedding((0, 3), units=2, frequencies=3, activation="tanh"), VECTOR),
    "piecewise_linear_embedding": (pl.PiecewiseLinearEmbedding((0, 3), bins=4, units=2), VECTOR),
    "category_embedding": (pl.CategoryEmbedding(((1, 4), (5, 2)), units=3), VECTOR),
    "hopfield": (pl.Hopfield(sweeps=5, kernel_initializer="glorot_uniform"), VECTOR),
    "modern_hopfield": (pl.ModernHopfield(5, units=4, learn_beta=True, steps=2, dropout=0.2), VECTOR),
    "grid": (pl.Grid(2, 3), VECTOR),
    "grid_of_soft_units": (pl.Grid(2, 3, "hexagonal", True, "softmax", width=2.0), VECTOR),
    "category_indicators": (pl.CategoryIndicators(((1, 4), (5, 2))), VECTOR),
    "scale": (pl.Scale(), VECTOR),
    "rescaling": (pl.Rescaling(0.5, offset=-1.0), VECTOR),
    "normalization": (pl.Normalization(), IMAGE),
    "normalization_of_given_numbers": (pl.Normalization(mean=[1, 2], variance=[4, 9], invert=True), IMAGE),
    "discretization": (pl.Discretization(bin_boundaries=(-0.5, 0.5), output_mode="one_hot"), VECTOR),
    "category_encoding": (pl.CategoryEncoding(3), VECTOR),
    "random_flip": (pl.RandomFlip(), IMAGE),
    "random_rotation": (pl.RandomRotation(0.2), IMAGE),
    "random_zoom": (pl.RandomZoom((-0.3, 0.2), 0.1, fill_mode="nearest"), IMAGE),
    "random_translation": (pl.RandomTranslation(0.2, (0.1, 0.3), fill_mode="wrap"), IMAGE),
    "random_brightness": (pl.RandomBrightness(0.2, value_range=(-9, 9)), IMAGE),
    "random_contrast": (pl.RandomContrast(0.3, value_range=(-9, 9)), IMAGE),
    "random_crop": (pl.RandomCrop(4, 5), IMAGE),
    "center_crop": (pl.CenterCrop(4, 3), IMAGE),
    "resizing": (pl.Resizing(4, 8), IMAGE),
    "members": (pl.Members(3), VECTOR),
    "member_dense": (pl.MemberDense(4, activation="tanh"), (2, 3)),
    "member_dense_with_adapters": (pl.MemberDense(4, adapters=True), (2, 3)),
    "member_dense_of_its_own": (pl.MemberDense(4, shared=False), (2, 3)),
    "ensemble": (pl.Ensemble([pl.Members(2), pl.MemberDense(4, "tanh"), pl.MemberDense(3, shared=False)], 3), VECTOR),
    "restricted_boltzmann": (pl.RestrictedBoltzmann(4), VECTOR),
    "stochastic_binary": (pl.StochasticBinary(4), VECTOR),
    "residual": (pl.Residual([pl.Dense(6, activation="tanh")], activation="relu"), VECTOR),
    "branches": (pl.Branches([pl.Dense(3), [pl.Dense(4, activation="tanh"), pl.Dense(2)], []]), VECTOR),
    "graph": (graph(), VECTOR),
    "sequential": (pl.layers.Sequential((pl.Dense(5, activation="tanh"), pl.Dropout(0.2), pl.Dense(2))), VECTOR),
}
