"""What is wrong with a spec is told with its place, what is allowed, and a suggestion for near misses."""

import re
from pathlib import Path

import pytest

from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, SpecTree, spec_tree

LAYERS = "layers: [raw, base, staging, final]\n"
REFRESH = "refresh_pipeline: finance_stripe_final_payments"
# A plausible token, in two pieces so that no scanner takes this file for a leak.
TOKEN = "dapi" + "0123456789abcdef" * 2


def tree_with(tmp_path: Path, pipeline: str = "", job: str | None = None) -> SpecTree:
    """Return a repository with a sound pipeline spec, to which text is added, and a job's spec."""
    files = {PIPELINE: IDENTITY + (pipeline if "layers" in pipeline or "layer:" in pipeline else LAYERS + pipeline)}
    if job is not None:
        files[JOB] = IDENTITY + job
    return spec_tree(tmp_path, files)


def test_sound_specs_have_no_problems(tmp_path: Path) -> None:
    assert tree_with(tmp_path, job="schedule: schedules.nightly\n").problems() == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (IDENTITY.replace("final", "bronze"), "3:8: layer: is raw, base, staging or final, not `bronze`."),
        (
            IDENTITY.replace("final", "stagin"),
            "layer: is raw, base, staging or final, not `stagin`. Did you mean `staging`?",
        ),
        (IDENTITY.replace("finance", "sales"), "1:9: domain: is `sales`, but the file's path says finance."),
        (IDENTITY.replace("finance", "Finance"), "domain: `Finance` is not snake_case"),
        (IDENTITY.replace("finance", "class"), "domain: `class` is a Python keyword"),
        (IDENTITY.replace("finance", "all"), "domain: `all` is reserved"),
        (IDENTITY.replace("finance", "json"), "domain: `json` is the name of a Python package"),
        (IDENTITY.replace("finance", "pydantic"), "domain: `pydantic` is the name of a Python package"),
        (IDENTITY.replace("finance", "f" * 61), "has 61 characters; at most 60"),
        (IDENTITY.replace("payments", '"${var.x}"'), "asset: `${var.x}` is not snake_case"),
        (IDENTITY.replace("payments", '\'"""\''), 'asset: `"""` is not snake_case'),
        (IDENTITY.replace("payments", '"a\\nb"'), r"asset: 'a\nb' is not snake_case"),
        (IDENTITY.replace("payments", "__import__"), "asset: `__import__` is not snake_case"),
        (IDENTITY.replace("payments", "12"), "asset: must be text, not the number `12`."),
        (IDENTITY.replace("asset: payments\n", ""), "asset: is missing; the file's path says payments."),
        (IDENTITY + "sheduled: x\n", "5:1: sheduled: is not a field here. Allowed: asset, clusters"),
        (IDENTITY + "layrs: [raw]\n", "5:1: layrs: is not a field here. Did you mean `layers`?"),
        (IDENTITY + "layers: raw\n", "5:9: layers: must be a list, not the text `raw`."),
        (IDENTITY + "layers: [raw, gold]\n", "5:15: layers[1]: is raw, base, staging or final, not `gold`."),
        (IDENTITY + "layers: [raw, raw]\n", "5:9: layers: names raw twice."),
        (IDENTITY + "files: [nope.py]\n", "`nope.py` is in none of its layers in src/finance/stripe."),
        (IDENTITY + "files: [payment.py]\n", "Did you mean `payments.py`?"),
        (IDENTITY + "serverless: 1\n", "5:13: serverless: must be true or false, not the number `1`."),
        (IDENTITY + "configuration: {a: 1}\n", "configuration.a: must be text, not the number `1`. Put quotes around it."),
        (IDENTITY + "configuration: {platform.domain: x}\n", "begins with `platform.`, which is the platform's own."),
        (IDENTITY + "tags: {domain: x}\n", "5:8: tags.domain: is set by the platform"),
        (IDENTITY + f"tags: {{{', '.join(f't{n}: x' for n in range(23))}}}\n", "tags: comes to 26 tags"),
        (IDENTITY + "clusters: {default: {num_workers: 1}}\n", "clusters: is only for pipelines with `serverless: false`."),
        (
            IDENTITY + "environment: environments.nope\n",
            "`environments.nope` is not a preset of resources/_models/environments.yml.",
        ),
        (
            IDENTITY + "environment: schedules.nightly\n",
            "`schedules.nightly` is not a preset of resources/_models/environments.yml.",
        ),
        (
            IDENTITY + "environment: {dependecies: []}\n",
            "environment.dependecies: is not a field here. Did you mean `dependencies`?",
        ),
        (
            IDENTITY + "settings: {catalog: x}\n",
            "settings.catalog: can't be set here: it is the domain, with the target's prefix.",
        ),
        (
            IDENTITY + "settings: {schedule: {quartz_cron_expression: 0 0 2 * * ?}}\n",
            "5:12: settings.schedule: can't be set here: a job starts a pipeline. Write a job's spec with `schedule`.",
        ),
        (IDENTITY + "settings: {trigger: {cron: {}}}\n", "settings.trigger: can't be set here: a job starts a pipeline."),
        (IDENTITY + "schedule: schedules.nightly\n", "5:1: schedule: can't be set here: a job starts a pipeline."),
        (IDENTITY + "catalog: x\n", "5:1: catalog: can't be set here: it is the domain, with the target's prefix."),
        (
            IDENTITY + "settings: {ingestion_definition: {objects: [{table: {destination_catalog: c}}]}}\n",
            "table.source_table: is missing. [Public Preview] Required. Table name in the source database.",
        ),
        (IDENTITY + "settings: {chanel: x}\n", "5:12: settings.chanel: is not a field here. Did you mean `channel`?"),
        (IDENTITY + "settings: {photon: 1}\n", "settings.photon: must be true or false, not the number `1`."),
        (IDENTITY + "settings: {channel: null}\n", "settings.channel: must be text, not empty."),
        (IDENTITY + f"tags: {{x: {TOKEN}}}\n", "tags.x: looks like a token or a key. Keep it in a secret scope"),
        (IDENTITY + "tags: {x: 'https://me:secret@example.com'}\n", "tags.x: looks like a token or a key."),
        (IDENTITY + "tags: {x: '${var.nope}'}\n", "tags.x: `${var.nope}` names no variable of the bundle."),
        (IDENTITY + "tags: {x: '${var.domian}'}\n", "Did you mean `domain`?"),
        (
            IDENTITY + "tags: {x: '${HOME}'}\n",
            "tags.x: `${HOME}` is not a reference that a bundle knows: they begin with var, resources, bundle, workspace or",
        ),
        (
            IDENTITY + "tags: {x: '${HOME}'}\n",
            "The CLI takes it for one all the same, so write `$HOME` for a shell, or another text.",
        ),
        (IDENTITY + "tags: {x: '$${spark.conf}'}\n", "takes it for one all the same, so write another text."),
        (IDENTITY + "tags: {x: '${a-b[0].c_d}'}\n", "`${a-b[0].c_d}` is not a reference that a bundle knows"),
        (IDENTITY + "tags: {x: '${bundle}'}\n", "`${bundle}` names no field of the bundle."),
        (IDENTITY + "tags: {x: '${workspace}'}\n", "`${workspace}` names no field of the workspace."),
        (IDENTITY + "tags: {x: '${var}'}\n", "`${var}` names no variable of the bundle."),
        (IDENTITY + "tags: {x: '${var.my domain}'}\n", "`${var.my domain}` would be deployed as it is"),
        (IDENTITY + "tags: {x: '${ var.domain }'}\n", "`${ var.domain }` would be deployed as it is"),
        (IDENTITY + "tags: {x: '${resources.jobs.}'}\n", "`${resources.jobs.}` would be deployed as it is"),
        (
            IDENTITY + "tags: {x: '${resources.volumes.landing.id}'}\n",
            "refers to a resource that nothing in the YAML in resources/ defines.",
        ),
        (
            IDENTITY + "permissions: [{level: CAN_VIEW}]\n",
            "permissions[0]: needs exactly one of group_name, user_name or service_principal_name; it has none of them.",
        ),
        (IDENTITY + "permissions: [{level: CAN_VEIW, group_name: x}]\n", "Did you mean `CAN_VIEW`?"),
        (IDENTITY + "permissions: [{level: IS_OWNER, group_name: x}]\n", "not `IS_OWNER`. The owner is whoever deploys."),
        (
            IDENTITY + "permissions: [{level: CAN_VIEW, group_name: x}, {level: CAN_RUN, group_name: x}]\n",
            "5:14: permissions: names `x` twice. Keep one of the two.",
        ),
        (IDENTITY + "settings: {channel: 1}\n", "settings.channel: must be text, not the number `1`. Put quotes around it."),
        (
            IDENTITY + "external_files: [notebooks/load]\n",
            "5:18: external_files[0]: `notebooks/load` is not a path in the workspace. A file of this repository belongs",
        ),
        (
            IDENTITY + "external_files: ['${workspace.file_path}/src/x']\n",
            "[0]: `${workspace.file_path}/src/x` is a file of this deployment. It belongs in a layer's folder.",
        ),
        (
            IDENTITY + "external_files: [/Workspace/x]\nsettings: {ingestion_definition: {connection_name: x}}\n",
            "5:17: external_files: has no use with `ingestion_definition`, which loads no files.",
        ),
        (
            IDENTITY + "external_files: ['${var.nope}/x']\n",
            "external_files[0]: `${var.nope}` names no variable of the bundle.",
        ),
        (
            IDENTITY + "permissions: [{level: CAN_VIEW, group_name: x, usr: z}]\n",
            "permissions[0].usr: is not a field here. Allowed: group_name, level, service_principal_name, user_name.",
        ),
    ],
)
def test_a_pipelines_problem_is_told(tmp_path: Path, spec: str, problem: str) -> None:
    problems = spec_tree(tmp_path, {PIPELINE: spec}).problems()
    assert any(problem in one for one in problems), problems
    assert all(re.match(r"specs/pipelines/finance/stripe/final_payments\.yml:\d+:\d+: ", one) for one in problems), problems


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        ("sheduled: {}\n", "5:1: sheduled: is not a field here. Did you mean `schedule`?"),
        ("schedule: schedules.nightli\n", "Did you mean `schedules.nightly`?"),
        (
            "schedule: {}\n",
            "schedule: needs exactly one of periodic, cron, table_update or file_arrival; it has none of them.",
        ),
        (
            "schedule: {periodic: {interval: 1, unit: MINUTES}}\n",
            "schedule.periodic.unit: is HOURS, DAYS or WEEKS, not `MINUTES`.",
        ),
        (
            "schedule: {periodic: {interval: 0, unit: DAYS}}\n",
            "schedule.periodic.interval: input should be greater than or equal to 1",
        ),
        (
            "schedule: {periodic: {interval: '1', unit: DAYS}}\n",
            "schedule.periodic.interval: must be a whole number, not the text `1`.",
        ),
        ("schedule: {periodic: {interval: 1}}\n", "schedule.periodic.unit: is missing."),
        ("schedule: {periodc: {interval: 1}}\n", "schedule.periodc: is not a field here. Did you mean `periodic`?"),
        ("schedule: {cron: {expression: 0 2 * * *, timezone: UTC}}\n", "schedule.cron.expression: has five fields"),
        (
            "schedule: {cron: {expression: 0 0 2 * * ?, timezone: Europe/Zurch}}\n",
            "schedule.cron.timezone: is not an IANA time zone. Did you mean `Europe/Zurich`?",
        ),
        ("schedule: {table_update: {}}\n", "schedule.table_update: names no table"),
        ("schedule: {table_update: {tables: [prod.final]}}\n", "is not a logical table name"),
        (
            "schedule: {table_update: {tables: [finance.strip.final_payments]}}\n",
            "there is no folder src/finance/strip. Did you mean `finance.stripe`?",
        ),
        ("schedule: {table_update: {tables: [finance.stripe.payments]}}\n", "`payments` doesn't begin with a layer"),
        ("schedule: {file_arrival: {url: /Volumes/x}}\n", "schedule.file_arrival.url: must end with `/`"),
        (
            "schedule: {table_update: {tables: [finance.stripe.final_payments], min_time_between_triggers_seconds: 5}}\n",
            "input should be greater than or equal to 60",
        ),
        (
            "schedule: schedules.nightly\nsettings: {continuous: {pause_status: PAUSED}}\n",
            "can't go with `continuous` in the settings",
        ),
        ("parameters: {catalog: x}\n", "parameters.catalog: is set by the platform in every job."),
        ("parameters: {'a b': x}\n", "parameters.a b: is not a parameter's name"),
        ("parameters: {platform.domain: x}\n", "is set by the platform in every job."),
        (
            "settings: {max_concurent_runs: 1}\n",
            "settings.max_concurent_runs: is not a field here. Did you mean `max_concurrent_runs`?",
        ),
        (
            "settings: {max_concurrent_runs: '1'}\n",
            "settings.max_concurrent_runs: must be a whole number, not the text `1`.",
        ),
        ("settings: {trigger: {}}\n", "settings.trigger: can't be set here: use `schedule` beside `settings`."),
        ("trigger: {}\n", "5:1: trigger: can't be set here: use `schedule` beside `settings`."),
        ("run_as: {user_name: x}\n", "5:1: run_as: can't be set here: use `run_as` in the domain's settings."),
        (
            "permissions: [{level: CAN_MANAGE_RUN, group_name: x}]\n",
            "is CAN_VIEW, CAN_RUN or CAN_MANAGE, not `CAN_MANAGE_RUN`. It is called CAN_RUN here.",
        ),
        (
            "clusters: {a: {spark_conf: {spark.speculation: true}}}\n",
            "clusters.a.spark_conf.spark.speculation: must be text, not `true`. Put quotes around it.",
        ),
        (
            "settings: {health: {rules: [{metric: NOPE, op: GREATER_THAN, value: 1}]}}\n",
            "settings.health.rules[0].metric: is ",
        ),
        (
            "environments: {default: {dependecies: []}}\n",
            "environments.default.dependecies: is not a field here. Did you mean `dependencies`?",
        ),
        ("clusters: {a: {num_workers: many}}\n", "clusters.a.num_workers: must be a whole number, not the text `many`."),
        ("clusters: {a: clusters.nope}\n", "`clusters.nope` is not a preset of resources/_models/clusters.yml."),
        ("tasks: []\nx: 1\n", "x: is not a field here."),
        ("tasks: [{refresh_pipeline: finance_stripe_final_payments}]\n", "tasks[0].task_key: is missing."),
        (
            "tasks: [{task_key: a}]\n",
            "tasks[0]: needs `refresh_pipeline` or exactly one field that ends in `_task`; it has nothing.",
        ),
        (
            "tasks: [{task_key: a, refresh_pipeline: finance_stripe_final_payments, notebook_task: {notebook_path: /x}}]\n",
            "it has refresh_pipeline and notebook_task.",
        ),
        (
            "tasks: [{task_key: a, notbook_task: {}}]\n",
            "tasks[0].notbook_task: is not a field here. Did you mean `notebook_task`?",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_pth: x}}]\n",
            "tasks[0].notebook_task.notebook_pth: is not a field here. Did you mean `notebook_path`?",
        ),
        ("tasks: [{task_key: a, run_if: ALL_DUN, notebook_task: {notebook_path: /x}}]\n", "Did you mean `ALL_DONE`?"),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: src/finance/stripe/nope.py}}]\n",
            "`src/finance/stripe/nope.py` doesn't exist.",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: src/finance/stripe/raw/payment.py}}]\n",
            "Did you mean `src/finance/stripe/raw/payments.py`?",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: src/marketing/hubspot/final/campaign_revenue.py}}]\n",
            "is not deployed with this domain, which deploys src/finance/ and src/common/.",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: ../../etc/passwd}}]\n",
            "must be a path from the repository's root, without `..`.",
        ),
        ("tasks: [{task_key: a, spark_python_task: {python_file: generator/cli.py}}]\n", "is not deployed with this domain"),
        (
            "tasks: [{task_key: a, sql_task: {warehouse_id: x, file: {path: src/finance/x.sql}}}]\n",
            "tasks[0].sql_task.file.path: `src/finance/x.sql` doesn't exist.",
        ),
        (
            "tasks: [{task_key: a, dbt_task: {commands: [dbt run]}}]\n",
            "tasks[0].dbt_task.project_directory: is missing. Name a folder with a dbt_project.yml, or `git_source` in the",
        ),
        (
            "tasks: [{task_key: a, dbt_task: {commands: [dbt run], project_directory: src/finance/stripe}}]\n",
            "tasks[0].dbt_task.project_directory: `src/finance/stripe` holds no dbt_project.yml.",
        ),
        (
            "tasks: [{task_key: a, dbt_task: {commands: [dbt run], project_directory: src/finance/stripe/nope/}}]\n",
            "tasks[0].dbt_task.project_directory: `src/finance/stripe/nope/` doesn't exist.",
        ),
        (
            "tasks: [{task_key: a, dbt_task: {commands: [dbt run], source: GIT}}]\n",
            "tasks[0].dbt_task.source: is GIT, but there is no `git_source` in the settings.",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: x, source: GIT}}]\n",
            "tasks[0].notebook_task.source: is GIT, but there is no `git_source` in the settings.",
        ),
        (
            "tasks: [{task_key: a, notebook_task: {notebook_path: src/finance/stripe/raw/payments.py/}}]\n",
            "must be a path from the repository's root, without `..`.",
        ),
        (
            "tasks: [{task_key: a, refresh_pipeline: finance_stripe_final_payment}]\n",
            "Did you mean `finance_stripe_final_payments`?",
        ),
        (
            "tasks: [{task_key: a, for_each_task: {inputs: '[]', task: {task_key: b, refresh_pipeline: nope}}}]\n",
            "tasks[0].for_each_task.task.refresh_pipeline: there is no pipeline `nope`.",
        ),
        (
            "tasks: [{task_key: a, pipeline_task: {pipeline_id: '${resources.pipelines.nope.id}'}}]\n",
            "refers to a resource that nothing in specs/pipelines defines.",
        ),
        (
            "tasks: [{task_key: a, environment_key: x, refresh_pipeline: finance_stripe_final_payments}]\n",
            "`x` is not one of this job's `environments`.",
        ),
        (
            "tasks: [{task_key: a, job_cluster_key: x, refresh_pipeline: finance_stripe_final_payments}]\n",
            "`x` is not one of this job's `clusters`.",
        ),
        (
            "tasks: [{task_key: a, depends_on: [{task_key: b}], refresh_pipeline: finance_stripe_final_payments}]\n",
            "tasks[0].depends_on[0].task_key: `b` is not another task of this job.",
        ),
        (
            f"tasks:\n  - {{task_key: a, {REFRESH}}}\n  - {{task_key: a, {REFRESH}}}\n",
            "7:16: tasks[1].task_key: `a` is used twice",
        ),
        (
            (
                f"tasks:\n  - {{task_key: a, depends_on: [{{task_key: b}}], {REFRESH}}}\n"
                f"  - {{task_key: b, depends_on: [{{task_key: a}}], {REFRESH}}}\n"
            ),
            "tasks: depend on each other in a circle: ",
        ),
    ],
)
def test_a_jobs_problem_is_told(tmp_path: Path, job: str, problem: str) -> None:
    problems = tree_with(tmp_path, job=job).problems()
    assert any(problem in one for one in problems), problems
    assert all(re.match(r"specs/jobs/finance/stripe/final_payments\.yml:\d+:\d+: ", one) for one in problems), problems


