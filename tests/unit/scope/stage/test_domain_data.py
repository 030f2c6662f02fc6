"""A domain is data: what runs code at plan or deploy, or sets more than the domain's own resources, is refused."""

import pytest

from scope.errors import Refused
from scope.graph.closure import DomainIndex
from scope.planning.checks import check_repository
from scope.stage.domain_data import check_domain_data, needs_code, require_domain_data
from tests.support.builders import resource_module, resource_yaml
from tests.support.fake_git import FakeGit, Files

JOB = "resources/finance/stripe/jobs/report.py"
YAML = "resources/finance/stripe/volume.yml"
PLATFORM: dict[str, str] = {
    "databricks.yml": (
        "include: [targets/*.yml, 'resources/*/*/*.yml', ./shared/*.json, 'src/*/bundle.y[a]ml']\n"
        "variables: {stage: {default: none}, catalog_prefix: {default: ''}}\n"
        "experimental: {scripts: {predeploy: 'true'}}\n"
        "python: {resources: ['resources:load_resources']}\n"
    ),
    "pyproject.toml": "",
    "resources/__init__.py": "import os\n",
    "resources/_models/sizes.py": "X = 1\n",
    "src/pyproject.toml": "",
    "src/finance/stripe/final/payments.py": "import os\n",
    "targets/prod.yml": "targets: {prod: {mode: production, variables: {schema_prefix: ''}}}\n",
}


def index(files: Files) -> DomainIndex:
    return DomainIndex(FakeGit().snapshot({**PLATFORM, **files}))


def refused(files: Files, domain: str = "finance") -> list[tuple[str, int, str]]:
    return [(item.path, item.line, item.message) for item in check_domain_data(index(files), domain)]


def refused_keys(text: str) -> list[tuple[int, str]]:
    return [(line, message.partition(" isn't")[0]) for _, line, message in refused({YAML: text})]


# Modules


def test_the_platform_s_own_code_and_generated_modules_are_no_finding() -> None:
    assert refused({JOB: resource_module("job", "report", {"name": "report"}), "resources/finance/__init__.py": ""}) == []


def test_an_init_may_say_what_it_is_and_not_do_anything() -> None:
    path = "resources/finance/stripe/__init__.py"
    assert refused({path: '"""Stripe."""\n'}) == []
    assert [place for place, _, _ in refused({path: "import os\n"})] == [path]


def test_a_hand_written_module_is_refused_with_what_to_do() -> None:
    (finding,) = refused({JOB: "from databricks.bundles.jobs import Job\n\nreport = Job.from_dict({})\n"})
    assert finding[:2] == (JOB, 1)
    assert "Write a spec and run `just generate`, or write the resource as YAML." in finding[2]


def test_a_generated_module_that_was_changed_is_refused() -> None:
    text = resource_module("job", "report", {"name": "report"}).replace("'report'", "'mine'")
    assert "changed since by hand" in refused({JOB: text})[0][2]


@pytest.mark.parametrize(
    "name", ["jobs/a.pyc", "a.cpython-311-x86_64-linux-gnu.so", "jobs/__pycache__/report.cpython-311.pyc", "A.PYD"]
)
def test_a_compiled_module_is_refused(name: str) -> None:
    assert "compiled" in refused({f"resources/finance/stripe/{name}": b"\0"})[0][2]


@pytest.mark.parametrize("name", ["helper.py", "_private.py", "jobs/A.PY"])
def test_no_name_of_a_module_is_overlooked(name: str) -> None:
    assert len(refused({f"resources/finance/stripe/{name}": "import os\n"})) == 1


@pytest.mark.parametrize("name", ["typing", "hatchling", "yaml"])
def test_a_domain_that_would_take_the_place_of_a_package_is_refused(name: str) -> None:
    # The build of the wheel runs in src/, and Python looks there first.
    assert [place for place, _, _ in refused({f"src/{name}/__init__.py": "import os\n"}, name)] == [f"src/{name}"]
    assert refused({f"resources/{name}/a/b.yml": "resources: {}\n"}, name) == []


# YAML


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resources: {volumes: {a: {name: a}}}\n",
        "resources: {jobs: {a: {name: a, run_as: {user_name: x}, permissions: []}}}\n",
        "resources: &all {jobs: {a: {<<: {name: a}}}}\n",
        "variables: {finance_run_as: {default: x}}\ntargets: {prod: {variables: {finance_run_as: y}}}\n",
        "variables: {own: &x {default: 1}, other: *x}\n",
        "targets: {prod: {resources: {jobs: {a: {name: b}}}}}\n",
    ],
)
def test_resources_and_variables_of_its_own_are_a_domain_s_to_set(text: str) -> None:
    assert refused_keys(text) == []


