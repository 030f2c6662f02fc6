# Sourced by the scripts beside it: installs uv and just for this run, and says how long each step takes.
tools=$(mktemp -d)

step() {
    local from=$SECONDS
    printf '\n== %s\n' "$*"
    "$@"
    printf -- '-- %s took %d s\n' "$1 ${2:-}" "$((SECONDS - from))"
}

install_tools() {
    step python3 -m venv "$tools/venv"
    step "$tools/venv/bin/pip" --disable-pip-version-check install --quiet \
        --no-deps --only-binary :all: --require-hashes --requirement .ci/requirements.txt
    export PATH="$tools/venv/bin:$PATH"
    # Only the interpreter that is here: nothing is downloaded but packages.
    export UV_PYTHON_DOWNLOADS=never
}
