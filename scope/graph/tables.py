"""The tables that the files of one tree write and read, and the search for the files that may read one.

What a file says of tables may hang on another: a constant in a module, a notebook that it runs, a function that reads for
its caller. The search follows that: whatever offers a word to others is as good as the word itself.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from scope.graph.kept_tables import KeptTables
from scope.graph.search import search
from scope.inference.parsing import decode
from scope.lineage.sources import is_source
from scope.lineage.spelling import extended_spelling_patterns, spelling_patterns, spells, spells_outside
from scope.lineage.table_names import PLAIN, TableNames
from scope.lineage.table_uses import FileTables, TableUses
from scope.model import Kind
from scope.ports import Kept
from scope.repository.layout import COMMON, DOMAIN_ROOTS, SPEC_ROOT, Role, domain_folders, names_on_the_way, place_of
from scope.repository.snapshot import Snapshot

# Words that are searched for one by one. With more, everything is read.
_MOST_WORDS = 25
# With more files than this, they are searched again sooner than read.
_MOST_READ = 300


class TableIndex:
    """The tables of one tree, read on demand and kept."""

    def __init__(self, snapshot: Snapshot, kept: Kept | None = None, names: TableNames = PLAIN) -> None:
        """Index a tree; nothing is read yet. `kept` is what earlier runs found out, `names` how tables are called."""
        self.names = names
        self._snapshot = snapshot
        self._kept = kept
        self._files = KeptTables(snapshot, kept, names)
        self._known: dict[tuple[str, bool], FileTables] = {}
        self._spelling: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
        self._shared_offers: dict[frozenset[str], frozenset[str]] = {}

    def read(self, paths: Iterable[str], *, are_users: bool = False) -> Mapping[str, TableUses]:
        """Return by path, sorted, what files write and read; those that aren't there, or can't name tables, are left out.

        Users of other files may read tables without a word of them.
        """
        return {path: one.uses for path, one in self._read(paths, are_users=are_users).items()}

    def _read(self, paths: Iterable[str], *, are_users: bool) -> dict[str, FileTables]:
        wanted = sorted(path for path in set(paths) if is_source(path))
        new = self._snapshot.entries(path for path in wanted if (path, are_users) not in self._known)
        files = {path: entry for path, entry in new.items() if entry.kind is Kind.FILE}
        if files:
            self._known |= self._files.read(files, are_users=are_users)
        return {path: self._known[path, are_users] for path in wanted if (path, are_users) in self._known}

    def paths(self, domains: Iterable[str] | None = None) -> frozenset[str]:
        """Return the files that may name tables, of some domains or of all, with those of shared code."""
        folders = (*DOMAIN_ROOTS, SPEC_ROOT) if domains is None else (SPEC_ROOT, *_list_folders(domains))
        wanted = None if domains is None else frozenset(domains)
        found = {path for folder in folders for path in self._snapshot.files(folder) if is_source(path)}
        return frozenset(path for path in found if _is_among(path, wanted))

    def read_full_names(self, paths: Collection[str], catalogs: frozenset[str]) -> Mapping[str, TableUses]:
        """Return by path, sorted, what files of a domain write and read that may name a table by one of some catalogs.

        The others are looked at, but not read.
        """
        contents = self._snapshot.read_all(self._snapshot.entries(path for path in paths if is_source(path)))
        chosen = _choose(contents, catalogs)
        offers = self._find_offers(contents, chosen, self.find_shared_offers(catalogs), catalogs)
        return self.read(chosen | _find_users(contents, offers))

    def find_shared_offers(self, catalogs: frozenset[str]) -> frozenset[str]:
        """Return the shared files that give the word of one of some catalogs to those that import or run them."""
        if catalogs not in self._shared_offers:
            files = {path: entry for path, entry in self._snapshot.files(COMMON).items() if is_source(path)}
            contents = self._snapshot.read_all(files)
            chosen = _choose(contents, catalogs)
            self._shared_offers[catalogs] = self._find_offers(contents, chosen, frozenset(), catalogs)
        return self._shared_offers[catalogs]

    def _find_offers(
        self, contents: Mapping[str, bytes], chosen: frozenset[str], others: frozenset[str], catalogs: frozenset[str]
    ) -> frozenset[str]:
        """Return the files that give a catalog's word to those that import or run them, with those among `others`.

        `chosen` are those of `contents` that may spell one by themselves.
        """
        new = chosen | _find_users(contents, others)
        seen: frozenset[str] = frozenset()
        offers = others
        while new:
            seen |= new
            found = self._read(new, are_users=True)
            offering = frozenset(path for path, one in found.items() if _gives(one, catalogs, self.names))
            offers |= offering
            new = _find_users(contents, offering) - seen
        return offers

    def search(self, words: Collection[str], domains: Collection[str], most: int) -> frozenset[str]:
        """Return the files of some domains, and of shared code, that may read a table with one of these words in its name.

        That is every file whose names aren't known only at run time, whatever else it uses. The search ends with more files
        than `most`.
        """
        if not words or not domains:
            return frozenset()
        if len(words) > _MOST_WORDS:
            return self.paths(domains)
        wanted = frozenset(domains)
        found: frozenset[str] = frozenset()
        new = self.spelling(words, domains)
        while new and len(found | new) <= most:
            found |= new
            offering = [path for path, one in self._read(new, are_users=True).items() if _offers(one, words, self.names)]
            new = self._find_users(offering, wanted) - found
        return found | new

    def spelling(self, words: Collection[str], domains: Collection[str]) -> frozenset[str]:
        """Return the files of some domains, and of shared code, that spell one of some words themselves.

        They are among those that spell one of more words, so what was asked for more words before is only read again.
        """
        if not words or not domains:
            return frozenset()
        asked, among = frozenset(words), frozenset(domains)
        if (asked, among) not in self._spelling:
            wider = (files for (more, where), files in self._spelling.items() if where == among and asked < more)
            files = min(wider, key=len, default=None)
            self._spelling[asked, among] = (
                self._search_spelling(asked, among)
                if files is None or len(files) > _MOST_READ
                else self._choose_spelling(files, asked)
            )
        return self._spelling[asked, among]

    def few_spelling(self, words: Collection[str], domains: Collection[str], most: int) -> frozenset[str] | None:
        """Return the same, or None if more files than `most`, of whatever kind, spell one of the words.

        The search ends with them.
        """
        asked, among = frozenset(words), frozenset(domains)
        if not asked or not among or (asked, among) in self._spelling:
            return self.spelling(asked, among)
        found = self._search_spelling(asked, among, most)
        if len(found) > most:
            return None
        self._spelling[asked, among] = found
        return found

    def _choose_spelling(self, paths: Collection[str], words: frozenset[str]) -> frozenset[str]:
        contents = self._snapshot.read_all(self._snapshot.entries(paths))
        return frozenset(path for path, content in contents.items() if spells(content.decode(errors="replace"), words))

    def spelling_outside(self, paths: Collection[str], words: Collection[str], schemas: Collection[str]) -> frozenset[str]:
        """Return those of some files that spell one of some words elsewhere than at the end of one of some schemas."""
        contents = self._snapshot.read_all(self._snapshot.entries(paths))
        return frozenset(
            path for path, content in contents.items() if spells_outside(content.decode(errors="replace"), words, schemas)
        )

    def _search_spelling(self, words: frozenset[str], domains: frozenset[str], most: int | None = None) -> frozenset[str]:
        """Return what spells one of some words; with more than `most` files, some of them, of whatever kind."""
        patterns, extended = spelling_patterns(words), extended_spelling_patterns(words)
        folders = (SPEC_ROOT, *_list_folders(domains))
        found = search(self._snapshot, self._kept, patterns, folders, extended, most)
        return found if most is not None and len(found) > most else _choose_sources(found, domains)

    def _search(self, patterns: tuple[str, ...], folders: tuple[str, ...], domains: frozenset[str]) -> frozenset[str]:
        return _choose_sources(search(self._snapshot, self._kept, patterns, folders), domains)

    def _find_users(self, paths: Iterable[str], domains: frozenset[str]) -> frozenset[str]:
        """Return the files that may import or run others, by the names that they would write, where they may do so."""
        users: frozenset[str] = frozenset()
        by_domain: dict[str | None, set[str]] = {}
        for path in paths:
            by_domain.setdefault(place_of(path).domain, set()).update(_user_patterns(path))
        for domain, patterns in by_domain.items():
            users |= self._search(
                tuple(sorted(patterns)), _list_folders(domains) if domain is None else domain_folders(domain), domains
            )
        return users

    def find_users(self, paths: Iterable[str], domains: frozenset[str]) -> frozenset[str]:
        """Return the domains, among some, with a file that may import or run one of some files of shared code."""
        return frozenset(domain for path in self._find_users(paths, domains) if (domain := place_of(path).domain))

    @cached_property
    def everything(self) -> Mapping[str, TableUses]:
        """Return by path what all files write and read."""
        found = self._read(self.paths(), are_users=False)
        # Functions that read for their callers.
        reading = [path for path, one in found.items() if one.has_functions and (one.uses.reads or one.uses.unresolved)]
        users: frozenset[str] = frozenset()
        while reading:
            new = self._find_users(reading, frozenset(place for path in found if (place := place_of(path).domain))) - users
            users |= new
            more = self._read(new, are_users=True)
            reading = [path for path, one in more.items() if one.has_functions and (one.uses.reads or one.uses.unresolved)]
            found |= more
        return {path: one.uses for path, one in sorted(found.items())}


def _list_folders(domains: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of shared code and of some domains."""
    return (COMMON, *(folder for domain in sorted(domains) for folder in domain_folders(domain)))


