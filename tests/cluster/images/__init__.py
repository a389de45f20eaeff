"""Images made without a registry: from Debian's packages, as archives that Docker, buildah and containerd read."""
