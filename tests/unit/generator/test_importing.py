"""Any bundle's YAML becomes specs that say the same, all of a run or none; what no spec can say is told with its place."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.emit import Module, read_generated
from generator.importing.text import plain_yaml
from tests.support.spec_tree import REPOSITORY, Ran, SpecTree, spec_tree

YAML = "resources/finance/stripe/old.yml"
NIGHTLY = "specs/jobs/finance/stripe/final_nightly.yml"
PLACE = ("--domain", "finance", "--source", "stripe")
TASK = "tasks: [{task_key: run, notebook_task: {notebook_path: /Workspace/x}}]"
JOB = f"resources:\n  jobs:\n    nightly:\n      name: Nightly\n      {TASK}\n"


def with_fields(*lines: str) -> str:
    """Return a job's YAML with more of its fields."""
    return JOB + "".join(f"      {line}\n" for line in lines)


@pytest.fixture
def tree(tmp_path: Path) -> SpecTree:
    return spec_tree(tmp_path / "repository")


def old_bundle(tree: SpecTree, files: Mapping[str, str]) -> None:
    """Write a bundle beside the repository."""
    for path, content in files.items():
        tree.write(f"../old/{path}", content)


def run(tree: SpecTree, *arguments: str) -> Ran:
    """Import, and see that a traceback is never the answer and that what was refused has written nothing."""
    before = contents(tree)
    ran = tree.run("import", *arguments)
    assert "Traceback" not in ran.stderr
    if ran.exit_code:
        assert contents(tree) == before
    return ran


def contents(tree: SpecTree) -> dict[str, bytes]:
    files = (path for path in tree.root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(tree.root).as_posix(): path.read_bytes() for path in files}


def spec(tree: SpecTree, path: str = NIGHTLY) -> str:
    """Return a spec without its first line, which names the schema."""
    return (tree.root / path).read_text(encoding="utf-8").partition("\n")[2]


def test_a_job_keeps_its_key_and_name_and_every_field(tree: SpecTree) -> None:
    tree.write("src/finance/stripe/tasks/run.py", "pass\n")
    fields = (
        "schedule: {quartz_cron_expression: 0 0 1 * * ?, timezone_id: UTC}",
        "parameters: [{name: day, default: '1'}]",
        "max_concurrent_runs: 2",
        "run_as: {user_name: someone@example.com}",
        "permissions: [{level: CAN_MANAGE_RUN, group_name: users}]",
    )
    text = with_fields(*fields).replace(
        "notebook_task: {notebook_path: /Workspace/x}",
        "spark_python_task: {python_file: ../../../src/finance/stripe/tasks/run.py}",
    )
    tree.write(YAML, text.replace("    nightly:", "    # Runs at night.\n    nightly:"))
    ran = run(tree, YAML)
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == (
        f"wrote {NIGHTLY}\nNext:\n1. delete {YAML}, or its resources are defined twice\n"
        "2. build the modules: `just generate`\n"
    )
    assert spec(tree) == (
        "# Runs at night.\ndomain: finance\nsource: stripe\nlayer: final\nasset: nightly\n"
        "imported:\n  key: nightly\n  name: Nightly\n  run_as:\n    user_name: someone@example.com\n"
        "schedule:\n  cron:\n    expression: 0 0 1 * * ?\n    timezone: UTC\n"
        'parameters:\n  day: "1"\n'
        "tasks:\n  - task_key: run\n    spark_python_task:\n      python_file: src/finance/stripe/tasks/run.py\n"
        "permissions:\n  - level: CAN_RUN\n    group_name: users\n"
        "settings:\n  max_concurrent_runs: 2\n"
    )
    assert tree.problems() == []


