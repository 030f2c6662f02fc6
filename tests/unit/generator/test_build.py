"""`generator build` as a person types it: what it writes, leaves, refuses and removes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.emit import read_generated
from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, REPOSITORY, SpecTree, spec_tree

MODULE = "resources/finance/stripe/pipelines/final_payments.py"
JOB_MODULE = "resources/finance/stripe/jobs/final_payments.py"
CHAIN = IDENTITY + "layers: [raw, base, staging, final]\n"


@pytest.fixture
def tree(tmp_path: Path) -> SpecTree:
    """Give a repository with a pipeline and a job that aren't built yet, and nothing that no pipeline reaches."""
    tree = spec_tree(tmp_path / "a repository", {PIPELINE: CHAIN, JOB: IDENTITY + "schedule: schedules.nightly\n"})
    (tree.root / "src/marketing/hubspot/final/campaign_revenue.py").unlink()
    return tree


def built(tree: SpecTree) -> SpecTree:
    assert tree.run("build", "--all").exit_code == 0
    return tree


def test_a_build_of_all_writes_modules_and_the_packages_they_need(tree: SpecTree) -> None:
    ran = tree.run("build", "--all")
    packages = ("finance", "finance/stripe", "finance/stripe/jobs", "finance/stripe/pipelines")
    expected = sorted([MODULE, JOB_MODULE, *(f"resources/{package}/__init__.py" for package in packages)])
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr.splitlines() == [f"wrote {path}" for path in expected]


def test_a_second_build_touches_nothing(tree: SpecTree) -> None:
    before = {path: (tree.root / path).stat().st_mtime_ns for path in built(tree).modules()}
    ran = tree.run("build", "--all")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert {path: (tree.root / path).stat().st_mtime_ns for path in tree.modules()} == before


