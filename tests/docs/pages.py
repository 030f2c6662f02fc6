"""A page as GitHub shows it → the page as the site's Markdown has it: links, pictures, folded parts, fences.

Pages are written for GitHub, which follows links to any file and draws Mermaid by itself. The site has its pages alone, and
draws when it is built, so that a reader's browser loads nothing from elsewhere.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256

DOCS = "docs"
# Pages at the root of the repository, and what they are called in the site.
ROOT_PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",  # the site's own first page stands in for it
    "SECURITY.md": "reporting.md",
}
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)


class PageError(Exception):
    """A page that the site can't show as it is written."""


def convert(page: str, texts: Mapping[str, str], draw: Callable[[str], str]) -> str:
    """Return a page's text for the site; `draw` gives the name of the picture of a Mermaid text.

    `page` is its path in the repository, and a key of `texts`, which has all pages: a link that is called like the file it
    leads to gets that page's title. Raises PageError if a link leads out of the site.
    """
    text = texts[page]
    parts: list[str] = []
    end = 0
    for match in _FENCE.finditer(text):
        parts.append(_convert_prose(page, text[end : match.start()], texts))
        parts.append(_convert_fence(page, match[1], match[2], draw))
        end = match.end()
    parts.append(_convert_prose(page, text[end:], texts))
    return "".join(parts)


def place_of(path: str) -> str | None:
    """Return where a file of the repository is in the site, or None if the site doesn't have it."""
    if path in ROOT_PAGES:
        return ROOT_PAGES[path]
    return path.removeprefix(f"{DOCS}/") if path.startswith(f"{DOCS}/") else None


def picture_name(text: str) -> str:
    """Return the name of the picture of a Mermaid text: the same text has the same picture."""
    return f"{sha256(text.encode()).hexdigest()[:16]}.svg"


def _convert_prose(page: str, text: str, texts: Mapping[str, str]) -> str:
    text = text.replace("<details>", '<details markdown="1">')
    return _LINK.sub(lambda match: _convert_link(page, match[1], match[2], texts), text)


def _convert_link(page: str, words: str, link: str, texts: Mapping[str, str]) -> str:
    path, sign, fragment = link.partition("#")
    if not path or "://" in link:
        return f"[{words}]({link})"
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    there, here = place_of(target), place_of(page)
    if there is None or here is None:
        raise PageError(f"{page}: the link to {link} leads out of the site. Name the file in backquotes instead.")
    title = _TITLE.search(texts.get(target, "")) if words.rpartition("/")[2] == target.rpartition("/")[2] else None
    address = posixpath.relpath(there, posixpath.dirname(here) or ".")
    return f"[{title[1] if title else words}]({address}{sign}{fragment})"


def _convert_fence(page: str, info: str, content: str, draw: Callable[[str], str]) -> str:
    # Words after the language are for the tests.
    language = info.partition(" ")[0]
    if language != "mermaid":
        return f"```{language}\n{content}```"
    here = posixpath.dirname(place_of(page) or "")
    path = posixpath.relpath(f"pictures/{draw(content)}", here or ".")
    return f"![{_alternative(content)}]({path})"


def _alternative(content: str) -> str:
    """Return what a picture shows, for those who don't see it: the labels of its nodes."""
    return "Diagram: " + ", ".join(_labels(content))


def _labels(content: str) -> Iterator[str]:
    for label in dict.fromkeys(re.findall(r'\[\(?"([^"]+)"', content)):
        yield re.sub(r"[\[\]()#&;]", "", label)