def test_the_same_again_changes_nothing_and_something_else_is_kept(tree: SpecTree) -> None:
    tree.write(YAML, JOB)
    assert run(tree, YAML).exit_code == 0
    again = run(tree, YAML)
    assert (again.exit_code, again.stderr) == (0, "Everything was imported before; nothing was changed.\n")
    tree.write(NIGHTLY, "mine: true\n")
    tree.write(YAML, JOB + JOB.partition("jobs:\n")[2].replace("nightly", "other"))
    refused = run(tree, YAML)
    assert refused.exit_code == 3
    assert refused.stderr.startswith(
        f"{NIGHTLY} exists already, with other content.\nRemove it, or import under another name"
    )


def test_one_problem_keeps_all_from_being_written(tree: SpecTree) -> None:
    tree.write(YAML, JOB + "    other: {name: Other}\n")
    ran = run(tree, YAML)
    assert ran.exit_code == 2
    assert (
        ran.stderr
        == f"{YAML}:6:12: resources.jobs.other: has no tasks; an imported job has those that it says, and no others.\n"
    )
    assert run(tree, YAML, "--skip", "other").exit_code == 0


def test_what_cannot_be_written_leaves_nothing(tree: SpecTree) -> None:
    tree.write(YAML, JOB + "  pipelines:\n    flow: {name: Flow, libraries: [{notebook: {path: /Workspace/x}}]}\n")
    tree.write("specs/pipelines", "a file where a folder has to be\n")
    ran = run(tree, YAML)
    assert ran.exit_code == 2
    assert "can't be written: " in ran.stderr
    assert not (tree.root / "specs/jobs").exists()


def test_a_dry_run_prints_and_writes_nothing(tree: SpecTree) -> None:
    tree.write(YAML, JOB)
    before = contents(tree)
    ran = run(tree, YAML, "--dry-run")
    assert ran.stdout.startswith(f"--- {NIGHTLY}\n# yaml-language-server: ")
    assert contents(tree) == before


# Names


@pytest.mark.parametrize(
    ("key", "options", "path", "kept"),
    [
        ("nightly", (), NIGHTLY, "nightly"),
        ("raw_nightly_job", (), "specs/jobs/finance/stripe/raw_nightly.yml", "raw_nightly_job"),
        ("finance_stripe_base_load_job", (), "specs/jobs/finance/stripe/base_load.yml", ""),
        ("stripe_load", ("--layer", "staging"), "specs/jobs/finance/stripe/staging_load.yml", "stripe_load"),
        ("test", (), "specs/jobs/finance/stripe/final_test.yml", "test"),
        ("json", (), "specs/jobs/finance/stripe/final_json_job.yml", "json"),
        ("NightlyLoad", (), "specs/jobs/finance/stripe/final_nightlyload.yml", "NightlyLoad"),
        ("x", ("--asset", "payments"), "specs/jobs/finance/stripe/final_payments.yml", "x"),
    ],
)
def test_names_come_from_the_key(tree: SpecTree, key: str, options: tuple[str, ...], path: str, kept: str) -> None:
    tree.write(YAML, JOB.replace("    nightly:", f"    {key}:"))
    assert run(tree, YAML, *options).exit_code == 0
    assert (f"  key: {kept}\n" in spec(tree, path)) is bool(kept)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ("../old.yml",),
            "../old.yml: whose resources are they? Name the domain and the source: --domain DOMAIN --source SOURCE.",
        ),
        (
            ("../old.yml", "--domain", "Finance", "--source", "x"),
            "gives a spec whose domain can't have its name: `Finance` is not",
        ),
        (
            ("../old.yml", *PLACE, "--only", "nightli"),
            "There is no job or pipeline nightli in these files. Did you mean `nightly`?",
        ),
        (
            ("../old.yml", *PLACE, "--layer", "fnal"),
            "`--layer` is raw, base, staging or final, not `fnal`. Did you mean `final`?",
        ),
        (
            ("../old.yml", *PLACE, "--asset", "x"),
            "`--asset` names one resource, and there are 2. Choose one with --only KEY.",
        ),
        (
            ("../old.yml", *PLACE, "--skip", "nightly", "--skip", "nightly-"),
            "There are no jobs or pipelines to import in ../old.yml.",
        ),
        (("../nothing.yml", *PLACE), "../nothing.yml: can't be read: No such file or directory."),
        (("..", *PLACE), "is not a plain file."),
        (
            ("../old.yml", *PLACE),
            "nightly-: would be the spec specs/jobs/finance/stripe/final_nightly.yml, and so would nightly.",
        ),
    ],
)
def test_what_cannot_be_named_is_told(tree: SpecTree, arguments: tuple[str, ...], problem: str) -> None:
    tree.write("../old.yml", JOB + f"    nightly-:\n      name: x\n      {TASK}\n")
    ran = run(tree, *arguments)
    assert ran.exit_code == 2
    assert problem in ran.stderr or (problem == "is not a plain file." and "Is a directory" in ran.stderr)