@pytest.mark.parametrize(
    "key",
    ["artifacts", "bundle", "environments", "experimental", "include", "permissions", "presets", "python", "run_as",
     "scripts", "sync", "workspace", "unheard_of"],
)  # fmt: skip
def test_every_other_setting_acts_on_the_whole_bundle_and_is_refused(key: str) -> None:
    assert refused_keys(f"resources: {{}}\n{key}: {{a: {{b: 1}}}}\n") == [(2, f"`{key}`")]
    assert refused_keys(f"targets:\n  prod:\n    {key}: {{a: {{b: 1}}}}\n") == [(3, f"`targets.prod.{key}`")]


def test_a_target_s_mode_and_a_target_of_one_s_own_are_refused() -> None:
    assert refused_keys("targets: {mine: {default: true, mode: development}}\n") == [
        (1, "`targets.mine.default`"),
        (1, "`targets.mine.mode`"),
    ]


def test_the_platform_s_variables_are_not_for_a_domain_to_set() -> None:
    text = "variables:\n  stage: {}\n  schema_prefix: {}\ntargets: {prod: {variables: {catalog_prefix: x}}}\n"
    assert refused_keys(text) == [
        (2, "`variables.stage`"),
        (3, "`variables.schema_prefix`"),
        (4, "`targets.prod.variables.catalog_prefix`"),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("<<: {presets: {}}\n", "`<<`"),
        ("resources: &x {}\ntargets: *x\n", "`targets`"),
        ("resources: &x {}\ntargets: {prod: *x}\n", "`targets.prod`"),
        ("resources: &x {}\ntargets: {<<: *x}\n", "`targets.<<`"),
        ("targets: {<<: {resources: {workspace: {}}}}\n", "`targets.<<`"),
        ("targets: {prod: {<<: {run_as: {}}}}\n", "`targets.prod.<<`"),
        ("resources: &x {}\nvariables: *x\n", "`variables`"),
        ("variables: {<<: {stage: {default: x}}}\n", "`variables.<<`"),
        ("targets: {prod: {variables: {<<: {stage: x}}}}\n", "`targets.prod.variables.<<`"),
        ("resources: {jobs: {a: {name: &k presets}}}\n? *k\n: {}\n", "`?`"),
        ("? [presets]\n: {}\n", "`?.[]`"),
        ("resources: {jobs: {a: {tags: &x {presets: {}}}}}\n!!merge resources: *x\n", "`?`"),
        ("resources: &x {}\ntargets: {prod: {!!merge resources: *x}}\n", "`targets.prod.?`"),
        ("resources: &x {}\nvariables: {!!merge mine: *x}\n", "`variables.?`"),
        ("! presets: {}\n", "`?`"),
        ('"presets": {}\n', "`presets`"),
        ("{resources: {}, presets: {}}\n", "`presets`"),
        ("resources: {}\nresources: {}\npresets: {}\n", "`presets`"),
        ("# \u2028presets: {}\n", "`presets`"),
        ("# \rpresets: {}\n", "`presets`"),
    ],
)
def test_no_way_of_writing_a_setting_hides_it(text: str, key: str) -> None:
    assert key in [name for _, name in refused_keys(text)]


@pytest.mark.parametrize(
    "content",
    [
        b"resources: [",
        "presets: {}\n".encode("utf-16"),
        b"resources: {}\n---\npresets: {}\n",
        # Below `resources` to one parser, and beside it to the other.
        "resources:\n\ufeffpresets: {}\n".encode(),
    ],
)
def test_a_file_that_cannot_be_read_for_certain_is_refused(content: bytes) -> None:
    assert [(path, "scope can read" in message) for path, _, message in refused({YAML: content})] == [(YAML, True)]


def test_a_file_counts_wherever_the_bundle_includes_it_and_nowhere_else() -> None:
    bad = "presets: {}\n"
    included = ["resources/finance/a/b.yml", "resources/finance/a/b/c.yml", "src/finance/bundle.yaml"]
    others = ["src/finance/bundle.yml", "src/finance/stripe/bundle.yaml", "src/finance/conf.json", "resources/finance/a.yml"]
    assert [path for path, _, _ in refused(dict.fromkeys([*included, *others], bad))] == included