@pytest.mark.parametrize(
    "task",
    [
        "{commands: [dbt run], project_directory: src/finance/stripe/dbt}",
        "{commands: [dbt run], project_directory: src/finance/stripe/dbt/}",
        "{commands: [dbt run], project_directory: ./src/finance/stripe/dbt/, source: WORKSPACE}",
        "{commands: [dbt run], project_directory: '${var.domain}'}",
        "{commands: [dbt run], project_directory: /Workspace/Shared/dbt}",
    ],
)
def test_a_dbt_project_is_a_folder_that_holds_one(tmp_path: Path, task: str) -> None:
    tree = tree_with(tmp_path, job=f"tasks:\n  - task_key: a\n    dbt_task: {task}\n")
    tree.write("src/finance/stripe/dbt/dbt_project.yml", "name: x\n")
    assert tree.problems() == []


def test_the_dbt_project_below_or_above_a_folder_is_named(tmp_path: Path) -> None:
    path = "src/finance/stripe/dbt"
    tree = tree_with(tmp_path, job=f"tasks: [{{task_key: a, dbt_task: {{commands: [x], project_directory: {path}}}}}]\n")
    tree.write(f"{path}/analytics/dbt_project.yml", "name: x\n")
    (problem,) = tree.problems()
    assert problem.endswith(f"`{path}` holds no dbt_project.yml. Did you mean `{path}/analytics`?")


