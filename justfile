# Recipes take their values by name, in any order, or by place: `just deploy domain=finance target=dev`, `just deploy dev finance`.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# Where `just install-cli` puts the CLI, for those who have none.
export PATH := env('PATH') + ':' + justfile_directory() / '.bin'

# What each command needs, and no more: `scope plan` installs in seconds, deploying brings the Databricks packages.
scope := "uv run --quiet --no-default-groups scope"
deployer := "uv run --quiet --no-default-groups --extra deploy scope"
generator := "uv run --quiet --no-default-groups --extra generator generator"
docs := "uv run --quiet --no-default-groups --group docs python -m tests.docs"
dev := "uv run --quiet"

# Turns the values of a recipe into the options and arguments of its command: its names, the command, `--`, "$@".
with := "python3 " + quote(justfile_directory() / ".ci/recipe.py")

# Lists the recipes
@default:
    just --list --unsorted

# Shows what scope does, in a copy that is gone afterwards: plans, deploys, a deploy that dies, its recovery
[group('scope')]
[no-exit-message]
demo *options:
    @uv run --quiet --no-default-groups --extra deploy python -m tests.demo "$@"

# Shows what the changes since a base would deploy, and why: `just scope base=main`
[group('scope')]
[no-exit-message]
scope base="main" *args:
    @{{ with }} '--base --target? --domain? --head?' {{ scope }} plan -- "$@"

# Shows why a domain is in the deploy set, or what a change of a path would deploy: `just why src/common/money.py`
[group('scope')]
[no-exit-message]
why subject *args:
    @{{ with }} 'subject --base? --head?' {{ scope }} why -- "$@"

# Builds one job's module from its spec: `just build-job-resource spec=specs/jobs/finance/stripe/final_payments.yml`
[group('generate')]
[no-exit-message]
build-job-resource spec *args:
    @{{ with }} spec {{ generator }} -C {{ quote(invocation_directory()) }} build -- "$@"

# Builds one pipeline's module from its spec: `just build-pipeline-resource spec=specs/pipelines/…`
[group('generate')]
[no-exit-message]
build-pipeline-resource spec *args:
    @{{ with }} spec {{ generator }} -C {{ quote(invocation_directory()) }} build -- "$@"

# Builds the modules of all specs, and the specs' schemas for editors
[group('generate')]
[no-exit-message]
generate *args:
    {{ generator }} build --all "$@"
    {{ generator }} schema

# Fails, with the difference, if a module or a schema doesn't match the specs
[group('generate')]
[no-exit-message]
generate-check:
    {{ generator }} build --all --check
    {{ generator }} schema --check

# Builds the page of `scope graph --format html` from scope/render/page, and checks the types of its script (needs Node)
[group('generate')]
build-graph-page: _graph-page-libraries
    npm --prefix scope/render/page run --silent build

# Fails if the page isn't what its sources give
[group('generate')]
[no-exit-message]
graph-page-check:
    @if command -v npm >/dev/null; then just _graph-page-libraries && npm --prefix scope/render/page run --silent check; else echo "Skipping the page of \`scope graph\`: Node isn't installed." >&2; fi

# Makes .template anew, from which `databricks bundle init` starts a repository
[group('generate')]
[no-exit-message]
build-template:
    @{{ dev }} python -m tests.bundle_template build

# Fails if .template isn't what this repository gives
[group('generate')]
[no-exit-message]
template-check:
    @{{ dev }} python -m tests.bundle_template check

# Installs what the page is built with, as its lock file says, unless that is there already; no package runs a script
[private]
@_graph-page-libraries:
    cd scope/render/page && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --ignore-scripts --no-audit --no-fund; }

# Starts a source of a domain: folders, stubs of the four layers, specs, modules, tests: `just scaffold finance adyen payouts`
[group('generate')]
[no-exit-message]
scaffold domain source asset="records":
    @{{ with }} 'domain source --asset' {{ generator }} scaffold -- "$@"

# Turns jobs and pipelines of any bundle's YAML into specs that say the same: `just import-resources resources/finance/stripe/jobs.yml`
[group('generate')]
[no-exit-message]
import-resources *files:
    @{{ with }} 'files --domain? --source? --layer? --asset? --only? --skip?' {{ generator }} -C {{ quote(invocation_directory()) }} import -- "$@"

