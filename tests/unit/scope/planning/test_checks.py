"""What `scope check` finds in the whole repository."""

import dataclasses
import json

import pytest
from databricks.bundles.jobs import Job, Task
from databricks.bundles.pipelines import Pipeline
from databricks.bundles.schemas import Schema

from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.model import CiKind, Finding
from scope.planning.checks import check_removed_tables, check_repository, find_unknown_reads
from scope.render.annotations import render_annotations
from scope.stage.field_checks import FILE
from tests.support.fake_git import FakeGit, Files
from tests.unit.scope.planning.two_domains import BASE, index


def codes(changes: Files) -> list[tuple[str, str, int]]:
    return [(item.code, item.path, item.line) for item in check_repository(index({**BASE, **changes}))]


def lost(head: Files, base: Files = BASE) -> list[tuple[str, str, int]]:
    git, cache = FakeGit(), UsesCache()
    sides = [DomainIndex(git.snapshot(files), cache) for files in (base, head)]
    findings = check_removed_tables(sides[0], sides[1], git.changes(git.make(base), git.make(head)))
    return [(item.code, item.path, item.line) for item in findings]


def test_a_sound_repository_has_no_findings() -> None:
    assert codes({}) == []


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('targets = ["prod", "prd"]', "`targets`: There is no target `prd`"),
        ('identity-per-domain = ["prd"]', "`identity-per-domain`: There is no target `prd`"),
        ('active-runs = { prd = "wait" }', "`active-runs`: There is no target `prd`"),
        ('allow-code = ["finanse"]', "`allow-code`: There is no domain `finanse`. Did you mean `finance`?"),
    ],
)
def test_a_setting_of_what_is_not_there_is_found(setting: str, message: str) -> None:
    findings = check_repository(index({**BASE, "pyproject.toml": f"[tool.scope]\n\n{setting}\n"}))
    assert [(item.code, item.path, item.line) for item in findings] == [("setting", "pyproject.toml", 3)]
    assert findings[0].message.startswith(message)


def test_settings_of_what_is_there_are_no_findings() -> None:
    settings = 'targets = ["prod"]\nactive-runs = "wait"\nallow-code = ["finance"]\n'
    assert codes({"pyproject.toml": f"[tool.scope]\n{settings}"}) == []


def test_an_import_of_another_domain_is_found() -> None:
    path = "src/marketing/hubspot/base/b.py"
    assert codes({path: "import finance.stripe.final.payments\n"}) == [("import", path, 1)]


def test_an_import_of_a_file_right_in_src_is_found() -> None:
    path = "src/finance/stripe/base/b.py"
    files = {"src/helpers.py": "", path: "import os\nfrom helpers import f\n"}
    assert codes(files) == [("import", path, 2)]
    assert codes({**files, "src/finance/stripe/base/helpers.py": ""}) == []  # what lies beside a script comes first


def test_an_import_of_nothing_is_found_in_shared_code_that_a_domain_reaches() -> None:
    assert codes({"src/common/tables.py": "import common.gone\ndef table(name): ...\n"}) == [
        ("import", "src/common/tables.py", 1)
    ]


def test_a_table_named_past_the_function_is_found_in_python_and_sql() -> None:
    python, sql = "src/marketing/hubspot/base/b.py", "src/marketing/hubspot/base/c.sql"
    findings = codes({python: 'X = spark.read.table("finance.stripe.t")\n', sql: "SELECT * FROM finance.stripe.t\n"})
    assert findings == [("literal-table", python, 1), ("literal-table", sql, 1)]


def test_sql_is_advised_to_write_the_prefixes_and_those_are_no_finding() -> None:
    path = "src/marketing/hubspot/base/b.sql"
    (finding,) = check_repository(index({**BASE, path: "SELECT * FROM finance.stripe.a"}))
    assert (finding.code, finding.path) == ("literal-table", path)
    assert "docs/unity-catalog.md" in finding.message
    name = "${platform.upstream_catalog_prefix}finance.${platform.upstream_schema_prefix}stripe.a"
    assert codes({path: "SELECT * FROM NAME".replace("NAME", name)}) == []


