"""The development chain as a program of its own: a node behind JSON-RPC whose state outlives it."""
