"""A resource that was deployed before it had a spec: its spec says what it is, and nothing is added to it."""

from pathlib import Path

import pytest

from generator.build import build_all
from generator.emit import read_generated
from tests.support.spec_tree import IDENTITY, JOB, PIPELINE, SpecTree, spec_tree

LAYERS = "layers: [raw, base, staging, final]\n"
OWNED = "owner: owners\nbudget_policy: p\ntags: {team: x}\nnotifications: {on_failure: [a@example.com]}\n"
SETTINGS = {"specs/domains/finance.yml": OWNED}
RUN = "tasks: [{task_key: run, spark_python_task: {python_file: src/finance/stripe/tasks/run.py}}]\n"
CODE = {"src/finance/stripe/tasks/run.py": "pass\n", "src/finance/stripe/old/load.py": "pass\n"}


def resource(tree: SpecTree, module: str) -> tuple[str, dict[str, object]]:
    """Return the key and the value of what a module defines."""
    generated = read_generated(module, build_all(tree.checkout).expected[module].text)
    assert generated
    assert generated.module
    return generated.module.key, dict(generated.module.value)


def test_neither_the_platform_nor_the_domain_adds_to_an_imported_job(tmp_path: Path) -> None:
    job = f"imported: {{key: nightly, name: Nightly load}}\nparameters: {{catalog: main}}\ntags: {{owner: me}}\n{RUN}"
    tree = spec_tree(tmp_path, {PIPELINE: IDENTITY + LAYERS, JOB: IDENTITY + job, **SETTINGS, **CODE})
    assert resource(tree, "resources/finance/stripe/jobs/final_payments.py") == (
        "nightly",
        {
            "name": "Nightly load",
            "parameters": [{"default": "main", "name": "catalog"}],
            "tags": {"owner": "me"},
            "tasks": [{"spark_python_task": {"python_file": "src/finance/stripe/tasks/run.py"}, "task_key": "run"}],
        },
    )


def test_neither_the_platform_nor_the_domain_adds_to_an_imported_pipeline(tmp_path: Path) -> None:
    libraries = "[{file: {path: src/finance/stripe/old/load.py}}, {notebook: {path: /Workspace/x}}]"
    pipeline = f"imported: {{name: Old, catalog: main, libraries: {libraries}}}\nenvironment: {{dependencies: [a]}}\n"
    tree = spec_tree(tmp_path, {PIPELINE: IDENTITY + pipeline + "dependencies: [b]\n", **SETTINGS, **CODE})
    assert resource(tree, "resources/finance/stripe/pipelines/final_payments.py") == (
        "finance_stripe_final_payments_pipeline",
        {
            "catalog": "main",
            "environment": {"dependencies": ["a", "b"]},
            "libraries": [{"file": {"path": "src/finance/stripe/old/load.py"}}, {"notebook": {"path": "/Workspace/x"}}],
            "name": "Old",
        },
    )


def test_others_refer_to_it_by_its_own_key(tmp_path: Path) -> None:
    old = "imported: {key: old, libraries: [{glob: {include: src/finance/stripe/old/**}}]}\n"
    task = "tasks: [{task_key: a, pipeline_task: {pipeline_id: '${resources.pipelines.%s.id}'}}]\n"
    files = {PIPELINE: IDENTITY + old, JOB: IDENTITY + task % "old", **CODE}
    assert spec_tree(tmp_path / "a", files).problems() == []
    tree = spec_tree(tmp_path / "b", files | {JOB: IDENTITY + task % "olb"})
    (problem,) = tree.problems()
    assert problem.startswith(f"{JOB}:5:52: tasks[0].pipeline_task.pipeline_id: `${{resources.pipelines.olb.id}}` refers to")
    assert problem.endswith("that nothing in specs/pipelines defines. Did you mean `old`?")
    assert tree.run("build", PIPELINE).exit_code == 0


