"""Where the texts of a JSON file stand in it: its parser doesn't say."""

import json


class JsonTexts:
    """The texts of a JSON file, asked for in their order."""

    def __init__(self, source: str, first_line: int = 1) -> None:
        """Begin at the start of a file, or of a JSON text that stands at a line of one."""
        self._source = source
        self._position = 0
        self._line = first_line

    def find_line(self, text: str) -> int:
        """Return the line of a text; that of the last one found if it isn't written as usual."""
        for form in (json.dumps(text, ensure_ascii=False), json.dumps(text)):
            at = self._source.find(form, self._position)
            if at >= 0:
                self._line += self._source.count("\n", self._position, at)
                self._position = at
                break
        return self._line
