"""Text from a repository, made harmless before a person sees it."""

import unicodedata

# What terminals, browsers and reviewers' eyes can be led astray by: controls, bidi overrides, invisible format characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Return the text with every character that can't be seen written as an escape, such as `\u202e`."""
    return "".join(_escaped(character) if unicodedata.category(character) in _HIDDEN else character for character in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
