"""A made-up repository of a team that was there already: five bundles, each with files and targets of its own.

`bundles/sales` and `bundles/orders` share the library in `libs/shared`; nothing in it is laid out as this repository is.
"""

CONFIG = """\
[tool.scope]
bundles = ["bundles/*", "domains/*"]
targets = ["dev", "prod"]
"""

SALES = "bundles_sales"
ORDERS = "bundles_orders"
OPS = "bundles_ops"
PEOPLE = "domains_people"
FORECAST = "domains_forecast_ml"
DOMAINS = (OPS, ORDERS, SALES, FORECAST, PEOPLE)


def five_bundles(
    host: str = "https://example.cloud.databricks.com", root: str = "/Workspace/deploy/.bundle"
) -> dict[str, str]:
    """Return the files of the repository. Its bundles are deployed to `host`, below the folder `root`."""
    return {
        "pyproject.toml": CONFIG,
        "README.md": "# Our data\n",
        "Makefile": "deploy:\n\tfor b in bundles/* domains/*; do (cd $$b && databricks bundle deploy); done\n",
        "libs/shared/shared/__init__.py": "",
        "libs/shared/shared/money.py": (
            "from shared import rounding\n\n\ndef euros(cents):\n    return rounding.half_even(cents / 100)\n"
        ),
        "libs/shared/shared/rounding.py": "def half_even(amount):\n    return round(amount, 2)\n",
        "libs/shared/shared/dates.py": "def first_of_month(day):\n    return day.replace(day=1)\n",
        **_bundle("bundles/sales", "sales", host, root, sync=("../../libs/shared", ".")),
        "bundles/sales/resources/report.job.yml": _job("sales_report", "../src/report.py"),
        "bundles/sales/src/report.py": "# Databricks notebook source\nfrom shared.money import euros\n\nprint(euros(100))\n",
        "bundles/sales/docs/how-to.md": "Ask the team.\n",
        **_bundle("bundles/orders", "orders", host, root, sync=("../../libs/shared", ".")),
        "bundles/orders/resources/load.job.yml": _job("orders_load", "../src/load.py"),
        "bundles/orders/src/load.py": "# Databricks notebook source\nfrom shared.dates import first_of_month\n",
        **_bundle("bundles/ops", "ops", host, root),
        "bundles/ops/resources/vacuum.job.yml": _job("vacuum", "../vacuum.sql"),
        "bundles/ops/vacuum.sql": "-- Databricks notebook source\nSELECT 1\n",
        **_bundle("domains/people", "people-data", host, root, exclude=("tests/**",)),
        "domains/people/resources/payroll.job.yml": _job("payroll", "../payroll.py"),
        "domains/people/payroll.py": "# Databricks notebook source\nprint('pay')\n",
        "domains/people/tests/test_payroll.py": "def test_payroll():\n    assert True\n",
        **_bundle("domains/forecast-ml", "forecast", host, root),
        "domains/forecast-ml/resources/train.pipeline.yml": (
            "resources:\n"
            "  pipelines:\n"
            "    train:\n"
            "      name: train ${bundle.target}\n"
            "      libraries:\n"
            "        - file:\n"
            "            path: ../train.py\n"
        ),
        "domains/forecast-ml/train.py": "MODEL = 'v1'\n",
    }


def _bundle(
    folder: str, name: str, host: str, root: str, *, sync: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
) -> dict[str, str]:
    lines = [f"bundle:\n  name: {name}\n", "include:\n  - resources/*.yml\n"]
    if sync or exclude:
        lines.append("sync:\n")
        lines += [
            f"  {key}:\n" + "".join(f"    - {path}\n" for path in paths)
            for key, paths in (("paths", sync), ("exclude", exclude))
            if paths
        ]
    lines.append(
        "targets:\n"
        "  dev:\n"
        "    mode: development\n"
        "    default: true\n"
        "    workspace:\n"
        f"      host: {host}\n"
        "  prod:\n"
        "    workspace:\n"
        f"      host: {host}\n"
        f"      root_path: {root}/${{bundle.name}}/${{bundle.target}}\n"
    )
    return {f"{folder}/databricks.yml": "".join(lines)}


def _job(key: str, notebook: str) -> str:
    return (
        "resources:\n"
        "  jobs:\n"
        f"    {key}:\n"
        f"      name: {key.replace('_', ' ')} ${{bundle.target}}\n"
        "      tasks:\n"
        "        - task_key: main\n"
        "          notebook_task:\n"
        f"            notebook_path: {notebook}\n"
    )