def test_names_are_those_of_the_repository(tree: SpecTree) -> None:
    config = (tree.root / "pyproject.toml").read_text(encoding="utf-8")
    naming = '[tool.scope.naming]\nlayers = ["bronze", "gold"]\nresource = "{source}_{asset}_{layer}"\n'
    tree.write("pyproject.toml", f"{config}\n{naming}")
    tree.write(YAML, JOB.replace("nightly:", "stripe_orders_bronze_job:").replace("Nightly", "stripe_orders_bronze"))
    assert run(tree, YAML).exit_code == 0
    text = spec(tree, "specs/jobs/finance/stripe/bronze_orders.yml")
    assert "\nlayer: bronze\nasset: orders\nimported: {}\n" in text


def test_a_key_that_no_variable_can_have_changes_with_all_references_to_it(tree: SpecTree) -> None:
    task = "{task_key: a, run_job_task: {job_id: '${resources.jobs.load-it.id}'}}"
    other = f"    other:\n      name: Other\n      tasks: [{task}]\n"
    tree.write(YAML, JOB.replace("nightly:", "load-it:") + other)
    ran = run(tree, YAML)
    assert ran.exit_code == 0
    assert '  "finance.jobs.load-it -> finance.jobs.load_it",\n' in ran.stderr
    assert "job_id: ${resources.jobs.load_it.id}\n" in spec(tree, "specs/jobs/finance/stripe/final_other.yml")


# Files


@pytest.fixture
def old(tree: SpecTree) -> SpecTree:
    """Give a bundle beside the repository, whose job runs a notebook, a query and a script with its dependencies."""
    job = (
        "resources:\n  jobs:\n    nightly:\n      name: Nightly\n      tasks:\n"
        "        - {task_key: a, notebook_task: {notebook_path: ../src/notebooks/a.py}}\n"
        "        - {task_key: b, sql_task: {warehouse_id: '${var.warehouse}', file: {path: ../sql/b.sql}}}\n"
        "        - {task_key: c, environment_key: e, spark_python_task: {python_file: '${workspace.file_path}/src/c.py'}}\n"
        "      environments: [{environment_key: e, spec: {environment_version: '4', dependencies: [-r ../r.txt, 'x==1']}}]\n"
    )
    bundle = "bundle: {name: old}\ninclude: [resources/*.yml]\nvariables: {warehouse: {default: abc}}\n"
    bundle += "targets:\n  prod: {variables: {warehouse: xyz}}\n  elsewhere: {variables: {warehouse: none}}\n"
    files = {
        "src/notebooks/a.py": "# Databricks notebook source\n",
        "sql/b.sql": "SELECT 1\n",
        "src/c.py": "pass\n",
        "r.txt": "x\n",
    }
    old_bundle(tree, {"databricks.yml": bundle, "resources/jobs.yml": job, **files})
    return tree


