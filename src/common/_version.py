"""The runtime package's version: a digest of the files that lie beside it.

A deployment holds one domain and what it uses of `common`, so the version changes when, and only when, that does.
"""

import hashlib
import os
from pathlib import Path

_NOT_CONTENT = frozenset({"__pycache__", "dist"})


def version() -> str:
    """Return `0.1.0+<12 hex digits>`, the digest of every path and content below `src` but caches and built wheels."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        relative = path.relative_to(root)
        if _NOT_CONTENT.isdisjoint(relative.parts):
            content = path.read_bytes()
            # Lengths keep a moved boundary between name and content from looking the same.
            name = os.fsencode(relative.as_posix())
            digest.update(b"%d %d\0%b%b" % (len(name), len(content), name, content))
    return f"0.1.0+{digest.hexdigest()[:12]}"
