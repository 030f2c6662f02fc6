"""Where the texts of a JSON file stand in it: its parser doesn't say."""

import json

# Texts that aren't written as usual cost a look at the whole file each.
_MOST_MISSES = 20


class JsonTexts:
    """The texts of a JSON file, asked for in their order."""

    def __init__(self, source: str, first_line: int = 1) -> None:
        """Begin at the start of a file, or of a JSON text that stands at a line of one."""
        self._source = source
        self._position = 0
        self._line = first_line
        self._misses = 0

    def find_line(self, text: str) -> int:
        """Return the line of a text, or of its beginning; that of the last one found if it isn't written as usual."""
        if self._misses >= _MOST_MISSES:
            return self._line
        for form in dict.fromkeys((json.dumps(text, ensure_ascii=False)[:-1], json.dumps(text)[:-1])):
            at = self._source.find(form, self._position)
            if at >= 0:
                self._line += self._source.count("\n", self._position, at)
                self._position = at + len(form)
                return self._line
        self._misses += 1
        return self._line
