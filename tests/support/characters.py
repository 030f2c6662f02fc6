"""The characters that texts are drawn from."""

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
"""All that UTF-8 has: Hypothesis's own, for which it encodes each of a million, a second for each process in a new clone."""