def test_a_table_that_is_nobody_s_domain_may_be_named() -> None:
    assert codes({"src/marketing/hubspot/base/b.py": 'X = spark.read.table("ingest.hubspot.t")\n'}) == []


def test_folders_that_cannot_be_domains_are_found() -> None:
    findings = codes({"src/Finance/a.py": "", "src/all/a.py": "", "resources/my-domain/a/b.py": "", "src/class/a.py": ""})
    assert [(code, path) for code, path, _ in findings] == [
        ("domain-name", "resources/my-domain"),
        ("case", "src/Finance"),
        ("domain-name", "src/Finance"),
        ("reserved-name", "src/all"),
        ("domain-name", "src/class"),
    ]


def test_a_removed_table_is_found_where_another_domain_reads_it() -> None:
    renamed = BASE["src/finance/stripe/final/payments.py"].replace("final_payments", "final_revenue")
    assert lost({**BASE, "src/finance/stripe/final/payments.py": renamed}) == [
        ("removed-table", "src/marketing/hubspot/final/a.py", 3)
    ]


def test_a_table_that_moves_to_another_file_is_not_removed() -> None:
    path = "src/finance/stripe/final/payments.py"
    moved = {**{name: text for name, text in BASE.items() if name != path}, "src/finance/stripe/final/new.py": BASE[path]}
    assert lost(moved) == []


def test_a_table_that_no_other_domain_reads_may_go() -> None:
    quiet = {name: text for name, text in BASE.items() if not name.startswith(("src/marketing", "src/finance"))}
    assert lost(quiet) == []


WRITER = "from pyspark import pipelines as dp\n{}\n@dp.table(name={})\ndef f(): ...\n"
OWN, SHARED = "src/finance/stripe/names.py", "src/common/names.py"
READS = "src/marketing/hubspot/final/a.py"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {OWN: "N = 'final_fees'\n", "src/finance/stripe/f.py": WRITER.format("from .names import N", "N")},
            {OWN: "N = 'final_charges'\n"},
        ),
        (
            {SHARED: "N = 'final_fees'\n", "src/finance/stripe/f.py": WRITER.format("from common.names import N", "N")},
            {SHARED: "N = 'final_charges'\n"},
        ),
        ({"src/finance/stripe/f.sql": "CREATE TABLE Final_Fees AS SELECT 1"}, {"src/finance/stripe/f.sql": "SELECT 1"}),
    ],
)
def test_a_table_that_a_constant_removes_is_found(before: Files, after: Files) -> None:
    base = {**BASE, READS: "spark.sql('USE finance.stripe')\nX = spark.table('final_fees')\n", **before}
    assert lost({**base, **after}, base) == [("removed-table", READS, 2)]
    assert lost({**base, "src/finance/stripe/other.py": "X = 1\n"}, base) == []


def test_places_that_may_read_a_removed_table_are_told() -> None:
    head = index(
        {
            **BASE,
            READS: "A = spark.table(f'{c}.stripe.final_fees')\nB = spark.table(f'{c}.stripe.b')\nC = spark.table(n)\n",
            "src/finance/stripe/own.py": "C = spark.table(n)\n",
        }
    )
    assert [(one.path, one.line) for one in find_unknown_reads(head, ["finance.stripe.final_fees"])] == [
        (READS, 1),
        (READS, 3),
    ]


# As annotations


def test_a_finding_cannot_begin_a_command_of_its_own() -> None:
    hostile = Finding("a,b:c\n::error::x", 3, "import", "one%\n::add-mask::two\r", 7)
    (line,) = render_annotations([hostile], CiKind.GITHUB).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=3,col=7,title=scope check%3A import::one%25%0A")


