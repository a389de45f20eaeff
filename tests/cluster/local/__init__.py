"""A Kubernetes without Docker: its programs run as processes of this machine."""