def test_files_of_another_bundle_get_a_place_below_the_source(old: SpecTree) -> None:
    ran = run(old, "../old/databricks.yml", *PLACE, "--variables")
    assert ran.exit_code == 0, ran.stderr
    assert "1. copy these files, or import with `--copy-files`:\n  ../old/" in ran.stderr.replace(str(old.root.parent), "..")
    text = spec(old)
    for path in ("notebooks/a.py", "sql/b.sql", "c.py"):
        assert f": src/finance/stripe/{path}\n" in text
        assert not (old.root / f"src/finance/stripe/{path}").exists()
    assert "- -r ./src/finance/stripe/r.txt\n" in text
    assert "scope adopt --target TARGET --from" in ran.stderr


def test_files_are_copied_when_told_to(old: SpecTree) -> None:
    assert run(old, "../old/databricks.yml", *PLACE, "--variables", "--copy-files").exit_code == 0
    assert (old.root / "src/finance/stripe/notebooks/a.py").read_text(encoding="utf-8") == "# Databricks notebook source\n"
    assert old.problems() == []
    (old.root / NIGHTLY).unlink()
    old.write("src/finance/stripe/c.py", "mine = True\n")
    refused = run(old, "../old/databricks.yml", *PLACE, "--variables", "--copy-files")
    assert (refused.exit_code, refused.stderr.splitlines()[0]) == (
        3,
        "src/finance/stripe/c.py exists already, with other content.",
    )


def test_a_folder_is_copied_as_a_whole_and_listed_in_part(tree: SpecTree) -> None:
    libraries = "libraries: [{glob: {include: flows/**}}]"
    text = f"bundle: {{name: old}}\nresources:\n  pipelines:\n    flow: {{name: Flow, {libraries}}}\n"
    old_bundle(tree, {"databricks.yml": text} | {f"flows/{number}.py": "#" * 300_000 for number in range(25)})
    listed = run(tree, "../old/databricks.yml", *PLACE)
    assert listed.stderr.count(" → src/finance/stripe/flows/") == 20
    assert "\n  and 5 more\n" in listed.stderr
    (tree.root / "specs/pipelines/finance/stripe/final_flow.yml").unlink()
    assert run(tree, "../old/databricks.yml", *PLACE, "--copy-files").exit_code == 0
    assert len(list((tree.root / "src/finance/stripe/flows").iterdir())) == 25
    assert tree.problems() == []


def test_a_link_out_of_the_bundle_is_no_file_of_it(old: SpecTree) -> None:
    notebook = old.root.parent / "old/src/notebooks/a.py"
    notebook.unlink()
    notebook.symlink_to("/etc/hostname")
    ran = run(old, "../old/databricks.yml", *PLACE, "--variables", "--copy-files")
    assert "tasks[0].notebook_task.notebook_path: leads to " in ran.stderr


def test_variables_are_declared_when_told_to(old: SpecTree) -> None:
    without = run(old, "../old/databricks.yml", *PLACE)
    assert without.exit_code == 2
    assert "The files declare the variables warehouse: with `--variables`, they are declared here, too." in without.stderr
    assert "tasks[1].sql_task.warehouse_id: `${var.warehouse}` names no variable of the bundle." in without.stderr
    assert run(old, "../old/databricks.yml", *PLACE, "--variables", "--copy-files").exit_code == 0
    assert (old.root / "resources/finance/stripe/imported_variables.yml").read_text(encoding="utf-8") == (
        "variables:\n  warehouse:\n    default: abc\ntargets:\n  prod:\n    variables:\n      warehouse: xyz\n"
    )


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("../src/nothing.py", "leads to "),
        ("../../../secret.py", "`../../../secret.py` leads out of the folder of its bundle."),
        ("../src/../../repository/databricks.yml", "leads out of the folder of its bundle."),
    ],
)
def test_a_file_that_no_bundle_has_is_told(old: SpecTree, path: str, problem: str) -> None:
    text = (old.root / "../old/resources/jobs.yml").read_text(encoding="utf-8")
    old.write("../old/resources/jobs.yml", text.replace("../src/notebooks/a.py", path))
    ran = run(old, "../old/databricks.yml", *PLACE, "--variables")
    assert ran.exit_code == 2
    assert ":6:56: resources.jobs.nightly.tasks[0].notebook_task.notebook_path: " in ran.stderr
    assert problem in ran.stderr