def test_the_bytes_are_the_same_from_another_folder_locale_and_time_zone(tree: SpecTree, tmp_path: Path) -> None:
    tree.write(JOB, IDENTITY + "description: né “quoted”\nschedule: schedules.nightly\n")
    other = spec_tree(tmp_path / "b", {PIPELINE: CHAIN, JOB: (tree.root / JOB).read_bytes()})
    (other.root / "src/marketing/hubspot/final/campaign_revenue.py").unlink()
    assert tree.run("build", "--all", env={"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}).exit_code == 0
    env = {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"}
    assert other.run("-C", "..", "build", "--all", cwd="specs/jobs", env=env).exit_code == 0
    assert other.modules() == tree.modules()


@pytest.mark.parametrize(
    ("cwd", "arguments"),
    [
        (".", ["build", PIPELINE]),
        (".", ["build", f"spec={PIPELINE}"]),
        ("specs/pipelines/finance", ["build", "stripe/final_payments.yml"]),
        ("specs/pipelines/finance", ["build", PIPELINE]),
        ("src", ["-C", "../specs", "build", "pipelines/finance/stripe/final_payments.yml"]),
    ],
)
def test_a_spec_is_found_from_where_the_command_is_typed(tree: SpecTree, cwd: str, arguments: list[str]) -> None:
    ran = tree.run(*arguments, cwd=cwd)
    assert ran.exit_code == 0, ran
    assert MODULE in tree.modules()
    assert JOB_MODULE not in tree.modules()


@pytest.mark.parametrize("name", ["nope.yml", "../outside.yml", "specs/../databricks.yml", "/etc/passwd", ""])
def test_a_path_that_is_no_spec_is_refused(tree: SpecTree, name: str) -> None:
    (tree.root.parent / "outside.yml").write_text(CHAIN)
    ran = tree.run("build", name)
    assert ran.exit_code == 2
    assert "There is no spec" in ran.stderr or "is not where specs lie" in ran.stderr


def test_a_build_of_one_spec_doesnt_stop_for_another_ones_problems(tree: SpecTree) -> None:
    tree.write(JOB, "not: sound\n")
    assert tree.run("build", PIPELINE).exit_code == 0
    assert tree.run("build", "--all").exit_code == 2


def test_bad_specs_end_with_2_and_write_nothing(tree: SpecTree) -> None:
    tree.write(JOB, IDENTITY + "sheduled: x\n")
    ran = tree.run("build", "--all")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"{JOB}:5:1: sheduled: is not a field here. Did you mean `schedule`?")
    assert set(tree.modules()) == {"resources/_models/schedules.yml"}


def test_a_check_of_what_is_built_is_silent_and_ends_with_0(tree: SpecTree) -> None:
    ran = built(tree).run("build", "--all", "--check")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")


def test_a_check_shows_the_difference_and_writes_nothing(tree: SpecTree) -> None:
    before = built(tree).modules()
    tree.write(PIPELINE, CHAIN + "serverless: false\n")
    ran = tree.run("build", "--all", "--check")
    assert ran.exit_code == 1
    assert f"{MODULE} is older than its spec" in ran.stderr
    assert '-        "serverless": True,' in ran.stdout
    assert '+        "serverless": False,' in ran.stdout
    assert tree.modules() == before


def test_a_check_finds_what_was_never_built(tree: SpecTree) -> None:
    ran = tree.run("build", "--all", "--check")
    assert ran.exit_code == 1
    assert f"{MODULE} is missing; run: just generate." in ran.stderr


def test_a_check_tells_another_version_of_the_generator_from_a_changed_spec(tree: SpecTree) -> None:
    # What an older generator would have left: other fields, and a first line whose digests agree with them.
    from generator.emit import Module, format_texts, module_text, read_generated  # only here

    generated = read_generated(MODULE, built(tree).modules()[MODULE].decode())
    assert generated
    assert generated.module
    older = {key: value for key, value in generated.module.value.items() if key != "tags"}
    module = Module(generated.spec, generated.module.kind, generated.module.key, older, generated.input_digest)
    text = format_texts({MODULE: module_text(module)}, tree.root / "pyproject.toml")[MODULE]
    tree.write(MODULE, text)
    ran = tree.run("build", "--all", "--check")
    assert (ran.exit_code, "was made by another version of the generator" in ran.stderr) == (1, True)
    assert tree.run("build", "--all").exit_code == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('"serverless": True', '"serverless": False'),
        lambda text: text + "# a note\n",
        lambda text: text.replace("from databricks", "import os\nfrom databricks"),
        lambda text: text + "<<<<<<< HEAD\n",
        lambda text: text.splitlines(keepends=True)[0],
        lambda text: text.replace("finance_stripe_final_payments_pipeline =", "other ="),
    ],
    ids=["value", "comment", "import", "conflict", "emptied", "key"],
)
@pytest.mark.parametrize("is_changed", [False, True], ids=["same spec", "changed spec"])
def test_a_module_edited_by_hand_is_refused_with_a_diff_until_forced(
    tree: SpecTree, edit: Callable[[str], str], is_changed: bool
) -> None:
    original = built(tree).modules()[MODULE].decode()
    edited = edit(original)
    assert edited != original
    tree.write(MODULE, edited)
    if is_changed:
        tree.write(PIPELINE, CHAIN + "tags: {team: revenue}\n")
    ran = tree.run("build", "--all")
    assert ran.exit_code == 3
    assert f"{MODULE} was changed by hand since it was generated." in ran.stderr
    assert "--force" in ran.stderr
    assert f"--- {MODULE} (in the tree)" in ran.stdout
    assert (tree.root / MODULE).read_text() == edited
    assert tree.run("build", "--all", "--force").exit_code == 0
    assert (tree.root / MODULE).read_text() != edited


def test_formatting_is_no_edit(tree: SpecTree) -> None:
    text = built(tree).modules()[MODULE].decode()
    first, _, body = text.partition("\n")
    tree.write(MODULE, first + "\n" + body.replace('"', "'"))
    ran = tree.run("build", "--all")
    assert ran.exit_code == 0, ran
    assert tree.modules()[MODULE].decode() == text


def test_a_module_that_was_not_generated_is_not_overwritten(tree: SpecTree) -> None:
    tree.write(MODULE, "from databricks.bundles.pipelines import Pipeline\n\nmine = Pipeline.from_dict({})\n")
    ran = tree.run("build", PIPELINE)
    assert ran.exit_code == 3
    assert f"{MODULE} was not generated, but a spec claims its place." in ran.stderr
    assert set(tree.modules()) == {MODULE, "resources/_models/schedules.yml"}
    assert tree.run("build", PIPELINE, "--force").exit_code == 0


