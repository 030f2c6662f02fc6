"""Checks that a domain's resources let the CLI read no file of the machine that deploys but those of the stage.

The CLI uploads the libraries that a job or a pipeline names, from wherever their paths lead, and an alert's file likewise.
Such a path must therefore be readable here: literal, or made of what only the platform sets, and inside the stage. Of all
other paths the CLI itself requires that they don't leave what it uploads; `tests/contract/test_local_paths.py` holds it to
that.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from scope.inference.file_references import OPTION, SCHEME
from scope.inference.keyed_texts import KeyedText
from scope.model import Finding, quote_path

_LIBRARIES = frozenset({"whl", "jar", "dependencies"})
_ALERT_FILE = "file_path"
# A reference to a variable of the bundle, or to what the bundle and the workspace are called.
_REFERENCE = re.compile(r"\$\{(?:var\.(?P<variable>[^${}.\[\]]+)|bundle\.(?:name|target))\}")
# In the workspace, whatever follows: `..` doesn't lead from there to this machine.
_REMOTE = re.compile(r"/|\$\{workspace\.(?:root|file|artifact|resource|state)_path\}/")


def check_uploads(
    texts: Mapping[str, tuple[KeyedText, ...]], platform_variables: Callable[[], frozenset[str]], code: str
) -> Iterator[Finding]:
    """Yield a finding for each path in a domain's files that may lead out of the stage."""
    has_alerts = any(item.key == "alerts" for items in texts.values() for item in items)
    keys = {*_LIBRARIES, _ALERT_FILE} if has_alerts else _LIBRARIES
    for path, items in texts.items():
        folder = "" if path.endswith(".py") else posixpath.dirname(path)
        for item in items:
            if item.text is not None and item.key in keys:
                why = _explain(item.key, item.text, folder, platform_variables)
                if why:
                    yield Finding(quote_path(path), item.line, code, why, item.column)


def _explain(key: str, text: str, folder: str, platform_variables: Callable[[], frozenset[str]]) -> str:
    """Return why a path may lead out of the stage, or an empty text if it can't."""
    if key != _ALERT_FILE and _REMOTE.match(text):
        return ""
    if key == "dependencies" and OPTION.match(text):
        return ""
    literal = _REFERENCE.sub(
        lambda found: "x" if found["variable"] is None or found["variable"] in platform_variables() else found[0], text
    )
    if "$" in literal:
        return (
            f"`{text}` is a file that the CLI uploads from the machine that deploys, and a variable of the domain's own may "
            "lead it anywhere. Write the path out."
        )
    if "\\" in literal:
        return f"`{text}` holds a backslash. Write the path with `/`."
    # Such a path, `dbfs:/lib.jar`, isn't read from the file's own folder.
    start = "" if SCHEME.match(literal) else folder
    if posixpath.normpath(posixpath.join(start, literal)).split("/")[0] in {"..", ""}:
        instead = "one in resources/" if key == _ALERT_FILE else "src/dist/*.whl, or one in a volume or the workspace"
        return (
            f"`{text}` leads out of the repository, and the CLI would upload the file from the machine that deploys. "
            f"Name {instead}."
        )
    return ""
