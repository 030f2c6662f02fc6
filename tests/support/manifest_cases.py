"""Manifests of situations that people meet, by name: what the comment's golden files are made of."""

from scope.documents.manifest import (
    Base,
    Cause,
    Deploy,
    Head,
    LivePlan,
    Manifest,
    ManifestChange,
    ManifestMove,
    Reader,
    Warn,
)
from scope.model import Step, quote_path
from scope.planning.plan import pack_matrix
from scope.repository.ownership import Rules
from tests.support.manifests import change, deployment

TARGETS = ("dev", "staging", "prod")
HOSTILE_PATHS = (
    "src/finance/stripe/@everyone.py",
    "src/finance/stripe/</details><img src=x onerror=alert(1)>.py",
    "src/finance/stripe/`code` ``` |pipe| \\.py",
    "src/finance/stripe/[link](javascript:alert(1)) ![](x) www.example.com.py",
    "src/finance/stripe/$(id) ${{ secrets.TOKEN }} #1 GH-1.py",
    "src/finance/stripe/\u202eyp.exe\u202c\u200b.py",
    "src/finance/stripe/line\nbreak\r\ttab\x1b[31m.py",
    "src/finance/stripe/\udcff.py",
    "src/finance/stripe/né <!-- --> &amp; &#64;me.py",
)


def manifest(
    deploy: tuple[Deploy, ...], changes: tuple[ManifestChange, ...], targets: tuple[str, ...] = TARGETS
) -> Manifest:
    """Return a scoped manifest of these deployments and changes, against `main`."""
    reached = [cause.change for item in deploy for cause in item.causes]
    return Manifest(
        mode="scoped" if deploy else "none",
        against="main",
        targets=targets,
        head=Head("1" * 40, "1" * 40, dirty=False),
        bases={"b0": Base("merge-base", "origin/main", "a0b1c2d3" * 5)},
        changes=tuple(one._replace(reaches=reached.count(one.id)) for one in changes),
        deploy=deploy,
        readers=(),
        matrix=pack_matrix(deploy, Rules()),
        warnings=(),
    )


def everywhere(domain: str, *causes: Cause, **fields: object) -> tuple[Deploy, ...]:
    """Return a domain's deployments in all targets."""
    return tuple(deployment(target, domain, causes=causes, **fields) for target in TARGETS)


def own(number: int, domain: str) -> Cause:
    """Return the cause of a domain's own changed file."""
    return Cause(f"c{number}", (Step(f"domain:{domain}", "part-of"),))


def imported(number: int, domain: str, *files: str) -> Cause:
    """Return the cause of a changed file that others import, up to a domain."""
    return Cause(f"c{number}", (*(Step(f"file:{file}", "imports") for file in files), Step(f"domain:{domain}", "part-of")))


def _sorted(*groups: tuple[Deploy, ...]) -> tuple[Deploy, ...]:
    return tuple(sorted((item for group in groups for item in group), key=lambda item: (item.target, item.domain)))


def _shared_module() -> Manifest:
    finance = imported(0, "finance", "src/finance/stripe/base/payments.py")
    marketing = imported(0, "marketing", "src/common/columns.py", "src/marketing/hubspot/base/campaigns.py")
    deploy = _sorted(everywhere("finance", finance), everywhere("marketing", marketing))
    readers = tuple(
        Reader(f"{target}/sales", f"{target}/finance", "finance.stripe.final_payments", "src/sales/crm/final/deals.py", 12)
        for target in TARGETS
    )
    shared = manifest(deploy, (change(0, "src/common/money.py"), change(1, "docs/layers.md", reason="documentation")))
    return shared._replace(readers=readers)


def _everything() -> Manifest:
    by_rule = Cause("c0", ())
    deploy = _sorted(*(everywhere(name, by_rule, because="rule") for name in ("finance", "marketing")))
    full = manifest(deploy, (change(0, "tools/new.cfg", status="added", reason="unowned"),))
    return full._replace(mode="full")


def _removed() -> Manifest:
    gone = change(0, "src/legacy/crm/raw/contacts.py", status="deleted")
    removed = everywhere(
        "legacy",
        own(0, "legacy"),
        action="destroy",
        because="removed",
        resources=("jobs.legacy_crm", "pipelines.legacy_crm"),
    )
    touched = deployment("prod", "finance", causes=(own(1, "finance"),))
    return manifest(_sorted(removed, (touched,)), (gone, change(1, "src/finance/stripe/raw/payments.py")))