# Files that the CLI uploads


def job(**fields: object) -> str:
    return resource_yaml("jobs", "load", {"name": "load", "tasks": [{"task_key": "load", **fields}]})


def environment(*dependencies: str) -> str:
    environments = [{"environment_key": "default", "spec": {"dependencies": list(dependencies)}}]
    return resource_yaml("jobs", "load", {"name": "load", "environments": environments})


OUTSIDE = "x/../../../../../../home/runner/.ssh/id"


@pytest.mark.parametrize(
    "text",
    [
        job(libraries=[{"whl": OUTSIDE}]),
        job(libraries=[{"jar": f"../../../../{OUTSIDE}"}]),
        job(libraries=[{"jar": "../../../*/../../secret.jar"}]),
        job(libraries=[{"whl": "${var.finance_up}/id.whl"}]),
        job(libraries=[{"whl": "/Volumes/x.whl"}, {"whl": "${resources.jobs.other.name}"}]),
        job(for_each_task={"inputs": "[1]", "task": {"task_key": "one", "libraries": [{"whl": OUTSIDE}]}}),
        job(libraries="${var.finance_libraries}") + f"variables: {{finance_libraries: {{default: [{{whl: {OUTSIDE}}}]}}}}\n",
        f"variables: {{a: {{default: &a [{{whl: {OUTSIDE}}}]}}}}\nresources: {{jobs: {{b: {{libraries: *a}}}}}}\n",
        f"resources: {{jobs: {{a: {{name: &x {OUTSIDE}, tasks: [{{libraries: [{{whl: *x}}]}}]}}}}}}\n",
        f"resources: {{jobs: {{a: &x {{libraries: [{{? !!str whl : {OUTSIDE}}}]}}, b: {{<<: *x}}}}}}\n",
        f"targets: {{prod: {{resources: {{jobs: {{a: {{libraries: [{{whl: {OUTSIDE}}}]}}}}}}}}}}\n",
        environment(f"./{OUTSIDE}"),
        environment(OUTSIDE),
        # The CLI takes each of these for a local path, and reads it from the bundle's root.
        environment("x:a/../../id"),
        environment("file:/../../id"),
        environment("dbfs:/../../id"),
        environment("pandas==${var.finance_version}"),
        environment("-${var.finance_up}"),
        environment("- /../../../../../../id"),
        # Where a variable of the platform is empty, this is a reference to one of the domain's own.
        environment("./$${var.catalog_prefix}{var.finance_up}"),
        environment("./${${var.catalog_prefix}var.finance_up}"),
        environment("..\\..\\..\\..\\id"),
        resource_yaml("pipelines", "load", {"environment": {"dependencies": ["${var.finance_up}"]}}),
        resource_yaml("alerts", "late", {"file_path": "/home/runner/.databricks/token-cache.json"}),
        resource_yaml("alerts", "late", {"file_path": f"./{OUTSIDE}"}),
        resource_yaml("alerts", "late", {"file_path": "${workspace.file_path}/x"}),
        "resources: {alerts: {late: &x {file_path: /etc/passwd}}}\n",
    ],
)  # fmt: skip
def test_a_file_that_may_lie_outside_of_the_stage_is_refused_with_its_place(text: str) -> None:
    findings = check_domain_data(index({YAML: text}), "finance")
    assert [(item.path, item.line > 0, item.column > 0) for item in findings] == [(YAML, True, True)], findings


def test_the_message_of_such_a_file_says_what_to_do() -> None:
    text = "resources:\n jobs:\n  load:\n   libraries:\n   - whl: ../../../../id.whl\n   - jar: ${var.mine}/x.jar\n"
    leaving, unclear = map(str, check_domain_data(index({YAML: text}), "finance"))
    assert leaving == (
        f"{YAML}:5:11: `../../../../id.whl` leads out of the repository, and the CLI would upload the file from the machine "
        "that deploys. Name src/dist/*.whl, or one in a volume or the workspace."
    )
    assert unclear == (
        f"{YAML}:6:11: `${{var.mine}}/x.jar` is a file that the CLI uploads from the machine that deploys, and a variable "
        "of the domain's own may lead it anywhere. Write the path out."
    )