def test_a_finding_is_one_command_of_azure_pipelines_whatever_it_says() -> None:
    hostile = Finding("a;b]c\n##vso[task.complete]x", 3, "import", "one%\n##vso[task.setvariable variable=PATH]two\r", 7)
    (line,) = render_annotations([hostile, Finding("src/a.py", 0, "name", "No line.")], CiKind.AZURE_DEVOPS).splitlines()[
        :-1
    ]
    assert line == (
        "##vso[task.logissue type=error;sourcepath=a%3Bb%5Dc%0A## vso[task.complete%5Dx;linenumber=3;columnnumber=7;"
        "code=import]"
        "one%AZP25%0A## vso[task.setvariable variable=PATH]two\\r"
    )


def test_findings_are_a_report_on_code_quality_for_gitlab_each_with_a_fingerprint_of_its_own() -> None:
    findings = [
        Finding("src/a.py", 3, "import", "Gone.", 7),
        Finding("src/a.py", 4, "import", "Gone."),
        Finding("b", 0, "n", "x"),
    ]
    entries = json.loads(render_annotations(findings, CiKind.GITLAB))
    assert [entry["location"] for entry in entries] == [
        {"path": "src/a.py", "lines": {"begin": 3}},
        {"path": "src/a.py", "lines": {"begin": 4}},
        {"path": "b", "lines": {"begin": 1}},
    ]
    assert len({entry["fingerprint"] for entry in entries}) == 3
    assert {entry["severity"] for entry in entries} == {"major"}
    assert render_annotations([], CiKind.GITLAB) == "[]\n"


def test_a_key_that_two_domains_have_is_found() -> None:
    text = "resources:\n  {kind}:\n    landing:\n      name: x\n"
    one, other = "resources/finance/stripe/v.yml", "resources/marketing/hubspot/v.yml"
    same = {one: text.format(kind="pipelines"), other: text.format(kind="jobs")}
    assert codes(same) == [("shared-key", other, 3)]
    assert codes({**same, other: text.replace("landing", "inbox").format(kind="jobs")}) == []


def test_what_only_the_last_target_names_and_no_stage_holds_is_found() -> None:
    settings = "targets:\n  prod:\n    sync:\n      paths: [../docs]\n"
    assert codes({"targets/prod.yml": settings}) == [("bundle-path", "targets/prod.yml", 4)]


@pytest.mark.parametrize(
    ("path", "code", "more"),
    [
        ("tasks/train.py", "from finance.datasets import X\n", {"tasks/finance/datasets.py": ""}),
        ("tasks/train.py", "import finance\n", {"tasks/finance.py": ""}),
        ("tasks/train.py", "from common.here import X\n", {"tasks/common/here.py": ""}),
        ("tasks/train.py", "try:\n    import finance.x\nexcept ImportError:\n    finance = None\n", {}),
        ("tasks/train.py", "try:\n    import common.gone\nexcept (ValueError, ModuleNotFoundError):\n    pass\n", {}),
        ("tasks/train.py", "try:\n    import common.gone\nexcept:\n    pass\n", {}),
        ("tasks/train.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from finance.stripe import X\n", {}),
        ("tasks/train.py", "import typing\nif typing.TYPE_CHECKING:\n    import common.gone\n", {}),
        (".hidden/x.py", "from . import y\nfrom .z import w\n", {}),
        ("my-tools/x.py", "from .z import w\n", {}),
    ],
)  # fmt: skip
def test_an_import_that_works_is_no_finding(path: str, code: str, more: dict[str, str]) -> None:
    home = "src/marketing/hubspot"
    assert codes({f"{home}/{path}": code, **{f"{home}/{name}": text for name, text in more.items()}}) == []


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import finance.x\nexcept ValueError:\n    pass\n",
        "try:\n    pass\nexcept ImportError:\n    import finance.x\n",
        "if True:\n    import finance.x\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    import finance.x\n",
    ],
)
def test_an_import_that_fails_in_the_end_is_found_wherever_it_stands(code: str) -> None:
    path = "src/marketing/hubspot/tasks/train.py"
    assert [(item[0], item[1]) for item in codes({path: code})] == [("import", path)]


