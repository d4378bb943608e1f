"""Weights in: arrays that other frameworks, or other networks, have learned; see `Network.load_params`."""