def _renamed() -> Manifest:
    moved = change(0, "src/sales/crm/raw/deals.py", status="deleted", moved_to="src/revenue/crm/raw/deals.py")
    added = change(1, "src/revenue/crm/raw/deals.py", status="added")
    kept = ("jobs.sales_crm", "jobs.sales_old", "schemas.crm")
    removed = everywhere("sales", own(0, "sales"), action="destroy", because="removed", resources=kept)
    new = everywhere("revenue", own(1, "revenue"), because="first-deploy")
    renamed = manifest(_sorted(removed, new), (moved, added))
    moves = (
        ManifestMove("ads.jobs.a|b", "ads.jobs.`c`", declared=False, line="ads.jobs.a|b -> ads.jobs.`c`"),
        ManifestMove("sales.jobs.sales_crm", "revenue.jobs.revenue_crm", declared=True, line="sales -> revenue"),
        ManifestMove("sales.schemas.crm", "revenue.schemas.crm", declared=True, line="sales -> revenue"),
    )
    return renamed._replace(moves=moves)


def _hostile() -> Manifest:
    changes = tuple(change(number, quote_path(path)) for number, path in enumerate(HOSTILE_PATHS))
    steps = tuple(
        Cause(one.id, (Step(f"file:{one.path}", "imports</details>"), Step("domain:finance", "part-of"))) for one in changes
    )
    hostile = manifest(everywhere("finance", *steps), changes)
    idle = change(99, "docs/@team.md", reason="@team/admins <b>documentation</b> https://example.com")
    return hostile._replace(
        changes=(*hostile.changes, idle),
        head=Head("main`@x", "1" * 40, dirty=True),
        bases={"b0": Base("merge-base", "@me;$(reboot)", "b" * 40)},
        readers=(Reader("prod/marketing", "prod/finance", "a|b`c`<i>.@me", quote_path(HOSTILE_PATHS[1]), 1),),
        warnings=(
            Warn("x", quote_path(HOSTILE_PATHS[2]), 1, "</summary> @everyone see https://example.com"),
            Warn("x", "", 0, "Plain words stay words, with no mark that means something."),
        ),
        tool="scope <script>alert(1)</script>",
    )


def _deployed() -> Manifest:
    deploy = (
        deployment("prod", "finance", base="b0", causes=(own(0, "finance"),)),
        deployment("prod", "marketing", base="b1", because="failed-attempt"),
        deployment("prod", "sales", base="b2", because="untrusted-record"),
        deployment("prod", "support", base="b2", because="first-deploy"),
    )
    one = manifest(deploy, (change(0, "src/finance/stripe/raw/payments.py"),), ("prod",))
    bases = {
        "b0": Base("record", None, "c" * 40),
        "b1": Base("record", None, "d" * 40),
        "b2": Base("none", None, None, "no record"),
    }
    return one._replace(against="deployed", bases=bases)


def _many() -> Manifest:
    names = [f"domain_{number:02}" for number in range(30)]
    deploy = _sorted(
        *(
            everywhere(name, imported(0, name, f"src/{name}/crm/base/deals.py"), own(number + 1, name))
            for number, name in enumerate(names)
        )
    )
    changes = (change(0, "src/common/money.py"), *(change(n + 1, f"src/{d}/crm/raw/deals.py") for n, d in enumerate(names)))
    return manifest(deploy, changes)._replace(mode="full")


def _one_target() -> Manifest:
    causes = (Cause("c0", (Step("target:prod", "configures"),)),)
    deploy = tuple(deployment("prod", name, causes=causes) for name in ("finance", "marketing"))
    return manifest(deploy, (change(0, "targets/prod.yml"),))


def _no_base() -> Manifest:
    deploy = _sorted(*(everywhere(name, because="base-unreachable") for name in ("finance", "marketing")))
    unrelated = manifest(deploy, ())
    return unrelated._replace(mode="full", bases={"b0": Base("none", "origin/main", None, "unrelated-history")})


def _own_file(**fields: object) -> Manifest:
    return manifest(everywhere("finance", own(0, "finance")), (change(0, "src/finance/stripe/raw/payments.py", **fields),))


def _live() -> Manifest:
    shared = _shared_module()
    deploy = tuple(item for item in shared.deploy if item.target == "prod")
    live = (
        LivePlan(
            "prod/finance",
            0,
            2,
            1,
            1,
            ("delete jobs.finance_old", "recreate pipelines.finance_raw"),
            "1f0c66d1a4e9b2c3",
            None,
        ),
        LivePlan("prod/marketing", 0, 0, 0, 0, (), None, None),
        LivePlan("prod/sales", 0, 1, 0, 0, (), None, None),
        LivePlan("prod/support", 0, 0, 0, 0, (), None, "The CLI ended with 1: no such `job`"),
    )
    return manifest(deploy, shared.changes, ("prod",))._replace(live=live)


CASES: dict[str, Manifest] = {
    "nothing_changed": manifest((), ()),
    "documentation_only": manifest((), (change(0, "docs/layers.md", reason="documentation"),)),
    "one_domain": _own_file(),
    "cosmetic": _own_file(effect="cosmetic"),
    "shared_module": _shared_module(),
    "everything": _everything(),
    "removed_domain": _removed(),
    "renamed_domain": _renamed(),
    "one_target": _one_target(),
    "hostile": _hostile(),
    "deployed": _deployed(),
    "no_base": _no_base(),
    "live": _live(),
    "many_domains": _many(),
}
