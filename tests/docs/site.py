"""`docs/` → a site in `build/docs/site`, with Zensical: strictly, so that a link which leads nowhere ends it."""

import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

from tests.docs.pages import DOCS, ROOT_PAGES, PageError, convert, picture_name, place_of

REPOSITORY = Path(__file__).parents[2]
WORK = REPOSITORY / "build" / "docs"
SITE = WORK / "site"
_PAGES = WORK / "pages"
_PICTURES = WORK / "pictures"
_CONFIG = "zensical.toml"
# Of a link nothing is loaded before somebody follows it; of these it is.
_LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
# Links that only say where something is.
_NOT_LOADED = {"canonical", "next", "prev", "edit"}
_ELEMENTS = ("h1", "h2", "h3", "ul", "ol", "li", "table", "tr", "pre", "blockquote", "strong", "em")
_MERMAID = re.compile(r"^```mermaid\b[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)


# Text as SVG has it, which every browser centres alike, in a font of the reader's system.
_LOOK = {"htmlLabels": False, "flowchart": {"htmlLabels": False}, "fontFamily": "Arial, sans-serif"}


class SiteError(Exception):
    """The site can't be built as it is."""


def build() -> None:
    """Build the site. Raises SiteError, with each problem, if it isn't whole or would load something from elsewhere."""
    prepare()
    _run_zensical("build", "--strict", "--clean")
    if problems := list(find_problems()):
        raise SiteError("\n".join(problems))


def serve() -> None:
    """Serve the site on this machine until Ctrl-C; a page that is saved is shown anew."""
    prepare()
    stopped = threading.Event()
    watcher = threading.Thread(target=_keep_prepared, args=(stopped,))
    watcher.start()
    try:
        _run_zensical("serve")
    except KeyboardInterrupt:
        pass
    finally:
        stopped.set()
        watcher.join()


def prepare() -> None:
    """Write the site's configuration and pages into the work folder, unchanged ones not again."""
    wanted = dict(_pages())
    for folder in (_PAGES, _PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(_PAGES.rglob("*")):
        if path.is_file() and path.relative_to(_PAGES).as_posix() not in wanted:
            path.unlink()
    for place, content in wanted.items():
        _write(_PAGES / place, content)
    settings = (REPOSITORY / DOCS / _CONFIG).read_text(encoding="utf-8")
    paths = f'[project]\ndocs_dir = "{_PAGES.name}"\nsite_dir = "{SITE.name}"\nextra_css = ["site.css"]\n'
    _write(WORK / _CONFIG, settings.replace("[project]\n", paths, 1).encode())


def nav_pages() -> list[str]:
    """Return the pages that the navigation names, in its order."""
    tree = tomllib.loads((REPOSITORY / DOCS / _CONFIG).read_text(encoding="utf-8"))
    return list(_leaves(tree["project"]["nav"]))


def read_pages() -> dict[str, str]:
    """Return the texts of the site's pages by their paths in the repository, sorted."""
    inside = (path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / DOCS).rglob("*.md"))
    pages = sorted([*inside, *(page for page in ROOT_PAGES if page != "README.md")])
    return {page: (REPOSITORY / page).read_text(encoding="utf-8") for page in pages}


def find_problems() -> Iterator[str]:
    """Yield what is wrong with the built site.

    That is a page that is missing or that shows other lists, tables or blocks than GitHub does, whose Markdown differs in
    how it reads indents; and what a browser would load from elsewhere.
    """
    for page, text in read_pages().items():
        path = (SITE / (place_of(page) or "")).with_suffix(".html")
        if not path.is_file():
            yield f"{page} isn't in the built site."
        elif differences := list(compare(text, path.read_text(encoding="utf-8"))):
            yield f"{page} isn't shown as on GitHub: {', '.join(differences)}."
    for path in sorted(SITE.rglob("*.html")):
        for url in find_loads(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(SITE)} loads {url}. The site may load nothing from elsewhere."


def find_loads(html: str) -> list[str]:
    """Return the addresses outside the site that a browser loads for a page."""
    parser = _Loads()
    parser.feed(html)
    return parser.urls


def compare(text: str, html: str) -> Iterator[str]:
    """Yield which elements a page has more or less often than GitHub makes of its text."""
    from markdown_it import MarkdownIt  # only who builds needs it

    article = re.search(r"<article.*?</article>", html, re.DOTALL)
    shown = _count_elements(article[0] if article else "")
    for tag, number in _count_elements(MarkdownIt("gfm-like").render(_MERMAID.sub("", text))).items():
        if shown[tag] != number:
            yield f"{shown[tag]} of <{tag}> instead of {number}"


def _count_elements(html: str) -> dict[str, int]:
    plain = re.sub(r"<nav.*?</nav>", "", re.sub(r"<pre.*?</pre>", "<pre>", html, flags=re.DOTALL), flags=re.DOTALL)
    return {tag: len(re.findall(rf"<{tag}[ >]", plain)) for tag in _ELEMENTS}


class _Loads(HTMLParser):
    """Collects the addresses outside the site that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        url = values.get(_LOADED.get(tag, "")) or ""
        if re.match(r"(https?:)?//", url) and values.get("rel") not in _NOT_LOADED:
            self.urls.append(url)


def _pages() -> Iterator[tuple[str, bytes]]:
    """Yield each file of the site's source: its place and its content."""
    drawn: dict[str, bytes] = {}

    def draw(text: str) -> str:
        name = picture_name(text)
        drawn[name] = _picture(name, text)
        return name

    texts = read_pages()
    for page in texts:
        yield place_of(page) or "", convert(page, texts, draw).encode()
    for path in sorted((REPOSITORY / DOCS).rglob("*")):
        if path.is_file() and path.suffix in {".json", ".css", ".png", ".svg"}:
            yield path.relative_to(REPOSITORY / DOCS).as_posix(), path.read_bytes()
    for name, content in drawn.items():
        yield f"pictures/{name}", content


def _picture(name: str, text: str) -> bytes:
    """Return the picture of a Mermaid text, drawn once: that takes two seconds each."""
    path = _PICTURES / sha256(repr(_LOOK).encode()).hexdigest()[:8] / name
    if not path.is_file():
        import mermaidx  # brings Mermaid itself and an engine to run it in: only who draws needs them

        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, _with_size(mermaidx.render(_plain(text), config=_LOOK).svg()).encode())
    return path.read_bytes()