@pytest.mark.parametrize(
    ("environments", "is_known"),
    [
        ("[{environment_key: a, spec: {environment_version: '4'}}, {environment_key: a}]", True),
        ("${var.runtime}", True),
        ("[{environment_key: b}]", False),
    ],
)
def test_what_it_keeps_as_it_was_can_be_named(tmp_path: Path, environments: str, is_known: bool) -> None:
    task = RUN.replace("{task_key: run,", "{task_key: run, environment_key: a,")
    own = "variables: {runtime: {type: complex, default: []}}\n"
    files = {"resources/finance/stripe/variables.yml": own, **CODE}
    tree = spec_tree(tmp_path, {JOB: IDENTITY + f"imported: {{environments: {environments}}}\n{task}", **files})
    told = [
        problem for problem in tree.problems() if "environment_key: `a` is not one of this job's `environments`." in problem
    ]
    assert bool(told) is not is_known


def test_two_specs_cannot_have_one_key(tmp_path: Path) -> None:
    other = "specs/jobs/finance/stripe/raw_payments.yml"
    job = f"imported: {{key: nightly}}\n{RUN}"
    tree = spec_tree(tmp_path, {JOB: IDENTITY + job, other: IDENTITY.replace("final", "raw") + job, **CODE})
    assert tree.problems() == [
        f"{other}: makes the resource nightly, and so does {JOB}. Rename a part of one of them.",
    ]


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        ("imported: {key: a-b}\n", "imported.key: `a-b` is not a Python variable's name"),
        ("imported: {key: class}\n", "imported.key: `class` is not a Python variable's name"),
        ("imported: {key: Job}\n", "imported.key: `Job` is not a Python variable's name"),
        ("imported: {key: 1}\n", "imported.key: must be text, not the number `1`."),
        ("imported: {naem: x}\n", "imported.naem: is not a field here. Did you mean `name`?"),
        ("imported: {tasks: []}\n", "imported.tasks: is not a field here."),
        ("imported: {trigger: {}}\nschedule: schedules.nightly\n", "imported.trigger: is `schedule`, which stands beside"),
        ("imported: {}\n", "has no tasks; an imported job has those that it says, and no others."),
        (f"{RUN}targets: {{prod: {{imported: {{name: x}}}}}}\n", "must stand outside of `targets`, too, if only as"),
        (
            f"imported: {{}}\n{RUN}targets: {{prod: {{imported: {{key: x}}}}}}\n",
            "targets.prod.imported.key: is the same in every target. Leave it out.",
        ),
    ],
)
def test_an_imported_jobs_problem_is_told(tmp_path: Path, job: str, problem: str) -> None:
    tree = spec_tree(tmp_path, {PIPELINE: IDENTITY + LAYERS, JOB: IDENTITY + job, **CODE})
    assert any(problem in told for told in tree.problems()), tree.problems()


@pytest.mark.parametrize(
    ("pipeline", "problem"),
    [
        ("imported: {}\nlayers: [raw]\n", "layers: has no use in an imported pipeline, which loads its `libraries`."),
        (
            "imported: {libraries: [{file: {path: src/finance/x.py}}]}\n",
            "5:38: imported.libraries[0].file.path: `src/finance/x.py` doesn't exist.",
        ),
        (
            "imported: {libraries: [{glob: {include: src/marketing/**}}]}\n",
            "imported.libraries[0].glob.include: `src/marketing` is not deployed with this domain",
        ),
        (
            "imported: {libraries: [{glob: {include: 'src/finance/none/*.py'}}]}\n",
            "imported.libraries[0].glob.include: `src/finance/none/*.py` matches no file.",
        ),
        ("imported: {libraries: [{glob: {include: ../**}}]}\n", "must be a path from the repository's root, without `..`."),
        ("imported: {id: x}\n", "imported.id: is not a field here."),
    ],
)
def test_an_imported_pipelines_problem_is_told(tmp_path: Path, pipeline: str, problem: str) -> None:
    problems = spec_tree(tmp_path, {PIPELINE: IDENTITY + pipeline}).problems()
    assert any(problem in told for told in problems), problems


def test_a_file_that_an_imported_pipeline_loads_is_loaded_by_no_other(tmp_path: Path) -> None:
    other = "specs/pipelines/finance/stripe/raw_payments.yml"
    old = "imported: {libraries: [{glob: {include: 'src/finance/stripe/raw/*.py'}}]}\n"
    tree = spec_tree(tmp_path, {PIPELINE: IDENTITY + old, other: IDENTITY.replace("final", "raw")})
    assert f"{PIPELINE}:5:11: imported: loads src/finance/stripe/raw/payments.py, and so does {other}." in tree.problems()[0]
