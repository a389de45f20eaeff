"""A Kubernetes without Docker: its programs as processes of this machine."""
