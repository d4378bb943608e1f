"""Layers, containers and initial weights."""

from chainrule.nn.containers import Concatenate, Residual, Sequential
from chainrule.nn.initializers import INITIALIZERS, Draw, Normal, Uniform
from chainrule.nn.layer import Layer, Mode, walk
from chainrule.nn.layers import Activation, Dense, Dropout, Flatten, Reshape, Standardize

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (Activation, Concatenate, Dense, Dropout, Flatten, Reshape, Residual, Sequential, Standardize)
}

__all__ = [
    "INITIALIZERS",
    "LAYERS",
    "Activation",
    "Concatenate",
    "Dense",
    "Draw",
    "Dropout",
    "Flatten",
    "Layer",
    "Mode",
    "Normal",
    "Reshape",
    "Residual",
    "Sequential",
    "Standardize",
    "Uniform",
    "walk",
]