def test_a_loader_that_nobody_calls_is_found() -> None:
    path = "resources/finance/stripe/jobs/more.py"
    code = "from databricks.bundles.core import Resources\n\n\ndef load_resources(bundle):\n    return Resources()\n"
    allowed: Files = {"pyproject.toml": '[tool.scope]\nallow-code = ["finance"]\n'}
    assert codes({**allowed, path: code}) == [("never-called", path, 4)]
    assert codes({**allowed, path: code.replace("def load_resources", "def _all")}) == []


NAMES = "src/marketing/hubspot/base/names.py"


@pytest.mark.parametrize(
    "module",
    [
        "gone = 1\n",
        "gone: int\n",
        "def gone(): ...\n",
        "class gone: ...\n",
        "import gone\n",
        "import a.b as gone\n",
        "from a import gone\n",
        "from a import *\n",
        "if x:\n    gone = 1\n",
        "for gone in (): ...\n",
        "with x as (gone, _): ...\n",
        "try:\n    pass\nexcept E as gone:\n    pass\n",
        "x = [gone := 1]\n",
        "match x:\n    case [gone, *_]: ...\n",
        "def f():\n    global gone\n    gone = 1\n",
        "def __getattr__(name): ...\n",
        "globals()['gone'] = 1\n",
        "import sys\nsetattr(sys.modules[__name__], 'gone', 1)\n",
        "exec('gone = 1')\n",
        "gone = (",
    ],
)
def test_a_name_that_a_module_has_or_may_have_can_be_imported(module: str) -> None:
    assert [
        item for item in codes({"src/common/kit.py": module, NAMES: "from common.kit import gone\n"}) if item[1] == NAMES
    ] == []


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("from common import gone\n", {}),
        ("from common import gone\n", {"src/common/__init__.py": "here = 1\n"}),
        ("from common.kit import gone\n", {"src/common/kit.py": "def f():\n    gone = 1\nclass C:\n    gone = 1\n"}),
        ("from .near import gone\n", {"src/marketing/hubspot/base/near.py": ""}),
        ("from common.bare import gone\n", {"src/common/bare/here.py": ""}),
        ("def f():\n    from common.kit import here, gone\n", {"src/common/kit.py": "here = 1\n"}),
    ],
)
def test_a_name_that_no_module_has_is_found(code: str, files: dict[str, str]) -> None:
    assert codes({**files, NAMES: f"\n{code}"}) == [("import", NAMES, 1 + code.count("\n"))]


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("from common import kit\n", {"src/common/kit.py": ""}),
        ("from common import __path__, __name__\n", {}),
        ("from common.native import x\n", {"src/common/native.so": ""}),
        ("try:\n    from common import gone\nexcept ImportError:\n    gone = None\n", {}),
        ("from os import gone\n", {}),
    ],
)
def test_a_name_that_may_be_there_is_no_finding(code: str, files: dict[str, str]) -> None:
    assert codes({**files, NAMES: code}) == []


RUNS = {
    "magic.py": "# Databricks notebook source\n# MAGIC %run {}\n",
    "call.py": "# Databricks notebook source\ndbutils.notebook.run('{}', 60)\n",
    "cell.ipynb": '{{"cells": [{{"cell_type": "code", "source": "%run {}"}}], "metadata": {{}}, "nbformat": 4}}',
    "other.sql": "-- Databricks notebook source\n-- MAGIC %run {}\n",
}


@pytest.mark.parametrize("name", RUNS)
def test_a_notebook_that_is_run_must_be_deployed(name: str) -> None:
    path = f"src/marketing/hubspot/base/{name}"
    line = 1 if name.endswith(".ipynb") else 2

    def findings(notebook: str, **files: str) -> list[tuple[str, str, int]]:
        more = {f"src/marketing/hubspot/{other}": "# Databricks notebook source\n" for other in files.values()}
        return codes({**more, path: RUNS[name].format(notebook)})

    there = "# Databricks notebook source\n"
    assert findings("./gone") == [("notebook-run", path, line)]
    assert findings("../../../finance/stripe/final/payments") == [("notebook-run", path, line)]
    assert findings("./near", near="base/near.py") == []
    assert findings("../far", far="far.py") == []
    assert findings("/Shared/anything") == []
    assert findings("../../../../../beyond/the/repository") == []
    assert codes({path: RUNS[name].format("../../../common/kit"), "src/common/kit.sql": there.replace("#", "--")}) == []


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    dbutils.notebook.run('./gone', 60)\nexcept Exception:\n    pass\n",
        "dbutils.notebook.run(f'./{name}', 60)\n",
        "# MAGIC %run $path\n",
        "# MAGIC %run ./{name}\n",
    ],
)
def test_a_notebook_that_may_be_there_is_no_finding(code: str) -> None:
    assert codes({"src/marketing/hubspot/base/x.py": f"# Databricks notebook source\n{code}"}) == []