# Formats the code
[group('quality')]
format:
    {{ dev }} ruff format .

# Lints the code
[group('quality')]
lint:
    {{ dev }} ruff check .

# Applies ruff's automatic fixes
[group('quality')]
lint-fix:
    {{ dev }} ruff check --fix .

# Checks the types
[group('quality')]
typecheck:
    {{ dev }} pyrefly check --summarize-errors

# Times plans, checks, deploys and builds beside other tools: `just bench --sizes 1k --only plan peers`, see docs/performance.md
[group('quality')]
[no-exit-message]
bench *options:
    {{ dev }} python -m tests.bench "$@"

# Builds the documentation as a site in build/docs/site; a link that leads nowhere ends it
[group('docs')]
[no-exit-message]
docs:
    {{ docs }} build

# Serves the documentation on this machine, and shows anew what is saved
[group('docs')]
[no-exit-message]
docs-serve:
    {{ docs }} serve

# Writes the pages and schemas of the documentation that are made from the code
[group('docs')]
[no-exit-message]
docs-reference:
    {{ generator }} schema
    {{ dev }} python -m tests.docs reference

# Fails if what is made from the code in the documentation isn't what the code says
[group('docs')]
[no-exit-message]
docs-check:
    {{ dev }} python -m tests.docs check-reference

# Checks that the rooms of scope/ import downwards only
[group('quality')]
rooms:
    {{ dev }} lint-imports

# Everything that CI checks before the tests
[group('quality')]
check: && lint typecheck rooms generate-check graph-page-check template-check scope-check workflows
    {{ dev }} ruff format --check .

# Checks the workflows: their schema, their security and, if Go is installed, with actionlint
[group('quality')]
workflows:
    {{ dev }} zizmor --quiet --persona auditor --offline .github
    {{ dev }} check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
    {{ dev }} check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
    @if command -v go >/dev/null; then go -C tests/actionlint tool actionlint; else echo "Skipping actionlint: Go isn't installed." >&2; fi

# Finds imports, references and names that would break in a stage or in the workspace
[group('quality')]
[no-exit-message]
scope-check *args:
    @{{ with }} '--base? --head?' {{ scope }} check -- "$@"

# The few slow tests are next to each other, so workers get two at a time
# Runs the tests: `just test`, `just test tests/unit -k rules`
[group('quality')]
[no-exit-message]
test *args:
    {{ dev }} pytest --numprocesses auto --maxschedchunk 2 "$@"

# Runs the tests of the domains that the changes since a base reach: `just test-domains base=main`
[group('quality')]
[no-exit-message]
test-domains base="main" *args:
    @{{ with }} '--base' {{ dev }} python -m tests.domains -- "$@"

# Runs the pipelines and the column logic on open-source Spark (needs Java 17): `just test-spark`, `just test-spark -k layers`
[group('quality')]
[no-exit-message]
test-spark *args:
    UV_PROJECT_ENVIRONMENT=.venv-spark {{ dev }} --group pipelines-spark pytest -m open_spark \
        --override-ini testpaths='tests/pipelines tests/unit' "$@"

# Has the CLI validate the whole bundle: `just validate prod`
[group('deploy')]
[no-exit-message]
validate target="dev":
    uv sync --quiet
    @{{ with }} --target databricks bundle validate -- "$@"

# Deploys a domain, or each in turn: `just deploy dev finance`
[group('deploy')]
[no-exit-message]
deploy target="dev" domain="" *args:
    @{{ with }} '--target --domain' {{ deployer }} deploy -- "$@"

# Runs a deployed job or pipeline of any domain: `just run finance_stripe_final_payments_job`
[group('deploy')]
[no-exit-message]
run resource target="dev" *args:
    @{{ with }} 'resource --target --domain? --' {{ deployer }} run -- "$@"

# Removes a domain's deployment and all its resources: `just destroy dev finance`
[group('deploy')]
[no-exit-message]
destroy target domain *args:
    @{{ with }} '--target --domain' {{ deployer }} destroy -- "$@"

# Builds the fake workspace for the end-to-end tests, and the Databricks CLI if the PATH has none (needs Go)
[group('setup')]
install-cli:
    tests/cli/install
