"""Simulation: structured starts, networks, training, kernels and measures, in pure JAX."""

from .kernels import NeuralTangentsUnavailable, empirical_ntk

__all__ = ["NeuralTangentsUnavailable", "empirical_ntk"]