@pytest.mark.parametrize("task", ["dbt_task: {commands: [dbt run]}", "notebook_task: {notebook_path: x, source: GIT}"])
def test_tasks_from_another_repository_name_it_once(tmp_path: Path, task: str) -> None:
    git = "settings: {git_source: {git_url: https://x.example/y, git_provider: gitHub, git_branch: main}}\n"
    assert tree_with(tmp_path, job=f"{git}tasks:\n  - task_key: a\n    {task}\n").problems() == []


def test_all_problems_of_a_spec_come_at_once_whatever_finds_them(tmp_path: Path) -> None:
    job = (
        "sheduled: x\nparameters: {catalog: x}\nsettings: {name: x, timeout_seconds: soon}\n"
        "tasks:\n  - {task_key: a, refresh_pipeline: nope}\n"
    )
    problems = tree_with(tmp_path, job=job.replace("sheduled", "layr: bronze\nsheduled")).problems()
    fields = [one.split(": ")[1] for one in problems]
    assert fields == [
        "layr",
        "sheduled",
        "parameters.catalog",
        "settings.name",
        "settings.timeout_seconds",
        "tasks[0].refresh_pipeline",
    ]


def test_problems_of_all_specs_come_at_once(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "nope: 1\n", job="nope: 1\n")
    assert [one.split(":")[0] for one in tree.problems()] == [JOB, PIPELINE]


