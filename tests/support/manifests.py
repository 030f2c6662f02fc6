"""Manifests for tests: small ones by name, and the check that each follows the published schema."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from scope.documents.manifest import (
    Base,
    Cause,
    Deploy,
    Fingerprints,
    Head,
    LivePlan,
    Manifest,
    ManifestChange,
    Reader,
    Warn,
)
from scope.model import Step
from scope.planning.plan import pack_matrix
from scope.repository.ownership import Rules
from tests.support.sandbox import REPOSITORY

SCHEMA = REPOSITORY / "docs" / "manifest.schema.json"


@cache
def _validator() -> Draft202012Validator:
    schema: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def assert_follows_schema(content: bytes) -> None:
    """Fail unless a manifest's bytes follow docs/manifest.schema.json."""
    problems = sorted(f"{error.json_path}: {error.message}" for error in _validator().iter_errors(json.loads(content)))
    assert not problems, "\n".join(problems)


def small_manifest() -> Manifest:
    """Return a manifest with one deployment in two targets, a change, a reader and a warning."""
    causes = (Cause("c0", (Step("file:src/finance/stripe/base/payments.py", "imports"), Step("domain:finance", "part-of"))),)
    deploy = tuple(deployment(target, "finance", causes=causes) for target in ("prod", "staging"))
    return Manifest(
        mode="scoped",
        against="main",
        targets=("prod", "staging"),
        head=Head("HEAD", "1" * 40, dirty=False),
        bases={"b0": Base("merge-base", "main", "0" * 40)},
        changes=(change(0, "src/common/money.py", reaches=2),),
        deploy=deploy,
        readers=(Reader("prod/marketing", "prod/finance", "finance.stripe.final_payments", "src/marketing/x.py", 12),),
        matrix=pack_matrix(deploy, Rules()),
        live=(LivePlan("prod/finance", 1, 0, 0, 0, (), None, None),),
        warnings=(Warn("dynamic-import", "src/finance/stripe/tasks/report.py", 3, "What is imported here isn't known."),),
    )


def change(number: int, path: str, **fields: Any) -> ManifestChange:  # noqa: ANN401  any field of the class
    """Return a modified file; `fields` are those of the class that differ."""
    plain = ManifestChange(
        id=f"c{number}",
        base="b0",
        path=path,
        status="modified",
        moved_to=None,
        effect="content",
        reaches=0,
        reason=None,
    )
    return plain._replace(**fields)


def deployment(target: str, domain: str, **fields: Any) -> Deploy:  # noqa: ANN401  any field of the class
    """Return a deployment because of a change; `fields` are those of the class that differ."""
    plain = Deploy(
        id=f"{target}/{domain}",
        target=target,
        domain=domain,
        action="deploy",
        because="changed",
        base="b0",
        fingerprint=Fingerprints("v1:" + "0" * 64, "v1:" + "1" * 64),
        sources=(),
        resources=(),
        causes=(),
    )
    return plain._replace(**fields)
