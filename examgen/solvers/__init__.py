"""The public functions: one's own numbers in, values, gradients and the worked solution out."""

from __future__ import annotations

from examgen.solvers._losses import softmax_loss, svm_loss
from examgen.solvers._networks import backprop, conv_relu_pool
from examgen.solvers._results import (
    BackpropResult,
    ConvReluPoolResult,
    NodeResult,
    Result,
    SoftmaxLossResult,
    SvmLossResult,
    TaskResult,
)
from examgen.solvers._solve import solve, solve_instance

__all__ = [
    "BackpropResult",
    "ConvReluPoolResult",
    "NodeResult",
    "Result",
    "SoftmaxLossResult",
    "SvmLossResult",
    "TaskResult",
    "backprop",
    "conv_relu_pool",
    "softmax_loss",
    "solve",
    "solve_instance",
    "svm_loss",
]