def test_problems_of_presets_domains_and_specs_come_at_once(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "nope: 1\n", job="- no\n")
    tree.write("resources/_models/clusters.yml", "small: {num_wrkers: 1}\n")
    tree.write("specs/domains/finance.yml", "ownr: x\n")
    files = {"resources/_models/clusters.yml", "specs/domains/finance.yml", JOB, PIPELINE}
    assert {one.split(":")[0] for one in tree.problems()} == files


def test_a_job_without_tasks_needs_the_pipeline_of_its_name(tmp_path: Path) -> None:
    (problem,) = spec_tree(tmp_path, {JOB: IDENTITY}).problems()
    assert "has no tasks, so it refreshes the pipeline of its own name, but there is no pipeline" in problem


@pytest.mark.parametrize(
    "task",
    [
        "refresh_pipeline: finance_stripe_final_payments",
        "pipeline_task: {pipeline_id: '${resources.pipelines.finance_stripe_final_payments_pipeline.id}'}",
    ],
)
def test_a_reference_into_another_domain_is_refused_and_the_trigger_named(tmp_path: Path, task: str) -> None:
    tree = tree_with(tmp_path)
    identity = "domain: marketing\nsource: hubspot\nlayer: final\nasset: campaign_revenue\n"
    tree.write("specs/jobs/marketing/hubspot/final_campaign_revenue.yml", f"{identity}tasks:\n  - task_key: a\n    {task}\n")
    (problem,) = tree.problems()
    assert "belongs to the domain `finance`, which is deployed on its own" in problem
    assert "`table_update`" in problem