def test_a_wheel_that_the_old_bundle_builds_is_told(old: SpecTree) -> None:
    text = (old.root / "../old/resources/jobs.yml").read_text(encoding="utf-8")
    old.write("../old/resources/jobs.yml", text.replace("-r ../r.txt", "../dist/*.whl"))
    ran = run(old, "../old/databricks.yml", *PLACE, "--variables")
    assert "dependencies[0]: `../dist/*.whl` is built by the old bundle, from its own code." in ran.stderr


def test_with_git_source_paths_are_those_of_the_other_repository(tree: SpecTree) -> None:
    git = "git_source: {git_url: https://github.com/x/y, git_provider: gitHub, git_branch: main}"
    tree.write(YAML, with_fields(git).replace("/Workspace/x", "notebooks/x"))
    assert run(tree, YAML).exit_code == 0
    assert "notebook_path: notebooks/x\n" in spec(tree)
    tree.write(YAML, with_fields(git).replace("/Workspace/x", "../x.py, source: WORKSPACE"))
    assert "`../x.py` names no file: with `git_source`, the CLI leaves paths as they are." in run(tree, YAML).stderr


# Targets


def test_what_a_target_says_stands_under_targets(tree: SpecTree) -> None:
    own = "max_concurrent_runs: 3, tags: {b: c}"
    prod = f"targets:\n  prod:\n    resources:\n      jobs:\n        nightly: {{{own}}}\n"
    tree.write(YAML, with_fields("tags: {a: b}") + prod)
    assert run(tree, YAML).exit_code == 0
    assert spec(tree).endswith("targets:\n  prod:\n    tags:\n      b: c\n    settings:\n      max_concurrent_runs: 3\n")
    assert tree.problems() == []


def test_what_is_in_one_target_only_is_absent_in_the_others(tree: SpecTree) -> None:
    job = JOB.replace("\n", "\n    ").rstrip()
    tree.write(YAML, f"targets:\n  prod:\n    {job}\n")
    assert run(tree, YAML).exit_code == 0
    assert spec(tree).endswith("targets:\n  dev:\n    absent: true\n  staging:\n    absent: true\n")


def test_a_target_that_is_not_here_is_told(tree: SpecTree) -> None:
    tree.write(YAML, JOB + "targets:\n  qa:\n    resources:\n      jobs:\n        nightly: {max_concurrent_runs: 3}\n")
    assert run(tree, YAML).stderr == (
        f"{YAML}:10:9: targets.qa.resources.jobs.nightly: is about qa, which is no target here. They are dev, prod or "
        "staging: rename it in the file to the one that it stands for, or remove it.\n"
    )


# What has no spec


def test_other_kinds_are_left_with_the_place_where_they_go(tree: SpecTree) -> None:
    tree.write(
        "../old.yml", JOB + "  volumes:\n    landing: {name: landing}\nworkspace: {root_path: /x}\nartifacts: {}\njobs: {}\n"
    )
    ran = run(tree, "../old.yml", *PLACE)
    assert ran.exit_code == 0
    assert (
        "resources.volumes.landing: volumes have no specs. Move it, as YAML, to a file in resources/finance/stripe/;"
        in ran.stderr
    )
    assert "not taken over: workspace. Here, databricks.yml and targets/ have their own." in ran.stderr
    assert "artifacts: what it builds isn't built here" in ran.stderr
    assert "jobs: is not a field of a bundle, so nothing is taken from it." in ran.stderr


