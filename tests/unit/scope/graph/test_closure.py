"""What a deployment is made of, and its fingerprint."""

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.model import Kind
from scope.stage.checks import check_stage
from tests.support.fake_git import FakeGit, Files, Node

FRAME: dict[str, str | bytes | Node] = {
    "databricks.yml": "bundle: {name: x}\n",
    "pyproject.toml": "",
    "resources/__init__.py": "",
    "src/pyproject.toml": "",
    "targets/dev.yml": "",
    "targets/prod.yml": "",
}
COMMON: dict[str, str | bytes | Node] = {
    "src/common/__init__.py": "",
    "src/common/money.py": "X = 1\n",
    "src/common/readers/__init__.py": "",
    "src/common/readers/csv.py": "X = 1\n",
    "src/common/readers/rates.csv": "1\n",
}
CODE = "src/finance/stripe/base/a.py"


def index(files: Files, *, git: FakeGit | None = None) -> DomainIndex:
    return DomainIndex((git or FakeGit()).snapshot({**FRAME, **files}))


def staged(files: Files, target: str = "dev", domain: str = "finance") -> set[str]:
    return set(index(files).staged(target, domain))


# What is staged


def test_a_stage_holds_the_frame_one_target_and_one_domain() -> None:
    files = {CODE: "", "resources/finance/stripe/jobs/a.py": "", "src/marketing/a.py": "", "docs/a.md": "", **COMMON}
    assert staged(files) == {
        "databricks.yml",
        "targets/dev.yml",
        "resources/__init__.py",
        "src/pyproject.toml",
        CODE,
        "resources/finance/stripe/jobs/a.py",
    }


def test_domains_whose_names_begin_alike_have_nothing_in_common() -> None:
    files = {"src/sales/a.py": "", "src/sales_eu/a.py": "", "resources/sales/a/b.yml": "", "specs/jobs/sales_eu/a.yml": ""}
    deployments = index(files)
    assert set(deployments.own_files("sales")) == {"src/sales/a.py", "resources/sales/a/b.yml"}
    assert set(deployments.own_files("sales_eu")) == {"src/sales_eu/a.py"}
    assert "specs/jobs/sales_eu/a.yml" not in deployments.rule_files("sales")


def test_shared_code_is_staged_as_far_as_the_domain_reaches_it() -> None:
    files = {CODE: "from common.readers import csv\n", "src/marketing/a.py": "import common.money\n", **COMMON}
    assert {path for path in staged(files) if "common" in path} == {
        "src/common/__init__.py",
        "src/common/readers/__init__.py",
        "src/common/readers/csv.py",
        "src/common/readers/rates.csv",
    }


@pytest.mark.parametrize(
    "name", ["page.j2", "page.jinja", "load.R", "load.SQL", "Load.Sql", "run.bash", "Makefile", "query.hql", "notes.TXT"]
)
def test_what_a_text_of_any_suffix_names_is_staged(name: str) -> None:
    text = "-- see common/readers/rates.csv and common.money\n"
    assert {"src/common/money.py", "src/common/readers/rates.csv"} <= staged({f"src/finance/stripe/{name}": text, **COMMON})
    shared = {CODE: f"open('../../../common/texts/{name}')\n", f"src/common/texts/{name}": "include ../readers/rates.csv\n"}
    assert "src/common/readers/rates.csv" in staged({**shared, **COMMON})


@pytest.mark.parametrize("suffix", [".py", ".PY", ".R", ".r", ".SQL", ".ipynb"])
def test_a_notebook_s_path_means_it_whatever_the_case_of_its_suffix(suffix: str) -> None:
    notebook = f"src/common/setup{suffix}"
    assert notebook in staged({CODE: "dbutils.notebook.run('../../../common/setup', 60)\n", notebook: "", **COMMON})


def test_names_that_are_made_lazily_are_staged() -> None:
    attached = "import lazy_loader as lazy\n__getattr__, __dir__, _ = lazy.attach(__name__, submod_attrs={'money': ['X']})\n"
    files = {CODE: "from common import X\n", **COMMON}
    assert "src/common/money.py" not in staged(files)
    assert "src/common/money.py" in staged({**files, "src/common/__init__.py": attached})
    made = "import own_helper\n__getattr__ = own_helper.make(__name__)\n"
    assert "src/common/readers/csv.py" in staged({**files, "src/common/__init__.py": made})


@pytest.mark.parametrize(
    "text",
    [
        "open(Path(__file__).parent / 'data' / 'rates.csv')",
        "open(Path(__file__).parents[1] / 'readers' / 'data' / 'rates.csv')",
        "open(HERE / name)",
        "import common.readers.data as d\nopen(Path(d.__file__).with_name('rates.csv'))",
        "import common.readers.data as d\nopen(d.__path__[0] + '/rates.csv')",
        "import sys\nsys.path.append(str(HERE / 'data'))",
        "__path__.append(str(HERE / 'data'))",
        "__loader__.get_data(str(HERE / 'data' / 'rates.csv'))",
        "open(elsewhere(__file__, 'rates.csv'))",
    ],
)
def test_what_shared_code_opens_by_its_own_place_is_staged(text: str) -> None:
    files = {
        CODE: "from common.readers import csv\n",
        **COMMON,
        "src/common/readers/csv.py": f"from pathlib import Path\nHERE = Path(__file__).parent\n{text}\n",
        "src/common/readers/data/__init__.py": "",
        "src/common/readers/data/rates.csv": "1\n",
    }
    assert "src/common/readers/data/rates.csv" in staged(files)
    assert ("src/common/money.py" in staged(files)) == ("elsewhere" in text)


