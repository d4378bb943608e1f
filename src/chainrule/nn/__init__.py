"""Layers, containers and initial weights."""

from chainrule.nn.augmentation import Augment
from chainrule.nn.containers import Concatenate, Residual, Sequential
from chainrule.nn.convolution import Conv1D, Conv2D
from chainrule.nn.embedding import Embedding, Masking
from chainrule.nn.initializers import INITIALIZERS, Draw, Normal, Uniform
from chainrule.nn.layer import Layer, Mode, walk
from chainrule.nn.layers import Activation, Dense, Dropout, Flatten, Rescale, Reshape, Standardize
from chainrule.nn.normalisation import BatchNorm, LayerNorm
from chainrule.nn.pooling import (
    AvgPool1D,
    AvgPool2D,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
)
from chainrule.nn.recurrent import GRU, LSTM, Bidirectional, Recurrent, SimpleRNN
from chainrule.nn.regularising import Noise

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        Augment,
        AvgPool1D,
        AvgPool2D,
        BatchNorm,
        Bidirectional,
        Concatenate,
        Conv1D,
        Conv2D,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        GRU,
        GlobalAveragePool,
        GlobalMaxPool,
        LSTM,
        LayerNorm,
        Masking,
        MaxPool1D,
        MaxPool2D,
        Noise,
        Rescale,
        Reshape,
        Residual,
        Sequential,
        SimpleRNN,
        Standardize,
    )
}

__all__ = [
    "GRU",
    "INITIALIZERS",
    "LAYERS",
    "LSTM",
    "Activation",
    "Augment",
    "AvgPool1D",
    "AvgPool2D",
    "BatchNorm",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Draw",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Layer",
    "LayerNorm",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "Mode",
    "Noise",
    "Normal",
    "Recurrent",
    "Rescale",
    "Reshape",
    "Residual",
    "Sequential",
    "SimpleRNN",
    "Standardize",
    "Uniform",
    "walk",
]