@pytest.mark.parametrize(
    "text",
    [
        *("${business_date[0..9]}", "${env:HOME}", "${LEVEL:-info}", "${}", "${1}", "${_x}", "${x_}", "${a..b}", "${a/b}"),
        *("${var", "$var.x}", "${{ github.sha }}", "${variable name}", "${resource:x}"),
    ],
)
def test_a_text_that_the_cli_takes_for_no_reference_is_a_text(tmp_path: Path, text: str) -> None:
    tree = tree_with(tmp_path, f"tags: {{x: '{text}'}}\nconfiguration: {{'{text}': x}}\n")
    assert tree.problems() == []
    module = tree.run("build", "--all"), tree.modules()["resources/finance/stripe/pipelines/final_payments.py"]
    assert text in module[1].decode()


def test_what_is_written_as_yaml_can_be_referred_to_in_its_own_domain_only(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {volume: '${resources.volumes.landing.id}'}\n")
    tree.write("resources/finance/stripe/volumes.yml", "resources:\n  volumes:\n    landing:\n      name: landing\n")
    assert tree.problems() == []
    identity = "domain: marketing\nsource: hubspot\nlayer: final\nasset: campaign_revenue\n"
    text = f"{identity}tags: {{volume: '${{resources.volumes.landing.id}}'}}\n"
    tree.write("specs/pipelines/marketing/hubspot/final_campaign_revenue.yml", text)
    (problem,) = tree.problems()
    assert "belongs to the domain `finance`" in problem


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ("{qa: {}}", "6:11: targets.qa: is not a target. They are dev, prod or staging."),
        ("{dv: {absent: true}}", "Did you mean `dev`?"),
        ("{dev: {absent: true, paused: true}}", "is absent there, so nothing else can be said about it."),
        ("{dev: {absent: 1}}", "targets.dev.absent: must be true or false, not the number `1`."),
        ("{dev: {layer: raw}}", "targets.dev.layer: is the same in every target. Leave it out."),
        ("{dev: {targets: {}}}", "targets.dev.targets: is the same in every target. Leave it out."),
        ("{dev: {sheduled: 1}}", "6:17: sheduled: is not a field here."),
        ("{dev: {run_as: {}}}", "targets.dev.run_as: needs exactly one of user_name or service_principal_name"),
        ("{dev: {schedule: schedules.nope}}", "6:27: schedule: `schedules.nope` is not a preset"),
        ("{dev: {tags: {x: '${var.nope}'}}}", "6:27: tags.x: `${var.nope}` names no variable of the bundle."),
        ("{dev: {settings: {max_concurrent_runs: many}}}", "max_concurrent_runs: must be a whole number"),
        ("[dev]", "targets: must be a mapping, not a list."),
    ],
)
def test_a_problem_in_one_target_is_told_once_with_its_place(tmp_path: Path, targets: str, problem: str) -> None:
    (told,) = tree_with(tmp_path, job=f"schedule: schedules.nightly\ntargets: {targets}\n").problems()
    assert problem in told