def test_nothing_is_written_when_one_module_is_refused(tree: SpecTree) -> None:
    tree.write(MODULE, "mine = 1\n")
    assert tree.run("build", "--all").exit_code == 3
    assert JOB_MODULE not in tree.modules()


def test_a_left_over_module_is_reported_and_removed_with_prune(tree: SpecTree) -> None:
    built(tree)
    (tree.root / JOB).unlink()
    ran = tree.run("build", "--all")
    assert (ran.exit_code, f"Warning: {JOB_MODULE} has no spec any more" in ran.stderr) == (0, True)
    assert tree.run("build", "--all", "--check").exit_code == 1
    ran = tree.run("build", "--all", "--prune")
    assert ran.exit_code == 0
    assert f"removed {JOB_MODULE}" in ran.stderr
    assert not (tree.root / JOB_MODULE).parent.exists()
    assert tree.run("build", "--all", "--check").exit_code == 0


def test_a_left_over_module_that_was_edited_is_not_removed_until_forced(tree: SpecTree) -> None:
    text = built(tree).modules()[JOB_MODULE].decode()
    tree.write(JOB_MODULE, text + "# mine\n")
    (tree.root / JOB).unlink()
    assert tree.run("build", "--all", "--prune").exit_code == 3
    assert JOB_MODULE in tree.modules()
    assert tree.run("build", "--all", "--prune", "--force").exit_code == 0
    assert JOB_MODULE not in tree.modules()


def test_a_renamed_spec_leaves_its_old_module_over(tree: SpecTree) -> None:
    built(tree)
    (tree.root / JOB).rename((tree.root / JOB).with_name("staging_payments.yml"))
    tree.write(
        JOB.replace("final_", "staging_"),
        IDENTITY.replace("final", "staging") + "tasks: [{task_key: a, refresh_pipeline: finance_stripe_final_payments}]\n",
    )
    ran = tree.run("build", "--all", "--prune")
    assert ran.exit_code == 0
    assert f"removed {JOB_MODULE}" in ran.stderr
    assert JOB_MODULE.replace("final_", "staging_") in tree.modules()


@pytest.mark.parametrize("name", ["083", "1e3", "y", "0o17", "2026-1-1"])
def test_a_text_stays_a_text_for_every_reader_of_the_generated_yaml(tree: SpecTree, name: str) -> None:
    run_as = f'run_as:\n  prod: {{user_name: "{name}"}}\n  staging: {{user_name: "{name}"}}\n'
    tree.write("specs/domains/finance.yml", run_as)
    text = built(tree).modules()["resources/finance/_domain/run_as.yml"].decode()
    assert f'user_name: "{name}"\n' in text


def test_an_ingested_source_without_tables_needs_no_source_table(tree: SpecTree) -> None:
    table = "{destination_catalog: c, destination_schema: s, connector_options: {gdrive_options: {url: 'https://x'}}}"
    path = "specs/pipelines/finance/stripe/raw_ingested.yml"
    settings = f"settings:\n  ingestion_definition:\n    connection_name: c\n    objects:\n      - table: {table}\n"
    tree.write(path, IDENTITY.replace("final", "raw").replace("payments", "ingested") + settings)
    module = built(tree).modules()["resources/finance/stripe/pipelines/raw_ingested.py"].decode()
    assert '"source_table": ""' in module


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ("", ["/Workspace/a/load", "${var.stage}/b/**"]),
        ("layers: [raw]\n", ["src/finance/stripe/raw/**", "/Workspace/a/load", "${var.stage}/b/**"]),
        ("files: [payments.py]\n", ["src/finance/stripe/final/payments.py", "/Workspace/a/load", "${var.stage}/b/**"]),
    ],
)
def test_files_of_the_workspace_are_loaded_as_they_are_named(tree: SpecTree, fields: str, paths: list[str]) -> None:
    tree.write(PIPELINE, f"{IDENTITY}{fields}external_files: [/Workspace/a/load, '${{var.stage}}/b/**']\n")
    file = tree.build().expected[MODULE]
    module = read_generated(MODULE, file.text)
    assert module is not None
    assert module.module is not None
    assert [library["glob"]["include"] for library in module.module.value["libraries"]] == paths


