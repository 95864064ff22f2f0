#!/usr/bin/env bash
# Installs lavapipe (Mesa 25 or newer), a software Vulkan driver with shader-f16, on Debian and its relatives.
# Exit 0: it is there. Exit 3: it cannot be had here, and stderr says why.
set -euo pipefail

refuse() {
  echo "lavapipe: $1" >&2
  exit 3
}

installed() {
  dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null || true
}

recent() {
  [ -n "$1" ] && dpkg --compare-versions "$1" ge 25
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || refuse "this script knows apt only; install your distribution's mesa-vulkan-drivers, 25 or newer"
if recent "$(installed)"; then
  echo "lavapipe: Mesa $(installed) is installed" >&2
  exit 0
fi
[ "$(id -u)" -eq 0 ] || refuse "installing Mesa needs root; run this script as root, or have mesa-vulkan-drivers 25 or newer installed"

export DEBIAN_FRONTEND=noninteractive
suite=()
. /etc/os-release
if [ "${VERSION_CODENAME:-}" = bookworm ]; then
  # Debian 12 itself has Mesa 22, which Dawn refuses.
  echo 'deb http://deb.debian.org/debian bookworm-backports main' > /etc/apt/sources.list.d/aiprod-backports.list
  suite=(-t bookworm-backports)
fi
apt-get update -q >&2 || refuse "apt-get update failed; is there a network?"
apt-get install -q -y --no-install-recommends "${suite[@]}" mesa-vulkan-drivers >&2 || refuse "apt-get could not install mesa-vulkan-drivers"
recent "$(installed)" || refuse "this distribution has Mesa $(installed), and Dawn needs 25 or newer"
echo "lavapipe: installed Mesa $(installed)" >&2