def _choose_sources(paths: Iterable[str], domains: frozenset[str]) -> frozenset[str]:
    return frozenset(path for path in paths if is_source(path) and _is_among(path, domains))


def _is_among(path: str, domains: frozenset[str] | None) -> bool:
    place = place_of(path)
    is_placed = place.role in {Role.CODE, Role.RESOURCE, Role.SPEC}
    return place.role is Role.SHARED or (is_placed and (domains is None or place.domain in domains))


def _offers(one: FileTables, words: Collection[str], names: TableNames) -> bool:
    """Return whether a file gives one of some words, or a table with one, to those that import or run it."""
    if one.has_functions and any(names.has_word(read.table, words) for read in one.uses.reads):
        return True
    text = "\n".join(sorted(one.texts))
    return bool(text) and spells(text, words)


def _choose(contents: Mapping[str, bytes], catalogs: frozenset[str]) -> frozenset[str]:
    """Return those of some files that may spell a table's full name by themselves."""
    return frozenset(path for path, content in contents.items() if _may_spell(path, content, catalogs))


def _may_spell(path: str, content: bytes, catalogs: frozenset[str]) -> bool:
    """Return whether a file may spell a table's full name by itself. Only Python is looked at so closely."""
    from scope.lineage.full_names import may_spell  # only the full names of a domain need it

    return not path.endswith(".py") or may_spell(decode(content), catalogs)


def _gives(one: FileTables, catalogs: frozenset[str], names: TableNames) -> bool:
    """Return whether a file gives the word of a catalog, or a table of it, to those that import or run it."""
    if one.has_functions and any(names.has_word(read.table, catalogs) for read in one.uses.reads):
        return True
    from scope.lineage.full_names import has_word

    return has_word("\n".join(one.texts), catalogs)


def _find_users(contents: Mapping[str, bytes], paths: Iterable[str]) -> frozenset[str]:
    """Return those of some files that may import or run others."""
    patterns = sorted({pattern for path in paths for pattern in _user_patterns(path)})
    if not patterns:
        return frozenset()
    wanted = re.compile("|".join(patterns).encode(errors="surrogateescape"))
    return frozenset(path for path, content in contents.items() if wanted.search(content))


def _user_patterns(path: str) -> tuple[str, ...]:
    """Return patterns of which one matches a file that imports or runs another."""
    name = names_on_the_way(path)[-1]
    word = re.escape(max(re.split(r"[^A-Za-z0-9_]+", name), key=len))
    # What lies in a package imports from it without its name.
    return (word, r"from[ \t]+\.+[ \t]*import") if path.endswith("/__init__.py") else (word,)