def test_what_is_referred_to_has_to_be_here_first(tree: SpecTree) -> None:
    reference = JOB.replace("name: Nightly", "name: '${resources.volumes.landing.name}'")
    tree.write("../old.yml", reference + "  volumes:\n    landing: {name: landing}\n")
    ran = run(tree, "../old.yml", *PLACE)
    assert ran.exit_code == 2
    assert (
        "volumes have no specs, and this one is referred to. First move it, as YAML, to a file in resources/finance/"
        in ran.stderr
    )


def test_who_runs_a_whole_bundle_runs_each_of_its_resources(tree: SpecTree) -> None:
    tree.write(
        "../old.yml", JOB + "run_as: {user_name: a@example.com}\ntargets: {prod: {run_as: {user_name: b@example.com}}}\n"
    )
    assert run(tree, "../old.yml", *PLACE).exit_code == 0
    assert "  run_as:\n    user_name: a@example.com\n" in spec(tree)
    assert spec(tree).endswith("targets:\n  prod:\n    imported:\n      run_as:\n        user_name: b@example.com\n")


def test_comments_that_are_lost_are_counted(tree: SpecTree) -> None:
    tree.write(
        YAML,
        "# Old jobs\n" + JOB.replace("    nightly:", "    # Kept\n    nightly: # lost") + "      description: 'a # b'\n",
    )
    ran = run(tree, YAML)
    assert f"Note: {YAML}: comments aren't taken over, but those right above a resource: lines 1 and 5.\n" in ran.stderr
    assert spec(tree).startswith("# Kept\ndomain: ")


# Input


def test_all_of_yaml_that_a_bundle_may_use_is_read(tree: SpecTree) -> None:
    text = "common: &common {max_concurrent_runs: 2, timeout_seconds: 1}\n" + with_fields(
        "<<: *common", "timeout_seconds: 5", "tags:"
    )
    tree.write(YAML, text)
    assert run(tree, YAML).exit_code == 0
    assert spec(tree).endswith("settings:\n  max_concurrent_runs: 2\n  timeout_seconds: 5\n")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xef\xbb\xbf" + JOB.encode(), ":1:1: begins with a byte order mark; save it as UTF-8 without one."),
        (b"a: \xff", ":1:4: is not UTF-8 (byte 0xff); save it as UTF-8."),
        (b"resources:\n\tjobs: {}\n", ":2:1: a tab where YAML wants spaces; indent with spaces."),
        (JOB + "    nightly: {}\n", ":6:5: resources.jobs.nightly: is set twice, first in line 3. Remove one."),
        ("resources: {jobs: {1: {}}}\n", "the name `1` doesn't read as text; put quotes around it"),
        ("- a\n", ":1:1: has a list at the top; a file of fields is needed"),
        ("", "There are no jobs or pipelines to import in"),
        ("a: 1\n---\nb: 1\n", ":2:1: a second document begins here; a file holds one."),
        ("a: [" * 50, "is nested deeper than 40 levels."),
        (f"a: &a [{'x,' * 200}]\nb: &b [{'*a,' * 200}]\n", "more than 20000 values here, aliases counted as written out."),
        ("#" * 300_000, "has 300000 bytes; at most 262144 are read."),
        ("x: &x [1]\nresources: {<<: *x}\n", "must be a mapping, or a list of some, to be merged."),
        ("resources: x\n", ":1:12: resources: must be a mapping, not the text `x`."),
        ("resources: {jobs: []}\n", "resources.jobs: must be a mapping, not a list."),
        ("resources: {jobs: {a: x}}\n", "resources.jobs.a: must be a mapping, not the text `x`."),
        ("targets: {prod: []}\n", "targets.prod: must be a mapping, not a list."),
        ("include: x\n", "include: must be a list, not the text `x`."),
        ("include: [nothing.yml]\n", "include[0]: `nothing.yml` doesn't exist."),
        (
            with_fields("max_concurent_runs: 1"),
            "nightly.max_concurent_runs: is not a field here. Did you mean `max_concurrent_runs`?",
        ),
        (with_fields("timeout_seconds: soon"), "timeout_seconds: must be a whole number, not the text `soon`."),
        (
            with_fields("schedule: {quartz_cron_expression: 0 9 * * *, timezone_id: UTC}"),
            "schedule.quartz_cron_expression: has five",
        ),
        (with_fields("trigger: {file_arrival: {url: /Volumes/a}}"), "nightly.trigger.file_arrival.url: must end with `/`"),
        (with_fields("description: ${var.nope}"), "nightly.description: `${var.nope}` names no variable of the bundle."),
        (with_fields("description: ${resources.jobs.no.id}"), "refers to a resource that nothing in specs/jobs defines."),
        (JOB.replace("name: Nightly", "description: x"), "nightly.name: is missing; without a name, nobody knows"),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_place(tree: SpecTree, content: str | bytes, problem: str) -> None:
    tree.write(YAML, content)
    ran = run(tree, YAML)
    assert ran.exit_code == 2
    assert problem in ran.stderr


