"""The settings of a target that the controller must know before the CLI starts: host, branch, mode, and the root.

The root is resolved here, and pinned in the stage, so that lock, record and deploy can't go to different folders. Only
the few variables that tell one deployment from another are resolved; any other is refused, with its place.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from scope.errors import Refused, UsageError
from scope.inference.yaml_nodes import compose, find_node
from scope.repository.bundles import require_root_bundle
from scope.repository.layout import BUNDLE, TARGET_ROOT, place_of, target_file
from scope.repository.snapshot import Snapshot
from scope.wording import unknown_name, write_command
from scope.workspace_model import User

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DOMAIN = "${var.domain}"
# The receipt for the uploaded files, in the root.
RECEIPT = "uploads.json"
# Who may have any address below it can't get a token by it. Test hosts are on loopback, where nobody listens in.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """A target as its files have it. `host_place` and `root_place` are `file:line`."""

    name: str
    bundle: str
    host: str
    host_place: str
    root: str
    root_place: str
    mode: str | None
    branch: str | None

    @property
    def is_production(self) -> bool:
        """Return whether only commits are deployed here, in order, never a work tree: unless it says that it is development.

        Many bundles leave `mode` out for test, qa and prod alike, so nothing said must not be the unsafe answer.
        """
        return self.mode != "development"

    def choose(self, domains: Iterable[str]) -> tuple[str, ...]:
        """Return those of some domains that lie in the target's workspace, in their order: all of them."""
        return tuple(domains)

    def base(self, user: User) -> str:
        """Return the folder that holds the target's deployments, one folder per domain."""
        return self.resolve(user, "x").removesuffix("/x")

    def resolve(self, user: User, domain: str) -> str:
        """Return the root of one deployment; `UsageError` if the target's files don't say it plainly."""
        values = {
            "bundle.name": self.bundle,
            "bundle.target": self.name,
            "var.domain": domain,
            "workspace.current_user.userName": user.name,
            "workspace.current_user.short_name": user.short_name,
        }
        return resolve_root(expand(self.root, values, self.root_place, "root_path"), user, self.root_place)

    def root_place_of(self, domain: str) -> str:  # noqa: ARG002  one line says it for all
        """Return where the root of a deployment is set, as `file:line`."""
        return self.root_place


def expand(text: str, values: Mapping[str, str], place: str, what: str) -> str:
    """Return a text with the values of the variables in it; `UsageError` for one that isn't known."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise UsageError(
                f"{place}: `{what}` uses `{match[0]}`, which scope can't know before the CLI runs. "
                f"Use only {', '.join('${' + name + '}' for name in values)}."
            )
        return values[match[1]]

    return _VARIABLE.sub(value, text)


def resolve_root(root: str, user: User, place: str) -> str:
    """Return a root as the CLI takes it, without `~`; `UsageError` if it isn't a plain path below /Workspace."""
    if root.startswith("~/"):
        root = f"/Workspace/Users/{user.name}/{root[2:]}"
    elif root.startswith("/") and not root.startswith(("/Workspace/", "/Volumes/")):
        root = f"/Workspace{root}"
    parts = root.split("/")
    if not root.startswith("/Workspace/") or ".." in parts or "." in parts or "" in parts[1:]:
        raise UsageError(f"{place}: `root_path` becomes `{root}`, which isn't a plain path below /Workspace.")
    return root