def test_only_a_schedule_can_be_paused_in_a_target(tmp_path: Path) -> None:
    (job,) = tree_with(tmp_path / "job", job="targets: {dev: {paused: true}}\n").problems()
    assert ":5:17: paused: is for jobs with a schedule, and this has none." in job
    (pipeline,) = tree_with(tmp_path / "pipeline", "targets: {dev: {paused: false}}\n").problems()
    assert "paused: is for jobs with a schedule" in pipeline


def test_what_is_absent_in_a_target_cannot_be_referred_to_there(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "targets: {dev: {absent: true}}\n", "")
    (problem,) = tree.problems()
    assert "`finance_stripe_final_payments` is absent in dev, where this holds, too." in problem
    tree.write(JOB, f"{IDENTITY}targets: {{dev: {{absent: true}}}}\n")
    assert tree.problems() == []
    tree.write(JOB, f"{IDENTITY}tags: {{x: '${{resources.pipelines.finance_stripe_final_payments_pipeline.id}}'}}\n")
    assert all("is absent in dev" in problem for problem in tree.problems())


def test_two_pipelines_that_no_target_has_both_of_may_load_one_file(tmp_path: Path) -> None:
    other = f"{IDENTITY.replace('payments', 'others')}files: [payments.py]\n"
    tree = tree_with(tmp_path, "targets: {dev: {absent: true}}\n")
    (tree.root / JOB).unlink(missing_ok=True)
    path = PIPELINE.replace("payments", "others")
    tree.write(path, other)
    assert len(tree.problems()) == 2
    tree.write(path, f"{other}targets: {{staging: {{absent: true}}, prod: {{absent: true}}}}\n")
    assert tree.problems() == []