def test_a_preset_that_a_model_opens_is_staged_and_is_no_resource() -> None:
    files = {
        "resources/finance/stripe/a.py": "from resources._models import sizes\n",
        "resources/_models/sizes.py": "from pathlib import Path\nTEXT = Path(__file__).with_name('sizes.yml').read_text()\n",
        "resources/_models/sizes.yml": "small: 1\n",
    }
    assert "resources/_models/sizes.yml" in staged(files)
    assert check_stage(index(files), "dev", "finance") == ()


def test_modules_that_import_each_other_come_together() -> None:
    cycle = {
        "src/common/a.py": "from common import b\n",
        "src/common/b.py": "from common.c import X\n",
        "src/common/c.py": "def f():\n    from . import a\n",
    }
    for first in "abc":
        paths = staged({CODE: f"import common.{first}\n", **cycle})
        assert set(cycle) <= paths


def test_a_file_that_does_not_parse_reaches_what_its_text_names() -> None:
    assert "src/common/money.py" in staged({CODE: "from common import money\ndef broken(:\n", **COMMON})


def test_an_ignore_file_is_never_staged() -> None:
    assert not any(path.endswith(".gitignore") for path in staged({CODE: "", "src/finance/.gitignore": "*.csv\n"}))


# Rule files


def test_specs_and_the_presets_they_name_deploy_by_rule() -> None:
    files = {
        CODE: "",
        "specs/jobs/finance/stripe/a.yml": "cluster: clusters.small\n",
        "specs/domains/finance.yml": "",
        "resources/_models/clusters.yml": "",
        "resources/_models/tags.yml": "",
    }
    assert {path for path in index(files).rule_files("finance") if path != "pyproject.toml"} == {
        "specs/jobs/finance/stripe/a.yml",
        "specs/domains/finance.yml",
        "resources/_models/clusters.yml",
    }


def test_a_path_that_nobody_owns_is_part_of_every_domain() -> None:
    assert "tools/a.sh" in index({CODE: "", "tools/a.sh": ""}).rule_files("finance")


def test_a_rule_for_one_folder_leaves_the_folders_below_to_others() -> None:
    rule = '[[tool.scope.rules]]\npaths = ["tools/*"]\ndeploys = "nothing"\n'
    files = {CODE: "", "pyproject.toml": rule, "tools/a.sh": "", "tools/sub/b.sh": ""}
    assert {path for path in index(files).rule_files("finance") if path.startswith("tools")} == {"tools/sub/b.sh"}


# Names


def test_domains_are_the_folders_of_src_and_resources_with_a_domains_name() -> None:
    files = {
        "src/finance/a.py": "",
        "resources/hr/a/b.yml": "",
        "src/common/a.py": "",
        "src/Sales/a.py": "",
        "src/all/a": "",
    }
    assert index(files).domains == ("finance", "hr")


def test_a_link_or_submodule_in_the_place_of_a_domain_is_none() -> None:
    files = {"src/finance": Node(b"../x", Kind.SYMLINK), "src/hr": Node(b"1" * 40, Kind.SUBMODULE)}
    assert index(files).domains == ()


def test_targets_are_the_files_of_their_folder() -> None:
    assert index(
        {"targets/qa-1.yml": "", "targets/odd.yml/x": "", "targets/README.md": "", "targets/Bad Name.yml": ""}
    ).targets == (
        "dev",
        "prod",
        "qa-1",
    )


# The fingerprint


def test_the_fingerprint_of_what_is_not_there_is_nothing() -> None:
    deployments = index({CODE: ""})
    assert deployments.fingerprint("dev", "marketing") is None
    assert deployments.fingerprint("qa", "finance") is None


def test_a_targets_file_is_in_its_own_fingerprints_only() -> None:
    before, after = index({CODE: ""}), index({CODE: "", "targets/prod.yml": "changed\n"})
    assert before.fingerprint("prod", "finance") != after.fingerprint("prod", "finance")
    assert before.fingerprint("dev", "finance") == after.fingerprint("dev", "finance")


def test_the_fingerprint_tells_a_file_from_a_link_of_the_same_bytes() -> None:
    file, link = (index({CODE: "", "src/finance/x": Node(b"a.py", kind)}) for kind in (Kind.FILE, Kind.SYMLINK))
    assert file.fingerprint("dev", "finance") != link.fingerprint("dev", "finance")


def test_the_fingerprint_tells_a_staged_file_from_a_rule_file() -> None:
    preset = {CODE: "import importlib\nM = importlib.import_module(name)\n", "resources/_models/x.yml": ""}
    assert index(preset).fingerprint("dev", "finance") != index({CODE: "", **COMMON}).fingerprint("dev", "finance")


def test_what_a_file_uses_is_told_apart_from_what_a_link_of_the_same_bytes_does() -> None:
    git, cache = FakeGit(), UsesCache()
    text = b"import common.money"
    link, file = (
        DomainIndex(git.snapshot({**FRAME, **COMMON, CODE: Node(text, kind)}), cache) for kind in (Kind.SYMLINK, Kind.FILE)
    )
    assert "src/common/money.py" not in link.staged("dev", "finance")
    assert "src/common/money.py" in file.staged("dev", "finance")


@pytest.mark.parametrize("text", ["import common.money\n", "PATH = '../money.py'\n", 'PATH = (f"../"\n    "money.py")\n'])
def test_many_files_are_searched_before_they_are_read_with_the_same_result(text: str) -> None:
    filler: dict[str, str | bytes | Node] = {f"src/finance/stripe/raw/n{number}.py": "X = 1\n" for number in range(60)}
    files = {CODE: text, **COMMON}
    few, many = (set(index(one).shared("finance").files) for one in (files, {**files, **filler}))
    assert few == many
    assert "src/common/money.py" in few
