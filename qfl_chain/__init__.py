"""Quantum federated learning with the chain on."""