def test_two_domains_may_each_have_a_resource_of_one_key(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {volume: '${resources.volumes.landing.id}'}\n")
    for folder in ("finance/stripe", "marketing/hubspot"):
        tree.write(f"resources/{folder}/volumes.yml", "resources: {volumes: {landing: {name: landing}}}\n")
    assert tree.problems() == []


def test_a_resource_that_only_one_target_has_can_be_referred_to(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {volume: '${resources.volumes.landing.id}'}\n")
    volumes = "targets: {dev: {resources: {volumes: {landing: {name: landing}}}}}\n"
    tree.write("resources/finance/stripe/volumes.yml", volumes)
    assert tree.problems() == []


def test_a_domains_own_variables_are_its_own(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {x: '${var.team}'}\n")
    tree.write("resources/finance/stripe/variables.yml", "variables: {team: {default: payments}}\n")
    assert tree.problems() == []
    tree.write("resources/marketing/hubspot/variables.yml", "variables: {team: {default: campaigns}}\n")
    assert tree.problems() == []
    (tree.root / "resources/finance/stripe/variables.yml").unlink()
    (problem,) = tree.problems()
    assert "`${var.team}` names no variable of the bundle." in problem
    assert "stand under `variables` in a YAML file in resources/finance/<source>" in problem


@pytest.mark.parametrize(
    "job",
    [
        "schedule: {cron: {expression: '${var.stage}', timezone: '${var.stage}'}, paused: '${var.stage}'}\n",
        "schedule: {cron: {expression: '0 0 ${var.stage} * * ?', timezone: UTC}}\n",
        "schedule: {periodic: {interval: '${var.stage}', unit: '${var.stage}'}}\n",
        "schedule: {file_arrival: {url: '${var.stage}', min_time_between_triggers_seconds: '${var.stage}'}}\n",
        "schedule: {table_update: {external_tables: ['${var.stage}'], condition: '${var.stage}'}}\n",
        "clusters: {small: '${var.stage}'}\nenvironments: {default: '${var.stage}'}\n",
        "permissions: '${var.permissions}'\n",
        "settings: {email_notifications: '${var.stage}'}\n",
        "settings: {email_notifications: {on_failure: '${var.stage}'}, max_concurrent_runs: '${var.stage}'}\n",
    ],
)
def test_a_reference_has_the_form_of_every_value(tmp_path: Path, job: str) -> None:
    assert tree_with(tmp_path, job=job).problems() == []


@pytest.mark.parametrize(
    ("pipeline", "field"),
    [
        ("serverless: '${var.stage}'\nclusters: {updates: '${var.stage}'}\n", "clusters.updates"),
        ("environment: '${var.stage}'\n", "environment"),
        ("tags: '${var.stage}'\n", "tags"),
        ("configuration: '${var.stage}'\n", "configuration"),
        ("files: '${var.stage}'\n", "files"),
        ("environment: {dependencies: '${var.stage}'}\n", "environment.dependencies"),
        (
            "notifications: {on_failure: [a@b.c]}\nsettings: {notifications: '${var.stage}'}\n",
            "settings.notifications",
        ),
    ],
)
def test_what_the_platform_adds_to_a_pipeline_is_written_out(tmp_path: Path, pipeline: str, field: str) -> None:
    (problem,) = tree_with(tmp_path, pipeline).problems()
    assert f": {field}: must be written out here, not referred to: " in problem


@pytest.mark.parametrize(
    ("job", "field"),
    [
        (
            "notifications: {on_failure: [a@b.c]}\nsettings: {email_notifications: '${var.stage}'}\n",
            "settings.email_notifications",
        ),
        (
            "notifications: {on_failure: [a@b.c]}\nsettings: {email_notifications: {on_failure: '${var.stage}'}}\n",
            "settings.email_notifications.on_failure",
        ),
        (
            "tasks: [{task_key: a, spark_python_task: {python_file: src/common/money.py, parameters: '${var.stage}'}}]\n",
            "tasks[0].spark_python_task.parameters",
        ),
    ],
)
def test_what_the_platform_adds_to_a_job_is_written_out(tmp_path: Path, job: str, field: str) -> None:
    problems = tree_with(tmp_path, job=job).problems()
    assert [problem for problem in problems if f": {field}: must be written out here, not referred to: " in problem]


@pytest.mark.parametrize("settings", ["owner: owners\n", "permissions: [{level: CAN_VIEW, group_name: x}]\n"])
def test_permissions_are_written_out_where_the_domain_has_some(tmp_path: Path, settings: str) -> None:
    tree = tree_with(tmp_path, "permissions: '${var.permissions}'\n")
    tree.write("specs/domains/finance.yml", settings)
    (problem,) = tree.problems()
    assert ": permissions: must be written out here, not referred to: it is extended by the domain's permissions." in problem


def test_a_variable_of_the_bundle_may_have_any_name(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {x: '${var.nope}'}\n")
    tree.write("targets/dev.yml", "variables: {1: {default: x}, on: {default: x}}\ntargets: {dev: {mode: development}}\n")
    (problem,) = tree.problems()
    assert "`${var.nope}` names no variable of the bundle." in problem
    assert "They are 1, " in problem
    assert " on, " in problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: [" + "[" * 100_000, "nests deeper than 100 levels"),
        ("- " * 100_000 + "a", "nests deeper than 100 levels"),
        ("a: [", "is not YAML"),
        ("a: !!timestamp nonsense", "is not YAML"),
        ("? [a]\n: b", "is not YAML"),
    ],
)
def test_a_file_of_the_bundle_that_cannot_be_read_is_one_error(tmp_path: Path, content: str, problem: str) -> None:
    tree = tree_with(tmp_path, "tags: {volume: '${resources.volumes.landing.id}'}\n")
    tree.write("resources/finance/stripe/volumes.yml", content)
    (told,) = tree.problems()
    assert told.startswith("resources/finance/stripe/volumes.yml: ")
    assert problem in told


def test_a_file_of_the_bundle_may_use_all_of_yaml(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "tags: {volume: '${resources.volumes.landing.id}'}\n")
    volumes = "common: &common {landing: {created: 2026-02-31}}\nresources: {volumes: {<<: *common}}\n"
    tree.write("resources/finance/stripe/volumes.yml", volumes)
    assert tree.problems() == []


def test_two_specs_that_make_one_resource_name_each_other(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path)
    for domain, source in (("finance", "stripe_eu"), ("finance_stripe", "eu")):
        tree.write(f"src/{domain}/{source}/final/x.py", "")
        text = f"domain: {domain}\nsource: {source}\nlayer: final\nasset: x\n"
        tree.write(f"specs/pipelines/{domain}/{source}/final_x.yml", text)
    (problem,) = tree.problems()
    assert "makes the resource finance_stripe_eu_final_x_pipeline, and so does specs/pipelines/" in problem


def test_two_pipelines_that_load_one_file_are_both_told(tmp_path: Path) -> None:
    tree = tree_with(tmp_path)
    tree.write("specs/pipelines/finance/stripe/raw_payments.yml", IDENTITY.replace("final", "raw"))
    problems = tree.problems()
    assert [one.split(":")[0] for one in problems] == [PIPELINE, "specs/pipelines/finance/stripe/raw_payments.yml"]
    assert all("src/finance/stripe/raw/payments.py, and so does specs/pipelines/finance/stripe/" in one for one in problems)


def test_a_script_of_a_job_that_a_pipeline_also_loads_is_told(tmp_path: Path) -> None:
    job = "tasks: [{task_key: a, spark_python_task: {python_file: src/finance/stripe/raw/payments.py}}]\n"
    problems = tree_with(tmp_path, job=job).problems()
    assert [one.split(":")[0] for one in problems] == [JOB, PIPELINE]


def test_a_layer_without_source_files_is_told(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, "layers: [raw, final]\n")
    (tree.root / "src/finance/stripe/raw/payments.py").unlink()
    (problem,) = tree.problems()
    assert "layers[0]: has no source files" in problem


def test_a_file_that_no_pipeline_reaches_is_told_with_the_specs_nearby(tmp_path: Path) -> None:
    built = tree_with(tmp_path, "layers: [final, staging, base]\n").build()
    problems = [str(problem) for problem in built.unreached]
    assert problems[0].startswith("src/finance/stripe/raw/payments.py: is in the layer raw, but no pipeline loads it")
    assert PIPELINE in problems[0]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("specs/pipelines/finance/stripe/gold_payments.yml", "<layer>_<asset>.yml"),
        ("specs/pipelines/finance/stripe/final_payments.yaml", "is not where specs lie"),
        ("specs/pipelines/finance/final_payments.yml", "is not where specs lie"),
        ("specs/pipelines/finance/stripe/deep/final_payments.yml", "is not where specs lie"),
        ("specs/pipelines/finance/stripe/final_.yml", "<layer>_<asset>.yml"),
        ("specs/pipelines/Finance/stripe/final_payments.yml", "`Finance` is not snake_case"),
        ("specs/pipelines/json/stripe/final_payments.yml", "`json` is the name of a Python package"),
        ("specs/pipelines/finance/stripe/final_a b.yml", "`a b` is not snake_case"),
        ("specs/pipelines/finance/stripe/final_${x}.yml", "is not snake_case"),
        ("specs/pipeline/finance/stripe/final_payments.yml", "is not where specs lie"),
        ("specs/final_payments.yml", "is not where specs lie"),
        ("specs/domains/Finance.yml", "`Finance` is not snake_case"),
        ("specs/domains/finance.yaml", "is not where a domain's settings lie"),
        (
            "resources/_models/other.yml",
            "is not a file of presets; those are clusters.yml, environments.yml or schedules.yml",
        ),
    ],
)
def test_a_path_that_no_spec_can_have_is_told(tmp_path: Path, path: str, problem: str) -> None:
    (told,) = spec_tree(tmp_path, {path: IDENTITY}).problems()
    assert told.startswith(f"{path}: ")
    assert problem in told


def test_presets_are_checked_where_they_stand(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path, {"resources/_models/clusters.yml": "small:\n  num_wrkers: 1\n"})
    (problem,) = tree.problems()
    assert problem.startswith(
        "resources/_models/clusters.yml:2:3: small.num_wrkers: is not a field here. Did you mean `num_workers`?"
    )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("ownr: x\n", "1:1: ownr: is not a field here. Did you mean `owner`?"),
        ("run_as:\n  nope: {user_name: x}\n", "run_as.nope: is not a target. They are dev, prod or staging."),
        ("run_as:\n  prod: {user_name: x}\n", "run_as: must also say who runs in staging."),
        ("run_as:\n  prod: {}\n  staging: {user_name: x}\n", "needs exactly one of user_name or service_principal_name"),
        ("tags: {layer: x}\n", "1:8: tags.layer: is set by the platform"),
        (f"tags: {{x: {TOKEN}}}\n", "tags.x: looks like a token or a key."),
        ("tags: {x: '${var.nope}'}\n", "tags.x: `${var.nope}` names no variable of the bundle."),
        ("notifications: {on_failure: x}\n", "notifications.on_failure: must be a list, not the text `x`."),
        ("permissions: [{level: IS_OWNER, group_name: x}]\n", "is CAN_VIEW, CAN_RUN or CAN_MANAGE, not `IS_OWNER`."),
        (
            "permissions: [{level: CAN_RUN, user_name: x}, {level: CAN_RUN, user_name: x}]\n",
            "1:14: permissions: names `x` twice.",
        ),
        ("permissions: '${var.permissions}'\n", "permissions: must be written out here, not referred to: "),
    ],
)
def test_a_domains_settings_are_checked(tmp_path: Path, settings: str, problem: str) -> None:
    problems = spec_tree(tmp_path, {"specs/domains/finance.yml": settings}).problems()
    assert any(problem in one for one in problems), problems