@dataclass(frozen=True, slots=True, order=True)
class DeploymentId:
    """The name of one deployment: a domain in a target."""

    target: str
    domain: str

    def __str__(self) -> str:
        """Return the name as messages and manifests have it."""
        return f"{self.target}/{self.domain}"

    @property
    def recover_command(self) -> str:
        """Return the command line that recovers the deployment."""
        return self.command("recover")

    def command(self, name: str, *options: str) -> str:
        """Return the line to paste that runs a command of scope on this deployment alone."""
        return write_command(name, self.target, [self.domain], options)


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one deployment in the workspace."""

    root: str

    @property
    def state(self) -> str:
        """Return the folder of state, lock and record."""
        return f"{self.root}/state"

    @property
    def files(self) -> str:
        """Return the folder of the uploaded files."""
        return f"{self.root}/files"

    @property
    def receipt(self) -> str:
        """Return the path of the receipt for the uploaded files.

        It is long, and whoever looks at a deployment reads the whole folder of its state.
        """
        return f"{self.root}/{RECEIPT}"

    @property
    def wheels(self) -> str:
        """Return the folder of the files that a deploy has built."""
        return f"{self.root}/artifacts/.internal"

    @property
    def metadata(self) -> str:
        """Return the path by which jobs and pipelines say to which deployment they belong."""
        return f"{self.state}/metadata.json"


def read_target(snapshot: Snapshot, name: str) -> TargetSettings:
    """Return a target's settings in a tree.

    Raises `UsageError` with the place of a setting that is missing or unusable, and for a tree that is laid out otherwise.
    """
    path = target_file(name)
    content = snapshot.read(path)
    if content is None:
        targets = (place_of(f"{TARGET_ROOT}/{file}").target for file in snapshot.names(TARGET_ROOT))
        known = sorted(target for target in targets if target is not None)
        if not known:
            require_root_bundle(snapshot)
        raise UsageError(unknown_name("target", name, known, "in targets/"))
    values = Document(path, content)
    bundle = Document(BUNDLE, snapshot.read(BUNDLE) or b"").need("bundle", "name")
    prefix = ("targets", name)
    host, root = values.need(*prefix, "workspace", "host"), values.need(*prefix, "workspace", "root_path")
    mode, branch = values.find(*prefix, "mode"), values.find(*prefix, "git", "branch")
    if not root.text.endswith("/" + _DOMAIN):
        raise UsageError(f"{root.place}: `root_path` must end with `/{_DOMAIN}`: each domain is a deployment of its own.")
    return TargetSettings(
        name=name,
        bundle=bundle.text,
        host=check_host_url(host),
        host_place=host.place,
        root=root.text,
        root_place=root.place,
        mode=None if mode is None else mode.text,
        branch=None if branch is None else branch.text,
    )


@dataclass(frozen=True, slots=True)
class Value:
    """A text of a file, and its place, `file:line`."""

    text: str
    place: str


class Document:
    """A YAML file whose plain texts can be looked up, each with its place. Everything else in it is ignored."""

    def __init__(self, path: str, content: bytes) -> None:
        import yaml  # only what deploys reads a target

        self._path = path
        try:
            self._tree = compose(content)
        except (ValueError, yaml.YAMLError) as error:
            raise UsageError(f"{path} can't be read: {' '.join(str(error).split())}.") from None

    def keys(self, *keys: str) -> tuple[str, ...]:
        """Return the keys of the mapping that keys lead to; none if there is no mapping."""
        import yaml

        node = find_node(self._tree, *keys)
        return tuple(str(key.value) for key, _ in node.value) if isinstance(node, yaml.MappingNode) else ()

    def find(self, *keys: str) -> Value | None:
        """Return the plain text that keys lead to, or None if there is none."""
        import yaml

        node = find_node(self._tree, *keys)
        if not isinstance(node, yaml.ScalarNode):
            return None
        return Value(node.value, f"{self._path}:{node.start_mark.line + 1}")

    def need(self, *keys: str) -> Value:
        """Return the plain text that keys lead to; `UsageError` if there is none."""
        value = self.find(*keys)
        if value is None or not value.text:
            raise UsageError(f"{self._path}: `{'.'.join(keys)}` is missing. scope must know it before the CLI runs.")
        return value


def check_host_url(host: Value) -> str:
    """Return the URL of a workspace as a file has it; `UsageError` if it is none."""
    parts = urlsplit(host.text)
    name = parts.hostname or ""
    if name.endswith(".invalid"):
        raise UsageError(
            f"{host.place}: the host {host.text} is a placeholder. Write your workspace's URL there, then run this again."
        )
    is_plain = not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
    if not name or not is_plain or not (parts.scheme == "https" or (parts.scheme == "http" and name in _LOOPBACK)):
        raise UsageError(
            f"{host.place}: `{host.text}` isn't a workspace's URL, such as https://adb-1.2.azuredatabricks.net."
        )
    return host.text.rstrip("/")


def check_host(settings: TargetSettings, credentials_host: str) -> None:
    """Raise `Refused` if the credentials are for another host than the target's: a token must not go there."""
    if settings.host and normalize_host(settings.host) != normalize_host(credentials_host):
        raise Refused(
            f"{settings.host_place}: {settings.name} is at {settings.host}, but the credentials are for {credentials_host}. "
            "Nothing was sent. Use that workspace's credentials, or correct the file."
        )


def normalize_host(host: str) -> str:
    """Return a host's URL in one form: lower case, no slash at the end, without a default port."""
    parts = urlsplit(host if "://" in host else f"https://{host}")
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"
