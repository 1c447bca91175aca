"""Candidates of one structure sifted together, many times faster than one by one and with the same verdict on each."""
