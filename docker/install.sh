#!/bin/sh
# Installs demo_app: install.sh [cpu|cuda] [SOURCE] [OPTIONS OF PIP ...]
set -eu

accelerator=${1:-cpu}
source=${2:-.}
shift $(($# < 2 ? $# : 2))

case $accelerator in
    cpu)
        # PyPI's wheels for Linux bring CUDA along, some gigabytes of it.
        python -m pip install --no-cache-dir "$@" \
            --index-url https://download.pytorch.org/whl/cpu torch torchvision
        ;;
    cuda) ;;
    *)
        echo "install.sh: the accelerator is cpu or cuda, not $accelerator" >&2
        exit 2
        ;;
esac

python -m pip install --no-cache-dir "$@" "$source"