def test_settings_of_a_domain_that_does_not_exist_are_told(tmp_path: Path) -> None:
    (problem,) = spec_tree(tmp_path, {"specs/domains/finanze.yml": "owner: x\n"}).problems()
    assert problem.startswith("specs/domains/finanze.yml:1:1: is about a domain that doesn't exist")
    assert "Did you mean `finance`?" in problem


def test_a_link_that_leads_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path / "repository")
    outside = tmp_path / "outside.yml"
    outside.write_text(IDENTITY)
    link = tree.root / PIPELINE
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    (problem,) = tree.problems()
    assert "is, or lies behind, a symbolic link that leads elsewhere" in problem


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path)
    link = tree.root / PIPELINE
    link.parent.mkdir(parents=True)
    link.symlink_to(link)
    (problem,) = tree.problems()
    assert problem.startswith(f"{PIPELINE}: ")


def test_a_huge_spec_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (problem,) = spec_tree(tmp_path, {PIPELINE: b"#" * (10 * 1024 * 1024)}).problems()
    assert problem == f"{PIPELINE}: has 10485760 bytes; at most 262144 are read."


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xef\xbb\xbf" + IDENTITY.encode(), "begins with a byte order mark"),
        (IDENTITY.encode() + b"# n\xe9\n", "is not UTF-8"),
        (b"", "is empty"),
        (b"- a\n", "has a list at the top"),
        (IDENTITY.encode() * 2, "is set twice"),
        (b"---\n".join([IDENTITY.encode()] * 2), "a second document begins here"),
        (IDENTITY.encode() + b"tags:\n\tx: y\n", "a tab where YAML wants spaces"),
        (IDENTITY.encode() + b"tags: {since: 2026-01-01}\n", "reads as a date, and no field takes dates"),
    ],
)
def test_a_spec_that_is_no_clean_yaml_is_one_clear_error(tmp_path: Path, content: bytes, problem: str) -> None:
    problems = spec_tree(tmp_path, {PIPELINE: content}).problems()
    assert all(problem in one for one in problems)
    assert problems != []


def test_a_linked_folder_of_specs_is_refused(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path / "repository")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "final_payments.yml").write_text(IDENTITY)
    link = (tree.root / PIPELINE).parent
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    assert tree.problems() != []
