#!/bin/sh
# Run tools/colab.py inside the image that Colab publishes of its runtime: `make colab-image` runs this.
set -eu

image=${1:?usage: tools/colab_image.sh image [chapters/x.ipynb …]}
shift

if ! command -v docker >/dev/null 2>&1; then
    echo "make colab-image: there is no docker on this machine" >&2
    exit 1
fi

# The image is larger than the room that is free on a machine of GitHub's own, which is thrown away after the run.
if [ "${GITHUB_ACTIONS:-}" = true ] && [ "${RUNNER_ENVIRONMENT:-}" = github-hosted ]; then
    sudo rm -rf /usr/share/dotnet /usr/share/swift /usr/local/lib/android /usr/local/.ghcup /opt/ghc /opt/hostedtoolcache
    df -h /
fi

# The repository is only read. It belongs to somebody else than the image's user, of which git must not complain.
docker run --rm --pull=always --volume "$PWD:/book:ro" --workdir /book --entrypoint python3 \
    --env PYTHONDONTWRITEBYTECODE=1 \
    --env GIT_CONFIG_COUNT=1 --env GIT_CONFIG_KEY_0=safe.directory --env GIT_CONFIG_VALUE_0=/book \
    "$image" tools/colab.py "$@"
