"""The resources of a deployment by key: those that it owns with their ids, those that it is to create with their names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from scope.model import ResourceKey
from scope.workspace_model import TAGGED_KINDS

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class Inventory(Mapping[ResourceKey, str]):
    """An id, or a name, for each key, sorted by key. Doesn't change."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[ResourceKey, str] | Iterable[tuple[ResourceKey, str]] = ()) -> None:
        """Take the entries in any order; of two with one key, the last."""
        self._entries = dict(sorted(dict(entries).items()))

    def __getitem__(self, key: ResourceKey) -> str:
        return self._entries[key]

    def __iter__(self) -> Iterator[ResourceKey]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Inventory({self.to_texts()})"

    @classmethod
    def parse(cls, entries: Mapping[str, str]) -> "Inventory":
        """Return the inventory that a file has by keys in full; raise `ValueError` for a key that is none."""
        return cls((ResourceKey.parse(key), value) for key, value in entries.items())

    def to_texts(self) -> dict[str, str]:
        """Return the entries by keys in full, as files have them."""
        return {str(key): value for key, value in self._entries.items()}

    @property
    def resources(self) -> "Inventory":
        """Return the resources alone, without what belongs to them."""
        return Inventory((key, value) for key, value in self._entries.items() if not key.is_child)

    @property
    def tagged(self) -> "Inventory":
        """Return the resources that say themselves to which deployment they belong."""
        return Inventory((key, value) for key, value in self.resources.items() if key.kind in TAGGED_KINDS)

    @property
    def untagged(self) -> "Inventory":
        """Return the resources that don't say to which deployment they belong."""
        return Inventory((key, value) for key, value in self.resources.items() if key.kind not in TAGGED_KINDS)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> "CoreSchema":
        """Have pydantic read and write an inventory as an object of texts."""
        from pydantic_core import core_schema  # only what reads a record needs it

        text = core_schema.str_schema(strict=True)
        return core_schema.no_info_after_validator_function(
            cls.parse,
            core_schema.dict_schema(text, text),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.to_texts),
        )
