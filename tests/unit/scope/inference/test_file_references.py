"""Which texts of a resource name a file: the field decides, in YAML and in Python, wherever the text is written."""

import pytest

from scope.inference.file_references import PathKind, file_references

YAML, PYTHON = "resources/finance/stripe/x.yml", "resources/finance/stripe/x.py"


def named(path: str, text: str) -> list[tuple[str, PathKind]]:
    return [(one.path, one.kind) for one in file_references(path, text.encode())]


@pytest.mark.parametrize(
    "text",
    [
        "resources: {jobs: {a: {tasks: [{notebook_task: &x {notebook_path: ../../../src/n.py}}, {notebook_task: *x}]}}}",
        "resources: {jobs: {a: {tasks: [{notebook_task: {notebook_path: &x ../../../src/n.py}}]}, b: {description: *x}}}",
        "definitions: {x: &x {notebook_path: ../../../src/n.py}}\nresources: {jobs: {a: {tasks: [{notebook_task: *x}]}}}",
        (
            "definitions: {x: &x {notebook_path: ../../../src/n.py}}\n"
            "resources: {jobs: {a: {tasks: [{notebook_task: {<<: *x, source: WORKSPACE}}]}}}"
        ),
        "targets: {dev: {resources: {jobs: {a: {tasks: [{notebook_task: {notebook_path: ../../../src/n.py}}]}}}}}",
        "resources: {jobs: {a: {tasks: [{for_each_task: {task: {notebook_task: {notebook_path: ../../../src/n.py}}}}]}}}",
    ],
)
def test_a_path_counts_wherever_its_field_gets_it_from(text: str) -> None:
    assert named(YAML, text) == [("src/n.py", PathKind.NOTEBOOK)]


@pytest.mark.parametrize(
    "text",
    [
        "a = Job.from_dict({'tasks': [{'notebook_task': {'notebook_path': 'src/n.py'}}]})",
        "a = Job(name='a', tasks=[Task(notebook_task=NotebookTask(notebook_path='./src/n.py'))])",
        "PATH = 'src/n.py'\na = Job(tasks=[Task(notebook_task=NotebookTask(notebook_path=PATH))])",
        "a = Job(tasks=[Task(notebook_task={'notebook_path': 'src/n.py'} if x else None)])",
        "def f():\n    return Job(tasks=[Task(notebook_task=NotebookTask('x', notebook_path='src/n.py'))])",
    ],
)
def test_python_s_named_arguments_are_fields_too(text: str) -> None:
    assert named(PYTHON, text) == [("src/n.py", PathKind.NOTEBOOK)]


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        ("a = Pipeline(root_path='src/finance')", "src/finance", PathKind.FOLDER),
        ("a = pipelines.Pipeline.from_dict({'root_path': 'src/finance'})", "src/finance", PathKind.FOLDER),
        ("a = Dashboard(file_path='src/a.lvdash.json')", "src/a.lvdash.json", PathKind.DOCUMENT),
    ],
)
def test_the_class_says_of_what_kind_a_resource_is(text: str, path: str, kind: PathKind) -> None:
    assert named(PYTHON, text) == [(path, kind)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (YAML, "resources: {jobs: {a: {description: ./src/finance is what this tidies up.}}}"),
        (YAML, "resources: {jobs: {a: {tasks: [{notebook_task: {base_parameters: {sql_directory: ./sql, path: ./x}}}]}}}"),
        (YAML, "resources: {jobs: {a: {parameters: [{name: file, default: ./src/x}], tags: {whl: ../x}}}}"),
        (YAML, "resources: {jobs: {a: {git_source: {git_branch: x}, tasks: [{notebook_task: {notebook_path: src/x}}]}}}"),
        (
            YAML,
            "x: &x {git_source: {a: u}}\nresources: {jobs: {a: {<<: *x, tasks: [{dbt_task: {project_directory: y}}]}}}",
        ),
        (YAML, "resources: {jobs: {a: {tasks: [{notebook_task: {notebook_path: '${var.notebook}'}}]}}}"),
        (YAML, "workspace: {root_path: ~/x}"),
        (PYTHON, "a = Job(description='src/finance is what this tidies up.')"),
        (PYTHON, "a = Job(tasks=[Task(notebook_task=NotebookTask(notebook_path=f'src/{x}.py'))])"),
        (PYTHON, "P = 'a'\nP = 'b'\na = Job(tasks=[Task(notebook_task=NotebookTask(notebook_path=P))])"),
        (PYTHON, "a = Job(git_source=GitSource(git_branch='x'), tasks=[Task(spark_python_task={'python_file': 'x.py'})])"),
        (PYTHON, "print('src/x', './y')"),
    ],
)
def test_a_text_that_only_looks_like_a_path_is_none(path: str, text: str) -> None:
    assert named(path, text) == []


def test_a_file_in_the_workspace_is_one_that_was_uploaded() -> None:
    text = "resources: {jobs: {a: {tasks: [{notebook_task: {notebook_path: '${workspace.file_path}/src/n'}}]}}}"
    assert named(YAML, text) == [("src/n", PathKind.UPLOADED)]