def _plain(text: str) -> str:
    """Return a Mermaid text without the escapes of what is harmless in a label: as text of SVG, they aren't read."""
    return re.sub(r"#(45|46|47|95);", lambda match: chr(int(match[1])), text)


def _with_size(svg: str) -> str:
    """Return a picture that is as large as it was drawn, not as wide as the page."""
    return re.sub(r'width="100%"(.*?viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)")', r'width="\2" height="\3"\1', svg, count=1)


def _leaves(items: list[object]) -> Iterator[str]:
    for item in items:
        match item:
            case str():
                yield item
            case dict():
                for below in item.values():
                    yield from _leaves(below if isinstance(below, list) else [below])


def _keep_prepared(stopped: threading.Event) -> None:
    while not stopped.wait(1):
        try:
            prepare()
        except (OSError, PageError) as error:  # a page that is just being written; the next round reads it again
            print(error, file=sys.stderr)


def _write(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _run_zensical(*arguments: str) -> None:
    if shutil.which("zensical") is None:
        raise SiteError("Zensical isn't installed: `just docs` installs what the site needs.")
    done = subprocess.run(
        ["zensical", *arguments, "--config-file", str(WORK / _CONFIG)],
        check=False,
        stderr=subprocess.PIPE if arguments[0] == "build" else None,
        text=True,
    )
    if done.returncode != 0:
        # What it found stands before the traceback with which it always ends.
        findings = (done.stderr or "").partition("Traceback (most recent call last)")[0].rstrip()
        raise SiteError(f"{findings}\n`zensical {arguments[0]}` ended with {done.returncode}.".lstrip())