def test_a_generated_module_may_not_name_such_a_file_either() -> None:
    # The digest only says that the text is a generator's; whoever writes one can compute it.
    fields = {"name": "load", "tasks": [{"task_key": "load", "libraries": [{"whl": "../id.whl"}]}]}
    ((path, line, message),) = refused({JOB: resource_module("job", "load", fields)})
    assert (path, line > 1, "leads out of the repository" in message) == (JOB, True, True)
    assert (
        refused({JOB: resource_module("job", "load", {"environments": [{"spec": {"dependencies": ("./src/x.whl",)}}]})})
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        job(
            libraries=[{"whl": "../../../src/dist/*.whl"}, {"jar": "./lib.jar"}, {"whl": "/Volumes/a/${var.finance_x}.whl"}]
        ),
        job(libraries=[{"whl": "${workspace.file_path}/src/${var.finance_x}.whl"}, {"jar": "s3://bucket/lib.jar"}]),
        job(libraries=[{"whl": "../../../src/${var.catalog_prefix}/${bundle.target}.whl"}, {"pypi": {"package": "x"}}]),
        environment(
            "--editable ${workspace.file_path}/src", "-r ${var.finance_x}", "pandas>=2,<3", "a @ https://x.com/a.whl"
        ),
        job(notebook_task={"notebook_path": "../../../src/finance/a.py", "base_parameters": {"file_path": "/Volumes/a"}}),
        resource_yaml("alerts", "late", {"file_path": "./late.dbalert.json"}),
    ],
)
def test_files_of_the_stage_of_volumes_and_of_the_workspace_may_be_named(text: str) -> None:
    assert refused({YAML: text}) == []


def test_a_file_that_is_nested_without_measure_is_refused_as_its_paths_cannot_be_read() -> None:
    ((path, _, message),) = refused({YAML: "resources: " + "[" * 300 + "]" * 300})
    assert (path, "nested more than 200 levels deep" in message) == (YAML, True)


# The permission


def test_a_domain_that_is_allowed_by_name_may_run_code_and_no_other() -> None:
    files = {
        JOB: "import os\n",
        YAML: "experimental: {}\n",
        "resources/marketing/a/b.py": "import os\n",
        "pyproject.toml": '[tool.scope]\nallow-code = ["finance"]\n',
    }
    assert refused(files) == []
    assert len(refused(files, "marketing")) == 1


def test_scope_check_tells_it_of_every_domain() -> None:
    files = {JOB: "import os\n", "resources/marketing/a/b.yml": "python: {}\n"}
    assert [(item.code, item.path, item.line) for item in check_repository(index(files))] == [
        ("domain-code", JOB, 1),
        ("domain-code", "resources/marketing/a/b.yml", 1),
    ]


def test_a_refusal_names_every_place_and_the_line_that_allows_it() -> None:
    files = {JOB: "import os\n", YAML: "python: {}\n", "pyproject.toml": '[tool.scope]\nallow-code = ["ads"]\n'}
    with pytest.raises(Refused) as caught:
        require_domain_data(index(files), "prod", "finance")
    assert f"{JOB}:1: " in str(caught.value)
    assert f"{YAML}:1: " in str(caught.value)
    assert str(caught.value).endswith('into [tool.scope] of pyproject.toml: allow-code = ["ads", "finance"]')


# The CLI's own restriction


@pytest.mark.parametrize(
    ("bundle", "target"),
    [
        ("python: {venv_path: .venv}\n", ""),
        ("experimental: {scripts: {predeploy: x}}\n", ""),
        ("experimental: {python: {resources: ['a:b']}}\n", ""),
        ("x: &x {scripts: {}}\nexperimental: *x\n", ""),
        ("x: &x {python: {}}\n<<: *x\n", ""),
        ("", "targets: {prod: {python: {resources: ['a:b']}}}\n"),
        ("", "x: &x {}\ntargets: {prod: *x}\n"),
    ],
)
def test_a_bundle_with_a_loader_or_scripts_needs_code(bundle: str, target: str) -> None:
    assert needs_code(index({"databricks.yml": bundle, "targets/prod.yml": target}), "prod", "finance")


def test_a_bundle_of_plain_yaml_needs_no_code_but_for_a_domain_that_may_run_some() -> None:
    bundle = "include: [targets/*.yml]\nexperimental: {skip_artifact_cleanup: true}\n"
    plain = index({"databricks.yml": bundle, "pyproject.toml": '[tool.scope]\nallow-code = ["ads"]\n'})
    assert not needs_code(plain, "prod", "finance")
    assert needs_code(plain, "prod", "ads")
    assert needs_code(index({}), "prod", "finance")
