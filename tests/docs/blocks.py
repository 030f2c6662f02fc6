"""The blocks of a page that somebody types, or writes into a file.

What is said to the tests stands behind the block's language, where neither GitHub nor the site shows it:

    ```console            commands, each after `$ `, with what they print
    ```console exit-3     the last of them ends with this exit code
    ```console dies       the CLI is killed while the last of them deploys marketing
    ```console not-run    needs what no test has, such as a workspace or GitHub's settings
    ```yaml file=PATH     the reader writes this file
    ```toml append=PATH   the reader adds this to a file's end
    ```mermaid $ COMMAND  the picture that a command draws
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^```([a-z]+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TYPED = frozenset({"console", "sh", "bash"})
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Block:
    """A block; `start` and `end` are where its content is in the page's text."""

    language: str
    words: tuple[str, ...]
    content: str
    start: int
    end: int

    @property
    def is_typed(self) -> bool:
        """Return whether it has commands."""
        return self.language in _TYPED

    @property
    def is_played(self) -> bool:
        """Return whether a test does what it says."""
        return bool(
            (self.language == "console" and "not-run" not in self.words) or self.file or self.added_to or self.drawn_by
        )

    @property
    def file(self) -> str | None:
        """Return the file that it is the content of, if it is said to be one."""
        return self._word("file=")

    @property
    def added_to(self) -> str | None:
        """Return the file that it is added to, if it is said to be."""
        return self._word("append=")

    @property
    def drawn_by(self) -> str | None:
        """Return the command that draws it, if one does."""
        return " ".join(self.words[1:]) if self.language == "mermaid" and self.words[:1] == ("$",) else None

    @property
    def exit_code(self) -> int:
        """Return the exit code of its last command."""
        return int(self._word("exit-") or 0)

    @property
    def is_fatal(self) -> bool:
        """Return whether the CLI is killed in the midst of its last command."""
        return "dies" in self.words

    @property
    def commands(self) -> list[str]:
        """Return what is typed, without what is printed."""
        return [line.removeprefix(_PROMPT) for line in self.content.splitlines() if line.startswith(_PROMPT)]

    def _word(self, prefix: str) -> str | None:
        return next((word.removeprefix(prefix) for word in self.words if word.startswith(prefix)), None)


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page, in their order."""
    for match in _FENCE.finditer(text):
        yield Block(match[1], tuple(match[2].split()), match[3], match.start(3), match.end(3))


def with_contents(text: str, contents: dict[Block, str]) -> str:
    """Return a page's text with other contents of some blocks."""
    for block in sorted(contents, key=lambda one: one.start, reverse=True):
        text = text[: block.start] + contents[block] + text[block.end :]
    return text


def render_session(printed: list[tuple[str, str]]) -> str:
    """Return a block's content: each command with what it printed, and an empty line after that before the next command."""
    parts = [(f"{_PROMPT}{command}\n", output.strip("\n")) for command, output in printed]
    return "".join(f"{command}{output}\n\n" if output else command for command, output in parts).rstrip("\n") + "\n"
