"""Training: the step as a graph, the fit loop, stopping, history, metrics, and descent on any function."""

from chainrule.training.build import (
    BuiltStep,
    Penalties,
    Targets,
    build_forward,
    build_step,
)
from chainrule.training.history import Epoch, History
from chainrule.training.loop import Job, train
from chainrule.training.metrics import METRICS, Metric, Predictions, get_metrics
from chainrule.training.minimize import Minimum, minimize
from chainrule.training.model import Model
from chainrule.training.stopping import Convergence, EarlyStopping, StopReason

__all__ = [
    "METRICS",
    "BuiltStep",
    "Convergence",
    "EarlyStopping",
    "Epoch",
    "History",
    "Job",
    "Metric",
    "Minimum",
    "Model",
    "Penalties",
    "Predictions",
    "StopReason",
    "Targets",
    "build_forward",
    "build_step",
    "get_metrics",
    "minimize",
    "train",
]