def test_a_pipelines_clusters_may_be_a_variable_as_a_whole(tree: SpecTree) -> None:
    tree.write(PIPELINE, f"{CHAIN}serverless: false\nclusters: ${{var.stage}}\n")
    assert '"clusters": "${var.stage}"' in built(tree).modules()[MODULE].decode()
    tree.write(PIPELINE, f"{CHAIN}clusters: ${{var.stage}}\n")
    assert "clusters: is only for pipelines with `serverless: false`." in tree.run("build", "--all").stderr
    tree.write(PIPELINE, f"{CHAIN}serverless: false\nclusters: stage\n")
    assert "clusters: must be a mapping, not the text `stage`." in tree.run("build", "--all").stderr


def in_every_target(settings: str) -> str:
    """Return the `targets` of a spec, with the same settings in each of the bundle's."""
    return f"targets: {{{', '.join(f'{target}: {settings}' for target in ('dev', 'staging', 'prod'))}}}\n"


def test_what_no_target_takes_as_it_is_need_not_be_complete(tree: SpecTree) -> None:
    task = "{task_key: a, job_cluster_key: own, notebook_task: {notebook_path: /x}}"
    own = "{clusters: {own: {spark_version: 16.4.x-scala2.12, num_workers: 1}}}"
    tree.write(JOB, f"{IDENTITY}tasks: [{task}]\n{in_every_target(own)}")
    modules = built(tree).modules()
    assert len(modules[JOB_MODULE].splitlines()) == 1
    for target in ("dev", "staging", "prod"):
        own_module = JOB_MODULE.replace("jobs/", f"jobs/_targets/{target}/")
        assert b'"job_cluster_key": "own", "new_cluster": {' in modules[own_module]
    assert tree.run("build", "--all", "--check").exit_code == 0
    tree.write(JOB, f"{IDENTITY}tasks: [{task}]\n{in_every_target(own).replace('staging', 'stagin')}")
    assert "tasks[0].job_cluster_key: `own` is not one of this job's `clusters`." in tree.run("build", "--all").stderr


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("sheduled: x", ":5:1: sheduled: is not a field here."),
        (f"description: dapi{'0123456789abcdef' * 2}", ":5:14: description: looks like a token or a key."),
        ("description: [x]", ":5:14: description: must be text, not a list."),
    ],
)
def test_what_no_target_takes_as_it_is_is_read_all_the_same(tree: SpecTree, field: str, problem: str) -> None:
    for settings in ("{description: x}", "{absent: true}"):
        tree.write(JOB, f"{IDENTITY}{field}\n{in_every_target(settings)}")
        ran = tree.run("build", "--all")
        assert ran.exit_code == 2
        assert ran.stderr.count(problem) == 1, ran.stderr


def test_a_pipelines_default_cluster_may_be_a_variable(tree: SpecTree) -> None:
    clusters = "{default: '${var.stage}', maintenance: {num_workers: 1}}"
    tree.write(PIPELINE, f"{CHAIN}serverless: false\nclusters: {clusters}\n")
    text = built(tree).modules()[MODULE].decode()
    assert '"clusters": ["${var.stage}", {"label": "maintenance", "num_workers": 1}]' in text


def test_permissions_may_be_a_variable_as_a_whole(tree: SpecTree) -> None:
    tree.write(JOB, f"{IDENTITY}schedule: schedules.nightly\npermissions: ${{var.permissions}}\n")
    assert '"permissions": "${var.permissions}"' in built(tree).modules()[JOB_MODULE].decode()


def test_prune_without_all_is_refused(tree: SpecTree) -> None:
    ran = tree.run("build", PIPELINE, "--prune")
    assert (ran.exit_code, "`--prune` needs `--all`" in ran.stderr) == (2, True)


def test_a_hand_written_module_among_generated_ones_is_a_finding(tree: SpecTree) -> None:
    built(tree).write("resources/finance/stripe/jobs/extra.py", "from databricks.bundles.jobs import Job\n")
    ran = tree.run("build", "--all", "--check")
    assert (ran.exit_code, "resources/finance/stripe/jobs/extra.py was not generated." in ran.stderr) == (1, True)