def test_no_text_of_a_file_reaches_the_terminal_as_it_is(tree: SpecTree) -> None:
    odd = '"\\e[31m\\n%s\\u202e"'
    text = f"resources:\n  jobs:\n    {odd % 'a'}: {{name: a, {TASK}}}\n    {odd % 'a-'}: {{name: b, {TASK}}}\n"
    text += f"  {odd % 'kinds'}: {{{odd % 'x'}: {{}}}}\n{odd % 'section'}: 1\n"
    targets = f"targets:\n  {odd % 'there'}: {{resources: {{jobs: {{{odd % 'a'}: {{name: c}}}}}}}}\n"
    odd_file = "../o\n\x1b[31m.yml"
    for content in (text, text + targets, text.replace(odd % "a-", "b"), f"a: {odd % 'x'}\n{odd % 'resources'}\n"):
        tree.write(odd_file, content)
        for options in ((), ("--only", "nothing")):
            said = run(tree, odd_file, *PLACE, "--dry-run", *options).stderr
            assert said.replace("\n", "").isprintable(), said


def test_what_the_platform_made_becomes_specs_that_make_it_again(tree: SpecTree) -> None:
    """The modules of the case that uses every field, as YAML: all but those whose specs single out targets."""
    everything = REPOSITORY / "tests/golden/generator/everything/input"
    for path in everything.rglob("*"):
        if path.is_file():
            tree.write(path.relative_to(everything).as_posix(), path.read_bytes())
    before = modules(tree)
    resources: dict[str, dict[str, object]] = {"jobs": {}, "pipelines": {}}
    for module in before.values():
        resources[module.kind][module.key] = dict(module.value)
        (tree.root / module.spec).unlink()
    # Beside databricks.yml, paths are the same as in modules.
    tree.write("old.yml", plain_yaml({"resources": json.loads(json.dumps(resources))}))
    ran = run(tree, "old.yml", *PLACE)
    assert ran.exit_code == 0, ran.stderr
    after = modules(tree)
    assert {key: as_path(module.value) for key, module in after.items()} == {
        key: as_path(module.value) for key, module in before.items()
    }
    kept = [key for key, one in after.items() if "\nimported:\n" in (tree.root / one.spec).read_text(encoding="utf-8")]
    assert kept == ["nightly_load"]


def modules(tree: SpecTree) -> dict[str, Module]:
    """Return by key what specs make that say the same in every target."""
    generated = [read_generated(path, file.text) for path, file in tree.build().expected.items()]
    found = [one.module for one in generated if one and one.module and one.module.key]
    return {
        module.key: module for module in found if "\ntargets:\n" not in (tree.root / module.spec).read_text(encoding="utf-8")
    }


def as_path(value: object) -> object:
    """Return a value in which a path has one form: there are some for the same folder."""
    if isinstance(value, dict):
        return {name: as_path(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_path(inner) for inner in value]
    return value.removeprefix("./").removesuffix("/") if isinstance(value, str) else value