def test_fields_are_read_through_anchors_merges_and_targets() -> None:
    path = "resources/marketing/hubspot/x.yml"
    text = """\
resources:
  jobs:
    a: &a
      name: a
      shedule: {}
    b:
      <<: *a
      name: b
targets:
  dev:
    resources:
      schemas:
        c: {comment: x, coment: y}
"""
    assert codes({path: text}) == [("field", path, 5), ("field", path, 13)]
    # The CLI fills in an empty key, and the workspace refuses that.
    assert codes({path: "resources: {jobs: {a: {name: a, tasks: [{notebook_task: {notebook_path: /x}}]}}}"}) == [
        ("field", path, 1)
    ]


def test_the_fields_that_are_known_are_those_of_the_installed_package() -> None:
    published = json.loads(FILE.read_text(encoding="utf-8"))
    for name, known in {
        "resources.Job": Job,
        "resources.Pipeline": Pipeline,
        "resources.Schema": Schema,
        "jobs.Task": Task,
    }.items():
        assert published[name]["fields"].keys() <= {field.name for field in dataclasses.fields(known)}
        assert "name" in published[name]["fields"] or name == "jobs.Task"


def wheel_task(package: str, entry: str, *dependencies: str, cluster: str = "environment_key: e") -> str:
    listed = "".join(f"              - {item}\n" for item in dependencies or ("../../../src/dist/*.whl",))
    return f"""\
resources:
  jobs:
    a:
      name: a
      tasks:
        - task_key: x
          {cluster}
          python_wheel_task:
            named_parameters: {{}}
            package_name: {package}
            entry_point: {entry}
      environments:
        - environment_key: e
          spec:
            environment_version: "4"
            dependencies:
{listed}"""


PROJECT = {"src/pyproject.toml": '[project]\nname = "data-platform-runtime"\n[project.scripts]\nreport = "x:y"\n'}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (wheel_task("gone", "report"), 10),
        (
            wheel_task("gone", "report", "../../../src/dist/*.whl", "pandas==2.0", "/Volumes/a/b/kit-1.0-py3-none-any.whl"),
            10,
        ),
        (wheel_task("data-platform-runtime", "gone"), 11),
        (wheel_task("data_platform_runtime", "gone"), 11),
    ],
)
def test_a_wheel_task_of_a_package_or_an_entry_point_that_no_wheel_has_is_found(text: str, line: int) -> None:
    path = "resources/marketing/hubspot/x.yml"
    assert codes({**PROJECT, path: text}) == [("wheel", path, line)]


@pytest.mark.parametrize(
    "text",
    [
        wheel_task("data_platform_runtime", "report"),
        wheel_task("kit", "main", "kit>=1"),
        wheel_task("kit", "main", "/Volumes/a/b/kit-1.0-py3-none-any.whl"),
        wheel_task("kit", "main", "/Volumes/a/b/*.whl"),
        wheel_task("kit", "main", "git+https://host/x"),
        wheel_task("kit", "main", "/Volumes/a/requirements.txt"),
        wheel_task("kit", "main", "-r /Volumes/a/requirements.txt"),
        wheel_task("${var.domain}", "main"),
        wheel_task("kit", "main", cluster="existing_cluster_id: '1'"),
    ],
)
def test_a_wheel_task_that_may_work_is_no_finding(text: str) -> None:
    assert codes({**PROJECT, "resources/marketing/hubspot/x.yml": text}) == []