def test_a_check_finds_source_files_that_nothing_reaches(tree: SpecTree) -> None:
    built(tree).write("src/finance/stripe/tasks/helper.py", "")
    assert tree.run("build", "--all", "--check").exit_code == 0
    tree.write("src/finance/paypal/raw/x.sql", "SELECT 1")
    ran = tree.run("build", "--all", "--check")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("src/finance/paypal/raw/x.sql: is in the layer raw, but no pipeline loads it")


def test_a_module_behind_a_link_out_of_the_repository_is_refused(tree: SpecTree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree.root / "resources/finance").symlink_to(outside)
    ran = tree.run("build", "--all")
    assert ran.exit_code == 2
    assert "symbolic link" in ran.stderr
    assert list(outside.iterdir()) == []


def test_what_stands_in_the_way_is_one_sentence(tree: SpecTree) -> None:
    tree.write("resources/finance", "a file where a folder is needed")
    ran = tree.run("build", "--all")
    assert ran.exit_code == 2
    assert ran.stderr.startswith("resources/finance/__init__.py: can't be written: ")


def test_no_half_written_file_is_left(tree: SpecTree) -> None:
    assert [path for path in built(tree).modules() if Path(path).name.startswith(".")] == []


def test_a_person_can_write_where_the_generator_wrote(tree: SpecTree) -> None:
    mask = os.umask(0o022)
    os.umask(mask)
    built(tree)
    assert (tree.root / MODULE).stat().st_mode & 0o777 == 0o666 & ~mask


def test_quiet_says_nothing_of_what_it_wrote(tree: SpecTree) -> None:
    ran = tree.run("--quiet", "build", "--all")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert MODULE in tree.modules()


def test_a_reader_that_stops_reading_is_no_crash(tree: SpecTree) -> None:
    built(tree).write(PIPELINE, CHAIN + "serverless: false\n")
    command = [sys.executable, "-m", "generator.cli", "build", "--all", "--check"]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=tree.root, env=env, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_outside_of_a_repository_the_command_says_so(tmp_path: Path) -> None:
    ran = SpecTree(tmp_path).run("build", "--all")
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"There is no databricks.yml in {tmp_path}")


@pytest.mark.parametrize("arguments", [(), ("build",), ("nope",), ("build", "--all", PIPELINE)])
def test_wrong_usage_ends_with_2_and_the_usage(tree: SpecTree, arguments: tuple[str, ...]) -> None:
    ran = tree.run(*arguments)
    assert ran.exit_code == 2
    assert ran.stderr.startswith("usage: generator")


def test_help_has_examples_and_needs_no_heavy_import(tree: SpecTree) -> None:
    ran = tree.run("build", "--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "generator build --all --check" in ran.stdout
    assert not any(name in ran.stderr for name in ("pydantic", "jsonschema", "databricks", "yaml"))


def test_the_domains_settings_reach_all_of_its_resources(tree: SpecTree) -> None:
    settings = (
        "owner: owners\nrun_as:\n  prod: {service_principal_name: p}\n  staging: {service_principal_name: s}\ntags: {a: b}\n"
    )
    tree.write("specs/domains/finance.yml", settings)
    for text in (built(tree).modules()[path].decode() for path in (MODULE, JOB_MODULE)):
        assert '"run_as": "${var.finance_run_as}"' in text
        assert '{"group_name": "owners", "level": "CAN_MANAGE"}' in text
        assert '"a": "b"' in text
    tree.write("specs/domains/finance.yml", settings.replace("a: b", "a: c"))
    ran = tree.run("build", "--all", "--check")
    assert (ran.exit_code, ran.stderr.count("is older than its spec, or what the spec uses")) == (1, 3)
    (tree.root / "specs/domains/finance.yml").unlink()
    ran = tree.run("build", "--all", "--prune")
    assert "removed resources/finance/_domain/run_as.yml" in ran.stderr


def test_a_changed_preset_makes_the_modules_that_use_it_stale(tree: SpecTree) -> None:
    built(tree).write(
        "resources/_models/schedules.yml",
        "nightly:\n  periodic: {interval: 1, unit: DAYS}\nother:\n  periodic: {interval: 2, unit: DAYS}\n",
    )
    ran = tree.run("build", "--all", "--check")
    assert ran.stderr == f"{JOB_MODULE} is older than its spec, or what the spec uses; run: just generate.\n"
